"""Verifying a file of evidence without a register: the piece of the journal, the tables, the figures.

What the entries tell of the accesses makes the tables again, and these are held against the file's. Where what stood
beside an entry is not given, because it is destroyed or names another partner, what it said cannot be held.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from provisioner.domain.access.habilitation import End, Habilitation, State, Suspension
from provisioner.domain.access.history import moment_day
from provisioner.domain.convention import Audience, Partner
from provisioner.domain.evidence_file import COLUMNS, OF_ACCESS, PERSON, Evidence, Known, Line, latest_day
from provisioner.domain.evidence_tables import Gathering
from provisioner.domain.journal import EMPTY, ActorDetail, Detail, Entry, Head, Row
from provisioner.domain.journal_check import Bad, JournalCheck, Problem
from provisioner.domain.people import EmailAddress, Person
from provisioner.domain.records import Records
from provisioner.domain.said import Difference

#: The tables that the entries tell, each with what names its lines; None where these stand in the entries' order.
_MADE_AGAIN: Mapping[str, str | None] = {
    "accesses": "habilitation",
    "changes": None,
    "late_closures": "habilitation",
    "decisions": None,
    "annexes": "annexe",
    "destructions": None,
    "destroyed_accesses": "habilitation",
}


def wrong_file(digests: Iterable[tuple[str, str, str]]) -> Bad | None:
    """The first file whose digest is not what is said of it: each is its name and the two digests."""
    changed = next((name for name, said, own in digests if said != own), None)
    return None if changed is None else Bad(None, Problem.FILE_CHANGED, Difference(changed, "", None, None))


def verify_extract(
    lines: Iterable[str], manifest: Mapping[str, Any], evidence: Evidence, taken_out: Head | None
) -> JournalCheck:
    """Whether the piece of the journal is whole, and what the file tells follows from it; else the first thing that
    does not. With a head taken out earlier, the chain is also held against that.
    """
    chain = _ChainPiece(taken_out)
    bad = next(filter(None, map(chain.take, lines)), None) or chain.end(manifest)
    bad = bad or _of_tables(evidence, chain.given, manifest)
    return JournalCheck(chain.head.entry, None if bad else chain.head, bad)


class _ChainPiece:
    """Takes the lines in their order; `given` are the entries that are given whole."""

    def __init__(self, taken_out: Head | None) -> None:
        self.head, self._taken_out = EMPTY, taken_out
        self.given: dict[int, Row] = {}

    def take(self, text: str) -> Bad | None:
        """What is wrong with the next entry."""
        number, row = self.head.entry + 1, _row(text)
        if row is None or row.entry.entry != number or row.entry.previous != self.head.sha256:
            return Bad(number, Problem.CHANGED)
        entry, facts = row.entry, row.entry.facts
        self.head = Head(number, entry.sha256)
        if self._taken_out is not None and self._taken_out.entry == number and self._taken_out != self.head:
            return Bad(number, Problem.REWRITTEN)
        if entry.body and (not entry.is_whole or facts.get("entry") != number):
            return Bad(number, Problem.CHANGED)
        if not all(detail.belongs_to(facts) for detail in (row.detail, row.actor) if detail is not None):
            return Bad(number, Problem.DETAIL_CHANGED)
        if entry.body:
            self.given[number] = row
        return None

    def end(self, manifest: Mapping[str, Any]) -> Bad | None:
        """What is wrong though every line is good: the chain does not end with the head that the file tells."""
        head = manifest.get("head", {})
        if (head.get("entry"), head.get("sha256")) != (self.head.entry, self.head.sha256):
            return Bad(self.head.entry + 1, Problem.CUT)
        if self._taken_out is not None and self._taken_out.entry > self.head.entry:
            return Bad(self.head.entry + 1, Problem.CUT)
        return None


def _row(text: str) -> Row | None:
    """The entry of a line, with an empty body where it is not given; None where it cannot be read."""
    try:
        line = json.loads(text)
        entry = Entry(line["entry"], line.get("body", ""), line["previous"], line["sha256"])
        beside = {name: (line[name]["salt"], line[name]["data"]) for name in ("details", "actor") if name in line}
    except (ValueError, KeyError, TypeError):
        return None
    about = entry.facts.get("habilitation")
    details = Detail(*beside["details"], about) if "details" in beside else None
    return Row(entry, details, ActorDetail(*beside["actor"]) if "actor" in beside else None)


def _of_tables(evidence: Evidence, given: Mapping[int, Row], manifest: Mapping[str, Any]) -> Bad | None:
    """The first line that the journal's entries do not back, or a figure that is not what the tables make."""
    for name, lines in evidence.tables.items():
        for line in lines:
            if line.keys() != {*COLUMNS[name], "entries"}:
                return _figure(f"json/{name}.json", None)
            lacking = [number for number in line["entries"] if number not in given]
            if lacking:
                return _figure(f"json/{name}.json", None, lacking[0])
    bad = _Again(evidence, given).wrong()
    if bad is not None:
        return bad
    said = manifest["figures"]
    figures = evidence.figures
    wrong = [name for name in figures.keys() | said.keys() if figures.get(name) != said.get(name)]
    if wrong:
        return _figure("manifest.json", min(wrong))
    latest = latest_day(evidence.asked, evidence.tables["accesses"])
    is_good = evidence.asked.made_on <= evidence.destroy_by <= latest
    return None if is_good else _figure("manifest.json", "destroy_by")


