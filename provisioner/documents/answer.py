"""What the child answers: the annexe as it was understood, a line of JSON a row and a finding, then an end.

The child may have been taken over by the file that it read. So the way back takes nothing for granted: whatever is
not of the expected type, or more than was asked for, is refused, never corrected.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Any, TypeVar

from provisioner.documents.blocks import Unreadable
from provisioner.domain.annexe.document import Annexe, Column, Finding, Row, Severity, Surplus
from provisioner.domain.people import EmailAddress

#: The longest answer, in bytes: several times what the most rows need.
LONGEST_ANSWER = 64 * 2**20

#: The longest text of a value or a quote, in characters: the reader keeps far less of each.
_LONGEST_TEXT = 10_000

#: The most codes of findings: what a child may send is this many times what is kept of one code.
_MOST_CODES = 100

#: A detail of a finding that is a day stands under this key, since JSON has no dates.
_DAY = "day"

#: How many values are remembered to be kept once.
_MOST_SAME = 2_000

_ROW, _FINDING, _END = "row", "finding", "end"

_Value = TypeVar("_Value")


class NotAnAnswer(Exception):
    """What the child said is not an annexe."""


def unreadable(error: Unreadable) -> Annexe:
    """The annexe of a document that cannot be read: nothing but the finding that says why."""
    return Annexe(None, (), (Finding("unreadable-document", Severity.ERROR, details={"reason": error.reason}),))


def to_lines(annexe: Annexe) -> Iterator[bytes]:
    """The annexe, line by line."""
    for row in annexe.rows:
        yield _line(_row_out(row, is_refused=(row.list, row.row) in annexe.surplus.refused))
    for finding in annexe.findings:
        yield _line(_finding_out(finding))
    counts = [[severity, code, count] for (severity, code), count in annexe.surplus.counts.items()]
    yield _line([_END, _day_out(annexe.transmitted_on), len(annexe.rows), len(annexe.findings), counts])


def refusal_line(reason: str) -> bytes:
    """Says, after whatever was said, that the document cannot be read."""
    return _line({"unreadable": reason})


def from_lines(lines: Iterable[bytes], most_rows: int, most_findings: int) -> Annexe:
    """The reverse of `to_lines`; each line is taken in when it comes.

    Args:
        lines: what the child says.
        most_rows: the most rows that it may have kept.
        most_findings: the most findings that it may have kept of one code.

    Raises:
        Unreadable: the child says that it cannot be read.
        NotAnAnswer: it is something else, or ends before its end.
    """
    try:
        return _Answer(most_rows, most_findings * _MOST_CODES).of(lines)
    except (KeyError, TypeError, ValueError, RecursionError) as error:
        raise NotAnAnswer from error


class _Answer:
    """An answer that comes in. Equal values are kept once: 50,000 rows have few functions and few dates."""

    def __init__(self, most_rows: int, most_findings: int) -> None:
        self._most_rows, self._most_findings = most_rows, most_findings
        self._rows: list[Row] = []
        self._findings: list[Finding] = []
        self._refused: set[tuple[int, int]] = set()
        self._same: dict[Any, Any] = {}

    def of(self, lines: Iterable[bytes]) -> Annexe:
        for line in lines:
            said = json.loads(line)
            if isinstance(said, dict):
                raise Unreadable(_reason(said["unreadable"]))
            kind, *values = _list(said)
            if kind == _END:
                return self._whole(*values)
            if kind == _ROW:
                self._add_row(*values)
            elif kind == _FINDING:
                self._add_finding(*values)
            else:
                raise ValueError(kind)
        raise NotAnAnswer

    def _whole(self, transmitted_on: object, rows: object, findings: object, counts: object) -> Annexe:
        if (rows, findings) != (len(self._rows), len(self._findings)):
            raise ValueError(rows)
        surplus = {(Severity(severity), str(_text(code))): _number(count) for severity, code, count in _list(counts)}
        return Annexe(
            _day(transmitted_on),
            tuple(self._rows),
            tuple(self._findings),
            Surplus(surplus, frozenset(self._refused)),
        )

    def _add_row(
        self,
        number: object,
        position: object,
        last_name: object,
        first_names: object,
        function: object,
        email: object,
        on: object,
        written: object,
        sheet_row: object,
        is_refused: object,
    ) -> None:
        if len(self._rows) >= self._most_rows:
            raise ValueError(number)
        address = _text(email)
        row = Row(
            list=_number(number),
            row=_number(position),
            last_name=self._once(_text(last_name)),
            first_names=self._once(_text(first_names)),
            function=self._once(_text(function)),
            email=None if address is None else EmailAddress(address),
            on=self._once(_day(on)),
            written=self._written(_dict(written)),
            sheet_row=None if sheet_row is None else _number(sheet_row),
        )
        self._rows.append(row)
        if is_refused:
            self._refused.add((row.list, row.row))

    def _add_finding(
        self,
        code: object,
        severity: Any,
        number: object,
        row: object,
        column: Any,
        value: object,
        suggestion: object,
        details: object,
        sheet_row: object,
    ) -> None:
        if len(self._findings) >= self._most_findings or not isinstance(code, str):
            raise ValueError(code)
        finding = Finding(
            code=code,
            severity=Severity(severity),
            list=None if number is None else _number(number),
            row=None if row is None else _number(row),
            column=None if column is None else Column(column),
            value=_text(value),
            suggestion=_text(suggestion),
            details={key: _detail(detail) for key, detail in _dict(details).items()},
            sheet_row=None if sheet_row is None else _number(sheet_row),
        )
        self._findings.append(finding)

    def _written(self, written: Mapping[str, Any]) -> Mapping[Column, str]:
        key = tuple(written.items())
        same: Mapping[Column, str] | None = self._same.get(key)
        if same is None:
            same = {Column(column): self._once(_text(text)) or "" for column, text in key}
            if len(self._same) < _MOST_SAME:
                self._same[key] = same
        return same

    def _once(self, value: _Value) -> _Value:
        same: _Value = self._same.get(value, value)
        if len(self._same) < _MOST_SAME:
            self._same[value] = value
        return same


def _line(said: object) -> bytes:
    return json.dumps(said, separators=(",", ":")).encode() + b"\n"


def _row_out(row: Row, *, is_refused: bool) -> list[Any]:
    """The row; what stands in the document as it was read is not said twice."""
    as_read = {Column.EMAIL: row.email, row.date_column: _day_out(row.on)}
    written = {column: text for column, text in row.written.items() if text != as_read[column]}
    return [
        _ROW,
        row.list,
        row.row,
        row.last_name,
        row.first_names,
        row.function,
        row.email,
        _day_out(row.on),
        written,
        row.sheet_row,
        is_refused,
    ]


def _finding_out(finding: Finding) -> list[Any]:
    return [
        _FINDING,
        finding.code,
        finding.severity,
        finding.list,
        finding.row,
        finding.column,
        finding.value,
        finding.suggestion,
        {key: _detail_out(value) for key, value in finding.details.items()},
        finding.sheet_row,
    ]


def _detail_out(value: object) -> object:
    """A detail: a text, a number, a truth, a day, or several of these. A list would come back as a tuple: refused."""
    if isinstance(value, date):
        return {_DAY: value.isoformat()}
    if isinstance(value, tuple):
        return [_detail_out(part) for part in value]
    if value is None or isinstance(value, str | int):
        return value
    raise TypeError(f"a finding's detail cannot be a {type(value).__name__}")


def _detail(value: object) -> object:
    if isinstance(value, dict):
        return _day(value[_DAY])
    if isinstance(value, list):
        return tuple(map(_detail, value))
    return value if isinstance(value, bool | int) else _text(value)


def _reason(value: object) -> str:
    if not isinstance(value, str) or not re.fullmatch("[a-z-]{1,40}", value):
        raise TypeError(value)
    return value


def _day_out(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _day(value: object) -> date | None:
    text = _text(value)
    return None if text is None else date.fromisoformat(text)


def _text(value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError(value)
    if value is not None and len(value) > _LONGEST_TEXT:
        raise ValueError(len(value))
    return value


def _number(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool):
        raise TypeError(value)
    return value


def _list(value: object) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(value)
    return value


def _dict(value: object) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        raise TypeError(value)
    return value
