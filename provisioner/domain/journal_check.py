"""Verifying the journal: whether the chain is whole, and if not, which entry is the first bad one and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from provisioner.domain.journal import EMPTY, Entry, Head, Row


class Problem(StrEnum):
    """What is wrong with the first bad entry."""

    CHANGED = "changed"
    REMOVED = "removed"
    REORDERED = "reordered"
    INSERTED = "inserted"
    DETAIL_CHANGED = "detail-changed"
    CUT = "cut"
    REWRITTEN = "rewritten"


@dataclass(frozen=True, slots=True)
class Bad:
    """The first bad entry, and what is wrong with it."""

    entry: int
    problem: Problem


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many entries there are, and either the chain's end or the first bad entry."""

    entries: int
    head: Head | None
    bad: Bad | None


def verify(rows: Iterable[Row], taken_out: Head | None = None) -> Verdict:
    """Goes through the whole journal, oldest first, once.

    `taken_out`: a head noted earlier outside the database. Without it, a chain that was cut at its end or made anew
    as a whole looks whole.
    """
    reader = _Reader(rows)
    bad = _first_bad(reader, taken_out)
    for _ in reader:
        pass
    return Verdict(reader.count, None if bad else reader.head, bad)


class _Reader(Iterator[Row]):
    """The rows, counted as they go by."""

    def __init__(self, rows: Iterable[Row]) -> None:
        self._rows = iter(rows)
        self.count, self.head = 0, EMPTY

    def __next__(self) -> Row:
        row = next(self._rows)
        self.count, self.head = self.count + 1, Head(row[0].entry, row[0].sha256)
        return row


def _first_bad(rows: Iterator[Row], taken_out: Head | None) -> Bad | None:
    good = EMPTY
    for one, detail, actor, _ in rows:
        facts = one.facts
        is_next = one.entry == facts.get("entry") == good.entry + 1
        if not (is_next and one.previous == good.sha256 and one.is_whole):
            return _named(good, one, (row.entry for row in rows))
        good = Head(one.entry, one.sha256)
        beside = [each for each in (detail, actor) if each is not None]
        if not all(each.belongs_to(facts) for each in beside):
            return Bad(one.entry, Problem.DETAIL_CHANGED)
        if taken_out is not None and good.entry == taken_out.entry and good != taken_out:
            return Bad(good.entry, Problem.REWRITTEN)
    if taken_out is not None and good.entry < taken_out.entry:
        return Bad(good.entry + 1, Problem.CUT)
    return None


def _named(good: Head, one: Entry, rest: Iterator[Entry]) -> Bad:
    """What was done, told from the entry that does not follow the good ones and from those after it.

    A chain can be broken in more ways than there are names: the nearest one is given, at the entry where it shows.
    """
    expected, number = good.entry + 1, _number(one)
    follows = one.previous == good.sha256
    after = next(rest, None)
    if number != expected:
        later = (_number(entry) for entry in ([after] if after else []))
        is_further_on = expected in later or any(_number(entry) == expected for entry in rest)
        if number > expected and is_further_on:
            return Bad(expected, Problem.REORDERED)
        if number > expected and (one.is_whole or not follows):
            return Bad(expected, Problem.REMOVED)
    if after is not None and after.previous == good.sha256:
        return Bad(expected, Problem.INSERTED)  # the chain closes without it
    if 0 < number < expected and (one.is_whole or not follows):
        return Bad(
            expected - (number == good.entry), Problem.INSERTED
        )  # it or the one before it: the number is taken
    if one.is_whole and not follows and (after is None or after.previous == one.sha256):
        return Bad(max(good.entry, 1), Problem.CHANGED)  # the one before it, with a fresh digest
    return Bad(expected, Problem.REMOVED if one.entry > expected and not follows else Problem.CHANGED)


def _number(one: Entry) -> int:
    """The number that the entry was made with, as its body says; 0 when it says none."""
    number = one.facts.get("entry")
    return number if isinstance(number, int) else 0
