"""What a file of evidence tells, and what it withholds: by the facts alone."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from provisioner.domain.connections.control import RaisedControl, Severity
from provisioner.domain.convention import Audience
from provisioner.domain.convention_life import AskedDocument
from provisioner.domain.evidence_file import Asked, Evidence, Known, OtherPartners
from provisioner.domain.evidence_tables import Gathering
from provisioner.domain.journal import Detail, Head, Row, canonical, chain
from provisioner.domain.people import EmailAddress, Person
from provisioner.domain.review import Review
from tests.shared.examples import LYS, end, habilitation, records

OTHER = replace(LYS, code="sivom", name="Sivom des Dunes", domains=frozenset({"dunes.example"}))
THEIRS = habilitation(
    "vandamme", partner="sivom", person=Person("Vandamme", "Léa", "agente", EmailAddress("lv@d.example"))
)
SHARED = habilitation("leroy")
REGISTER = records(SHARED, THEIRS, replace(SHARED, partner="sivom"), partners=(LYS, OTHER))
REVIEW = Review(
    id=3,
    partner=LYS.code,
    due_on=date(2026, 6, 16),
    frozen_at=datetime(2026, 6, 1, 6, tzinfo=UTC),
    population=(1, 2),
    unproven=(2,),
    settled_on=date(2026, 6, 20),
    document_sha256="a" * 64,
    signatory="Hugo Petit",
    confirmed_by="Claire Martin",
)


def _evidence(to: Audience, **known: Any) -> Evidence:
    asked = Asked(partner=LYS.code, year=2026, audience=to, made_on=date(2027, 1, 10))
    given = {"records": REGISTER, "head": Head(9, "a" * 64), "rows": (), "decisions": {}, **known}
    return Gathering(asked, Known(**given)).evidence()


@pytest.mark.rule("V1")
def test_a_review_is_told_with_whom_it_was_about_and_the_entries_that_tell_it() -> None:
    details = Detail("salt", canonical({"review": 3}), None)
    row = Row(
        chain(5, {"action": "review.confirmed", "partner": LYS.code, "at": "2026-06-20T08:00"}, "0" * 64), details
    )
    counted = Review(id=1, partner=LYS.code, settled_on=date(2026, 1, 20))
    (line,) = _evidence(Audience.CAF, reviews=(counted, REVIEW), rows=(row,)).tables["reviews"]
    assert (line["due_on"], line["settled_on"], line["how"]) == ("2026-06-16", "2026-06-20", "confirmed")
    assert (line["listed"], line["unproven"]) == (2, 1)
    assert (line["signatory"], line["decided_by"], line["entries"]) == ("Hugo Petit", "Claire Martin", [5])
    (line,) = _evidence(Audience.PARTNER, reviews=(REVIEW,)).tables["reviews"]
    assert line["decided_by"] == "caf"


@pytest.mark.rule("V1")
def test_a_review_that_an_annexe_settled_before_any_reminder_has_no_list() -> None:
    by_annexe = replace(
        REVIEW, frozen_at=None, population=(), unproven=(), document_sha256=None, annexe_sha256="b" * 64
    )
    (line,) = _evidence(Audience.CAF, reviews=(by_annexe,)).tables["reviews"]
    assert (line["how"], line["listed"], line["unproven"]) == ("annexe", None, None)
    awaited = replace(REVIEW, settled_on=None, document_sha256=None)
    (line,) = _evidence(Audience.CAF, reviews=(awaited,)).tables["reviews"]
    assert line["how"] is None


@pytest.mark.rule("A2")
def test_an_annexe_that_nobody_decided_upon_ends_with_its_destruction() -> None:
    def told(number: int, action: str, on: str) -> Row:
        facts = {"action": action, "partner": LYS.code, "annexe": 4, "at": f"{on}T08:00", "entry": number}
        return Row(chain(number, facts, "0" * 64), Detail("salt", canonical({}), None))

    rows = (told(5, "annexe.submitted", "2026-06-01"), told(6, "annexe.destroyed", "2026-07-02"))
    (line,) = _evidence(Audience.CAF, rows=rows).tables["annexes"]
    assert (line["outcome"], line["outcome_on"]) == ("annexe.destroyed", "2026-07-02")


@pytest.mark.rule("D4")
def test_a_partner_gets_its_controls_as_counts() -> None:
    since = datetime(2026, 8, 1, tzinfo=UTC)
    control = RaisedControl(
        id=1,
        code="closed-attempt",
        key="k",
        severity=Severity.GRAVE,
        rule="L1",
        since=since,
        raised_at=since,
        partner=LYS.code,
        email=SHARED.email,
    )
    told = (control, replace(control, id=2), replace(control, id=3, partner="sivom"))
    (line,) = _evidence(Audience.PARTNER, controls=told).tables["controls"]
    assert (line["code"], line["count"], line["email"]) == ("closed-attempt", 2, None)
    assert [line["email"] for line in _evidence(Audience.CAF, controls=told).tables["controls"]] == [SHARED.email] * 2


@pytest.mark.rule("D2")
def test_whom_a_decision_names_beside_others_counts_for_the_day_of_its_end() -> None:
    closed_at = datetime(2025, 2, 3, tzinfo=UTC)
    petit = habilitation("petit", id=8, opened_at=closed_at, closed_at=closed_at, end=end(date(2025, 2, 1)))
    details = Detail("salt", canonical({"annexe": 2, "closed": [petit.email]}), None)
    facts = {"action": "annexe.approved", "partner": LYS.code, "annexe": 2, "at": "2026-03-02T08:00"}
    given = _evidence(Audience.CAF, records=records(SHARED, petit), rows=(Row(chain(5, facts, "0" * 64), details),))
    assert given.rows[5].details["closed"] == [petit.email]
    assert given.destroy_by == date(2027, 1, 10)  # the account's day has passed: today
    unnamed = _evidence(Audience.CAF, records=records(SHARED, petit))
    assert unnamed.destroy_by == date(2027, 1, 10) + timedelta(days=90)


@pytest.mark.rule("C5")
def test_the_partner_s_own_certificate_is_told_as_that() -> None:
    asked = AskedDocument(
        id=1,
        partner=LYS.code,
        what=None,
        asked_on=date(2026, 5, 1),
        due_on=date(2026, 6, 1),
        convention_end=date(2026, 4, 30),
    )
    (line,) = _evidence(Audience.CAF, asked_documents=(asked,)).tables["asked_documents"]
    assert line["what"] == "certificate"


@pytest.mark.parametrize(
    ("text", "is_named"),
    [
        ("comme au SIVOM.", True),
        ("voir Sivom des  Dunes", True),
        ("écrire à accueil@dunes.example", True),
        ("vandamme léa est partie", True),
        ("LEA VANDAMME est partie", True),
        ("LV@d.example", True),
        ("dunes et plages", False),
        ("Alex Leroy, agent des deux", False),  # has an access here too
        ("", False),
    ],
)
def test_another_partner_and_its_persons_are_recognised_in_a_text(text: str, is_named: bool) -> None:
    assert OtherPartners(REGISTER, LYS.code).are_named_in(text) is is_named
