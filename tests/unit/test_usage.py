"""How an access has been used: never, last on a day, or not known before a day."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from provisioner.domain.connections.record import Coverage, Hole, Stream
from provisioner.domain.connections.usage import Usage, usage
from tests.shared.examples import habilitation

TODAY = date(2027, 3, 1)
NOW = datetime(2027, 3, 1, 11, tzinfo=UTC)
READ = Coverage(begun_at=datetime(2026, 6, 1, tzinfo=UTC), read_until=NOW)
OPENED = datetime(2026, 8, 31, 10, tzinfo=UTC)
A_HOLE = Hole(stream=Stream.CONNECTIONS, since=OPENED, until=datetime(2026, 12, 9, tzinfo=UTC))


def used(last_on: date | None, coverage: Coverage = READ, **facts: object) -> Usage:
    """The usage of an access that was opened on 31 August 2026, unless said otherwise."""
    return usage(coverage, habilitation("leroy", **{"opened_at": OPENED} | facts), last_on, TODAY)


@pytest.mark.rule("D4")
def test_an_access_read_from_its_opening_on_without_a_login_was_never_used() -> None:
    told = used(None)
    assert told.is_never_used
    assert told.unused_since == date(2026, 8, 31)
    assert told.unused_days == 182


@pytest.mark.rule("D4")
def test_six_months_are_the_calendar_s_from_the_last_login() -> None:
    assert used(date(2026, 9, 1)).is_unused_for_months
    assert not used(date(2026, 9, 2)).is_unused_for_months
    assert used(date(2026, 9, 2)).last_on == date(2026, 9, 2)


@pytest.mark.rule("L1")
@pytest.mark.parametrize(
    ("coverage", "facts", "known_since"),
    [
        (READ, {"opened_at": datetime(2026, 1, 5, tzinfo=UTC)}, date(2026, 6, 1)),
        (READ, {"adopted_on": date(2026, 10, 1)}, date(2026, 10, 1)),
        (
            Coverage(
                begun_at=READ.begun_at,
                read_until=NOW,
                holes=(A_HOLE,),
            ),
            {},
            date(2026, 12, 9),
        ),
    ],
    ids=["opened before the first reading", "adopted", "a hole"],
)
def test_what_came_before_the_reading_the_adoption_or_a_hole_is_not_known_and_never_called_unused(
    coverage: Coverage, facts: dict[str, object], known_since: date
) -> None:
    told = used(None, coverage, **facts)
    assert not told.is_never_used
    assert told.known_since == told.unused_since == known_since


@pytest.mark.rule("L1")
def test_nothing_is_known_before_the_first_reading_nor_after_the_last() -> None:
    assert used(None, Coverage()) == Usage()
    stopped = Coverage(begun_at=READ.begun_at, read_until=datetime(2026, 10, 1, 12, tzinfo=UTC))
    assert used(None, stopped).unused_days == 31


@pytest.mark.rule("A4")
def test_a_login_before_the_opening_was_another_access_s_unless_the_account_was_adopted() -> None:
    assert used(date(2026, 8, 30)).is_never_used
    assert used(date(2026, 8, 30), adopted_on=date(2026, 8, 31)).last_on == date(2026, 8, 30)
