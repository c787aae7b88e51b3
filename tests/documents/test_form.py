"""The form of annexe 1 that the software writes: read back, it says exactly what was put into it."""

from __future__ import annotations

import io
import re
import time
import unicodedata
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from lxml import etree
from typer.testing import CliRunner, Result

from provisioner.cli.app import app
from provisioner.documents.child import parse
from provisioner.documents.encodings import garbled
from provisioner.documents.form import EXTENSIONS, Entry, Form, write_form
from provisioner.documents.meaning import understand
from provisioner.documents.rows import ditto, is_ditto
from provisioner.documents.text import suspicion, tidy_function
from provisioner.domain.access.habilitation import Habilitation
from provisioner.domain.annexe.document import Annexe, Column
from provisioner.domain.annexe.enter import enter
from provisioner.domain.people import EmailAddress, Person
from provisioner.operations.forms import form_of
from provisioner.settings import DocumentSettings
from tests.shared.examples import LYS, NOW, end, habilitation, records
from tests.shared.pace import PATIENCE, slowness

TODAY = date(2026, 9, 2)
NOBODY = Annexe(None, (), ())
_LIMITS = DocumentSettings(seconds=PATIENCE)


def read(content: bytes, extension: str) -> Annexe:
    """The same way as `read_annexe`, without the child process."""
    most = (_LIMITS.max_unpacked_mib * 2**20, _LIMITS.max_rows, _LIMITS.max_pages)
    return understand(parse(content, f"form{extension}", *most))


def said(annexe: Annexe) -> tuple[tuple[Entry, ...], ...]:
    """Both lists as they were read."""
    lists = []
    for number in (1, 2):
        rows = annexe.of_list(number)
        assert all(row.on for row in rows)
        lists.append(tuple(Entry(row.person, row.on) for row in rows if row.on))
    return tuple(lists)


