"""What passes from the child that reads a document to the service: an annexe, or nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from provisioner.documents.blocks import Unreadable
from provisioner.documents.bounded import NotAnAnswer, from_lines
from provisioner.documents.child import refusal_line, to_lines
from provisioner.domain.annexe.details import Flaw, OnDay, ReadAs, Table
from provisioner.domain.annexe.document import Annexe, Column, Finding, Row, Severity, Surplus
from provisioner.domain.people import EmailAddress

ROW = Row(
    list=2,
    row=3,
    last_name="Petit",
    first_names="Jean",
    function=None,
    email=EmailAddress("jean.petit@lens.example"),
    on=date(2026, 8, 31),
    written={Column.EMAIL: "Jean.Petit@lens.example", Column.ENDED_ON: "31/8/26"},
    sheet_row=12,
)
FINDING = Finding(
    "date-repaired",
    Severity.WARNING,
    2,
    3,
    Column.ENDED_ON,
    "31/8/26",
    "31/08/2026",
    ReadAs(date(2026, 8, 31)),
    sheet_row=12,
)
ANNEXE = Annexe(
    date(2026, 9, 1),
    (ROW,),
    (
        FINDING,
        Finding("table-not-understood", Severity.ERROR, details=Table((1, 2))),
        Finding("suspicious-characters", Severity.ERROR, 2, 3, Column.FUNCTION, details=Flaw("refused-in-name", "<")),
        Finding("email-invalid", Severity.ERROR, 2, 3, Column.EMAIL),
    ),
    Surplus({(Severity.ERROR, ""): 7, (Severity.INFO, "text-repaired"): 1}, frozenset({(2, 3)})),
)


def test_an_annexe_comes_back_as_it_was_understood() -> None:
    back = from_lines(to_lines(ANNEXE), 1, 1)

    assert back == ANNEXE
    assert (back.rows[0].written, back.rows[0].sheet_row) == (ROW.written, 12)


def test_what_stands_in_the_document_as_it_was_read_is_said_once() -> None:
    plain = replace(ROW, written={Column.EMAIL: "jean.petit@lens.example", Column.ENDED_ON: "2026-08-31"})
    (row,) = from_lines(to_lines(replace(ANNEXE, rows=(plain,))), 1, 1).rows

    assert row.written == {}
    assert [row.as_written(column) for column in plain.written] == list(plain.written.values())


_R = '["row",1,1,null,null,null,null,null,{},null,false]'
_DAY = r"{\"day\":\"2026-09-01\"}"
_F = f'["finding","date-future","error",null,null,null,null,null,"{_DAY}",null]'


def _ended(line: str, rows: int = 0, findings: int = 0) -> str:
    return f'{line}\n["end",null,{rows},{findings},[]]'


def _row(before: str, after: str) -> str:
    return _ended(_R.replace(before, after), rows=1)


def _finding(before: str, after: str) -> str:
    return _ended(_F.replace(before, after), findings=1)


def _annexe_of(answer: str) -> Annexe:
    return from_lines(answer.encode().splitlines(keepends=True), 1, 1)


def test_the_answers_below_would_be_taken_in_without_what_is_wrong_with_them() -> None:
    annexe = _annexe_of(f"{_R}\n{_ended(_F, rows=1, findings=1)}")

    assert (len(annexe.rows), annexe.findings[0].details) == (1, OnDay(date(2026, 9, 1)))


@pytest.mark.parametrize(
    "answer",
    [
        "",
        "null",
        "[]",
        "{}",
        "not JSON",
        _R,
        _ended(_R),
        _ended(f"{_R}\n{_R}", rows=2),
        '["end","2026-02-30",0,0,[]]',
        '["end",null,0,0]',
        '["end",null,0,0,[["fatal","a",1]]]',
        _ended('["strange"]'),
        _row("1,1", '"1",1'),
        _row("{}", '{"id":"a"}'),
        _row("1,1,null", '1,1,"' + "a" * 100_000 + '"'),
        _finding("error", "fatal"),
        _finding('"date-future"', "1"),
        _finding("date-future", "cell-missing"),
        _finding("date-future", "words-joined"),
        _finding("2026-09-01", "1 September"),
        _finding("day", "b"),
        _finding(r"\"2026-09-01\"", "1.5"),
        _finding("}", r",\"b\":1}"),
        _finding(r"{\"day\":\"2026-09-01\"}", "2026-09-01"),
        "[" * 100_000,
        '["unreadable","<b>"]',
    ],
)
def test_what_is_no_annexe_is_refused(answer: str) -> None:
    with pytest.raises(NotAnAnswer):
        _annexe_of(answer)


def test_a_document_that_cannot_be_read_is_told_after_whatever_was_said() -> None:
    with pytest.raises(Unreadable, match="too-long"):
        from_lines([next(to_lines(ANNEXE)), refusal_line("too-long")], 1, 1)
