"""The French sentence of each step of an explanation, and the word for where a person stands."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from provisioner.domain.days import PARIS
from provisioner.domain.dossier import Match, PersonState
from provisioner.domain.habilitation import End
from provisioner.domain.kept_annexe import KeptAnnexe, Status
from provisioner.domain.links import InvitationState
from provisioner.domain.people import Person
from provisioner.domain.steps import Fact, Step
from provisioner.texts.dates import french_date
from provisioner.texts.reasons import blocked_reason, drift_reason

STATES = {
    PersonState.UNKNOWN: "personne inconnue",
    PersonState.NOT_OURS: "compte non géré",
    PersonState.PLANNED: "accès prévu",
    PersonState.INVITED: "invitation envoyée, pas encore de mot de passe",
    PersonState.SILENT: "sans réponse au courriel d'activation",
    PersonState.OPEN: "accès ouvert",
    PersonState.SUSPENDED: "accès suspendu",
    PersonState.SUSPENDED_BY_HAND: "compte désactivé dans la console",
    PersonState.CLOSING: "fin d'accès annoncée",
    PersonState.CLOSED: "accès clôturé",
    PersonState.MISSING: "compte disparu de Keycloak",
}

INVITATIONS = {
    InvitationState.OWED: "à envoyer",
    InvitationState.SENT: "envoyé",
    InvitationState.EXPIRED: "lien expiré",
    InvitationState.USED: "utilisé",
    InvitationState.BOUNCED: "revenu non distribué",
    InvitationState.GIVEN_UP: "abandonné après le dernier lien",
}

_STATUSES = {
    Status.REFUSED: "refusée : à corriger par le partenaire",
    Status.CHECKED: "contrôlée, elle attend d'être validée par la Caf",
    Status.APPROVED: "validée, la prochaine synchronisation l'applique",
    Status.APPLIED: "remplacée",
    Status.REJECTED: "rejetée par la Caf",
}

_WAIVED = {
    "email-domain": "domaine non déclaré",
    "email-consumer": "messagerie grand public",
    "email-shared-mailbox": "boîte partagée",
    "address-of-other-partner": "compte partagé avec un autre partenaire",
}


def sentence(one: Step) -> str:
    """What the step tells."""
    words = _WORDS[one.fact]
    return words if isinstance(words, str) else words(one, one.values)


_Values = Mapping[str, Any]


def _on(one: Step) -> str:
    return french_date(one.on) if one.on else ""


def _moment(at: datetime) -> str:
    """« 17 juin 2026 à 10 h 05 », in Paris."""
    here = at.astimezone(PARIS)
    return f"{french_date(here.date())} à {here.hour} h {here.minute:02}"


def _by(values: _Values) -> str:
    return f" par {values['by']}" if values.get("by") else ""


def _reason(values: _Values) -> str:
    return f" : « {values['reason']} »" if values.get("reason") else ""


def _annexe(annexe: KeptAnnexe) -> str:
    transmitted = f" transmise le {french_date(annexe.transmitted_on)}" if annexe.transmitted_on else ""
    return f"l'annexe 1 n° {annexe.id}{transmitted}"


def _old_address(_one: Step, values: _Values) -> str:
    return f"Adresse changée : {values['old']} est devenue {values['new']}."


def _listed(one: Step, values: _Values) -> str:
    what = "accès demandé pour le" if values["list"] == 1 else "fin d'accès le"
    on = f" ({what} {_on(one)})" if one.on else ""
    return f"Ligne {values['row']} de la liste {values['list']} de {_annexe(values['annexe'])}, en vigueur{on}."


def _listed_elsewhere(_one: Step, values: _Values) -> str:
    annexe: KeptAnnexe = values["annexe"]
    where = f"Ligne {values['row']} de la liste {values['list']} de {_annexe(annexe)}"
    errors = " ".join(values["errors"])
    return f"{where}, {_STATUSES[annexe.status]}.{' ' + errors if errors else ''}"


def _absent(one: Step, values: _Values) -> str:
    start = f"Personne absente des deux listes de l'annexe 1 en vigueur, transmise le {_on(one)}"
    if values["kept_by"]:
        return f"{start} : accès conservé, décision de {values['kept_by']}."
    return f"{start}."


def _requested(one: Step, values: _Values) -> str:
    person: Person = values["person"]
    again = " de nouveau" if one.fact is Fact.REQUESTED_AGAIN else ""
    who = f"{person.first_names} {person.last_name} ({person.function})"
    transmitted = french_date(values["transmitted_on"])
    return f"Accès demandé{again} pour le {_on(one)} : {who}. Dernière annexe 1 qui la nomme : {transmitted}."


def _adopted(_one: Step, values: _Values) -> str:
    return f"Compte antérieur à ce logiciel, repris nommément{_by(values)}{_reason(values)}."


def _waived(_one: Step, values: _Values) -> str:
    codes = ", ".join(_WAIVED.get(code, code) for code in values["codes"])
    return f"Dérogation accordée ({codes}){_reason(values)}."


def _opened(one: Step, _values: _Values) -> str:
    return f"Accès ouvert dans Keycloak le {_on(one)}."


def _link_sent(one: Step, values: _Values) -> str:
    until = f", lien valable jusqu'au {_moment(values['expiry'])}" if values["expiry"] else ""
    return f"Courriel d'activation n° {values['attempt']} envoyé le {_on(one)}{until}."


def _link_state(_one: Step, values: _Values) -> str:
    expired = f"le lien a expiré le {_moment(values['expiry'])}" if values["expiry"] else "le lien a expiré"
    sentences = {
        InvitationState.OWED: "Un courriel d'activation est dû : il n'est pas encore parti.",
        InvitationState.SENT: "Pas encore de mot de passe : le lien est toujours valable.",
        InvitationState.EXPIRED: (
            f"Pas de mot de passe : {expired} sans avoir servi. La page de connexion en donne un autre "
            "(« Mot de passe oublié ? »)."
        ),
        InvitationState.USED: "Mot de passe créé avec le lien.",
        InvitationState.BOUNCED: "Le courriel d'activation est revenu : vérifier l'adresse avec le partenaire.",
        InvitationState.GIVEN_UP: f"Pas de mot de passe après le dernier lien ({expired}) : prendre contact.",
    }
    return sentences[values["state"]]


def _end_said(one: Step, values: _Values) -> str:
    end: End = values["end"]
    if end.rule == "C3":
        return f"Fin de la convention le {_on(one)} : l'accès prend fin avec elle."
    transmitted = f", annexe 1 transmise le {french_date(end.transmitted_on)}" if end.transmitted_on else ""
    by = f", validée par {values['by']}" if values["by"] else ""
    if end.rule == "A5":
        return f"Personne absente des deux listes : clôture décidée{_by(values)}{transmitted}."
    return f"Fin d'habilitation le {_on(one)} demandée par le partenaire (liste 2{transmitted}{by})."


def _closed(one: Step, _values: _Values) -> str:
    return f"Accès clôturé dans Keycloak le {_on(one)}."


def _renamed(_one: Step, values: _Values) -> str:
    if not values["old"]:
        return "Adresse changée."
    return f"Adresse changée de {values['old']} en {values['new']}, décision de {values['by']}."


def _suspended(_one: Step, values: _Values) -> str:
    return f"Suspension décidée{_by(values)}{_reason(values)}."


def _reopened(_one: Step, values: _Values) -> str:
    how = ", avec un nouveau mot de passe" if values.get("how") == "new-password" else ""
    return f"Réouverture décidée{_by(values)}{how}{_reason(values)}."


def _kept_until(one: Step, _values: _Values) -> str:
    what = "Données du compte" if one.rule == "D1" else "Données de l'habilitation"
    return f"{what} conservées jusqu'au {_on(one)}, puis détruites."


def _in_keycloak(_one: Step, values: _Values) -> str:
    found = {
        Match.ID: "retrouvé par son identifiant",
        Match.MARK: "retrouvé par l'adresse et la marque « gere_par »",
    }[values["match"]]
    enabled = "activé" if values["enabled"] else "désactivé"
    password = "avec un mot de passe" if values["has_password"] else "sans mot de passe"
    other = f" ; son adresse y est {values['other_address']}" if values["other_address"] else ""
    return f"Compte Keycloak {found} : {enabled}, {password}{other}."


def _not_in_keycloak(_one: Step, values: _Values) -> str:
    if values["was_there"]:
        return "Le compte n'est plus dans Keycloak."
    return "Keycloak n'a aucun compte de cette personne."


def _not_ours(_one: Step, values: _Values) -> str:
    groups = f" Groupes : {', '.join(values['groups'])}." if values["groups"] else ""
    return (
        "Un compte Keycloak a la même adresse et n'est pas géré par ce logiciel : il n'est jamais repris ni modifié "
        f"sans décision (partner adopt).{groups}"
    )


def _suspended_now(one: Step, values: _Values) -> str:
    return f"Accès suspendu nommément depuis le {_on(one)}{_reason(values)}. Pour rouvrir : person reopen."


def _nearest(_one: Step, values: _Values) -> str:
    return f"L'adresse connue la plus proche est {values['email']}."


def _not_begun(one: Step, _values: _Values) -> str:
    return f"La convention ne prend effet que le {_on(one)} : aucun accès ne s'ouvre avant."


def _ended(one: Step, _values: _Values) -> str:
    return f"La convention a pris fin le {_on(one)} : aucun accès ne reste ni ne s'ouvre."


def _waits_for_day(one: Step, _values: _Values) -> str:
    return f"Ouverture prévue le {_on(one)}, date de la demande."


def _waits_for_link(_one: Step, values: _Values) -> str:
    return (
        f"La réouverture attend le {_moment(values['expiry'])} : l'ancien lien d'activation n'est pas encore expiré "
        "et revivrait avec le compte."
    )


def _rename_waits(_one: Step, values: _Values) -> str:
    return f"Changement d'adresse décidé, pas encore fait : Keycloak a encore {values['old']}."


_WORDS: Mapping[Fact, str | Callable[[Step, _Values], str]] = {
    Fact.OLD_ADDRESS: _old_address,
    Fact.NEAREST: _nearest,
    Fact.NEVER_LISTED: "Aucune annexe 1 conservée ne nomme cette adresse, et le registre ne la connaît pas.",
    Fact.LISTED: _listed,
    Fact.LISTED_WAITING: _listed_elsewhere,
    Fact.LISTED_REFUSED: _listed_elsewhere,
    Fact.ABSENT: _absent,
    Fact.REQUESTED: _requested,
    Fact.REQUESTED_AGAIN: _requested,
    Fact.ADOPTED: _adopted,
    Fact.WAIVED: _waived,
    Fact.OPENED: _opened,
    Fact.LINK_SENT: _link_sent,
    Fact.LINK_FAILED: "Le courriel d'activation n'a pas pu partir ; il sera retenté.",
    Fact.LINK_IN_DOUBT: "Envoi du courriel d'activation interrompu : la synchronisation vérifie s'il est parti.",
    Fact.LINK_STATE: _link_state,
    Fact.END_SAID: _end_said,
    Fact.CLOSED: _closed,
    Fact.RENAMED: _renamed,
    Fact.SUSPENDED: _suspended,
    Fact.REOPENED: _reopened,
    Fact.KEPT_UNTIL: _kept_until,
    Fact.IN_KEYCLOAK: _in_keycloak,
    Fact.NOT_IN_KEYCLOAK: _not_in_keycloak,
    Fact.NOT_OURS: _not_ours,
    Fact.DRIFT: lambda _one, values: drift_reason(values["drift"]),
    Fact.SUSPENDED_NOW: _suspended_now,
    Fact.NOT_SIGNED: "La convention n'est pas signée : aucun accès ne s'ouvre.",
    Fact.NOT_BEGUN: _not_begun,
    Fact.CONVENTION_ENDED: _ended,
    Fact.WAITS_FOR_DAY: _waits_for_day,
    Fact.WAITS_FOR_LINK: _waits_for_link,
    Fact.RENAME_WAITS: _rename_waits,
    Fact.HELD: lambda _one, values: blocked_reason(values["blocked"]),
    Fact.NOTHING_TO_DO: "Rien n'est à faire pour cette personne : une synchronisation ne changerait rien.",
}
