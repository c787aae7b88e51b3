"""Rows that somebody has crossed out in a PDF, with a line of the suite or a pen of the reader."""

from __future__ import annotations

from datetime import date
from types import SimpleNamespace
from typing import Any

import pytest
from pdfminer.psparser import LIT

from provisioner.documents.strikes import Strikes
from tests.documents.conftest import Reader
from tests.documents.making import pdf_page, pdf_texts
from tests.documents.test_wrapping import letters

#: The page is 100 points high; the rows of letters stand from 0, 14 and 28 down to 10 points more.
HIGH = 100
ROWS = ("DELAFITTE", "CARPENTIER", "PETIT")


def page(*notes: dict[str, Any], **objects: list[dict[str, Any]]) -> Any:
    chars = [{**char, "width": 6.0, "upright": True} for char in letters(*ROWS)]
    annots = [note(data) for data in notes]
    return SimpleNamespace(chars=chars, annots=annots, **{"lines": [], "rects": [], "curves": [], **objects})


def note(data: dict[str, Any]) -> dict[str, Any]:
    x0, _, x1, y1 = data["Rect"]
    return {"x0": x0, "x1": x1, "top": HIGH - y1, "data": {**data, "Subtype": LIT(data["Subtype"])}}


def struck(a_page: Any) -> set[str]:
    strikes = Strikes(a_page)
    return {ROWS[int(char["top"] // 14)] for char in a_page.chars if id(char) in strikes.rough | strikes.exact}


#: From one end of the second row to the other, in the units of a PDF, which count from the bottom.
LEVEL = HIGH - 19
RECT = [0, LEVEL - 5, 60, LEVEL + 5]


@pytest.mark.rule("A1")
@pytest.mark.parametrize(
    "data",
    [
        {"Subtype": "Ink", "InkList": [[0, LEVEL, 60, LEVEL]]},
        {"Subtype": "Ink", "InkList": [[0, LEVEL - 2, 20, LEVEL + 2, 40, LEVEL - 2, 60, LEVEL + 2]]},
        {"Subtype": "Line", "L": [0, LEVEL - 3, 60, LEVEL + 3]},
        {"Subtype": "PolyLine", "Vertices": [0, LEVEL, 30, LEVEL + 1, 60, LEVEL]},
        {"Subtype": "StrikeOut", "QuadPoints": [0, LEVEL + 5, 60, LEVEL + 5, 0, LEVEL - 5, 60, LEVEL - 5]},
        {"Subtype": "StrikeOut"},
        {"Subtype": "Redact"},
    ],
)
def test_a_mark_across_a_row_strikes_that_row(data: dict[str, Any]) -> None:
    assert struck(page({"Rect": RECT, **data})) == {"CARPENTIER"}


@pytest.mark.rule("A1")
def test_a_cross_over_several_rows_strikes_them_all() -> None:
    rect = [0, HIGH - 38, 60, HIGH]
    ink = {"Subtype": "Ink", "Rect": rect, "InkList": [[0, HIGH, 60, HIGH - 38], [0, HIGH - 38, 60, HIGH]]}
    assert struck(page(ink)) == set(ROWS)
    quads = [number for y in (HIGH, HIGH - 28) for number in (0, y, 60, y, 0, y - 10, 60, y - 10)]
    assert struck(page({"Subtype": "StrikeOut", "Rect": rect, "QuadPoints": quads})) == {"DELAFITTE", "PETIT"}
    curve = {"height": 38, "width": 60, "stroke": True, "pts": [(0, 0), (60, 38)]}
    assert struck(page(curves=[curve])) == {"DELAFITTE", "CARPENTIER"}


@pytest.mark.parametrize(
    "data",
    [
        {"Subtype": "Highlight", "QuadPoints": [0, LEVEL + 5, 60, LEVEL + 5, 0, LEVEL - 5, 60, LEVEL - 5]},
        {"Subtype": "Underline"},
        {"Subtype": "Ink", "InkList": [[0, LEVEL - 4.8, 60, LEVEL - 4.8]]},
        {"Subtype": "Ink", "InkList": [[-2, HIGH, -2, HIGH - 30]]},
        {"Subtype": "Ink", "InkList": [[0, LEVEL, 60, LEVEL]], "F": 2},
        {"Subtype": "Ink", "InkList": None},
        {"Subtype": "Line", "L": [0]},
    ],
)
def test_a_mark_beside_a_row_or_one_that_deletes_nothing_strikes_nothing(data: dict[str, Any]) -> None:
    assert struck(page({"Rect": RECT, **data})) == set()


def test_strokes_without_end_cost_nothing() -> None:
    scribble = [[x % 60, LEVEL + x % 3] for x in range(200_000)]
    ink = {"Subtype": "Ink", "Rect": RECT, "InkList": [[number for point in scribble for number in point]] * 200}
    Strikes(page(ink))


#: A list without lines between its cells.
UNRULED = (
    "ANNEXE 1",
    "Date de transmission : 13/04/2026 15/06/2026",
    "1 - Liste des personnes pour lesquelles un nouvel acces est demande",
    ("Nom", "Prenom", "Fonction", "Adresse electronique", "Date de demande"),
    ("Petit", "Luc", "agent", "luc.petit@x.example", "10/06/2026"),
    ("Noir Blanc", "Eve", "agent", "eve@x.example eve.blanc@x.example", "10/06/2026"),
)
FORMER_DATE = (1, 111, 152)


@pytest.mark.rule("A1")
@pytest.mark.parametrize(
    ("strike", "last_name", "is_asked"),
    [
        ((5, 28, 530), "Noir Blanc", True),  # the whole row
        ((5, 29, 45), "Blanc", False),  # a name, beside the right one
        ((5, 279, 338), "Noir Blanc", True),  # an address, beside another
    ],
    ids=["row", "name", "address"],
)
def test_somebody_struck_in_a_table_without_lines_is_asked_about_and_never_gone(
    read_here: Reader, strike: tuple[int, int, int], last_name: str, is_asked: bool
) -> None:
    annexe = read_here(pdf_page(pdf_texts(*UNRULED, strikes=[FORMER_DATE, strike])), "a.pdf")
    assert annexe.transmitted_on == date(2026, 6, 15)
    assert [row.last_name for row in annexe.rows] == ["Petit", last_name]
    assert [finding.row for finding in annexe.findings if finding.code == "struck-or-hidden"] == (
        [2] if is_asked else []
    )


def ruled(after_the_address: int, before: tuple[int, ...] = (26, 106, 186, 276)) -> list[str]:
    """The lines round the titles and two persons of the list above, one after the addresses at this point."""
    levels = [f"{before[0]} {y} m 570 {y} l S" for y in (713, 693, 673, 653)]
    return [*levels, *(f"{x} 653 m {x} 713 l S" for x in (*before, after_the_address, 570))]


def test_a_markers_colour_on_the_words_of_a_row_is_no_border_of_its_cells(read_here: Reader) -> None:
    persons = UNRULED[4], ("Roux", "Eva", "agent", "eva.roux@x.example", "10/06/2026")
    marker = ["1 1 0 rg", "280 653 75 20 re f", "0 g"]
    annexe = read_here(pdf_page(pdf_texts(*UNRULED[:4], *persons, under=[*ruled(476), *marker])), "a.pdf")
    assert [(row.last_name, row.email) for row in annexe.rows] == [(person[0], person[3]) for person in persons]
    assert [finding.code for finding in annexe.findings if finding.row] == []


@pytest.mark.rule("A7")
def test_an_address_that_ends_at_its_cells_border_may_have_been_cut_there(read_here: Reader) -> None:
    persons = UNRULED[4], ("Roux", "Eva", "agent", "eva.roux@ville-test.exam", "10/06/2026")
    annexe = read_here(pdf_page(pdf_texts(*UNRULED[:4], *persons, under=ruled(372))), "a.pdf")
    assert [row.last_name for row in annexe.rows] == ["Petit"]
    assert [(finding.code, finding.row) for finding in annexe.findings if finding.row] == [("row-not-understood", 2)]
    whole = read_here(pdf_page(pdf_texts(*UNRULED[:4], *persons, under=ruled(476))), "a.pdf")
    assert [row.last_name for row in whole.rows] == ["Petit", "Roux"]


@pytest.mark.rule("A1")
def test_a_long_name_that_goes_on_below_its_first_line_is_whole(read_here: Reader) -> None:
    persons = UNRULED[4], ("Vandenberghe-Wago", "Eva", "agent", "eva.roux@x.example", "10/06/2026"), ("nette",)
    lines = [line.replace("653 m", "633 m").replace(" 653 l", " 633 l") for line in ruled(476)]
    annexe = read_here(pdf_page(pdf_texts(*UNRULED[:4], *persons, under=lines)), "a.pdf")
    assert [row.last_name for row in annexe.rows] == ["Petit", "Vandenberghe-Wagonette"]


@pytest.mark.rule("A7")
def test_a_wide_address_among_texts_that_stand_far_from_their_borders_is_whole(read_here: Reader) -> None:
    persons = UNRULED[4], ("Roux", "Eva", "agent", "eva.roux@ville-test.exam", "10/06/2026")
    lines = ruled(380, before=(10, 90, 170, 276))
    annexe = read_here(pdf_page(pdf_texts(*UNRULED[:4], *persons, under=lines)), "a.pdf")
    assert [row.last_name for row in annexe.rows] == ["Petit", "Roux"]
