"""One filled row: its values put in order, and what is wrong with its cells taken one by one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from provisioner.documents.addresses import read_address
from provisioner.documents.blocks import Cell
from provisioner.documents.dates import read_date
from provisioner.documents.text import Suspicion, is_ditto, quoted, suspicion, tidy, tidy_name
from provisioner.documents.titles import columns_of
from provisioner.domain.annexe import Column, Finding, Row, Severity
from provisioner.domain.people import EmailAddress

_NO_CELL = Cell()


def read_row(cells: Mapping[Column, Cell], number: int, row: int, above: Row | None) -> tuple[Row, list[Finding]]:
    """The row's values, None where there is none, and the findings of its cells.

    Args:
        cells: the row's cells by column; a column that the list lacks is an empty cell.
        number: the list, 1 or 2.
        row: its number among the list's filled rows, from 1.
        above: the row before it in the list, which ditto marks repeat.
    """
    reader = _RowReader(cells, number, row, above)
    read = Row(
        list=number,
        row=row,
        last_name=reader.name(Column.LAST_NAME),
        first_names=reader.name(Column.FIRST_NAMES),
        function=reader.function(),
        email=reader.email(),
        on=reader.on(),
        written=reader.written(),
    )
    return read, [*reader.marks(), *reader.findings]


class _RowReader:
    def __init__(self, cells: Mapping[Column, Cell], number: int, row: int, above: Row | None) -> None:
        self._cells, self._number, self._row, self._above = cells, number, row, above
        self.findings: list[Finding] = []

    def written(self) -> dict[Column, str]:
        """The address and the date as they stand in their cells, short enough to be quoted."""
        columns = (Column.EMAIL, Column.REQUESTED_ON if self._number == 1 else Column.ENDED_ON)
        return {column: quoted(self._text(column)) for column in columns}

    def marks(self) -> list[Finding]:
        """A1: a row struck through or hidden is neither kept nor removed."""
        struck = [cell for cell in self._cells.values() if cell.struck]
        hidden = [cell for cell in self._cells.values() if cell.hidden]
        if not struck and not hidden:
            return []
        shown = next((quoted(cell.text) for cell in struck or hidden if quoted(cell.text)), None)
        how = "struck" if struck else "hidden"
        return [self._finding("struck-or-hidden", Severity.ERROR, None, shown, how=how)]

    def name(self, column: Column) -> str | None:
        """A last name or first names."""
        text = self._text(column)
        if is_ditto(text) or not any(one.isalpha() for one in text):
            self._missing(column)
            return None
        if self._is_suspicious(column, name=True):
            return None
        return self._repaired(column, tidy_name(text))

    def function(self) -> str | None:
        """A function or quality; a ditto mark repeats the row above."""
        column = Column.FUNCTION
        text = self._text(column)
        if is_ditto(text):
            value = self._above.function if self._above else None
            if value is None:
                self._missing(column)
                return None
            self._add("ditto-expanded", Severity.INFO, column, read=value)
            return value
        if not self._cells.get(column, _NO_CELL).formula and not any(one.isalnum() for one in text):
            self._missing(column)
            return None
        return None if self._is_suspicious(column) else self._repaired(column, tidy(text))

    def email(self) -> EmailAddress | None:
        """The address (A7); in list 2 nothing about it is more than a warning."""
        column = Column.EMAIL
        text = self._text(column)
        if not text and not self._cells.get(column, _NO_CELL).formula:
            self._missing(column)
            return None
        severity = Severity.ERROR if self._number == 1 else Severity.WARNING
        if not is_ditto(text) and self._is_suspicious(column, severity):
            return None
        read = read_address(text)
        if read.email is None:
            details = {"several": True} if read.several else {}
            self._add("email-invalid", severity, column, read.suggestion, **details)
            return None
        self._repaired(column, read.email)
        return read.email

    def on(self) -> date | None:
        """The list's date (A6); a ditto mark repeats the row above."""
        column = columns_of(self._number)[-1]
        text = self._text(column)
        if not text and not self._cells.get(column, _NO_CELL).formula:
            self._missing(column)
            return None
        if is_ditto(text):
            return self._date_above(column)
        if self._is_suspicious(column):
            return None
        read = read_date(text)
        if read is None:
            self._add("date-invalid", Severity.ERROR, column)
            return None
        if read.repaired:
            self._add("date-repaired", Severity.WARNING, column, read.day.strftime("%d/%m/%Y"), read=read.day)
        return read.day

    def _date_above(self, column: Column) -> date | None:
        if self._above is None:
            self._missing(column)
            return None
        if self._above.on is None:
            self._add("date-invalid", Severity.ERROR, column, ditto=True)
            return None
        self._add("ditto-expanded", Severity.INFO, column, read=self._above.on)
        return self._above.on

    def _text(self, column: Column) -> str:
        return self._cells.get(column, _NO_CELL).text.strip()

    def _missing(self, column: Column) -> None:
        formula = self._cells.get(column, _NO_CELL).formula
        if formula:
            self._is_suspicious(column)
            return
        is_needed = self._number == 1 or column is not Column.FUNCTION
        self._add("cell-missing", Severity.ERROR if is_needed else Severity.WARNING, column)

    def _is_suspicious(self, column: Column, severity: Severity = Severity.ERROR, *, name: bool = False) -> bool:
        text = self._text(column)
        found = suspicion(text, formula=self._cells.get(column, _NO_CELL).formula, name=name)
        if found is None and column is Column.EMAIL and ("\n" in text or "\r" in text):
            found = Suspicion("line-break")
        if found is not None:
            self._add("suspicious-characters", severity, column, kind=found.kind, characters=found.characters)
        return found is not None

    def _repaired(self, column: Column, value: str) -> str:
        if value != self._text(column):
            self._add("text-repaired", Severity.INFO, column, value)
        return value

    def _add(
        self, code: str, severity: Severity, column: Column, suggestion: str | None = None, **details: object
    ) -> None:
        value = quoted(self._text(column)) or None
        self.findings.append(self._finding(code, severity, column, value, suggestion, **details))

    def _finding(
        self,
        code: str,
        severity: Severity,
        column: Column | None,
        value: str | None,
        suggestion: str | None = None,
        **details: object,
    ) -> Finding:
        return Finding(code, severity, self._number, self._row, column, value, suggestion, details)
