"""What the Caf sees of its partners: how late they tell of departures (V3), and all that it controls of them (V2)."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from statistics import median

from provisioner.domain.access.habilitation import Habilitation
from provisioner.domain.calendar import add_months
from provisioner.domain.connections.control import RaisedControl, Severity
from provisioner.domain.connections.record import Coverage
from provisioner.domain.connections.usage import UsageState, usage
from provisioner.domain.convention import by_partner
from provisioner.domain.records import Records
from provisioner.domain.retention import Destruction, is_destroyed
from provisioner.domain.review import Review, Standing, open_accesses, standing

#: Over how many months before the day the departures of a control report are counted.
DEPARTURE_MONTHS = 12

#: How far ahead of the day a control report counts destructions, in days.
DESTRUCTION_DAYS = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class DepartureLag:
    """How late a partner told the Caf of a year's departures, in days from the end to its reception (V3).

    `departures` is how many there were, `on_time` how many were told within the days allowed. One that was told
    beforehand has a lag of 0.
    """

    partner: str
    year: int
    departures: int
    on_time: int
    median_days: float
    longest_days: int

    @property
    def share(self) -> float:
        """The part of them told on time, from 0 to 1, to the hundredth."""
        return round(self.on_time / self.departures, 2)


def departure_lags(
    habilitations: Iterable[Habilitation],
    today: date,
    days_allowed: int,
    partners: Collection[str] = (),
    year: int | None = None,
) -> list[DepartureLag]:
    """The lags of these partners (of all without any) by partner and by the year of the end; of one year where it is
    given.

    A departure is an access that was open and that list 2 ended, by that day. Who was in neither list (A5) was not
    told of, and the end of the convention (C3) is no departure.
    """
    lags: defaultdict[tuple[str, int], list[int]] = defaultdict(list)
    for habilitation in habilitations:
        lag = departure_lag(habilitation)
        end = habilitation.end
        if lag is None or end is None or end.on > today or (partners and habilitation.partner not in partners):
            continue
        if year in (None, end.on.year):
            lags[habilitation.partner, end.on.year].append(lag)
    return [
        DepartureLag(
            partner=partner,
            year=of_year,
            departures=len(days),
            on_time=sum(lag <= days_allowed for lag in days),
            median_days=median(days),
            longest_days=max(days),
        )
        for (partner, of_year), days in sorted(lags.items())
    ]


def departure_lag(habilitation: Habilitation) -> int | None:
    """The days from the end that list 2 gives to the reception of the annexe that gave it; None for another end."""
    end = habilitation.end
    if end is None or end.rule != "A3" or habilitation.opened_at is None:
        return None
    return max((end.told_on - end.on).days, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class PartnerControl:
    """What the Caf controls of a partner, in figures and without a name.

    `review` is how it stands with its reviews. `departures` are those of the last 12 months, `on_time` those told
    within the days allowed, `longest_days` the longest lag, None without one. `usages` are how its open accesses were
    used, one each. `controls` stand as raised about it, `grave` are those of them that are. `destructions` are due
    within 30 days, `on_hold` kept from it though they are due (D7).
    """

    partner: str
    name: str
    is_in_force: bool
    review: Standing
    departures: int
    on_time: int
    longest_days: int | None
    usages: tuple[UsageState, ...]
    controls: int
    grave: int
    destructions: int
    on_hold: int

    @property
    def open(self) -> int:
        """How many accesses are open."""
        return len(self.usages)


@dataclass(frozen=True, slots=True, kw_only=True)
class ControlReport:
    """All partners, by their codes, as of a day; `other_controls` are raised about no partner."""

    as_of: date
    days_allowed: int
    partners: tuple[PartnerControl, ...]
    other_controls: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the register says at one moment of what a control report needs."""

    records: Records
    reviews: Sequence[Review]
    controls: Sequence[RaisedControl]
    destructions: Sequence[Destruction]
    coverage: Coverage


def control_report(known: Known, as_of: date, days_allowed: int) -> ControlReport:
    """The report as of that day, of each partner whose records are not destroyed. What the connections tell is what
    is known of them now.
    """
    codes = sorted(code for code, partner in known.records.partners.items() if not is_destroyed(partner))
    reviews, destructions = by_partner(known.reviews), by_partner(known.destructions)
    controls: defaultdict[str, list[RaisedControl]] = defaultdict(list)
    for control in known.controls:
        controls[control.partner or ""].append(control)
    of_one = [
        replace(
            known,
            reviews=reviews.get(code, ()),
            destructions=destructions.get(code, ()),
            controls=controls.pop(code, ()),
        )
        for code in codes
    ]
    return ControlReport(
        as_of=as_of,
        days_allowed=days_allowed,
        partners=tuple(_of_partner(own, code, as_of, days_allowed) for own, code in zip(of_one, codes, strict=True)),
        other_controls=sum(map(len, controls.values())),
    )


def _of_partner(known: Known, code: str, as_of: date, days_allowed: int) -> PartnerControl:
    """`known` has that partner's own reviews, controls and destructions alone."""
    records, since = known.records, add_months(as_of, -DEPARTURE_MONTHS)
    partner, accesses = records.partners[code], records.of_partner(code)
    lags = [
        lag
        for access in accesses
        if (lag := departure_lag(access)) is not None and access.end and since < access.end.on <= as_of
    ]
    until = as_of + timedelta(days=DESTRUCTION_DAYS)
    due = [destruction for destruction in known.destructions if destruction.due_on <= until]
    return PartnerControl(
        partner=code,
        name=partner.name,
        is_in_force=partner.is_active_on(as_of),
        review=standing(records, code, known.reviews, as_of),
        departures=len(lags),
        on_time=sum(lag <= days_allowed for lag in lags),
        longest_days=max(lags, default=None),
        usages=tuple(
            usage(known.coverage, access, records.accounts[access.email].last_login_on, as_of).state
            for access in open_accesses(records, code)
        ),
        controls=len(known.controls),
        grave=sum(control.severity is Severity.GRAVE for control in known.controls),
        destructions=sum(not destruction.is_on_hold for destruction in due),
        on_hold=sum(destruction.is_on_hold for destruction in due),
    )
