"""The Caf's review over the years (V4): told when it is late, held to the journal, destroyed in its time."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest
from sqlalchemy import select

from provisioner.domain.caf_review import DECLARED, Access, Grant, Kind
from provisioner.domain.convention import Role
from provisioner.domain.errors import Refusal, Refused
from provisioner.operations import caf_review, retention
from provisioner.operations.contacts import read_contacts, set_caf_contacts
from provisioner.operations.doctor.register import caf_review_lines
from provisioner.operations.journal import verify_journal
from provisioner.register import caf_reviews
from provisioner.register.tables import journal_detail, notice
from tests.fakes.memory_office import MemoryOffice

DUE = date(2027, 1, 15)  # 12 months after the first signature
BY = "Claire Martin"
ADMIN = Access(kind=Kind.ADMINISTRATOR, name="admin", realm="master", subject="a1", grants=(Grant("admin"),))
HUGO = Access(kind=Kind.ADMINISTRATOR, name="hugo", realm="caf", subject="b2", grants=(Grant("aide", ("a/b",)),))


@pytest.fixture
def office(tmp_path: Path) -> MemoryOffice:
    office = MemoryOffice(tmp_path)
    office.on(date(2026, 1, 20))
    office.add_partner("agglo-lys", "agglo-lys.example")
    office.add_partner("sivom", "sivom.example", signed_on=date(2026, 1, 19))
    people = {Role.HABILITATIONS: "<habilitations@caf.example>", Role.SECURITE: "Nadia Roy <securite@caf.example>"}
    contacts = read_contacts(people, date(2026, 1, 20), date(2026, 1, 20))
    set_caf_contacts(office.context.register, contacts, office.settings, "test")
    return office


def _told(office: MemoryOffice) -> list[str | None]:
    """Who was to be told of the review, in the order of the notices; None where a newer one took its place."""
    with office.context.register.read() as connection:
        asked = select(notice.c.recipient).where(notice.c.kind == "caf-review-late").order_by(notice.c.id)
        return list(connection.execute(asked).scalars())


def _signed(office: MemoryOffice, on: date, accesses: Sequence[Access] = (ADMIN,), **wrong: str) -> None:
    office.on(on)
    register = office.context.register
    review = caf_review.record(register, accesses)
    for kind in DECLARED:
        caf_review.declare(register, kind, [], BY)
    reasons = {line.line: wrong[line.name] for line in review.lines if line.name in wrong}
    assert caf_review.sign(register, BY, wrong=reasons).completed_at is not None


def _entry_of_last_notice(office: MemoryOffice) -> str:
    with office.context.register.read() as connection:
        content = connection.execute(select(notice.c.content).order_by(notice.c.id.desc())).scalars().first()
    message = message_from_bytes(content or b"", policy=default)
    body = message.get_body(("plain",))
    assert body is not None
    return str(message["Subject"]) + str(body.get_content())


@pytest.mark.rule("V4")
def test_the_security_contact_is_told_on_the_day_and_each_30_days_once_until_it_is_signed(
    office: MemoryOffice,
) -> None:
    expected = 0
    for days, is_told in ((-1, False), (0, True), (1, False), (29, False), (30, True), (99, True), (100, False)):
        office.on(DUE + timedelta(days=days))
        for _ in range(2):
            office.sync()
        expected += is_told
        *replaced, newest = _told(office) or [None]
        assert (len(replaced) + 1, newest) == (max(expected, 1), "securite@caf.example" if expected else None), days
        assert set(replaced) <= {None}, "of those that have not left, the newest goes"
    said = " ".join(_entry_of_last_notice(office).split())
    assert "est à faire depuis le 15 janvier 2027 (99 jours de retard)" in said
    assert "provisioner review caf --sign" in said
    _signed(office, DUE + timedelta(days=101))
    for days in (102, 200, 465):
        office.on(DUE + timedelta(days=days))
        office.sync()
    assert _told(office) == [None] * expected, "what has not left goes no more once it is signed"
    office.on(date(2028, 4, 26))
    office.sync()
    assert len(_told(office)) == expected + 1, "12 months after the signature"


@pytest.mark.rule("V4")
def test_doctor_tells_a_late_review_and_its_unsigned_lines(office: MemoryOffice) -> None:
    register = office.context.register
    office.on(DUE)
    (line,) = caf_review_lines(register, DUE)
    assert (line.level, "15 janvier 2027" in line.found) == ("ok", True)
    caf_review.record(register, [ADMIN, HUGO])
    (line,) = caf_review_lines(register, DUE + timedelta(days=3))
    assert (line.level, "3 j de retard, lignes non signées : 2" in line.found) == ("attention", True)


@pytest.mark.rule("V4")
def test_a_draft_older_than_30_days_is_not_signed_and_the_next_reading_begins_anew(office: MemoryOffice) -> None:
    register = office.context.register
    office.on(DUE)
    first = caf_review.record(register, [ADMIN, HUGO])
    signed = first.lines[0].line
    caf_review.sign(register, BY, [signed])
    again = caf_review.record(register, [ADMIN, replace(HUGO, grants=ADMIN.grants)])
    assert [line.line for line in again.lines if line.signed_by == BY] == [signed], "what is as before stays signed"
    assert first.lines[1].line not in [line.line for line in again.lines], "what changed is another line"
    office.on(DUE + timedelta(days=31))
    with pytest.raises(Refused) as refused:
        caf_review.sign(register, BY)
    assert refused.value.code is Refusal.NO_CAF_REVIEW
    anew = caf_review.record(register, [ADMIN, HUGO])
    assert (anew.review, anew.unsigned) == (first.review + 1, 2)
    assert verify_journal(register).bad is None


@pytest.mark.rule("D8")
@pytest.mark.rule("V4")
def test_a_review_goes_with_its_names_once_the_next_two_are_signed_but_not_under_a_hold(office: MemoryOffice) -> None:
    register = office.context.register
    for year in (2027, 2028, 2029):
        _signed(office, date(year, 1, 10), [ADMIN, HUGO], hugo="Parti de la Caf")
    hold = retention.keep(register, None, None, BY, "Contentieux", date(2029, 1, 20))
    office.on(date(2029, 1, 11))
    office.sync()
    with register.read() as connection:
        assert [review.id for review in caf_reviews.all_reviews(connection)] == [1, 2, 3]
    retention.release(register, hold, BY, "Terminé")
    office.on(date(2029, 1, 12))
    office.sync()
    with register.read() as connection:
        assert [review.id for review in caf_reviews.all_reviews(connection)] == [2, 3]
        said = "".join(connection.execute(select(journal_detail.c.data)).scalars())
    assert said.count("Parti de la Caf") == 2
    assert verify_journal(register).bad is None


@pytest.mark.rule("V4")
@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE caf_review_line SET signed_by = 'Jean Roy' WHERE name = 'hugo'",
        "UPDATE caf_review_line SET wrong = NULL WHERE name = 'hugo'",
        "UPDATE caf_review_line SET grants = '[]' WHERE name = 'hugo'",
        "UPDATE caf_review_line SET kind = 'other' WHERE name = 'hugo'",
        "DELETE FROM caf_review_line WHERE name = 'hugo'",
        "UPDATE caf_review SET completed_at = NULL",
    ],
)
def test_a_review_that_was_changed_in_the_tables_is_found_by_the_journal(
    office: MemoryOffice, statement: str
) -> None:
    _signed(office, date(2027, 1, 10), [ADMIN, HUGO], hugo="Parti de la Caf")
    assert verify_journal(office.context.register).bad is None
    with closing(sqlite3.connect(office.settings.data_dir / "provisioner.sqlite3")) as connection, connection:
        assert connection.execute(statement).rowcount == 1
    bad = verify_journal(office.context.register).bad
    assert bad is not None
    assert bad.difference is not None
    assert bad.difference.table in ("caf_review", "caf_review_line")


@pytest.mark.rule("V4")
def test_a_signed_review_is_shown_again_also_after_the_next_one_was_begun(office: MemoryOffice) -> None:
    register = office.context.register
    with pytest.raises(Refused) as none:
        caf_review.kept(register)
    assert none.value.code is Refusal.NO_SUCH_CAF_REVIEW
    _signed(office, DUE, hugo="Parti en mars")
    signed = caf_review.kept(register)
    assert (signed.review, signed.unsigned, signed.completed_at is not None) == (1, 0, True)
    assert "Entièrement signée le 15 janvier 2027." in signed.page()
    caf_review.record(register, [ADMIN, HUGO])
    assert caf_review.kept(register).review == 2
    assert caf_review.kept(register, 1).lines == signed.lines
