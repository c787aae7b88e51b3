"""The safety limits: how much a plan may do before a named person has looked (docs/safety.md)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from provisioner.domain.change import NEEDING_P1, Action, Blocked, Change, Limit, plan_id
from provisioner.domain.days import day_of
from provisioner.domain.habilitation import Habilitation
from provisioner.domain.records import Records
from provisioner.domain.snapshot import Snapshot

#: How many partners one run may close accesses of: so many, or this share of all if that is more.
MOST_PARTNERS, MOST_PARTNERS_PERCENT = 5, 10

#: The window in which closures are counted together, so that slices of a mass closure add up.
WINDOW = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Limits:
    """The settings of the limits: a number of closures, and a percentage of the open accounts."""

    closures: int = 5
    closures_percent: int = 20


def blocked_by(
    records: Records,
    snapshot: Snapshot,
    changes: Sequence[Change],
    now: datetime,
    limits: Limits,
    allowed: Collection[str],
) -> tuple[Blocked, ...]:
    """What holds each partner's plan, checked before its first effect."""
    plans = _by_partner(changes)
    partners = _PartnersLimit(records, plans)
    blocked: list[Blocked] = []
    for code, mine in plans.items():
        name = plan_id(mine)
        is_let_go = name in allowed or (code, name) in records.let_go
        blocked += _whatever_is_let_go(records, snapshot, code, name, mine, day_of(now))
        figure, most = _closures(records, code, mine, now), allowed_closures(records, code, now, limits)
        if figure > most and not is_let_go:
            blocked.append(Blocked(partner=code, plan_id=name, limit=Limit.CLOSURES, figure=figure, allowed=most))
        if not is_let_go and (figures := partners.figures(code, name)):
            figure, most = figures
            blocked.append(Blocked(partner=code, plan_id=name, limit=Limit.PARTNERS, figure=figure, allowed=most))
    return tuple(blocked)


def held_whatever_is_let_go(
    records: Records, snapshot: Snapshot, changes: Sequence[Change], today: date
) -> tuple[Blocked, ...]:
    """What holds changes that no number limits: a pause, another realm, a weak policy."""
    return tuple(
        one
        for code, mine in _by_partner(changes).items()
        for one in _whatever_is_let_go(records, snapshot, code, plan_id(mine), mine, today)
    )


@dataclass(frozen=True, slots=True)
class Distance:
    """How near a limit is: what counts now, what is due included, and what is allowed."""

    figure: int
    allowed: int


def closures_distance(
    records: Records, code: str, changes: Sequence[Change], now: datetime, limits: Limits
) -> Distance:
    """How near the partner is to the limit of closures, with what is due."""
    mine = [one for one in changes if one.partner == code]
    return Distance(_closures(records, code, mine, now), allowed_closures(records, code, now, limits))


def partners_distance(records: Records, changes: Sequence[Change]) -> Distance:
    """How near what is due is to the limit of partners in one run."""
    limit = _PartnersLimit(records, _by_partner(changes))
    return Distance(len(limit.closing), limit.most)


def _by_partner(changes: Sequence[Change]) -> dict[str, list[Change]]:
    return {
        code: [one for one in changes if one.partner == code] for code in sorted({one.partner for one in changes})
    }


class _PartnersLimit:
    """How many partners one run would close accesses of. A plan once held stays so until it is let go by name: that
    others were let go does not make it less of a mass closure. Closures once let go hold their partner no more.
    """

    def __init__(self, records: Records, plans: Mapping[str, Sequence[Change]]) -> None:
        planned = {code: _planned(mine) for code, mine in plans.items()}
        #: for each partner, how many of its closures nobody has let go
        self.closing = {
            code: closures_of(records, mine) for code, mine in planned.items() if any(_is_new(one) for one in mine)
        }
        self.most = max(MOST_PARTNERS, len(records.partners) * MOST_PARTNERS_PERCENT // 100)
        held = (one for one in records.holds if one.limit == Limit.PARTNERS)
        self.held = {(one.partner, one.plan_id): one.figures for one in held}

    def figures(self, code: str, name: str) -> tuple[int, int] | None:
        """How many, and how many are allowed; None when nothing holds that plan."""
        if self.closing.get(code) and len(self.closing) > self.most:
            return len(self.closing), self.most
        return self.held.get((code, name))


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
    if records.realm_id not in (None, snapshot.realm_id):
        yield Blocked(partner=code, plan_id=name, limit=Limit.UNKNOWN_REALM)
    if snapshot.link_fault and any(change.action in NEEDING_P1 for change in changes):
        yield Blocked(partner=code, plan_id=name, limit=Limit.PASSWORD_POLICY, fault=snapshot.link_fault)


def _closures(records: Records, code: str, changes: Sequence[Change], now: datetime) -> int:
    """The closures to count: those of the plan and those made within the window."""
    made = (one for one in records.of_partner(code) if one.closed_at is not None and one.closed_at > now - WINDOW)
    return closures_of(records, [*_planned(changes), *made])


def _planned(changes: Iterable[Change]) -> list[Habilitation]:
    """The accesses that these changes close, each as it would be."""
    closed = (change.habilitation for change in changes if change.action is Action.CLOSE)
    return [one for one in closed if one is not None and one.closed_at is None]


def closures_of(records: Records, closed: Iterable[Habilitation]) -> int:
    """How many of these count: not announced ends, the end of a convention, nor those that a named person let go."""
    return sum(_counts(records, one) for one in closed)


def _counts(records: Records, one: Habilitation) -> bool:
    return _is_new(one) and one.id not in records.released


def _is_new(one: Habilitation) -> bool:
    return one.opened_at is not None and one.end is not None and not one.end.was_announced


def allowed_closures(records: Records, code: str, now: datetime, limits: Limits) -> int:
    """max(closures, closures_percent % of the accesses open 24 hours ago, rounded down)."""
    since = now - WINDOW
    was_open = sum(
        1
        for one in records.of_partner(code)
        if one.opened_at is not None and one.opened_at <= since and (one.closed_at is None or one.closed_at > since)
    )
    return max(limits.closures, was_open * limits.closures_percent // 100)
