"""What waits for a named person: plans beyond a limit, pauses, suspensions; told, let go, ended."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime

import structlog

from provisioner.domain.access.change import Action, Blocked, Limit
from provisioner.domain.access.habilitation import State
from provisioner.domain.access.invitations import is_owed, leading, rounds
from provisioner.domain.access.plan import Plan
from provisioner.domain.annexe.kept import KeptAnnexe, Status
from provisioner.domain.hold import Hold, HoldKind
from provisioner.domain.records import Records
from provisioner.operations.context import Tools
from provisioner.operations.decide import decided
from provisioner.operations.errors import Refused
from provisioner.operations.hold_notices import drop_held, tell_held
from provisioner.register import Register, Work, annexes, holds
from provisioner.register.marks import JOURNAL_WANTING, LAST_GOOD_SYNC, mark
from provisioner.register.records import read_records
from provisioner.settings import Settings
from provisioner.views.change_json import change_as_json

log = structlog.get_logger()

#: The limits whose plans are kept as held, for a person to look at.
_KEPT = frozenset({Limit.CLOSURES, Limit.PARTNERS, Limit.UNKNOWN_REALM})

#: From which age on what is in quarantine is an error in the log.
LOUD_AFTER_DAYS = 7

#: The limits that a person may let a plan go beyond.
_CAN_BE_RELEASED = frozenset({Limit.CLOSURES, Limit.PARTNERS})


def hold_or_drop(work: Work, settings: Settings, plan: Plan, partners: Collection[str]) -> None:
    """Keeps what a limit holds of this plan, and tells the Caf's contact of it; what was held of these partners
    before and is no more is dropped.
    """
    held: dict[str, Blocked] = {}
    for one in plan.blocked:
        if one.limit in _KEPT:
            held.setdefault(one.partner, one)
    for code, one in held.items():
        changes = plan.of_partner(code)
        reason = one.limit if one.figure is None else f"{one.limit} {one.figure}/{one.allowed}"
        holds.hold_plan(
            work,
            code,
            one.plan_id,
            reason,
            closures_in(plan, code),
            [change_as_json(each) for each in changes],
            can_be_released=one.limit in _CAN_BE_RELEASED,
        )
    for code in partners:
        if code not in held:
            drop_held(work, code)
    tell_held(work, settings)


def closures_in(plan: Plan, partner: str) -> list[tuple[int, date]]:
    """The accesses that the partner's plan closes, now or, by its document, later, each with its last day."""
    closed = (one.habilitation for one in plan.of_partner(partner) if one.action is Action.CLOSE)
    return [(one.id, one.end.on) for one in closed if one is not None and one.id is not None and one.end is not None]


@decided
def release(register: Register, plan_id: str, by: str, reason: str) -> str:
    """Lets a held plan go, by name; the next `sync` acts. Gives the partner's code.

    Raises:
        Refused: no such plan is held, or what holds it is not for a person to lift.
    """
    with register.work() as work:
        found = holds.held_partner(work.connection, plan_id)
        if found is None:
            raise Refused(f"No plan {plan_id} is held. What is: provisioner held list.")
        partner, limit = found
        if limit.partition(" ")[0] not in _CAN_BE_RELEASED:
            raise Refused(f"Plan {plan_id} is held because of {limit}: put that right, it lets go by itself.")
        holds.release_plan(work, partner, plan_id, by, reason)
        drop_held(work, partner)
    return partner


@decided
def pause(register: Register, partner: str | None, reason: str, until: date | None, by: str) -> None:
    """From now on nothing is written in Keycloak, for that partner or for anybody, closures neither.

    Raises:
        Refused: the last day is past.
    """
    if until is not None and until < register.clock.today():
        raise Refused("--until is past: a pause lasts until the end of that day.")
    with register.work() as work:
        holds.pause(work, partner, reason, until, by)


@decided
def resume(register: Register, partner: str | None, by: str) -> None:
    """Ends a pause.

    Raises:
        Refused: there is none.
    """
    with register.work() as work:
        if not holds.resume(work, partner, by):
            whose = "Nothing is" if partner is None else f"{partner} is not"
            raise Refused(f"{whose} paused by itself. What is held: provisioner held list.")


def tell_ages(tools: Tools, records: Records) -> None:
    """A hold has no end of its own: each run says in the log how old each is; of a quarantine louder after a week."""
    for one in records.holds_on(tools.clock.today()):
        days = (tools.clock.now() - one.since).days
        is_loud = one.still_open or (one.kind is HoldKind.QUARANTINE and days >= LOUD_AFTER_DAYS)
        tell = log.error if is_loud else log.warning
        ids = [each.id for each in records.habilitations if one.email == each.email and each.closed_at is None]
        tell("hold.open", kind=one.kind, partner=one.partner, habilitations=ids, days=days)


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How things are. `waiting` are the annexes that somebody has to decide upon or that the next `sync` applies.
    `journal` is what its last verification found wanting.
    """

    last_good_sync: datetime | None
    partners: int
    open: int
    waiting: tuple[KeptAnnexe, ...]
    holds: tuple[Hold, ...]
    invitations_owed: int
    invitations_uncertain: int
    journal: str | None = None

    @property
    def quarantines(self) -> tuple[Hold, ...]:
        """Those of the holds that are tried again by themselves."""
        return tuple(one for one in self.holds if one.kind is HoldKind.QUARANTINE)


def standing(register: Register) -> Standing:
    """What the register alone can say.

    Raises:
        RegisterUnavailable: it cannot be read.
    """
    with register.read() as connection:
        records = read_records(connection)
        last = mark(connection, LAST_GOOD_SYNC)
        wanting = mark(connection, JOURNAL_WANTING)
        waiting = [
            one
            for one in annexes.kept(connection)
            if one.is_pending or one.status in (Status.CHECKED, Status.APPROVED)
        ]
    is_open = [one for one in records.habilitations if one.state is State.OPEN]
    return Standing(
        last_good_sync=datetime.fromisoformat(last) if last else None,
        partners=len(records.partners),
        open=len(is_open),
        waiting=tuple(waiting),
        holds=records.holds_on(register.clock.today()),
        invitations_owed=sum(is_owed(one, records.invitations_of(one)) for one in is_open),
        invitations_uncertain=sum(each.is_uncertain for each in leading(rounds(records))),
        journal=wanting or None,
    )
