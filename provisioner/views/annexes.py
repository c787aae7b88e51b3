"""The words about the annexes that the register keeps: where one stands, what became of it, what was decided."""

from __future__ import annotations

import shlex
from collections.abc import Iterator, Mapping
from datetime import datetime

from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.kept import KeptAnnexe, Status
from provisioner.domain.calendar import day_of
from provisioner.views.dates import french_date

#: An annexe's statuses, as officers read them.
STATUSES: Mapping[Status, str] = {
    Status.REFUSED: "à corriger",
    Status.CHECKED: "contrôlée, sans erreur",
    Status.APPROVED: "validée",
    Status.APPLIED: "appliquée",
    Status.REJECTED: "rejetée",
}


def standing(annexe: KeptAnnexe) -> str:
    """Where an annexe stands, and what was done of its list 2 alone (A4)."""
    alone = f" ; {list_2_applied(annexe)}" if annexe.list_2_applied_at else ""
    return f"{STATUSES[annexe.status]}{alone}"


def list_2_applied(annexe: KeptAnnexe) -> str:
    """That its list 2 alone was applied, by whose approval."""
    assert annexe.list_2_applied_at is not None
    on = french_date(day_of(annexe.list_2_applied_at))
    return f"liste 2 appliquée le {on}, validée par {annexe.list_2_approved_by}"


def list_2_alone(*command: str) -> str:
    """That no departure has to wait for the correction of the other rows (A4), and what to type: its words."""
    return f"Les clôtures de la liste 2 peuvent être appliquées sans attendre : {typed(*command)}"


def typed(*words: object) -> str:
    """A command of ours, as a shell takes it: a file's name may have spaces, an address an apostrophe."""
    return shlex.join(["provisioner", *map(str, words)])


def decided(decisions: Decisions) -> Iterator[str]:
    """A sentence a decision."""
    if decisions.closures_only:
        yield "Validation de la liste 2 seule."
    kept, closed = sorted(decisions.keep), sorted(decisions.close)
    if kept or decisions.keep_all:
        yield f"Accès conservés : {', '.join([*kept, *['tous les autres'] * decisions.keep_all])}."
    if closed or decisions.close_all:
        yield f"Accès clôturés : {', '.join([*closed, *['tous les autres'] * decisions.close_all])}."
    yield from (f"Dérogation, ligne {row} : {reason}" for row, reason in sorted(decisions.waive.items()))
    yield from (f"Changement d'adresse : {old} → {new}" for old, new in sorted(decisions.rename.items()))


#: What becomes of a dropped file that is no annexe.
SET_ASIDE = "Écarté : ce fichier ne sera pas lu."


def what_became_of(annexe: KeptAnnexe) -> str:
    """What became of the annexe."""
    if annexe.status is Status.REFUSED:
        refused = "À corriger : une nouvelle annexe 1 est attendue."
        if annexe.list_2_applied_at is None:
            return refused
        return f"{refused} Les clôtures de sa liste 2 ont été appliquées le {_day(annexe.list_2_applied_at)}."
    if annexe.status is Status.CHECKED:
        return "Contrôlée, en attente de la décision de la Caf."
    if annexe.status is Status.APPROVED:
        return f"Validée le {_day(annexe.approved_at)}, pas encore appliquée."
    if annexe.status is Status.REJECTED:
        return f"Rejetée par la Caf le {_day(annexe.rejected_at)} : elle ne sera pas appliquée."
    return f"Appliquée le {_day(annexe.applied_at)} ; les ouvertures et les clôtures à venir se feront à leur date."


def _day(at: datetime | None) -> str:
    assert at is not None
    return french_date(day_of(at))
