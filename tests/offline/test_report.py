"""The page of `check --format html`, as the partner who gets it reads it."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest
from lxml import html
from typer.testing import CliRunner, Result

from provisioner.cli.app import app
from provisioner.domain.annexe.document import Annexe, Column, Finding, Row, Severity
from provisioner.domain.people import EmailAddress
from provisioner.views.report import Report, report_page
from tests.documents.making import SAMPLES, TITLES_1, csv_form

ADDRESS = EmailAddress("alice@agglo-lys.example")
NEUTRAL = "Cette personne ne peut pas être habilitée en l'état ; la Caf vous contactera."


def run(*arguments: str | Path, home: Path) -> Result:
    environment = {"PROVISIONER_DATA_DIR": str(home)}
    return CliRunner().invoke(app, list(map(str, arguments)), env=environment)


def page_of(*findings: Finding, file: str = "annexe1.docx") -> str:
    row = Row(1, 1, "Carpentier", "Alice", "Directrice", ADDRESS, date(2026, 6, 10))
    return report_page(
        Report(
            file=file,
            sha256="0" * 64,
            partner="Agglo de la Lys",
            checked_on=date(2026, 9, 1),
            annexe=Annexe(date(2026, 9, 1), (row,), ()),
            findings=findings,
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
    assert [one.tag for one in page.iter("h1", "h2", "h3")] == ["h1", "h2", "h2"]
    for word in ("http", "<script", "src=", "url(", "@import", "<link"):
        assert word not in answer.stdout
    assert all(one.get("scope") in ("col", "row") for one in page.iter("th"))
    tables = list(page.iter("table"))
    assert len(tables) == 3
    for table in tables:
        caption = table.find("caption")
        assert caption is not None
        assert caption.text
        widths = {sum(1 for cell in row if cell.tag in ("th", "td")) for row in table.iter("tr")}
        assert len(widths) == 1
    words = {row[0].text for row in tables[0].iterfind("tbody/tr")}
    assert words == {"Erreur", "Attention"}


def test_what_is_read_and_what_is_refused_stand_row_by_row(tmp_path: Path) -> None:
    answer = run("check", SAMPLES / "03-a-corriger.docx", "--format", "html", home=tmp_path)
    first = list(html.document_fromstring(answer.stdout).iter("table"))[1]
    results = [row[-1].text_content() for row in first.iterfind("tbody/tr")]
    assert results[0] == "Lue, sans erreur"
    assert results[1] == "Refusée\N{NO-BREAK SPACE}: 2 erreurs"


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
    assert html.document_fromstring(pages.pop()).text_content().count(NEUTRAL) == 1


@pytest.mark.rule("A8")
def test_a_waived_address_of_another_partner_is_not_told_at_all() -> None:
    assert page_of(of_row("address-of-other-partner", Severity.WARNING, waived=True)) == page_of()


@pytest.mark.parametrize("command", [("plan",), ("sync",), ("partner", "list"), ("partner", "show", "agglo-lys")])
def test_no_other_command_offers_a_page(command: tuple[str, ...], tmp_path: Path) -> None:
    assert run(*command, "--format", "html", home=tmp_path).exit_code == 2


def test_the_columns_have_the_titles_of_the_form() -> None:
    page = html.document_fromstring(page_of())
    titles = [cell.text for cell in next(iter(page.iter("table"))).iterfind("thead/tr/th")]
    assert titles[3:5] == ["Fonction/qualité", "Adresse électronique"]
    assert set(titles[3:5]) <= set(TITLES_1)
