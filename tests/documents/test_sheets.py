"""What a sheet shows and what its file holds: hidden columns, times of the day, merged cells, lists side by side."""

from __future__ import annotations

from datetime import date

import pytest

from provisioner.domain.annexe.document import Annexe
from tests.documents.conftest import Reader
from tests.documents.making import (
    ALICE,
    ANNEXES,
    BOB,
    HEADING_1,
    HEADING_2,
    SHEETS,
    TITLES_1,
    TITLES_2,
    csv_form,
    odf,
    ods_cell,
    ods_form,
    ods_row,
    xlsx_cell,
    xlsx_form,
    xlsx_parts,
    xlsx_row,
    xlsx_sheet,
    zipped,
)

_STRUCK = (
    '<style:style style:name="S" style:family="table-cell">'
    '<style:text-properties style:text-line-through-style="solid"/></style:style>'
)
_TWO_COLUMNS = '<table:table-column table:number-columns-repeated="2"/>'


def told(annexe: Annexe) -> list[tuple[str, int | None]]:
    return [(finding.code, finding.row) for finding in annexe.findings]


def emails(annexe: Annexe, number: int) -> list[str | None]:
    return [row.email for row in annexe.of_list(number)]


# The row that a person sees


def test_a_finding_of_a_sheet_knows_the_row_that_the_sheet_shows(read_here: Reader) -> None:
    empty = '<table:table-row table:number-rows-repeated="20"><table:table-cell/></table:table-row>'
    forms = {
        "a.xlsx": xlsx_form(ALICE, after=xlsx_row(BOB, 'r="30"')),
        "a.ods": ods_form(ALICE, empty, BOB),
        "a.csv": csv_form([ALICE, *[()] * 20, BOB]),
    }
    rows = {name: [row.sheet_row for row in read_here(content, name).rows] for name, content in forms.items()}
    assert rows == {"a.xlsx": [5, 30], "a.ods": [5, 26], "a.csv": [5, 26]}


@pytest.mark.parametrize("extension", ["xls", "xlsx", "ods", "csv"])
def test_every_row_of_a_saved_sheet_has_its_number(read_here: Reader, extension: str) -> None:
    name = f"formulaire-signe.{extension}"
    rows = read_here((ANNEXES / name).read_bytes(), name).rows
    numbers = [row.sheet_row or 0 for row in rows]
    assert len(numbers) > 2
    assert numbers == sorted(set(numbers))


# Hidden, struck through


@pytest.mark.rule("A1")
def test_a_hidden_column_of_a_list_is_a_question(read_here: Reader) -> None:
    columns = (
        '<table:table-column table:number-columns-repeated="2"/><table:table-column table:visibility="collapse"/>'
    )
    forms = {
        "a.xlsx": xlsx_form(ALICE, before='<cols><col min="3" max="3" hidden="1"/></cols>'),
        "a.ods": ods_form(ALICE, before=columns),
    }
    for name, content in forms.items():
        assert told(read_here(content, name)) == [("struck-or-hidden", 1)]


@pytest.mark.rule("A1")
@pytest.mark.parametrize(
    ("row", "before"),
    [
        (ods_row(ALICE, 'table:default-cell-style-name="S"'), ""),
        (ods_row(ALICE), f'{_TWO_COLUMNS}<table:table-column table:default-cell-style-name="S"/>'),
        (f'<table:table-row-group table:display="false">{ods_row(ALICE)}</table:table-row-group>', ""),
    ],
)
def test_a_row_marked_by_its_row_column_or_group_is_a_question(read_here: Reader, row: str, before: str) -> None:
    annexe = read_here(ods_form(row, styles=_STRUCK, before=before), "a.ods")
    assert told(annexe) == [("struck-or-hidden", 1)]


@pytest.mark.rule("A1")
def test_what_is_struck_beside_a_value_that_is_not_does_not_count(read_here: Reader) -> None:
    name = "<c t='inlineStr'><is><r><rPr><strike/></rPr><t>Dupont </t></r><r><rPr/><t>Durand</t></r></is></c>"
    annexe = read_here(xlsx_form(xlsx_row([name, *ALICE[1:]])), "a.xlsx")
    assert (annexe.rows[0].last_name, annexe.findings) == ("Durand", ())


@pytest.mark.rule("A1")
def test_a_named_style_strikes_a_cell_through(read_here: Reader) -> None:
    styles = (
        "<fonts><font/><font><strike/></font></fonts><cellStyleXfs><xf fontId='0'/><xf fontId='1'/></cellStyleXfs>"
        "<cellXfs><xf fontId='0' xfId='0'/><xf xfId='1'/></cellXfs>"
    )
    row = xlsx_row(['<c s="1" t="inlineStr"><is><t>Carpentier</t></is></c>', *ALICE[1:]])
    assert told(read_here(xlsx_form(row, styles=styles), "a.xlsx")) == [("struck-or-hidden", 1)]


