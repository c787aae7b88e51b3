"""A document as lines: each line of a paragraph, each row of a table, in the order of the page."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from provisioner.documents.blocks import LONGEST_TEXT, Block, Cell, Table, is_in_doubt, number_of
from provisioner.documents.side_by_side import apart


class Line(NamedTuple):
    """A line of a paragraph, or a row of a table.

    `table` tells the tables of a document apart, and is None for a paragraph; `width` is that of the table; `number`
    is what a sheet shows beside the row; `in_doubt`: its cells cannot be told apart. A cell that goes on the one
    above has its text, and is marked as merged.
    """

    cells: Sequence[Cell]
    table: int | None = None
    width: int = 0
    number: int | None = None
    in_doubt: bool = False

    @property
    def filled(self) -> list[Cell]:
        """Its own cells that say something."""
        return [cell for cell in self.cells if cell.is_filled and not cell.merged]

    @property
    def text(self) -> str:
        """Its first text."""
        return next((cell.text.strip() for cell in self.cells if cell.text.strip()), "")


def lines_of(blocks: Sequence[Block]) -> Iterator[Line]:
    """The lines of a document; of blank ones in a row, only the first."""
    is_blank = False
    for identity, block in enumerate(apart(blocks)):
        if isinstance(block, str):
            was_blank, is_blank = is_blank, not block or block.isspace()
            if not (was_blank and is_blank):
                yield from (Line([Cell(line)]) for line in block[:LONGEST_TEXT].split("\n"))
        else:
            yield from _rows_of(block, identity)


def _rows_of(table: Table, identity: int) -> Iterator[Line]:
    width = max((len(row) for row in table), default=0)
    above: Sequence[Cell] = ()
    for row in table:
        cells = row
        if any(cell.merged for cell in row):
            cells = [
                above[x]._replace(merged=True) if cell.merged and x < len(above) else cell
                for x, cell in enumerate(row)
            ]
        yield Line(cells, identity, width, number_of(row), is_in_doubt(row))
        above = cells
