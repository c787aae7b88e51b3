"""What is said of a realm and of how it differs from its files, in French: parts, risks, a line each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Protocol

from provisioner.domain.realm_check import Part, Risk
from provisioner.domain.realm_model import Difference
from provisioner.domain.realm_plan import read_setting

#: What each part is called, with what is named in it.
PARTS: Mapping[Part, str] = {
    Part.REALM_CREATED: "Royaume {name}",
    Part.REALM: "Royaume, réglage {name}",
    Part.PROFILE: "Profil des utilisateurs, {name}",
    Part.ACTION: "Action requise {name}",
    Part.TEXT: "Texte {name}",
    Part.GROUP: "Groupe {name}",
    Part.CLIENT_CREATED: "Client {name}",
    Part.CLIENT: "Client {client}, réglage {name}",
    Part.CLAIM: "Client {client}, information {name}",
    Part.ROLE_GIVEN: "Compte de service, rôle {name}",
    Part.ROLE_TAKEN: "Compte de service, rôle {name}",
    Part.OTHER_CLIENT: "Client {name}",
    Part.IDENTITY_PROVIDER: "Fournisseur d'identité {name}",
    Part.FEDERATION: "Fédération d'utilisateurs {name}",
    Part.WORKFLOW: "Automatisme (workflow) {name}",
    Part.FLOW: "Parcours de connexion, étape {name}",
    Part.GROUP_ROLE: "Groupe {name}, rôle d'administration",
    Part.DEFAULT_ROLE: "Rôle de tout nouveau compte {name}",
    Part.DEFAULT_GROUP: "Groupe de tout nouveau compte {name}",
    Part.THEME: "Thème {name}, absent du serveur",
    Part.STEPS: "Parcours {name}, étapes",
    Part.ACTION_CLOSED: "Action requise {name}",
    Part.ROLE: "Rôle {name}",
    Part.DEFAULT_TAKEN: "Rôle de tout nouveau compte {name}",
    Part.BLACKLIST: "Liste des mots de passe refusés {name}",
}

#: What `realm apply` did to it.
CHANGED: Mapping[Part, str] = {
    Part.REALM_CREATED: "créé",
    Part.REALM: "mis en ordre",
    Part.PROFILE: "mis en ordre",
    Part.ACTION: "activée",
    Part.TEXT: "mis en ordre",
    Part.GROUP: "créé",
    Part.CLIENT_CREATED: "créé",
    Part.CLIENT: "mis en ordre",
    Part.CLAIM: "mise en ordre",
    Part.ROLE_GIVEN: "donné",
    Part.ROLE_TAKEN: "retiré",
    Part.STEPS: "mis en ordre",
    Part.ACTION_CLOSED: "fermée",
    Part.ROLE: "créé",
    Part.DEFAULT_TAKEN: "retiré",
    Part.FLOW: "mise en ordre",
    Part.BLACKLIST: "mise en service",
}

RISKS: Mapping[Risk, str] = {
    Risk.WEAK_PASSWORDS: "des mots de passe plus faibles que ce qui est demandé sont acceptés",
    Risk.GUESSED_PASSWORDS: "un mot de passe peut être essayé plus souvent, donc deviné",
    Risk.USUAL_PASSWORDS: "les mots de passe les plus répandus (Azerty1!, Bonjour1!) sont acceptés",
    Risk.LOCKED_OUT: "un tiers peut verrouiller durablement le compte d'une personne",
    Risk.ACCOUNTS_BY_ANYBODY: "un compte ou un accès peut naître sans annexe 1",
    Risk.IDENTIFIERS: "l'adresse professionnelle n'identifie plus une seule personne",
    Risk.NO_RESET: "une personne ne peut plus demander elle-même un nouveau mot de passe",
    Risk.SHARED_POST: "une session reste ouverte sur un poste partagé",
    Risk.BLIND: "des connexions ou des actes de la console ne sont plus enregistrés, donc plus contrôlés",
    Risk.KEPT_TOO_LONG: "les traces de connexion restent dans Keycloak au-delà de la durée prévue",
    Risk.LONG_LINKS: "un lien envoyé par courriel fonctionne plus longtemps, donc peut servir à un tiers",
    Risk.LONG_SESSIONS: "une session dure plus longtemps, donc un accès clôturé peut encore servir",
    Risk.READ_ON_THE_WAY: "des mots de passe ou des courriels peuvent être lus sur le réseau",
    Risk.OTHER_LOGIN: "le parcours de connexion n'est plus celui qui est prévu",
    Risk.OTHER_MAIL_SERVER: "les liens d'activation passent par un autre serveur de messagerie",
    Risk.OTHER_PAGES: "une personne ne lit pas les consignes prévues, ou pas en français",
    Risk.OTHER_WORDS: "un courriel ou une page ne dit plus ce qui est prévu, ou peut mener ailleurs",
    Risk.OTHER_ADDRESS: "une personne ou sa connexion peut être envoyée à une autre adresse que la plateforme",
    Risk.PASSWORD_ALONE: "un mot de passe volé suffit pour obtenir un jeton, sans passer par la page de connexion",
    Risk.CLOSED_TO_ALL: "plus personne ne peut se connecter",
    Risk.STOLEN_CODE: "une connexion interceptée peut servir à un tiers",
    Risk.FRAMED: "la page de connexion peut être affichée dans la page d'un tiers, qui piège ce que l'on y fait",
    Risk.TOO_MANY_RIGHTS: "un compte ou une application peut faire plus que ce qui lui est nécessaire",
    Risk.BLOCKED_SERVICE: "ce logiciel ne peut plus ouvrir ni clôturer d'accès",
    Risk.OTHER_SERVICE: "un tiers peut agir à la place de ce logiciel, ou ce logiciel ne peut plus se connecter",
    Risk.OTHER_CLAIMS: "la plateforme ne reçoit plus ce qu'elle attend au sujet de la personne",
    Risk.OWN_DATA: "une personne peut changer ce que l'annexe 1 dit d'elle, ou son compte ne peut plus être écrit",
    Risk.DEAD_LINKS: "les courriels ne partent plus, ou leur lien ne mène plus au mot de passe",
    Risk.OTHER_DOOR: "des personnes peuvent entrer par un chemin que nos fichiers ne connaissent pas",
    Risk.OTHER_HAND: "des comptes peuvent être changés sans qu'une annexe 1 le demande",
    Risk.ADMINISTRATOR_BY_GROUP: "qui gère les comptes, ou tout nouveau compte, peut devenir administrateur",
    Risk.MAILBOX_ALONE: "une boîte aux lettres suffit pour entrer avec l'accès d'un agent de la Caf",
    Risk.NO_SECOND_FACTOR: "un agent de la Caf peut entrer sans second facteur, ou en ajouter un de lui-même",
    Risk.OTHER_ROLES: "la page des gestionnaires ne sait plus ce qu'un agent de la Caf a le droit de faire",
    Risk.NOT_FILED: "le royaume n'est plus celui que décrivent nos fichiers",
}


#: The parts that only the administrator sees, as they are named together.
UNSEEN: Mapping[Part, str] = {
    Part.PROFILE: "le profil des utilisateurs",
    Part.ACTION: "les actions requises",
    Part.TEXT: "les textes",
    Part.GROUP: "le groupe des partenaires",
    Part.CLIENT: "les clients",
    Part.ROLE_GIVEN: "les rôles du compte de service",
    Part.IDENTITY_PROVIDER: "les fournisseurs d'identité",
    Part.FEDERATION: "les fédérations d'utilisateurs",
    Part.WORKFLOW: "les automatismes (workflows)",
    Part.FLOW: "les parcours de connexion",
    Part.GROUP_ROLE: "les groupes qui donnent un rôle d'administration",
    Part.DEFAULT_ROLE: "les rôles de tout nouveau compte",
    Part.DEFAULT_GROUP: "les groupes de tout nouveau compte",
    Part.THEME: "les thèmes du serveur",
}

#: Of a realm in which our service account has no rights.
UNSEEN_REALM = "Royaume non contrôlé : le compte de service n'y a aucun droit, et c'est voulu."

#: How the rest is looked at.
ADMINISTRATOR = (
    "réglez PROVISIONER_KEYCLOAK__ADMIN_KEY_FILE (ou __ADMIN_USERNAME et __ADMIN_PASSWORD), puis recommencez."
)

#: Above what is put right at a cost to somebody.
STOPS_LOGINS = "La remise en ordre de ce qui suit peut fermer des sessions ou empêcher des connexions :"

#: A longer value is cut in a sentence; the JSON has it whole.
_MOST_SIGNS = 80

#: As many signs of a long value stand before the first that differs.
_SIGNS_BEFORE = 20


class Told(Protocol):
    """A difference, as it was found or as it is answered."""

    @property
    def part(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def client(self) -> str | None: ...
    @property
    def present(self) -> str | None: ...
    @property
    def wanted(self) -> str | None: ...


def named(part: str, name: str, client: str | None) -> str:
    """What differs, in words: « Royaume, réglage passwordPolicy »."""
    return PARTS[Part(part)].format(name=name, client=client)


def setting_words(setting: str) -> str:
    """The same from `Difference.setting`, as a control keeps it; a newer version's stays as it is."""
    if setting == Part.TEXT:
        return "Textes des pages et des courriels"
    read = read_setting(setting)
    return setting if read is None else named(read[0], read[2], read[1])


