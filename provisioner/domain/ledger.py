"""What the journal's entries say that the register must hold: decisions and dates that nothing else may change."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

from provisioner.domain.journal import Row

#: A fact of the register: the table, the row's key, its columns.
Tables = Mapping[str, Mapping[str, Mapping[str, Any]]]

#: How far an entry of before version 0.3 may be from the moment that was recorded with it: they were two readings.
_APART = timedelta(minutes=1)

#: What the entries say of a partner, of a habilitation, and of when this one was opened and closed.
PARTNER = ("name", "signed_on", "ctg_end", "ends_on")
HABILITATION = ("last_name", "first_names", "function", "requested_on", "ended_on", "end_rule", "waived")
MOMENTS = ("opened_at", "closed_at")


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
        self._said: dict[str, dict[str, _Said]] = {"partner": {}, "habilitation": {}, "annexe": {}}

    def take(self, row: Row) -> None:
        """The next entry. What stood beside it and was destroyed says nothing."""
        facts, entry = row.entry.facts, row.entry.entry
        action, details = str(facts.get("action")), row.details
        if action in ("partner.add", "partner.set"):
            self._of("partner", facts.get("partner")).say(entry, **_only(PARTNER, details))
        elif action in ("partner.end", "partner.reinstate", "partner.new-convention"):
            self._of("partner", facts.get("partner")).say(entry, **_only(("ends_on",), details))
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
        said.say(entry)
        if action in ("annexe.approved", "annexe.closures_approved"):
            said.say(entry, **{f"decision {entry}": (row.decided_by, row.details.get("plan"))})
        elif action == "annexe.rejected":
            said.say(entry, rejected_by=row.decided_by)

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
        return sorted(found, key=lambda one: (one.entry or 0, one.table, one.key, one.column or ""))


def _differences_of_annexe(key: str, said: _Said, row: Mapping[str, Any]) -> list[Difference]:
    """Its approval is that of the entry that it names: the same name and the same plan."""
    if row["approved_by"] is not None:
        approval = said.columns.get(f"decision {row['decision']}")
        if approval is None:
            return [Difference("annexe", key, "approved_by", said.entry)]
        (by, plan), entry = approval
        if by is not None and row["approved_by"] != by:
            return [Difference("annexe", key, "approved_by", entry)]
        if plan is not None and row["plan_id"] != plan:
            return [Difference("annexe", key, "plan_id", entry)]
    if row["rejected_by"] is not None:
        by, entry = said.columns.get("rejected_by", (None, said.entry))
        if row["rejected_by"] != by:
            return [Difference("annexe", key, "rejected_by", entry)]
    return []


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
