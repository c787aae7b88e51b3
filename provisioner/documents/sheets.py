"""A sheet of a workbook of any format: its cells and its marks, which files hold apart, brought together by place."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from datetime import date, datetime, time, timedelta
from typing import NamedTuple

from provisioner.documents.blocks import MOST_CELLS, Cell, Rows, TableRow
from provisioner.documents.dates import DAY_ZERO

#: The day that the workbooks of old Macintoshes count their days from; the others do from `DAY_ZERO`.
_DAY_ZERO_1904 = date(1904, 1, 1)

#: What a number format holds beside the letters that stand for a part of a date.
_NO_LETTERS = re.compile(r'"[^"]*"|\\.|\[[^\]]*\]|general', re.IGNORECASE)

_EMPTY = Cell()


class Merge(NamedTuple):
    """Cells shown as one: its first and last row, its first and last column, from zero."""

    top: int
    bottom: int
    left: int
    right: int


#: What is merged over more rows and columns than these is no heading of anybody: it is passed over.
_TALLEST_MERGE = 1_000


class Sheet:
    """A sheet as its file gives it: filled cells by row and column, from zero, and what is not shown of it."""

    def __init__(self, *, hidden: bool = False) -> None:
        self._hidden = hidden
        self._rows: dict[int, dict[int, Cell]] = {}
        self._hidden_rows: set[int] = set()
        self._hidden_columns: set[int] = set()
        self._merges: list[Merge] = []

    def put(self, y: int, x: int, cell: Cell) -> None:
        """A cell. An empty one is not kept, nor one further to the right than lists go."""
        if x < MOST_CELLS and cell.is_filled:
            self._rows.setdefault(y, {})[x] = cell

    def note(self, y: int, x: int, text: str) -> None:
        """A comment that hangs on a cell."""
        if cell := self._rows.get(y, {}).get(x):
            self._rows[y][x] = cell._replace(note=text)

    def hide_row(self, y: int) -> None:
        """A row that is not shown."""
        self._hidden_rows.add(y)

    def hide_columns(self, first: int, last: int) -> None:
        """Columns that are not shown."""
        self._hidden_columns.update(range(first, min(last, MOST_CELLS - 1) + 1))

    def merge(self, merge: Merge) -> None:
        """Cells shown as one: the first one holds the value, those below it in its column hold the same."""
        if merge.bottom - merge.top < _TALLEST_MERGE or merge.right - merge.left < MOST_CELLS:
            self._merges.append(merge)

    def table(self, rows: Rows) -> list[TableRow]:
        """The rows that hold something, each with the number that the sheet shows beside it.

        Raises:
            Unreadable: too many rows.
        """
        below, beside = self._covered()
        table: list[TableRow] = []
        for y in sorted(self._rows):
            row, below_here, beside_here = self._rows[y], below.get(y, ()), beside.get(y, ())
            is_hidden = self._hidden or y in self._hidden_rows
            cells = [row.get(x, _EMPTY) for x in range(max((*row, *below_here)) + 1)]
            for x, cell in enumerate(cells):
                hidden = is_hidden or x in self._hidden_columns or x in beside_here
                if hidden or x in below_here:
                    cells[x] = cell._replace(hidden=hidden and cell.is_filled, merged=x in below_here)
            table += rows.kept(cells, number=y + 1)
        return table

    def _covered(self) -> tuple[dict[int, set[int]], dict[int, set[int]]]:
        """The columns, by row, of the cells below the first one of merged cells, and of the others that these cover.

        What lies over other merged cells, which no sound file has, is passed over: this costs no more than the
        filled rows have cells.
        """
        filled = sorted(self._rows)
        below: dict[int, set[int]] = {}
        beside: dict[int, set[int]] = {}
        free = [0] * MOST_CELLS  # by column, the row from which nothing is merged yet
        for top, bottom, left, right in sorted(self._merges):
            for x in range(left, min(right + 1, MOST_CELLS)):
                if free[x] > bottom:
                    continue
                first = max(top + (x == left), free[x])
                free[x] = bottom + 1
                covered = below if x == left else beside
                for y in filled[bisect_left(filled, first) : bisect_right(filled, bottom)]:
                    covered.setdefault(y, set()).add(x)
        return below, beside


def date_text(days: float, *, from_1904: bool) -> str | None:
    """A number of days as a date, with its time to the second where it has one; None beyond any calendar."""
    try:
        midnight = datetime.combine(_DAY_ZERO_1904 if from_1904 else DAY_ZERO, time())
        moment = midnight + timedelta(seconds=round(days * 86_400))
    except (OverflowError, ValueError):
        return None
    return moment.date().isoformat() if moment.time() == time() else moment.isoformat()


def number_text(value: float, *, from_1904: bool) -> str:
    """A bare number; a whole one as the number of days from 1900 that it would be, were it one."""
    if not value.is_integer():
        return str(value)
    return str(int(value) + (_DAY_ZERO_1904 - DAY_ZERO).days * from_1904)


def is_date_format(code: str) -> bool:
    """Whether a number format shows a date or a time."""
    return re.search("[ymdhs]", _NO_LETTERS.sub("", code), re.IGNORECASE) is not None
