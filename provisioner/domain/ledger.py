"""What the journal's entries say that the register must hold, so that nobody opens an access in the tables."""

from __future__ import annotations

import marshal
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any, cast

from provisioner.domain.connections.incident import ITEMS
from provisioner.domain.journal import Row
from provisioner.domain.people import canonical_domain

#: What stands in a table: each row's key with its columns, gone through once.
Rows = Iterable[tuple[str, Mapping[str, Any]]]

#: The register's facts, by table: with hundred thousands of persons no table is held whole.
Tables = Mapping[str, Rows]

#: How far an entry of before version 0.3 may be from the moment that was recorded with it: they were two readings.
_APART = timedelta(minutes=1)

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


@dataclass(frozen=True, slots=True)
class Difference:
    """A row of the register that is not what the entries say; `entry` is the one that said it last, if any did.

    `column` is None for a row that no entry made, or that is gone without an entry.
    """

    table: str
    key: str
    column: str | None
    entry: int | None


@dataclass(slots=True)
class _Said:
    """What the entries said of one row: each column's value, with the entry that said it last; whose row it is.

    It is kept packed: of 200,000 persons there are two million values.
    """

    entry: int = 0
    partner: str | None = None
    _packed: bytes = marshal.dumps({})

    @property
    def columns(self) -> dict[str, tuple[Any, int]]:
        return cast(dict[str, tuple[Any, int]], marshal.loads(self._packed))  # noqa: S302 - packed below

    def say(self, entry: int, **values: Any) -> None:
        self.entry = entry
        self._packed = marshal.dumps(self.columns | {name: (value, entry) for name, value in values.items()})

    def unsay(self, *names: str) -> None:
        self._packed = marshal.dumps({name: said for name, said in self.columns.items() if name not in names})


class Ledger:
    """Takes the entries in their order, and then tells what in the register does not follow from them."""

    def __init__(self) -> None:
        self._said: dict[str, dict[str, _Said]] = {table: {} for table in _TABLES}
        self._holds = HoldLedger()
        #: by entry, which control was settled, by whom and why; `_GONE` where that was destroyed
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
            said = (str(details["control"]), row.decided_by, details["reason"]) if details else _GONE
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
            self._said["partner"].get(partner, _Said()).unsay("addresses")
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
                "approved_at": _moment(row),
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
                habilitation.say(entry, opened_at=_moment(row))
        elif action == "close":
            habilitation = self._of("habilitation", key)
            if "closed_at" not in habilitation.columns:
                habilitation.say(entry, closed_at=_moment(row), **_only(("ended_on", "end_rule"), details))
                if facts.get("rule") == "C3" and "ended_on" not in details:
                    habilitation.unsay("ended_on", "end_rule")  # an older entry has not the convention's last day

    def _of(self, table: str, key: object) -> _Said:
        return self._said[table].setdefault(str(key), _Said())

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
                if said is not _GONE and said != (key, control["settled_by"], control["settle_reason"]):
                    yield Difference("control", key, "settled_by", entry if entry in self._settled else None)


