"""What the journal's entries say of accounts and of what holds them, so that nobody lets one go in the tables."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from provisioner.domain.journal import Row
from provisioner.domain.said import GONE, Difference, Rows, is_same


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
            said = (row.decided_by or "", details["reason"]) if details else GONE
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
            said = (row.decided_by or "", details["reason"], details.get("how")) if details else GONE
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
            if GONE not in reopenings and account["reopening"] not in ways:
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
                if not (is_same(reason, hold["reason"]) and is_same(until, hold["until"])):
                    yield Difference("hold", key, "reason", entry)
            return
        is_said = True
        if kind == "pause":
            is_said = not {by, GONE}.isdisjoint(self.resumed.get(hold["partner"], ()))
        elif kind == "suspension":
            reopenings = self._reopenings(hold)
            is_said = GONE in reopenings or (by, reason) in {said[:2] for said in filter(None, reopenings)}
        elif kind == "containment":
            freed = self.freed.get(hold["partner"], set())
            is_said = GONE in freed or (by, reason) in freed
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
        if reason is not GONE:
            for column, value in (("reason", reason), ("second", second)):
                if hold[column] != value:
                    yield Difference("hold", key, column, entry)

    def _reopenings(self, row: Mapping[str, Any]) -> set[tuple[str, str, str | None] | None]:
        """How an account's accesses were given back, by itself or by a hold of it."""
        return set().union(*(self.reopened.get(id_, set()) for id_ in row["habilitations"]))
