"""From 0.2 to 0.3: order is a number, each entry follows from a decision, exact addresses, who sent an annexe."""

from __future__ import annotations

import itertools
import json

import sqlalchemy as sa
from alembic import op

from provisioner.domain.people import canonical_domain
from provisioner.register.columns import Moment

revision = "0008"
down_revision = "0004"

#: For each clock reading that told an order: the table, and the number that tells it from now on.
_ORDERED = {
    "habilitation": ("opened", "link_due"),
    "invitation": ("intended",),
    "annexe": ("submitted", "approved", "sent_back", "applied", "rejected"),
    "hold": ("since",),
    "dropped_file": ("taken", "told"),
}
_ALWAYS_THERE = {("invitation", "intended"), ("annexe", "submitted"), ("hold", "since")}


def upgrade() -> None:
    """Adds the columns and tables, and fills them with what is known."""
    _number_facts()
    with op.batch_alter_table("habilitation") as table:
        table.add_column(sa.Column("end_recorded_at", Moment()))
    op.execute(_NOON)
    with op.batch_alter_table("hold") as table:
        table.add_column(sa.Column("still_open", sa.String(16)))
    _name_decisions()
    _add_addresses()


def _number_facts() -> None:
    """Gives each fact the rank of its clock reading among all: of two, the one that was first stays the first."""
    for table, facts in _ORDERED.items():
        for fact in facts:
            is_there = (table, fact) in _ALWAYS_THERE
            default = "0" if is_there else None
            column = sa.Column(f"{fact}_number", sa.Integer, nullable=not is_there, server_default=default)
            op.add_column(table, column)
    op.add_column("account", sa.Column("reopening_number", sa.Integer))
    # Nobody knows whether events were kept when an attempt of before was begun: their silence proves nothing of it.
    kept = sa.Column("events_kept", sa.Boolean, nullable=False, server_default=sa.false())
    op.add_column("invitation", kept)
    op.add_column("invitation", sa.Column("uncertain_at", Moment()))
    sequence = op.create_table(
        "sequence",
        sa.Column("id", sa.Integer, nullable=False),
        sa.Column("last", sa.Integer, nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_sequence")),
    )
    op.bulk_insert(sequence, [{"id": 1, "last": _number(op.get_bind())}])
    op.execute("ALTER TABLE dropped_file DROP COLUMN told_at")  # it only said up to which moment


def _number(connection: sa.Connection) -> int:
    """Numbers what is there; gives the last number."""
    readings = [
        (str(moment), table, fact, row)
        for table, facts in _ORDERED.items()
        for fact in facts
        for row, moment in connection.execute(sa.text(_READ.format(table, _moment(fact))))
    ]
    readings.sort()
    number = 0
    for _, same in itertools.groupby(readings, key=lambda reading: reading[0]):
        number += 1
        for _, table, fact, row in same:
            connection.execute(sa.text(_WRITE.format(table, f"{fact}_number")), {"number": number, "row": row})
    # A reopening that waits was decided by now: the time of its decision stands in the journal alone.
    waiting = sa.text("UPDATE account SET reopening_number = :number WHERE reopening IS NOT NULL")
    connection.execute(waiting, {"number": number + 1})
    return number + 1


_READ = "SELECT id, {1} FROM {0} WHERE {1} IS NOT NULL"
_WRITE = "UPDATE {0} SET {1} = :number WHERE id = :row"


def _moment(fact: str) -> str:
    return fact if fact == "since" else f"{fact}_at"


#: What an older register does not tell to the moment is taken to have been recorded at noon of its day.
_NOON = """
UPDATE habilitation SET end_recorded_at = CAST(end_recorded_on AS VARCHAR(10)) || 'T12:00:00.000000+00:00'
WHERE end_recorded_on IS NOT NULL
"""

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
_APPROVALS = sa.text("""
SELECT journal_entry.entry, journal_detail.data FROM journal_entry
JOIN journal_detail ON journal_detail.entry = journal_entry.entry
WHERE journal_entry.body LIKE '%"action":"annexe.%approved"%' ORDER BY journal_entry.entry
""")


def _name_decisions() -> None:
    """On whose decision each fact stands; entries of before stay as they are."""
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
    connection = op.get_bind()
    for entry, data in connection.execute(_APPROVALS).all():  # oldest first: the last one of a plan stands
        details = json.loads(data)
        connection.execute(_OF_ANNEXE, {"entry": entry, "annexe": details["annexe"], "plan": details.get("plan")})
    connection.execute(_PLANNED)
    connection.execute(_ENDING)


def _add_addresses() -> None:
    """A7, A11, A4, N2; each domain has its one form."""
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


_RENAME = sa.text("UPDATE partner_domain SET domain = :one_form WHERE partner = :partner AND domain = :domain")
_DROP = sa.text("DELETE FROM partner_domain WHERE partner = :partner AND domain = :domain")


def _give_one_form(connection: sa.Connection) -> None:
    """A7: before, a domain in punycode and the same with its accents were two. What is no domain stays as it is."""
    declared = connection.execute(sa.text("SELECT partner, domain FROM partner_domain")).all()
    forms = {(row.partner, row.domain) for row in declared}
    for partner, domain in declared:
        one_form = canonical_domain(domain)
        if one_form in (None, domain):
            continue
        values = {"partner": partner, "domain": domain, "one_form": one_form}
        change = _DROP if (partner, one_form) in forms else _RENAME
        connection.execute(change, values)
        forms.add((partner, one_form))