def put_right(difference: Difference) -> str:
    """That it was put right."""
    words = named(difference.part, difference.name, difference.client)
    less = ", moins strict qu'avant" if difference.is_stricter else ""
    return f"{words} : {CHANGED[difference.part]}{less}."


def can_stop_logins(difference: Difference) -> str:
    """That to put it right can end sessions or keep somebody out; said before it is done."""
    return f"Peut fermer des sessions ou empêcher des connexions : {difference_words(difference)}"


def difference_words(difference: Told) -> str:
    """What it is and what it should be, in a line."""
    words = named(difference.part, difference.name, difference.client)
    part = Part(difference.part)
    if part in _AS_THEY_ARE:
        return f"{words} : {_AS_THEY_ARE[part]}"
    if difference.present is None or difference.wanted is None:
        return f"{words} : différent (valeurs non montrées)"
    start = _first_difference(difference.present, difference.wanted)
    return f"{words} : {_short(difference.present, start)} au lieu de {_short(difference.wanted, start)}"


#: What is said of a thing that is there or not, and has no value.
_AS_THEY_ARE: Mapping[Part, str] = {
    Part.REALM_CREATED: "absent",
    Part.ACTION: "désactivée ou absente",
    Part.GROUP: "absent",
    Part.CLIENT_CREATED: "absent",
    Part.ROLE_GIVEN: "manque",
    Part.ROLE_TAKEN: "en trop",
    Part.ACTION_CLOSED: "ouverte, alors que personne ne doit y être conduit",
    Part.ROLE: "manque",
    Part.DEFAULT_TAKEN: "en trop",
    Part.BLACKLIST: "n'est pas en service",
    Part.THEME: "les pages ou les courriels restent ceux de Keycloak",
    **dict.fromkeys(
        (
            Part.OTHER_CLIENT,
            Part.IDENTITY_PROVIDER,
            Part.FEDERATION,
            Part.WORKFLOW,
            Part.GROUP_ROLE,
            Part.DEFAULT_ROLE,
            Part.DEFAULT_GROUP,
        ),
        "inconnu de nos fichiers",
    ),
}


