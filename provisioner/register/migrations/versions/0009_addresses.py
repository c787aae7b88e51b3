"""Exact addresses declared by a partner (A7), who sent an annexe (A11), a further contact of the Caf (N2)."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Adds a table and a column, and widens one."""
    op.create_table(
        "partner_address",
        sa.Column("partner", sa.String(64), nullable=False),
        sa.Column("email", sa.String(320), nullable=False),
        sa.ForeignKeyConstraint(["partner"], ["partner.code"], name=op.f("fk_partner_address_partner")),
        sa.PrimaryKeyConstraint("partner", "email", name=op.f("pk_partner_address")),
    )
    with op.batch_alter_table("annexe") as table:
        table.add_column(sa.Column("sent_by", sa.String(320)))
    with op.batch_alter_table("contact") as table:
        table.alter_column("role", existing_type=sa.String(16), type_=sa.String(32), existing_nullable=False)
