"""What the journal's entries say of addresses, suspensions, reopenings, pauses and of plans that were let go: who can
change these in the tables could open an access in nobody's name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from provisioner.domain.journal import Row

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
