"""Tables of a page that have no lines between their cells."""

from __future__ import annotations

import pytest

from provisioner.documents.unruled import read_unruled
from provisioner.documents.wrapping import Line, pieces_of
from tests.documents.test_wrapping import WIDE, letters

#: Where each column starts, in letters.
STARTS = (0, 12, 24, 36, 56)
TITLES = ("Nom", "Prénom", "Fonction", "Adresse", "Date de fin")
PETIT = ("Petit", "Luc", "agent", "luc.petit@x.exampl", "31/08/2026")
REST = ("", "", "", "e", "")


def rows_of(*rows: tuple[str, ...] | str) -> list[list[Line]]:
    """Lines of a page: cells that start at their columns, or one text from the left."""
    pieces = []
    for y, row in enumerate(rows):
        cells = zip(STARTS, row, strict=True) if isinstance(row, tuple) else [(0, row)]
        chars = [
            {**char, "top": 14.0 * y, "bottom": 14.0 * y + 10}
            for start, text in cells
            for char in letters(text, left=start * WIDE)
        ]
        pieces += pieces_of(chars)
    return pieces


def texts(*rows: tuple[str, ...] | str) -> list[str | list[list[str]]]:
    """What is read: a line as its text, a table as the lines of its cells with a bar between them."""
    return [
        block.text
        if isinstance(block, Line)
        else [["|".join(line.text for line in cell.lines) for cell in row] for row in block]
        for block in read_unruled(rows_of(*rows), None).blocks
    ]


@pytest.mark.rule("A1")
def test_a_table_without_lines_is_read_by_where_its_titles_start() -> None:
    read = texts(
        "Liste 2 des personnes dont l'acces est a clore", TITLES, PETIT, REST, PETIT, "Une note qui va loin a droite"
    )
    whole = [*PETIT[:3], "luc.petit@x.exampl|e", PETIT[4]]
    assert read == [
        "Liste 2 des personnes dont l'acces est a clore",
        [list(TITLES), whole, list(PETIT)],
        "Une note qui va loin a droite",
    ]


@pytest.mark.rule("A1")
@pytest.mark.parametrize(
    "row",
    [
        ("Blanc", "Eve", "", "", ""),
        ("Blanc", "Eve", "agent", "", ""),
        ("", "", "", "eve@x.example", "01/09/2026"),
        ("Roux", "", "", "", ""),
    ],
)
def test_a_row_that_lacks_cells_is_never_taken_for_the_rest_of_the_one_above(row: tuple[str, ...]) -> None:
    (grid,) = texts(TITLES, PETIT, row)
    assert len(grid) == 3
    assert grid[1] == list(PETIT)


@pytest.mark.rule("A1")
def test_somebody_in_columns_that_run_into_each_other_is_a_row_that_cannot_be_read() -> None:
    (grid,) = texts(TITLES, PETIT, "Blanc       Eve         agent       eve.blancdelapierre@x.example01/09/2026")
    assert grid[2] == ["Blanc Eve agent eve.blancdelapierre@x.example01/09/2026"]


def test_a_table_goes_on_over_the_page_and_a_text_alone_is_none() -> None:
    first = read_unruled(rows_of(TITLES, PETIT), None)
    assert first.columns is not None
    second = read_unruled(rows_of(REST, PETIT), first.columns)
    assert [len(block) for block in second.blocks if isinstance(block, list)] == [2]
    assert read_unruled(rows_of("Une ligne", "Une autre"), None).columns is None
