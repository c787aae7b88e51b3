"""Verifying the journal: whether the chain is whole, and if not, which entry is the first bad one and why."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, Literal, NamedTuple

from provisioner.domain.journal import EMPTY, Head, Row
from provisioner.domain.said import Difference


class Problem(StrEnum):
    """What is wrong with the first bad entry."""

    CHANGED = "changed"  # it, or the one before it: changed, removed, moved or put in between
    DETAIL_CHANGED = "detail-changed"
    DETAIL_MISSING = "detail-missing"
    REGISTER_DIFFERS = "register-differs"
    LEFT_BEHIND = "left-behind"
    CUT = "cut"
    REWRITTEN = "rewritten"
    FILE_CHANGED = "file-changed"  # of a file of evidence: a file in it
    FIGURE_DIFFERS = "figure-differs"  # of a file of evidence: a figure, or a line that no entry backs


@dataclass(frozen=True, slots=True)
class Bad:
    """The first bad entry, and what is wrong with it. `difference` is what in the register does not follow from it;
    no entry says it at all when `entry` is None. `left_by` is the action that left another journal's end behind.
    """

    entry: int | None
    problem: Problem
    difference: Difference | None = None
    left_by: str | None = None


@dataclass(frozen=True, slots=True)
class JournalCheck:
    """How many entries there are, and either the chain's end or the first bad entry."""

    entries: int
    head: Head | None
    bad: Bad | None


#: The actions that tell that the personal data of a habilitation are destroyed, and why they may be missing.
DESTRUCTIONS = frozenset({"habilitation.withdrawn", "destroyed"})

#: The action that begins a new chain: the old one named who acted (D8).
CHANGED_CHAIN = "journal.changed"

#: The actions that tell that another journal's end was left behind: a backup put back, a chain begun anew. `left` in
#: the entry is that end, as a head, where it is known.
LEAVES_A_HEAD = frozenset({"register.restored", CHANGED_CHAIN})


def verify(rows: Iterable[Row], taken_out: Head | None = None, since: Head = EMPTY) -> JournalCheck:
    """Goes through the whole journal, oldest first, once; or through what follows a head that was verified before.

    `taken_out`: a head noted earlier outside the database. Without it, a chain that was cut at its end or made anew
    as a whole looks whole.
    """
    check, count = _Check(since, taken_out), since.entry
    bad: Bad | None = None
    for row in rows:
        count += 1
        bad = bad or check.take(row)
    bad = bad or check.end()
    return JournalCheck(count, None if bad else check.head, bad)


class _Lack(NamedTuple):
    """What an entry was made with and has no more beside it: its details, or who acted."""

    entry: int
    what: Literal["details", "actor"]


class _Check:
    """Takes the entries in their order, up to the first bad one. `head` is that of the entries that are good."""

    def __init__(self, since: Head, taken_out: Head | None) -> None:
        self.head, self._taken_out = since, taken_out
        self._lacking: dict[_Lack, str | None] = {}
        self._of_habilitation: defaultdict[int, list[_Lack]] = defaultdict(list)
        self._left: list[tuple[int, str, Head | None]] = []

    def take(self, row: Row) -> Bad | None:
        """What is wrong with the next entry."""
        entry, facts = row.entry, row.entry.facts
        is_next = entry.entry == facts.get("entry") == self.head.entry + 1 and entry.previous == self.head.sha256
        if not (is_next and entry.is_whole):
            return Bad(self.head.entry + 1, Problem.CHANGED)
        self.head = Head(entry.entry, entry.sha256)
        if not all(detail.belongs_to(facts) for detail in (row.detail, row.actor) if detail is not None):
            return Bad(entry.entry, Problem.DETAIL_CHANGED)
        self._note_missing(row)
        if facts.get("action") in LEAVES_A_HEAD:
            self._left.append((entry.entry, facts["action"], _head(facts.get("left"))))
        taken_out = self._taken_out
        if taken_out is not None and entry.entry == taken_out.entry and self.head != taken_out:
            return self._left_behind(taken_out) or Bad(entry.entry, Problem.REWRITTEN)
        return None

    def end(self) -> Bad | None:
        """What is wrong though every entry is good: the end is missing, or what stood beside an entry."""
        if self._taken_out is not None and self.head.entry < self._taken_out.entry:
            return self._left_behind(self._taken_out) or Bad(self.head.entry + 1, Problem.CUT)
        first = min(self._lacking, default=None)
        return None if first is None else Bad(first.entry, Problem.DETAIL_MISSING)

    def _note_missing(self, row: Row) -> None:
        """Entries lack what stood beside them until an entry tells that it was destroyed."""
        facts, entry = row.entry.facts, row.entry.entry
        if facts.get("action") in DESTRUCTIONS:
            self._explain(facts)
        if facts.get("details") is not None and row.detail is None:
            self._lacking[_Lack(entry, "details")] = facts.get("partner")
            if (habilitation := facts.get("habilitation")) is not None:
                self._of_habilitation[habilitation].append(_Lack(entry, "details"))
        if facts.get("actor") is not None and row.actor is None:
            self._lacking[_Lack(entry, "actor")] = facts.get("partner")

    def _explain(self, facts: Mapping[str, Any]) -> None:
        """An entry of a destruction tells why others lack something: those that it names (`beside`), those of its
        habilitation, and once the convention's data went (C4) all of the partner's, with the names of who acted.
        """
        rule, habilitation = facts.get("rule"), facts.get("habilitation")
        gone = [_Lack(entry, "details") for entry in facts.get("beside") or ()]
        gone += [lack._replace(what="actor") for lack in gone if rule == "D8"]
        if rule == "C4":
            gone += [lack for lack, partner in self._lacking.items() if partner == facts.get("partner")]
        elif rule != "D1" and habilitation is not None:
            gone += self._of_habilitation.pop(habilitation, [])
        for lack in gone:
            self._lacking.pop(lack, None)

    def _left_behind(self, taken_out: Head) -> Bad | None:
        """The head of a journal that a recorded restore, or change of chain, left behind: told as that, and not as a
        change.
        """
        for entry, action, left in self._left:
            was_after = entry <= taken_out.entry
            if was_after and (left is None or taken_out.entry < left.entry or taken_out == left):
                return Bad(entry, Problem.LEFT_BEHIND, left_by=action)
        return None


def _head(text: object) -> Head | None:
    try:
        return Head.parse(str(text))
    except ValueError:
        return None