def _wrong_columns(table: str, said: _Said, row: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """The columns of a row that do not hold what the entries said, with the entry that said it last."""
    claims = said.columns
    if table == "annexe":
        row = {**row, "decisions": _without_renames(row["decisions"]) or {}}
        claims = _claims_of_annexe(said, row)
    for column, (value, entry) in claims.items():
        if not _is_same(value, row.get(column)):
            yield column, entry
    if table == "habilitation":
        for column in MOMENTS:
            if column not in claims and row.get(column) is not None:
                yield column, said.entry


def _claims_of_annexe(said: _Said, row: Mapping[str, Any]) -> dict[str, tuple[Any, int]]:
    """Its approval is that of the entry that it names: the same name, the same plan, the same decisions."""
    claims = {column: said.columns[column] for column in _FILES if column in said.columns}
    if row["approved_by"] is not None:
        approval, entry = said.columns.get(f"decision {row['decision']}", (_NO_APPROVAL, said.entry))
        claims |= {column: (value, entry) for column, value in approval.items() if value is not None}
    if row["rejected_by"] is not None:
        claims["rejected_by"] = said.columns.get("rejected_by", (None, said.entry))
        claims["reason"] = said.columns.get("reason", (row["reason"], said.entry))
    return claims


#: Said of an approval that names no entry of one.
_NO_APPROVAL = {"approved_by": ""}


def _without_renames(decisions: Mapping[str, Any] | None) -> dict[str, Any] | None:
    """An annexe that is applied again keeps the addresses that it brought before."""
    return None if decisions is None else {name: value for name, value in decisions.items() if name != "rename"}


def _moment(row: Row) -> tuple[Any, bool]:
    """When it was, and whether the register recorded the very same reading of the clock."""
    return row.entry.facts.get("at"), not row.entry.is_old


def _only(names: tuple[str, ...], details: Mapping[str, Any]) -> dict[str, Any]:
    return {name: details[name] for name in names if name in details}


def _is_same(said: Any, stored: Any) -> bool:
    """Whether a column holds what an entry said; a moment is said with whether it is the very same reading."""
    if isinstance(said, tuple):
        text, is_exact = said
        if not isinstance(stored, datetime):
            return False
        try:
            apart = abs(datetime.fromisoformat(str(text)) - stored)
        except ValueError:
            return False
        return apart <= (timedelta() if is_exact else _APART)
    if isinstance(stored, datetime | date):
        stored = stored.isoformat()
    return bool(said == stored)


#: Said by an entry whose data beside it are destroyed.
_GONE = None


@dataclass(slots=True)
class HoldLedger:
    """Takes the entries about accounts and holds in their order."""

    #: the address that was said last of a habilitation's account
    emails: dict[int, tuple[str, int]] = field(default_factory=dict)
    #: the entry by which a habilitation is suspended; those that gave it back, with name, reason and how
    suspended: dict[int, int] = field(default_factory=dict)
    reopened: dict[int, set[tuple[str, str, str | None] | None]] = field(default_factory=dict)
    #: by partner, None for everybody: the pause that lasts, with its reason
    paused: dict[str | None, tuple[str | None, int]] = field(default_factory=dict)
    resumed: dict[str | None, set[str | None]] = field(default_factory=dict)
    released: set[tuple[str | None, str, str, str]] = field(default_factory=set)
    #: by partner: the containment that lasts, with its reason and second name; and who ended one, why
    contained: dict[str, tuple[str | None, str | None, int]] = field(default_factory=dict)
    freed: dict[str, set[tuple[str, str] | None]] = field(default_factory=dict)
    #: by number: the hold on destruction that lasts, with its reason and its day; and who released one, why
    kept: dict[str, tuple[str, str, int]] = field(default_factory=dict)
    unkept: dict[str, tuple[str | None, str]] = field(default_factory=dict)

    def take(self, row: Row, action: str) -> None:
        """The next entry; one of another kind says nothing here."""
        facts, entry, details = row.entry.facts, row.entry.entry, row.details
        habilitation, partner = facts.get("habilitation"), facts.get("partner")
        if action.startswith("retention."):
            self._take_keeping(row, action)
        elif habilitation is not None:
            self._take_account(row, action, habilitation)
        elif action == "pause":
            self.paused[partner] = (details.get("reason"), entry)
            self.resumed.setdefault(partner, set()).add(row.decided_by)
        elif action == "resume":
            self.paused.pop(partner, None)
            self.resumed.setdefault(partner, set()).add(row.decided_by)
        elif action == "containment":
            self.contained[str(partner)] = (details.get("reason"), details.get("second"), entry)
        elif action == "containment.released":
            self.contained.pop(str(partner), None)
            said = (row.decided_by or "", details["reason"]) if details else _GONE
            self.freed.setdefault(str(partner), set()).add(said)
        elif action == "destroyed" and facts.get("rule") == "C4":
            self.paused.pop(partner, None)
            self.contained.pop(str(partner), None)
        elif action == "release" and details:
            reason = details.get("reason", "--allow")  # 0.1 had no other way, and did not say it
            self.released.add((partner, details["plan"], row.decided_by or "", reason))

    def _take_keeping(self, row: Row, action: str) -> None:
        details = row.details
        number = str(details.get("hold"))
        if action == "retention.hold" and details:
            self.kept[number] = (details["reason"], details["until"], row.entry.entry)
        elif action == "retention.released" and details:
            self.kept.pop(number, None)
            self.unkept[number] = (row.decided_by, details["reason"])

    def _take_account(self, row: Row, action: str, habilitation: int) -> None:
        entry, details = row.entry.entry, row.details
        if action in ("habilitation.asked", "habilitation.updated", "adoption") and "email" in details:
            self.emails[habilitation] = (details["email"], entry)
        elif action == "account.renamed" and "new" in details:
            self.emails[habilitation] = (details["new"], entry)
        elif action == "suspension":
            self.suspended[habilitation] = entry
        elif action == "reopening":
            self.suspended.pop(habilitation, None)
            said = (row.decided_by or "", details["reason"], details.get("how")) if details else _GONE
            self.reopened.setdefault(habilitation, set()).add(said)

    def differences(self, accounts: Rows, holds: Rows) -> Iterator[Difference]:
        """Every account and hold that is not what was said."""
        for key, account in accounts:
            yield from self._of_account(key, account)
        numbers, lasting = set(), set()
        for key, hold in holds:
            yield from self._of_hold(key, hold)
            numbers.add(key)
            if not hold["released_at"]:
                lasting.add((hold["kind"], hold["partner"]))
        for key, (*_, entry) in self.kept.items():
            if key not in numbers:
                yield Difference("hold", key, None, entry)
        said = [("pause", partner, entry) for partner, (_, entry) in self.paused.items()]
        said += [("containment", partner, entry) for partner, (*_, entry) in self.contained.items()]
        for kind, partner, entry in said:
            if (kind, partner) not in lasting:
                yield Difference("hold", partner or "", "released_at", entry)

    def _of_account(self, key: str, account: Mapping[str, Any]) -> Iterator[Difference]:
        said = [self.emails[id_] for id_ in account["habilitations"] if id_ in self.emails]
        email, entry = max(said, key=lambda address: address[1], default=(account["email"], 0))
        if email != account["email"]:
            yield Difference("account", key, "email", entry)
        if account["reopening"] is not None:
            reopenings = self._reopenings(account)
            ways = {said[2] for said in filter(None, reopenings)}
            if _GONE not in reopenings and account["reopening"] not in ways:
                yield Difference("account", key, "reopening", None)
        suspended = [self.suspended[id_] for id_ in account["live"] if id_ in self.suspended]
        if suspended and not account["is_suspended"]:
            yield Difference("account", key, "suspension", max(suspended))

    def _of_hold(self, key: str, hold: Mapping[str, Any]) -> Iterator[Difference]:
        kind, by, reason = hold["kind"], hold["released_by"], hold["release_reason"]
        if hold["released_at"] is None:
            if kind == "pause":
                said, entry = self.paused.get(hold["partner"], (None, None))
                if entry is None or (said is not None and said != hold["reason"]):
                    yield Difference("hold", key, None if entry is None else "reason", entry)
            elif kind == "containment":
                yield from self._of_containment(key, hold)
            elif kind == "retention" and hold["incident"] is None:
                reason, until, entry = self.kept.get(key, (None, None, None))
                if not (_is_same(reason, hold["reason"]) and _is_same(until, hold["until"])):
                    yield Difference("hold", key, "reason", entry)
            return
        is_said = True
        if kind == "pause":
            is_said = not {by, _GONE}.isdisjoint(self.resumed.get(hold["partner"], ()))
        elif kind == "suspension":
            reopenings = self._reopenings(hold)
            is_said = _GONE in reopenings or (by, reason) in {said[:2] for said in filter(None, reopenings)}
        elif kind == "containment":
            freed = self.freed.get(hold["partner"], set())
            is_said = _GONE in freed or (by, reason) in freed
        elif kind == "retention" and hold["incident"] is None:
            is_said = self.unkept.get(key, (by, reason)) == (by, reason) and key not in self.kept
        elif kind == "limit":
            is_said = (hold["partner"], hold["plan_id"], by, reason) in self.released
        if not is_said:
            yield Difference("hold", key, "released_by", None)

    def _of_containment(self, key: str, hold: Mapping[str, Any]) -> Iterator[Difference]:
        """One that lasts: its reason and the second name are those that were said."""
        if (said := self.contained.get(hold["partner"])) is None:
            yield Difference("hold", key, None, None)
            return
        reason, second, entry = said
        if reason is not _GONE:
            for column, value in (("reason", reason), ("second", second)):
                if hold[column] != value:
                    yield Difference("hold", key, column, entry)

    def _reopenings(self, row: Mapping[str, Any]) -> set[tuple[str, str, str | None] | None]:
        """How an account's accesses were given back, by itself or by a hold of it."""
        return set().union(*(self.reopened.get(id_, set()) for id_ in row["habilitations"]))
