"""What the tables of a document mean, decided once for every format: which are the lists, who is in them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import NamedTuple

from provisioner.documents import titles
from provisioner.documents.blocks import Cell, Reading, Table, number_of
from provisioner.documents.dates import DateRead, find_date, is_month_first
from provisioner.documents.rows import read_row
from provisioner.documents.text import quoted
from provisioner.domain.annexe import Annexe, Column, Finding, Row, Severity


def understand(reading: Reading) -> Annexe:
    """The annexe 1 that a document holds, alone or within the whole convention."""
    every = list(_lines(reading))
    lines = _of_annexe_1(every)
    month_first = any(is_month_first(cell.text) for line in every for cell in line.cells)
    transmitted_on, findings = _transmission(lines, every, month_first)
    if reading.pending_revisions:
        findings.append(Finding("pending-revisions", Severity.WARNING))
    lists = _Lists(month_first)
    for line in lines:
        lists.add(line)
    return Annexe(transmitted_on, tuple(lists.rows), (*findings, *lists.missing(), *lists.findings))


class _Line(NamedTuple):
    """A line of a paragraph, or a row of a table with the table's identity and the number that a sheet shows."""

    cells: Sequence[Cell]
    table: int | None = None
    width: int = 0
    has_addresses: bool = False
    number: int | None = None

    @property
    def text(self) -> str:
        """Its first text."""
        return next((cell.text.strip() for cell in self.cells if cell.text.strip()), "")


def _lines(reading: Reading) -> Iterator[_Line]:
    for identity, block in enumerate(reading.blocks):
        if isinstance(block, str):
            yield from (_Line([Cell(line)]) for line in block.split("\n"))
        else:
            yield from _rows_of(block, identity)


def _rows_of(table: Table, identity: int) -> Iterator[_Line]:
    """The rows, each cell that goes on the one above holding its value."""
    width = max((len(row) for row in table), default=0)
    has_addresses = any(titles.has_address(row) for row in table)
    above: Sequence[Cell] = ()
    for row in table:
        cells = [above[x] if cell.merged and x < len(above) else cell for x, cell in enumerate(row)]
        yield _Line(cells, identity, width, has_addresses, number_of(row))
        above = cells


def _of_annexe_1(lines: list[_Line]) -> list[_Line]:
    """The lines that follow « ANNEXE 1 », up to another annexe; all of them where no line says so."""
    inside: list[_Line] = []
    outside: list[_Line] = []
    number: int | None = None
    found = False
    for line in lines:
        number = titles.annexe_number(line.text) or number
        found = found or number == 1
        (inside if number == 1 else outside).append(line)
    return inside if found else lines


def _transmission(lines: list[_Line], every: list[_Line], month_first: bool) -> tuple[date | None, list[Finding]]:
    """The date of transmission (A2), in the annexe or else anywhere in the document."""
    unread = None
    for place in (lines, every):
        for index, line in enumerate(place):
            for position, cell in enumerate(line.cells):
                below = [one.cells[position] for one in place[index + 1 : index + 2] if position < len(one.cells)]
                for text, is_its_own in _transmission_texts(cell, line.cells[position + 1 :], below):
                    found = text and find_date(text, month_first=month_first)
                    if found:
                        return found.day, _repair(found, text)
                    if is_its_own:
                        unread = unread or text
    return None, [Finding("transmission-date-missing", Severity.ERROR, value=quoted(unread or "") or None)]


def _transmission_texts(cell: Cell, beside: Sequence[Cell], below: Sequence[Cell]) -> Iterator[tuple[str, bool]]:
    """Where the date may stand: after the words, in the next filled cell of the row, below.

    With each, whether what cannot be read there is the date itself: what stands below may be another sentence.
    """
    for line in cell.text.split("\n"):
        rest = titles.after_transmission(line)
        if rest is not None:
            yield rest, True
            yield next((one.text for one in beside if one.text.strip()), ""), True
            yield from ((one.text, False) for one in below)


def _repair(found: DateRead, text: str) -> list[Finding]:
    if not found.repaired:
        return []
    suggestion = found.day.strftime("%d/%m/%Y")
    return [
        Finding(
            "date-repaired",
            Severity.WARNING,
            value=quoted(text) or None,
            suggestion=suggestion,
            details={"read": found.day},
        )
    ]


@dataclass(slots=True)
class _Columns:
    """Where a list's columns stand, in which table they were found, and whether a note has ended the list."""

    positions: dict[Column, int]
    table: int
    width: int
    ended: bool = False


class _Lists:
    """The two lists, gathered line after line."""

    def __init__(self, month_first: bool) -> None:
        self._month_first = month_first
        self.rows: list[Row] = []
        self.findings: list[Finding] = []
        self._current: int | None = None
        self._columns: dict[int, _Columns] = {}
        self._lacking: dict[tuple[int, Column], None] = {}
        self._above: dict[int, Row] = {}

    def add(self, line: _Line) -> None:
        """One more line: a heading, titles, a person, or nothing of interest."""
        number = titles.list_number(line.text)
        if number is not None:
            self._current = number
        elif self._current is not None and line.table is not None:
            positions = titles.columns_in(line.cells, self._current)
            if positions:
                self._set_columns(self._current, positions, line)
            elif self._is_in_list(self._current, line):
                self._add_row(self._current, line)

    def missing(self) -> Iterator[Finding]:
        """The lists that are not there (A1, A3) and the columns that they lack (A1)."""
        for number, severity in ((1, Severity.ERROR), (2, Severity.WARNING)):
            if number not in self._columns:
                yield Finding("list-missing", severity, list=number)
        for number, column in self._lacking:
            yield Finding("column-missing", Severity.ERROR, list=number, column=column)

    def _set_columns(self, number: int, positions: dict[Column, int], line: _Line) -> None:
        assert line.table is not None
        self._columns[number] = _Columns(positions, line.table, line.width)
        for column in titles.columns_of(number):
            if column not in positions:
                self._lacking[number, column] = None

    def _is_in_list(self, number: int, line: _Line) -> bool:
        """Whether a row that is no title belongs to the list whose heading came last."""
        columns = self._columns.get(number)
        if columns is None or line.table is None:
            return False
        if line.table != columns.table:
            # A table without titles goes on the list when it looks the same. One with addresses always does: better
            # an error for a person to look at than somebody who is passed over in silence.
            if line.width != columns.width and not line.has_addresses:
                return False
            columns.table, columns.width, columns.ended = line.table, line.width, False
        if titles.is_note(line.cells):
            columns.ended = True
            return False
        return not columns.ended or titles.has_address(line.cells)

    def _add_row(self, number: int, line: _Line) -> None:
        positions = self._columns[number].positions
        cells = {column: line.cells[at] for column, at in positions.items() if at < len(line.cells)}
        if titles.names_nobody(list(cells.values())):
            return
        above = self._above.get(number)
        row, findings = read_row(cells, number, above.row + 1 if above else 1, above, month_first=self._month_first)
        row = replace(row, sheet_row=line.number)
        self._above[number] = row
        self.rows.append(row)
        self.findings += findings
