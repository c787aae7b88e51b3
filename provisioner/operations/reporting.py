"""The report on an annexe that the register keeps, as its last check found it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from provisioner.domain.annexe import Annexe
from provisioner.domain.convention import Partner
from provisioner.domain.days import day_of
from provisioner.domain.kept_annexe import KeptAnnexe
from provisioner.operations.checking import Reader
from provisioner.register import Register, annexes
from provisioner.settings import DocumentSettings
from provisioner.texts.check_json import findings_of
from provisioner.texts.report import MORE, Report


def report_on(
    register: Register, limits: DocumentSettings, one: KeptAnnexe, read: Reader, outcome: str | None = None
) -> tuple[Partner, Report]:
    """The partner and the report. The document is read again: its check keeps no row that has an error."""
    with register.read() as connection:
        document = annexes.document(connection, one.id)
    partner = register.records().partners[one.partner]
    annexe = read(document.content, document.name, limits)
    findings = findings_of(one.check)
    report = Report(
        file=document.name,
        sha256=one.sha256,
        partner=partner.name,
        checked_on=day_of(one.checked_at),
        annexe=annexe,
        findings=findings,
        outcome=outcome,
        decisions=one.approved_decisions,
        refused=_refused(annexe, one.check) if any(finding.code == MORE for finding in findings) else frozenset(),
    )
    return partner, report


def _refused(annexe: Annexe, check: Mapping[str, Any]) -> frozenset[tuple[int, int]]:
    """The rows that a check did not accept, whatever it says of them: some errors are only counted."""
    accepted = {(number, row["row"]) for number, key in ((1, "open"), (2, "closed")) for row in check.get(key, ())}
    return frozenset((row.list, row.row) for row in annexe.rows) - accepted
