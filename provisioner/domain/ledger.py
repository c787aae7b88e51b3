"""What the journal's entries say that the register must hold, so that nobody opens an access in the tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from provisioner.domain.journal import Row
from provisioner.domain.people import canonical_domain

#: A fact of the register: the table, the row's key, its columns.
Tables = Mapping[str, Mapping[str, Mapping[str, Any]]]

#: How far an entry of before version 0.3 may be from the moment that was recorded with it: they were two readings.
_APART = timedelta(minutes=1)

#: What the entries say of a partner, of a habilitation, and of when this one was opened and closed.
PARTNER = ("name", "signed_on", "ctg_end", "ends_on")
HABILITATION = ("last_name", "first_names", "function", "requested_on", "ended_on", "end_rule", "waived")
MOMENTS = ("opened_at", "closed_at")

#: What a partner declared, which stands in tables of its own.
DECLARED = ("domains", "addresses")

#: An approval that no entry is.
_NOBODY: tuple[Any, ...] = ("", None, None, ("", True))


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
    """What the entries said of one row: each column's value, with the entry that said it last."""

    columns: dict[str, tuple[Any, int]] = field(default_factory=dict)
    entry: int = 0

    def say(self, entry: int, **values: Any) -> None:
        self.entry = entry
        self.columns |= {name: (value, entry) for name, value in values.items()}


class Ledger:
    """Takes the entries in their order, and then tells what in the register does not follow from them."""

    def __init__(self) -> None:
        self._said: dict[str, dict[str, _Said]] = {"partner": {}, "contact": {}, "habilitation": {}, "annexe": {}}
        self._holds = HoldLedger()

    def take(self, row: Row) -> None:
        """The next entry. What stood beside it and was destroyed says nothing."""
        facts, entry = row.entry.facts, row.entry.entry
        action, details = str(facts.get("action")), row.details
        self._holds.take(row, action)
        if action in ("partner.add", "partner.set"):
            said = _only((*PARTNER, *DECLARED), details)
            if "domains" in said:  # an older entry has the form in which it was typed
                said["domains"] = sorted({canonical_domain(domain) or domain for domain in said["domains"]})
            self._of("partner", facts.get("partner")).say(entry, **said)
        elif action in ("partner.end", "partner.reinstate", "partner.new-convention"):
            said = _only(("ends_on",), details)
            if said:
                said["end_reason"] = details["reason"] if said["ends_on"] is not None else None
            self._of("partner", facts.get("partner")).say(entry, **said)
        elif action in ("partner.contacts", "caf.contacts"):
            people = sorted(details.get("people", ()), key=lambda one: str(one["role"]))
            told = {"dated": details["dated"], "people": people} if details else {}
            self._of("contact", facts.get("partner") or "").say(entry, **told)
        elif action.startswith("annexe."):
            self._take_annexe(row, action)
        elif facts.get("habilitation") is not None:
            self._take_habilitation(row, action)

    def _take_annexe(self, row: Row, action: str) -> None:
        entry, number = row.entry.entry, row.annexe
        gone = row.details.get("destroyed", []) if action == "annexe.applied" else []
        for each in [*gone, *([number] if action == "annexe.destroyed" else [])]:
            self._said["annexe"].pop(str(each), None)
        if number is None or action == "annexe.destroyed":
            return
        said = self._of("annexe", number)
        details = row.details
        said.say(entry)
        if action in ("annexe.approved", "annexe.closures_approved"):
            plan, decisions = details.get("plan"), details.get("decisions")
            at = (row.entry.facts.get("at"), row.actor is not None)
            said.say(entry, **{f"decision {entry}": (row.decided_by, plan, decisions, at)})
        elif action == "annexe.rejected":
            said.say(entry, rejected_by=row.decided_by, **_only(("reason",), details))
        elif action == "annexe.submitted" and details:
            received = {"sent_by": details.get("sent_by"), **_only(("received_on",), details)}
            file, scan = details["annexe_sha256"], details.get("source_sha256")
            said.say(entry, sha256=file, content=file, source_sha256=scan, source=scan, **received)
        elif action == "annexe.received":
            said.say(entry, **_only(("received_on", "sent_by"), details))
        elif action == "annexe.closures_applied" and row.entry.cause is not None:
            approval = said.columns.get(f"decision {row.entry.cause}")
            if approval is not None and approval[0][0] is not None:
                said.say(entry, list_2_approved_by=approval[0][0])

    def _take_habilitation(self, row: Row, action: str) -> None:
        facts, entry = row.entry.facts, row.entry.entry
        key = facts.get("habilitation")
        if action == "habilitation.withdrawn":
            self._said["habilitation"].pop(str(key), None)
            return
        at = (facts.get("at"), row.actor is not None)
        if action in ("habilitation.asked", "habilitation.ended", "habilitation.updated"):
            self._of("habilitation", key).say(entry, **_only(HABILITATION, row.details))
        elif action == "adoption":
            self._of("habilitation", key).say(entry, opened_at=at)
        elif action in ("open", "reopen"):
            said = self._of("habilitation", key)
            if "opened_at" not in said.columns:
                said.say(entry, opened_at=at)
        elif action == "close":
            said = self._of("habilitation", key)
            if "closed_at" not in said.columns:
                said.say(entry, closed_at=at, **_only(("ended_on", "end_rule"), row.details))
                if facts.get("rule") == "C3" and "ended_on" not in row.details:
                    said.columns.pop("ended_on", None)  # an older entry does not say the convention's last day
                    said.columns.pop("end_rule", None)

    def _of(self, table: str, key: object) -> _Said:
        return self._said[table].setdefault(str(key), _Said())

    def differences(self, tables: Tables) -> list[Difference]:
        """Every row that is not what was said, in the order of the entries that said it."""
        found: list[Difference] = []
        for table, rows in self._said.items():
            there = tables[table]
            found += (Difference(table, key, None, None) for key in there if key not in rows)
            for key, said in rows.items():
                if key not in there:
                    found.append(Difference(table, key, None, said.entry))
                elif table == "annexe":
                    found += _differences_of_annexe(key, said, there[key])
                else:
                    found += (
                        Difference(table, key, column, entry)
                        for column, (value, entry) in said.columns.items()
                        if not _is_same(value, there[key].get(column))
                    )
                    if table == "habilitation":
                        found += (
                            Difference(table, key, column, said.entry)
                            for column in MOMENTS
                            if column not in said.columns and there[key].get(column) is not None
                        )
        found += (Difference(*one) for one in self._holds.differences(tables["account"], tables["hold"]))
        return sorted(found, key=lambda one: (one.entry or 0, one.table, one.key, one.column or ""))


