"""The Caf's yearly review (V4): when it is due and late, what changed since the last one, what is kept."""

from __future__ import annotations

import csv
import io
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from provisioner.domain.caf_review import (
    DECLARED,
    Access,
    CafReview,
    Change,
    Grant,
    Kind,
    Line,
    compare,
    days_late,
    draft_of,
    due_on,
    outlived,
    reminder_on,
)
from provisioner.views.answers.caf_review import CafReviewAnswer
from provisioner.views.shown import Line as Sentence
from provisioner.views.shown import Table

NOW = datetime(2027, 3, 1, 9, tzinfo=UTC)
ADMIN = Access(kind=Kind.ADMINISTRATOR, name="admin", realm="master", subject="a1", grants=(Grant("admin"),))
OTHER = Access(kind=Kind.ADMINISTRATOR, name="camille", realm="caf", subject="b2", grants=(Grant("realm-admin"),))
NOBODY = [Access(kind=kind, name=None) for kind in DECLARED]


def _review(id_: int, *accesses: Access, signed_at: datetime | None = None, wrong: str | None = None) -> CafReview:
    by = "Claire Martin" if signed_at else None
    lines = [
        Line(id=100 * id_ + number, access=access, signed_at=signed_at, signed_by=by, wrong=wrong)
        for number, access in enumerate(accesses)
    ]
    begun_at = signed_at or NOW
    return CafReview(id=id_, begun_at=begun_at, read_at=begun_at, completed_at=signed_at, lines=tuple(lines))


@pytest.mark.rule("V4")
def test_the_first_is_due_a_year_after_the_first_convention_the_next_a_year_after_the_signature() -> None:
    assert due_on([], None) is None
    assert due_on([], date(2026, 2, 28)) == date(2027, 2, 28)
    assert due_on([_review(1, ADMIN)], date(2026, 6, 1)) == date(2027, 6, 1), "a draft moves nothing"
    signed = _review(1, ADMIN, signed_at=datetime(2027, 5, 31, 23, tzinfo=UTC))
    assert due_on([signed, _review(2, ADMIN)], date(2026, 6, 1)) == date(2028, 6, 1), "the day is Paris's"


@pytest.mark.rule("V4")
def test_unsigned_lines_are_late_after_12_months_and_told_on_the_day_and_each_30_days() -> None:
    due = date(2027, 2, 28)
    for days, reminder in ((-1, None), (0, 0), (29, 0), (30, 1), (95, 3)):
        planned = None if reminder is None else due + reminder * timedelta(days=30)
        assert reminder_on(due, due + timedelta(days=days)) == planned
    assert [days_late(due, due + timedelta(days=days)) for days in (-5, 0, 1)] == [0, 0, 1]
    assert (days_late(None, due), reminder_on(None, due)) == (0, None)


@pytest.mark.rule("V4")
def test_it_is_whole_only_once_it_is_read_declared_and_signed() -> None:
    assert _review(1, ADMIN, *NOBODY, signed_at=NOW).is_whole
    assert not _review(1, ADMIN, *NOBODY).is_whole
    assert _review(1, ADMIN, *NOBODY[1:], signed_at=NOW).undeclared == (Kind.MACHINE_SHELL,)
    assert not CafReview(id=1, begun_at=NOW, lines=_review(1, *NOBODY, signed_at=NOW).lines).is_whole


@pytest.mark.rule("V4")
def test_new_changed_and_gone_are_told_and_what_was_to_be_removed_and_is_still_there() -> None:
    more = Access(
        kind=Kind.ADMINISTRATOR, name="admin", realm="master", subject="a1", grants=(Grant("create-realm"),)
    )
    again = replace(OTHER, subject="c3")
    last = _review(1, ADMIN, OTHER, *NOBODY, signed_at=NOW, wrong="Parti")
    told = compare(_review(2, more, again, NOBODY[0]), last)
    assert told.changes == {200: Change.CHANGED, 201: Change.NEW, 202: Change.SAME}
    assert told.removals == {200: "Parti", 202: "Parti"}
    assert told.gone == (OTHER,), "an account made again under the same name is another one"
    assert compare(_review(1, ADMIN), None).changes == {}, "the first review has nothing beside it"


@pytest.mark.rule("V4")
def test_a_draft_is_signed_within_30_days_and_a_review_kept_for_2_years_and_until_the_next_two_are_signed() -> None:
    draft, two_years_ago = _review(4, ADMIN), NOW.replace(year=NOW.year - 2)
    signed = [_review(1, ADMIN, signed_at=two_years_ago), *(_review(n, ADMIN, signed_at=NOW) for n in (2, 3))]
    last_day = NOW.date() + timedelta(days=30)
    assert draft_of([*signed, draft], last_day) is draft
    assert draft_of([*signed, draft], last_day + timedelta(days=1)) is None
    assert draft_of(signed, NOW.date()) is None
    assert outlived([*signed, draft], NOW.date()) == ()
    assert outlived([*signed, draft], NOW.date() + timedelta(days=1)) == (1,)
    assert outlived([_review(1, ADMIN, signed_at=NOW), *signed[1:], _review(4, ADMIN, signed_at=NOW)], last_day) == ()
    assert outlived([*signed, draft], last_day + timedelta(days=1)) == (1, 4)


@pytest.mark.rule("V4")
def test_the_report_shows_what_is_new_first_then_what_is_to_be_done_and_its_csv_has_a_row_a_line() -> None:
    last = _review(1, ADMIN, OTHER, *NOBODY, signed_at=NOW - timedelta(days=375))
    team = replace(OTHER, subject="c3", name="=nouvelle", grants=(Grant("aide", ("a/b",), "/e", "/e/nuit"),))
    answer = CafReviewAnswer.of(_review(2, ADMIN, team, NOBODY[0]), last, date(2027, 2, 19), NOW.date())
    parts = list(answer.shown())
    tables = {part.title: list(part.rows) for part in parts if isinstance(part, Table)}
    (_, new, *_), (_, gone), (_, same, *_) = ((title, *rows) for title, rows in tables.items())
    assert new[2:] == ("=nouvelle", "caf", "aide, qui donne a/b, par le groupe /e, membre de /e/nuit", "à signer")
    assert (gone[1], same[2]) == ("camille", "admin")
    said = " ".join(part.text for part in parts if isinstance(part, Sentence))
    assert "Échéance : 19 février 2027 : 10 jours de retard." in said
    assert "provisioner review caf declare --what backup-keys" in said
    rows = list(csv.DictReader(io.StringIO(answer.csv().lstrip("\ufeff")), delimiter=";"))
    assert [row["name"] for row in rows] == ["'=nouvelle", "admin", ""], "no formula"
