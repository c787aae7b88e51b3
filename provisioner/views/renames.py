"""Why a change of address cannot be made as decided."""

from __future__ import annotations

from provisioner.domain.annexe.enter import RefusedRename, RenameProblem

_PROBLEMS = {
    RenameProblem.NOT_OPEN: "cette adresse n'a pas d'accès ouvert chez ce partenaire.",
    RenameProblem.STILL_LISTED: "cette adresse figure encore dans l'annexe 1 : ce serait une autre personne.",
    RenameProblem.NOT_ASKED: "la nouvelle adresse ne figure pas dans la liste 1.",
    RenameProblem.TAKEN: "la nouvelle adresse est déjà celle d'un autre compte.",
    RenameProblem.ELSEWHERE: "ce compte sert aussi un autre partenaire : son adresse ne peut pas être changée ainsi.",
}


def refused_rename(one: RefusedRename) -> str:
    """The sentence for whoever decided it."""
    return f"Changement d'adresse refusé ({one.old} → {one.new}) : {_PROBLEMS[one.problem]}"
