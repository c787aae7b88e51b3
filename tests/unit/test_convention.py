"""The convention's dates: its effect, its tacit renewals and its end."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.domain.convention import DEFAULT_CTG_END, Partner
from tests.shared.examples import LYS

DAY = timedelta(days=1)


def signed(on: date, **facts: Any) -> Partner:
    return replace(LYS, signed_on=on, **facts)


@pytest.mark.rule("C1")
@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        (date(2026, 1, 15), date(2026, 1, 15), date(2027, 1, 14)),
        (date(2027, 1, 14), date(2026, 1, 15), date(2027, 1, 14)),
        (date(2027, 1, 15), date(2027, 1, 15), date(2028, 1, 14)),
        (date(2030, 1, 15), date(2030, 1, 15), date(2030, 12, 31)),
        (date(2030, 12, 31), date(2030, 1, 15), date(2030, 12, 31)),
    ],
)
def test_the_convention_runs_by_periods_of_12_months_up_to_the_end_of_the_ctg(
    day: date, first: date, last: date
) -> None:
    assert signed(date(2026, 1, 15)).period_on(day) == (first, last)


@pytest.mark.rule("C1")
@pytest.mark.parametrize(
    ("day", "first", "last"),
    [
        (date(2028, 2, 29), date(2028, 2, 29), date(2029, 2, 27)),
        (date(2029, 2, 28), date(2029, 2, 28), date(2030, 2, 27)),
        (date(2031, 2, 28), date(2031, 2, 28), date(2032, 2, 28)),
        (date(2032, 2, 28), date(2031, 2, 28), date(2032, 2, 28)),
        (date(2032, 2, 29), date(2032, 2, 29), date(2033, 2, 27)),
    ],
)
def test_a_convention_signed_on_29_february_is_renewed_on_28_february_and_on_the_29th_in_leap_years(
    day: date, first: date, last: date
) -> None:
    assert signed(date(2028, 2, 29), ctg_end=date(2036, 12, 31)).period_on(day) == (first, last)


@pytest.mark.rule("C1")
def test_an_early_end_makes_the_running_period_the_last() -> None:
    ended = signed(date(2026, 1, 15), ends_on=date(2027, 9, 30))
    assert ended.period_on(date(2027, 9, 30)) == (date(2027, 1, 15), date(2027, 9, 30))
    assert ended.period_on(date(2027, 10, 1)) is None


@pytest.mark.rule("C1")
def test_an_end_after_the_end_of_the_ctg_does_not_make_the_convention_longer() -> None:
    assert signed(date(2026, 1, 15), ends_on=date(2031, 6, 30)).last_day == DEFAULT_CTG_END


@pytest.mark.rule("C3")
def test_an_amendment_that_moves_the_end_of_the_ctg_moves_the_last_day() -> None:
    amended = signed(date(2026, 1, 15), ctg_end=date(2031, 12, 31))
    assert amended.last_day == date(2031, 12, 31)
    assert amended.period_on(date(2031, 1, 20)) == (date(2031, 1, 15), date(2031, 12, 31))


@pytest.mark.rule("C2")
def test_no_period_runs_before_the_signature_nor_after_the_last_day_nor_without_a_signature() -> None:
    partner = signed(date(2026, 1, 15))
    assert partner.period_on(date(2026, 1, 14)) is None
    assert partner.period_on(DEFAULT_CTG_END + DAY) is None
    assert replace(partner, signed_on=None).period_on(date(2026, 6, 1)) is None


DAYS = st.dates(date(2020, 1, 1), date(2045, 12, 31))


@pytest.mark.rule("C1")
@given(signed_on=DAYS, ctg_end=DAYS, ends_on=st.none() | DAYS, day=DAYS)
def test_periods_follow_one_another_without_a_gap_and_hold_each_active_day(
    signed_on: date, ctg_end: date, ends_on: date | None, day: date
) -> None:
    partner = replace(LYS, signed_on=signed_on, ctg_end=ctg_end, ends_on=ends_on)
    period = partner.period_on(day)
    assert (period is not None) == partner.is_active_on(day)
    if period is not None:
        first, last = period
        assert first <= day <= last <= partner.last_day
        assert (last - first).days < 366
        following = partner.period_on(last + DAY)
        assert (following is None) == (last == partner.last_day)
        assert following is None or following[0] == last + DAY
