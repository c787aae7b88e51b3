"""Reading Keycloak's events: no window loses one, a hole is told, a clock that steps back loses nothing (L1)."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.domain.connections.controls import reading
from provisioner.domain.connections.record import OVERLAP, Comparison, Coverage, EventStore, Hole, Stream
from provisioner.keycloak import events as adapter
from provisioner.keycloak.errors import ReadIncomplete
from provisioner.keycloak.events import Events

NOW = datetime(2026, 9, 2, 10, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
KEPT = EventStore(is_on=True, keeps=30 * DAY)


class FakeEventList:
    """Stands for `KeycloakAdmin` where thousands of events share one millisecond, which no real login makes: gives
    them as Keycloak does, in the order of time alone and those of one moment in any order, another each time.
    """

    def __init__(self, times: list[int], rng: Any) -> None:
        rows = [{"id": str(number), "time": time, "type": "LOGIN"} for number, time in enumerate(times)]
        self.rows: list[dict[str, Any]] = rows
        self.rng, self.calls = rng, 0
        self.connection = self
        self.realm_name = "essai"
        self.descends = False

    def raw_get(self, _path: str, **asked: Any) -> FakeEventList:
        self.calls += 1
        last = asked.get("dateTo", float("inf"))
        rows = [row for row in self.rows if asked["dateFrom"] <= row["time"] <= last]
        self.rng.shuffle(rows)
        rows.sort(key=lambda row: row["time"], reverse=self.descends)
        self.answer = rows if asked["max"] == -1 else rows[: asked["max"]]
        return self

    def json(self) -> list[dict[str, Any]]:
        return self.answer


@pytest.mark.rule("L1")
@given(st.lists(st.integers(0, 9), max_size=60), st.randoms(use_true_random=False), st.integers(2, 7))
def test_windows_hold_every_event_once_however_many_share_a_millisecond(
    times: list[int], rng: Any, rows: int
) -> None:
    admin = FakeEventList(times, rng)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(adapter, "ROWS", rows)
        windows = list(Events(admin).of_users())  # type: ignore[arg-type]
    seen = [event.record for window in windows for event in window.events]
    assert Counter(record.id for record in seen) == Counter(row["id"] for row in admin.rows)
    assert [record.at for record in seen] == sorted(record.at for record in seen)
    most = max(Counter(times).values(), default=0)
    assert all(len(window.events) <= max(rows, most) for window in windows)
    for before, after in pairwise(windows):  # they follow upon each other
        assert before.until is not None
        assert after.since - before.until == timedelta(milliseconds=1)
    assert windows[-1].until is None


def test_events_in_another_order_than_asked_for_are_not_trusted() -> None:
    admin = FakeEventList([1, 2], None)
    admin.rng, admin.descends = type("_", (), {"shuffle": lambda _self, _rows: None})(), True
    with pytest.raises(ReadIncomplete):
        list(Events(admin).of_users())  # type: ignore[arg-type]


def _read_until(at: datetime, *holes: Hole) -> Coverage:
    return Coverage(begun_at=NOW - 90 * DAY, read_until=at, holes=holes)


def _hole(coverage: Coverage, store: EventStore = KEPT, now: datetime = NOW) -> tuple[datetime, datetime] | None:
    hole = coverage.next_hole(Stream.CONNECTIONS, now, store)
    return None if hole is None else (hole.since, hole.until)


@pytest.mark.rule("L1")
def test_what_expired_before_it_was_read_is_a_hole_and_nothing_else_is() -> None:
    assert _hole(_read_until(NOW - 30 * DAY)) is None
    late = NOW - 31 * DAY
    assert _hole(_read_until(late)) == (late, NOW - 30 * DAY)
    assert _hole(_read_until(late), EventStore(is_on=True)) is None  # it keeps them for ever
    assert _hole(Coverage()) is None
    first_reading_killed = Coverage(begun_at=NOW - HOUR, read_until=late)
    assert _hole(first_reading_killed) is None, "what was before the first reading is not known anyway"


@pytest.mark.rule("L1")
def test_while_events_are_off_the_hole_grows_and_the_first_reading_with_events_ends_it() -> None:
    off, last = EventStore(is_on=False, keeps=30 * DAY), NOW - HOUR
    assert _hole(_read_until(last), off) == (last, NOW)
    assert _hole(_read_until(NOW), off) == (NOW, NOW), "switched off in the very second of the last reading"
    assert _hole(_read_until(NOW + HOUR), off) == (NOW + HOUR, NOW + HOUR), "and when Keycloak's clock stepped back"
    known = Hole(stream=Stream.CONNECTIONS, since=last, until=NOW)
    assert _hole(_read_until(last, known), off, NOW + HOUR) == (last, NOW + HOUR)
    assert _hole(_read_until(last, known), KEPT, NOW + HOUR) == (last, NOW + HOUR)  # on again since some moment
    assert _hole(_read_until(NOW + HOUR, known), KEPT, NOW + 2 * HOUR) is None


@pytest.mark.rule("L1")
def test_a_clock_that_steps_back_makes_the_reading_begin_earlier() -> None:
    assert _read_until(NOW - HOUR).next_since(NOW) == NOW - HOUR - OVERLAP
    assert _read_until(NOW + 2 * DAY).next_since(NOW) == NOW - OVERLAP
    assert _hole(_read_until(NOW + 2 * DAY)) is None
    assert Coverage().next_since(NOW).timestamp() == 0


@pytest.mark.rule("L1")
def test_what_lacks_and_what_is_gone_are_told_apart_from_what_is_never_kept() -> None:
    compared = Comparison(Stream.CONNECTIONS, NOW - DAY, NOW)
    ours = {"same": NOW, "gone": NOW - HOUR, "before us": NOW - 2 * DAY}
    theirs = {"same": NOW, "lacking": NOW - 2 * HOUR, "destroyed": NOW}
    compared.add(ours, theirs, {"same", "lacking"}, begun_at=NOW - DAY)
    assert (compared.same, compared.left_out) == (1, 1)
    assert (compared.lacking, compared.gone) == ([NOW - 2 * HOUR], [NOW - HOUR])
    (seen,) = reading.missing([compared, Comparison(Stream.CONSOLE, NOW - DAY, NOW)])
    assert (seen.facts.count, seen.since) == (2, NOW - 2 * HOUR)
    again = Comparison(Stream.CONNECTIONS, NOW - DAY, NOW, lacking=compared.lacking[:])
    again.gone += [*compared.gone, NOW]
    (other,) = reading.missing([again])
    assert other.key != seen.key, "cleared once more: new facts"
