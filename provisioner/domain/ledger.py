"""What the journal's entries say that the register must hold, so that nobody opens an access in the tables."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from provisioner.domain.connections.incident import ITEMS
from provisioner.domain.hold_ledger import HoldLedger
from provisioner.domain.journal import Row
from provisioner.domain.people import canonical_domain
from provisioner.domain.said import GONE, Difference, Rows, Said, Tables, is_same, moment

#: What the entries say of a partner, of a habilitation, and of when this one was opened and closed.
PARTNER = ("name", "signed_on", "ctg_end", "ends_on", "reference", "document_sha256", "notice_days")
HABILITATION = (
    "last_name",
    "first_names",
    "function",
    "requested_on",
    "ended_on",
    "end_rule",
    "end_received_on",
    "waived",
)
MOMENTS = ("opened_at", "closed_at")

#: What the entries say of an incident, beside whom it concerns.
INCIDENT = ("origin", "aware_since", "what", "declared_by", *ITEMS, "closed_by", "closing_text")

#: What the entries say of a review.
REVIEW = (
    *("due_on", "reminded_for", "population", "digest", "unproven", "bounced", "settled_on", "annexe_sha256"),
    *("document_sha256", "document", "signatory", "confirmed_by", "opened_since", "closed_since"),
)

#: What no entry has said of a review yet is not so.
_NEW_REVIEW: Mapping[str, Any] = {
    **dict.fromkeys(REVIEW),
    **{"population": [], "unproven": [], "bounced": "", "opened_since": [], "closed_since": []},
}

#: What a partner declared, which stands in tables of its own.
DECLARED = ("domains", "addresses")

#: What the entries say of an annexe, but for its decisions.
_FILES = ("sha256", "content", "source_sha256", "source", "sent_by", "received_on", "list_2_approved_by")

#: What the entries say of what a partner was asked for.
REQUEST = (
    *("what", "asked_on", "due_on", "convention_end", "withdrawn_on"),
    *("answered_on", "signatory", "sha256", "file_name", "document"),
)

#: What an entry says whole, by the number of a row that is a partner's and goes on C4's day.
_OF_PARTNER = ("attestation", "request", "review")

#: The tables that the entries are held against, beside those of holds and controls.
_TABLES = (
    *("partner", "contact", "habilitation", "annexe", "incident", "backup_key", "caf_review", "caf_review_line"),
    *_OF_PARTNER,
)

#: The actions that say a row's columns as they stand in the entry's details.
_SAY = {
    "partner.add": ("partner", (*PARTNER, *DECLARED)),
    "partner.set": ("partner", (*PARTNER, *DECLARED)),
    "habilitation.asked": ("habilitation", HABILITATION),
    "habilitation.ended": ("habilitation", HABILITATION),
    "habilitation.updated": ("habilitation", HABILITATION),
    "annexe.received": ("annexe", ("received_on", "sent_by")),
}


class Ledger:
    """Takes the entries in their order, and then tells what in the register does not follow from them."""

    def __init__(self) -> None:
        self._said: dict[str, dict[str, Said]] = {table: {} for table in _TABLES}
        self._holds = HoldLedger()
        #: by entry, which control was settled, by whom and why; `GONE` where that was destroyed
        self._settled: dict[int, tuple[str, str | None, str] | None] = {}
        #: by the first word of an action, what takes its entries
        self._takers: Mapping[str, Callable[[Row, str], None]] = {
            "annexe": self._take_annexe,
            "incident": self._take_incident,
            "caf-review": self._take_caf_review,
            "partner": self._take_removed,
        }

    def take(self, row: Row) -> None:
        """The next entry. What stood beside it and was destroyed says nothing."""
        facts, entry, details = row.entry.facts, row.entry.entry, row.details
        action, partner = str(facts.get("action")), facts.get("partner")
        self._holds.take(row, action)
        if action == "control.settled":
            said = (str(details["control"]), row.decided_by, details["reason"]) if details else GONE
            self._settled[entry] = said
        if action in ("partner.end", "partner.reinstate", "partner.new-convention"):
            end = _only(("ends_on",), details)
            if end:
                end["end_reason"] = details["reason"] if end["ends_on"] is not None else None
            self._of("partner", partner).say(entry, **end)
        elif action in ("partner.contacts", "caf.contacts"):
            people = sorted(details.get("people", ()), key=lambda person: str(person["role"]))
            annexe = {"dated": details["dated"], "people": people} if details else {}
            self._of("contact", partner or "").say(entry, **annexe)
        elif action.startswith("partner.") and action in _SAY:
            record = _only(_SAY[action][1], details)
            if "domains" in record:  # an older entry has the form in which it was typed
                record["domains"] = sorted({canonical_domain(domain) or domain for domain in record["domains"]})
            self._of("partner", partner).say(entry, **record)
        elif (take := self._takers.get(action.partition(".")[0])) is not None:
            take(row, action)
        elif (table := action.partition(".")[0]) in _OF_PARTNER and table in details:
            self._take_of_partner(table, row)
        elif action in ("backup.key-used", "backup.key-destroyed") and details:
            said_of_key = {"month": details["month"], "destroyed_on": details.get("destroyed_on")}
            self._of("backup_key", details["key"]).say(entry, **said_of_key)
        elif action == "destroyed":
            self._take_destroyed(row, str(facts.get("rule")), str(partner))
        elif facts.get("habilitation") is not None:
            self._take_habilitation(row, action)

    def _take_destroyed(self, row: Row, rule: str, partner: str) -> None:
        """What is destroyed need not be there; an account (D1) is named by its habilitation until that one's day."""
        if rule == "D2":
            self._said["habilitation"].pop(str(row.entry.facts.get("habilitation")), None)
        elif rule == "L2":
            self._said["incident"].pop(str(row.details.get("incident")), None)
        elif rule == "V4":
            for table, numbers in (("caf_review", "reviews"), ("caf_review_line", "lines")):
                for number in row.details.get(numbers, ()):
                    self._said[table].pop(str(number), None)
        elif rule == "C4":
            self._said["contact"].pop(partner, None)
            self._said["partner"].get(partner, Said()).unsay("addresses")
            for rows in (self._said["annexe"], *map(self._said.__getitem__, _OF_PARTNER)):
                for key in [key for key, said in rows.items() if said.partner == partner]:
                    del rows[key]

    def _take_removed(self, row: Row, action: str) -> None:
        """What is removed went as a convention does (C4), its record too."""
        if action == "partner.remove":
            self._said["partner"].pop(str(row.entry.facts.get("partner")), None)

    def _take_annexe(self, row: Row, action: str) -> None:
        entry, number, details = row.entry.entry, row.annexe, row.details
        destroyed = details.get("destroyed", []) if action == "annexe.applied" else []
        if isinstance(destroyed, int):  # 0.1 said how many: all of the partner but the one applied
            destroyed = [
                key
                for key, said in self._said["annexe"].items()
                if said.partner == row.entry.facts.get("partner") and key != str(number)
            ]
        for key in [*destroyed, *([number] if action == "annexe.destroyed" else [])]:
            self._said["annexe"].pop(str(key), None)
        if number is None or action == "annexe.destroyed":
            return
        annexe = self._of("annexe", number)
        annexe.partner = row.entry.facts.get("partner") or annexe.partner
        annexe.say(entry)
        if action in ("annexe.approved", "annexe.closures_approved"):
            approval = {
                "approved_by": row.decided_by,
                "plan_id": details.get("plan"),
                "approved_at": moment(row),
                "decisions": _without_renames(details.get("decisions")),
            }
            annexe.say(entry, **{f"decision {entry}": approval})
        elif action == "annexe.rejected":
            annexe.say(entry, rejected_by=row.decided_by, **_only(("reason",), details))
        elif action == "annexe.submitted" and details:
            received = {"sent_by": details.get("sent_by"), **_only(("received_on",), details)}
            file, scan = details["annexe_sha256"], details.get("source_sha256")
            annexe.say(entry, sha256=file, content=file, source_sha256=scan, source=scan, **received)
        elif action == "annexe.replaced" and details:
            file = details["annexe_sha256"]
            nothing = dict.fromkeys(("source_sha256", "source", "sent_by"))
            annexe.say(entry, sha256=file, content=file, **nothing)
        elif action in _SAY:
            annexe.say(entry, **_only(_SAY[action][1], details))
        elif action == "annexe.closures_applied" and row.entry.cause is not None:
            approval, _ = annexe.columns.get(f"decision {row.entry.cause}", ({}, 0))
            if approval.get("approved_by") is not None:
                annexe.say(entry, list_2_approved_by=approval["approved_by"])

    def _take_incident(self, row: Row, action: str) -> None:
        said = dict(row.details)
        number, text = said.pop("incident", None), said.pop("text", None)
        if number is None:
            return
        if action == "incident.declared":
            said = {**dict.fromkeys(INCIDENT), **said, "declared_by": row.decided_by}
        elif action == "incident.closed":
            said |= {"closed_by": row.decided_by, "closing_text": text}
        self._of("incident", number).say(row.entry.entry, **said)

    def _take_caf_review(self, row: Row, _action: str) -> None:
        entry, details = row.entry.entry, row.details
        if not details:
            return
        self._of("caf_review", details["review"]).say(entry, complete=details.get("complete", False))
        for number in details.get("removed", ()):
            self._said["caf_review_line"].pop(str(number), None)
        for number, sha256 in details.get("lines", {}).items():
            self._of("caf_review_line", number).say(entry, sha256=sha256, signed_by=None, wrong=None)
        reasons = details.get("wrong", {})
        for number in (*details.get("signed", ()), *reasons):
            signed = {"signed_by": row.decided_by, "wrong": reasons.get(str(number))}
            self._of("caf_review_line", number).say(entry, **signed)

    def _take_of_partner(self, table: str, row: Row) -> None:
        """What its details say as it stands in the row, of which they give the number, and of its file the digest."""
        said = dict(row.details)
        thing = self._of(table, said.pop(table))
        thing.partner = row.entry.facts.get("partner")
        if "sha256" in said:
            said.setdefault("document", said["sha256"])
        said.pop("reason", None)  # of what is withdrawn, it stands in the entry alone
        if table == "review" and not thing.columns:
            said = {**_NEW_REVIEW, **said}
        if row.entry.facts.get("action") == "review.confirmed":
            said["confirmed_by"] = row.decided_by
        elif row.entry.facts.get("action") == "request.asked":
            said = {**dict.fromkeys(REQUEST), **said}
        thing.say(row.entry.entry, partner=thing.partner, **said)

    def _take_habilitation(self, row: Row, action: str) -> None:
        facts, entry, details = row.entry.facts, row.entry.entry, row.details
        key = facts.get("habilitation")
        if action == "habilitation.withdrawn":
            self._said["habilitation"].pop(str(key), None)
        elif action in _SAY:
            self._of("habilitation", key).say(entry, **_only(_SAY[action][1], details))
        elif action in ("open", "reopen", "adoption"):  # an account may be adopted for an access that is open
            habilitation = self._of("habilitation", key)
            if "opened_at" not in habilitation.columns:
                habilitation.say(entry, opened_at=moment(row))
        elif action == "close":
            habilitation = self._of("habilitation", key)
            if "closed_at" not in habilitation.columns:
                habilitation.say(entry, closed_at=moment(row), **_only(("ended_on", "end_rule"), details))
                if facts.get("rule") == "C3" and "ended_on" not in details:
                    habilitation.unsay("ended_on", "end_rule")  # an older entry has not the convention's last day

    def _of(self, table: str, key: object) -> Said:
        return self._said[table].setdefault(str(key), Said())

    def differences(self, tables: Tables) -> list[Difference]:
        """Every row that is not what was said, in the order of the entries that said it. It is asked once."""
        differences = list(self._holds.differences(tables["account"], tables["hold"]))
        differences += self._settlements(tables["control"])
        for table, rows in self._said.items():
            for key, row in tables[table]:
                if (said := rows.pop(key, None)) is None:
                    differences.append(Difference(table, key, None, None))
                    continue
                columns = list(_wrong_columns(table, said, row))
                if table == "annexe":
                    columns = columns[:1]  # a forged file or approval makes the others differ
                differences += (Difference(table, key, *column) for column in columns)
            differences += (Difference(table, key, None, said.entry) for key, said in rows.items())
        return sorted(differences, key=lambda wrong: (wrong.entry or 0, wrong.table, wrong.key, wrong.column or ""))

    def _settlements(self, controls: Rows) -> Iterator[Difference]:
        """Every control that stands as settled and was not so by that name, for that reason. What was settled and is
        raised anew stands as raised.
        """
        for key, control in controls:
            if control["settled_at"] is not None:
                entry = control["settle_decision"]
                said = self._settled.get(entry, ("", None, ""))
                if said is not GONE and said != (key, control["settled_by"], control["settle_reason"]):
                    yield Difference("control", key, "settled_by", entry if entry in self._settled else None)


