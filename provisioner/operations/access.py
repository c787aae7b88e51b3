"""Who had, has or will have an access on a day, on whose decision; and which closures were done late (V2, V3)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from provisioner.domain.access.history import (
    OF_LATENESS,
    AccessOnDay,
    LateClosure,
    accesses_on,
    late_closures,
    numbers_of,
)
from provisioner.register import Register
from provisioner.register.connection_counts import suspensions
from provisioner.register.database import read_records
from provisioner.register.journal import decisions, of_actions


def listed(register: Register, partners: Collection[str], day: date | None) -> list[AccessOnDay]:
    """Every access that is not destroyed, with its state on that day, today's without."""
    with register.read() as connection:
        records, suspended = read_records(connection), suspensions(connection)
        decided = decisions(connection, numbers_of(records.habilitations))
    today = register.clock.today()
    return accesses_on(day or today, today, records, suspended, decided, partners)


def late(register: Register, partners: Collection[str], since: date | None, until: date | None) -> list[LateClosure]:
    """The closures done after their day, of those really closed from `since` to `until`, both included."""
    with register.read() as connection:
        records, rows = read_records(connection), of_actions(connection, OF_LATENESS)
        decided = decisions(connection, numbers_of(records.habilitations))
    asked = [
        habilitation
        for habilitation in records.habilitations
        if (not partners or habilitation.partner in partners)
        and habilitation.closed_on is not None
        and (since or date.min) <= habilitation.closed_on <= (until or date.max)
    ]
    return late_closures(asked, rows, decided)
