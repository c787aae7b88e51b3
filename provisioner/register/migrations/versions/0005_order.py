"""The order in which things were written is a number of the register, not a clock reading."""

import itertools

import sqlalchemy as sa
from alembic import op

from provisioner.register.columns import Moment

revision = "0005"
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
    """Gives each fact the rank of its clock reading among all: of two, the one that was first stays the first."""
    for table, facts in _ORDERED.items():
        for fact in facts:
            is_there = (table, fact) in _ALWAYS_THERE
            default = "0" if is_there else None
            op.add_column(
                table, sa.Column(f"{fact}_number", sa.Integer, nullable=not is_there, server_default=default)
            )
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
    last = _number(op.get_bind())
    op.bulk_insert(sequence, [{"id": 1, "last": last}])
    op.execute("ALTER TABLE dropped_file DROP COLUMN told_at")  # it only said up to which moment


def _number(connection: sa.Connection) -> int:
    """Numbers what is there; gives the last number."""
    found = [
        (str(moment), table, fact, row)
        for table, facts in _ORDERED.items()
        for fact in facts
        for row, moment in connection.execute(sa.text(_READ.format(table, _moment(fact))))
    ]
    found.sort()
    number = 0
    for _, same in itertools.groupby(found, key=lambda each: each[0]):
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