def _figure(name: str, column: str | None, entry: int | None = None) -> Bad:
    return Bad(entry, Problem.FIGURE_DIFFERS, Difference(name, "", column, None))


class _Again:
    """Makes the tables again of the entries that are given."""

    def __init__(self, evidence: Evidence, given: Mapping[int, Row]) -> None:
        self._evidence, self._given = evidence, given
        told = {line["habilitation"]: line for line in evidence.tables["accesses"]}
        self._of_access: defaultdict[int, list[Row]] = defaultdict(list)
        for row in given.values():
            if (number := row.entry.facts.get("habilitation")) is not None:
                self._of_access[number].append(row)
        self._of_access |= {number: [] for number in told.keys() - self._of_access.keys()}
        #: the accesses of which the entries do not tell all
        self._unsure = {number for number, rows in self._of_access.items() if not _is_told(rows)}
        asked = evidence.asked
        accesses = [
            _access(number, asked.partner, rows, told.get(number) if number in self._unsure else None)
            for number, rows in self._of_access.items()
        ]
        habilitations = tuple(filter(None, accesses))
        suspensions: defaultdict[EmailAddress, list[Suspension]] = defaultdict(list)
        for habilitation in habilitations:
            suspensions[habilitation.email] += self._suspensions(habilitation)
        partner = Partner(code=asked.partner, name="", domains=frozenset())
        known = Known(
            records=Records(partners={asked.partner: partner}, habilitations=habilitations),
            head=evidence.head,
            rows=list(given.values()),
            decisions=given,
            suspensions=suspensions,
        )
        self._tables = Gathering(asked, known)

    def wrong(self) -> Bad | None:
        """The first line that is not what the entries tell, is lacking or is one too many."""
        for name, key in _MADE_AGAIN.items():
            told = _by_key(self._evidence.tables[name], key)
            again = _by_key(self._tables.table(name), key)
            differ = told.keys() ^ again.keys()
            if key == "habilitation":
                differ -= self._unsure
            elif key == "annexe" and any(row.entry.is_old for row in self._given.values()):
                differ = set()  # an older entry has its annexe's number beside it
            if differ:
                return _figure(f"json/{name}.json", None)
            for number in told.keys() & again.keys():
                for column, value in again[number].items():
                    is_same = told[number][column] == value
                    if not is_same and self._is_held(name, column, told[number], again[number]):
                        return _figure(f"json/{name}.json", column, min(told[number]["entries"], default=None))
        accesses = [line["habilitation"] for line in self._evidence.tables["accesses"]]
        is_backed = self._evidence.asked.audience is Audience.PARTNER or all(map(self._of_access.get, accesses))
        is_once = len(accesses) == len(set(accesses))
        return None if is_backed and is_once else _figure("json/accesses.json", None)

    def _is_held(self, name: str, column: str, told: Line, again: Line) -> bool:
        """Whether the entries that are given can tell that column of the line."""
        rows = [self._given[number] for number in again["entries"]]
        is_whole, is_sure = all(map(_has_details, rows)), again.get("habilitation") not in self._unsure
        if name == "accesses":
            return self._is_held_of_access(column, told, again, is_sure=is_sure)
        if name == "late_closures":
            waits = [row for row in self._given.values() if row.entry.facts.get("action") in ("hold", "pause")]
            return is_sure and (column not in ("cause", "entries") or all(map(_has_details, waits)))
        held = {
            "email": is_sure,
            "decided_by": is_whole or not any(row.entry.is_old for row in rows),
            "reason": is_whole or self._evidence.asked.audience is Audience.PARTNER,
            **dict.fromkeys(("annexe", "received_on", "sha256", "source_sha256"), is_whole),
        }
        if name == "changes" and rows[-1].entry.cause not in (None, *self._given):
            held |= {"annexe": False, "decided_by": False}
        return held.get(column, True)

    def _is_held_of_access(self, column: str, told: Line, again: Line, *, is_sure: bool) -> bool:
        if not is_sure:
            return column in ("opened_on", "closed_on") and again[column] is not None
        if column in ("on_first", "on_last") and State.SUSPENDED in (told[column], again[column]):
            return self._tells_suspensions(again["habilitation"])
        return column not in ("annexe", "decided_by", "entries") or self._tells_decision(again["habilitation"])

    def _tells_decision(self, number: int) -> bool:
        """Whether the entry of its opening names the decision that asked for it. Before it, a newer annexe may ask
        again (A2); one that settles a reopening names that.
        """
        for row in self._of_access[number]:
            if row.entry.facts.get("action") in ("adoption", "open", "reopen"):
                cause = self._given.get(row.entry.cause or 0)
                return cause is not None and cause.entry.facts.get("action") != "reopening"
        return False

    def _suspensions(self, habilitation: Habilitation) -> Iterator[Suspension]:
        since: datetime | None = None
        for row in self._of_access[habilitation.id or 0]:
            action = row.entry.facts.get("action")
            if action == "suspension" and since is None:
                since = _moment(row)
            elif action == "reopening" and since is not None:
                yield Suspension(since, _moment(row))
                since = None
        if since is not None:
            yield Suspension(since)

    def _tells_suspensions(self, number: int) -> bool:
        """Whether the entries tell the person's suspensions: one that was decided before the access was asked for is
        told of the others alone, and what is over goes with another access of the person (D2).
        """
        told = {(row.entry.facts.get("action"), row.entry.facts.get("rule")) for row in self._of_access[number]}
        return ("suspension", "A4") in told and ("habilitation.updated", "D2") not in told


