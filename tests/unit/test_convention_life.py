"""What is told before a convention's renewals and end, and when a document is asked for, and again."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.domain.convention import Partner
from provisioner.domain.convention_life import (
    AskedDocument,
    Coming,
    ConventionWarning,
    RequestState,
    is_moot,
    owes_certificate,
    warnings_on,
)
from tests.shared.examples import LYS

DAY = timedelta(days=1)
CTG_END = date(2030, 12, 31)


def told(partner: Partner, first: date, last: date) -> dict[date, list[tuple[Coming, date]]]:
    """Each day on which something is told that was not before, with what it is about: a run a day."""
    days, known = {}, set()
    for number in range((last - first).days + 1):
        today = first + DAY * number
        new = [warning for warning in warnings_on(partner, today) if warning.occasion not in known]
        known |= {warning.occasion for warning in new}
        if new:
            days[today] = [(warning.coming, warning.on) for warning in new]
    return days


def renewal(day: date, due_on: date, notice_by: date) -> ConventionWarning:
    return ConventionWarning(Coming.RENEWAL, day, due_on, notice_by)


@pytest.mark.rule("C1")
def test_the_caf_is_told_of_a_renewal_30_days_before_the_last_day_for_a_notice_and_on_that_day() -> None:
    partner = replace(LYS, notice_days=90)
    about = [(Coming.RENEWAL, date(2027, 1, 15))]
    days = told(partner, date(2026, 1, 15), date(2027, 1, 15))
    assert days == {date(2026, 9, 17): about, date(2026, 10, 17): about}
    assert warnings_on(partner, date(2026, 10, 20)) == (
        renewal(date(2027, 1, 15), date(2026, 10, 17), date(2026, 10, 17)),
    )


@pytest.mark.rule("C1")
def test_one_signed_on_29_february_is_told_of_by_the_day_on_which_it_is_really_renewed() -> None:
    partner = replace(LYS, signed_on=date(2028, 2, 29), ctg_end=date(2036, 12, 31), notice_days=0)
    for day in (date(2029, 2, 28), date(2032, 2, 29)):
        assert list(told(partner, day - 27 * DAY, day)) == [day - 27 * DAY, day]
        assert warnings_on(partner, day) == (renewal(day, day, day),)


@pytest.mark.rule("C1")
@pytest.mark.parametrize(
    ("signed_on", "is_renewed"), [(date(2026, 12, 31), True), (date(2027, 1, 1), False), (CTG_END, False)]
)
def test_a_renewal_on_the_last_day_of_the_ctg_is_told_and_one_after_it_is_none(
    signed_on: date, is_renewed: bool
) -> None:
    partner = replace(LYS, signed_on=signed_on, notice_days=60)
    renewals = [w for w in warnings_on(partner, CTG_END) if w.coming is Coming.RENEWAL]
    assert renewals == ([renewal(CTG_END, date(2030, 11, 1), date(2030, 11, 1))] if is_renewed else [])


@pytest.mark.rule("C1")
def test_the_month_in_which_nothing_ran_is_made_up_for_by_one_notice() -> None:
    partner = replace(LYS, notice_days=90)
    assert told(partner, date(2026, 11, 2), date(2027, 1, 16)) == {
        date(2026, 11, 2): [(Coming.RENEWAL, date(2027, 1, 15))]
    }
    assert told(LYS, date(2030, 12, 10), CTG_END) == {date(2030, 12, 10): [(Coming.CTG_END, CTG_END)]}


@pytest.mark.rule("C1")
def test_where_nobody_has_read_the_days_of_notice_no_renewal_is_told() -> None:
    assert told(LYS, LYS.signed_on or CTG_END, date(2030, 6, 29)) == {}


@pytest.mark.rule("C3")
def test_both_sides_are_warned_6_3_and_1_months_before_the_end_of_the_ctg() -> None:
    about = [(Coming.CTG_END, CTG_END)]
    days = told(LYS, date(2030, 1, 1), date(2031, 3, 1))
    assert days == {date(2030, 6, 30): about, date(2030, 9, 30): about, date(2030, 11, 30): about}


@pytest.mark.rule("C3")
def test_an_amendment_moves_the_warnings_and_an_early_end_stops_them() -> None:
    amended = replace(LYS, ctg_end=date(2031, 8, 31))
    assert list(told(amended, date(2030, 6, 1), date(2031, 8, 31))) == [
        date(2031, 2, 28),
        date(2031, 5, 31),
        date(2031, 7, 31),
    ]
    assert told(replace(LYS, ends_on=date(2030, 12, 30)), date(2030, 1, 1), CTG_END) == {}
    assert told(replace(LYS, signed_on=None), date(2030, 1, 1), CTG_END) == {}


@pytest.mark.rule("C1")
def test_no_renewal_after_an_early_end_is_told_and_one_before_it_is() -> None:
    partner = replace(LYS, notice_days=90, ends_on=date(2027, 6, 30))
    assert list(told(partner, date(2026, 2, 1), date(2027, 6, 30))) == [date(2026, 9, 17), date(2026, 10, 17)]


@pytest.mark.rule("C1")
def test_other_days_of_notice_make_a_renewal_told_anew() -> None:
    today = date(2026, 10, 20)
    (before,), (after,) = (warnings_on(replace(LYS, notice_days=days), today) for days in (90, 100))
    assert before.occasion != after.occasion


DAYS = st.dates(date(2020, 1, 1), date(2035, 12, 31))


@pytest.mark.rule("C1")
@pytest.mark.rule("C3")
@given(signed_on=DAYS, ctg_end=DAYS, ends_on=st.none() | DAYS, days=st.none() | st.integers(0, 366), today=DAYS)
def test_what_is_told_is_due_still_to_come_and_of_a_convention_in_force(
    signed_on: date, ctg_end: date, ends_on: date | None, days: int | None, today: date
) -> None:
    partner = replace(LYS, signed_on=signed_on, ctg_end=ctg_end, ends_on=ends_on, notice_days=days)
    warnings = warnings_on(partner, today)
    assert not warnings or partner.is_active_on(today)
    assert len({(warning.coming, warning.on) for warning in warnings}) == len(warnings)
    for warning in warnings:
        assert warning.due_on <= today <= warning.on <= partner.last_day
        if warning.coming is Coming.RENEWAL:
            period = partner.period_on(warning.on)
            assert period is not None
            assert period[0] == warning.on > signed_on


def asked(**facts: Any) -> AskedDocument:
    given_facts: dict[str, Any] = {
        "id": 4,
        "partner": LYS.code,
        "what": "Engagement du sous-traitant",
        "asked_on": date(2026, 9, 2),
        "due_on": date(2026, 9, 30),
    }
    return AskedDocument(**{**given_facts, **facts})


@pytest.mark.parametrize(
    ("today", "told_for"),
    [
        (date(2026, 9, 2), date(2026, 9, 2)),
        (date(2026, 9, 29), date(2026, 9, 2)),
        (date(2026, 9, 30), date(2026, 9, 30)),
        (date(2026, 10, 29), date(2026, 9, 30)),
        (date(2026, 10, 30), date(2026, 10, 30)),
        (date(2027, 1, 5), date(2026, 12, 29)),
    ],
)
def test_a_document_is_asked_at_once_on_its_due_day_and_every_30_days_after(today: date, told_for: date) -> None:
    assert asked().told_for(today) == told_for


def test_a_request_is_late_from_the_day_after_its_due_day_until_it_is_answered_or_withdrawn() -> None:
    due_on = date(2026, 9, 30)
    assert [asked().state_on(day) for day in (due_on, due_on + DAY)] == [RequestState.ASKED, RequestState.LATE]
    assert (asked().days_late(due_on + DAY), asked(answered_on=due_on).days_late(due_on + DAY)) == (1, 0)
    assert asked(answered_on=due_on).state_on(due_on + DAY) is RequestState.ANSWERED
    assert asked(withdrawn_on=due_on).state_on(due_on + DAY) is RequestState.WITHDRAWN


@pytest.mark.rule("C5")
def test_the_certificate_is_owed_from_the_day_after_the_last_day_once_and_until_c4() -> None:
    ended = replace(LYS, ends_on=date(2027, 9, 30))
    assert not owes_certificate(ended, (), date(2027, 9, 30))
    assert owes_certificate(ended, (), date(2027, 10, 1))
    assert not owes_certificate(ended, [asked(convention_end=date(2027, 9, 30))], date(2027, 10, 1))
    assert not owes_certificate(replace(ended, destroyed_on=date(2029, 10, 1)), (), date(2029, 10, 2))
    assert not owes_certificate(replace(LYS, signed_on=None, ends_on=None), (), date(2031, 1, 1))


@pytest.mark.rule("C5")
def test_an_amendment_that_comes_after_the_end_makes_the_certificate_moot() -> None:
    request, today = asked(what=None, convention_end=CTG_END), date(2031, 1, 10)
    assert not is_moot(request, LYS, today)
    assert is_moot(request, replace(LYS, ctg_end=date(2031, 12, 31)), today)
    assert not is_moot(asked(), LYS, date(2026, 9, 3))
