"""What an annexe does once it is approved, in numbers of persons, for the notice that tells it."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from provisioner.domain.access.change import Action, Change
from provisioner.domain.access.habilitation import State
from provisioner.domain.access.plan import Plan
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Records

_OPENINGS = frozenset({Action.OPEN, Action.REOPEN})
_CLOSURES = frozenset({Action.CLOSE})
_UPDATES = frozenset({Action.UPDATE, Action.RENAME})


@dataclass(frozen=True, slots=True, kw_only=True)
class Effects:
    """How many persons. `waiting` are openings that the realm's settings hold."""

    opened: int
    closed: int
    updated: int
    kept: int
    waiting: int = 0
    opened_later: int = 0
    closed_later: int = 0


def effects_of(plan: Plan, after: Records, partner: str) -> Effects:
    """What the plan does at the partner, and whose access stays as it is in the register after it.

    What another hand changed, or somebody suspended, is none of the annexe's doing.
    """
    due, free = _of_annexe(plan.changes, partner), _of_annexe(plan.free, partner)
    later = [change for change in plan.later if change.partner == partner]
    opened, closed = _persons(free, _OPENINGS), _persons(free, _CLOSURES)
    updated = _persons(free, _UPDATES) - opened - closed
    waiting = _persons(due, _OPENINGS) - opened
    habilitations = after.of_partner(partner)
    stay = {habilitation.email for habilitation in habilitations if after.state_of(habilitation) is State.OPEN}
    return Effects(
        opened=len(opened),
        closed=len(closed),
        updated=len(updated),
        kept=len(stay - opened - closed - updated - waiting),
        waiting=len(waiting),
        opened_later=len(_persons(later, _OPENINGS)),
        closed_later=len(_persons(later, _CLOSURES)),
    )


def _of_annexe(changes: Iterable[Change], partner: str) -> list[Change]:
    of_partner = (change for change in changes if change.partner == partner)
    return [change for change in of_partner if not (change.by_hand or change.is_suspension)]


def _persons(changes: Iterable[Change], actions: Collection[Action]) -> set[EmailAddress]:
    """Whom these changes concern, each under the newest address."""
    named = (change.new_email or change.email for change in changes if change.action in actions)
    return {email for email in named if email is not None}