def _by_key(lines: Sequence[Line], key: str | None) -> dict[Any, Line]:
    return {(place if key is None else line[key]): line for place, line in enumerate(lines)}


def _has_details(row: Row) -> bool:
    return row.detail is not None or row.entry.facts.get("details") is None


def _is_told(rows: Sequence[Row]) -> bool:
    """Whether these entries of an access tell all of it, from the day on which it was asked for."""
    of_access = [row for row in rows if row.entry.facts.get("action") in OF_ACCESS]
    is_begun = bool(of_access) and of_access[0].entry.facts["action"] == "habilitation.asked"
    return is_begun and all(map(_has_details, of_access))


def _access(number: int, partner: str, rows: Sequence[Row], told: Line | None) -> Habilitation | None:
    """The access as its entries tell it, and as the file does where they do not tell all; None where it is destroyed
    or withdrawn, or not told.
    """
    said: dict[str, Any] = {}
    for row in rows:
        facts, action = row.entry.facts, row.entry.facts.get("action")
        if action == "habilitation.withdrawn" or (action, facts.get("rule")) == ("destroyed", "D2"):
            return None
        if action in OF_ACCESS:
            details = dict(row.details)
            if "new" in details:
                details["email"] = details["new"]
            if any(name.startswith("end_") or name == "ended_on" for name in details):
                told_at = said.get("end_told") if action == "close" else None
                details |= {"end_decided": row.entry.cause, "end_told": told_at or facts.get("at")}
            said |= details
        if action in ("adoption", "open", "reopen"):
            said["opened_at"] = said.get("opened_at") or facts.get("at")
            said.setdefault("decision", row.entry.entry if action == "adoption" else row.entry.cause)
        elif action == "close":
            said["closed_at"] = said.get("closed_at") or facts.get("at")
    said = {**(told or {}), **said}
    if said.get("requested_on") is None:
        return None
    asked_on = date.fromisoformat(said["requested_on"])
    last_name, first_names, function, email = (said.get(name) or "" for name in PERSON)
    return Habilitation(
        id=number,
        partner=partner,
        person=Person(last_name, first_names, function, EmailAddress(email)),
        requested_on=asked_on,
        transmitted_on=asked_on,
        opened_at=_at(said.get("opened_at")),
        closed_at=_at(said.get("closed_at")),
        end=_end(said),
        decision=said.get("decision"),
    )


def _end(said: Mapping[str, Any]) -> End | None:
    if said.get("ended_on") is None:
        return None
    received, recorded = said.get("end_received_on"), moment_day(said.get("end_recorded_on") or said.get("end_told"))
    on = date.fromisoformat(said["ended_on"])
    return End(
        on=on,
        rule=said.get("end_rule") or "A3",
        transmitted_on=None,
        recorded_on=recorded or on,
        received_on=date.fromisoformat(received) if received is not None else None,
        decision=said.get("end_decided"),
    )


def _at(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)


def _moment(row: Row) -> datetime:
    return datetime.fromisoformat(row.entry.facts["at"])
