"""The forms of `tests/data/samples` as their partner meant them."""

from __future__ import annotations

from datetime import date

import pytest

from provisioner.documents.addresses import load_mailbox_rules
from provisioner.domain.annexe.document import Annexe, Column, Finding, reading_order
from provisioner.domain.annexe.judge import judge_document
from provisioner.domain.convention import Partner
from provisioner.settings import DocumentSettings
from tests.documents.conftest import Reader
from tests.documents.making import SAMPLES

TODAY = date(2026, 11, 23)
LYS = Partner(code="agglo-lys", name="Agglo de la Lys", domains=frozenset({"agglo-lys.example"}))


def sample(read: Reader, name: str) -> Annexe:
    return read((SAMPLES / name).read_bytes(), name)


def told(findings: tuple[Finding, ...]) -> list[tuple[str, int | None, int | None, Column | None]]:
    return [(finding.code, finding.list, finding.row, finding.column) for finding in findings]


@pytest.mark.rule("A1")
@pytest.mark.parametrize("name", [f"01-premiere-demande.{suffix}" for suffix in ("docx", "odt", "pdf")])
def test_the_form_as_partners_fill_it_in_reads_as_they_meant_it(read: Reader, name: str) -> None:
    annexe = sample(read, name)
    assert annexe.transmitted_on == date(2026, 6, 15)
    assert [(row.last_name, row.first_names, row.function, row.email) for row in annexe.of_list(1)] == [
        ("Delattre", "Anne-Sophie", "chargée de coopération CTG", "annesophie.delattre@agglo-lys.example"),
        ("Vasseur", "Brigitte", "chargée de coopération CTG", "brigitte.vasseur@agglo-lys.example"),
        ("LEROY", "Alexandre", "chef de service", "alexandre.leroy@agglo-lys.example"),
        ("Carpentier", "Alice", "Directrice", "alice.carpentier@agglo-lys.example"),
    ]
    assert {row.on for row in annexe.rows} == {date(2026, 6, 10)}
    assert annexe.of_list(2) == ()
    assert told(annexe.findings) == [
        ("text-repaired", 1, 1, Column.FIRST_NAMES),
        ("date-repaired", 1, 1, Column.REQUESTED_ON),
        ("ditto-expanded", 1, 2, Column.FUNCTION),
        ("date-repaired", 1, 2, Column.REQUESTED_ON),
        ("text-repaired", 1, 4, Column.EMAIL),
    ]


@pytest.mark.rule("A3")
@pytest.mark.parametrize("suffix", ["xlsx", "xls", "ods", "csv"])
def test_the_same_list_reads_the_same_from_every_spreadsheet_format(read: Reader, suffix: str) -> None:
    annexe = sample(read, f"02-ajouts-et-cloture.{suffix}")
    assert annexe.transmitted_on == date(2026, 9, 1)
    assert [(row.last_name, row.first_names, row.on) for row in annexe.of_list(1)] == [
        ("Delattre", "Anne-Sophie", date(2026, 6, 10)),
        ("Leroy", "Alexandre", date(2026, 6, 10)),
        ("Carpentier", "Alice", date(2026, 6, 10)),
        ("Nguyen", "Émilie", date(2026, 9, 1)),
        ("O'Brien", "Seán", date(2026, 9, 1)),
    ]
    assert [(row.email, row.on) for row in annexe.of_list(2)] == [
        ("brigitte.vasseur@agglo-lys.example", date(2026, 8, 31))
    ]
    assert annexe.findings == ()


@pytest.mark.rule("A7")
def test_a_form_to_correct_says_what_to_correct_row_by_row(read: Reader) -> None:
    annexe = sample(read, "03-a-corriger.docx")
    judged = judge_document(annexe, TODAY, load_mailbox_rules(DocumentSettings()), LYS)
    findings = tuple(sorted(judged, key=reading_order))
    assert told(findings) == [
        ("cell-missing", 1, 2, Column.FIRST_NAMES),
        ("email-shared-mailbox", 1, 2, Column.EMAIL),
        ("email-consumer", 1, 3, Column.EMAIL),
        ("email-domain", 1, 4, Column.EMAIL),
        ("email-invalid", 1, 5, Column.EMAIL),
        ("date-invalid", 1, 5, Column.REQUESTED_ON),
        ("duplicate-person", 1, 7, Column.EMAIL),
        ("cell-missing", 1, 8, Column.LAST_NAME),
        ("cell-missing", 1, 8, Column.REQUESTED_ON),
        ("closure-too-old", 2, 2, Column.ENDED_ON),
    ]
    suggestions = {finding.row: finding.suggestion for finding in findings if finding.suggestion}
    assert suggestions == {4: "alexandre.leroy@agglo-lys.example", 5: "alice.carpentier@agglo-lys.example"}


@pytest.mark.rule("A1")
@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("01-premiere-demande.pdf", "01-premiere-demande.docx"),
        ("02-ajouts-et-cloture.xls", "02-ajouts-et-cloture.xlsx"),
    ],
)
def test_a_form_says_the_same_in_another_format_to_the_last_finding(read: Reader, one: str, other: str) -> None:
    assert sample(read, one) == sample(read, other)
