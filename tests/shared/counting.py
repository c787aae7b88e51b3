"""What `status` counts, worked out from the whole register by the rules: the database is held to it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import date
from typing import Any

from provisioner.domain.access.habilitation import Habilitation, State
from provisioner.domain.access.invitations import is_owed, leading, open_invitations
from provisioner.domain.records import Records
from provisioner.domain.review import Review, standings
from provisioner.operations.service_status import ServiceStatus

_STATES = (State.OPEN, State.SUSPENDED, State.PLANNED, State.CLOSED)


def counted(records: Records, reviews: Iterable[Review], today: date) -> dict[str, Any]:
    """The figures of a `ServiceStatus` that are about accesses and partners, by its fields' names."""
    by_account = records.by_account().values()
    return {
        "partners": len(records.partners),
        "open": sum(h.state is State.OPEN for h in records.habilitations),
        "accounts": dict.fromkeys(_STATES, 0) | Counter(_state(records, theirs) for theirs in by_account),
        "holds": records.holds_on(today),
        "invitations_owed": sum(_owed(records, theirs) for theirs in by_account),
        "invitations_uncertain": sum(i.is_uncertain for i in leading(open_invitations(records))),
        "late_reviews": sum(standing.is_late for standing in standings(records, reviews, today)),
    }


def figures(status: ServiceStatus) -> dict[str, Any]:
    """The same of what `status` says."""
    names = counted(Records(partners={}), (), date.min)
    return {name: getattr(status, name) for name in names}


def _state(records: Records, theirs: Collection[Habilitation]) -> State:
    states = {records.state_of(habilitation) for habilitation in theirs}
    return next(state for state in _STATES if state in states)


def _owed(records: Records, theirs: Collection[Habilitation]) -> int:
    lasting = [habilitation for habilitation in theirs if habilitation.state is State.OPEN]
    attempts = [attempt for habilitation in lasting for attempt in records.attempts_of(habilitation)]
    return sum(is_owed(habilitation, attempts) for habilitation in lasting)
