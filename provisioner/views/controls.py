"""The French words of every control: what it is called, what it means, what to do. One catalogue, by code."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from provisioner.domain.connections.control import ControlState, Facts, RaisedControl, Severity
from provisioner.domain.realm_plan import risk_of
from provisioner.views import hints
from provisioner.views.dates import french_date, french_moment
from provisioner.views.realm import RISKS, setting_words


@dataclass(frozen=True, slots=True)
class ControlWords:
    """What a control is called, what it means, and what to do."""

    name: str
    meaning: str
    to_do: str


SEVERITIES: Mapping[Severity, str] = {
    Severity.INFO: "information",
    Severity.WARNING: "attention",
    Severity.GRAVE: "grave",
}

STATES: Mapping[ControlState, str] = {
    ControlState.RAISED: "à examiner",
    ControlState.SETTLED: "expliqué",
    ControlState.MENDED: "plus d'actualité",
}

_ANOTHER_LINK = f"{hints.reopen_person(None)} --new-password"

CONTROLS: Mapping[str, ControlWords] = {
    "closed-attempt": ControlWords(
        "Tentative sur un accès clôturé ou suspendu",
        "Quelqu'un a essayé d'entrer avec un compte clôturé ou suspendu à ce moment-là, sans y parvenir. « Bon mot "
        "de passe » veut dire que le mot de passe saisi était le bon.",
        "Demander à la personne, ou à son ancien service, si c'était elle. Avec le bon mot de passe et si ce n'était "
        "pas elle : le mot de passe est connu d'un tiers, envisager de déclarer un incident.",
    ),
    "events-missing": ControlWords(
        "Événements manquants",
        "Des événements que Keycloak devrait encore avoir n'y sont plus, ou n'ont jamais été lus : la liste a sans "
        "doute été effacée dans la console. Ce qui s'est passé alors n'est connu qu'en partie.",
        "Établir qui a effacé les événements, et pourquoi ; sans explication, envisager de déclarer un incident.",
    ),
    "events-off": ControlWords(
        "Événements non enregistrés",
        "Le royaume n'enregistre plus ses événements : ce qui s'y passe maintenant ne sera jamais connu.",
        "Les rétablir par provisioner realm apply, puis établir qui les a arrêtés, et pourquoi.",
    ),
    "unnamed-login": ControlWords(
        "Connexion d'un compte qu'aucune annexe ne nomme",
        "Ce compte s'est connecté alors qu'aucune annexe 1 en vigueur ne le nommait : ce n'est pas un compte géré "
        "ici (un administrateur, par exemple), ou son accès n'était pas ouvert.",
        "Établir à qui est ce compte et pourquoi il existe ; le désactiver dans la console si personne n'en répond.",
    ),
    "session-after-closure": ControlWords(
        "Session encore ouverte après la fin de l'accès",
        "L'accès est clôturé ou suspendu, mais une session de ce compte est encore ouverte dans Keycloak.",
        "Lancer provisioner sync ; si le constat demeure, fermer les sessions du compte dans la console.",
    ),
    "never-used": ControlWords(
        "Accès jamais utilisé",
        "Personne ne s'est connecté avec cet accès depuis son ouverture.",
        "Demander au partenaire si la personne en a besoin ; sinon, elle passe en liste 2 de la prochaine annexe 1.",
    ),
    "unused": ControlWords(
        "Accès non utilisé depuis longtemps",
        "Personne ne s'est connecté avec cet accès depuis le nombre de jours réglé (180 par défaut). Ce qui s'est "
        "passé avant le premier jour lu n'est pas connu, et ne peut être reproché à la personne.",
        "Demander au partenaire si la personne en a besoin ; sinon, elle passe en liste 2 de la prochaine annexe 1.",
    ),
    "link-unused": ControlWords(
        "Lien d'activation resté sans suite",
        "Tous les liens ont été envoyés, le dernier a expiré, et aucun mot de passe n'a été créé.",
        f"Vérifier l'adresse avec le partenaire. Un autre lien : {_ANOTHER_LINK}",
    ),
    "many-failures": ControlWords(
        "Nombreux échecs de connexion, ou blocage",
        "De nombreux mots de passe erronés ont été saisis dans la journée pour ce compte, ou Keycloak l'a bloqué "
        "temporairement.",
        "Demander à la personne si c'était elle ; l'aider à changer son mot de passe (« Mot de passe oublié ? »).",
    ),
    "locked-from-elsewhere": ControlWords(
        "Compte bloqué depuis des adresses inconnues",
        "Keycloak a bloqué ce compte après des échecs qui venaient tous d'adresses d'où la personne ne s'est "
        "jamais connectée, d'après les connexions enregistrées.",
        "Demander à la personne si c'était elle. Sinon quelqu'un essaie des mots de passe : prévenir le contact "
        "sécurité, et vérifier si d'autres comptes sont visés depuis ces adresses.",
    ),
    "shared-code": ControlWords(
        "À demander à la personne : plusieurs lieux à la fois",
        "Ce compte a été utilisé depuis plusieurs réseaux à peu d'intervalle. Un téléphone à côté d'un poste, un "
        "télétravail ou un réseau privé l'expliquent souvent : rien ne dit que le code est partagé.",
        "Demander à la personne ; rappeler, s'il le faut, que le code est personnel (article 3.5).",
    ),
    "proxy-address": ControlWords(
        "Serveur mandataire mal réglé",
        "La plupart des comptes montrent la même adresse : celle d'un serveur mandataire, sans doute, et non "
        "celles des personnes. Tant que c'est le cas, plusieurs lieux à la fois ne sont pas recherchés.",
        "Régler les en-têtes du serveur mandataire placé devant Keycloak (docs/connections.md). Si les personnes "
        "partagent vraiment une même sortie vers Internet, l'expliquer : " + hints.SETTLE,
    ),
    "console-password": ControlWords(
        "Mot de passe défini depuis la console",
        "Un administrateur a choisi le mot de passe d'un compte : il le connaît, ce que la convention exclut.",
        "Demander à l'administrateur pourquoi. Si l'accès est ouvert, que la personne crée un autre mot de passe : "
        f"{_ANOTHER_LINK}",
    ),
    "console-impersonation": ControlWords(
        "Session ouverte au nom d'une personne",
        "Un administrateur est entré sur la plateforme à la place d'une personne (« Impersonate »). Keycloak ne dit "
        "pas ici lequel.",
        "Demander aux administrateurs qui l'a fait et pourquoi ; sans explication, envisager de déclarer un "
        "incident.",
    ),
    "console-account-enabled": ControlWords(
        "Compte clôturé ou suspendu, réactivé à la main",
        "Un compte clôturé ou suspendu a été modifié à la main et Keycloak le laisse entrer. La synchronisation le "
        "ferme de nouveau.",
        "Lancer « provisioner sync » sans attendre, puis demander à l'administrateur pourquoi.",
    ),
    "console-account-made": ControlWords(
        "Compte créé à la main, ou mis dans le groupe d'un partenaire",
        "Un compte a été créé, ou a rejoint le groupe d'un partenaire, sans annexe 1.",
        "Établir pourquoi ; demander l'annexe 1 puis reprendre le compte, ou le supprimer. Pour le reprendre : "
        + hints.ADOPT,
    ),
    "console-account-changed": ControlWords(
        "Compte modifié à la main",
        "Un de nos comptes a été changé ou supprimé dans la console. La synchronisation rétablit ce qu'elle gère.",
        "« provisioner plan » montre l'écart. Rappeler à l'administrateur que ces comptes se gèrent par l'annexe 1.",
    ),
    "console-group-changed": ControlWords(
        "Groupe modifié à la main",
        "Un groupe a été créé, renommé, déplacé ou supprimé, ou un compte en a été retiré.",
        "« provisioner plan » montre l'écart ; demander à l'administrateur pourquoi.",
    ),
    "console-role-given": ControlWords(
        "Rôle donné ou changé",
        "Un rôle a été donné ou retiré à un compte, à un groupe ou à tout le monde (rôles par défaut), ou un rôle a "
        "été changé : des droits d'administration peuvent en venir.",
        "Vérifier dans la console à qui, et « provisioner doctor » ; retirer le rôle si personne n'en répond.",
    ),
    "console-client-changed": ControlWords(
        "Application créée ou modifiée",
        "Une application (client) de Keycloak a été créée, modifiée ou supprimée, ou son secret renouvelé : son "
        "adresse de retour décide où vont les connexions.",
        "Vérifier ses adresses de retour ; « provisioner realm apply » remet les nôtres. Si c'était cette commande : "
        + hints.SETTLE,
    ),
    "console-login-changed": ControlWords(
        "Parcours de connexion modifié",
        "Un fournisseur d'identité, un parcours de connexion, un composant, une fédération ou le profil des comptes "
        "a été changé : quelqu'un d'autre peut décider qui entre.",
        "Vérifier dans la console ; « provisioner realm apply » rétablit ce qui est dans nos fichiers.",
    ),
    "console-events-changed": ControlWords(
        "Enregistrement des événements modifié",
        "Ce que Keycloak enregistre des connexions et des actes de la console a été changé.",
        "« provisioner realm apply » le remet ; demander à l'administrateur pourquoi.",
    ),
    "console-realm-changed": ControlWords(
        "Réglages du royaume modifiés",
        "Un réglage du royaume a été changé, ou un acte rare a été fait (déconnexion de tous).",
        "« provisioner controls list » dit si un réglage en est affaibli ; si c'était « provisioner realm apply » : "
        + hints.SETTLE,
    ),
    "own-account-write": ControlWords(
        "Acte du compte de service qu'aucune exécution n'avait prévu",
        "Le compte de service de ce logiciel a fait dans Keycloak ce que le journal ne connaît pas : sa clé ou "
        "son secret est peut-être volé.",
        "Changer la clé ou le secret (PROVISIONER_KEYCLOAK__CLIENT_KEY_FILE ou __CLIENT_SECRET, puis « provisioner "
        "realm apply ») et déclarer un incident, sauf si une autre installation, ou un registre restauré d'une "
        "sauvegarde, l'explique.",
    ),
    "own-account-login": ControlWords(
        "Connexion du compte de service depuis une adresse étrangère",
        "Le compte de service s'est connecté depuis une adresse qui n'est pas dans "
        "PROVISIONER_CONNECTIONS__OUR_ADDRESSES. Lire ne laisse aucune trace : considérer que les données de "
        "tous les comptes ont pu être lues.",
        "Changer la clé ou le secret (PROVISIONER_KEYCLOAK__CLIENT_KEY_FILE ou __CLIENT_SECRET, puis « provisioner "
        "realm apply ») et déclarer un incident, sauf si l'adresse est à nous : la mettre alors dans le réglage.",
    ),
    "own-account-refused": ControlWords(
        "Compte de service refusé par Keycloak",
        "Keycloak n'accepte plus le compte de service de ce logiciel (désactivé, sans droits, clé ou secret changé) "
        ": plus rien n'est lu, contrôlé ni clôturé.",
        "Demander à l'administrateur de Keycloak qui l'a fait ; « provisioner realm apply » remet les droits et la "
        "clé ou le secret, le compte se réactive dans la console. Si personne ne l'a voulu, déclarer un incident.",
    ),
    "realm-weakened": ControlWords(
        "Réglage du royaume affaibli",
        "Un réglage du royaume est plus faible que dans nos fichiers (realm-config).",
        "« provisioner realm apply » le remet ; un réglage voulu se change dans une copie de realm-config "
        "(PROVISIONER_REALM_CONFIG).",
    ),
}


def words_of(code: str) -> ControlWords:
    """Its words; a code of a newer version has none but itself."""
    return CONTROLS.get(code, ControlWords(code, "", ""))


def facts_words(control: RaisedControl) -> str:
    """What it rests on, in one line: « le 3 septembre 2026 ; 4 fois ; bon mot de passe ; depuis 192.0.2.7 »."""
    risk = risk_of(control.facts.setting or "", control.rule)
    return " ; ".join([*_facts(control.facts, _DAYS.get(control.code, "le")), *([RISKS[risk]] if risk else [])])


#: What the day of a control is, where it is not that of what happened.
_DAYS: Mapping[str, str] = {"unused": "dernière connexion le", "link-unused": "dernier lien envoyé le"}


def _facts(facts: Facts, day: str) -> Iterator[str]:
    if facts.on is not None:
        yield f"{day} {french_date(facts.on)}"
    if facts.since is not None:
        yield f"depuis le {french_moment(facts.since)}"
    if facts.count is not None:
        yield f"{facts.count} fois"
    if facts.outcome is not None:
        yield OUTCOMES.get(facts.outcome, facts.outcome)
    if facts.addresses:
        yield f"adresses : {', '.join(facts.addresses)}"
    if facts.client is not None:
        yield f"application : {facts.client}"
    if facts.actor is not None:
        yield f"par {facts.actor_name}" if facts.actor_name else f"administrateur inconnu ({facts.actor})"
    if facts.operation is not None or facts.path is not None:
        yield " ".join(filter(None, (facts.operation, facts.path)))
    if facts.setting is not None:
        values = f" : {facts.present} au lieu de {facts.wanted}" if facts.present or facts.wanted else ""
        yield f"{setting_words(facts.setting)}{values}"
    if facts.known_since is not None:
        yield f"inconnu avant le {french_date(facts.known_since)}"


OUTCOMES: Mapping[str, str] = {
    "user_disabled": "bon mot de passe",
    "invalid_user_credentials": "mot de passe erroné",
    "user_temporarily_disabled": "compte bloqué temporairement",
    "user_not_found": "adresse inconnue",
    "expired_code": "lien expiré",
}
