"""Excel's sheets of before and after 2007: the values and the marks, which come apart, brought together by place."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from provisioner.documents.blocks import MOST_CELLS, Cell, Rows, Table

#: Days between the two origins that a workbook may count its days from.
DAYS_1904 = 1462

#: How far down a merged cell is followed.
_TALLEST_MERGE = 1_000

#: A row and a column, from zero.
Position = tuple[int, int]


@dataclass(slots=True)
class Sheet:
    """A sheet: its filled rows by their number, and the marks of rows and cells."""

    hidden: bool
    values: dict[int, Sequence[object]] = field(default_factory=dict)
    hidden_rows: set[int] = field(default_factory=set)
    struck: set[Position] = field(default_factory=set)
    formulas: set[Position] = field(default_factory=set)
    below: set[Position] = field(default_factory=set)

    def merge(self, top: int, bottom: int, left: int) -> None:
        """Marks the cells under the first one of cells merged downward: the value is in the first one only."""
        self.below.update((row, left) for row in range(top + 1, min(bottom, top + _TALLEST_MERGE) + 1))

    def table(self, rows: Rows, days: int) -> Table:
        """The rows that hold a value, or a formula, which may have none.

        Args:
            rows: what is kept of them.
            days: what makes a bare number of days count from 1900.

        Raises:
            Unreadable: too many rows.
        """
        widths = {y: len(values) for y, values in self.values.items()}
        for y, x in self.formulas:
            widths[y] = max(widths.get(y, 0), x + 1)
        return [
            row
            for y in sorted(widths)
            for row in rows.kept([self._cell(y, x, days) for x in range(min(widths[y], MOST_CELLS))])
        ]

    def _cell(self, y: int, x: int, days: int) -> Cell:
        values = self.values.get(y, ())
        text = _text(values[x], days) if x < len(values) else ""
        at = (y, x)
        struck = at in self.struck and bool(text.strip())
        return Cell(text, struck, self.hidden or y in self.hidden_rows, at in self.formulas, at in self.below)


def _text(value: object, days: int) -> str:
    if isinstance(value, datetime):
        return value.date().isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value) + days)
    return str(value)