@pytest.mark.rule("A1")
def test_a_cell_crossed_out_from_corner_to_corner_is_struck_through(read_here: Reader) -> None:
    borders = "<borders><border/><border diagonalUp='1'><diagonal style='thin'/></border></borders>"
    styles = f"<fonts><font/></fonts>{borders}<cellXfs><xf fontId='0'/><xf fontId='0' borderId='1'/></cellXfs>"
    row = xlsx_row(['<c s="1" t="inlineStr"><is><t>Carpentier</t></is></c>', *ALICE[1:]])
    crossed = (
        '<style:style style:name="S" style:family="table-cell">'
        '<style:table-cell-properties style:diagonal-tl-br="0.06pt solid #000000"/></style:style>'
    )
    forms = {
        "a.xlsx": xlsx_form(row, styles=styles),
        "a.ods": ods_form(ods_row([ods_cell(ALICE[0], 'table:style-name="S"'), *ALICE[1:]]), styles=crossed),
    }
    for name, content in forms.items():
        assert told(read_here(content, name)) == [("struck-or-hidden", 1)]


@pytest.mark.rule("A1")
@pytest.mark.parametrize(("note", "is_asked"), [("DGS : à supprimer", True), ("DGS : à vérifier", False)])
@pytest.mark.parametrize("is_threaded", [False, True])
def test_a_comment_may_say_that_the_person_leaves(
    read_here: Reader, note: str, *, is_asked: bool, is_threaded: bool
) -> None:
    commented = (
        f"<table:table-cell><office:annotation><text:p>{note}</text:p></office:annotation><text:p>{ALICE[0]}</text:p>"
    )
    notice = (  # of Excel, to older versions of it, before the words
        "[Threaded comment] Your version of Excel allows you to read this threaded comment; however, any edits to it"
        " will get removed if the file is opened in a newer version of Excel. Learn more:"
        " https://go.microsoft.com/fwlink/?linkid=870924 Comment: "
    )
    comment = f'<comment ref="A5"><text><r><t>{notice if is_threaded else ""}{note}</t></r></text></comment>'
    link = '<Relationship Id="c" Type="http://x.example/comments" Target="../comments1.xml"/>'
    parts = {
        "xl/comments1.xml": f"<comments><commentList>{comment}</commentList></comments>",
        "xl/worksheets/_rels/sheet1.xml.rels": f"<Relationships>{link}</Relationships>",
    }
    row = f'<row r="5">{"".join(xlsx_cell(text) for text in ALICE)}</row>'
    forms = {
        "a.xlsx": zipped({**xlsx_parts(row), **parts}),
        "a.ods": ods_form(ods_row([f"{commented}</table:table-cell>", *ALICE[1:]])),
    }
    for name, content in forms.items():
        assert told(read_here(content, name)) == ([("row-not-understood", 1)] if is_asked else [])


@pytest.mark.rule("A3")
def test_who_is_asked_for_in_a_box_over_a_sheet_or_beside_a_text_is_told(read_here: Reader) -> None:
    asked = "Clôturer aussi l'accès de M. Noir"
    link = '<Relationship Id="d" Type="http://x.example/drawing" Target="../drawings/drawing1.xml"/>'
    parts = {
        "xl/drawings/drawing1.xml": f"<wsDr><sp><txBody><p><r><t>{asked}</t></r></p></txBody></sp></wsDr>",
        "xl/worksheets/_rels/sheet1.xml.rels": f"<Relationships>{link}</Relationships>",
    }
    note = f"<text:p>Annexe<office:annotation><text:p>{asked}</text:p></office:annotation></text:p>"
    forms = {
        "a.xlsx": zipped({**xlsx_parts(ALICE), **parts}),
        "a.odt": odf("text", note),
    }
    for name, content in forms.items():
        assert ("table-not-understood", None) in told(read_here(content, name))


def test_what_lies_under_merged_cells_is_not_read_unseen(read_here: Reader) -> None:
    forms = {
        "a.xlsx": xlsx_form(ALICE, sheet='<mergeCells><mergeCell ref="B5:C5"/></mergeCells>'),
        "a.ods": ods_form(
            ods_row(
                [
                    ALICE[0],
                    ods_cell(ALICE[1], 'table:number-columns-spanned="2"'),
                    f"<table:covered-table-cell><text:p>{ALICE[2]}</text:p></table:covered-table-cell>",
                    *ALICE[3:],
                ]
            )
        ),
    }
    for name, content in forms.items():
        assert told(read_here(content, name)) == [("struck-or-hidden", 1)]


# Dates


@pytest.mark.rule("A6")
def test_a_date_with_a_time_is_read_and_told(read_here: Reader) -> None:
    typed = '<table:table-cell office:value-type="date" office:date-value="2026-08-30T23:59:39"/>'
    rows = {
        "a.xlsx": xlsx_form(xlsx_row([*ALICE[:4], '<c s="2"><v>46264.99975694444</v></c>'])),
        "a.ods": ods_form(ods_row([*ALICE[:4], typed])),
        "a.csv": csv_form([(*ALICE[:4], "30/08/2026 23:59:39")]),
    }
    for name, content in rows.items():
        annexe = read_here(content, name)
        assert [row.on for row in annexe.rows] == [date(2026, 8, 31)]
        assert told(annexe) == [("date-repaired", 1)]


