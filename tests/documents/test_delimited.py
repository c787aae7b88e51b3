"""Text files: quotes that enclose, quotes that stand for the row above, quotes too many; letters of any encoding."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date
from typing import Literal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from provisioner.documents import delimited
from provisioner.documents.blocks import File
from provisioner.documents.encodings import decoded
from provisioner.domain.annexe.document import Annexe
from tests.documents.conftest import Reader
from tests.documents.making import ALICE, BOB, HEADING_1, HEADING_2, TITLES_1, TITLES_2, csv_form

ZOE = ("Durand", "Zoé", "cheffe de projet", "zoe@agglo-lys.example", "02/06/2026")


def form(*lines: str, delimiter: str = ";", titles: Sequence[str] = TITLES_1) -> bytes:
    """The form as a text file whose list 1 has these lines, as they are, without delimiters after the headings."""
    parts = ["ANNEXE 1", "Date de transmission : 15/06/2026", HEADING_1, delimiter.join(titles), *lines]
    return "\r\n".join([*parts, HEADING_2, delimiter.join(TITLES_2)]).encode()


def functions(annexe: Annexe) -> list[str | None]:
    return [row.function for row in annexe.rows]


def told(annexe: Annexe) -> list[tuple[str, int | None]]:
    return [(finding.code, finding.row) for finding in annexe.findings]


@pytest.mark.rule("A1")
def test_a_quoted_cell_with_the_delimiter_and_a_line_break_is_one_cell(read_here: Reader) -> None:
    row = '"Durand,Dupuis",Zoé,"chef de projet,\r\nCTG",zoe@agglo-lys.example,02/06/2026'
    annexe = read_here(form(row, ",".join(BOB), delimiter=","), "a.csv")
    (durand, leroy) = annexe.rows
    assert (durand.last_name, durand.function, durand.email) == ("Durand,Dupuis", "chef de projet, CTG", ZOE[3])
    assert (leroy.email, leroy.on) == (BOB[3], date(2026, 6, 11))


@pytest.mark.rule("A1")
@pytest.mark.parametrize("delimiter", [";", ",", "|", "\t"])
def test_functions_that_hold_the_delimiter_in_most_rows_shift_nobody(read_here: Reader, delimiter: str) -> None:
    titles = (*TITLES_1[:2], *TITLES_1[3:], TITLES_1[2])  # the function last: a shifted row would even be valid
    rows = [
        delimiter.join([f"Nom{word}", "Zoé", f"{word}@agglo-lys.example", "02/06/2026", f'"chef{delimiter} adjoint"'])
        for word in ("un", "deux", "trois", "quatre")
    ]
    last = delimiter.join(["Petit", "Luc", "luc@agglo-lys.example", "02/06/2026", "agent"])
    annexe = read_here(form(*rows, last, delimiter=delimiter, titles=titles), "a.csv")
    assert functions(annexe) == [f"chef{delimiter} adjoint".replace("\t ", " ")] * 4 + ["agent"]
    assert {row.on for row in annexe.rows} == {date(2026, 6, 2)}


@pytest.mark.rule("A1")
@pytest.mark.parametrize("ditto", ['"', '""""', '"""', ' " ', "idem"])
def test_a_ditto_mark_bare_or_quoted_repeats_the_row_above(read_here: Reader, ditto: str) -> None:
    rows = [";".join(ALICE), *(f"Nom{name};Luc;{ditto};{name}@agglo-lys.example;{ditto}" for name in "abc")]
    annexe = read_here(form(*rows), "a.csv")
    assert functions(annexe) == ["Directrice"] * 4
    assert [row.on for row in annexe.rows] == [date(2026, 6, 10)] * 4


@pytest.mark.rule("A1")
@pytest.mark.parametrize("row", ["Petit,Luc,agent, volant,luc@agglo-lys.example,02/06/2026", "Petit,Luc,a,b,c,d,e,f"])
def test_a_row_that_no_reading_makes_clear_is_told_and_not_shifted(read_here: Reader, row: str) -> None:
    annexe = read_here(form(row, ",".join(BOB), delimiter=","), "a.csv")
    assert [row.last_name for row in annexe.rows if row.email] == ["Leroy"]
    assert "row-not-understood" in [finding.code for finding in annexe.findings]


@pytest.mark.rule("A1")
def test_a_function_cut_by_its_own_comma_in_the_last_column_is_told(read_here: Reader) -> None:
    titles = (*TITLES_1[:2], *TITLES_1[3:], TITLES_1[2])
    row = "Petit,Luc,luc@agglo-lys.example,02/06/2026,chef, adjoint"
    annexe = read_here(form(row, delimiter=",", titles=titles), "a.csv")
    assert annexe.rows == ()
    assert [finding.code for finding in annexe.findings] == ["row-not-understood"]


