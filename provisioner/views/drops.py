"""The report on a dropped file: what became of it, in a sentence."""

from __future__ import annotations

from datetime import datetime

from provisioner.domain.annexe.kept import KeptAnnexe, Status
from provisioner.domain.calendar import day_of
from provisioner.views.dates import french_date

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


def _day(at: datetime | None) -> str:
    assert at is not None
    return french_date(day_of(at))
