"""Who had, has or will have an access on a day, and which closures were done later than due: told by the register's
facts and the journal.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple

from provisioner.domain.access.habilitation import Habilitation, State, Suspension, by_name
from provisioner.domain.calendar import day_of, start_of
from provisioner.domain.connections.report import state_at
from provisioner.domain.journal import Row
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Records

_DAY = timedelta(days=1)


class Decision(NamedTuple):
    """The decision to which an access owes its opening: the annexe, and who decided, while that name stands (D8)."""

    annexe: int | None = None
    decided_by: str | None = None


class AccessOnDay(NamedTuple):
    """An access, its state on the day that is asked for, and on whose decision it stands."""

    habilitation: Habilitation
    state: State
    decision: Decision


def accesses_on(
    day: date,
    today: date,
    records: Records,
    suspensions: Mapping[EmailAddress, Sequence[Suspension]],
    decisions: Mapping[int, Row],
    partners: Collection[str] = (),
) -> list[AccessOnDay]:
    """Every access of these partners (of all without any) that is not destroyed, by partner and name.

    Of a day that is past the state is that at its end; of a day to come, what the planned dates and the conventions
    make of it. `decisions` are the journal's entries by their numbers.
    """
    told = [
        AccessOnDay(
            habilitation,
            state_on(day, today, habilitation, records, suspensions.get(habilitation.email, ())),
            decision_of(habilitation, decisions),
        )
        for habilitation in records.habilitations
        if not partners or habilitation.partner in partners
    ]
    return sorted(told, key=lambda access: by_name(access.habilitation))


def decision_of(habilitation: Habilitation, decisions: Mapping[int, Row]) -> Decision:
    """To which decision the access owes its opening; none is known of what a register of before 0.3 opened."""
    row = decisions.get(habilitation.decision or 0)
    return Decision() if row is None else Decision(row.annexe, row.decided_by)


def state_on(
    day: date, today: date, habilitation: Habilitation, records: Records, suspensions: Iterable[Suspension]
) -> State:
    """The access's state on that day; before its opening it is `planned`."""
    if day < today:
        return state_at(habilitation, start_of(day + _DAY), suspensions)
    state = records.state_of(habilitation)
    if day == today or state is State.CLOSED:
        return state
    partner = records.partners[habilitation.partner]
    if habilitation.ending_with_convention(partner.last_day, day).is_ending_on(day):
        return State.CLOSED
    if state is State.PLANNED and habilitation.requested_on <= day and partner.is_active_on(day):
        return State.OPEN
    return state


class LateCause(StrEnum):
    """Why a closure was done after its day: what most of its days went by with."""

    LATE_DEPARTURE = "late-departure"  #: the partner told of it after the day (V3)
    HELD = "held"  #: a limit held it, or its annexe waited for a decision
    FAILED = "failed"  #: a system failed, or nothing ran
    PAUSED = "paused"  #: nothing was written for that partner


@dataclass(frozen=True, slots=True, kw_only=True)
class LateClosure:
    """A closure done after its day. `days` are counted from the first day on which it could have been done, the
    morrow of the last day (A6), to the day of the real closure. `entries` are the journal's that tell it.
    """

    habilitation: Habilitation
    due_on: date
    closed_on: date
    cause: LateCause
    entries: tuple[int, ...] = ()

    @property
    def days(self) -> int:
        """How many days late."""
        return (self.closed_on - self.due_on).days


#: What the journal tells of what kept closures waiting.
OF_LATENESS = ("hold", "hold.dropped", "release", "pause", "resume")

#: Those of them about a plan that a limit holds; without a partner it is one of destructions, which closes nobody.
_OF_LIMIT = OF_LATENESS[:3]


def late_closures(
    habilitations: Iterable[Habilitation], rows: Iterable[Row], decisions: Mapping[int, Row]
) -> list[LateClosure]:
    """The closures of these accesses that were done after their day, oldest first.

    `rows` are the journal's entries of the actions `OF_LATENESS` among others, oldest first.
    """
    waits = _Waits(rows)
    late = (waits.judge(habilitation, decisions) for habilitation in habilitations)
    return sorted(filter(None, late), key=lambda closure: (closure.closed_on, by_name(closure.habilitation)))