def test_a_strict_workbook_is_read_as_any_other(read_here: Reader) -> None:
    row = xlsx_row([*ALICE[:4], '<c s="2" t="d"><v>2026-06-10</v></c>'])
    strict = {
        name: part.replace("http://schemas.openxmlformats.org/spreadsheetml/2006/main", _STRICT).replace(
            "http://schemas.openxmlformats.org/officeDocument/2006/relationships", _STRICT_LINKS
        )
        for name, part in xlsx_parts(row).items()
    }
    annexe = read_here(zipped(strict), "a.xlsx")
    assert ([row.on for row in annexe.rows], annexe.findings) == ([date(2026, 6, 10)], ())


_STRICT = "http://purl.oclc.org/ooxml/spreadsheetml/main"
_STRICT_LINKS = "http://purl.oclc.org/ooxml/officeDocument/relationships"


# Lists side by side


def beside(gap: int) -> list[list[str]]:
    """Both lists on one sheet, so many empty columns between them."""
    space = [""] * gap
    return [
        ["ANNEXE 1"],
        ["Date de transmission :", "15/06/2026"],
        [HEADING_1, *[""] * 4, *space, HEADING_2],
        [*TITLES_1, *space, *TITLES_2],
        [*ALICE, *space, *BOB],
        [*BOB[:3], "eva@agglo-lys.example", BOB[4]],
        [*[""] * 5, *space, "Petit", "Luc", "agent", "luc@agglo-lys.example", "31/05/2026"],
    ]


@pytest.mark.rule("A3")
@pytest.mark.parametrize("gap", [0, 1, 2])
def test_lists_side_by_side_are_two_lists(read_here: Reader, gap: int) -> None:
    rows = beside(gap)
    width = len(rows[3])
    forms = {
        "a.xlsx": xlsx_sheet(*map(xlsx_row, rows)),
        "a.ods": odf("spreadsheet", f'<table:table table:name="A">{"".join(map(ods_row, rows))}</table:table>'),
        "a.csv": "\n".join(";".join([*row, *[""] * (width - len(row))]) for row in rows).encode(),
    }
    for name, content in forms.items():
        annexe = read_here(content, name)
        assert emails(annexe, 1) == [ALICE[3], "eva@agglo-lys.example"]
        assert emails(annexe, 2) == [BOB[3], "luc@agglo-lys.example"]
        assert [row.sheet_row for row in annexe.rows] == [5, 6, 5, 7]
        assert annexe.transmitted_on == date(2026, 6, 15)


@pytest.mark.parametrize("name", ["a.xlsx", "a.ods"])
def test_titles_over_two_rows_are_read(read_here: Reader, name: str) -> None:
    over = ["Identité", "", "Fonction/qualité", "Adresse électronique", "Date de demande"]
    under = ["Nom", "Prénom", "", "", "d'habilitation"]
    rows = [
        ["ANNEXE 1"],
        ["Date de transmission :", "15/06/2026"],
        [HEADING_1],
        over,
        under,
        [*ALICE],
        [HEADING_2],
        [*TITLES_2],
    ]
    content = {
        "a.xlsx": xlsx_sheet(*map(xlsx_row, rows)),
        "a.ods": odf("spreadsheet", f'<table:table table:name="A">{"".join(map(ods_row, rows))}</table:table>'),
    }[name]
    annexe = read_here(content, name)
    assert (emails(annexe, 1), annexe.findings) == ([ALICE[3]], ())


def test_titles_of_which_some_are_merged_over_both_rows_are_read(read_here: Reader) -> None:
    over = ["Identité", "", *TITLES_1[2:]]
    rows = [["ANNEXE 1"], ["Date de transmission :", "15/06/2026"], [HEADING_1], over, ["Nom", "Prénom"], [*ALICE]]
    merged = "".join(f'<mergeCell ref="{cells}"/>' for cells in ("A4:B4", "C4:C5", "D4:D5", "E4:E5"))
    content = xlsx_sheet(*map(xlsx_row, rows), sheet=f"<mergeCells>{merged}</mergeCells>")
    annexe = read_here(content, "a.xlsx")
    assert (emails(annexe, 1), told(annexe)) == ([ALICE[3]], [("list-missing", None)])


# Workbooks of before 2007


@pytest.mark.rule("A1")
def test_the_marks_of_an_old_workbook_are_those_that_it_shows(read_here: Reader) -> None:
    annexe = read_here((SHEETS / "marques.xls").read_bytes(), "a.xls")
    assert [(row.last_name, row.function, row.on, row.sheet_row) for row in annexe.rows] == [
        ("Carpentier", "Directrice", date(2026, 6, 10), 6),  # « Dupont » struck through before it; 9 June, 23:59:39
        ("Leroy", "Directrice", date(2026, 6, 11), 7),  # struck through; one function for both
        ("Petit", "agent", date(2026, 6, 12), 9),
    ]
    assert told(annexe) == [("date-repaired", 1), ("struck-or-hidden", 2)]
    hidden = read_here((SHEETS / "colonne-masquee.xls").read_bytes(), "a.xls")
    assert [row for code, row in told(hidden) if code == "struck-or-hidden"] == [1, 2, 3]