def parts(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        assert package.testzip() is None
        return {name: package.read(name) for name in package.namelist()}


# Any content


def is_function(text: str) -> bool:
    return (
        tidy_function(text) == text
        and ditto(text, "function") is None
        and garbled(text) is None
        and any(letter.isalnum() for letter in text)
        and suspicion(text, formula=False, column=Column.FUNCTION) is None
        and _A_REMARK.search(text) is None
    )


#: A word that says of the person to leave or to stay (« retiré », « en erreur »): such a row is not read (A1).
_A_REMARK = re.compile(
    "suppr|cl[oôOÔ]|activ|annul|ferm|retir|retrait|radi|part|quitt|sort|plus|liste|doublon|enlev|bloqu|conserv|maint"
    "|garder|ouv|pas|ation|inscri|erreur",
    re.IGNORECASE,
)


_LETTERS = st.sampled_from("abcdefghijklmnopqrstuvwxyzàâçéèêëîïôùûüÿœæñABCDEÉÀÇ")
_WORDS = st.text(_LETTERS, min_size=2, max_size=12)
_NAMES = (
    st.lists(_WORDS, min_size=1, max_size=3)
    .flatmap(
        lambda words: st.sampled_from(["-", "'", " "]).map(
            lambda join: unicodedata.normalize("NFC", join.join(words))
        )
    )
    .filter(lambda name: not is_ditto(name) and garbled(name) is None)
)
_FUNCTIONS = st.text(
    st.characters(exclude_categories=("Cc", "Cs", "Co", "Cn", "Zl", "Zp")), min_size=1, max_size=60
).map(tidy_function).filter(is_function) | st.sampled_from(
    ["33 agent", "1 - jour", "SUM(A1)", "1", "10/06/2026", "'agent", "(b) &c", "_x0041_", "{nom}"]
)
_DAYS = st.dates(date(2000, 1, 1), date(2079, 12, 31))


@st.composite
def forms(draw: st.DrawFn) -> Form:
    """A form with some persons, each with an address of their own."""
    counts = draw(st.integers(0, 5)), draw(st.integers(0, 3))
    entries = [
        Entry(
            Person(draw(_NAMES), draw(_NAMES), draw(_FUNCTIONS), EmailAddress(f"personne{number}@agglo-lys.example")),
            draw(_DAYS),
        )
        for number in range(sum(counts))
    ]
    return Form(draw(_NAMES), tuple(entries[: counts[0]]), tuple(entries[counts[0] :]))


@pytest.mark.rule("A1")
@pytest.mark.parametrize("extension", EXTENSIONS)
@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(form=forms())
def test_a_written_form_reads_back_as_what_was_put_into_it(extension: str, form: Form) -> None:
    annexe = read(write_form(form, extension), extension)
    assert said(annexe) == (form.asked, form.ended)
    assert annexe.transmitted_on is None
    assert [finding.code for finding in annexe.findings] == ["transmission-date-missing"]


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_an_empty_form_is_an_annexe_without_persons(extension: str) -> None:
    content = write_form(Form(), extension)
    annexe = read(content, extension)
    assert annexe.rows == ()
    assert [finding.code for finding in annexe.findings] == ["transmission-date-missing"]
    assert not [name for name, part in parts(content).items() if re.search(rb"\{[a-z]+\}", part)]


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_two_thousand_persons_are_written_in_no_time(extension: str) -> None:
    person = Person("O'Brien", "Anne-Sophie", "chargée de coopération CTG", EmailAddress("a@agglo-lys.example"))
    form = Form("Agglo de la Lys", (Entry(person, TODAY),) * 2_000)
    start = time.process_time()
    content = write_form(form, extension)
    assert time.process_time() - start < 5 * slowness()
    assert len(read(content, extension).rows) == 2_000


# Nothing comes alive

HOSTILE = Person("Nom", "Prénom-Jean", '+1&<script>"]]>=SUM(A1)', EmailAddress("a@agglo-lys.example"))


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_what_a_register_holds_never_becomes_a_formula_or_markup(extension: str) -> None:
    hostile = Form('=HYPERLINK("x")\0<b>&', (Entry(replace(HOSTILE, last_name="=1+1"), TODAY),))
    for name, part in parts(write_form(hostile, extension)).items():
        if not name.endswith(".xml"):
            continue
        for element in etree.fromstring(part).iter():
            assert etree.QName(element).localname not in ("f", "script")
            assert "formula" not in {etree.QName(key).localname for key in element.attrib}


def test_the_dates_of_a_sheet_are_dates_in_a_french_format() -> None:
    form = Form("", (Entry(HOSTILE, date(2026, 8, 31)),))
    excel = parts(write_form(form, ".xlsx"))
    assert b'formatCode="[$-40C]dd/mm/yyyy"' in excel["xl/styles.xml"]
    assert b"<v>46265</v>" in excel["xl/worksheets/sheet1.xml"]
    calc = parts(write_form(form, ".ods"))["content.xml"]
    assert b'office:date-value="2026-08-31"' in calc
    assert "31/08/2026" in calc.decode()


@pytest.mark.parametrize("extension", [".docx", ".odt"])
def test_the_dates_of_a_text_are_written_as_french_people_do(extension: str) -> None:
    form = Form("", (Entry(HOSTILE, date(2026, 8, 31)),))
    assert any(b"31/08/2026" in part for part in parts(write_form(form, extension)).values())


@pytest.mark.parametrize(("persons", "pages_high"), [(0, "1"), (20, "1"), (200, "0")])
def test_a_sheet_is_printed_on_one_page_of_a4_as_long_as_it_can_be_read(persons: int, pages_high: str) -> None:
    person = replace(HOSTILE, function="agente")
    written = parts(write_form(Form("Lys", (Entry(person, TODAY),) * persons), ".xlsx"))
    sheet, book = (etree.fromstring(written[f"xl/{name}.xml"]) for name in ("worksheets/sheet1", "workbook"))
    assert next(sheet.iter("{*}pageSetUpPr")).get("fitToPage") == "true"
    setup = next(sheet.iter("{*}pageSetup"))
    a4 = "9"
    assert [setup.get(name) for name in ("paperSize", "orientation", "fitToWidth")] == [a4, "landscape", "1"]
    assert setup.get("fitToHeight") == pages_high
    repeated = next(name for name in book.iter("{*}definedName") if name.get("name") == "_xlnm.Print_Titles")
    assert repeated.text == "'Annexe 1'!$1:$3", "each further page says whose annexe 1 it is"


def test_the_cells_of_a_sheet_are_counted_anew_after_each_list() -> None:
    form = Form("Lys", (Entry(HOSTILE, TODAY),) * 30, (Entry(HOSTILE, TODAY),) * 3)
    sheet = etree.fromstring(parts(write_form(form, ".xlsx"))["xl/worksheets/sheet1.xml"])
    rows = [int(row.get("r", "")) for row in sheet.iter("{*}row")]
    assert rows == sorted(set(rows))
    for row in sheet.iter("{*}row"):
        assert all((cell.get("r") or "").lstrip("ABCDE") == row.get("r") for cell in row)


# Who is in it


def opened(name: str, **facts: object) -> Habilitation:
    return habilitation(name, **{"opened_at": NOW, **facts})


def closed(name: str, on: date, **facts: object) -> Habilitation:
    return opened(name, end=end(on), closed_at=datetime(on.year, on.month, on.day, tzinfo=UTC), **facts)


def names(entries: tuple[Entry, ...]) -> list[tuple[str, date]]:
    return [(entry.person.last_name, entry.on) for entry in entries]


@pytest.mark.rule("A3")
def test_the_form_names_who_has_an_access_and_who_was_closed_lately() -> None:
    later, long_ago = date(2026, 12, 1), date(2024, 9, 2)
    form = form_of(
        records(
            opened("alice"),
            habilitation("bob", requested_on=later),
            closed("chloe", date(2026, 8, 31)),
            closed("denis", long_ago),
            closed("emile", date(2024, 9, 3)),
            opened("fanny", partner="autre"),
        ),
        LYS.code,
        TODAY,
    )
    assert form.partner == LYS.name
    assert names(form.asked) == [("Alice", date(2026, 6, 10)), ("Bob", later)]
    assert names(form.ended) == [("Chloe", date(2026, 8, 31)), ("Emile", date(2024, 9, 3))]


@pytest.mark.rule("A4")
def test_an_announced_departure_stands_in_list_2_only() -> None:
    form = form_of(records(opened("alice", end=end(date(2026, 12, 31)))), LYS.code, TODAY)
    assert form.asked == ()
    assert names(form.ended) == [("Alice", date(2026, 12, 31))]


@pytest.mark.rule("A4")
def test_of_a_person_who_left_and_came_back_only_the_present_access_counts() -> None:
    back = opened("alice", requested_on=date(2026, 8, 1))
    form = form_of(records(closed("alice", date(2026, 3, 31)), back), LYS.code, TODAY)
    assert (names(form.asked), form.ended) == ([("Alice", date(2026, 8, 1))], ())


@pytest.mark.rule("A3")
def test_of_two_closures_of_one_person_the_last_counts() -> None:
    form = form_of(records(closed("alice", date(2025, 3, 31)), closed("alice", date(2026, 3, 31))), LYS.code, TODAY)
    assert names(form.ended) == [("Alice", date(2026, 3, 31))]


@pytest.mark.rule("A5")
@pytest.mark.parametrize("extension", EXTENSIONS)
def test_a_form_that_comes_back_unchanged_changes_nobody(extension: str) -> None:
    before = records(
        *(
            replace(habilitation, id=number)
            for number, habilitation in enumerate(
                (
                    opened("alice"),
                    opened("bob", end=end(date(2026, 12, 31))),
                    habilitation("chloe", requested_on=date(2026, 12, 1)),
                    habilitation("denis", requested_on=date(2026, 12, 1), end=end(date(2027, 3, 1))),
                    closed("emile", date(2026, 3, 31)),
                    closed("fanny", date(2026, 3, 31)),
                    opened("fanny", requested_on=date(2026, 8, 1)),
                ),
                1,
            )
        )
    )
    annexe = read(write_form(form_of(before, LYS.code, TODAY), extension), extension)
    after = enter(before, LYS.code, replace(annexe, transmitted_on=TODAY), TODAY)

    def facts(habilitation: Habilitation) -> Habilitation:
        return replace(habilitation, transmitted_on=TODAY)

    assert list(map(facts, after.habilitations)) == list(map(facts, before.habilitations))


# The command


def run(home: Path, *arguments: str | Path) -> Result:
    environment = {"PROVISIONER_DATA_DIR": str(home / "data")}
    return CliRunner().invoke(app, list(map(str, arguments)), env=environment)


@pytest.mark.parametrize("extension", EXTENSIONS)
def test_an_empty_form_needs_no_register(extension: str, tmp_path: Path) -> None:
    file = tmp_path / f"formulaire{extension.upper()}"
    assert run(tmp_path, "annexe", "form", "--output", file).exit_code == 0
    assert read(file.read_bytes(), extension).rows == ()
    assert not (tmp_path / "data").exists()


def test_a_file_that_exists_is_left_as_it_is(tmp_path: Path) -> None:
    file = tmp_path / "annexe1.docx"
    file.write_text("à garder", "utf-8")
    answer = run(tmp_path, "annexe", "form", "--output", file)
    assert answer.exit_code == 2
    assert "exists" in answer.stderr
    assert file.read_text("utf-8") == "à garder"


def test_another_format_is_wrong_usage_and_the_four_are_named(tmp_path: Path) -> None:
    answer = run(tmp_path, "annexe", "form", "--output", tmp_path / "annexe1.pdf")
    assert answer.exit_code == 2
    assert all(extension in answer.stderr for extension in EXTENSIONS)


def test_a_folder_that_is_not_there_or_an_unknown_partner_is_wrong_usage(tmp_path: Path) -> None:
    assert run(tmp_path, "annexe", "form", "--output", tmp_path / "non" / "annexe1.ods").exit_code == 2
    file = tmp_path / "annexe1.ods"
    assert run(tmp_path, "annexe", "form", "--partner", "inconnu", "--output", file).exit_code == 2
    assert not file.exists()
