"""The words about the annexes that the register keeps, and about what was decided beside them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from provisioner.domain.decisions import Decisions
from provisioner.domain.kept_annexe import Status

#: An annexe's statuses, as officers read them.
STATUSES: Mapping[Status, str] = {
    Status.REFUSED: "refusée",
    Status.CHECKED: "contrôlée, sans erreur",
    Status.APPROVED: "validée",
    Status.APPLIED: "appliquée",
    Status.REJECTED: "rejetée",
}


def decided(one: Decisions) -> Iterator[str]:
    """A sentence a decision."""
    if one.closures_only:
        yield "Validation de la liste 2 seule."
    kept, closed = sorted(one.keep), sorted(one.close)
    if kept or one.keep_all:
        yield f"Accès conservés : {', '.join([*kept, *['tous les autres'] * one.keep_all])}."
    if closed or one.close_all:
        yield f"Accès clôturés : {', '.join([*closed, *['tous les autres'] * one.close_all])}."
    yield from (f"Dérogation, ligne {row} : {reason}" for row, reason in sorted(one.waive.items()))
    yield from (f"Changement d'adresse : {old} → {new}" for old, new in sorted(one.rename.items()))
