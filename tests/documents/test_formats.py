"""What office suites put in their files, and what must be read of it whatever the format."""

from __future__ import annotations

from datetime import date

import pytest

from provisioner.documents.encodings import decoded
from provisioner.domain.annexe.details import Flaw
from provisioner.domain.annexe.document import Annexe
from tests.documents.conftest import Reader
from tests.documents.making import (
    ALICE,
    BOB,
    HEADING_1,
    TITLES_1,
    cell,
    csv_form,
    docx,
    ods_cell,
    ods_form,
    ods_row,
    paragraph,
    run,
    word_form,
    word_row,
    word_table,
    xlsx_form,
    xlsx_row,
)


def names(annexe: Annexe) -> list[str | None]:
    return [row.last_name for row in annexe.rows]


def codes(annexe: Annexe) -> list[str]:
    return [finding.code for finding in annexe.findings]


def control(content: str, more: str = "") -> str:
    return f"<w:sdt><w:sdtPr>{more}</w:sdtPr><w:sdtContent>{content}</w:sdtContent></w:sdt>"


# Word


def test_a_cell_that_is_a_form_field_keeps_its_column(read_here: Reader) -> None:
    row = word_row([*ALICE[:1], control(cell(ALICE[1])), *ALICE[2:4], cell(f"<w:p>{control(run(ALICE[4]))}</w:p>")])
    annexe = read_here(word_form(row), "a.docx")
    (read,) = annexe.rows
    assert (read.first_names, read.email, read.on) == ("Alice", ALICE[3], date(2026, 6, 10))
    assert codes(annexe) == []


def test_the_invitation_in_an_empty_form_field_is_not_a_value(read_here: Reader) -> None:
    empty = control(run("Cliquez ici pour entrer du texte."), "<w:showingPlcHdr/>")
    annexe = read_here(word_form(word_row([*ALICE[:2], cell(f"<w:p>{empty}</w:p>"), *ALICE[3:]])), "a.docx")
    assert codes(annexe) == ["cell-missing"]


def test_tracked_insertions_are_read_deletions_are_not_and_it_is_said(read_here: Reader) -> None:
    name = cell(f"<w:p><w:ins>{run('Durand')}</w:ins><w:del><w:r><w:delText>Dupont</w:delText></w:r></w:del></w:p>")
    removed = word_row(BOB, "<w:del/>")
    annexe = read_here(word_form(word_row([name, *ALICE[1:]]), removed), "a.docx")
    assert names(annexe) == ["Durand"]
    assert codes(annexe) == ["pending-revisions"]


@pytest.mark.rule("A1")
@pytest.mark.parametrize("mark", ["<w:strike/>", "<w:dstrike/>", "<w:vanish/>"])
def test_a_name_struck_through_or_hidden_in_word_is_a_question(read_here: Reader, mark: str) -> None:
    row = word_row([cell(f"<w:p>{run('Carpentier', mark)}</w:p>"), *ALICE[1:]])
    annexe = read_here(word_form(row, BOB), "a.docx")
    assert [(finding.code, finding.row, finding.value) for finding in annexe.findings] == [
        ("struck-or-hidden", 1, "Carpentier")
    ]
    assert names(annexe) == ["Carpentier", "Leroy"]


def test_a_strike_that_was_switched_off_is_none(read_here: Reader) -> None:
    name = run("Carpentier", '<w:strike w:val="0"/>')
    row = word_row([cell(f"<w:p>{name}</w:p>"), *ALICE[1:]])
    assert codes(read_here(word_form(row), "a.docx")) == []


def test_cells_merged_downward_hold_for_each_of_their_rows(read_here: Reader) -> None:
    first = [*ALICE[:2], cell("Directrice", '<w:vMerge w:val="restart"/>'), *ALICE[3:]]
    second = [*BOB[:2], cell("<w:p/>", "<w:vMerge/>"), *BOB[3:]]
    annexe = read_here(word_form(word_row(first), word_row(second)), "a.docx")
    assert [row.function for row in annexe.rows] == ["Directrice", "Directrice"]
    assert codes(annexe) == []


def test_borders_moved_by_hand_do_not_move_the_columns(read_here: Reader) -> None:
    spans = [2, 1, 3, 1, 1]
    row = word_row([cell(text, f'<w:gridSpan w:val="{span}"/>') for text, span in zip(ALICE, spans, strict=True)])
    annexe = read_here(word_form(row), "a.docx")
    assert annexe.rows[0].email == ALICE[3]


