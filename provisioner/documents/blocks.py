"""A file, and what every reader makes of it: paragraphs and tables in the page's order, cells with their marks."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

#: The longest text kept of a cell, in characters: no value of an annexe comes near it.
LONGEST_TEXT = 2_000

#: The most cells kept of a row.
MOST_CELLS = 64

#: As many cells as the rows of a document may have on average, once it is longer than so many rows.
_USUAL_CELLS, _FEWEST_ROWS = 16, 1_000


class Unreadable(Exception):
    """The document cannot be read; `reason` is the key of its French words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


#: What a package holds: each part's bytes by its name.
Parts = dict[str, bytes]


class File(NamedTuple):
    """A file that may be read: its kind (`docx`, `odt`, `xlsx`, `xls`, `ods`, `csv`, `pdf`), its bytes, any parts."""

    kind: str
    content: bytes
    parts: Parts


class Cell(NamedTuple):
    """A cell as written, a typed date as ISO writes it.

    `merged`: it goes on the cell above. `doubtful`: its lines may have lost a space when they were put together.
    `standing`: where only a part of the text is struck through, the other part. `note`: a comment or a footnote that
    hangs on it.
    """

    text: str = ""
    struck: bool = False
    hidden: bool = False
    formula: bool = False
    merged: bool = False
    doubtful: bool = False
    standing: str = ""
    note: str = ""

    @property
    def is_filled(self) -> bool:
        """Whether it says anything."""
        return self.formula or bool(self.text.strip())


class Run(NamedTuple):
    """A piece of a cell's or a paragraph's text with its marks."""

    text: str
    struck: bool = False
    hidden: bool = False


def shown(runs: Iterable[Run]) -> str:
    """The text of a paragraph as the page shows it, without what is struck through."""
    return "".join(run.text for run in runs if not run.hidden and not run.struck)


def cell_of(runs: Iterable[Run], *, hidden: bool = False, merged: bool = False, formula: bool = False) -> Cell:
    """A cell with the text of its runs, hidden and struck ones too, and their marks."""
    runs = list(runs)
    filled = [run for run in runs if run.text.strip()]
    struck = any(run.struck for run in filled)
    return Cell(
        "".join(run.text for run in runs).strip("\n"),
        struck=struck,
        hidden=hidden or any(run.hidden for run in filled),
        formula=formula,
        merged=merged,
        standing=_standing(runs) if struck else "",
    )


def _standing(runs: list[Run]) -> str:
    """What is not struck through; nothing where a strike ends within a word, which leaves no value."""
    for before, after in pairwise(run for run in runs if run.text):
        is_within_word = before.text[-1].isalnum() and after.text[0].isalnum()
        if before.struck != after.struck and is_within_word:
            return ""
    return "".join(run.text for run in runs if not run.struck).strip()


class TableRow(list[Cell]):
    """A row of a table.

    `number`: what a spreadsheet shows beside it, from 1. `in_doubt`: its cells cannot be told apart, or a text was
    cut at its cell's border; then it may be a heading or a note, never a person.
    """

    def __init__(self, cells: Iterable[Cell] = (), number: int | None = None, *, in_doubt: bool = False) -> None:
        super().__init__(cells)
        self.number = number
        self.in_doubt = in_doubt


Table = Sequence[TableRow]
Block = str | Table


class Reading(NamedTuple):
    """A file's blocks, and whether it holds tracked changes that nobody has accepted or refused yet.

    `margins`: what is printed over and under the pages, and what stands beside the text: its comments and notes, a
    sheet's text boxes.
    """

    blocks: Sequence[Block]
    pending_revisions: bool = False
    margins: Sequence[Block] = ()


class Rows:
    """Trims the rows of a table that is read, drops the empty ones, and stops at the limit of filled rows.

    Rows with more cells than any list has are worth several: their cells cost as much.
    """

    def __init__(self, most: int) -> None:
        self._rows_left = most
        self._cells_left = max(most, _FEWEST_ROWS) * _USUAL_CELLS

    def kept(
        self, cells: Sequence[Cell], times: int = 1, number: int | None = None, *, in_doubt: bool = False
    ) -> list[TableRow]:
        """The row, as many times as the file repeats it; nothing when it is empty, be there a million of them.

        Cells beyond `MOST_CELLS` are left out. `number` and `in_doubt`: see `TableRow`; the repeated rows count on.

        Raises:
            Unreadable: the document holds more filled rows than the limit.
        """
        cells = [
            cell
            if len(cell.text) <= LONGEST_TEXT >= len(cell.standing)
            else cell._replace(text=cell.text[:LONGEST_TEXT], standing=cell.standing[:LONGEST_TEXT])
            for cell in cells[:MOST_CELLS]
        ]
        while cells and not cells[-1].is_filled and not cells[-1].merged:
            cells.pop()
        if not any(cell.is_filled for cell in cells):
            return []
        self._rows_left -= times
        self._cells_left -= times * len(cells)
        if self._rows_left < 0 or self._cells_left < 0:
            raise Unreadable("too-many-rows")
        if number is None:
            return [TableRow(cells, in_doubt=in_doubt)] * times
        return [TableRow(cells, number + index, in_doubt=in_doubt) for index in range(times)]
