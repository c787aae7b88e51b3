"""Why something asked for is not done, in French: the sentence of every code, and that of a system that failed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from provisioner.domain.access.invitations import Obstacle
from provisioner.domain.annexe.enter import RefusedRename, RenameProblem
from provisioner.domain.annexe.kept import Status
from provisioner.domain.convention import Role
from provisioner.domain.errors import FileRefused, Problem, Refusal, Refused, System, SystemFailed, Value
from provisioner.domain.password import RealmFault
from provisioner.views.annexes import STATUSES
from provisioner.views.conventions import ROLES
from provisioner.views.dates import french_date
from provisioner.views.holds import UNKNOWN_REALM
from provisioner.views.reasons import link_fault


def refusal(error: Refused) -> str:
    """Why it is not done, and how to go on."""
    if isinstance(error, FileRefused):
        return "\n".join(f"{_shown(place)} : {refusal(problem)}" for place, problem in error.problems)
    return _sentence(error.code, error.values)


def failure(error: SystemFailed, address: str | None) -> str:
    """What failed, where (the address of the settings) and why: the cause, in English, is quoted."""
    if error.code is not None:
        return _sentence(error.code, error.values)
    where = f" ({address})" if address else ""
    cause = " ".join(str(error).split()).rstrip(".")
    return _FAILURES[error.system].format(where=where, cause=cause)


def refused_rename(rename: RefusedRename) -> str:
    """Why a change of address cannot be made as decided, for whoever decided it."""
    return f"Changement d'adresse refusé ({rename.old} → {rename.new}) : {_RENAMES[rename.problem]}"


def unusable_settings(problems: Iterable[Problem]) -> str:
    """That the settings cannot be used: what is wrong with each, a line each."""
    return "\n".join(f"Réglage inutilisable, {_shown(place)} : {refusal(problem)}" for place, problem in problems)


def _sentence(code: Refusal, values: Mapping[str, Value]) -> str:
    return SENTENCES[code].format(**{name: _said(value) for name, value in values.items()})


def _said(value: Value) -> str:
    """A value as it stands in a sentence."""
    if isinstance(value, date):
        return french_date(value)
    if isinstance(value, RealmFault):
        return link_fault(value)
    words = _WORDS.get(type(value))
    if words is not None:
        return words[value]
    return _shown(str(value))


def _shown(text: str) -> str:
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in text)


SENTENCES: Mapping[Refusal, str] = {
    Refusal.NAME_BLANK: "Le nom de la personne qui décide est vide ou illisible : indiquez-le.",
    Refusal.NAME_OF_NOBODY: "« {name} » désigne ce que personne n'a décidé : indiquez le nom d'une personne.",
    Refusal.REASON_BLANK: "Le motif est vide ou illisible : indiquez-le.",
    Refusal.WAIVER_BLANK: "Le motif de la dérogation pour la ligne {row} est vide ou illisible : indiquez-le.",
    Refusal.NO_SUCH_ANNEXE: (
        "Le registre ne conserve pas d'annexe n° {number}. Celles qu'il conserve : provisioner annexe list."
    ),
    Refusal.ANNEXE_APPROVED: (
        "L'annexe n° {number} est déjà validée par {by}. Pour décider autrement : provisioner annexe reject, puis "
        "provisioner annexe submit."
    ),
    Refusal.ANNEXE_DECIDED: (
        "L'annexe n° {number} est {status} : seule une annexe contrôlée ou refusée peut être validée. Pour décider "
        "autrement : provisioner annexe submit."
    ),
    Refusal.ANNEXE_REPLACED: (
        "Le document du partenaire, annexe n° {number}, a été détruit le {on} : un état établi par la Caf en tient "
        "lieu, qui ne peut pas être appliqué. Demandez au partenaire une nouvelle annexe 1."
    ),
    Refusal.NOTHING_TO_REJECT: "L'annexe n° {number} est {status} : il n'y a rien à rejeter.",
    Refusal.DECIDED_MEANWHILE: (
        "Une autre décision a été prise entre-temps sur cette annexe : rien n'a été enregistré. Pour la voir : "
        "provisioner annexe show."
    ),
    Refusal.SYNC_FIRST: (
        "Un passage interrompu a ouvert des accès que cette annexe retire. Rien n'a été fait : lancez provisioner "
        "sync, puis recommencez."
    ),
    Refusal.NO_SUCH_PARTNER: (
        "Aucun partenaire n'a le code « {partner} ». Ceux qui sont enregistrés : provisioner partner list."
    ),
    Refusal.CODE_TAKEN: (
        "Le code « {partner} » est déjà celui d'un partenaire. Pour modifier celui-ci : provisioner partner set."
    ),
    Refusal.CODE_MALFORMED: (
        "« {partner} » ne peut pas être un code : de 1 à 64 caractères sont attendus, parmi a-z, 0-9 et le tiret."
    ),
    Refusal.PARTNER_UNNAMED: "Le nom du partenaire est à indiquer.",
    Refusal.PARTNER_NAME_HIDDEN: "Le nom du partenaire tient sur une seule ligne, sans caractère invisible.",
    Refusal.NO_DOMAIN: "Un partenaire déclare au moins un domaine de messagerie, ou des adresses exactes.",
    Refusal.NOT_A_DOMAIN: "Ceci n'est pas un domaine de messagerie : {given}. Forme attendue : mairie-exemple.fr.",
    Refusal.CONSUMER_DOMAIN: (
        "N'importe qui peut avoir une adresse dans {domains} : un tel domaine n'est jamais déclaré en entier. "
        "Déclarez plutôt l'adresse exacte de chaque personne (--address EMAIL)."
    ),
    Refusal.NOT_AN_ADDRESS: "Ceci n'est pas une adresse électronique : {given}.",
    Refusal.SIGNED_AFTER_CTG: "La convention serait signée après la fin de la CTG : corrigez l'une des deux dates.",
    Refusal.CTG_END_PAST: (
        "Le {on} est passé : tous les accès seraient clôturés aussitôt. Pour mettre fin à la convention : "
        "provisioner partner end {partner} --on DATE, au plus tôt aujourd'hui."
    ),
    Refusal.END_TO_COME: (
        "La convention prend fin le {on} : enregistrez la nouvelle signature après ce jour, ou annulez la fin "
        "(provisioner partner reinstate)."
    ),
    Refusal.ACCESSES_TO_CLOSE: (
        "Les accès de la convention terminée ne sont pas encore tous clôturés : lancez d'abord provisioner sync."
    ),
    Refusal.NOT_SIGNED: "La convention de {partner} n'est pas signée : il n'y a rien à terminer.",
    Refusal.NOT_ACTIVE: "La convention de {partner} n'est pas en cours : aucun accès ne peut être ouvert (C2).",
    Refusal.NO_EARLY_END: "Aucune fin anticipée n'est enregistrée pour {partner} : son dernier jour est le {on}.",
    Refusal.CONVENTION_OVER: (
        "La convention de {partner} a pris fin le {on} ; ses accès sont clôturés le lendemain. Une nouvelle "
        "convention est nécessaire ; une fois signée : provisioner partner set {partner} --signed-on DATE."
    ),
    Refusal.CTG_OVER: (
        "La convention de {partner} a pris fin le {on} avec la CTG ; ses accès sont clôturés le lendemain. Une "
        "nouvelle convention est nécessaire ; une fois signée : provisioner partner set {partner} --signed-on DATE "
        "--ctg-end DATE."
    ),
    Refusal.END_PAST: (
        "Le {on} est passé. Les accès sont clôturés le lendemain du dernier jour : le plus proche est aujourd'hui "
        "({today}), pour une clôture le {closes_on}. Pour couper un accès aussitôt : provisioner person suspend."
    ),
    Refusal.END_BEFORE_SIGNATURE: "Le {on} précède la signature ({signed_on}).",
    Refusal.END_AFTER_CTG: (
        "Le {on} suit la fin de la CTG ({ctg_end}), où la convention s'arrête de toute façon. Un avenant déplace ce "
        "jour : provisioner partner set --ctg-end."
    ),
    Refusal.CONTACTS_DATED_LATER: "Le {on} est à venir : la date attendue est celle qui figure sur l'annexe.",
    Refusal.CONTACTS_OLDER: "Une annexe datée du {on} est enregistrée ; une plus ancienne ne la remplace pas.",
    Refusal.CONTACT_MALFORMED: (
        "{role} : « NOM <ADRESSE> » est attendu sur une ligne, sans caractère inhabituel ni formule."
    ),
    Refusal.CONTACT_ADDRESS: "{role} : « {given} » n'est pas une adresse électronique.",
    Refusal.CONTACT_NAME: "{role} : « {given} » n'est pas un nom.",
    Refusal.CONTACT_UNNAMED: "{role} : l'annexe 2 désigne une personne, « NOM <ADRESSE> » est attendu.",
    Refusal.NOT_UTF_8: "Le fichier n'est pas un texte en UTF-8 (ligne {line}).",
    Refusal.NOT_TOML: "Le fichier n'est pas au format TOML : « {cause} ».",
    Refusal.UNKNOWN_KEY: "clé inconnue. Celles qui existent ici : {known}.",
    Refusal.CODE_TWICE: "« {partner} » figure déjà dans partner[{number}].",
    Refusal.KEY_MISSING: "à indiquer.",
    Refusal.DATE_EXPECTED: "une date est attendue, sans guillemets ni heure : 2026-01-15.",
    Refusal.TEXT_EXPECTED: "un texte entre guillemets est attendu.",
    Refusal.LIST_EXPECTED: "une liste est attendue, entre crochets.",
    Refusal.TABLE_EXPECTED: "une table est attendue.",
    Refusal.VALUE_UNFIT: "valeur inutilisable : « {cause} ».",
    Refusal.NO_SUCH_SETTING: "ce réglage n'existe pas (docs/settings.md).",
    Refusal.FILE_UNREAD: "le fichier ne peut pas être lu : « {cause} ».",
    Refusal.NUMBER_EXPECTED: "un nombre est attendu.",
    Refusal.WHOLE_NUMBER_EXPECTED: "un nombre entier est attendu.",
    Refusal.YES_OR_NO_EXPECTED: "true ou false est attendu.",
    Refusal.MORE_EXPECTED: "une valeur supérieure à {bound} est attendue.",
    Refusal.AT_LEAST_EXPECTED: "la valeur est de {bound} au moins.",
    Refusal.AT_MOST_EXPECTED: "la valeur est de {bound} au plus.",
    Refusal.CHOICE_EXPECTED: "une de ces valeurs est attendue : {choices}.",
    Refusal.FORM_EXPECTED: "la valeur n'a pas la forme attendue : {pattern} (docs/settings.md).",
    Refusal.TODAY_EXPECTED: "une date est attendue, AAAA-MM-JJ ou AAAA-MM-JJTHH:MM.",
    Refusal.TRIALS_ONLY: "réservé aux essais, avec un Keycloak sur cette machine même.",
    Refusal.NOT_LISTENED_ON: "{listen} ne peut pas être écouté : « {cause} ».",
    Refusal.ADMINISTRATOR_NEEDED: "à indiquer, avec PROVISIONER_KEYCLOAK__ADMIN_PASSWORD, pour cette commande.",
    Refusal.NO_SUCH_PERSON: (
        "Aucune donnée n'est conservée sur {email}. Pour chercher une adresse voisine : provisioner explain {email}."
    ),
    Refusal.ERASE_OPEN: (
        "{email} a un accès ouvert ou prévu : rien n'est effacé. L'accès se clôture d'abord, par la liste 2 d'une "
        "annexe 1."
    ),
    Refusal.ERASE_ON_HOLD: (
        "Les données de {email} sont conservées par décision, pour un litige ou un incident (D7) : rien n'est "
        "effacé. Les décisions en cours : provisioner retention list, provisioner incident list."
    ),
    Refusal.ERASE_PAUSED: (
        "{partner} est en pause : rien n'est effacé. La fin de la pause : provisioner resume --by NOM, avec "
        "--partner {partner} si elle ne concerne que ce partenaire."
    ),
    Refusal.NOTHING_TO_SUSPEND: (
        "{email} n'a pas d'accès à suspendre. Pour voir qui en a un : provisioner partner show CODE."
    ),
    Refusal.NOTHING_TO_REOPEN: (
        "{email} n'a pas d'accès à rouvrir : un accès clôturé se redemande par une annexe 1."
    ),
    Refusal.SUSPENDED_MEANWHILE: (
        "L'accès de {email} vient d'être suspendu, ou sa suspension levée, par une autre personne : vérifiez "
        "avant de décider (provisioner person show {email})."
    ),
    Refusal.NOT_OPENED_YET: "L'accès de {email} n'a pas encore été ouvert : il s'ouvre à la date demandée.",
    Refusal.ADDRESS_TAKEN: (
        "{email} est l'adresse d'un compte du royaume que ce logiciel ne gère pas (A8) : libérez d'abord l'adresse."
    ),
    Refusal.LINKS_USELESS: "{why}",
    Refusal.NO_LINK: "{email} : {why}",
    Refusal.NO_SUCH_PLAN: "Aucun plan {plan_id} n'est retenu. Ceux qui le sont : provisioner held list.",
    Refusal.NOT_FOR_RELEASE: (
        "Ce qui retient le plan {plan_id} ({limit}) ne se lève pas par une décision : corrigez-en la cause "
        "(provisioner held list), il repart de lui-même."
    ),
    Refusal.REVIEW_PAST: "Le {on} est passé : indiquez le jour à venir auquel quelqu'un y regardera de nouveau.",
    Refusal.REVIEW_FAR: (
        "Une conservation qui concerne tout le monde est revue dans les {days} jours : le {on} est trop loin."
    ),
    Refusal.NO_SUCH_KEEPING: (
        "Il n'y a pas de conservation n° {number} en cours. Celles qui le sont : provisioner retention list. Celle "
        "d'un incident prend fin avec lui (provisioner incident close)."
    ),
    Refusal.PAUSE_PAST: "Le {on} est passé : une mise en pause dure jusqu'à la fin du jour indiqué.",
    Refusal.NOT_PAUSED: "Rien n'est mis en pause pour l'ensemble. Ce qui est retenu : provisioner held list.",
    Refusal.PARTNER_NOT_PAUSED: (
        "{partner} n'est pas mis en pause à lui seul. Ce qui est retenu : provisioner held list."
    ),
    Refusal.PARTNER_CONTAINED: (
        "Tous les accès du partenaire {partner} sont coupés : rien ne s'y ouvre, personne par personne non plus. "
        "Pour les rendre, une fois l'incident terminé : provisioner partner reopen {partner}."
    ),
    Refusal.NOT_CONTAINED: (
        "Les accès du partenaire {partner} ne sont pas coupés dans leur ensemble : il n'y a rien à rendre."
    ),
    Refusal.NEEDS_SECOND: (
        "Rien n'a été coupé ni enregistré. En 24 heures seraient coupés : partenaires, {partners} ; comptes ouverts, "
        "{accounts} sur {open}. Au-delà de 2 partenaires ou de 20 % des comptes, une deuxième personne "
        'confirme : la même commande, avec --second "NOM".'
    ),
    Refusal.SECOND_IS_FIRST: "La deuxième personne (--second) doit être une autre que celle qui décide (--by).",
    Refusal.UNKNOWN_REALM: UNKNOWN_REALM,
    Refusal.NO_REALM_YET: (
        "Ce registre ne connaît encore aucun royaume : la première écriture l'enregistre, il n'y a rien à accepter."
    ),
    Refusal.NO_SUCH_INCIDENT: (
        "Aucun incident n'a le n° {number}. Ceux qui sont enregistrés : provisioner incident list."
    ),
    Refusal.INCIDENT_CLOSED: "L'incident n° {number} a déjà été clos par {by} le {on}.",
    Refusal.AWARE_LATER: (
        "Ce moment est à venir : indiquez celui où l'incident a été connu (heure de Paris). Rien n'a été enregistré."
    ),
    Refusal.DAY_TO_COME: "Le {on} est à venir : indiquez le jour où cela a été fait.",
    Refusal.NOTHING_TO_ATTEST: (
        "{partner} : aucun accès n'a été clôturé depuis moins de 6 mois dont les données existent encore. Une "
        "attestation se demande entre la clôture et la destruction (D3). Les demandes déjà faites : provisioner "
        "attestation list."
    ),
    Refusal.ATTEST_TOO_EARLY: (
        "Trop tôt : l'accès de {email} n'est pas clôturé. Une attestation se demande dans les 6 mois qui suivent la "
        "clôture (D3)."
    ),
    Refusal.ATTEST_TOO_LATE: (
        "Trop tard : l'accès de {email} a été clôturé le {closed_on} ; l'attestation se demandait jusqu'au {on} (D3)."
    ),
    Refusal.ATTEST_RETURNED: (
        "{email} a de nouveau un accès : les données de son compte ne seront pas détruites tant qu'il dure."
    ),
    Refusal.NO_SUCH_ATTESTATION: (
        "Aucune attestation n'a le n° {number}. Celles qui ont été demandées : provisioner attestation list."
    ),
    Refusal.NOT_DESTROYED_YET: (
        "L'attestation n° {number} ne peut pas encore être délivrée. Comptes encore à détruire : {count} sur {all}, "
        "le dernier à partir du {on} (provisioner sync)."
    ),
    Refusal.NONE_DESTROYED: (
        "L'attestation n° {number} n'a rien à attester. Comptes conservés pour l'instant : {kept} ; personnes qui "
        "ont de nouveau un accès : {returned}."
    ),
    Refusal.EVENTS_KEPT_FOREVER: (
        "Keycloak garde ses événements sans limite : ceux des comptes détruits les nommeraient toujours. Pour y "
        "remédier : provisioner realm apply."
    ),
    Refusal.NO_SEAL_SET: (
        "Le cachet n'est pas réglé. Donnez un chemin de fichier à {settings}, puis créez la clé et le certificat : "
        "provisioner attestation key new (docs/attestations.md). Pour vérifier seulement : --certificate FICHIER."
    ),
    Refusal.SEAL_UNFIT: "Le cachet est inutilisable : « {cause} ».",
    Refusal.SEAL_EXISTS: "{file} existe déjà et reste tel quel : rien n'a été créé.",
    Refusal.ON_POSTGRESQL: "Le registre est sur un serveur PostgreSQL, dont la commande fait la copie : {command}",
    Refusal.NO_REGISTER: "Il n'y a pas de registre à l'adresse des réglages : rien n'a été fait.",
    Refusal.NEWER_REGISTER: (
        "Le registre a été créé par une version plus récente du logiciel (révision {found}, ici {ours}). Rien n'a "
        "été fait : utilisez cette version, ou une plus récente."
    ),
    Refusal.PRIVATE_KEY_HERE: (
        "La ligne {line} du fichier des destinataires contient une clé privée : rien n'a été fait. Une clé privée "
        "n'a pas sa place sur cette machine ; retirez-la, et ne vous servez plus de cette clé."
    ),
    Refusal.RECIPIENT_MALFORMED: (
        "La ligne {line} du fichier des destinataires n'est pas lisible : le mois puis la clé publique, "
        "« 2026-09 age1… ». Aucune copie n'a été faite."
    ),
    Refusal.RECIPIENTS_UNREAD: (
        "Le fichier des destinataires (PROVISIONER_BACKUP__RECIPIENTS_FILE) ne peut pas être lu : « {cause} ». "
        "Aucune copie n'a été faite."
    ),
    Refusal.NO_RECIPIENT: (
        "Aucune clé publique, sauf détruite, n'est prévue pour {month} dans le fichier des destinataires : aucune "
        "copie n'a été faite. Ajoutez-y la ligne « {month} age1… » (docs/backup.md)."
    ),
    Refusal.KEY_UNFIT: (
        "Une clé publique du fichier des destinataires n'est pas valable : aucune copie n'a été faite."
    ),
    Refusal.NO_SUCH_KEY: (
        "Aucune sauvegarde n'a été chiffrée pour la clé {key}, et le fichier des destinataires ne l'a pas. "
        "L'empreinte attendue est celle que nomme provisioner doctor, ou indiquez la clé publique elle-même."
    ),
    Refusal.KEY_DESTROYED: "La destruction de la clé {key} est déjà enregistrée, au {on}.",
    Refusal.NO_PG_DUMP: (
        "La commande pg_dump de PostgreSQL n'est pas installée sur cette machine : aucune copie n'a été faite."
    ),
    Refusal.IDENTITY_UNFIT: "Le fichier de la clé privée n'en contient aucune qui soit lisible.",
    Refusal.KEY_DOES_NOT_OPEN: "Aucune clé de ce fichier n'ouvre cette copie : elle ne peut pas être lue.",
    Refusal.COPY_DAMAGED: "Cette copie est endommagée ou incomplète : rien n'a été remis en place.",
    Refusal.NOT_A_COPY: "Ce fichier n'est pas une copie du registre : rien n'a été remis en place.",
    Refusal.COPY_NEWER: (
        "Cette copie vient d'une version plus récente du logiciel (révision {found}, ici {ours}) : rien n'a été "
        "remis en place."
    ),
    Refusal.IDENTITY_NEEDED: "Cette copie est chiffrée : indiquez le fichier de la clé privée avec --identity.",
    Refusal.COPY_JOURNAL: (
        "Le journal de cette copie n'est pas conforme (entrée {entry}) : rien n'a été remis en place."
    ),
    Refusal.COPY_OF_OTHER_REALM: (
        "Cette copie est celle d'un autre royaume que celui du registre en place : rien n'a été remis en place."
    ),
    Refusal.NO_LIST: (
        "La liste des destructions (PROVISIONER_BACKUP__LIST_FILE) n'est pas réglée, ou absente : sans elle, ce qui "
        "a été détruit depuis cette copie pourrait revenir. Pour passer outre : --without-list --by NOM."
    ),
    Refusal.LIST_DAMAGED: (
        "La ligne {line} de la liste des destructions n'est pas lisible : rien n'a été remis en place. Pour passer "
        "outre : --without-list --by NOM."
    ),
    Refusal.RESTORE_ON_POSTGRESQL: (
        "Le registre est sur un serveur PostgreSQL : service arrêté, remettez la copie dans une base vide par "
        "{command}, indiquez cette base dans les réglages, puis, avant tout passage : provisioner restore FICHIER "
        "--after-pg-restore --by NOM."
    ),
    Refusal.NOT_ON_POSTGRESQL: (
        "--after-pg-restore est pour un registre sur PostgreSQL : sans cette option, restore remet la copie en place."
    ),
    Refusal.DAMAGED_REGISTER: "Le registre est endommagé : sa copie n'est pas complète et n'a pas été conservée.",
    Refusal.NO_SUCH_CONTROL: (
        "Il n'y a pas de constat n° {number}. Ceux qui sont connus : provisioner controls list --all."
    ),
    Refusal.CONTROL_SETTLED: "Le constat n° {number} est déjà expliqué : rien n'a été enregistré.",
    Refusal.CONTROL_MENDED: "Le constat n° {number} n'est plus d'actualité : rien n'est à expliquer.",
    Refusal.LOCK_HELD: (
        "Un autre passage est en cours : « {holder} ». Rien n'a été fait : relancez la commande plus tard."
    ),
    Refusal.LOCK_LOST: (
        "Le verrou a été perdu : une autre instance est peut-être au travail. Celle-ci s'est arrêtée : relancez la "
        "commande plus tard."
    ),
}

_FAILURES: Mapping[System, str] = {
    System.KEYCLOAK: (
        "Keycloak{where} fait défaut : « {cause} ». Une fois la cause levée, relancez la commande : ce qui est fait "
        "ne le sera pas deux fois."
    ),
    System.REGISTER: "Le registre{where} ne peut pas être utilisé : « {cause} ». Relancez la commande ensuite.",
    System.MAIL: "Le serveur de courriel{where} fait défaut : « {cause} ». Ce qui est à envoyer attend.",
    System.FOLDERS: "Les dossiers de dépôt{where} ne peuvent pas être utilisés : « {cause} ».",
}

_OBSTACLES: Mapping[Obstacle, str] = {
    Obstacle.NO_LINK: (
        "aucun accès ouvert à cette adresse n'attend de lien. Qui en a reçu : provisioner invitation list."
    ),
    Obstacle.UNCERTAIN: (
        "nul ne peut savoir si le dernier lien est parti. Pour en envoyer un autre : provisioner invitation repeat "
        "EMAIL."
    ),
    Obstacle.OWED: "le premier lien n'est pas encore parti. Pour l'envoyer : provisioner sync.",
    Obstacle.NOT_OPEN: "l'accès prend fin, ou la convention n'est pas en cours (C2) : aucun lien n'est envoyé.",
    Obstacle.SUSPENDED: (
        "l'accès est suspendu : aucun lien n'est envoyé. Pour lever la suspension : provisioner person reopen."
    ),
    Obstacle.UNDER_WAY: "une décision sur ce compte reste à exécuter. Pour cela : provisioner sync.",
    Obstacle.BOUNCED: (
        "le courriel est revenu. Une annexe 1 donne l'adresse corrigée ; pour réessayer la même : provisioner person "
        "reopen --new-password."
    ),
    Obstacle.STILL_WORKS: "le lien envoyé est encore valable ; un autre pourra partir quand il aura expiré.",
    Obstacle.GIVEN_UP: (
        "trois liens ont été envoyés. La page de connexion en donne un autre (« Mot de passe oublié ? »), et "
        "provisioner person reopen --new-password aussi."
    ),
    Obstacle.MISSING: "le compte n'existe plus dans Keycloak. Pour le recréer : provisioner person reopen.",
    Obstacle.DISABLED: "le compte a été désactivé dans la console. Pour le rouvrir : provisioner person reopen.",
    Obstacle.OTHER_ADDRESS: (
        "le compte a une autre adresse dans Keycloak. Pour le remettre en conformité : provisioner sync."
    ),
    Obstacle.USED: (
        "la personne a un mot de passe. La page de connexion permet d'en changer (« Mot de passe oublié ? »)."
    ),
}

_RENAMES: Mapping[RenameProblem, str] = {
    RenameProblem.NOT_OPEN: "cette adresse n'a pas d'accès ouvert chez ce partenaire.",
    RenameProblem.STILL_LISTED: "cette adresse figure encore dans l'annexe 1 : ce serait une autre personne.",
    RenameProblem.NOT_ASKED: "la nouvelle adresse ne figure pas dans la liste 1.",
    RenameProblem.TAKEN: "la nouvelle adresse est déjà celle d'un autre compte.",
    RenameProblem.ELSEWHERE: "ce compte sert aussi un autre partenaire : son adresse ne peut pas être changée ainsi.",
}

#: What each of the enumerations that stand in a sentence is called there.
_WORDS: Mapping[type, Mapping[Any, str]] = {Obstacle: _OBSTACLES, Status: STATUSES, Role: ROLES}
