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
    """A cell as written.

    `kind` is `text`, `date` (then `text` is ISO) or `number`. `merged`: it goes on the cell above.
    """

    text: str = ""
    kind: str = "text"
    struck: bool = False
    hidden: bool = False
    formula: bool = False
    merged: bool = False


Table = list[list[Cell]]
Block = str | Table


class Reading(NamedTuple):
    """A file's blocks, and whether it holds tracked changes that nobody has accepted or refused yet."""

    blocks: list[Block]
    pending_revisions: bool = False


def is_filled(row: list[Cell]) -> bool:
    """Whether a row says anything: empty rows never count, be they a million."""
    return any(cell.formula or cell.text.strip() for cell in row)


def to_json(reading: Reading) -> dict[str, Any]:
    """The reading as plain lists: a table is a list of rows, a cell without marks is its text."""
    return {
        "pending_revisions": reading.pending_revisions,
        "blocks": [
            block if isinstance(block, str) else [[_short(cell) for cell in row] for row in block]
            for block in reading.blocks
        ],
    }


def from_json(answer: dict[str, Any]) -> Reading:
    """The reverse of `to_json`."""
    blocks: list[Block] = [
        block
        if isinstance(block, str)
        else [[Cell(item) if isinstance(item, str) else Cell(*item) for item in row] for row in block]
        for block in answer["blocks"]
    ]
    return Reading(blocks, answer["pending_revisions"])


def _short(cell: Cell) -> str | list[Any]:
    return cell.text if cell == Cell(cell.text) else list(cell)


class Rows:
    """The rows of a table being read: trims them, drops the empty ones, and stops at the limit of filled rows."""

    def __init__(self, most: int) -> None:
        self._left = most

    def kept(self, cells: list[Cell], times: int = 1) -> Table:
        """The row, as many times as the file repeats it; nothing when it is empty.

        Raises:
            Unreadable: the document holds more filled rows than the limit.
        """
        cells = [cell._replace(text=cell.text[:LONGEST_TEXT]) for cell in cells[:MOST_CELLS]]
        while cells and not is_filled(cells[-1:]) and not cells[-1].merged:
            cells.pop()
        if not is_filled(cells):
            return []
        self._left -= times
        if self._left < 0:
            raise Unreadable("too-many-rows")
        return [cells] * times
