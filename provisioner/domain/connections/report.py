"""What a report of connections tells: by person for the Caf, counts for a partner (D4)."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import reduce
from operator import or_
from typing import NamedTuple

from provisioner.domain.access.habilitation import Habilitation, State, Suspension, by_name
from provisioner.domain.calendar import add_months, day_of, start_of
from provisioner.domain.connections.record import Coverage
from provisioner.domain.connections.usage import Usage, UsageState, usage
from provisioner.domain.convention import Partner
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Records
from provisioner.domain.retention import account_due_on, done_from

#: Under how many open accesses a partner gets no series: it would tell of persons.
FEWEST_IN_SERIES = 10

#: What happened just now is read within minutes, and no gap.
_READ_WITHIN = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Period:
    """Whole days in Paris, both ends included."""

    first: date
    last: date

    @property
    def since(self) -> datetime:
        """The moment at which it begins."""
        return start_of(self.first)

    @property
    def until(self) -> datetime:
        """The moment at which it is over."""
        return start_of(self.last + timedelta(days=1))

    def months(self) -> Iterator[Period]:
        """Its months, of which the first and the last may be parts."""
        first = self.first
        while first <= self.last:
            next_month = add_months(first.replace(day=1), 1)
            yield Period(first, min(self.last, next_month - timedelta(days=1)))
            first = next_month


class GapCause(StrEnum):
    """Why the connections of a span are not known."""

    BEFORE_READING = "before-reading"  #: Keycloak's events were not read yet
    HOLE = "hole"  #: they were gone, or not kept, when they were to be read
    DESTROYED = "destroyed"  #: the records are older than they are kept
    NOT_READ_YET = "not-read-yet"


class Gap(NamedTuple):
    """A span of the period of which connections are not known, or not all."""

    since: datetime
    until: datetime
    cause: GapCause


class HourCount(NamedTuple):
    """How many logins one access had in an hour of UTC. Hours of Paris begin with hours of UTC."""

    habilitation: int
    hour: datetime
    logins: int


class Total(NamedTuple):
    """What else the period tells of one access: failed logins, and from how many addresses somebody got in."""

    habilitation: int
    failures: int
    addresses: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Uses:
    """What the records of the period tell of one access: its logins by Paris days, and what `Total` has."""

    by_day: Mapping[date, int] = field(default_factory=dict)
    failures: int = 0
    addresses: int = 0

    @property
    def logins(self) -> int:
        """How many logins."""
        return sum(self.by_day.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class AccessUse:
    """One access that was open at some time of the period.

    `state` is that of the period's last day, `state_now` and `usage` are those of the day of the report; of a closed
    access there is no usage. `last_login_on` is the last one that is known up to the period's end.
    """

    habilitation: Habilitation
    state: State
    state_now: State
    usage: Usage | None
    uses: Uses
    last_login_on: date | None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionCounts:
    """What the register has counted. `foreign` are the logins of accounts that are none of ours."""

    totals: Sequence[Total] = ()
    hours: Sequence[HourCount] = ()
    foreign: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionReport:
    """A report, made on the day `made_on`. `partner` is None for all of them.

    `destroyed` counts the accesses whose connection data are destroyed, or due for it (D1): nothing is told of them.
    """

    partner: Partner | None
    period: Period
    made_on: date
    gaps: tuple[Gap, ...]
    accesses: tuple[AccessUse, ...]
    destroyed: int = 0
    foreign: int = 0

    def in_state(self, *states: State) -> list[AccessUse]:
        """The accesses that had one of these states on the last day."""
        return [access for access in self.accesses if access.state in states]

    def used_so(self, state: UsageState) -> list[AccessUse]:
        """The accesses that are open on the day of the report, and were used so until then: whoever is named to a
        partner is one of these (D4).
        """
        open_now = (access for access in self.accesses if access.state_now is State.OPEN)
        return [access for access in open_now if access.usage is not None and access.usage.state is state]

    def logins_by_month(self) -> Iterator[tuple[date, int]]:
        """The first day of each month, and the logins of all accesses in it. One login of an account that two
        partners share is one.
        """
        by_account: dict[EmailAddress, dict[str, Counter[date]]] = {}
        for access in self.accesses:
            habilitation = access.habilitation
            by_partner = by_account.setdefault(habilitation.email, {})
            by_partner.setdefault(habilitation.partner, Counter()).update(access.uses.by_day)
        by_month: Counter[date] = Counter()
        for by_partner in by_account.values():
            for day, logins in reduce(or_, by_partner.values()).items():
                by_month[day.replace(day=1)] += logins
        for month in self.period.months():
            first = month.first.replace(day=1)
            yield first, by_month[first]

    def logins_for_partner(self) -> tuple[tuple[date, int | None], ...]:
        """The same as a partner may know it: nothing under 10 open accesses, be it in one month."""
        if len(self.in_state(State.OPEN, State.SUSPENDED)) < FEWEST_IN_SERIES:
            return ()
        months = zip(self.period.months(), self.logins_by_month(), strict=True)
        return tuple((first, logins if self._is_large_in(month) else None) for month, (first, logins) in months)

    def _is_large_in(self, month: Period) -> bool:
        return sum(_was_open_in(access.habilitation, month) for access in self.accesses) >= FEWEST_IN_SERIES


def report_of(
    records: Records,
    period: Period,
    partner: Partner | None,
    *,
    counts: ConnectionCounts,
    coverage: Coverage,
    suspensions: Mapping[EmailAddress, Sequence[Suspension]],
    keep_days: int,
    now: datetime,
) -> ConnectionReport:
    """The report on the accesses of that partner, or of all partners, that were open at some time of the period.

    An account of two partners counts in both, for as long as its access was open there.
    """
    today = day_of(now)
    uses = uses_by_habilitation(counts)

    def use_of(habilitation: Habilitation) -> AccessUse:
        theirs, last_on = uses.get(habilitation.id or 0, Uses()), records.accounts[habilitation.email].last_login_on
        is_closed = habilitation.state is State.CLOSED
        days = [*theirs.by_day, *([last_on] if last_on and not is_closed else [])]
        return AccessUse(
            habilitation=habilitation,
            state=state_at(habilitation, min(period.until, now), suspensions.get(habilitation.email, ())),
            state_now=records.state_of(habilitation),
            usage=None if is_closed else usage(coverage, habilitation, max(days, default=None), today),
            uses=theirs,
            last_login_on=max((day for day in days if day <= period.last), default=None),
        )

    told = [h for h in records.habilitations if partner is None or h.partner == partner.code]
    told = [habilitation for habilitation in told if _was_open_in(habilitation, period)]
    gone = {email for email, of_account in records.by_account().items() if _is_destroyed(of_account, today)}
    accesses = [use_of(habilitation) for habilitation in told if habilitation.email not in gone]
    return ConnectionReport(
        partner=partner,
        period=period,
        made_on=today,
        gaps=gaps_of(period, coverage, keep_days, now),
        accesses=tuple(sorted(accesses, key=lambda access: by_name(access.habilitation))),
        destroyed=len(told) - len(accesses),
        foreign=counts.foreign,
    )


def uses_by_habilitation(counts: ConnectionCounts) -> dict[int, Uses]:
    """The counts of each access, its hours put together to days of Paris."""
    by_day: dict[int, Counter[date]] = defaultdict(Counter)
    days: dict[datetime, date] = {}
    for habilitation, hour, logins in counts.hours:
        day = days.get(hour) or days.setdefault(hour, day_of(hour))
        by_day[habilitation][day] += logins
    totals = {total.habilitation: total for total in counts.totals}
    return {
        id_: Uses(
            by_day=by_day.get(id_, {}),
            failures=totals[id_].failures if id_ in totals else 0,
            addresses=totals[id_].addresses if id_ in totals else 0,
        )
        for id_ in by_day.keys() | totals.keys()
    }


def gaps_of(period: Period, coverage: Coverage, keep_days: int, now: datetime) -> tuple[Gap, ...]:
    """Of which spans of the period, up to now, connections are not known. With none it was read without a hole."""
    until = min(period.until, now)
    if coverage.begun_at is None or coverage.read_until is None:
        return (Gap(period.since, until, GapCause.NOT_READ_YET),)
    kept_from = start_of(day_of(now) - timedelta(days=keep_days))
    spans = [
        Gap(period.since, coverage.begun_at, GapCause.BEFORE_READING),
        Gap(coverage.begun_at, kept_from, GapCause.DESTROYED),
        *(Gap(hole.since, hole.until, GapCause.HOLE) for hole in coverage.holes),
    ]
    if until - coverage.read_until > _READ_WITHIN:
        spans.append(Gap(coverage.read_until, until, GapCause.NOT_READ_YET))
    cut = (Gap(max(gap.since, period.since), min(gap.until, until), gap.cause) for gap in spans)
    return tuple(gap for gap in cut if gap.since < gap.until)


def state_at(habilitation: Habilitation, moment: datetime, suspensions: Iterable[Suspension]) -> State:
    """The habilitation's state just before that moment, told by its facts."""
    if habilitation.opened_at is None or habilitation.opened_at >= moment:
        return State.PLANNED
    if habilitation.closed_at is not None and habilitation.closed_at < moment:
        return State.CLOSED
    is_suspended = any(span.since < moment and (span.until is None or span.until >= moment) for span in suspensions)
    return State.SUSPENDED if is_suspended else State.OPEN


def _was_open_in(habilitation: Habilitation, period: Period) -> bool:
    opened_at, closed_at = habilitation.opened_at, habilitation.closed_at
    return opened_at is not None and opened_at < period.until and (closed_at is None or closed_at >= period.since)


def _is_destroyed(of_account: Sequence[Habilitation], today: date) -> bool:
    due_on = account_due_on(of_account)
    return due_on is not None and done_from(due_on) <= today
