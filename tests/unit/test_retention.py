"""Until when data are kept: each row of the convention's table of ends."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.domain.access.habilitation import Habilitation
from provisioner.domain.calendar import PARIS, add_months
from provisioner.domain.retention import (
    account_due_on,
    convention_due_on,
    done_from,
    habilitation_due_on,
    suspension_alarm_on,
)
from tests.shared.examples import LONG_AGO, LYS, end, habilitation

DAYS = st.dates(date(2025, 1, 1), date(2040, 12, 31))


def closed(on: date, *, ended_on: date | None = None, rule: str = "A3", **facts: object) -> Habilitation:
    """An access that was really closed on that day, at noon in Paris."""
    at = datetime.combine(on, time(12), PARIS).astimezone(UTC)
    return habilitation("leroy", opened_at=LONG_AGO, closed_at=at, end=end(ended_on or on, rule), **facts)


@pytest.mark.rule("D1")
@pytest.mark.parametrize(
    ("closed_on", "due_on"),
    [
        (date(2026, 9, 1), date(2027, 3, 1)),
        (date(2026, 8, 31), date(2027, 2, 28)),
        (date(2027, 8, 31), date(2028, 2, 29)),
        (date(2028, 2, 29), date(2028, 8, 29)),
    ],
)
def test_an_account_is_due_6_months_after_it_was_really_closed(closed_on: date, due_on: date) -> None:
    assert account_due_on([closed(closed_on)]) == due_on


@pytest.mark.rule("D1")
def test_a_date_of_the_past_in_a_cell_never_shortens_the_6_months() -> None:
    assert account_due_on([closed(date(2026, 9, 1), ended_on=date(2024, 1, 1))]) == date(2027, 3, 1)


@pytest.mark.rule("D1")
def test_the_day_of_a_closure_is_paris_s() -> None:
    late = replace(closed(date(2026, 9, 1)), closed_at=datetime(2026, 8, 31, 22, 30, tzinfo=UTC))
    assert account_due_on([late]) == date(2027, 3, 1)


@pytest.mark.rule("D1")
def test_an_account_of_two_partners_is_due_6_months_after_its_last_closure_and_not_while_one_is_open() -> None:
    first, second = closed(date(2026, 9, 1)), closed(date(2026, 12, 1), partner="sivom")
    still_open = replace(second, end=None, closed_at=None)
    assert account_due_on([first, second]) == account_due_on([second, first]) == date(2027, 6, 1)
    assert account_due_on([first, still_open]) is None
    assert account_due_on([first, replace(still_open, opened_at=None)]) is None
    assert account_due_on([]) is None


@pytest.mark.rule("D2")
@pytest.mark.parametrize(
    ("ended_on", "due_on"),
    [
        (date(2026, 8, 31), date(2028, 8, 31)),
        (date(2028, 2, 29), date(2030, 2, 28)),
        (date(2026, 2, 28), date(2028, 2, 28)),
    ],
)
def test_a_habilitation_is_due_2_years_after_the_end_date_asked_for(ended_on: date, due_on: date) -> None:
    habilitation = closed(ended_on + timedelta(days=1), ended_on=ended_on)
    assert habilitation_due_on(habilitation, [habilitation]) == due_on


@pytest.mark.rule("D2")
def test_a_habilitation_that_ended_long_before_its_closure_is_kept_until_its_account_goes() -> None:
    habilitation = closed(date(2026, 9, 1), ended_on=date(2024, 1, 1))
    assert habilitation_due_on(habilitation, [habilitation]) == account_due_on([habilitation]) == date(2027, 3, 1)


@pytest.mark.rule("D2")
def test_a_habilitation_never_goes_before_the_account_that_it_shares_with_another() -> None:
    first, second = closed(date(2026, 9, 1)), closed(date(2028, 7, 1), partner="sivom")
    assert habilitation_due_on(first, [first, second]) == account_due_on([first, second]) == date(2029, 1, 1)


@pytest.mark.rule("A8")
def test_an_old_habilitation_keeps_its_own_clock_while_the_account_serves_another_partner() -> None:
    first = closed(date(2026, 9, 1), ended_on=date(2026, 8, 31))
    back = replace(closed(date(2026, 12, 1), partner="sivom"), end=None, closed_at=None)
    assert habilitation_due_on(first, [first, back]) == date(2028, 8, 31)
    long_ago = replace(first, end=end(date(2024, 1, 1)))
    assert habilitation_due_on(long_ago, [long_ago, back]) == date(2027, 3, 1)


@pytest.mark.rule("D2")
def test_a_closure_decided_for_an_absent_person_counts_from_the_day_of_the_decision() -> None:
    habilitation = closed(date(2026, 9, 2), rule="A5")
    assert (account_due_on([habilitation]), habilitation_due_on(habilitation, [habilitation])) == (
        date(2027, 3, 2),
        date(2028, 9, 2),
    )


@pytest.mark.rule("C4")
@pytest.mark.rule("D2")
def test_after_the_end_of_the_convention_habilitations_are_due_on_the_day_of_the_annexes() -> None:
    ended = replace(LYS, ends_on=date(2028, 2, 29))
    habilitation = closed(date(2028, 3, 1), ended_on=ended.last_day, rule="C3")
    assert convention_due_on(ended) == habilitation_due_on(habilitation, [habilitation]) == date(2030, 2, 28)
    assert account_due_on([habilitation]) == date(2028, 9, 1)


@pytest.mark.rule("C4")
def test_what_annexes_hold_is_due_2_years_after_the_last_day_of_the_convention() -> None:
    assert convention_due_on(LYS) == date(2032, 12, 31)
    assert convention_due_on(replace(LYS, ends_on=date(2027, 9, 30))) == date(2029, 9, 30)
    assert convention_due_on(replace(LYS, signed_on=None)) is None


@pytest.mark.rule("D1")
@pytest.mark.rule("D2")
def test_a_suspension_starts_no_clock_and_is_asked_about_after_6_months() -> None:
    suspended = habilitation("leroy", opened_at=LONG_AGO)
    assert (account_due_on([suspended]), habilitation_due_on(suspended, [suspended])) == (None, None)
    assert suspension_alarm_on(date(2026, 8, 31)) == date(2027, 2, 28)


@pytest.mark.rule("D1")
def test_what_is_due_on_a_day_is_done_on_the_day_after() -> None:
    due_on = account_due_on([closed(date(2026, 8, 31))])
    assert due_on is not None
    assert done_from(due_on) == date(2027, 3, 1)


@pytest.mark.rule("D1")
@pytest.mark.rule("D2")
@given(closed_on=DAYS, other_closed_on=DAYS, ended_on=DAYS, days=st.integers(0, 2000))
def test_a_later_closure_never_makes_anything_due_earlier(
    closed_on: date, other_closed_on: date, ended_on: date, days: int
) -> None:
    other = closed(other_closed_on, partner="sivom")
    early = closed(closed_on, ended_on=ended_on)
    late = closed(closed_on + timedelta(days=days), ended_on=ended_on)
    for others in ([], [other]):
        sooner, later = account_due_on([early, *others]), account_due_on([late, *others])
        assert sooner is not None
        assert later is not None
        assert sooner <= later
        for early_or_late, of_account in ((early, [early, *others]), (late, [late, *others])):
            due_on = habilitation_due_on(early_or_late, of_account)
            account = account_due_on(of_account)
            assert due_on is not None
            assert account is not None
            assert due_on >= account >= add_months(early_or_late.closed_on or date.min, 6)
            assert due_on >= add_months(ended_on, 24)
        before, after = habilitation_due_on(early, [early, *others]), habilitation_due_on(late, [late, *others])
        assert before is not None
        assert after is not None
        assert before <= after


@pytest.mark.rule("D2")
@given(closed_on=DAYS, ended_on=DAYS)
def test_closing_the_other_access_of_an_account_never_makes_a_habilitation_due_earlier(
    closed_on: date, ended_on: date
) -> None:
    habilitation = closed(closed_on, ended_on=ended_on)
    other = closed(closed_on, partner="sivom")
    still_open = replace(other, end=None, closed_at=None)
    while_open = habilitation_due_on(habilitation, [habilitation, still_open])
    when_closed = habilitation_due_on(habilitation, [habilitation, other])
    assert while_open is not None
    assert when_closed is not None
    assert while_open <= when_closed
