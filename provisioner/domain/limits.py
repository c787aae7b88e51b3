"""The safety limits: how much a plan may do before a named person has looked (docs/safety.md)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from provisioner.domain.change import NEEDING_P1, Action, Blocked, Change, Limit, plan_id
from provisioner.domain.habilitation import Habilitation
from provisioner.domain.password import is_weaker_than_p1
from provisioner.domain.records import Records
from provisioner.domain.snapshot import Snapshot

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
    blocked: list[Blocked] = []
    for code in sorted({change.partner for change in changes}):
        mine = [change for change in changes if change.partner == code]
        blocked += _of_partner(records, snapshot, code, mine, now, limits, allowed)
    return tuple(blocked)


def holds(blocked: Blocked, change: Change) -> bool:
    """Whether this limit holds that change: the policy holds what needs P1, any other the partner's whole plan, but
    never a suspension, which is one person's and urgent.
    """
    if blocked.partner != change.partner:
        return False
    if blocked.limit is Limit.CLOSURES and change.is_suspension:
        return False
    return blocked.limit is not Limit.PASSWORD_POLICY or change.action in NEEDING_P1


def _of_partner(
    records: Records,
    snapshot: Snapshot,
    code: str,
    changes: Sequence[Change],
    now: datetime,
    limits: Limits,
    allowed: Collection[str],
) -> Iterator[Blocked]:
    name = plan_id(changes)
    if records.realm_id not in (None, snapshot.realm_id):
        yield Blocked(partner=code, plan_id=name, limit=Limit.UNKNOWN_REALM)
    figure, most = closures_of(records, code, changes, now), allowed_closures(records, code, now, limits)
    if figure > most and name not in allowed:
        yield Blocked(partner=code, plan_id=name, limit=Limit.CLOSURES, figure=figure, allowed=most)
    if is_weaker_than_p1(snapshot.password_policy) and any(change.action in NEEDING_P1 for change in changes):
        yield Blocked(partner=code, plan_id=name, limit=Limit.PASSWORD_POLICY)


def closures_of(records: Records, code: str, changes: Sequence[Change], now: datetime) -> int:
    """The closures to count: those of the plan and those made within the window, but for announced ends,
    the end of a convention, and those that a named person let go.
    """
    planned = [
        change.habilitation
        for change in changes
        if change.action is Action.CLOSE and change.habilitation and change.habilitation.closed_at is None
    ]
    made = [one for one in records.of_partner(code) if one.closed_at is not None and one.closed_at > now - WINDOW]
    return sum(_counts(records, one) for one in [*planned, *made] if one.opened_at is not None)


def _counts(records: Records, one: Habilitation) -> bool:
    return one.end is not None and not one.end.was_announced and one.id not in records.released


def allowed_closures(records: Records, code: str, now: datetime, limits: Limits) -> int:
    """max(closures, closures_percent % of the accesses open 24 hours ago, rounded down)."""
    since = now - WINDOW
    was_open = sum(
        1
        for one in records.of_partner(code)
        if one.opened_at is not None and one.opened_at <= since and (one.closed_at is None or one.closed_at > since)
    )
    return max(limits.closures, was_open * limits.closures_percent // 100)
