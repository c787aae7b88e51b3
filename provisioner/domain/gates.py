"""The safety limits: how much a plan may do before a named person has looked (docs/safety.md)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from provisioner.domain.access.account import Snapshot
from provisioner.domain.access.change import NEEDING_P1, Action, Blocked, Change, Limit, plan_id
from provisioner.domain.access.habilitation import Habilitation
from provisioner.domain.calendar import day_of
from provisioner.domain.hold import Hold
from provisioner.domain.records import Records

#: How many partners one run may close accesses of: so many, or this share of all if that is more.
MOST_PARTNERS, MOST_PARTNERS_PERCENT = 5, 10

#: The window in which closures are counted together, so that slices of a mass closure add up.
WINDOW = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Limits:
    """The settings of the limits: a number of closures, and a percentage of the open accounts."""

    closures: int = 5
    closures_percent: int = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Entering:
    """A document that is about to enter the register: its partner, and the register as it is without it.

    `ends` are the open accesses that it ends, whatever the date. `closing` are all the partners whose documents, in
    the same run, end an access.
    """

    partner: str
    before: Records
    ends: tuple[Habilitation, ...] = ()
    closing: frozenset[str] = frozenset()


def blocked_by(
    records: Records,
    snapshot: Snapshot,
    plans: Mapping[str, Sequence[Change]],
    now: datetime,
    limits: Limits,
    allowed: Collection[str],
    entering: Entering | None = None,
) -> tuple[Blocked, ...]:
    """What holds each partner's plan, checked before its first effect.

    The numbers of closures are judged when a document brings them: what it brought is judged no more.
    """
    blocked: list[Blocked] = []
    for code, lines in plans.items():
        name = plan_id(code, lines)
        blocked += _whatever_is_let_go(records, snapshot, code, name, lines, day_of(now))
        if name in allowed or (code, name) in records.let_go:
            continue
        if entering is not None and entering.partner == code:
            blocked += _by_numbers(records, name, now, limits, entering)
        elif _is_held_for_partners(records, code, lines):
            blocked += [_held_before(hold, code, name) for hold in records.holds if _holds_partners(hold, code)]
    return tuple(blocked)


def _by_numbers(records: Records, name: str, now: datetime, limits: Limits, entering: Entering) -> Iterator[Blocked]:
    """How many accesses the document ends, and at how many partners the documents of its run do."""
    code = entering.partner
    brought = {one.id for one in entering.ends if not records.is_released(one)}
    if not brought:
        return
    figure = len(brought | _ended_lately(records, code, now))
    most = allowed_closures(entering.before, code, now, limits)
    if figure > most:
        yield Blocked(partner=code, plan_id=name, limit=Limit.CLOSURES, figure=figure, allowed=most)
    closing, most = entering.closing | {code}, most_partners(records)
    if len(closing) > most:
        yield Blocked(partner=code, plan_id=name, limit=Limit.PARTNERS, figure=len(closing), allowed=most)
    else:  # that others were let go does not make it less of a mass closure
        held = (one for one in records.holds if _holds_partners(one, code) and one.plan_id == name)
        yield from (_held_before(one, code, name) for one in held)


def _holds_partners(hold: Hold, code: str) -> bool:
    return hold.limit == Limit.PARTNERS and hold.partner == code


def _held_before(hold: Hold, code: str, name: str) -> Blocked:
    figure, most = hold.figures or (None, None)
    return Blocked(partner=code, plan_id=name, limit=Limit.PARTNERS, figure=figure, allowed=most)


def _is_held_for_partners(records: Records, code: str, changes: Iterable[Change]) -> bool:
    """Whether closures that are due were held before this version judged them on entering: a person lets them go."""
    ends = (one.habilitation for one in changes if one.action is Action.CLOSE and not one.is_suspension)
    waits = any(one is not None and one.closed_at is None and not records.is_released(one) for one in ends)
    return waits and any(_holds_partners(one, code) for one in records.holds)


def held_whatever_is_let_go(
    records: Records, snapshot: Snapshot, changes: Sequence[Change], today: date
) -> tuple[Blocked, ...]:
    """What holds changes that no number limits: a pause, another realm, a weak policy."""
    plans = {code: [one for one in changes if one.partner == code] for code in {one.partner for one in changes}}
    return tuple(
        one
        for code, mine in sorted(plans.items())
        for one in _whatever_is_let_go(records, snapshot, code, plan_id(code, mine), mine, today)
    )


@dataclass(frozen=True, slots=True)
class Distance:
    """How near a limit is: what counts now, and what is allowed."""

    figure: int
    allowed: int


def closures_distance(records: Records, code: str, now: datetime, limits: Limits) -> Distance:
    """How many ends documents brought for the partner within the last 24 hours."""
    return Distance(len(_ended_lately(records, code, now)), allowed_closures(records, code, now, limits))


def partners_distance(records: Records, now: datetime) -> Distance:
    """At how many partners documents brought ends within the last 24 hours."""
    closing = [code for code in records.partners if _ended_lately(records, code, now)]
    return Distance(len(closing), most_partners(records))


def most_partners(records: Records) -> int:
    """How many partners one run may end accesses of."""
    return max(MOST_PARTNERS, len(records.partners) * MOST_PARTNERS_PERCENT // 100)


def _ended_lately(records: Records, code: str, now: datetime) -> set[int | None]:
    """The accesses that documents ended within the window, be they closed since or not, so that slices of a mass
    closure add up. An end of the convention does not count, nor does one that a named person let go.
    """
    return {
        one.id
        for one in records.of_partner(code)
        if one.opened_at is not None and one.end is not None and one.end.rule != "C3"
        if one.end.recorded_at is not None and one.end.recorded_at > now - WINDOW
        if not records.is_released(one)
    }


def holds(blocked: Blocked, change: Change) -> bool:
    """Whether this limit holds that change: the policy holds what needs P1, any other the partner's whole plan; but
    the number of closures never holds a suspension, which is one person's and urgent.
    """
    if blocked.partner != change.partner:
        return False
    if blocked.can_be_allowed and change.is_suspension:
        return False
    return blocked.limit is not Limit.PASSWORD_POLICY or change.action in NEEDING_P1


def _whatever_is_let_go(
    records: Records, snapshot: Snapshot, code: str, name: str, changes: Sequence[Change], today: date
) -> Iterator[Blocked]:
    """What no release of a plan lifts."""
    if records.is_paused(code, today):
        yield Blocked(partner=code, plan_id=name, limit=Limit.PAUSE)
    if not records.is_for_realm(snapshot.realm_id):
        yield Blocked(partner=code, plan_id=name, limit=Limit.UNKNOWN_REALM)
    if snapshot.link_fault and any(change.action in NEEDING_P1 for change in changes):
        yield Blocked(partner=code, plan_id=name, limit=Limit.PASSWORD_POLICY, fault=snapshot.link_fault)


def allowed_closures(records: Records, code: str, now: datetime, limits: Limits) -> int:
    """max(closures, closures_percent % of the accesses open 24 hours ago, rounded down)."""
    since = now - WINDOW
    was_open = sum(
        1
        for one in records.of_partner(code)
        if one.opened_at is not None and one.opened_at <= since and (one.closed_at is None or one.closed_at > since)
    )
    return max(limits.closures, was_open * limits.closures_percent // 100)
