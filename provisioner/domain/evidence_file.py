"""The file of evidence of a partner and a year: what it tells, what of the journal it gives, and until when it may be
kept. Whoever reads it can work out every figure again from its tables, and hold these against the journal's entries.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from provisioner.domain.access.habilitation import State, Suspension
from provisioner.domain.attestation import Attestation
from provisioner.domain.calendar import add_months
from provisioner.domain.connections.control import RaisedControl
from provisioner.domain.connections.incident import Incident
from provisioner.domain.convention import Audience
from provisioner.domain.convention_life import AskedDocument
from provisioner.domain.journal import Head, Row, canonical
from provisioner.domain.people import EmailAddress, fold
from provisioner.domain.records import Records
from provisioner.domain.retention import HABILITATION_MONTHS, account_due_on_closure
from provisioner.domain.review import Review

#: For how many days it may be kept at most.
KEPT_DAYS = 90

#: The entries that tell what became of an access, and those that are decisions of named persons.
CHANGES = frozenset(
    {
        "adoption",
        "close",
        "habilitation.asked",
        "habilitation.ended",
        "habilitation.withdrawn",
        "open",
        "rename",
        "reopen",
        "suspend",
    }
)
#: The entries that back the line of an access: these say also what else was said of it.
OF_ACCESS = CHANGES | {"account.renamed", "habilitation.updated"}
DECISIONS = frozenset(
    {
        "account.renamed",
        "annexe.approved",
        "annexe.closures_approved",
        "annexe.rejected",
        "attestation.requested",
        "connections.report",
        "containment",
        "containment.released",
        "control.settled",
        "erasure",
        "evidence.made",
        "partner.add",
        "partner.contacts",
        "partner.end",
        "partner.new-convention",
        "partner.reinstate",
        "partner.remove",
        "partner.set",
        "pause",
        "release",
        "reopening",
        "request.answered",
        "request.asked",
        "request.withdrawn",
        "resume",
        "retention.hold",
        "retention.released",
        "review.confirmed",
        "suspension",
    }
)

#: What stands beside these entries may be given to the partner: its own persons' data, and nobody's at the Caf.
FOR_THE_PARTNER = frozenset(
    {
        "annexe.received",
        "annexe.submitted",
        "close",
        "habilitation.asked",
        "habilitation.ended",
        "habilitation.updated",
        "open",
    }
)

#: What the details of an entry name by its number.
NUMBERED = frozenset({"attestation", "control", "incident", "request", "review"})

#: Who decided, in a partner's file: the names of its own staff are the Caf's.
OF_THE_CAF = "caf"

#: What is asked for, where it is the partner's own certificate of destruction (C5).
CERTIFICATE = "certificate"

#: A row of a table, by column; `entries` are the numbers of the journal's entries that tell it.
Line = dict[str, Any]
Tables = Mapping[str, Sequence[Line]]

#: What an access tells of its person.
PERSON = ("last_name", "first_names", "function", "email")

#: The tables, each with its columns, in the order of the index.
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "accesses": (
        *("habilitation", *PERSON, "requested_on", "opened_on", "ended_on", "closed_on"),
        *("on_first", "on_last", "annexe", "decided_by"),
    ),
    "changes": ("on", "action", "habilitation", "email", "rule", "annexe", "decided_by"),
    "late_closures": ("habilitation", "email", "due_on", "closed_on", "days", "cause"),
    "decisions": ("on", "action", "habilitation", "annexe", "decided_by", "reason"),
    "annexes": ("annexe", "received_on", "sha256", "source_sha256", "outcome", "outcome_on", "decided_by"),
    "reviews": (
        *("review", "due_on", "settled_on", "how", "listed", "unproven"),
        *("sha256", "signatory", "decided_by"),
    ),
    "asked_documents": (
        *("request", "what", "asked_on", "due_on", "answered_on", "withdrawn_on"),
        *("sha256", "signatory"),
    ),
    "controls": ("code", "severity", "rule", "state", "count", "email", "settled_by", "reason"),
    "incidents": ("incident", "origin", "aware_since", "what", "persons", "others", "cnil_notified", "closed_on"),
    "destructions": ("on", "rule", "count"),
    "destroyed_accesses": ("habilitation", "opened_on", "closed_on", "rules"),
    "certificates": ("attestation", "requested_on", "issued_on", "count", "sha256"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked for. `last` is the year's last day, or the day on which the file is made when that is earlier."""

    partner: str
    year: int
    audience: Audience
    made_on: date

    @property
    def first(self) -> date:
        """The year's first day."""
        return date(self.year, 1, 1)

    @property
    def last(self) -> date:
        """The last day that it tells of."""
        return min(date(self.year, 12, 31), self.made_on)

    def has(self, day: date | None) -> bool:
        """Whether the day is one of those."""
        return day is not None and self.first <= day <= self.last


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """What the register and the journal tell of the partner, read at one moment.

    `rows` are the journal's entries that the file gives (`gives`), oldest first; `decisions` those by number that
    accesses and entries follow from.
    """

    records: Records
    head: Head
    rows: Sequence[Row]
    decisions: Mapping[int, Row]
    suspensions: Mapping[EmailAddress, Sequence[Suspension]] = field(default_factory=dict)
    controls: Sequence[RaisedControl] = ()
    incidents: Sequence[Incident] = ()
    certificates: Sequence[Attestation] = ()
    reviews: Sequence[Review] = ()
    asked_documents: Sequence[AskedDocument] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What the file tells. It must be destroyed by the end of `destroy_by`.

    `rows` are the entries that it gives whole, by number, with what may be given of what stands beside them.
    """

    asked: Asked
    head: Head
    tables: Tables
    rows: Mapping[int, Row]
    destroy_by: date
    figures: Mapping[str, int] = field(default_factory=dict)


def gives(row: Row, asked: Asked) -> bool:
    """Whether the file gives the entry whole: one about the partner, or about each, as a pause of everything or an
    incident of several is. Of any other it has only the two digests that chain it.

    An entry of before version 0.3 may name who acted in its body: no partner gets it.
    """
    facts = row.entry.facts
    action, partner = str(facts.get("action")), facts.get("partner")
    is_everybodys = partner is None and (action in ("pause", "resume") or action.startswith("incident."))
    return (partner == asked.partner or is_everybodys) and (asked.audience is Audience.CAF or "by" not in facts)


class OtherPartners:
    """Tells whether a text names another partner, or a person who has an access through another one alone."""

    def __init__(self, records: Records, partner: str) -> None:
        ours = {habilitation.email for habilitation in records.of_partner(partner)}
        texts: list[str] = []
        for other in records.partners.values():
            if other.code != partner:
                texts += [other.code, other.name, *other.domains, *other.addresses]
        for habilitation in records.habilitations:
            if habilitation.partner != partner and habilitation.email not in ours:
                person = habilitation.person
                pair = (person.first_names, person.last_name)
                texts += [person.email, " ".join(pair), " ".join(reversed(pair))]
        own = records.partners[partner]
        kept = {_words(text) for text in (own.code, own.name, *own.domains, *own.addresses, *ours)}
        self._named = {_words(text) for text in texts} - kept - {()}
        self._longest = max(map(len, self._named), default=0)

    def are_named_in(self, text: str) -> bool:
        """Whether one is."""
        words = _words(text)
        return any(
            words[start : start + length] in self._named
            for start in range(len(words))
            for length in range(1, self._longest + 1)
        )


def _words(text: str) -> tuple[str, ...]:
    return tuple(re.findall(r"[\w.-]*\w", fold(text)))


def latest_day(asked: Asked, accesses: Iterable[Line]) -> date:
    """The day by which it is to be destroyed at the latest, by its table of accesses: the first day of D1 or D2 that
    is still to come, of each person as though there were no other partner, and 90 days at the most.
    """
    by_email: defaultdict[str, list[tuple[date | None, date | None]]] = defaultdict(list)
    for line in accesses:
        by_email[line["email"]].append((_day(line["ended_on"]), _day(line["closed_on"])))
    days = [asked.made_on + timedelta(days=KEPT_DAYS)]
    for spans in by_email.values():
        closures = [closed_on for _, closed_on in spans if closed_on is not None]
        if len(closures) == len(spans):
            days.append(account_due_on_closure(max(closures)))
        days += [add_months(end, HABILITATION_MONTHS) for end, closed_on in spans if end is not None and closed_on]
    return min(day for day in days if day > asked.made_on)


def _day(text: str | None) -> date | None:
    return None if text is None else date.fromisoformat(text)


def figures_of(tables: Tables) -> dict[str, int]:
    """The figures of the index, from the tables: how many lines each has, and how many accesses stood how."""
    figures = {name: len(lines) for name, lines in tables.items()}
    for day in ("on_first", "on_last"):
        for state in (State.OPEN, State.SUSPENDED):
            figures[f"{state}_{day}"] = sum(line[day] == state for line in tables["accesses"])
    figures["late_days"] = sum(line["days"] for line in tables["late_closures"])
    for rule in ("D1", "D2", "C4"):
        counts = (line["count"] for line in tables["destructions"] if line["rule"] == rule)
        figures[f"destroyed_{rule}"] = sum(counts)
    return figures


def evidence_of(manifest: Mapping[str, Any], tables: Tables) -> Evidence:
    """What a file tells by its manifest and its tables, without the entries; its figures are worked out again.

    Raises:
        ValueError, KeyError, TypeError: they have another shape.
    """
    asked = Asked(
        partner=manifest["partner"],
        year=manifest["year"],
        audience=Audience(manifest["for"]),
        made_on=date.fromisoformat(manifest["made_on"]),
    )
    return Evidence(
        asked=asked,
        head=Head(**manifest["head"]),
        tables=tables,
        rows={},
        destroy_by=date.fromisoformat(manifest["destroy_by"]),
        figures=figures_of(tables),
    )


def line_of(row: Row, *, is_given: bool) -> str:
    """An entry as a line: whole, with what may be given of what stands beside it, or its two digests alone."""
    entry = row.entry
    line: dict[str, Any] = {"entry": entry.entry, "previous": entry.previous, "sha256": entry.sha256}
    if is_given:
        line["body"] = entry.body
        if row.detail is not None:
            line["details"] = {"salt": row.detail.salt, "data": row.detail.data}
        if row.actor is not None:
            line["actor"] = {"salt": row.actor.salt, "data": row.actor.data}
    return canonical(line)


def manifest_of(evidence: Evidence, name: str) -> dict[str, Any]:
    """What the file says of itself; `name` is the partner's."""
    asked = evidence.asked
    return {
        "version": 1,
        "partner": asked.partner,
        "name": name,
        "year": asked.year,
        "for": asked.audience.value,
        "from": asked.first.isoformat(),
        "to": asked.last.isoformat(),
        "made_on": asked.made_on.isoformat(),
        "destroy_by": evidence.destroy_by.isoformat(),
        "head": {"entry": evidence.head.entry, "sha256": evidence.head.sha256},
        "figures": dict(evidence.figures),
    }