def test_a_row_with_merged_cells_keeps_the_columns_of_the_others(read_here: Reader) -> None:
    row = word_row([ALICE[0], cell("Alice", '<w:gridSpan w:val="2"/>'), *ALICE[3:]])
    annexe = read_here(word_form(row), "a.docx")
    assert (annexe.rows[0].email, codes(annexe)) == (ALICE[3], ["cell-missing"])


def test_a_table_within_a_cell_is_not_part_of_the_row(read_here: Reader) -> None:
    name = f"<w:tc>{word_table(('x', 'y'))}{paragraph('Carpentier')}</w:tc>"
    assert names(read_here(word_form(word_row([name, *ALICE[1:]])), "a.docx")) == ["Carpentier"]


def test_what_word_draws_twice_is_read_once(read_here: Reader) -> None:
    table = word_table(TITLES_1, ALICE)
    box = (
        "<w:p><mc:AlternateContent><mc:Choice><w:txbxContent>"
        f"{table}</w:txbxContent></mc:Choice><mc:Fallback><w:txbxContent>{table}</w:txbxContent></mc:Fallback>"
        "</mc:AlternateContent></w:p>"
    )
    assert names(read_here(docx(paragraph(HEADING_1), box), "a.docx")) == ["Carpentier"]


# LibreOffice

_STRUCK = (
    '<style:style style:name="S" style:family="text">'
    '<style:text-properties style:text-line-through-style="solid"/></style:style>'
    '<style:style style:name="T" style:parent-style-name="S"/>'
)


def test_a_comment_in_a_cell_is_not_part_of_its_value(read_here: Reader) -> None:
    name = ods_cell("<office:annotation><text:p>à vérifier</text:p></office:annotation><text:p>Carpentier</text:p>")
    assert names(read_here(ods_form(ods_row([name, *ALICE[1:]])), "a.ods")) == ["Carpentier"]


@pytest.mark.rule("A1")
@pytest.mark.parametrize(
    "row",
    [
        ods_row([ods_cell('<text:p><text:span text:style-name="T">Carpentier</text:span></text:p>'), *ALICE[1:]]),
        ods_row([ods_cell("Carpentier", 'table:style-name="S"'), *ALICE[1:]]),
        ods_row(ALICE, 'table:visibility="collapse"'),
        ods_row(ALICE, 'table:visibility="filter"'),
    ],
)
def test_a_row_struck_through_or_hidden_in_libreoffice_is_a_question(read_here: Reader, row: str) -> None:
    annexe = read_here(ods_form(row, BOB, styles=_STRUCK), "a.ods")
    assert [(finding.code, finding.row) for finding in annexe.findings] == [("struck-or-hidden", 1)]


def test_a_million_empty_rows_after_the_list_do_not_count(read_here: Reader) -> None:
    empty = '<table:table-row table:number-rows-repeated="1048576"><table:table-cell/></table:table-row>'
    assert names(read_here(ods_form(ALICE, empty, BOB), "a.ods")) == ["Carpentier", "Leroy"]


def test_a_typed_date_and_a_bare_number_of_days_are_dates(read_here: Reader) -> None:
    typed = '<table:table-cell office:value-type="date" office:date-value="2026-06-10T00:00:00"/>'
    number = (
        '<table:table-cell office:value-type="float" office:value="46183"><text:p>46 183</text:p></table:table-cell>'
    )
    annexe = read_here(ods_form(ods_row([*ALICE[:4], typed]), ods_row([*BOB[:4], number])), "a.ods")
    assert [row.on for row in annexe.rows] == [date(2026, 6, 10)] * 2
    assert [(finding.code, finding.row) for finding in annexe.findings] == [("date-repaired", 2)]


# Excel


@pytest.mark.rule("A1")
@pytest.mark.parametrize(
    "row",
    [
        xlsx_row(ALICE, 'hidden="1"'),
        xlsx_row(['<c s="1" t="inlineStr"><is><t>Carpentier</t></is></c>', *ALICE[1:]]),
        xlsx_row(["<c t='inlineStr'><is><r><rPr><strike/></rPr><t>Carpentier</t></r></is></c>", *ALICE[1:]]),
    ],
)
def test_a_row_struck_through_or_hidden_in_excel_is_a_question(read_here: Reader, row: str) -> None:
    annexe = read_here(xlsx_form(row, BOB), "a.xlsx")
    assert [(finding.code, finding.row) for finding in annexe.findings] == [("struck-or-hidden", 1)]
    assert names(annexe) == ["Carpentier", "Leroy"]