def test_a_quote_too_many_swallows_no_other_row(read_here: Reader) -> None:
    rows = ['Petit;Luc;"agent;luc@agglo-lys.example;02/06/2026', 'Durand;Zoé;"a; b";zoe@agglo-lys.example;02/06/2026']
    annexe = read_here(form(*rows), "a.csv")
    assert [row.email for row in annexe.rows] == ["luc@agglo-lys.example", "zoe@agglo-lys.example"]
    assert annexe.rows[1].function == "a; b"


@pytest.mark.parametrize("titles", [1, 2])
def test_titles_over_two_lines_are_titles(read_here: Reader, titles: int) -> None:
    broken = [f'"{title.replace(" ", chr(10), 1)}"' if " " in title else title for title in TITLES_1]
    chosen = broken if titles == 2 else [*TITLES_1[:4], broken[4]]
    annexe = read_here(form(";".join(ALICE), titles=chosen), "a.csv")
    assert (annexe.findings, functions(annexe)) == ((), ["Directrice"])


def test_a_first_line_tells_the_delimiter(read_here: Reader) -> None:
    annexe = read_here(b"sep=|\r\n" + form("|".join(ALICE), delimiter="|"), "a.csv")
    assert (functions(annexe), annexe.rows[0].sheet_row) == (["Directrice"], 5)


def test_a_row_keeps_the_number_that_a_spreadsheet_shows(read_here: Reader) -> None:
    content = form(";".join(ALICE), ";;;;", '""', "", '"Durand\nDupuis";' + ";".join(ZOE[1:]), ";".join(BOB))
    assert [row.sheet_row for row in read_here(content, "a.csv").rows] == [5, 9, 10]


@pytest.mark.parametrize("encoding", ["cp1252", "iso8859-15", "mac_roman", "cp850", "utf-8", "utf-16"])
def test_letters_are_those_that_were_typed_whatever_the_encoding(read_here: Reader, encoding: str) -> None:
    names = ("Lefèvre", "Zoë", "élue à la médiathèque", *ALICE[3:]), ("D'Hérouville", "Noël", "chargé", *BOB[3:])
    annexe = read_here(csv_form(names).decode().encode(encoding), "a.csv")
    assert [(row.last_name, row.first_names, row.function) for row in annexe.rows] == [name[:3] for name in names]


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("Lœuillet;Zoé;10 €", "iso8859-15"),
        ("Šimić;Œuvres", "utf-8"),
        ("CŒUR;Zoé", "iso8859-15"),
        ("½ journée;1½ ETP;¾ temps;Zoé", "cp1252"),
        ("Lœuillet d’été « élu » 10 €", "cp1252"),
        ("Hélène;PRÉNOM;hôtel;forêt;où;à", "cp850"),
        ("Hélène;PRÉNOM;hôtel;forêt;où;à l’œuvre", "mac_roman"),
        ("Élodie Žižka; Ž", "cp1252"),
    ],
)
def test_an_encoding_is_known_by_what_its_bytes_give(text: str, encoding: str) -> None:
    assert decoded(text.encode(encoding)) == text


# What is written is read back, whatever the program that wrote it

_CELLS = st.text("aé\"';,|\t\n «»-1", max_size=12)
_PLAIN = st.text("aéè'- ", min_size=1, max_size=12).filter(lambda text: text.strip() != "")
_DITTO = st.just('"')


@given(
    rows=st.lists(st.tuples(_CELLS, _PLAIN, _CELLS | _DITTO), min_size=1, max_size=6),
    delimiter=st.sampled_from(";,\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "cp1252"]),
    quoting=st.sampled_from([csv.QUOTE_MINIMAL, csv.QUOTE_ALL]),
    end=st.sampled_from(["\r\n", "\n", "\r"]),
)
@example([("", "a", '";'), ("", "a", '"')], ";", "utf-8", csv.QUOTE_MINIMAL, "\n")
def test_what_a_program_writes_is_read_back_or_told(
    rows: list[tuple[str, str, str]], delimiter: str, encoding: str, quoting: Literal[0, 1], end: str
) -> None:
    wanted = [
        (last, first, function, f"p{index}@x.example", "02/06/2026")
        for index, (last, first, function) in enumerate(rows)
    ]
    file = io.StringIO()
    csv.writer(file, delimiter=delimiter, quoting=quoting, lineterminator="\n").writerows([TITLES_1, *wanted])
    content = file.getvalue().replace("\n", end).encode(encoding)
    (table,) = delimited.read(File("csv", content, {}), 1_000).blocks
    assert not isinstance(table, str)
    assert tuple(cell.text for cell in table[0]) == TITLES_1
    read = [tuple(cell.text for cell in row) for row in table[1:] if not getattr(row, "in_doubt", False)]
    persons = {row for row in read if len(row) == len(TITLES_1) and all(row) and '"' not in row[0] + row[1]}
    assert persons <= set(wanted)
    if all(cell.count(delimiter) < 2 for row in rows for cell in row):
        assert read == wanted
