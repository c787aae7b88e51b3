"""The report on a dropped file: what became of it, in a sentence and as JSON."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from provisioner.domain.annexe.kept import KeptAnnexe, Status
from provisioner.domain.calendar import day_of
from provisioner.views.check_json import findings_as_json, findings_of
from provisioner.views.dates import french_date
from provisioner.views.report import OF_SOMEBODY_ELSE, for_the_partner

#: What stands for A8's two findings: the report must not tell which of them it is.
_TO_BE_SETTLED = "address-refused"

#: What becomes of a file that is no annexe.
SET_ASIDE = "Refusé : ce fichier ne sera pas lu."


def outcome(one: KeptAnnexe) -> str:
    """What became of the annexe."""
    if one.status is Status.REFUSED:
        refused = "Refusée : une annexe 1 corrigée est attendue."
        if one.list_2_applied_at is None:
            return refused
        return f"{refused} Les clôtures de sa liste 2 ont été appliquées le {_day(one.list_2_applied_at)}."
    if one.status is Status.CHECKED:
        return "Contrôlée, en attente de la décision de la Caf."
    if one.status is Status.APPROVED:
        return f"Validée le {_day(one.approved_at)}, pas encore appliquée."
    if one.status is Status.REJECTED:
        return f"Non retenue par la Caf le {_day(one.rejected_at)} : elle ne sera pas appliquée."
    return f"Appliquée le {_day(one.applied_at)} ; les dates à venir le seront à leur jour."


def drop_as_json(check: Mapping[str, Any], received_on: date, one: KeptAnnexe | None) -> dict[str, Any]:
    """The check, with what became of the annexe; without one, the file was refused as it is (docs/schemas)."""
    decisions = one.approved_decisions if one is not None else None
    findings = [
        {**each, "code": _TO_BE_SETTLED} if each["code"] in OF_SOMEBODY_ELSE else each
        for each in findings_as_json(for_the_partner(findings_of(check), decisions))
    ]
    is_approved = one is not None and one.status in (Status.APPROVED, Status.APPLIED)
    return {
        **check,
        "sha256": check["sha256"] or None,
        "findings": findings,
        "annexe": one.id if one else None,
        "status": one.status.value if one else Status.REFUSED.value,
        "received_on": received_on.isoformat(),
        "approved_by": one.approved_by if one and is_approved else None,
    }


def _day(at: datetime | None) -> str:
    assert at is not None
    return french_date(day_of(at))
