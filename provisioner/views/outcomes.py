"""How a plan or a run ended, and what is still to be done about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

#: Why nothing was done, by what became of the request.
REFUSALS: Mapping[str, str] = {
    "refused": "Refusée : l'annexe comporte des erreurs. Rien n'a été modifié.",
    "undecided": "Une décision manque pour chaque personne absente des deux listes. Rien n'a été modifié.",
    "declined": "Non confirmée. Rien n'a été modifié.",
    "different": "Déjà validée avec d'autres décisions. Rien n'a été modifié.",
    "changed": "Le plan a changé depuis qu'il a été montré : recommencez. Rien n'a été modifié.",
    "unknown-realm": "Royaume inconnu : rien n'a été modifié dans Keycloak.",
    "held": "Validée, mais en suspens : rien n'a été modifié dans Keycloak.",
}
NOTHING_TO_DO = "Rien à faire : Keycloak est conforme au registre."
INCOMPLETE = "Incomplet : relancez la commande (ou sync), elle reprendra ce qui manque."
OTHER_DECISIONS = (
    "Cette annexe est déjà validée avec d'autres décisions : relancez sans décision, ou annexe reject. "
    "Rien n'a été modifié."
)


def ended(count: int, *, waits: bool) -> str:
    """A run without a failure, with how many changes; `waits`: something holds others back."""
    if waits and not count:
        return "Rien n'a été modifié dans Keycloak : voir ce qui est en suspens."
    return f"Terminé : {count} changement{'s' if count > 1 else ''}." if count else "Terminé : rien à changer."


def empty_plan(plan_id: str) -> str:
    """A document that changes nothing still has a plan to approve."""
    return f"Plan {plan_id} : rien à changer."


def left_out(rows: Iterable[int]) -> str:
    """The rows of list 2 that could not be approved alone."""
    return f"Lignes de la liste 2 laissées de côté : {', '.join(map(str, rows))}."


def unsent_notices(count: int) -> str:
    """Notices that wait for the mail server."""
    return f"Avis non envoyés, gardés pour la prochaine fois : {count}."


def quarantined(partners: Iterable[str]) -> str:
    """Partners that a defect of ours kept from being looked at."""
    return (
        "Mis à l'écart après un défaut du logiciel (journal technique : partner.set_aside) : "
        f"{', '.join(sorted(partners))}. Les autres partenaires ont été traités."
    )


def sent_back(annexe: int | None, partner: str) -> str:
    """An approved annexe whose plan is another one by now."""
    return (
        f"L'annexe {annexe} ({partner}) n'a pas été appliquée : ce qu'elle changerait n'est plus ce qui avait "
        f"été validé. À examiner de nouveau : plan --annexe {annexe}, puis annexe approve."
    )
