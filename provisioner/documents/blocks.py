"""What every reader makes of a file: paragraphs and tables in the order of the page."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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


class Cell(NamedTuple):
    """A cell as written, a typed date as ISO writes it.

    `merged`: it goes on the cell above. `doubtful`: its lines may have lost a space when they were put together.
    `standing`: where only a part of the text is struck through, the other part.
    """

    text: str = ""
    struck: bool = False
    hidden: bool = False
    formula: bool = False
    merged: bool = False
    doubtful: bool = False
    standing: str = ""

    @property
    def is_filled(self) -> bool:
        """Whether it says anything."""
        return self.formula or bool(self.text.strip())


class TableRow(list[Cell]):
    """A row of a table.

    Args:
        cells: its cells.
        number: what a spreadsheet shows beside it, from 1; None where nothing shows one.
        in_doubt: whether its cells cannot be told apart: then it may be a heading or a note, never a person.
    """

    def __init__(self, cells: Iterable[Cell] = (), number: int | None = None, *, in_doubt: bool = False) -> None:
        super().__init__(cells)
        self.number = number
        self.in_doubt = in_doubt


Table = Sequence[Sequence[Cell]]
Block = str | Table


def number_of(row: Sequence[Cell]) -> int | None:
    """The number that a spreadsheet shows beside a row."""
    return row.number if isinstance(row, TableRow) else None


def is_in_doubt(row: Sequence[Cell]) -> bool:
    """Whether the cells of a row cannot be told apart."""
    return isinstance(row, TableRow) and row.in_doubt


class Reading(NamedTuple):
    """A file's blocks, and whether it holds tracked changes that nobody has accepted or refused yet.

    `margins`: what is printed over and under the pages, apart from their text.
    """

    blocks: Sequence[Block]
    pending_revisions: bool = False
    margins: Sequence[Block] = ()


class Rows:
    """The rows of a table being read: trims them, drops the empty ones, and stops at the limit of filled rows.

    Rows with more cells than any list has are worth several: their cells cost as much.
    """

    def __init__(self, most: int) -> None:
        self._left = most
        self._cells_left = max(most, _FEWEST_ROWS) * _USUAL_CELLS

    def kept(
        self, cells: Sequence[Cell], times: int = 1, number: int | None = None, *, in_doubt: bool = False
    ) -> list[TableRow]:
        """The row, as many times as the file repeats it; nothing when it is empty, be there a million of them.

        Args:
            cells: the row's cells; those beyond `MOST_CELLS` are left out.
            times: how many times the file has it.
            number: what a spreadsheet shows beside the first of them, from 1; the others follow.
            in_doubt: whether its cells cannot be told apart.

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
        self._left -= times
        self._cells_left -= times * len(cells)
        if self._left < 0 or self._cells_left < 0:
            raise Unreadable("too-many-rows")
        if number is None:
            return [TableRow(cells, in_doubt=in_doubt)] * times
        return [TableRow(cells, number + index, in_doubt=in_doubt) for index in range(times)]
