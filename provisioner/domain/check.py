"""A received document and what was found in it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from provisioner.domain.annexe import Annexe, Finding, Row, Severity, has_error
from provisioner.domain.people import EmailAddress


@dataclass(frozen=True, kw_only=True)
class Document:
    """A received file: its bytes and its base name."""

    name: str
    content: bytes

    @cached_property
    def sha256(self) -> str:
        """The digest that an approval binds (A10)."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What was read in a document and what was found wrong with it.

    `refused` are the rows (list, row) with an error, also where it is among the findings that were only counted.
    """

    file: str
    sha256: str
    partner: str | None
    annexe: Annexe
    findings: tuple[Finding, ...]
    refused: frozenset[tuple[int, int]] = frozenset()

    @property
    def is_valid(self) -> bool:
        """Whether no finding is an error (A10)."""
        return not has_error(self.findings)

    def accepted(self, number: int) -> tuple[Row, ...]:
        """The rows of a list that have no error."""
        told = {(one.list, one.row) for one in self.findings if one.severity is Severity.ERROR}
        refused = self.refused | told
        return tuple(row for row in self.annexe.of_list(number) if (row.list, row.row) not in refused)

    @property
    def waived(self) -> Mapping[EmailAddress, frozenset[str]]:
        """For each address of list 1, the finding codes that were waived."""
        found: dict[EmailAddress, frozenset[str]] = {}
        emails = {row.row: row.email for row in self.annexe.of_list(1)}
        for one in self.findings:
            email = emails.get(one.row or 0)
            if one.details.get("waived") and email is not None:
                found[email] = found.get(email, frozenset()) | {one.code}
        return found


def placed(findings: Iterable[Finding], annexe: Annexe) -> tuple[Finding, ...]:
    """The findings with the person whose row each is about, and that row's number in its sheet."""
    rows = {(row.list, row.row): row for row in annexe.rows}
    return tuple(_placed(finding, rows.get((finding.list or 0, finding.row or 0))) for finding in findings)


def _placed(finding: Finding, row: Row | None) -> Finding:
    return finding if row is None else replace(finding, who=row.who, sheet_row=row.sheet_row)
