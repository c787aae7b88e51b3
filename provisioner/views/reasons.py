"""Why each change is made, what each drift and each fault of the realm means, in one sentence."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping

from provisioner.domain.access.account import ENDED_ON, FUNCTION, MANAGED_BY, PARTNER, REQUESTED_ON
from provisioner.domain.access.change import Action, Change, Drift, DriftKind
from provisioner.domain.access.habilitation import End, Habilitation, State
from provisioner.domain.password import RealmFault
from provisioner.views import hints
from provisioner.views.dates import french_date, french_moment, in_french

ACTIONS = {
    Action.GROUP: "groupe créé",
    Action.CLOSE: "accès clôturé",
    Action.UPDATE: "données mises à jour",
    Action.RENAME: "adresse changée",
    Action.OPEN: "accès ouvert",
    Action.REOPEN: "accès rouvert",
    Action.INVITE: "courriel d'activation envoyé",
    Action.DESTROY: "données détruites",
}

#: The same as what is still to be done.
_TO_DO = {
    Action.GROUP: "créer le groupe",
    Action.CLOSE: "clôturer l'accès",
    Action.UPDATE: "mettre à jour les données",
    Action.RENAME: "changer l'adresse",
    Action.OPEN: "ouvrir l'accès",
    Action.REOPEN: "rouvrir l'accès",
    Action.INVITE: "envoyer le courriel d'activation",
    Action.DESTROY: "détruire les données",
}

_DRIFT = {
    DriftKind.SUSPENDED_BY_HAND: "Compte désactivé dans la console : il le reste. Pour le rouvrir : {reopen}",
    DriftKind.ENABLED_BY_HAND: "Compte clôturé ou suspendu, réactivé dans la console : il est désactivé de nouveau.",
    DriftKind.CHANGED_BY_HAND: "Compte modifié dans la console : il est remis en conformité avec l'annexe 1.",
    DriftKind.UNKNOWN_IN_GROUP: "Membre du groupe qu'aucune annexe 1 ne demande : à vérifier, rien n'est modifié.",
    DriftKind.MISSING_ACCOUNT: "Compte supprimé dans la console. Pour le recréer : {reopen}",
    DriftKind.GROUP_MOVED: (
        "Groupe du partenaire renommé ou déplacé dans la console : son nom et sa place sont rétablis ; les "
        "ouvertures attendent que ce soit fait."
    ),
    DriftKind.ACCOUNT_MADE_AGAIN: (
        "Compte supprimé dans la console, puis recréé à la main avec la même adresse : le nouveau compte n'est pas "
        "géré, rien n'y est modifié. À faire : le désactiver ou le supprimer dans la console, ou le reprendre "
        f"({hints.ADOPT})."
    ),
    DriftKind.UNMARKED: "La marque « gere_par » avait disparu du compte : elle est rétablie.",
}


def what(change: Change) -> str:
    """What is done, in two or three words; a suspension is no end."""
    if change.action is Action.DESTROY:
        return _DESTROYED[change.rule]
    if change.action is Action.GROUP and change.by_hand:
        return "groupe remis en place"
    return "accès suspendu" if change.is_suspension else ACTIONS[change.action]


def to_do(change: Change) -> str:
    """The same as what is still to be done."""
    if change.action is Action.DESTROY:
        return _TO_DESTROY[change.rule]
    if change.action is Action.GROUP and change.by_hand:
        return "remettre le groupe en place"
    return "suspendre l'accès" if change.is_suspension else _TO_DO[change.action]


#: What the attributes of an account are called.
ATTRIBUTES = {
    PARTNER: "Partenaire",
    FUNCTION: "Fonction",
    REQUESTED_ON: "Date de demande d'habilitation",
    ENDED_ON: "Date de fin d'habilitation",
    MANAGED_BY: "Géré par",
}


def changed_data(change: Change) -> Iterator[str]:
    """What an update changes of the account, as it was read and as it will be: « Fonction : agent → directrice »."""
    present, wanted = change.present, change.wanted
    if change.action is not Action.UPDATE or present is None or wanted is None:
        return
    before = {"Nom": present.last_name, "Prénom(s)": present.first_names, "Adresse": present.email}
    after = {"Nom": wanted.last_name, "Prénom(s)": wanted.first_names, "Adresse": wanted.email}
    for name, words in ATTRIBUTES.items():
        before[words], after[words] = (
            ", ".join(map(in_french, account.attributes.get(name, ()))) for account in (present, wanted)
        )
    for words, value in after.items():
        if value != before[words]:
            yield f"{words} : {before[words] or 'rien'} → {value or 'rien'}"


def reason(change: Change) -> str:
    """The sentence that answers « pourquoi ? » for this change."""
    if change.said is not None:
        return change.said
    if change.by_hand:
        return _BY_HAND[change.action]
    if change.action is Action.DESTROY:
        return _why_destroyed(change)
    if change.habilitation is None:
        return "Le groupe du partenaire n'existe pas encore."
    return _WHY[change.action](change, change.habilitation)


#: What a destruction destroys, by its rule.
_DESTROYED = {"D1": "compte détruit", "D2": "habilitation détruite", "C4": "annexes et contacts détruits"}
_TO_DESTROY = {
    "D1": "détruire le compte",
    "D2": "détruire l'habilitation",
    "C4": "détruire les annexes et les contacts",
}


def _why_destroyed(change: Change) -> str:
    closed_on = change.habilitation.closed_on if change.habilitation is not None else None
    if change.rule == "D1" and closed_on is None:
        return "Compte déjà détruit, revenu avec une sauvegarde."
    if change.rule == "D1" and closed_on is not None:
        return f"Accès clôturé le {french_date(closed_on)} : données du compte conservées 6 mois."
    end = change.habilitation.end if change.habilitation is not None else None
    if change.rule == "D2" and end is not None:
        return (
            f"Fin d'habilitation le {french_date(end.on)} : données conservées 2 ans, et jamais moins que le compte."
        )
    return "Convention terminée depuis 2 ans."


_BY_HAND = {
    Action.GROUP: "Groupe renommé ou déplacé à la main : son nom et sa place sont rétablis.",
    Action.CLOSE: "Compte réactivé à la main après sa clôture ou sa suspension.",
    Action.UPDATE: "Compte modifié à la main : les données de l'annexe 1 sont rétablies.",
}


def _why_closed(_change: Change, habilitation: Habilitation) -> str:
    if habilitation.end is None:
        return "Accès suspendu par décision de la Caf, jusqu'à sa réouverture."
    return end_reason(habilitation.end)


def end_reason(end: End) -> str:
    """Why and when an access ends."""
    if end.rule == "C3":
        return f"Fin de la convention le {french_date(end.on)}."
    transmitted = french_date(end.transmitted_on) if end.transmitted_on else ""
    if end.rule == "A5":
        return f"Personne absente des deux listes de l'annexe 1 transmise le {transmitted} : clôture décidée."
    return f"Clôture demandée pour le {french_date(end.on)} (annexe 1 transmise le {transmitted})."


def _why_updated(_change: Change, habilitation: Habilitation) -> str:
    if habilitation.state is State.CLOSED:
        return "Accès clôturé : données que Keycloak avait refusées ce jour-là."
    if habilitation.adopted_on == habilitation.transmitted_on:
        return f"Compte antérieur, repris par décision nominative le {french_date(habilitation.transmitted_on)}."
    return f"Données de l'annexe 1 transmise le {french_date(habilitation.transmitted_on)}."


def _why_renamed(change: Change, habilitation: Habilitation) -> str:
    return (
        f"Nouvelle adresse : {change.new_email} (annexe 1 transmise le {french_date(habilitation.transmitted_on)})."
    )


def _why_opened(change: Change, habilitation: Habilitation) -> str:
    if habilitation.state is State.OPEN:
        return "Réouverture décidée par la Caf."
    verb = "demandé de nouveau" if change.action is Action.REOPEN else "demandé"
    transmitted = french_date(habilitation.transmitted_on)
    asked = f"Accès {verb} pour le {french_date(habilitation.requested_on)} (annexe 1 transmise le {transmitted})."
    if change.waits_until is None:
        return asked
    return (
        f"{asked} L'ancien lien d'activation n'expire que le {french_moment(change.waits_until)} et fonctionnerait "
        "de nouveau : la réouverture attend."
    )


def _why_invited(change: Change, _habilitation: Habilitation) -> str:
    return f"{'Nouvel accès : lien' if change.due_on else 'Nouveau lien'} pour créer le mot de passe."


_WHY: Mapping[Action, Callable[[Change, Habilitation], str]] = {
    Action.CLOSE: _why_closed,
    Action.UPDATE: _why_updated,
    Action.RENAME: _why_renamed,
    Action.OPEN: _why_opened,
    Action.REOPEN: _why_opened,
    Action.INVITE: _why_invited,
}


def drift_reason(drift: Drift) -> str:
    """What was found changed, and what becomes of it."""
    return _DRIFT[drift.kind].format(reopen=hints.reopen_person(drift.email))


_REALM_FAULTS = {
    RealmFault.WEAK_POLICY: (
        "La politique de mot de passe du royaume est plus faible que la convention ne l'exige (P1)"
    ),
    RealmFault.IMPOSSIBLE_POLICY: (
        "La politique de mot de passe du royaume demande plus de caractères qu'elle n'en admet : aucun mot de passe "
        "ne peut y satisfaire"
    ),
    RealmFault.NO_PASSWORD_FORM: (
        "L'action « Update Password » est désactivée dans le royaume : aucun lien ne permet d'y créer un mot de passe"
    ),
    RealmFault.NO_MAIL_SERVER: (
        "Le royaume n'a pas de serveur de messagerie ou pas d'expéditeur : aucun lien ne pourrait partir"
    ),
    RealmFault.CLIENT_MISSING: "Le client « cooperation » n'existe pas dans le royaume : aucun lien ne part",
    RealmFault.CLIENT_DISABLED: "Le client « cooperation » est désactivé dans le royaume : aucun lien ne part",
    RealmFault.REDIRECT_REFUSED: (
        "Le client « cooperation » n'admet pas l'adresse de la plateforme (PROVISIONER_PLATFORM__URL) : "
        "aucun lien ne part"
    ),
    RealmFault.SENDER_REFUSED: "L'adresse d'expéditeur du royaume est refusée : aucun lien ne part",
    RealmFault.PROFILE_ASKS_MORE: (
        "Le profil des utilisateurs du royaume exige un attribut que l'annexe 1 ne donne pas : aucun compte ne peut "
        "être créé"
    ),
}


def link_fault(fault: RealmFault) -> str:
    """What makes links useless in the realm, what waits for it, and how to go on."""
    return (
        f"{_REALM_FAULTS[fault]}. Aucun accès n'est ouvert et aucun lien n'est envoyé ; les clôtures sont faites. "
        "Pour y remédier : provisioner realm apply, puis provisioner sync"
    )


def realm_fault(fault: RealmFault, keycloak_url: str) -> str:
    """What Keycloak refuses to everybody alike, where, and how to go on."""
    by_hand = "retirer l'obligation dans la console (« Realm settings », « User profile »)"
    remedy = by_hand if fault is RealmFault.PROFILE_ASKS_MORE else "provisioner realm apply"
    return (
        f"Keycloak ({keycloak_url}) : {_REALM_FAULTS[fault]}. Personne n'est mis à l'écart. "
        f"Pour y remédier : {remedy}, puis provisioner sync"
    )
