"""What the child answers: the annexe as it was understood, as plain JSON between two processes.

The child may have been taken over by the file that it read. So the way back takes nothing for granted: whatever is
not of the expected type is refused, never corrected.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from provisioner.documents.blocks import Unreadable
from provisioner.domain.annexe import Annexe, Column, Finding, Row, Severity
from provisioner.domain.people import EmailAddress

#: The longest text of a value or a quote, in characters: the reader keeps far less of each.
_LONGEST_TEXT = 10_000

#: A detail of a finding that is a day stands under this key, since JSON has no dates.
_DAY = "day"


class NotAnAnswer(Exception):
    """What the child said is not an annexe."""


def unreadable(error: Unreadable) -> Annexe:
    """The annexe of a document that cannot be read: nothing but the finding that says why."""
    return Annexe(None, (), (Finding("unreadable-document", Severity.ERROR, details={"reason": error.reason}),))


def to_json(annexe: Annexe) -> list[Any]:
    """The annexe as plain lists."""
    return [
        _day_out(annexe.transmitted_on),
        [_row_out(row) for row in annexe.rows],
        [_finding_out(finding) for finding in annexe.findings],
    ]


def from_json(answer: object) -> Annexe:
    """The reverse of `to_json`.

    Raises:
        NotAnAnswer: it is something else.
    """
    try:
        transmitted_on, rows, findings = _list(answer)
        return Annexe(_day(transmitted_on), tuple(map(_row, _list(rows))), tuple(map(_finding, _list(findings))))
    except (KeyError, TypeError, ValueError) as error:
        raise NotAnAnswer from error


def _row_out(row: Row) -> list[Any]:
    return [
        row.list,
        row.row,
        row.last_name,
        row.first_names,
        row.function,
        row.email,
        _day_out(row.on),
        dict(row.written),
        row.sheet_row,
    ]


def _row(row: object) -> Row:
    number, position, last_name, first_names, function, email, on, written, sheet_row = _list(row)
    address = _text(email)
    return Row(
        list=_number(number),
        row=_number(position),
        last_name=_text(last_name),
        first_names=_text(first_names),
        function=_text(function),
        email=None if address is None else EmailAddress(address),
        on=_day(on),
        written={Column(column): _text(text) or "" for column, text in _dict(written).items()},
        sheet_row=None if sheet_row is None else _number(sheet_row),
    )


def _finding_out(finding: Finding) -> list[Any]:
    return [
        finding.code,
        finding.severity,
        finding.list,
        finding.row,
        finding.column,
        finding.value,
        finding.suggestion,
        {key: _detail_out(value) for key, value in finding.details.items()},
    ]


def _finding(finding: object) -> Finding:
    code, severity, number, row, column, value, suggestion, details = _list(finding)
    if not isinstance(code, str):
        raise TypeError(code)
    return Finding(
        code=code,
        severity=Severity(severity),
        list=None if number is None else _number(number),
        row=None if row is None else _number(row),
        column=None if column is None else Column(column),
        value=_text(value),
        suggestion=_text(suggestion),
        details={key: _detail(detail) for key, detail in _dict(details).items()},
    )


def _detail_out(value: object) -> object:
    """A detail: a text, a number, a truth, a day, or a list of these."""
    if isinstance(value, date):
        return {_DAY: value.isoformat()}
    if isinstance(value, list | tuple):
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