def _wrong_columns(table: str, said: Said, row: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """The columns of a row that do not hold what the entries said, with the entry that said it last."""
    claims = said.columns
    if table == "annexe":
        row = {**row, "decisions": _without_renames(row["decisions"]) or {}}
        claims = _claims_of_annexe(claims, said.entry, row)
    for column, (value, entry) in claims.items():
        if not is_same(value, row.get(column)):
            yield column, entry
    if table == "habilitation":
        for column in MOMENTS:
            if column not in claims and row.get(column) is not None:
                yield column, said.entry


def _claims_of_annexe(
    columns: Mapping[str, tuple[Any, int]], last: int, row: Mapping[str, Any]
) -> dict[str, tuple[Any, int]]:
    """Its approval is that of the entry that it names: the same name, the same plan, the same decisions. `last`: the
    entry that spoke of it last.
    """
    claims = {column: columns[column] for column in _FILES if column in columns}
    if row["approved_by"] is not None:
        approval, entry = columns.get(f"decision {row['decision']}", (_NO_APPROVAL, last))
        claims |= {column: (value, entry) for column, value in approval.items() if value is not None}
    if row["rejected_by"] is not None:
        claims["rejected_by"] = columns.get("rejected_by", (None, last))
        claims["reason"] = columns.get("reason", (row["reason"], last))
    return claims


#: Said of an approval that names no entry of one.
_NO_APPROVAL = {"approved_by": ""}


def _without_renames(decisions: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """An annexe that is applied again keeps the addresses that it brought before."""
    return None if decisions is None else {name: value for name, value in decisions.items() if name != "rename"}


def _only(names: tuple[str, ...], details: Mapping[str, Any]) -> dict[str, Any]:
    return {name: details[name] for name in names if name in details}