def _differences_of_annexe(key: str, said: _Said, row: Mapping[str, Any]) -> list[Difference]:
    """The first column that is not what was said."""
    return [Difference("annexe", key, *found) for found in _columns_of_annexe(said, row)][:1]


def _columns_of_annexe(said: _Said, row: Mapping[str, Any]) -> Iterator[tuple[str, int]]:
    """Its approval is that of the entry that it names: the same name, the same plan, the same decisions."""
    for column in ("sha256", "content", "source_sha256", "source", "sent_by", "received_on", "list_2_approved_by"):
        if column in said.columns and not _is_same(said.columns[column][0], row[column]):
            yield column, said.columns[column][1]
    if row["approved_by"] is not None:
        (by, plan, decisions, at), entry = said.columns.get(f"decision {row['decision']}", (_NOBODY, said.entry))
        if by is not None and row["approved_by"] != by:
            yield "approved_by", entry
        if plan is not None and row["plan_id"] != plan:
            yield "plan_id", entry
        if not _is_same(at, row["approved_at"]):
            yield "approved_at", entry
        if decisions is not None and _without_renames(row["decisions"]) != _without_renames(decisions):
            yield "decisions", entry
    if row["rejected_by"] is not None:
        by, entry = said.columns.get("rejected_by", (None, said.entry))
        if row["rejected_by"] != by:
            yield "rejected_by", entry
        reason, entry = said.columns.get("reason", (row["reason"], entry))
        if row["reason"] != reason:
            yield "reason", entry


