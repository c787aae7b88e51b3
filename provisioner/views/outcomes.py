"""How a plan or a run ended, and what is still to be done about it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from enum import StrEnum

from provisioner.domain.access.change import Action, Change

#: Why nothing was done, by what became of the request.
REFUSALS: Mapping[str, str] = {
    "refused": "À corriger : l'annexe comporte des erreurs. Rien n'a été modifié.",
    "undecided": "Il reste à décider pour chaque personne absente des deux listes. Rien n'a été modifié.",
    "declined": "Non confirmé. Rien n'a été modifié.",
    "different": "Déjà validée avec d'autres décisions. Rien n'a été modifié.",
    "changed": "Le plan a changé depuis qu'il a été montré : recommencez. Rien n'a été modifié.",
    "unknown-realm": "Royaume inconnu : rien n'a été modifié dans Keycloak.",
    "held": "Validée, mais en suspens : rien n'a été modifié dans Keycloak.",
}


class Counted(StrEnum):
    """What a reader counts of a plan, in the order in which it is said."""

    OPENED = "opened"
    REOPENED = "reopened"
    CLOSED = "closed"
    SUSPENDED = "suspended"
    CHANGED = "changed"
    INVITED = "invited"
    DESTROYED = "destroyed"


_COUNTED = {
    Action.OPEN: Counted.OPENED,
    Action.REOPEN: Counted.REOPENED,
    Action.CLOSE: Counted.CLOSED,
    Action.UPDATE: Counted.CHANGED,
    Action.RENAME: Counted.CHANGED,
    Action.INVITE: Counted.INVITED,
    Action.DESTROY: Counted.DESTROYED,
}

_TO_DO = {
    Counted.OPENED: "à ouvrir",
    Counted.REOPENED: "à rouvrir",
    Counted.CLOSED: "à clôturer",
    Counted.SUSPENDED: "à suspendre",
    Counted.CHANGED: "à modifier",
    Counted.INVITED: "courriels à envoyer",
    Counted.DESTROYED: "à détruire",
}

_DONE = {
    Counted.OPENED: "ouverts",
    Counted.REOPENED: "rouverts",
    Counted.CLOSED: "clôturés",
    Counted.SUSPENDED: "suspendus",
    Counted.CHANGED: "modifiés",
    Counted.INVITED: "courriels envoyés",
    Counted.DESTROYED: "détruits",
}


def counted_as(change: Change) -> Counted | None:
    """What it counts as; a partner's group does not count."""
    return Counted.SUSPENDED if change.is_suspension else _COUNTED.get(change.action)


def to_do(counts: Mapping[Counted, int], held: int) -> str:
    """« À ouvrir 4 · à clôturer 1 · à modifier 2 ». `held` is how many of all the changes wait."""
    waits = (
        ["tout est en suspens"] if held and held >= sum(counts.values()) else [f"dont en suspens {held}"] * bool(held)
    )
    said = " · ".join([*(f"{words} {counts[kind]}" for kind, words in _TO_DO.items() if kind in counts), *waits])
    return f"{said[:1].upper()}{said[1:]}" if counts else "Groupe du partenaire à créer ou à remettre en place"


def done(counts: Mapping[Counted, int], failed: int, held: int) -> str:
    """« Ouverts 4 · clôturés 1 · non aboutis 1 · en suspens 3 »."""
    said = [f"{words} {counts[kind]}" for kind, words in _DONE.items() if kind in counts]
    said += [f"non aboutis {failed}"] * bool(failed) + [f"en suspens {held}"] * bool(held)
    text = " · ".join(said) or "groupe du partenaire en place"
    return f"{text[:1].upper()}{text[1:]}"


NOTHING_TO_DO = "Rien à faire : Keycloak est conforme au registre."
INCOMPLETE = "Incomplet : relancez la commande (ou provisioner sync), qui fera le reste."
OTHER_DECISIONS = (
    "Cette annexe est déjà validée avec d'autres décisions : relancez la commande sans décision, ou rejetez l'annexe "
    '(provisioner annexe reject NUMÉRO --by "NOM" --reason "MOTIF"). Rien n\'a été modifié.'
)


def ended(*, has_changed: bool, waits: bool) -> str:
    """A run without a failure; `waits`: something holds changes back."""
    if waits and not has_changed:
        return "Rien n'a été modifié dans Keycloak : voir ce qui est en suspens."
    return "Terminé." if has_changed else "Terminé : rien à changer."


def empty_plan(plan_id: str) -> str:
    """A document that changes nothing still has a plan to approve."""
    return f"Plan {plan_id} : rien à changer."


def left_out(rows: Iterable[int]) -> str:
    """The rows of list 2 that could not be approved alone."""
    return f"Lignes de la liste 2 laissées de côté : {', '.join(map(str, rows))}."


def unsent_notices(count: int) -> str:
    """Notices that wait for the mail server."""
    return f"Courriels non envoyés, qui partiront à la prochaine synchronisation : {count}."


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
        f"été validé. À examiner de nouveau : provisioner plan --annexe {annexe}, puis "
        f'provisioner annexe approve {annexe} --plan PLAN --by "NOM"'
    )
