"""What every reader makes of a file: paragraphs and tables in the order of the page. Passes between two processes."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

#: The longest text kept of a cell, in characters: no value of an annexe comes near it.
LONGEST_TEXT = 2_000

#: The most cells kept of a row.
MOST_CELLS = 64


class Unreadable(Exception):
    """The document cannot be read; `reason` is the key of its French words."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.reason = reason


class Cell(NamedTuple):
    """A cell as written, a typed date as ISO writes it. `merged`: it goes on the cell above."""

    text: str = ""
    struck: bool = False
    hidden: bool = False
    formula: bool = False
    merged: bool = False

    @property
    def is_filled(self) -> bool:
        """Whether it says anything."""
        return self.formula or bool(self.text.strip())


class TableRow(list[Cell]):
    """A row of a table. `number`: what a spreadsheet shows beside it, from 1; None where nothing shows one."""

    def __init__(self, cells: Iterable[Cell] = (), number: int | None = None) -> None:
        super().__init__(cells)
        self.number = number


Table = Sequence[Sequence[Cell]]
Block = str | Table


def number_of(row: Sequence[Cell]) -> int | None:
    """The number that a spreadsheet shows beside a row."""
    return row.number if isinstance(row, TableRow) else None


class Reading(NamedTuple):
    """A file's blocks, and whether it holds tracked changes that nobody has accepted or refused yet."""

    blocks: Sequence[Block]
    pending_revisions: bool = False


def to_json(reading: Reading) -> list[Any]:
    """The reading as plain lists; a cell without marks is its text, a row's number stands before its cells."""
    return [
        [block if isinstance(block, str) else [_short_row(row) for row in block] for block in reading.blocks],
        reading.pending_revisions,
    ]


def from_json(answer: list[Any]) -> Reading:
    """The reverse of `to_json`."""
    blocks, pending_revisions = answer
    return Reading(
        [block if isinstance(block, str) else [_whole_row(row) for row in block] for block in blocks],
        pending_revisions,
    )


def _short_row(row: Sequence[Cell]) -> list[Any]:
    number = number_of(row)
    return [*([] if number is None else [number]), *map(_short, row)]


def _whole_row(row: list[Any]) -> Sequence[Cell]:
    number = row[0] if row and isinstance(row[0], int) else None
    return TableRow(map(_whole, row if number is None else row[1:]), number)


def _short(cell: Cell) -> str | list[Any]:
    return list(cell) if any(cell[1:]) else cell.text


def _whole(cell: str | list[Any]) -> Cell:
    return Cell(cell) if isinstance(cell, str) else Cell(*cell)


class Rows:
    """The rows of a table being read: trims them, drops the empty ones, and stops at the limit of filled rows."""

    def __init__(self, most: int) -> None:
        self._left = most

    def kept(self, cells: Sequence[Cell], times: int = 1, number: int | None = None) -> list[TableRow]:
        """The row, as many times as the file repeats it; nothing when it is empty, be there a million of them.

        Args:
            cells: the row's cells; those beyond `MOST_CELLS` are left out.
            times: how many times the file has it.
            number: what a spreadsheet shows beside the first of them, from 1; the others follow.

        Raises:
            Unreadable: the document holds more filled rows than the limit.
        """
        cells = [cell._replace(text=cell.text[:LONGEST_TEXT]) for cell in cells[:MOST_CELLS]]
        while cells and not cells[-1].is_filled and not cells[-1].merged:
            cells.pop()
        if not any(cell.is_filled for cell in cells):
            return []
        self._left -= times
        if self._left < 0:
            raise Unreadable("too-many-rows")
        if number is None:
            return [TableRow(cells)] * times
        return [TableRow(cells, number + index) for index in range(times)]
