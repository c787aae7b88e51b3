"""Who had access on a day, told by facts; and why a closure was late, told by the journal."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from provisioner.domain.access.habilitation import End, Habilitation, State, Suspension
from provisioner.domain.access.history import accesses_on, late_closures, state_on
from provisioner.domain.journal import Detail, Row, canonical, chain
from tests.shared.examples import LYS, TODAY, end, habilitation, records


def _at(day: str, hour: int = 9) -> datetime:
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), UTC).replace(hour=hour)


def _closed(
    on: str,
    closed_at: datetime,
    recorded_on: str,
    rule: str = "A3",
    decision: int | None = None,
    received_on: date | None = None,
) -> Habilitation:
    ended = End(
        on=date.fromisoformat(on),
        rule=rule,
        transmitted_on=date(2026, 8, 1),
        recorded_on=date.fromisoformat(recorded_on),
        decision=decision,
        received_on=received_on,
    )
    return habilitation("leroy", id=1, opened_at=_at("2026-06-16"), end=ended, closed_at=closed_at)


def _entry(number: int, action: str, on: str, details: dict[str, Any] | None = None, **facts: Any) -> Row:
    body = {"action": action, "at": _at(on, 6).isoformat(), "partner": LYS.code, **facts}
    beside = Detail("salt", canonical(details), None) if details else None
    return Row(chain(number, body, "0" * 64), beside)


def test_the_state_on_a_day_of_the_past_is_told_by_what_really_happened() -> None:
    access = habilitation(
        "leroy", id=1, opened_at=_at("2026-06-16"), end=end(date(2026, 8, 31)), closed_at=_at("2026-09-01")
    )
    cut = [Suspension(_at("2026-07-01"), _at("2026-07-10"))]
    register = records(access)

    def state(day: str) -> State:
        return state_on(date.fromisoformat(day), TODAY, access, register, cut)

    assert [state(day) for day in ("2026-06-15", "2026-06-16", "2026-07-01", "2026-07-09", "2026-07-10")] == [
        State.PLANNED,
        State.OPEN,
        State.SUSPENDED,
        State.SUSPENDED,
        State.OPEN,
    ]
    assert (state("2026-08-31"), state("2026-09-01"), state("2026-12-31")) == (State.OPEN, State.CLOSED, State.CLOSED)


@pytest.mark.rule("A6")
@pytest.mark.rule("C3")
def test_the_state_on_a_day_to_come_is_what_the_dates_and_the_convention_make_of_it() -> None:
    planned = habilitation("petit", id=1, requested_on=date(2026, 10, 1))
    ending = habilitation("leroy", id=2, opened_at=_at("2026-06-16"), end=end(date(2026, 10, 31)))
    staying = habilitation("vasseur", id=3, opened_at=_at("2026-06-16"))
    register = records(planned, ending, staying)

    def states(day: str) -> list[State]:
        told = accesses_on(date.fromisoformat(day), TODAY, register, {}, {})
        return [access.state for access in told]

    assert states("2026-09-30") == [State.OPEN, State.PLANNED, State.OPEN]  # Leroy, Petit, Vasseur
    assert states("2026-10-31") == [State.OPEN, State.OPEN, State.OPEN]
    assert states("2026-11-01") == [State.CLOSED, State.OPEN, State.OPEN]
    assert set(states("2031-01-01")) == {State.CLOSED}


def test_a_list_is_of_the_partners_that_are_asked_for_with_the_decision_that_opened_each() -> None:
    access = habilitation("leroy", id=1, opened_at=_at("2026-06-16"), decision=7)
    decided = _entry(7, "annexe.approved", "2026-06-16", annexe=3)
    (told,) = accesses_on(TODAY, TODAY, records(access), {}, {7: decided}, [LYS.code])
    assert (told.decision.annexe, told.decision.decided_by) == (3, None)
    assert accesses_on(TODAY, TODAY, records(access), {}, {}, ["sivom"]) == []


LATE = [
    # the partner told of it six days late, and it was closed at once
    (_closed("2026-08-31", _at("2026-09-07"), "2026-09-07"), [], ("late-departure", 6)),
    # known in time, and a limit held it from the 1st to the 4th
    (
        _closed("2026-08-31", _at("2026-09-04"), "2026-08-20"),
        [_entry(5, "hold", "2026-09-01"), _entry(6, "release", "2026-09-04")],
        ("held", 3),
    ),
    # what was held before, and what holds destructions, explains nothing
    (
        _closed("2026-08-31", _at("2026-09-04"), "2026-08-20"),
        [
            *(_entry(5, "hold", "2026-08-01"), _entry(6, "hold.dropped", "2026-08-02")),
            _entry(7, "hold", "2026-08-20", partner=None),
        ],
        ("failed", 3),
    ),
    # in the hands of the Caf in time, approved on the 4th
    (
        _closed("2026-08-31", _at("2026-09-04"), "2026-09-04", decision=9, received_on=date(2026, 9, 1)),
        [],
        ("held", 3),
    ),
    # everybody's pause, until it was ended
    (
        _closed("2026-08-31", _at("2026-09-04"), "2026-08-20"),
        [
            _entry(5, "pause", "2026-08-30", {"until": None}, partner=None),
            _entry(6, "resume", "2026-09-04", partner=None),
        ],
        ("paused", 3),
    ),
    # the partner's pause, whatever else was done meanwhile
    (
        _closed("2026-08-31", _at("2026-09-04"), "2026-08-20"),
        [
            _entry(5, "pause", "2026-08-30", {"until": None}),
            *(_entry(6, "review.reminded", "2026-08-31"), _entry(7, "resume", "2026-09-04")),
        ],
        ("paused", 3),
    ),
    # a pause of before that was over on its last day explains nothing
    (
        _closed("2026-08-31", _at("2026-09-04"), "2026-08-20"),
        [_entry(5, "pause", "2026-08-20", {"until": "2026-08-25"})],
        ("failed", 3),
    ),
    # four days late by the partner, one by the Caf
    (_closed("2026-08-31", _at("2026-09-06"), "2026-09-05"), [], ("late-departure", 5)),
    # the end of the convention is no departure that a partner tells of
    (_closed("2026-08-31", _at("2026-09-03"), "2026-09-03", "C3"), [], ("failed", 2)),
]


@pytest.mark.rule("V3")
@pytest.mark.parametrize(("access", "rows", "expected"), LATE)
def test_a_late_closure_has_the_cause_that_took_most_of_its_days(
    access: Habilitation, rows: list[Row], expected: tuple[str, int]
) -> None:
    decisions = {9: _entry(9, "annexe.approved", "2026-09-04", annexe=3)}
    (late,) = late_closures([access], rows, decisions)
    assert (late.cause.value, late.days) == expected


@pytest.mark.rule("A5")
def test_a_closure_on_its_day_is_not_late_nor_one_that_a_person_decided_that_day() -> None:
    on_time = _closed("2026-08-31", _at("2026-09-01"), "2026-08-20")
    decided = _closed("2026-09-04", _at("2026-09-04"), "2026-09-04", "A5")
    assert late_closures([on_time, decided], [], {}) == []
