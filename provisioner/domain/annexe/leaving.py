"""A person leaves the annexe that is kept: its rows, its findings, the decisions taken beside it (D2)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.document import Check, Finding, Row
from provisioner.domain.people import EmailAddress, Identity


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

    def rows_of(self, check: Check) -> frozenset[tuple[int, int]]:
        """The rows (list, row) of the annexe that have to go."""
        return frozenset((row.list, row.row) for row in check.annexe.rows if self.is_about(row))

    def left_of(self, check: Check, texts: Mapping[int, str]) -> Check:
        """The check without the person. Where one of the rows goes, all go that are of nobody known any more: what is
        left is what the register holds. `texts` are what the findings say.
        """
        gone = self.rows_of(check)
        rows = tuple(row for row in check.annexe.rows if not gone or self._is_left(row, gone))
        places = {(row.list, row.row) for row in rows}
        findings = tuple(finding for finding in check.findings if self._tells_left(finding, places, gone, texts))
        return replace(check, annexe=replace(check.annexe, rows=rows), findings=findings)

    def _is_left(self, row: Row, gone: Collection[tuple[int, int]]) -> bool:
        return (row.list, row.row) not in gone and row.email in self.staying

    def _tells_left(
        self,
        finding: Finding,
        places: Collection[tuple[int, int]],
        gone: Collection[tuple[int, int]],
        texts: Mapping[int, str],
    ) -> bool:
        is_of_gone = bool(gone) and finding.row is not None and (finding.list, finding.row) not in places
        if is_of_gone:
            return False
        return not (self._may_be_named_in(texts[id(finding)].casefold()) and self.names(texts[id(finding)]))

    def _may_be_named_in(self, text: str) -> bool:
        """Whether it is worth a close look, in a text without capitals: an annexe may have thousands of findings."""
        parts = (*self.identity.addresses, self.identity.last_name)
        return any(part.casefold() in text for part in parts)

    def left_of_decisions(self, decisions: Decisions | None, check: Check) -> Decisions | None:
        """The decisions without the person. `check` is the annexe's as it was when they were taken."""
        if decisions is None or self.stays:
            return decisions
        gone = {row for list_, row in self.rows_of(check) if list_ == 1}
        addresses = self.identity.addresses
        return replace(
            decisions,
            keep=decisions.keep - addresses,
            close=decisions.close - addresses,
            waive={row: why for row, why in decisions.waive.items() if row not in gone and not self.names(why)},
            rename={old: new for old, new in decisions.rename.items() if addresses.isdisjoint({old, new})},
        )


def leave(
    persons: Sequence[Leaving], check: Check, decisions: Decisions | None
) -> tuple[Check, Decisions | None, bool]:
    """What an annexe's check and decisions are without these persons, and whether a row of theirs was in it."""
    texts = {id(finding): f"{finding} {finding.who}" for finding in check.findings}
    is_listed = False
    for leaving in persons:
        is_listed |= bool(leaving.rows_of(check))
        decisions, check = leaving.left_of_decisions(decisions, check), leaving.left_of(check, texts)
    return check, decisions, is_listed
