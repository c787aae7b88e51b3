"""How late partners tell of departures (V3), and the Caf's control report (V2)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from provisioner.domain.access.habilitation import Habilitation
from provisioner.domain.connections.control import RaisedControl, Severity
from provisioner.domain.connections.record import Coverage
from provisioner.domain.connections.usage import UsageState
from provisioner.domain.records import Account
from provisioner.domain.retention import Destruction, Kind
from provisioner.domain.review import Review
from provisioner.domain.review_report import DepartureLag, Known, control_report, departure_lag, departure_lags
from tests.shared.examples import LONG_AGO, LYS, NOW, TODAY, end, habilitation, records

AUGUST = date(2026, 8, 31)


def _left(days: int | None, *, on: date = AUGUST, **facts: object) -> Habilitation:
    """Somebody whose end on that day was told so many days after it, None: before version 0.4."""
    received_on = None if days is None else on + timedelta(days=days)
    return habilitation("leroy", opened_at=LONG_AGO, end=replace(end(on), received_on=received_on), **facts)


@pytest.mark.rule("V3")
@pytest.mark.parametrize(("days", "lag"), [(0, 0), (1, 1), (8, 8), (-30, 0), (None, (TODAY - AUGUST).days)])
def test_the_lag_is_from_the_end_to_the_reception_never_below_nothing(days: int | None, lag: int) -> None:
    assert departure_lag(_left(days)) == lag


@pytest.mark.rule("V3")
@pytest.mark.parametrize(
    "ended",
    [
        habilitation("leroy", opened_at=LONG_AGO),
        habilitation("leroy", opened_at=LONG_AGO, end=end(AUGUST, "A5")),
        habilitation("leroy", opened_at=LONG_AGO, end=end(AUGUST, "C3")),
        habilitation("leroy", end=end(AUGUST)),
    ],
    ids=["no-end", "in-neither-list", "end-of-the-convention", "never-opened"],
)
def test_only_list_2_tells_of_a_departure(ended: Habilitation) -> None:
    assert departure_lag(ended) is None


@pytest.mark.rule("V3")
def test_lags_are_counted_by_partner_and_by_the_year_of_the_end() -> None:
    new_year = date(2026, 1, 1)
    told = [
        *(_left(days) for days in (0, 7, 8, 40)),
        _left(9, on=new_year - timedelta(days=1)),
        _left(2, on=new_year, partner="sivom"),
        _left(-90, on=TODAY + timedelta(days=60)),
    ]
    lys_2025 = DepartureLag(partner="agglo-lys", year=2025, departures=1, on_time=0, median_days=9, longest_days=9)
    lys_2026 = replace(lys_2025, year=2026, departures=4, on_time=2, median_days=7.5, longest_days=40)
    sivom = replace(lys_2025, partner="sivom", year=2026, on_time=1, median_days=2, longest_days=2)
    assert departure_lags(told, TODAY, 7) == [lys_2025, lys_2026, sivom]
    assert (lys_2026.share, sivom.share) == (0.5, 1)
    assert departure_lags(told, TODAY, 7, ["sivom"]) == [sivom]
    assert departure_lags(told, TODAY, 7, year=2025) == [lys_2025]
    assert departure_lags(told, TODAY, 40)[1].on_time == 4


#: It signed again after what its first convention gathered was destroyed.
SIVOM = replace(LYS, code="sivom", name="Sivom", destroyed_on=date(2026, 1, 2))
GONE = replace(LYS, code="ancien", ends_on=date(2024, 4, 30), destroyed_on=date(2026, 5, 1))


def _control(number: int, partner: str | None, severity: Severity) -> RaisedControl:
    return RaisedControl(
        id=number,
        code="shared-code",
        key=str(number),
        severity=severity,
        rule="L1",
        since=NOW,
        raised_at=NOW,
        partner=partner,
    )


def _due(days: int, *, is_on_hold: bool = False) -> Destruction:
    on, codes = TODAY + timedelta(days=days), (LYS.code,)
    return Destruction(
        kind=Kind.HABILITATION, rule="D2", due_on=on, partner=LYS.code, partners=codes, is_on_hold=is_on_hold
    )


@pytest.mark.rule("V2")
def test_the_control_report_counts_what_the_caf_controls_of_each_partner() -> None:
    opened_at = datetime(2025, 9, 1, 8, tzinfo=UTC)
    used, never, idle = (habilitation(name, id=id_, opened_at=opened_at) for id_, name in enumerate(("a", "b", "c")))
    told = [
        replace(_left(days, on=on, closed_at=LONG_AGO), id=10 + days, person=used.person)
        for days, on in ((2, AUGUST), (9, date(2026, 3, 1)), (30, date(2025, 9, 1)))  # the last one: over a year ago
    ]
    known = records(used, never, idle, *told, partners=(LYS, SIVOM, GONE))
    logins = {used.email: TODAY, never.email: None, idle.email: date(2026, 1, 1)}
    accounts = {email: Account(email, "id", None, last_login_on=last_on) for email, last_on in logins.items()}
    known = replace(known, accounts={**known.accounts, **accounts})
    report = control_report(
        Known(
            records=known,
            reviews=[Review(id=1, partner=LYS.code, due_on=date(2025, 8, 1), settled_on=date(2025, 8, 1))],
            controls=[
                _control(1, LYS.code, Severity.GRAVE),
                _control(2, LYS.code, Severity.WARNING),
                _control(3, None, Severity.GRAVE),
            ],
            destructions=[_due(-1), _due(30), _due(31), _due(0, is_on_hold=True)],
            coverage=Coverage(begun_at=opened_at - timedelta(days=1), read_until=NOW),
        ),
        TODAY,
        7,
    )
    lys, sivom = report.partners
    assert (lys.partner, lys.open, lys.departures, lys.on_time, lys.longest_days) == (LYS.code, 3, 2, 1, 9)
    assert sorted(lys.usages) == [UsageState.NEVER_USED, UsageState.UNUSED, UsageState.USED]
    assert (lys.controls, lys.grave, lys.destructions, lys.on_hold) == (2, 1, 2, 1)
    assert (lys.review.due_on, lys.review.days_late) == (date(2026, 8, 1), 32)
    assert (sivom.partner, sivom.open, sivom.departures, sivom.longest_days) == ("sivom", 0, 0, None)
    assert report.other_controls == 1
