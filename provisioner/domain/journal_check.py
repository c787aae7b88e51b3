"""Verifying the journal: whether the chain is whole, and if not, which entry is the first bad one and why."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from provisioner.domain.journal import EMPTY, Entry, Head, Row
from provisioner.domain.ledger import Difference


class Problem(StrEnum):
    """What is wrong with the first bad entry."""

    CHANGED = "changed"
    REMOVED = "removed"
    REORDERED = "reordered"
    INSERTED = "inserted"
    DETAIL_CHANGED = "detail-changed"
    DETAIL_MISSING = "detail-missing"
    REGISTER_DIFFERS = "register-differs"
    LEFT_BEHIND = "left-behind"
    CUT = "cut"
    REWRITTEN = "rewritten"


@dataclass(frozen=True, slots=True)
class Bad:
    """The first bad entry, and what is wrong with it. `difference` is what in the register does not follow from it;
    no entry says it at all when `entry` is None.
    """

    entry: int | None
    problem: Problem
    difference: Difference | None = None


@dataclass(frozen=True, slots=True)
class Verdict:
    """How many entries there are, and either the chain's end or the first bad entry."""

    entries: int
    head: Head | None
    bad: Bad | None


def verify(rows: Iterable[Row], taken_out: Head | None = None, since: Head = EMPTY) -> Verdict:
    """Goes through the whole journal, oldest first, once; or through what follows a head that was verified before.

    `taken_out`: a head noted earlier outside the database. Without it, a chain that was cut at its end or made anew
    as a whole looks whole.
    """
    reader = _Reader(rows, since)
    bad = _first_bad(reader, taken_out, since)
    for _ in reader:
        pass
    return Verdict(reader.count, None if bad else reader.head, bad)


class _Reader(Iterator[Row]):
    """The rows, counted as they go by."""

    def __init__(self, rows: Iterable[Row], since: Head) -> None:
        self._rows = iter(rows)
        self.count, self.head = since.entry, since

    def __next__(self) -> Row:
        row = next(self._rows)
        self.count, self.head = self.count + 1, Head(row[0].entry, row[0].sha256)
        return row


#: The actions that tell that the personal data of a habilitation are destroyed, and why they may be missing.
DESTRUCTIONS = frozenset({"habilitation.withdrawn"})


def _first_bad(rows: Iterator[Row], taken_out: Head | None, since: Head) -> Bad | None:
    good, missing = since, _Missing()
    restored: list[tuple[int, Head | None]] = []
    for row in rows:
        one, detail, actor, _ = row
        facts = one.facts
        is_next = one.entry == facts.get("entry") == good.entry + 1
        if not (is_next and one.previous == good.sha256 and one.is_whole):
            return _named(good, one, (row.entry for row in rows))
        good = Head(one.entry, one.sha256)
        beside = [each for each in (detail, actor) if each is not None]
        if not all(each.belongs_to(facts) for each in beside):
            return Bad(one.entry, Problem.DETAIL_CHANGED)
        missing.take(row)
        if facts.get("action") in LEAVES_A_HEAD:
            restored.append((good.entry, _head(facts.get("left"))))
        if taken_out is not None and good.entry == taken_out.entry and good != taken_out:
            return _left_behind(restored, taken_out) or Bad(good.entry, Problem.REWRITTEN)
    if taken_out is not None and good.entry < taken_out.entry:
        return _left_behind(restored, taken_out) or Bad(good.entry + 1, Problem.CUT)
    first = missing.first
    return Bad(first, Problem.DETAIL_MISSING) if first is not None else None


class _Missing:
    """The entries without what stood beside them, until an entry tells that it was destroyed."""

    def __init__(self) -> None:
        self._entries: dict[int | None, int] = {}

    def take(self, row: Row) -> None:
        facts = row.entry.facts
        habilitation = facts.get("habilitation")
        if facts.get("action") in DESTRUCTIONS:
            self._entries.pop(habilitation, None)
        if facts.get("details") is not None and row.detail is None:
            self._entries.setdefault(habilitation, row.entry.entry)
        if facts.get("actor") is not None and row.actor is None:
            self._entries.setdefault(None, row.entry.entry)

    @property
    def first(self) -> int | None:
        """The first entry that nothing explains."""
        return min(self._entries.values(), default=None)


#: The actions that tell that another journal's end was left behind: a backup put back, a chain begun anew. `left` in
#: the entry is that end, as a head, where it is known.
LEAVES_A_HEAD = frozenset({"register.restored", "journal.changed"})


def _left_behind(restored: list[tuple[int, Head | None]], taken_out: Head) -> Bad | None:
    """The head of a journal that a recorded restore left behind: told as that, and not as a change."""
    for entry, left in restored:
        was_after = entry <= taken_out.entry
        if was_after and (left is None or taken_out.entry < left.entry or taken_out == left):
            return Bad(entry, Problem.LEFT_BEHIND)
    return None


def _head(text: object) -> Head | None:
    try:
        return Head.parse(str(text))
    except ValueError:
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