def by_hand_words(part: str, setting: str) -> str:
    """What is to be done about what `realm apply` leaves as it is, or where the server lacks a file."""
    if part == Part.BLACKLIST:
        return (
            "provisioner realm apply la met en service une fois le fichier sur chaque serveur Keycloak ; "
            "pour s'en passer : PROVISIONER_REALM__PASSWORD_BLACKLIST=none"
        )
    if part == Part.THEME:
        return "à installer : provisioner realm export-theme DOSSIER"
    if part == Part.FLOW:
        return "cette étape manque : à rétablir dans la console"
    return f"à retirer dans la console, ou à reconnaître : PROVISIONER_REALM__KNOWN={setting}"


def _first_difference(present: str, wanted: str) -> int:
    """Where two values begin to differ."""
    return next(
        (index for index, (there, asked) in enumerate(zip(present, wanted, strict=False)) if there != asked),
        min(len(present), len(wanted)),
    )


def _short(value: str, start: int) -> str:
    """The value, or that part of a long one which holds the sign at `start`: two long ones often begin alike."""
    if not value:
        return "rien"
    if len(value) <= _MOST_SIGNS:
        return f"« {value} »"
    first = (
        max(0, min(start - _SIGNS_BEFORE, len(value) - _MOST_SIGNS)) if start >= _MOST_SIGNS - _SIGNS_BEFORE else 0
    )
    shown = value[first : first + _MOST_SIGNS]
    return f"« {'…' if first else ''}{shown}{'…' if first + _MOST_SIGNS < len(value) else ''} »"
