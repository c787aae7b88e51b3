"""A document as lines: each line of a paragraph, each row of a table, in the order of the page.

Two lists that stand side by side in one table, as a sheet may have them, are two tables.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from provisioner.documents.blocks import LONGEST_TEXT, Block, Cell, Table, TableRow
from provisioner.documents.dates import read_date
from provisioner.documents.titles import LONGEST_TITLE, count_titles

#: How many columns' titles each of two lists side by side has at least.
_FEWEST_TITLES = 4


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

    @property
    def quote(self) -> str:
        """The row as a finding quotes it."""
        return " | ".join(cell.text.strip() for cell in self.filled)

    @property
    def words(self) -> str:
        """Its texts as one, where it is no person's row."""
        return " ".join(cell.text.strip() for cell in self.filled)

    @property
    def has_address(self) -> bool:
        """Whether it may hold somebody's address."""
        return any("@" in cell.text for cell in self.cells)

    def shows_somebody(self, least: int = 2) -> bool:
        """Whether a row has an address or a date, and at least so many filled cells."""
        filled = self.filled
        return len(filled) >= least and any("@" in cell.text or read_date(cell.text) for cell in filled)


def lines_of(blocks: Sequence[Block]) -> Iterator[Line]:
    """The lines of a document; of blank ones in a row, only the first."""
    is_blank = False
    apart = (part for block in blocks for part in ([block] if isinstance(block, str) else _apart(block)))
    for identity, block in enumerate(apart):
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
        cells: Sequence[Cell] = row
        if any(cell.merged for cell in row):
            cells = [
                above[x]._replace(merged=True) if cell.merged and x < len(above) else cell
                for x, cell in enumerate(row)
            ]
        yield Line(cells, identity, width, row.number, row.in_doubt)
        above = cells


def _apart(table: Table) -> Iterator[Table]:
    """A table in which lists stand side by side as a table a list, from left to right; any other as it is."""
    for index, row in enumerate(table):
        if column := _second_list(row):
            first = _first_of_both(table[:index], column)
            left = [*table[:first], *(_part(both, 0, column) for both in table[first:])]
            right = [_part(both, column, len(both)) for both in table[first:]]
            yield [part for part in left if part]
            yield from _apart([part for part in right if part])
            return
    yield table


def _second_list(row: Sequence[Cell]) -> int:
    """The column where a second list begins, if a row holds the titles of two; else 0."""
    named = [x for x, cell in enumerate(row) if "nom" in cell.text[:LONGEST_TITLE].casefold()]
    if len(named) < 2 * len(("Nom", "Prénom")):
        return 0
    starts = [x for x in range(1, len(row)) if row[x].is_filled]
    counts = {x: (count_titles(row[:x]), count_titles(row[x:])) for x in starts}
    both = [x for x in starts if min(counts[x]) >= _FEWEST_TITLES]
    return max(both, key=lambda x: sum(counts[x]), default=0)


def _first_of_both(above: Table, column: int) -> int:
    """The first of the rows right above the titles that has something over the second list: its heading."""
    first = len(above)
    while first and any(cell.is_filled for cell in above[first - 1][column:]):
        first -= 1
    return first


def _part(row: TableRow, first: int, end: int) -> TableRow:
    """Some columns of a row; nothing when they are empty."""
    cells = row[first:end]
    is_filled = any(cell.is_filled or cell.merged for cell in cells)
    return TableRow(cells if is_filled else (), row.number, in_doubt=row.in_doubt)
