"""Judges what was read of a document by hand-written values: right, safely refused, or wrong without a word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from enum import StrEnum
from typing import Any

Read = Mapping[str, Any]
_FIELDS = ("last_name", "first_names", "function", "email")


class Verdict(StrEnum):
    """What became of a value."""

    RIGHT = "right"
    SAFE = "safe"
    """Not read, and an error makes a person look."""

    WARN = "warn"
    """Not read, and no more than a warning tells."""

    WRONG = "wrong"
    """Nobody would notice."""


def verdicts(case: Read, answer: Read) -> Iterator[tuple[Verdict, str]]:
    """The verdict on each value of a document, and what it is about.

    Args:
        case: `sent`, the date of transmission (null: told as missing; `!`: two contend); in `open` and `closed` the
            units, of a kind `k`: R is read exactly as in `v`, X (a text `m`) is no row and an error tells it unless
            it may be skipped, A may be read or refused, F is a row `n` with an error. Codes that must be there.
        answer: the check as JSON.
    """
    judge = _Judge(answer)
    yield judge.sent(case["sent"])
    for number, key in ((1, "open"), (2, "closed")):
        yield from judge.rows(case[key], number, key)
    for code in case["must"]:
        yield (Verdict.RIGHT if code in judge.codes else Verdict.WRONG), f"no {code}"


class _Judge:
    def __init__(self, answer: Read) -> None:
        self._answer = answer
        self._errors = [finding for finding in answer["findings"] if finding["severity"] == "error"]
        self._warned = any(finding["severity"] == "warning" for finding in answer["findings"])
        self.codes = {finding["code"] for finding in answer["findings"]}

    def sent(self, wanted: str | None) -> tuple[Verdict, str]:
        sent = self._answer["transmitted_on"]
        about = f"sent: want {wanted}, got {sent}"
        if wanted in ("?", "!"):
            is_asked = sent is None and bool(self._errors)
            return (Verdict.RIGHT if sent == "2026-09-04" or is_asked else Verdict.WRONG), about
        if sent == wanted and (wanted or "transmission-date-missing" in self.codes):
            return Verdict.RIGHT, about
        is_told = self.codes & {"transmission-date-missing", "unreadable-document"}
        return (Verdict.SAFE if is_told else Verdict.WRONG), about

    def rows(self, units: Sequence[Read], number: int, key: str) -> Iterator[tuple[Verdict, str]]:
        date = "requested_on" if number == 1 else "ended_on"
        rows = [[row[field] for field in (*_FIELDS, date)] for row in self._answer[key]]
        for unit in units:
            verdict, row = self._unit(unit, number, rows)
            if row is not None:
                rows.remove(row)
            yield verdict, f"{key}: {unit}, got {row}"
        for row in rows:
            yield Verdict.WRONG, f"{key}: extra row {row}"

    def _unit(
        self, unit: Read, number: int, rows: Sequence[list[str | None]]
    ) -> tuple[Verdict, list[str | None] | None]:
        told = [finding for finding in self._errors if finding["list"] in (number, None)]
        if unit["k"] == "R":
            wanted = unit["v"]
            row = next((row for row in rows if row[3] == wanted[3]), None)
            row = row or next((row for row in rows if row[:2] == wanted[:2]), None)
            if row is not None:
                return (Verdict.RIGHT if row == wanted else Verdict.WRONG), row
            if unit.get("soft") and self._errors:
                return Verdict.RIGHT, None
            return (Verdict.SAFE if self._errors else Verdict.WARN if self._warned else Verdict.WRONG), None
        if unit["k"] == "F":
            is_told = any((finding["list"], finding["row"]) == (unit["list"], unit["n"]) for finding in self._errors)
            return (Verdict.RIGHT if is_told else Verdict.WRONG), None
        row = next((row for row in rows if any(unit["m"] in (cell or "") for cell in row)), None)
        if unit["k"] == "A":
            return Verdict.RIGHT, row
        is_right = row is None and (unit["kind"] == "skip" or bool(told))
        return (Verdict.RIGHT if is_right else Verdict.WRONG), row
