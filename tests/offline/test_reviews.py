"""`review list`, `show`, `confirm`, `bounced` and `letter`, as a user types them: who is late and since when (V2)."""

from __future__ import annotations

import io
import json
import zipfile
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from lxml import etree

from tests.offline.conftest import Office
from tests.shared.examples import LYS, habilitation
from tests.shared.office import valid

DUE, LATE = date(2027, 1, 15), date(2027, 3, 1)
BY = ("--by", "Claire Martin")
PARTNER = ("--partner", LYS.code)


@pytest.fixture
def office(tmp_path: Path) -> Office:
    """A partner that signed on 15 January 2026, with one access and no annexe."""
    office = Office(tmp_path)
    signed = ("--name", LYS.name, "--domain", "agglo-lys.example", "--signed-on", "2026-01-15")
    assert office.run("partner", "add", LYS.code, *signed).exit_code == 0
    office.enter(habilitation("leroy", opened_at=datetime(2026, 6, 16, 8, tzinfo=UTC)))
    return office


def signed_list(office: Office) -> Path:
    file = office.home / "liste.pdf"
    file.write_bytes(b"%PDF signed by hand")
    return file


@pytest.mark.rule("V2")
def test_who_is_late_is_listed_with_the_dates_as_text_json_and_csv_and_told_by_status(office: Office) -> None:
    for today, late in ((date(2026, 9, 2), 0), (DUE, 0), (LATE, 45)):
        listed = office.run("review", "list", "--format", "json", today=today)
        assert valid(json.loads(listed.stdout), "reviews") == [
            {"partner": LYS.code, "last_on": None, "due_on": "2027-01-15", "days_late": late}
        ]
    assert "45 jours" in office.run("review", "list", today=LATE).stdout
    assert office.run("review", "list", "--as-of", "2027-03-01").stdout == office.run(
        "review", "list", today=LATE
    ).stdout.replace("\r", "")
    csv = office.run("review", "list", "--format", "csv", today=LATE).stdout
    assert "agglo-lys;aucune;2027-01-15;45 jours" in csv
    status = json.loads(office.run("status", "--format", "json", today=LATE).stdout)
    assert valid(status, "status")["late_reviews"] == 1
    assert "Revues annuelles en retard : 1." in office.run("status", today=LATE).stdout


@pytest.mark.rule("V1")
def test_a_signed_list_is_recorded_by_name_with_its_digest_and_the_next_review_is_due_in_12_months(
    office: Office,
) -> None:
    file = signed_list(office)
    asked = ("review", "confirm", *PARTNER, "--on", "2027-02-26", "--document", file)
    said = office.run(*asked, "--signatory", "Jeanne Morel", *BY, "--format", "json", today=LATE)
    assert said.exit_code == 0, said.stderr
    answer = valid(json.loads(said.stdout), "review_confirmed")
    assert (answer["next_due_on"], answer["settled_on"]) == ("2028-02-26", "2027-02-26")
    shown = valid(json.loads(office.run("review", "show", LYS.code, "--format", "json", today=LATE).stdout), "review")
    (done,) = shown["done"]
    assert (done["how"], done["signatory"], done["confirmed_by"]) == ("confirmed", "Jeanne Morel", "Claire Martin")
    assert done["sha256"] == answer["document_sha256"]
    assert "liste inchangée, signée par Jeanne Morel" in office.run("review", "show", LYS.code, today=LATE).stdout


@pytest.mark.rule("V1")
def test_what_cannot_be_recorded_is_refused_and_wrong_usage_is_told_apart(office: Office) -> None:
    file = signed_list(office)
    confirm = ("review", "confirm", "--document", file)
    assert office.run(*confirm, *PARTNER, "--on", "2027-03-02", *BY, today=LATE).exit_code == 1
    assert office.run(*confirm, *PARTNER, "--on", "2027-02-26", "--by", " ", today=LATE).exit_code == 2
    assert office.run(*confirm, "--partner", "inconnu", "--on", "2027-02-26", *BY, today=LATE).exit_code == 2
    missing = ("review", "confirm", *PARTNER, "--on", "2027-02-26", "--document", office.home / "none.pdf", *BY)
    assert office.run(*missing, today=LATE).exit_code == 2
    assert office.run("review", "show", "inconnu").exit_code == 2
    assert office.run("review", "bounced", *PARTNER, *BY, today=LATE).exit_code == 1


@pytest.mark.rule("V1")
@pytest.mark.parametrize("kind", ["reminder-to-signatory", "notice-of-breach"])
def test_a_letter_is_a_draft_that_an_officer_completes_and_only_for_a_review_that_is_late(
    office: Office, kind: str
) -> None:
    output = office.home / "courrier.docx"
    asked = ("review", "letter", *PARTNER, "--kind", kind, "--output", output)
    assert office.run(*asked, today=DUE).exit_code == 1
    said = office.run(*asked, today=LATE)
    assert said.exit_code == 0, said.stderr
    with zipfile.ZipFile(io.BytesIO(output.read_bytes())) as package:
        root = etree.fromstring(package.read("word/document.xml"))
    text = "\n".join(root.itertext())
    assert LYS.name in text
    assert "15\N{NO-BREAK SPACE}janvier 2027" in text or "15 janvier 2027" in text
    assert "[Nom, qualité et signature, pour la Caf]" in text
    assert office.run(*asked, today=LATE).exit_code == 2  # never in place of another