@pytest.mark.rule("A1")
def test_a_hidden_sheet_is_a_question_too(read_here: Reader) -> None:
    assert codes(read_here(xlsx_form(ALICE, state='state="hidden"'), "a.xlsx")) == ["struck-or-hidden"]


@pytest.mark.rule("A7")
@pytest.mark.parametrize("formula", ["<c><f>A1</f></c>", '<c t="str"><f>A1</f><v>alice@agglo-lys.example</v></c>'])
def test_a_formula_is_not_an_address(read_here: Reader, formula: str) -> None:
    annexe = read_here(xlsx_form(xlsx_row([*ALICE[:3], formula, ALICE[4]])), "a.xlsx")
    assert [(finding.code, finding.details) for finding in annexe.findings] == [
        ("suspicious-characters", Flaw("formula"))
    ]


def test_days_are_counted_from_where_the_workbook_counts_them(read_here: Reader) -> None:
    days = {"": 46183, '<workbookPr date1904="1"/>': 46183 - 1462}
    for workbook, number in days.items():
        for style in ('s="2"', ""):
            row = xlsx_row([*ALICE[:4], f"<c {style}><v>{number}</v></c>"])
            annexe = read_here(xlsx_form(row, workbook=workbook), "a.xlsx")
            assert annexe.rows[0].on == date(2026, 6, 10)


def test_a_million_empty_rows_of_a_workbook_do_not_count(read: Reader) -> None:
    far = '<row r="1048576"><c r="A1048576" s="2"/></row>'
    assert names(read(xlsx_form(ALICE, after=far), "a.xlsx")) == ["Carpentier"]


def test_a_stray_value_at_the_bottom_of_a_sheet_hides_nobody(read: Reader) -> None:
    far = '<row r="1048576"><c r="E1048576" t="inlineStr"><is><t> </t></is></c></row>'
    assert names(read(xlsx_form(ALICE, after=far), "a.xlsx")) == ["Carpentier"]


# Text


@pytest.mark.parametrize("join", [";", ",", "\t"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "cp1252", "mac_roman"]
)
def test_a_text_file_is_read_with_any_usual_delimiter_line_end_and_encoding(
    read_here: Reader, join: str, end: str, encoding: str
) -> None:
    text = csv_form([("Lefèvre", "Zoë", "élue", *ALICE[3:]), (*BOB[:2], '"', *BOB[3:])], join=join).decode()
    mark = "\ufeff" if encoding in ("utf-16-le", "utf-16-be") else ""
    annexe = read_here((mark + text.replace("\r\n", end)).encode(encoding), "a.csv")
    assert names(annexe) == ["Lefèvre", "Leroy"]
    assert codes(annexe) == ["ditto-expanded"]


@pytest.mark.parametrize(
    ("content", "text"),
    [
        ("Prénom ; « accès » d’été, œuvre, Šimi €".encode("cp1252"), "Prénom ; « accès » d’été, œuvre, Šimi €"),
        ("Prénom ; « accès » d’été, œuvre €".encode("mac_roman"), "Prénom ; « accès » d’été, œuvre €"),
        ("Élodie Žižka; Ž".encode("cp1252"), "Élodie Žižka; Ž"),
        ("DÉJÀ ÇA".encode("cp1252"), "DÉJÀ ÇA"),
    ],
)
def test_windows_letters_are_taken_for_macintosh_ones_only_where_they_are_absurd(content: bytes, text: str) -> None:
    assert decoded(content) == text


def test_a_ditto_mark_in_a_text_file_does_not_swallow_the_next_cell(read_here: Reader) -> None:
    for ditto in ('"', '""""'):
        annexe = read_here(csv_form([ALICE, (*BOB[:2], ditto, BOB[3], ditto)]), "a.csv")
        assert [(row.function, row.on) for row in annexe.rows] == [("Directrice", date(2026, 6, 10))] * 2
        assert codes(annexe) == ["ditto-expanded"] * 2


def test_a_quoted_cell_may_hold_the_delimiter_and_a_line_break(read_here: Reader) -> None:
    annexe = read_here(csv_form([(*ALICE[:2], '"agent; ""volant""\nde jour"', *ALICE[3:])]), "a.csv")
    assert annexe.rows[0].function == 'agent; "volant" de jour'