def _without_renames(decisions: Mapping[str, Any] | None) -> dict[str, Any]:
    """An annexe that is applied again keeps the addresses that it brought before."""
    return {name: value for name, value in (decisions or {}).items() if name != "rename"}


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


#: What is said of an account, of a hold: the row's columns by its key.
Rows = Mapping[str, Mapping[str, Any]]

#: A row that is not what was said: its table, its key, the column, the entry.
Found = tuple[str, str, str | None, int | None]

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

    def take(self, row: Row, action: str) -> None:
        """The next entry; one of another kind says nothing here."""
        facts, entry, details = row.entry.facts, row.entry.entry, row.details
        habilitation, partner = facts.get("habilitation"), facts.get("partner")
        if habilitation is not None:
            self._take_account(row, action, habilitation)
        elif action == "pause":
            self.paused[partner] = (details.get("reason"), entry)
            self.resumed.setdefault(partner, set()).add(row.decided_by)
        elif action == "resume":
            self.paused.pop(partner, None)
            self.resumed.setdefault(partner, set()).add(row.decided_by)
        elif action == "release" and details:
            self.released.add((partner, details["plan"], row.decided_by or "", details["reason"]))

    def _take_account(self, row: Row, action: str, habilitation: int) -> None:
        entry, details = row.entry.entry, row.details
        if action in ("habilitation.asked", "adoption") and "email" in details:
            self.emails[habilitation] = (details["email"], entry)
        elif action == "account.renamed" and "new" in details:
            self.emails[habilitation] = (details["new"], entry)
        elif action == "suspension":
            self.suspended[habilitation] = entry
        elif action == "reopening":
            self.suspended.pop(habilitation, None)
            said = (row.decided_by or "", details["reason"], details.get("how")) if details else _GONE
            self.reopened.setdefault(habilitation, set()).add(said)

    def differences(self, accounts: Rows, holds: Rows) -> Iterator[Found]:
        """Every account and hold that is not what was said."""
        for key, account in accounts.items():
            yield from self._of_account(key, account)
        for key, hold in holds.items():
            yield from self._of_hold(key, hold, accounts)
        open_pauses = {one["partner"] for one in holds.values() if one["kind"] == "pause" and not one["released_at"]}
        for partner, (_, entry) in self.paused.items():
            if partner not in open_pauses:
                yield "hold", partner or "", "released_at", entry

    def _of_account(self, key: str, account: Mapping[str, Any]) -> Iterator[Found]:
        mine = account["habilitations"]
        said = [self.emails[one] for one in mine if one in self.emails]
        email, entry = max(said, key=lambda one: one[1], default=(account["email"], 0))
        if email != account["email"]:
            yield "account", key, "email", entry
        if account["reopening"] is not None:
            known = self._reopenings(mine)
            if _GONE not in known and account["reopening"] not in {one[2] for one in known if one is not None}:
                yield "account", key, "reopening", None
        cut = [self.suspended[one] for one in account["live"] if one in self.suspended]
        if cut and not account["is_suspended"]:
            yield "account", key, "suspension", max(cut)

    def _of_hold(self, key: str, hold: Mapping[str, Any], accounts: Rows) -> Iterator[Found]:
        kind, by, reason = hold["kind"], hold["released_by"], hold["release_reason"]
        if hold["released_at"] is None:
            if kind == "pause":
                said, entry = self.paused.get(hold["partner"], (None, None))
                if entry is None or (said is not None and said != hold["reason"]):
                    yield "hold", key, None if entry is None else "reason", entry
        elif kind == "pause":
            if by not in self.resumed.get(hold["partner"], set()):
                yield "hold", key, "released_by", None
        elif kind == "suspension":
            known = self._reopenings(accounts[str(hold["account"])]["habilitations"])
            if _GONE not in known and (by, reason) not in {one[:2] for one in known if one is not None}:
                yield "hold", key, "released_by", None
        elif kind == "limit" and (hold["partner"], hold["plan_id"], by, reason) not in self.released:
            yield "hold", key, "released_by", None

    def _reopenings(self, habilitations: list[int]) -> set[tuple[str, str, str | None] | None]:
        return set().union(*(self.reopened.get(one, set()) for one in habilitations))
