"""Exact addresses of a partner (A7); who sent an annexe (A11), what was done of its list 2 alone (A4), when the Caf
was told that it waits; a further contact of the Caf (N2).
"""

import sqlalchemy as sa
from alembic import op

from provisioner.domain.people import canonical_domain
from provisioner.register.columns import Moment

revision = "0008"
down_revision = "0007"


_RENAME = sa.text("UPDATE partner_domain SET domain = :one_form WHERE partner = :partner AND domain = :domain")
_DROP = sa.text("DELETE FROM partner_domain WHERE partner = :partner AND domain = :domain")


def upgrade() -> None:
    """Adds a table and columns, widens one, and gives each domain its one form."""
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
    _give_one_form(op.get_bind())


def _give_one_form(connection: sa.Connection) -> None:
    """A7: before, a domain in punycode and the same with its accents were two. What is no domain stays as it is."""
    declared = connection.execute(sa.text("SELECT partner, domain FROM partner_domain")).all()
    known = {(row.partner, row.domain) for row in declared}
    for partner, domain in declared:
        one_form = canonical_domain(domain)
        if one_form in (None, domain):
            continue
        values = {"partner": partner, "domain": domain, "one_form": one_form}
        change = _DROP if (partner, one_form) in known else _RENAME
        connection.execute(change, values)
        known.add((partner, one_form))
