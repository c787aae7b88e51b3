"""Two lists that stand side by side in one table, as a sheet may have them: read as two tables."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from provisioner.documents.blocks import Block, Cell, Table, TableRow, is_in_doubt, number_of
from provisioner.documents.titles import LONGEST_TITLE, count_titles

#: How many columns' titles each of two lists has at least.
_FEWEST_TITLES = 4


def apart(blocks: Iterable[Block]) -> Iterator[Block]:
    """The blocks, each table in which lists stand side by side as a table a list, from left to right."""
    for block in blocks:
        yield from [block] if isinstance(block, str) else _apart(block)


def _apart(table: Table) -> Iterator[Table]:
    for index, row in enumerate(table):
        if column := _second_list(row):
            first = _first_of_both(table[:index], column)
            left = [*table[:first], *(_part(one, 0, column) for one in table[first:])]
            right = [_part(one, column, len(one)) for one in table[first:]]
            yield [one for one in left if one]
            yield from _apart([one for one in right if one])
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


def _part(row: Sequence[Cell], first: int, end: int) -> TableRow:
    """Some columns of a row; nothing when they are empty."""
    cells = row[first:end]
    is_filled = any(cell.is_filled or cell.merged for cell in cells)
    return TableRow(cells if is_filled else (), number_of(row), in_doubt=is_in_doubt(row))
