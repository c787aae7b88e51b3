"""The tables of a file of evidence: made of what the register and the journal tell, and made again of the journal's
entries alone by whoever verifies it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from datetime import date
from typing import Any

from provisioner.domain.access.habilitation import Habilitation, State
from provisioner.domain.access.history import late_closures, moment_day, state_on
from provisioner.domain.convention import Audience
from provisioner.domain.evidence_file import (
    CERTIFICATE,
    CHANGES,
    COLUMNS,
    DECISIONS,
    FOR_THE_PARTNER,
    NUMBERED,
    OF_ACCESS,
    OF_THE_CAF,
    PERSON,
    Asked,
    Evidence,
    Known,
    Line,
    OtherPartners,
    figures_of,
    latest_day,
)
from provisioner.domain.journal import Row, texts
from provisioner.domain.retention import due
from provisioner.domain.review import Review

#: What tells that an annexe came or is gone, not what was decided of it.
_NO_OUTCOME = frozenset({"annexe.destroyed", "annexe.received", "annexe.replaced", "annexe.submitted"})


class Gathering:
    """Makes the tables of one file."""

    def __init__(self, asked: Asked, known: Known) -> None:
        self.asked, self.known = asked, known
        self._of_access: defaultdict[int, list[Row]] = defaultdict(list)
        self._about: defaultdict[tuple[str, int], list[Row]] = defaultdict(list)
        for row in known.rows:
            if (number := row.entry.facts.get("habilitation")) is not None:
                self._of_access[number].append(row)
            for name in NUMBERED & row.details.keys():
                self._about[name, row.details[name]].append(row)
        self._others = OtherPartners(known.records, asked.partner)
        self._given = {row.entry.entry for row in known.rows}
        emails = {h.id: h.email for h in known.records.of_partner(asked.partner)}
        self._email = emails.get
        self.accesses = [
            habilitation
            for habilitation in known.records.of_partner(asked.partner)
            if (habilitation.opened_on or habilitation.requested_on) <= asked.last
            and (habilitation.closed_on is None or habilitation.closed_on >= asked.first)
        ]

    @property
    def is_for_caf(self) -> bool:
        """Whether the names of those who decided stand in it."""
        return self.asked.audience is Audience.CAF

    def evidence(self) -> Evidence:
        """All of it."""
        tables = {name: self.table(name) for name in COLUMNS}
        backing = {entry for lines in tables.values() for line in lines for entry in line["entries"]}
        rows = [self._given_of(row, is_backing=row.entry.entry in backing) for row in self.known.rows]
        return Evidence(
            asked=self.asked,
            head=self.known.head,
            tables=tables,
            rows={row.entry.entry: row for row in rows},
            destroy_by=self._destroy_by(rows, tables["accesses"]),
            figures=figures_of(tables),
        )

    def table(self, name: str) -> list[Line]:
        """The table of that name."""
        lines: Iterable[Line] = getattr(self, f"_{name}")()
        return [
            {column: line.get(column) for column in COLUMNS[name]} | {"entries": self._backing(line["entries"])}
            for line in lines
        ]

    def _backing(self, entries: Iterable[int | None]) -> list[int]:
        return sorted({entry for entry in entries if entry in self._given})

    def _by(self, decision: Row | None) -> str | None:
        """Who decided: for the partner it is the Caf."""
        if decision is None:
            return None
        return decision.decided_by if self.is_for_caf else OF_THE_CAF

    def _told(self, text: str | None) -> str | None:
        """What somebody typed: for the Caf alone, and nothing that names another partner."""
        if text is None or not self.is_for_caf:
            return None
        return None if self._others.are_named_in(text) else text

    def _accesses(self) -> Iterator[Line]:
        for habilitation in self.accesses:
            decision, end = self.known.decisions.get(habilitation.decision or 0), habilitation.end
            rows = [row for row in self._of_access[habilitation.id or 0] if row.entry.facts["action"] in OF_ACCESS]
            first, last = (
                self._state(day, habilitation) if _was_known_on(day, rows) else None
                for day in (self.asked.first, self.asked.last)
            )
            yield {
                "habilitation": habilitation.id,
                **{name: getattr(habilitation.person, name) for name in PERSON},
                "requested_on": _iso(habilitation.requested_on),
                "opened_on": _iso(habilitation.opened_on),
                "ended_on": _iso(end.on if end is not None else None),
                "closed_on": _iso(habilitation.closed_on),
                "on_first": first,
                "on_last": last,
                "annexe": decision.annexe if decision is not None else None,
                "decided_by": self._by(decision),
                "entries": [habilitation.decision, *(row.entry.entry for row in rows)],
            }

    def _state(self, day: date, habilitation: Habilitation) -> State:
        suspensions = self.known.suspensions.get(habilitation.email, ())
        return state_on(day, self.asked.made_on, habilitation, self.known.records, suspensions)

    def _changes(self) -> Iterator[Line]:
        for row in self._of_the_year(CHANGES):
            facts, cause = row.entry.facts, self.known.decisions.get(row.entry.cause or 0)
            yield {
                "on": _iso(moment_day(facts["at"])),
                "action": facts["action"],
                "habilitation": facts.get("habilitation"),
                "email": self._email(facts.get("habilitation")),
                "rule": facts.get("rule"),
                "annexe": cause.annexe if cause is not None else None,
                "decided_by": self._by(cause),
                "entries": [row.entry.entry, row.entry.cause],
            }

    def _of_the_year(self, actions: Collection[str]) -> Iterator[Row]:
        for row in self.known.rows:
            facts = row.entry.facts
            if facts.get("action") in actions and self.asked.has(moment_day(facts.get("at"))):
                yield row

    def _late_closures(self) -> Iterator[Line]:
        closed = [h for h in self.accesses if self.asked.has(h.closed_on)]
        for closure in late_closures(closed, self.known.rows, self.known.decisions):
            closes = [r for r in self._of_access[closure.habilitation.id or 0] if r.entry.facts["action"] == "close"]
            yield {
                "habilitation": closure.habilitation.id,
                "email": closure.habilitation.email,
                "due_on": _iso(closure.due_on),
                "closed_on": _iso(closure.closed_on),
                "days": closure.days,
                "cause": closure.cause,
                "entries": [*closure.entries, *(row.entry.entry for row in closes)],
            }

    def _decisions(self) -> Iterator[Line]:
        for row in self._of_the_year(DECISIONS):
            facts = row.entry.facts
            yield {
                "on": _iso(moment_day(facts["at"])),
                "action": facts["action"],
                "habilitation": facts.get("habilitation"),
                "annexe": row.annexe,
                "decided_by": self._by(row),
                "reason": self._told(row.details.get("reason")),
                "entries": [row.entry.entry],
            }

    def _annexes(self) -> Iterator[Line]:
        by_number: defaultdict[int, list[Row]] = defaultdict(list)
        for row in self.known.rows:
            if row.annexe is not None and str(row.entry.facts.get("action")).startswith("annexe."):
                by_number[row.annexe].append(row)
        for number, rows in sorted(by_number.items()):
            if not any(self.asked.has(moment_day(row.entry.facts.get("at"))) for row in rows):
                continue
            said: dict[str, Any] = {}
            for row in rows:
                said |= {name: value for name, value in row.details.items() if value is not None}
            ends = [r for r in rows if r.entry.facts["action"] not in _NO_OUTCOME]
            last = ends[-1] if ends else rows[-1]  # one that nobody decided upon ends with its destruction (A2)
            decided = [r for r in rows if r.entry.facts["action"] in DECISIONS]
            yield {
                "annexe": number,
                "received_on": said.get("received_on"),
                "sha256": said.get("annexe_sha256"),
                "source_sha256": said.get("source_sha256"),
                "outcome": last.entry.facts["action"],
                "outcome_on": _iso(moment_day(last.entry.facts["at"])),
                "decided_by": self._by(decided[-1] if decided else None),
                "entries": [row.entry.entry for row in rows],
            }

    def _reviews(self) -> Iterator[Line]:
        """Those that were due or settled in the year (V1); the first annexe reviews nothing."""
        for review in self.known.reviews:
            if review.due_on is not None and any(map(self.asked.has, (review.due_on, review.settled_on))):
                is_listed = review.frozen_at is not None or bool(review.population)
                yield {
                    "review": review.id,
                    "due_on": _iso(review.due_on),
                    "settled_on": _iso(review.settled_on),
                    "how": _how(review),
                    "listed": len(review.population) if is_listed else None,
                    "unproven": len(review.unproven) if review.frozen_at is not None else None,
                    "sha256": review.annexe_sha256 or review.document_sha256,
                    "signatory": review.signatory,
                    "decided_by": (review.confirmed_by if self.is_for_caf else OF_THE_CAF)
                    if review.confirmed_by
                    else None,
                    "entries": [row.entry.entry for row in self._about["review", review.id]],
                }

    def _asked_documents(self) -> Iterator[Line]:
        for request in self.known.asked_documents:
            days = (request.asked_on, request.due_on, request.answered_on, request.withdrawn_on)
            if any(map(self.asked.has, days)):
                what = CERTIFICATE if request.is_certificate else request.what
                yield {
                    "request": request.id,
                    "what": None if what is None or self._others.are_named_in(what) else what,
                    "asked_on": _iso(request.asked_on),
                    "due_on": _iso(request.due_on),
                    "answered_on": _iso(request.answered_on),
                    "withdrawn_on": _iso(request.withdrawn_on),
                    "sha256": request.sha256,
                    "signatory": request.signatory,
                    "entries": [row.entry.entry for row in self._about["request", request.id]],
                }

    def _controls(self) -> Iterator[Line]:
        told = [
            control
            for control in self.known.controls
            if control.partner == self.asked.partner and self.asked.has(moment_day(control.since.isoformat()))
        ]
        if not self.is_for_caf:  # counts, nobody named (D4)
            counts = Counter((control.code, control.severity, control.rule, control.state) for control in told)
            for (code, severity, rule, state), count in sorted(counts.items()):
                kind = {"code": code, "severity": severity, "rule": rule, "state": state}
                yield {**kind, "count": count, "entries": []}
            return
        for control in told:
            yield {
                **{name: getattr(control, name) for name in ("code", "severity", "rule", "state", "settled_by")},
                "count": 1,
                "email": control.email,
                "reason": self._told(control.settle_reason),
                "entries": [row.entry.entry for row in self._about["control", control.id]],
            }

    def _incidents(self) -> Iterator[Line]:
        emails = {habilitation.email for habilitation in self.known.records.of_partner(self.asked.partner)}
        for incident in self.known.incidents:
            days = [moment_day(at.isoformat()) for at in (incident.aware_since, incident.closed_at) if at is not None]
            if self.asked.partner not in incident.partners or not any(map(self.asked.has, days)):
                continue
            ours = [email for email in incident.emails if email in emails]
            yield {
                "incident": incident.id,
                "origin": incident.origin,
                "aware_since": incident.aware_since.isoformat(),
                "what": self._told(incident.what),
                "persons": ", ".join(ours) if self.is_for_caf else None,
                "others": len(incident.partners) > 1,
                "cnil_notified": incident.cnil_notified if self.is_for_caf else None,
                "closed_on": _iso(moment_day(incident.closed_at.isoformat()) if incident.closed_at else None),
                "entries": [row.entry.entry for row in self._about["incident", incident.id]],
            }

    def _destroyed(self) -> Iterator[Row]:
        """What was destroyed of the partner since the year began."""
        for row in self.known.rows:
            day = moment_day(row.entry.facts.get("at"))
            if row.entry.facts.get("action") == "destroyed" and day is not None and day >= self.asked.first:
                yield row

    def _destructions(self) -> Iterator[Line]:
        by_day: defaultdict[tuple[str | None, str], list[int]] = defaultdict(list)
        for row in self._destroyed():
            key = _iso(moment_day(row.entry.facts["at"])), str(row.entry.facts.get("rule"))
            by_day[key].append(row.entry.entry)
        for (day, rule), entries in by_day.items():
            yield {"on": day, "rule": rule, "count": len(entries), "entries": entries}

    def _destroyed_accesses(self) -> Iterator[Line]:
        """The accesses of the year of which nothing but numbers and moments is left: nobody is named again."""
        kept = {habilitation.id for habilitation in self.known.records.of_partner(self.asked.partner)}
        for number, rows in sorted(self._of_access.items()):
            if number in kept:
                continue
            opened, closed = (_last_day(rows, actions) for actions in (("open", "reopen", "adoption"), ("close",)))
            is_of_the_year = opened is not None and opened <= self.asked.last
            if not is_of_the_year or (closed is not None and closed < self.asked.first):
                continue
            gone = [row for row in rows if row.entry.facts.get("action") == "destroyed"]
            yield {
                "habilitation": number,
                "opened_on": _iso(opened),
                "closed_on": _iso(closed),
                "rules": ", ".join(dict.fromkeys(str(row.entry.facts.get("rule")) for row in gone)),
                "entries": [row.entry.entry for row in rows if row.entry.facts["action"] in CHANGES or row in gone],
            }

    def _certificates(self) -> Iterator[Line]:
        for certificate in self.known.certificates:
            if self.asked.has(certificate.requested_on) or self.asked.has(certificate.issued_on):
                yield {
                    "attestation": certificate.id,
                    "requested_on": _iso(certificate.requested_on),
                    "issued_on": _iso(certificate.issued_on),
                    "count": len(certificate.habilitations),
                    "sha256": certificate.sha256,
                    "entries": [row.entry.entry for row in self._about["attestation", certificate.id]],
                }

    def _destroy_by(self, rows: Iterable[Row], accesses: Iterable[Line]) -> date:
        """The first day of D1 or D2 among those that it names, what its table of accesses tells at the latest, and
        never before today.

        It names the persons of the year's accesses, and whom these entries name beside them.
        """
        beside = [row.detail for row in rows if row.detail is not None]
        emails = {habilitation.email for habilitation in self.accesses}
        emails |= {email for detail in beside if (email := self._email(detail.habilitation)) is not None}
        told = "\n".join(detail.data for detail in beside).casefold()
        days = [
            destruction.due_on
            for destruction in due(self.known.records)
            if (named := destruction.habilitation) is not None
            and self.asked.partner in destruction.partners
            and (named.email in emails or named.email.casefold() in told)
        ]
        return max(min([latest_day(self.asked, accesses), *days]), self.asked.made_on)

    def _given_of(self, row: Row, *, is_backing: bool) -> Row:
        """The entry with what may be given of what stands beside it: the rest is its salted digest alone. Beside an
        entry that backs no line there may be persons of another year.
        """
        detail, actor = (row.detail, row.actor) if is_backing else (None, None)
        if not self.is_for_caf:
            actor = None
            if row.entry.facts.get("action") not in FOR_THE_PARTNER or "by" in row.details:
                detail = None
        if detail is not None and any(map(self._others.are_named_in, texts(detail.data))):
            detail = None
        return Row(row.entry, detail, actor)


def _last_day(rows: Iterable[Row], actions: Collection[str]) -> date | None:
    days = (moment_day(row.entry.facts.get("at")) for row in rows if row.entry.facts.get("action") in actions)
    return max(filter(None, days), default=None)


def _was_known_on(day: date, rows: Sequence[Row]) -> bool:
    """Whether anything was recorded of the access by the end of that day; `rows` are its entries, oldest first."""
    first = moment_day(rows[0].entry.facts["at"]) if rows else None
    return first is None or first <= day


def _how(review: Review) -> str | None:
    if review.settled_on is None:
        return None
    return "confirmed" if review.document_sha256 else "annexe"


def _iso(day: date | None) -> str | None:
    return None if day is None else day.isoformat()
