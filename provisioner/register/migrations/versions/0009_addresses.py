"""Exact addresses declared by a partner without a mail domain of its own (A7)."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Adds the table."""
    op.create_table(
        "partner_address",
        sa.Column("partner", sa.String(64), nullable=False),
        sa.Column("email", sa.String(320), nullable=False),
        sa.ForeignKeyConstraint(["partner"], ["partner.code"], name=op.f("fk_partner_address_partner")),
        sa.PrimaryKeyConstraint("partner", "email", name=op.f("pk_partner_address")),
    )
