"""What is due on a day happens on that day in Paris: at night, when the clocks change, on 29 February (A6)."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.domain.access.change import Action
from provisioner.domain.access.habilitation import Habilitation
from provisioner.domain.access.plan import Plan, make_plan
from provisioner.domain.calendar import PARIS, day_of
from provisioner.domain.convention import Partner
from provisioner.domain.gates import Limits
from tests.shared.examples import LYS, end, habilitation, link, records, remote, snapshot

OPENED_AT = datetime(2026, 2, 2, 8, 0, tzinfo=UTC)
SENT = link(1, 1, OPENED_AT, timedelta(hours=24), sent_at=OPENED_AT)

#: Moments in UTC on either side of midnight in Paris: 23:30, then 00:30 on the day after.
WINTER = (date(2026, 12, 15), datetime(2026, 12, 15, 22, 30, tzinfo=UTC), datetime(2026, 12, 15, 23, 30, tzinfo=UTC))
SUMMER = (date(2026, 7, 15), datetime(2026, 7, 15, 21, 30, tzinfo=UTC), datetime(2026, 7, 15, 22, 30, tzinfo=UTC))
#: The days on which the clocks change, 23 and 25 hours long: their first moment, and that of the day after.
INTO_SUMMER = date(2026, 3, 29)
INTO_WINTER = date(2026, 10, 25)
CHANGES = {
    INTO_SUMMER: (datetime(2026, 3, 28, 23, 0, tzinfo=UTC), datetime(2026, 3, 29, 22, 0, tzinfo=UTC)),
    INTO_WINTER: (datetime(2026, 10, 24, 22, 0, tzinfo=UTC), datetime(2026, 10, 25, 23, 0, tzinfo=UTC)),
}
#: The longest step that never leaps over what the clocks do.
HOUR = timedelta(hours=1)


def plan_at(now: datetime, habilitation: Habilitation, partner: Partner = LYS) -> Plan:
    """What is due at that moment for this person alone."""
    is_open = habilitation.opened_at is not None
    known = records(habilitation, partners=(partner,), attempts=(SENT,) if is_open else ())
    return make_plan(known, snapshot(*([remote(habilitation)] if is_open else [])), now, [LYS.code], Limits())


def ending(on: date) -> Habilitation:
    """Somebody whose access is open, and ends with that day."""
    return habilitation("leroy", id=1, opened_at=OPENED_AT, end=end(on, recorded_on=day_of(OPENED_AT)))


def asked_for(on: date) -> Habilitation:
    """Somebody whose access is asked for from that day on."""
    return habilitation("leroy", id=1, requested_on=on)


def due(made: Plan) -> list[tuple[Action, date | None]]:
    return [(change.action, change.due_on) for change in made.changes]


def later(made: Plan) -> list[tuple[Action, date | None]]:
    return [(change.action, change.due_on) for change in made.later]


@pytest.mark.rule("A6")
@pytest.mark.parametrize(("last_day", "before_midnight", "after_midnight"), [WINTER, SUMMER])
def test_an_access_is_open_at_half_past_eleven_on_its_last_day_and_closes_after_midnight(
    last_day: date, before_midnight: datetime, after_midnight: datetime
) -> None:
    closing = (Action.CLOSE, last_day + timedelta(days=1))
    still_open, over = plan_at(before_midnight, ending(last_day)), plan_at(after_midnight, ending(last_day))
    assert (due(still_open), later(still_open)) == ([], [closing])
    assert (due(over), later(over)) == ([closing], [])


@pytest.mark.rule("A6")
@pytest.mark.parametrize(("day_before", "before_midnight", "after_midnight"), [WINTER, SUMMER])
def test_an_access_opens_after_midnight_on_the_day_asked_for_and_not_half_an_hour_earlier(
    day_before: date, before_midnight: datetime, after_midnight: datetime
) -> None:
    asked_on = day_before + timedelta(days=1)
    too_early = plan_at(before_midnight, asked_for(asked_on))
    assert (due(too_early), later(too_early)) == ([], [(Action.OPEN, asked_on)])
    assert due(plan_at(after_midnight, asked_for(asked_on))) == [(Action.OPEN, asked_on), (Action.INVITE, asked_on)]


@pytest.mark.rule("A6")
@pytest.mark.parametrize("day", CHANGES)
def test_what_is_due_on_the_day_of_a_clock_change_happens_from_its_first_hour_to_its_last(day: date) -> None:
    first, after = CHANGES[day]
    leaving, coming = ending(day - timedelta(days=1)), asked_for(day)
    moment = first - timedelta(minutes=1)
    assert due(plan_at(moment, leaving)) == due(plan_at(moment, coming)) == []
    moment = first
    while moment < after:
        assert due(plan_at(moment, leaving)) == [(Action.CLOSE, day)]
        assert due(plan_at(moment, coming)) == [(Action.OPEN, day), (Action.INVITE, day)]
        moment += HOUR


@pytest.mark.rule("A6")
@pytest.mark.parametrize("day", CHANGES)
def test_an_access_that_ends_with_the_day_of_a_clock_change_is_open_all_that_day(day: date) -> None:
    first, after = CHANGES[day]
    moment = first
    while moment < after:
        assert due(plan_at(moment, ending(day))) == []
        moment += HOUR
    assert due(plan_at(after, ending(day))) == [(Action.CLOSE, day + timedelta(days=1))]


@pytest.mark.rule("A6")
def test_a_request_of_29_february_opens_on_that_day() -> None:
    leap_day = date(2028, 2, 29)
    on_the_28th, on_the_29th = (datetime(2028, 2, day, 12, 0, tzinfo=UTC) for day in (28, 29))
    assert due(plan_at(on_the_28th, asked_for(leap_day))) == []
    assert due(plan_at(on_the_29th, asked_for(leap_day))) == [(Action.OPEN, leap_day), (Action.INVITE, leap_day)]


@pytest.mark.rule("A6")
@pytest.mark.parametrize(
    ("last_day", "closes_on"),
    [
        (date(2028, 2, 28), date(2028, 2, 29)),
        (date(2028, 2, 29), date(2028, 3, 1)),
        (date(2027, 2, 28), date(2027, 3, 1)),
    ],
)
def test_an_end_in_february_closes_on_the_day_after_in_a_leap_year_too(last_day: date, closes_on: date) -> None:
    noon = datetime(last_day.year, last_day.month, last_day.day, 12, 0, tzinfo=UTC)
    made = plan_at(noon, ending(last_day))
    assert (due(made), later(made)) == ([], [(Action.CLOSE, closes_on)])
    assert due(plan_at(noon + timedelta(days=1), ending(last_day))) == [(Action.CLOSE, closes_on)]


@pytest.mark.rule("C2")
def test_a_convention_signed_on_29_february_lets_accesses_open_from_that_day() -> None:
    signed = replace(LYS, signed_on=date(2028, 2, 29))
    asked_on, noon = date(2028, 2, 1), timedelta(hours=12)
    midnight = datetime(2028, 2, 28, tzinfo=UTC)
    assert due(plan_at(midnight + noon, asked_for(asked_on), signed)) == []
    opening = [(Action.OPEN, asked_on), (Action.INVITE, asked_on)]
    assert due(plan_at(midnight + timedelta(days=1) + noon, asked_for(asked_on), signed)) == opening


@pytest.mark.rule("C3")
@pytest.mark.parametrize("last_day", [date(2028, 2, 28), date(2028, 2, 29), INTO_SUMMER, INTO_WINTER, SUMMER[0]])
def test_accesses_are_open_until_midnight_in_paris_on_the_last_day_of_the_convention(last_day: date) -> None:
    ended = replace(LYS, ends_on=last_day)
    leroy = habilitation("leroy", id=1, opened_at=OPENED_AT)
    midnight = datetime.combine(last_day + timedelta(days=1), time(), PARIS).astimezone(UTC)
    closing = (Action.CLOSE, last_day + timedelta(days=1))
    before, after = plan_at(midnight - HOUR / 2, leroy, ended), plan_at(midnight + HOUR / 2, leroy, ended)
    assert (due(before), later(before)) == ([], [closing])
    assert (due(after), later(after)) == ([closing], [])


@pytest.mark.rule("A6")
@given(
    last_day=st.dates(date(2026, 3, 1), date(2035, 12, 31)),
    now=st.datetimes(datetime(2026, 3, 1), datetime(2036, 1, 2), timezones=st.just(UTC)),  # noqa: DTZ001
)
def test_at_any_moment_an_access_is_closed_exactly_when_its_last_day_is_over_in_paris(
    last_day: date, now: datetime
) -> None:
    longer = replace(LYS, ctg_end=date(2040, 12, 31))
    leroy = ending(last_day)
    is_over = now.astimezone(PARIS).date() > last_day
    assert [action for action, _ in due(plan_at(now, leroy, longer))] == ([Action.CLOSE] if is_over else [])
