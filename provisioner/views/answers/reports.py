"""The report beside a dropped file, as JSON: its check, and what became of the annexe."""

from __future__ import annotations

from datetime import date
from typing import Self

from provisioner.domain.annexe.document import Check
from provisioner.domain.annexe.kept import KeptAnnexe, Status
from provisioner.views.answers import Answer, Day, Number, Sha256
from provisioner.views.answers.checks import CheckAnswer, ClosedRow, FindingLine, OpenRow
from provisioner.views.report import OF_SOMEBODY_ELSE, for_the_partner

#: What stands for A8's two findings: the report must not tell which of them it is.
_TO_BE_SETTLED = "address-refused"


class ReportAnswer(Answer):
    """`<name>.rapport.json`: the check as the partner may see it. Without an annexe, the file was refused."""

    file: str
    sha256: Sha256 | None
    partner: str | None
    transmitted_on: Day | None
    valid: bool
    open: tuple[OpenRow, ...]
    closed: tuple[ClosedRow, ...]
    findings: tuple[FindingLine, ...]
    annexe: Number | None
    status: Status
    received_on: Day
    approved_by: str | None

    @classmethod
    def of(cls, check: Check, received_on: date, annexe: KeptAnnexe | None) -> Self:
        kept = CheckAnswer.of(check)
        decisions = annexe.approved_decisions if annexe is not None else None
        findings = map(FindingLine.of, for_the_partner(check.findings, decisions))
        is_approved = annexe is not None and annexe.status in (Status.APPROVED, Status.APPLIED)
        return cls.read(
            kept,
            sha256=kept.sha256 or None,
            findings=tuple(
                finding.model_copy(update={"code": _TO_BE_SETTLED}) if finding.code in OF_SOMEBODY_ELSE else finding
                for finding in findings
            ),
            annexe=annexe.id if annexe else None,
            status=annexe.status if annexe else Status.REFUSED,
            received_on=received_on,
            approved_by=annexe.approved_by if annexe and is_approved else None,
        )
