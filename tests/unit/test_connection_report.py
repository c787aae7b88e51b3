"""What a report counts: days of Paris, spans that are not known, states on a day of the past."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta

import pytest

from provisioner.domain.access.habilitation import Habilitation, State, Suspension
from provisioner.domain.connections.record import Coverage, Hole, Stream
from provisioner.domain.connections.report import (
    ConnectionCounts,
    ConnectionReport,
    Gap,
    GapCause,
    HourCount,
    Period,
    Total,
    gaps_of,
    report_of,
    state_at,
    uses_by_habilitation,
)
from provisioner.domain.convention import Partner
from tests.shared.examples import LYS, email, habilitation, records

NOW = datetime(2027, 3, 1, 11, tzinfo=UTC)
YEAR = Period(date(2026, 4, 1), date(2027, 2, 28))
READ = Coverage(begun_at=datetime(2026, 1, 1, tzinfo=UTC), read_until=NOW)
OPENED = datetime(2026, 2, 1, tzinfo=UTC)


def hour(text: str, logins: int = 1) -> HourCount:
    return HourCount(1, datetime.fromisoformat(f"{text}:00:00+00:00"), logins)


@pytest.mark.rule("L1")
def test_a_day_is_paris_s_at_midnight_and_when_summer_time_begins_and_ends() -> None:
    hours = [
        *(hour("2026-07-14T21", 2), hour("2026-07-14T22", 3)),  # midnight is 22:00 in summer
        *(hour("2026-12-24T22"), hour("2026-12-24T23")),  # and 23:00 in winter
        *(hour("2026-03-28T22"), hour("2026-03-28T23"), hour("2026-03-29T21"), hour("2026-03-29T22")),  # 23 hours
        *(hour("2026-10-24T21"), hour("2026-10-24T22"), hour("2026-10-25T22"), hour("2026-10-25T23")),  # 25 hours
    ]
    uses = uses_by_habilitation(ConnectionCounts(hours=hours, totals=[Total(1, 4, 2), Total(2, 1, 0)]))
    assert uses[1].by_day == {
        **{date(2026, 7, 14): 2, date(2026, 7, 15): 3, date(2026, 12, 24): 1, date(2026, 12, 25): 1},
        **{date(2026, 3, 28): 1, date(2026, 3, 29): 2, date(2026, 3, 30): 1},
        **{date(2026, 10, 24): 1, date(2026, 10, 25): 2, date(2026, 10, 26): 1},
    }
    assert (uses[1].logins, uses[1].failures, uses[1].addresses) == (15, 4, 2)
    assert (uses[2].logins, uses[2].failures) == (0, 1)


@pytest.mark.rule("L1")
def test_the_months_of_a_period_may_begin_and_end_inside_one() -> None:
    months = list(Period(date(2026, 12, 15), date(2027, 2, 3)).months())
    assert months == [
        Period(date(2026, 12, 15), date(2026, 12, 31)),
        Period(date(2027, 1, 1), date(2027, 1, 31)),
        Period(date(2027, 2, 1), date(2027, 2, 3)),
    ]


@pytest.mark.rule("L1")
def test_what_is_not_known_of_a_period_is_told_with_its_cause_and_nothing_else() -> None:
    hole = Hole(stream=Stream.CONNECTIONS, since=NOW - timedelta(days=9), until=NOW - timedelta(days=8))
    before = Hole(stream=Stream.CONNECTIONS, since=OPENED, until=OPENED + timedelta(days=1))
    begun_at, read_until = YEAR.since + timedelta(days=30), NOW - timedelta(days=2)
    coverage = Coverage(begun_at=begun_at, read_until=read_until, holes=(before, hole))
    period = Period(YEAR.first, date(2027, 3, 1))
    assert gaps_of(period, coverage, 365, NOW) == (
        Gap(YEAR.since, begun_at, GapCause.BEFORE_READING),
        Gap(hole.since, hole.until, GapCause.HOLE),
        Gap(read_until, NOW, GapCause.NOT_READ_YET),
    )
    assert gaps_of(YEAR, READ, 365, NOW) == ()
    assert [gap.cause for gap in gaps_of(YEAR, READ, 30, NOW)] == [GapCause.DESTROYED]
    assert gaps_of(YEAR, Coverage(), 365, NOW) == (Gap(YEAR.since, YEAR.until, GapCause.NOT_READ_YET),)


@pytest.mark.rule("L1")
def test_a_state_of_the_past_is_told_by_its_facts() -> None:
    day = timedelta(days=1)
    access = habilitation("leroy", opened_at=OPENED, closed_at=OPENED + 9 * day)
    cut = [Suspension(OPENED + 2 * day, OPENED + 4 * day)]
    states = [state_at(access, OPENED + days * day, cut) for days in (0, 1, 3, 5, 10)]
    assert states == [State.PLANNED, State.OPEN, State.SUSPENDED, State.OPEN, State.CLOSED]


@pytest.mark.rule("D1")
def test_nothing_is_told_of_whom_connection_data_are_due_for_destruction() -> None:
    closed = habilitation("leroy", id=1, opened_at=OPENED, closed_at=datetime(2026, 8, 30, 12, tzinfo=UTC))
    still_kept = habilitation("petit", id=2, opened_at=OPENED, closed_at=datetime(2026, 9, 10, 12, tzinfo=UTC))
    hours = [hour("2026-07-14T10")]
    report = _report([closed, still_kept], ConnectionCounts(hours=hours))
    assert [access.habilitation.email for access in report.accesses] == [email("petit")]
    assert report.destroyed == 1


@pytest.mark.rule("D4")
def test_a_partner_s_month_of_fewer_than_ten_open_accesses_is_left_out() -> None:
    newer = datetime(2027, 1, 15, tzinfo=UTC)
    accesses = [
        habilitation(f"agent{number}", id=number, opened_at=OPENED if number < 9 else newer)
        for number in range(1, 13)
    ]
    report = _report(accesses, ConnectionCounts(hours=[hour("2026-07-14T10"), hour("2027-02-02T10", 4)]), LYS)
    months = dict(report.logins_for_partner())
    assert months[date(2026, 7, 1)] is None
    assert months[date(2027, 2, 1)] == 4
    assert _report(accesses[:9], ConnectionCounts(), LYS).logins_for_partner() == ()


@pytest.mark.rule("A8")
def test_a_login_of_an_account_that_two_partners_share_is_one_in_the_months_of_all() -> None:
    other = Partner(code="sivom", name="SIVOM", domains=frozenset(), signed_on=date(2026, 1, 15))
    both = [
        habilitation("leroy", id=id_, opened_at=OPENED, partner=code) for id_, code in ((1, LYS.code), (2, "sivom"))
    ]
    hours = [hour("2026-07-14T10", 3), hour("2026-07-14T10", 3)._replace(habilitation=2)]
    report = _report(both, ConnectionCounts(hours=hours), partners=(LYS, other))
    assert [access.uses.logins for access in report.accesses] == [3, 3]
    assert dict(report.logins_by_month())[date(2026, 7, 1)] == 3


def _report(
    accesses: Sequence[Habilitation],
    counts: ConnectionCounts,
    partner: Partner | None = None,
    partners: tuple[Partner, ...] = (LYS,),
) -> ConnectionReport:
    return report_of(
        records(*accesses, partners=partners),
        YEAR,
        partner,
        counts=counts,
        coverage=READ,
        suspensions={},
        keep_days=365,
        now=NOW,
    )
