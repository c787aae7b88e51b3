"""What passes from the child that reads a document to the service: an annexe, or nothing."""

from __future__ import annotations

import json
from datetime import date

import pytest

from provisioner.documents.answer import NotAnAnswer, from_json, to_json
from provisioner.domain.annexe import Annexe, Column, Finding, Row, Severity
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
    {"read": date(2026, 8, 31), "several": True, "count": 2, "kind": None, "quotes": ("a", "b")},
)
ANNEXE = Annexe(date(2026, 9, 1), (ROW,), (FINDING,))


def test_an_annexe_comes_back_as_it_was_understood() -> None:
    back = from_json(json.loads(json.dumps(to_json(ANNEXE))))

    assert back == ANNEXE
    assert (back.rows[0].written, back.rows[0].sheet_row) == (ROW.written, 12)


@pytest.mark.parametrize(
    "answer",
    [
        None,
        [],
        [None, []],
        [None, [], {}],
        ["2026-02-30", [], []],
        [None, [[1, 1, 2, None, None, None, None, {}, None]], []],
        [None, [["1", 1, None, None, None, None, None, {}, None]], []],
        [None, [[1, 1, None, None, None, None, None, {"id": "a"}, None]], []],
        [None, [[1, 1, "a" * 100_000, None, None, None, None, {}, None]], []],
        [None, [], [["a", "fatal", None, None, None, None, None, {}]]],
        [None, [], [[1, "error", None, None, None, None, None, {}]]],
        [None, [], [["a", "error", None, None, None, None, None, {"a": {"b": "c"}}]]],
        [None, [], [["a", "error", None, None, None, None, None, {"a": 1.5}]]],
    ],
)
def test_what_is_no_annexe_is_refused(answer: object) -> None:
    with pytest.raises(NotAnAnswer):
        from_json(answer)
