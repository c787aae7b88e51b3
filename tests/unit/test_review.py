"""When a partner's yearly review is due, what reminds of it, what settles it (V1, V2)."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from provisioner.domain.access.habilitation import End, Habilitation
from provisioner.domain.convention import Partner
from provisioner.domain.hold import Hold, HoldKind
from provisioner.domain.people import EmailAddress, Person
from provisioner.domain.records import Account, Records
from provisioner.domain.review import (
    Changes,
    OwnAccess,
    Review,
    changes_since,
    digest_of,
    next_reminder,
    own_access,
    reminder_due,
    standing,
    standings,
    unaccounted,
)

LYS = "agglo-lys"
NOON = datetime(2026, 9, 1, 10, tzinfo=UTC)


def access(
    number: int, name: str, *, transmitted_on: date = date(2026, 9, 1), end: End | None = None
) -> Habilitation:
    return Habilitation(
        id=number,
        partner=LYS,
        person=Person(name.capitalize(), "Zoé", "agent", EmailAddress(f"{name}@agglo-lys.example")),
        requested_on=date(2026, 8, 1),
        transmitted_on=transmitted_on,
        opened_at=NOON,
        end=end,
    )


def records(
    *accesses: Habilitation,
    signed_on: date | None = date(2026, 6, 1),
    ends_on: date | None = None,
    holds: tuple[Hold, ...] = (),
) -> Records:
    domains = frozenset({"agglo-lys.example"})
    partner = Partner(code=LYS, name="Agglo", domains=domains, signed_on=signed_on, ends_on=ends_on)
    accounts = {h.email: Account(h.email) for h in accesses}
    return Records({LYS: partner}, accounts=accounts, habilitations=accesses, holds=holds)


LEROY = access(1, "leroy")
FIRST = Review(id=1, partner=LYS, settled_on=date(2026, 9, 1))


def due_on(*reviews: Review, of: Records | None = None, today: date = date(2027, 1, 1)) -> date | None:
    return standing(of or records(LEROY), LYS, reviews, today).due_on


@pytest.mark.rule("V1")
def test_the_first_review_is_due_12_months_after_the_first_annexe_else_after_the_signature() -> None:
    assert due_on(FIRST) == date(2027, 9, 1)
    assert due_on() == date(2027, 6, 1)
    assert standing(records(LEROY), LYS, [FIRST], date(2027, 1, 1)).last_on is None


@pytest.mark.rule("V1")
def test_the_next_one_is_due_12_months_after_the_last_by_the_calendar() -> None:
    done = Review(id=2, partner=LYS, due_on=date(2027, 9, 1), settled_on=date(2028, 2, 29))
    known = standing(records(LEROY), LYS, [FIRST, done], date(2028, 3, 1))
    assert (known.last_on, known.due_on) == (date(2028, 2, 29), date(2029, 2, 28))


@pytest.mark.rule("V1")
def test_none_is_due_without_an_access_nor_after_the_convention_and_an_end_before_it_needs_none() -> None:
    assert due_on(FIRST, of=records()) is None
    assert due_on(FIRST, of=records(LEROY, ends_on=date(2027, 8, 31))) is None
    assert due_on(FIRST, of=records(LEROY, ends_on=date(2027, 9, 1))) == date(2027, 9, 1)
    ended = records(LEROY, ends_on=date(2027, 9, 30))
    assert standings(ended, [FIRST], date(2027, 10, 1)) == []
    assert standings(records(LEROY, signed_on=None), [], date(2027, 10, 1)) == []


@pytest.mark.rule("V1")
def test_a_convention_signed_again_counts_from_its_signature() -> None:
    signed_again = records(LEROY, signed_on=date(2029, 3, 1))
    assert due_on(FIRST, of=signed_again, today=date(2029, 4, 1)) == date(2030, 3, 1)


@pytest.mark.rule("V2")
@pytest.mark.rule("V1")
def test_no_answer_is_late_from_the_day_after_and_never_closed_and_not_while_contained() -> None:
    known = records(LEROY)
    assert [standing(known, LYS, [FIRST], date(2027, 9, day)).days_late for day in (1, 2, 12)] == [0, 1, 11]
    assert standing(known, LYS, [FIRST], date(2029, 9, 1)).days_late == 731
    containment = Hold(id=1, kind=HoldKind.CONTAINMENT, partner=LYS, reason="incident", since=NOON)
    assert not standing(records(LEROY, holds=(containment,)), LYS, [FIRST], date(2029, 9, 1)).is_late


@pytest.mark.rule("V1")
def test_a_reminder_goes_30_days_before_on_the_day_and_every_30_days_after_each_once() -> None:
    due, went, review = date(2027, 9, 1), [], FIRST
    day = date(2027, 7, 1)
    reviews = [FIRST]
    while day < date(2027, 12, 1):
        planned = reminder_due(standing(records(LEROY), LYS, reviews, day), day)
        if planned is not None:
            went.append((day - due).days)
            review = Review(id=2, partner=LYS, due_on=due, reminded_for=planned)
            reviews = [FIRST, review]
        day += timedelta(days=1)
    assert went == [-30, 0, 30, 60, 90]


@pytest.mark.rule("V1")
def test_days_without_a_run_are_made_up_by_one_reminder() -> None:
    review = Review(id=2, partner=LYS, due_on=date(2027, 9, 1), reminded_for=date(2027, 8, 2))
    known = standing(records(LEROY), LYS, [FIRST, review], date(2027, 12, 10))
    assert reminder_due(known, date(2027, 12, 10)) == date(2027, 11, 30)
    review = Review(id=2, partner=LYS, due_on=date(2027, 9, 1), reminded_for=date(2027, 11, 30))
    known = standing(records(LEROY), LYS, [FIRST, review], date(2027, 12, 10))
    assert reminder_due(known, date(2027, 12, 10)) is None
    assert next_reminder(known, date(2027, 12, 10)) == date(2027, 12, 30)


@pytest.mark.rule("A5")
@pytest.mark.rule("V1")
def test_an_access_in_neither_list_is_not_reviewed_by_the_annexe_one_with_an_end_is() -> None:
    annexe = date(2027, 8, 20)
    end = End(on=date(2027, 9, 30), rule="A3", transmitted_on=annexe, recorded_on=annexe)
    named, absent, leaving = access(1, "leroy", transmitted_on=annexe), access(2, "petit"), access(3, "roux", end=end)
    assert unaccounted(records(named, absent, leaving), LYS, annexe) == (absent,)


def frozen(*accesses: Habilitation) -> Review:
    numbers = tuple(h.id for h in accesses if h.id is not None)
    return Review(
        id=2,
        partner=LYS,
        due_on=date(2027, 9, 1),
        frozen_at=NOON,
        population=numbers,
        salt="salt",
        digest=digest_of(accesses, "salt"),
    )


@pytest.mark.rule("V1")
def test_what_changed_since_the_reminder_is_told_by_numbers_and_other_data_by_the_digest() -> None:
    petit, later = access(2, "petit"), NOON + timedelta(hours=4)
    review = frozen(LEROY, petit)
    assert changes_since(review, records(LEROY, petit), later) == Changes(is_same=True)
    assert changes_since(review, records(LEROY, access(3, "roux")), later) == Changes(opened=(3,), closed=(2,))
    assert changes_since(review, records(LEROY, access(2, "petitjean")), later) == Changes()
    assert "leroy" not in str(review)


@pytest.mark.rule("V1")
def test_a_list_that_comes_back_unchanged_within_minutes_is_told() -> None:
    review, soon = frozen(LEROY), NOON + timedelta(minutes=4)
    assert changes_since(review, records(LEROY), soon).is_hasty
    assert not changes_since(review, records(LEROY), NOON + timedelta(hours=4)).is_hasty
    assert not changes_since(review, records(), soon).is_hasty


@pytest.mark.rule("V1")
def test_a_contacts_own_access_is_told_and_is_a_warning_where_it_is_the_only_one() -> None:
    petit = access(2, "petit")
    assert own_access(records(LEROY, petit), LYS, [LEROY.email]) is OwnAccess.LISTED
    assert own_access(records(LEROY), LYS, [LEROY.email]) is OwnAccess.ALONE
    assert own_access(records(petit), LYS, [LEROY.email]) is None
