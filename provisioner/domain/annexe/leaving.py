"""A person leaves the annexe that is kept: its rows, its findings, the decisions taken beside it (D2)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date

from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.document import Check, Finding, Row
from provisioner.domain.calendar import add_months
from provisioner.domain.people import EmailAddress, Identity, fold, folded_name
from provisioner.domain.retention import HABILITATION_MONTHS, done_from


@dataclass(frozen=True, slots=True)
class Leaving:
    """Whose data go, and who stays at the partner.

    `ended_on` is the end of the access of which the data go. A person who has another access at the same partner
    stays: only the row of that end goes.
    """

    identity: Identity
    ended_on: date | None
    staying: Collection[EmailAddress]

    @property
    def stays(self) -> bool:
        """Whether the person has another access at that partner."""
        return not self.identity.addresses.isdisjoint(self.staying)

    def is_about(self, row: Row) -> bool:
        """Whether the row has to go: it is the person's, under an address of theirs or a mistyped one."""
        if row.email in self.identity.addresses:
            return not self.stays or (row.list == 2 and row.on == self.ended_on)
        return row.email not in self.staying and self.identity.has_name(row.last_name, row.first_names)

    def names(self, text: str) -> bool:
        """Whether the text names the person, who has nothing more there."""
        return not self.stays and self.identity.is_named_in(text)

    def decisions_without(self, decisions: Decisions, rows: Collection[int]) -> Decisions:
        """The decisions without the person, of whom these rows of list 1 are."""
        if self.stays:
            return decisions
        addresses = self.identity.addresses
        return replace(
            decisions,
            keep=decisions.keep - addresses,
            close=decisions.close - addresses,
            waive={row: why for row, why in decisions.waive.items() if row not in rows and not self.names(why)},
            rename={old: new for old, new in decisions.rename.items() if addresses.isdisjoint({old, new})},
        )


def outdated(check: Check, held: Collection[EmailAddress], today: date) -> tuple[Leaving, ...]:
    """Who leaves an annexe though the register does not hold them, by `held`: those of list 2 whose 2 years (D2) have
    passed since it was transmitted. Their day came while it waited to be applied, or nobody knew them. A closure that
    was older than that already is told when the annexe is judged (A3), and stays.
    """
    transmitted_on = check.annexe.transmitted_on
    return tuple(
        Leaving(Identity(frozenset({row.email}), row.last_name or "", row.first_names or ""), row.on, held)
        for row in check.annexe.of_list(2)
        if row.on is not None and row.email is not None and row.email not in held and transmitted_on is not None
        if transmitted_on <= (due_on := add_months(row.on, HABILITATION_MONTHS)) and done_from(due_on) <= today
    )


def _rows_of(persons: Sequence[Leaving], check: Check) -> dict[int, set[tuple[int, int]]]:
    """The rows (list, row) of the annexe that have to go, by the place of the person among `persons`. A row is
    compared with those only who have its address or its name: both may be thousands.
    """
    alike: dict[EmailAddress | tuple[str, str] | None, list[int]] = {}
    for at, leaving in enumerate(persons):
        alike.setdefault(leaving.identity.name, []).append(at)
        for address in leaving.identity.addresses:
            alike.setdefault(address, []).append(at)
    rows_of: dict[int, set[tuple[int, int]]] = {}
    for row in check.annexe.rows:
        for at in (*alike.get(row.email, ()), *alike.get(folded_name(row.last_name, row.first_names), ())):
            if persons[at].is_about(row):
                rows_of.setdefault(at, set()).add((row.list, row.row))
    return rows_of


def _is_of(finding: Finding, rows: Collection[tuple[int, int]]) -> bool:
    """Whether it is about one of these rows, or about none."""
    return finding.row is None or (finding.list, finding.row) in rows


def leave(
    persons: Sequence[Leaving], check: Check, decisions: Decisions | None
) -> tuple[Check, Decisions | None, bool]:
    """What an annexe's check and decisions are without these persons, and whether a row of theirs was in it.

    Where one of the rows goes, all go that are of nobody known any more: what stays is what the register holds. All
    are of one partner, where the same persons stay.
    """
    rows_of = _rows_of(persons, check)
    rows, findings = check.annexe.rows, check.findings
    if rows_of:
        going, staying = set().union(*rows_of.values()), persons[0].staying
        rows = tuple(row for row in rows if (row.list, row.row) not in going and row.email in staying)
        numbers = {(row.list, row.row) for row in rows}
        findings = tuple(finding for finding in findings if _is_of(finding, numbers))
    texts = [(finding, fold(f"{finding} {finding.who}")) for finding in findings]
    findings = tuple(f for f, text in texts if not any(leaving.names(text) for leaving in persons))
    for at, leaving in enumerate(persons):
        if decisions is not None:
            of_list_1 = {row for list_, row in rows_of.get(at, ()) if list_ == 1}
            decisions = leaving.decisions_without(decisions, of_list_1)
    return replace(check, annexe=replace(check.annexe, rows=rows), findings=findings), decisions, bool(rows_of)
