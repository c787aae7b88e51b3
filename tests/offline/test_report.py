"""The page of `check --format html`, as the partner who gets it reads it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from lxml import html
from typer.testing import CliRunner, Result

from provisioner.cli.app import app
from provisioner.domain.annexe.document import Annexe, Check, Column, Finding, Row, Severity
from provisioner.domain.people import EmailAddress
from provisioner.views.report import Report, report_page
from tests.documents.making import SAMPLES, TITLES_1, csv_form

ADDRESS = EmailAddress("alice@agglo-lys.example")
NEUTRAL = "Cette personne ne peut pas être habilitée en l'état ; la Caf vous contactera."


def run(*arguments: str | Path, home: Path) -> Result:
    environment = {"PROVISIONER_DATA_DIR": str(home)}
    return CliRunner().invoke(app, list(map(str, arguments)), env=environment)


ALICE = Row(1, 1, "Carpentier", "Alice", "Directrice", ADDRESS, date(2026, 6, 10))


def page_of(*findings: Finding, file: str = "annexe1.docx", row: Row = ALICE) -> str:
    return report_page(
        Report(
            check=Check(
                file=file,
                sha256="0" * 64,
                partner="agglo-lys",
                annexe=Annexe(date(2026, 9, 1), (row,), ()),
                findings=findings,
            ),
            partner="Agglo de la Lys",
            checked_on=date(2026, 9, 1),
        )
    )


def of_row(code: str, severity: Severity = Severity.ERROR, *, waived: bool = False) -> Finding:
    return Finding(code, severity, 1, 1, Column.EMAIL, ADDRESS, waived=waived)


def test_the_page_stands_alone_and_can_be_read_without_seeing_it(tmp_path: Path) -> None:
    answer = run("check", SAMPLES / "03-a-corriger.docx", "--format", "html", home=tmp_path)
    assert answer.exit_code == 1
    page = html.document_fromstring(answer.stdout)
    assert page.get("lang") == "fr"
    assert page.findtext(".//title")
    assert [heading.tag for heading in page.iter("h1", "h2", "h3")] == ["h1", "h2", "h2"]
    for word in ("http", "<script", "src=", "url(", "@import", "<link"):
        assert word not in answer.stdout
    assert all(cell.get("scope") in ("col", "row") for cell in page.iter("th"))
    tables = list(page.iter("table"))
    assert len(tables) == 2, "both lists; nothing is to be said of the document as a whole"
    for table in tables:
        caption = table.find("caption")
        assert caption is not None
        assert caption.text
        widths = {sum(1 for cell in row if cell.tag in ("th", "td")) for row in table.iter("tr")}
        assert len(widths) == 1
    words = {item[0].text for table in tables for item in table.iter("li")}
    assert words == {"Erreur", "Attention"}


def test_what_is_read_and_what_is_refused_stand_row_by_row(tmp_path: Path) -> None:
    answer = run("check", SAMPLES / "03-a-corriger.docx", "--format", "html", home=tmp_path)
    first = next(html.document_fromstring(answer.stdout).iter("table"))
    rows = list(first.iterfind("tbody/tr"))
    results = [row[-1].text_content() for row in rows]
    assert results[0] == "Lue, sans erreur"
    assert results[1].startswith("À corriger\N{NO-BREAK SPACE}: 2 erreurs")
    findings = [item.text_content() for item in rows[1].iter("li")]
    assert len(findings) >= 2, "each finding stands beside its row"
    doubtful = [cell.get("data-title") for cell in rows[1] if "doubt-error" in (cell.get("class") or "")]
    assert doubtful, "and the cell that it is about is marked"
    assert all(any((title or "") in said for said in findings) for title in doubtful)
    assert not [cell for cell in rows[0] if "doubt" in (cell.get("class") or "")]


def test_a_finding_is_told_once_at_the_end_of_its_row_and_the_document_s_own_stand_above() -> None:
    unread = Finding("date-invalid", Severity.ERROR, 1, 1, Column.REQUESTED_ON, "mi-juin")
    whole = Finding("transmission-date-missing", Severity.WARNING)
    row = Row(1, 1, "Carpentier", "Alice", "Directrice", ADDRESS, None, sheet_row=9)
    tables = list(html.document_fromstring(page_of(unread, whole, row=row)).iter("table"))
    assert tables[0].findtext("caption") == "Pour l'ensemble du document"
    above = [line[1].text for line in tables[0].iterfind("tbody/tr")]
    assert above == ["Document"]
    cells = [cell.text_content() for cell in next(tables[1].iterfind("tbody/tr"))]
    assert cells[0] == "1 (feuille\N{NO-BREAK SPACE}: 9)"
    assert cells[5] == "mi-juin", "a cell that cannot be read shows what is written in it"
    assert cells[6].count("mi-juin") <= 1


@pytest.mark.parametrize("name", ["01-premiere-demande.odt", "02-ajouts-et-cloture.xlsx"])
def test_a_sound_annexe_gives_a_page_that_says_so(name: str, tmp_path: Path) -> None:
    answer = run("check", SAMPLES / name, "--format", "html", home=tmp_path)
    assert answer.exit_code == 0
    assert "Contrôlée, sans erreur." in answer.stdout


def test_a_document_that_cannot_be_read_has_its_page_too(tmp_path: Path) -> None:
    file = tmp_path / "annexe1.docx"
    file.write_bytes(b"\x89PNG")
    answer = run("check", file, "--format", "html", home=tmp_path)
    assert answer.exit_code == 1
    assert "Ce document ne peut pas être lu" in answer.stdout


def test_markup_in_a_document_is_shown_as_text(tmp_path: Path) -> None:
    row = ("Car<b>pentier", "Alice", "<script>alert(1)</script> & cie", "alice@x.example<img>", "demain")
    file = tmp_path / "<i>annexe.csv"
    file.write_bytes(csv_form([row]))
    answer = run("check", file, "--format", "html", home=tmp_path)
    page = html.document_fromstring(answer.stdout)
    assert not list(page.iter("script", "b", "img", "i"))
    text = page.text_content()
    for value in (row[0], row[2], "<i>annexe.csv"):
        assert value in text


def test_a_file_name_cannot_turn_the_text_round() -> None:
    page = page_of(file="annexe\N{RIGHT-TO-LEFT OVERRIDE}xcod.exe\udcff")
    assert page.encode()
    assert "\N{RIGHT-TO-LEFT OVERRIDE}" not in page


@pytest.mark.rule("A8")
def test_the_partner_does_not_learn_who_else_has_an_account() -> None:
    pages = {
        page_of(of_row("address-of-other-partner")),
        page_of(of_row("address-not-managed")),
        page_of(of_row("address-of-other-partner"), of_row("address-not-managed")),
    }
    assert len(pages) == 1
    assert html.document_fromstring(pages.pop()).text_content().replace("\N{NO-BREAK SPACE}", " ").count(NEUTRAL) == 1


@pytest.mark.rule("A8")
def test_a_waived_address_of_another_partner_is_not_told_at_all() -> None:
    assert page_of(of_row("address-of-other-partner", Severity.WARNING, waived=True)) == page_of()


@pytest.mark.parametrize("command", [("sync",), ("partner", "list"), ("partner", "show", "agglo-lys")])
def test_no_other_command_offers_a_page(command: tuple[str, ...], tmp_path: Path) -> None:
    assert run(*command, "--format", "html", home=tmp_path).exit_code == 2


def test_the_columns_have_the_titles_of_the_form() -> None:
    page = html.document_fromstring(page_of())
    titles = [cell.text for cell in next(iter(page.iter("table"))).iterfind("thead/tr/th")]
    assert titles[3:5] == ["Fonction/qualité", "Adresse électronique"]
    assert set(titles[3:5]) <= set(TITLES_1)
