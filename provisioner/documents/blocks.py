"""What every reader makes of a file: paragraphs and tables in the order of the page. Passes between two processes."""

from __future__ import annotations

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


Table = list[list[Cell]]
Block = str | Table


class Reading(NamedTuple):
    """A file's blocks, and whether it holds tracked changes that nobody has accepted or refused yet."""

    blocks: list[Block]
    pending_revisions: bool = False


def to_json(reading: Reading) -> list[Any]:
    """The reading as plain lists; a cell without marks is its text."""
    return [
        [block if isinstance(block, str) else [[*map(_short, row)] for row in block] for block in reading.blocks],
        reading.pending_revisions,
    ]


def from_json(answer: list[Any]) -> Reading:
    """The reverse of `to_json`."""
    blocks, pending_revisions = answer
    return Reading(
        [block if isinstance(block, str) else [[*map(_whole, row)] for row in block] for block in blocks],
        pending_revisions,
    )


def _short(cell: Cell) -> str | list[Any]:
    return list(cell) if any(cell[1:]) else cell.text


def _whole(cell: str | list[Any]) -> Cell:
    return Cell(cell) if isinstance(cell, str) else Cell(*cell)


class Rows:
    """The rows of a table being read: trims them, drops the empty ones, and stops at the limit of filled rows."""

    def __init__(self, most: int) -> None:
        self._left = most

    def kept(self, cells: list[Cell], times: int = 1) -> Table:
        """The row, as many times as the file repeats it; nothing when it is empty, be there a million of them.

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
        return [cells] * times
