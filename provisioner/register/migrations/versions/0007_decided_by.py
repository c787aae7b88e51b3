"""On whose decision each entry of the journal stands; who acts stands beside the chain."""

from __future__ import annotations

import json

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"

#: Each holds the number of the journal's entry that is the decision.
_NEW_COLUMNS = {
    "partner": ("end_decision",),
    "account": ("reopening_decision",),
    "habilitation": ("decision", "end_decision", "link_decision"),
    "annexe": ("decision",),
    "hold": ("decision",),
}

#: What is known of an older register: the approval that stands of an annexe, and what still waits because of it.
_OF_ANNEXE = sa.text("UPDATE annexe SET decision = :entry WHERE id = :annexe AND plan_id = :plan")
_PLANNED = sa.text("""
UPDATE habilitation SET decision = (
    SELECT MAX(annexe.decision) FROM annexe WHERE annexe.partner = habilitation.partner
    AND annexe.applied_at IS NOT NULL AND annexe.transmitted_on = habilitation.transmitted_on)
WHERE opened_at IS NULL
""")
_ENDING = sa.text("""
UPDATE habilitation SET end_decision = (
    SELECT MAX(annexe.decision) FROM annexe WHERE annexe.partner = habilitation.partner
    AND annexe.applied_at IS NOT NULL AND annexe.transmitted_on = habilitation.end_transmitted_on)
WHERE closed_at IS NULL AND end_transmitted_on IS NOT NULL
""")


def upgrade() -> None:
    """Adds the table and the columns; entries of before stay as they are."""
    op.create_table(
        "journal_actor",
        sa.Column("entry", sa.Integer(), nullable=False),
        sa.Column("salt", sa.String(length=64), nullable=False),
        sa.Column("partner", sa.String(length=64), nullable=True),
        sa.Column("data", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["entry"], ["journal_entry.entry"], name=op.f("fk_journal_actor_entry")),
        sa.PrimaryKeyConstraint("entry", name=op.f("pk_journal_actor")),
    )
    op.create_index(op.f("ix_journal_actor_partner"), "journal_actor", ["partner"], unique=False)
    for table, columns in _NEW_COLUMNS.items():
        for column in columns:
            op.add_column(table, sa.Column(column, sa.Integer()))
    _fill()


def _fill() -> None:
    connection = op.get_bind()
    told = connection.execute(
        sa.text(
            "SELECT journal_entry.entry, journal_detail.data FROM journal_entry "
            "JOIN journal_detail ON journal_detail.entry = journal_entry.entry "
            'WHERE journal_entry.body LIKE \'%"action":"annexe.%approved"%\' ORDER BY journal_entry.entry'
        )
    ).all()
    for entry, data in told:  # oldest first: the last one of a plan stands
        details = json.loads(data)
        connection.execute(_OF_ANNEXE, {"entry": entry, "annexe": details["annexe"], "plan": details.get("plan")})
    connection.execute(_PLANNED)
    connection.execute(_ENDING)
