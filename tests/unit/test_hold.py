"""When the contacts are told of what waits."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from provisioner.domain.hold import Hold, HoldKind

SINCE = datetime(2026, 9, 2, 21, 30, tzinfo=UTC)  # 23:30 in Paris
FIRST_DAY = date(2026, 9, 2)
LIMIT = Hold(
    kind=HoldKind.LIMIT, reason="closures", figure=42, allowed=12, since=SINCE, partner="un", plan_id="7f3a9c21"
)
SUSPENSION = Hold(kind=HoldKind.SUSPENSION, reason="x", since=SINCE)


def _told(hold: Hold, ages: range) -> list[int]:
    """The ages at which it is told, by a run on each of these days."""
    told = []
    for age in ages:
        if hold.is_to_be_told_on(FIRST_DAY + timedelta(days=age)):
            told.append(age)
            hold = replace(hold, told_at=SINCE + timedelta(days=age))
    return told


def test_a_limit_is_told_at_once_then_on_days_1_7_30_and_each_30_after() -> None:
    assert _told(LIMIT, range(125)) == [0, 1, 7, 30, 60, 90, 120]


@pytest.mark.rule("D1")
def test_a_suspension_is_told_from_day_1_on_and_when_it_has_lasted_6_months() -> None:
    assert _told(SUSPENSION, range(215)) == [1, 7, 30, 60, 90, 120, 150, 180, 181, 210]
    assert not SUSPENSION.has_alarm_on(date(2027, 3, 1))
    assert SUSPENSION.has_alarm_on(date(2027, 3, 2))
    assert not LIMIT.has_alarm_on(date(2027, 3, 2))


def test_days_on_which_nothing_ran_are_made_up_for_by_one_reminder() -> None:
    assert _told(LIMIT, range(5, 100, 47)) == [5, 52, 99]
    assert _told(SUSPENSION, range(0, 400, 200)) == [200]


def test_nobody_is_told_of_a_pause() -> None:
    pause = Hold(kind=HoldKind.PAUSE, reason="x", since=SINCE)
    assert _told(pause, range(100)) == []


@pytest.mark.rule("L2")
def test_a_containment_is_looked_at_again_each_week_and_the_suspensions_that_it_made_with_it() -> None:
    containment = Hold(kind=HoldKind.CONTAINMENT, reason="x", since=SINCE, partner="un", id=3)
    assert _told(containment, range(30)) == [7, 14, 21, 28]
    made = replace(SUSPENSION, containment=3)
    assert _told(made, range(215)) == []
    assert not made.has_alarm_on(date(2027, 3, 2))