class _Span(NamedTuple):
    """From when to when something kept waiting; `entry` is the journal's that began it."""

    cause: LateCause
    since: date
    until: date
    entry: int


class _Waits:
    """What kept closures waiting, by partner, None for everybody's."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._spans: dict[str | None, list[_Span]] = {}
        begun: dict[tuple[str, str | None], tuple[int, date, date]] = {}
        for row in rows:
            facts = row.entry.facts
            action, partner, day = str(facts.get("action")), facts.get("partner"), moment_day(facts.get("at"))
            kind = "limit" if action in _OF_LIMIT else "pause"
            if action not in OF_LATENESS or (kind == "limit" and partner is None):
                continue
            before = begun.pop((kind, partner), None)
            if before is not None and day is not None:
                self._add(kind, partner, before, day)
            if action in ("hold", "pause") and day is not None:
                until = moment_day(row.details.get("until"))
                begun[kind, partner] = (row.entry.entry, day, date.max if until is None else until + _DAY)
        for (kind, partner), span in begun.items():
            self._add(kind, partner, span, date.max)

    def _add(self, kind: str, partner: str | None, begun: tuple[int, date, date], until: date) -> None:
        entry, since, last = begun
        cause = LateCause.HELD if kind == "limit" else LateCause.PAUSED
        self._spans.setdefault(partner, []).append(_Span(cause, since, min(until, last), entry))

    def judge(self, habilitation: Habilitation, decisions: Mapping[int, Row]) -> LateClosure | None:
        """The closure, where it is late: the partner's part of the days, and what kept the Caf's."""
        end, closed_on = habilitation.end, habilitation.closed_on
        if end is None or closed_on is None:
            return None
        due_on = end.on if end.rule == "A5" else end.due_on  # A5: at once, on the day of the decision
        if closed_on <= due_on:
            return None
        decision = decisions.get(end.decision or 0)
        told_on = end.told_on if end.rule == "A3" else due_on
        could_on = min(max(due_on, told_on), closed_on)
        entries = [end.decision] if end.decision is not None else []
        cause = LateCause.LATE_DEPARTURE
        if (closed_on - could_on) >= (could_on - due_on):
            cause, entry = self._kept(habilitation.partner, could_on, closed_on, decision)
            entries += [entry] if entry is not None else []
        return LateClosure(
            habilitation=habilitation,
            due_on=due_on,
            closed_on=closed_on,
            cause=cause,
            entries=tuple(entries),
        )

    def _kept(self, partner: str, since: date, until: date, decision: Row | None) -> tuple[LateCause, int | None]:
        """What most of the days from `since` to `until` went by with; a wait for the approval is one too."""
        spans = [*self._spans.get(partner, ()), *self._spans.get(None, ())]
        decided_on = moment_day(decision.entry.facts.get("at")) if decision is not None else None
        if decision is not None and decided_on is not None:
            spans.append(_Span(LateCause.HELD, since, decided_on, decision.entry.entry))
        shares = [(min(span.until, until) - max(span.since, since), span) for span in spans]
        longest, span = max(shares, key=lambda share: share[0], default=(timedelta(), None))
        return (span.cause, span.entry) if span is not None and longest > timedelta() else (LateCause.FAILED, None)


def numbers_of(habilitations: Iterable[Habilitation]) -> Iterator[int]:
    """The journal's entries of the decisions to which these accesses owe their openings and their ends."""
    for habilitation in habilitations:
        if habilitation.decision is not None:
            yield habilitation.decision
        if habilitation.end is not None and habilitation.end.decision is not None:
            yield habilitation.end.decision


def moment_day(said: object) -> date | None:
    """The day, in Paris, of a date or a moment as an entry says it; None of a damaged one."""
    text = str(said)
    try:
        return day_of(datetime.fromisoformat(text)) if "T" in text else date.fromisoformat(text)
    except (ValueError, OverflowError):
        return None
