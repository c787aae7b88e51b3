"""Exact addresses of a partner (A7); who sent an annexe (A11), what was done of its list 2 alone (A4), when the Caf
was told that it waits; a further contact of the Caf (N2).
"""

import sqlalchemy as sa
from alembic import op

from provisioner.register.tables import Moment

revision = "0009"
down_revision = "0008"


def upgrade() -> None:
    """Adds a table and columns, and widens one."""
    op.create_table(
        "partner_address",
        sa.Column("partner", sa.String(64), nullable=False),
        sa.Column("email", sa.String(320), nullable=False),
        sa.ForeignKeyConstraint(["partner"], ["partner.code"], name=op.f("fk_partner_address_partner")),
        sa.PrimaryKeyConstraint("partner", "email", name=op.f("pk_partner_address")),
    )
    with op.batch_alter_table("annexe") as table:
        table.add_column(sa.Column("sent_by", sa.String(320)))
        table.add_column(sa.Column("list_2_applied_at", Moment()))
        table.add_column(sa.Column("list_2_applied_number", sa.Integer()))
        table.add_column(sa.Column("list_2_approved_by", sa.Text()))
        table.add_column(sa.Column("told_on", sa.Date()))
        table.add_column(sa.Column("reminded_on", sa.Date()))
    with op.batch_alter_table("contact") as table:
        table.alter_column("role", existing_type=sa.String(16), type_=sa.String(32), existing_nullable=False)
