"""Why something asked for is not done, in French: the sentence of every code, and that of a system that failed."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

from provisioner.domain.access.invitations import Obstacle
from provisioner.domain.annexe.enter import RefusedRename, RenameProblem
from provisioner.domain.annexe.kept import Status
from provisioner.domain.convention import Keeps, Role
from provisioner.domain.errors import FileRefused, Problem, Refusal, Refused, Silence, System, SystemFailed, Value
from provisioner.domain.gates import Limit
from provisioner.domain.password import RealmFault
from provisioner.views.annexes import STATUSES
from provisioner.views.conventions import ROLES
from provisioner.views.dates import french_date
from provisioner.views.holds import LIMITS, UNKNOWN_REALM
from provisioner.views.reasons import link_fault
from provisioner.views.sentences import Named
from provisioner.views.shown import printable


def refusal(error: Refused) -> str:
    """Why it is not done, and how to go on."""
    if isinstance(error, FileRefused):
        return "\n".join(f"{printable(place)} : {refusal(problem)}" for place, problem in error.problems)
    return _sentence(error.code, error.values)


def failure(error: SystemFailed, address: str | None) -> str:
    """What failed, where (the address of the settings) and why: the cause, in English, is quoted."""
    where = f" ({address})" if address else ""
    cause = " ".join(str(error).split()).rstrip(".")
    if error.code is not None:
        return _sentence(error.code, {**error.values, "where": where, "cause": cause})
    return _FAILURES[error.system].format(where=where, cause=cause)


def refused_rename(rename: RefusedRename) -> str:
    """Why a change of address cannot be made as decided, for whoever decided it."""
    return f"Changement d'adresse refusé ({rename.old} → {rename.new}) : {_RENAMES[rename.problem]}"


def unusable_settings(problems: Iterable[Problem]) -> str:
    """That the settings cannot be used: what is wrong with each, a line each."""
    return "\n".join(f"Réglage inutilisable, {printable(place)} : {refusal(problem)}" for place, problem in problems)


def _sentence(code: Refusal, values: Mapping[str, Value]) -> str:
    said = {name: _said(value) for name, value in values.items()}
    if isinstance(values.get("why"), Obstacle):
        said["why"] = said["why"].format(**said)
    return SENTENCES[code].format(**said)


def _said(value: Value) -> str:
    """A value as it stands in a sentence."""
    if isinstance(value, date):
        return french_date(value)
    if isinstance(value, RealmFault):
        return link_fault(value)
    words = _WORDS.get(type(value))
    if words is not None:
        return words[value]
    return Named(printable(str(value)))


SENTENCES: Mapping[Refusal, str] = {
    Refusal.NOT_EVIDENCE: "Ce fichier n'est pas un dossier de preuve, ou il est abîmé : il ne peut pas être lu.",
    Refusal.EVIDENCE_PASSWORD: "Le mot de passe n'est pas celui de ce dossier de preuve.",
    Refusal.NAME_BLANK: "Le nom de la personne qui décide est vide ou illisible : indiquez-le.",
    Refusal.NAME_OF_NOBODY: (
        "« {name} » est réservé à ce que le logiciel décide seul : indiquez le nom d'une personne."
    ),
    Refusal.REASON_BLANK: "Le motif est vide ou illisible : indiquez-le.",
    Refusal.WAIVER_BLANK: "Le motif de la dérogation pour la ligne {row} est vide ou illisible : indiquez-le.",
    Refusal.NO_SUCH_ROW: "La liste 1 n'a pas de ligne {row} à laquelle accorder une dérogation : rien n'a été fait.",
    Refusal.NO_SUCH_ANNEXE: (
        "Le registre ne conserve pas d'annexe n° {number}. Celles qu'il conserve : provisioner annexe list"
    ),
    Refusal.ANNEXE_APPROVED: (
        "L'annexe n° {number} est déjà validée par {by}. Pour décider autrement : provisioner annexe reject {number} "
        '--by "NOM" --reason "MOTIF", puis provisioner annexe submit FICHIER --partner CODE'
    ),
    Refusal.ANNEXE_DECIDED: (
        "L'annexe n° {number} est {status} : seule une annexe contrôlée ou à corriger peut être validée. Pour "
        "décider autrement : provisioner annexe submit FICHIER --partner CODE"
    ),
    Refusal.ANNEXE_REPLACED: (
        "Le document du partenaire, annexe n° {number}, a été détruit le {on} : un état établi par la Caf en tient "
        "lieu, qui ne peut pas être appliqué. Demandez au partenaire une nouvelle annexe 1."
    ),
    Refusal.NOTHING_TO_REJECT: "L'annexe n° {number} est {status} : il n'y a rien à rejeter.",
    Refusal.DECIDED_MEANWHILE: (
        "Une autre décision a été prise entre-temps : rien n'a été enregistré. Vérifiez ce qui a été décidé, puis "
        "recommencez si c'est encore nécessaire."
    ),
    Refusal.SYNC_FIRST: (
        "Un passage interrompu a ouvert des accès que cette annexe retire. Rien n'a été fait : lancez provisioner "
        "sync, puis recommencez."
    ),
    Refusal.NO_SUCH_PARTNER: (
        "Aucun partenaire n'a le code « {partner} ». Ceux qui sont enregistrés : provisioner partner list"
    ),
    Refusal.NO_SUCH_PARTNER_BUT: (
        "Aucun partenaire n'a le code « {partner} ». Vouliez-vous écrire « {nearest} » ? Tous les codes : "
        "provisioner partner list"
    ),
    Refusal.PARTNER_USED: (
        "Le partenaire {partner} ne peut pas être retiré : le registre conserve pour lui {what}. Pour mettre fin "
        "à sa "
        'convention : provisioner partner end {partner} --on DATE --by "NOM" --reason "MOTIF"'
    ),
    Refusal.CODE_TAKEN: (
        "Le code « {partner} » est déjà celui d'un partenaire. Pour modifier celui-ci : "
        'provisioner partner set {partner} --name "NOM" --by "NOM"'
    ),
    Refusal.CODE_MALFORMED: (
        "« {partner} » ne peut pas être un code : de 1 à 64 caractères sont attendus, parmi a-z, 0-9 et le tiret."
    ),
    Refusal.PARTNER_UNNAMED: "Indiquez le nom du partenaire.",
    Refusal.PARTNER_NAME_HIDDEN: "Le nom du partenaire doit tenir sur une seule ligne, sans caractère invisible.",
    Refusal.NO_DOMAIN: "Un partenaire doit déclarer au moins un domaine de messagerie, ou des adresses exactes.",
    Refusal.NOT_A_DOMAIN: "Ceci n'est pas un domaine de messagerie : {given}. Forme attendue : mairie-exemple.fr.",
    Refusal.CONSUMER_DOMAIN: (
        "N'importe qui peut avoir une adresse dans {domains} : un tel domaine n'est jamais déclaré en entier. "
        "Déclarez plutôt l'adresse exacte de chaque personne (--address EMAIL)."
    ),
    Refusal.NOT_AN_ADDRESS: "Ceci n'est pas une adresse électronique : {given}.",
    Refusal.SIGNED_AFTER_CTG: "La convention serait signée après la fin de la CTG : corrigez l'une des deux dates.",
    Refusal.CTG_END_PAST: (
        "Le {on} est passé : tous les accès seraient clôturés aussitôt. Pour mettre fin à la convention : "
        'provisioner partner end {partner} --on DATE --by "NOM" --reason "MOTIF" (au plus tôt aujourd\'hui).'
    ),
    Refusal.END_TO_COME: (
        "La convention prend fin le {on} : enregistrez la nouvelle signature après ce jour, ou annulez la fin "
        '(provisioner partner reinstate {partner} --by "NOM" --reason "MOTIF").'
    ),
    Refusal.ACCESSES_TO_CLOSE: (
        "Les accès de la convention terminée ne sont pas encore tous clôturés : lancez d'abord provisioner sync"
    ),
    Refusal.NOT_SIGNED: "La convention {partner:de} n'est pas signée : il n'y a rien à terminer.",
    Refusal.NOT_ACTIVE: "La convention {partner:de} n'est pas en cours : aucun accès ne peut être ouvert (C2).",
    Refusal.NO_EARLY_END: (
        "Aucune fin anticipée n'est enregistrée pour {partner} : le dernier jour de sa convention est le {on}."
    ),
    Refusal.CONVENTION_OVER: (
        "La convention {partner:de} a pris fin le {on} ; ses accès sont clôturés le lendemain. Une nouvelle "
        "convention est nécessaire ; une fois signée : "
        'provisioner partner set {partner} --signed-on DATE --by "NOM"'
    ),
    Refusal.CTG_OVER: (
        "La convention {partner:de} a pris fin le {on} avec la CTG ; ses accès sont clôturés le lendemain. Une "
        "nouvelle convention est nécessaire ; une fois signée : "
        'provisioner partner set {partner} --signed-on DATE --ctg-end DATE --by "NOM"'
    ),
    Refusal.END_PAST: (
        "Le {on} est passé. Les accès sont clôturés le lendemain du dernier jour : le premier jour possible est "
        "aujourd'hui ({today}), pour une clôture le {closes_on}. Pour couper un accès aussitôt : "
        'provisioner person suspend ADRESSE --by "NOM" --reason "MOTIF"'
    ),
    Refusal.END_BEFORE_SIGNATURE: "Le {on} précède la signature ({signed_on}).",
    Refusal.END_AFTER_CTG: (
        "Le {on} est postérieur à la fin de la CTG ({ctg_end}), qui met de toute façon fin à la convention. Un "
        'avenant déplace ce jour : provisioner partner set {partner} --ctg-end DATE --by "NOM"'
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
    Refusal.AT_LEAST_EXPECTED: "la valeur doit être de {bound} au moins.",
    Refusal.AT_MOST_EXPECTED: "la valeur doit être de {bound} au plus.",
    Refusal.CHOICE_EXPECTED: "une de ces valeurs est attendue : {choices}.",
    Refusal.FORM_EXPECTED: "la valeur n'a pas la forme attendue : {pattern} (docs/settings.md).",
    Refusal.WEB_ADDRESSES_EXPECTED: (
        "des adresses complètes et sans * sont attendues, séparées par des virgules : https://ctg.exemple.fr/retour."
    ),
    Refusal.NETWORKS_EXPECTED: (
        "des adresses ou des réseaux sont attendus, séparés par des virgules : 192.0.2.10, 2001:db8:12::/64."
    ),
    Refusal.WEB_ADDRESS_EXPECTED: (
        "une adresse complète est attendue, qui commence par https:// (ou http://), sans nom ni mot de passe : "
        "https://sso.exemple.fr."
    ),
    Refusal.TODAY_EXPECTED: "une date est attendue, AAAA-MM-JJ ou AAAA-MM-JJTHH:MM.",
    Refusal.TRIALS_ONLY: "réservé aux essais, avec un Keycloak sur cette machine même.",
    Refusal.NOT_LISTENED_ON: "le service ne peut pas écouter sur {listen} : « {cause} ».",
    Refusal.ADMINISTRATOR_NEEDED: (
        "à indiquer, avec PROVISIONER_KEYCLOAK__ADMIN_PASSWORD, pour cette commande ; ou bien "
        "PROVISIONER_KEYCLOAK__ADMIN_KEY_FILE, la clé d'un client du royaume master."
    ),
    Refusal.PROXY_UNFIT: (
        "l'un de ces proxys ne peut pas être utilisé : une adresse qui commence par http:// ou https:// est attendue."
    ),
    Refusal.CLIENT_KEY_MISSING: (
        "{file} n'existe pas. Pour créer cette clé : provisioner realm key, ou provisioner realm key --administrator "
        "pour celle de l'administrateur."
    ),
    Refusal.CLIENT_KEY_UNFIT: (
        "le fichier doit contenir une clé privée sur la courbe P-256, au format PEM et sans mot de passe."
    ),
    Refusal.CLIENT_KEY_EXISTS: "{file} existe déjà et reste tel quel : rien n'a été créé.",
    Refusal.NO_SUCH_PERSON: (
        "Aucune donnée n'est conservée sur {email}. Pour chercher une adresse voisine : provisioner explain "
        "{email:arg}"
    ),
    Refusal.ERASE_OPEN: (
        "{email} a un accès ouvert ou prévu : rien n'est effacé. L'accès se clôture d'abord, par la liste 2 d'une "
        "annexe 1."
    ),
    Refusal.ERASE_ON_HOLD: (
        "Les données {email:de} sont conservées par décision, pour un litige ou un incident (D7) : rien n'est "
        "effacé. Les décisions en cours : provisioner retention list, provisioner incident list"
    ),
    Refusal.ERASE_CONTAINED: (
        "Tous les accès du partenaire {partner} sont coupés : les données des personnes concernées peuvent "
        "servir de preuve, rien n'est effacé. Pour les rendre, une fois l'incident terminé : provisioner partner "
        'reopen {partner} --by "NOM" --reason "MOTIF"'
    ),
    Refusal.ERASE_PAUSED: (
        '{partner} est en pause : rien n\'est effacé. Pour y mettre fin : provisioner resume --by "NOM" (celle '
        'de tous) ou provisioner resume --partner {partner} --by "NOM"'
    ),
    Refusal.NOTHING_TO_SUSPEND: (
        "{email} n'a pas d'accès à suspendre. Pour voir qui en a un : provisioner partner show CODE"
    ),
    Refusal.NOTHING_TO_REOPEN: (
        "{email} n'a pas d'accès à rouvrir : un accès clôturé se redemande par une annexe 1."
    ),
    Refusal.NOTHING_TO_UNLOCK: (
        "{email} n'a pas d'accès ouvert : il n'y a pas de blocage à lever. Ce qu'il en est : provisioner explain "
        "{email:arg}"
    ),
    Refusal.UNLOCK_SUSPENDED: (
        "L'accès {email:de} est suspendu : lever le blocage ne le rendrait pas. Pour le rendre : provisioner person "
        'reopen {email:arg} --by "NOM" --reason "MOTIF"'
    ),
    Refusal.UNLOCK_MISSING: (
        "Le compte {email:de} n'est plus dans Keycloak : il n'y a pas de blocage à lever. Pour le recréer : "
        'provisioner person reopen {email:arg} --by "NOM" --reason "MOTIF"'
    ),
    Refusal.SUSPENDED_MEANWHILE: (
        "L'accès {email:de} vient d'être suspendu, ou sa suspension levée, par une autre personne : vérifiez "
        "avant de décider : provisioner person show {email:arg}"
    ),
    Refusal.NOT_OPENED_YET: "L'accès {email:de} n'a pas encore été ouvert : il s'ouvre à la date demandée.",
    Refusal.ADDRESS_TAKEN: (
        "{email} est l'adresse d'un compte du royaume que ce logiciel ne gère pas (A8) : libérez d'abord l'adresse."
    ),
    Refusal.LINKS_USELESS: "{why}",
    Refusal.NO_LINK: "{email} : {why}",
    Refusal.NO_SUCH_PLAN: "Aucun plan {plan_id} n'est en suspens. Ceux qui le sont : provisioner held list",
    Refusal.NOT_FOR_RELEASE: (
        "Le plan {plan_id} est en suspens pour une cause qu'aucune décision ne lève ({limit}) : corrigez-la "
        "(provisioner "
        "held list), il repartira de lui-même."
    ),
    Refusal.REVIEW_PAST: "Le {on} est passé : indiquez, pour le réexamen, une date à venir.",
    Refusal.REVIEW_FAR: (
        "Une conservation qui concerne tout le registre doit être réexaminée dans les {days} jours : au plus tard le "
        "{latest}, et non le {on}."
    ),
    Refusal.NO_SUCH_KEEPING: (
        "Il n'y a pas de conservation n° {number} en cours. Celle d'un incident prend fin avec "
        "lui. Celles qui le sont : provisioner retention list"
    ),
    Refusal.PAUSE_PAST: "Le {on} est passé : une mise en pause dure jusqu'à la fin du jour indiqué.",
    Refusal.NOT_PAUSED: "Aucune pause générale n'est en cours. Ce qui est en suspens : provisioner held list",
    Refusal.PARTNER_NOT_PAUSED: (
        "Aucune pause propre à {partner} n'est en cours. Ce qui est en suspens : provisioner held list"
    ),
    Refusal.PARTNER_CONTAINED: (
        "Tous les accès du partenaire {partner} sont coupés : aucun ne peut être rouvert, même pour une seule "
        "personne. Pour les rendre, une fois l'incident terminé : provisioner partner reopen {partner} --by "
        '"NOM" --reason "MOTIF"'
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
    Refusal.OFFICER_MALFORMED: "Premier gestionnaire : « Prénom NOM <ADRESSE> » est attendu sur une ligne.",
    Refusal.OFFICER_KNOWN: (
        "Le royaume des agents a déjà un gestionnaire : un administrateur ajoute les suivants dans la console de "
        "Keycloak (docs/realm.md)."
    ),
    Refusal.OFFICER_ADDRESS_TAKEN: (
        "Le royaume des agents a déjà un compte pour {email}, en usage ou désactivé : un administrateur lui donne "
        "le rôle officer dans la console de Keycloak."
    ),
    Refusal.NO_CAF_REVIEW: (
        "Aucune revue n'est en cours : une revue se signe dans les {days} jours qui suivent son premier relevé. Pour "
        "en commencer une : provisioner review caf"
    ),
    Refusal.NO_SUCH_CAF_REVIEW: (
        "Aucune revue des accès de la Caf n'est conservée sous ce numéro. La plus récente, s'il y en a une : "
        "provisioner review caf show"
    ),
    Refusal.CAF_REVIEW_UNREAD: (
        "Les accès n'ont pas encore été relevés dans Keycloak pour cette revue : d'abord provisioner review caf"
    ),
    Refusal.NO_SUCH_LINE: "La revue en cours n'a pas de ligne n° {number} (provisioner review caf).",
    Refusal.NOTHING_TO_SIGN: (
        "Toutes les lignes sont signées. Il reste à déclarer {what} : la commande est au bas de "
        "provisioner review caf show"
    ),
    Refusal.NO_SUCH_INCIDENT: (
        "Aucun incident n'a le n° {number}. Ceux qui sont enregistrés : provisioner incident list"
    ),
    Refusal.INCIDENT_CLOSED: "L'incident n° {number} a déjà été clos par {by} le {on}.",
    Refusal.AWARE_LATER: (
        "Ce moment est à venir : indiquez celui où l'incident a été connu (heure de Paris). Rien n'a été enregistré."
    ),
    Refusal.DAY_TO_COME: "Le {on} est à venir : indiquez le jour où cela a été fait.",
    Refusal.NO_SUCH_REQUEST: (
        "Aucune demande de document n'a le n° {number}. Pour les voir toutes : provisioner review asked --all"
    ),
    Refusal.REQUEST_WITHDRAWN: "La demande de document n° {number} a été retirée le {on}.",
    Refusal.REQUEST_ANSWERED: (
        "Un document a déjà été enregistré en réponse à la demande n° {number} : elle ne peut plus être retirée."
    ),
    Refusal.REQUEST_ON_HOLD: (
        "Le document déjà enregistré en réponse à la demande n° {number} est conservé par décision (D7) : il n'est "
        "pas remplacé. Pour enregistrer aussi le nouveau : provisioner review ask --partner CODE "
        '--what "TEXTE" --due DATE --by "NOM", puis provisioner review answered NUMÉRO --on DATE --document FICHIER '
        '--by "NOM"'
    ),
    Refusal.NOT_ANSWERED: "Aucun document n'a été enregistré en réponse à la demande n° {number}.",
    Refusal.DUE_PAST: "Le {on} n'est pas à venir : laissez au partenaire au moins jusqu'à demain pour répondre.",
    Refusal.SIGNATORY_NEEDED: (
        "La demande n° {number} porte sur un certificat de destruction : indiquez qui l'a signé (--signatory NOM)."
    ),
    Refusal.DOCUMENT_SIZE: "Le fichier est vide, ou dépasse {size} Mio : rien n'a été enregistré.",
    Refusal.NO_REVIEW_DUE: (
        "{partner} : aucune revue annuelle n'est à faire. La convention n'est pas en vigueur ou prend fin avant "
        "l'échéance, ou aucun accès n'est ouvert."
    ),
    Refusal.REVIEW_RESTS: (
        "{partner} : aucun rappel n'est envoyé tant que tous les accès sont coupés ou que la pause dure."
    ),
    Refusal.REVIEWED_SINCE: (
        "{partner} : la dernière revue, ou la première annexe 1, est du {on}. Une liste inchangée ne compte que si "
        "elle est datée d'après ce jour."
    ),
    Refusal.REVIEW_DOCUMENT_KNOWN: (
        "{partner} : ce document est déjà enregistré, pour la liste inchangée du {on}. Une autre date demande un "
        "autre document."
    ),
    Refusal.REVIEW_NOT_LATE: "{partner} : aucune revue annuelle n'est en retard.",
    Refusal.NO_REMINDER: (
        "{partner} : aucun rappel n'a été envoyé pour une revue qui reste à faire. Échéances : provisioner review "
        "list"
    ),
    Refusal.NOTHING_TO_ATTEST: (
        "{partner} : pour aucun accès clôturé depuis moins de 6 mois, il ne reste de données à détruire. Une "
        "attestation se demande entre la clôture et la destruction (D3). Les demandes déjà faites : provisioner "
        "attestation list"
    ),
    Refusal.ATTEST_TOO_EARLY: (
        "Trop tôt : l'accès {email:de} n'est pas clôturé. Une attestation se demande dans les 6 mois qui suivent la "
        "clôture (D3)."
    ),
    Refusal.ATTEST_TOO_LATE: (
        "Trop tard : l'accès {email:de} a été clôturé le {closed_on} ; l'attestation se demandait jusqu'au {on} (D3)."
    ),
    Refusal.ATTEST_DESTROYED: (
        "Les données du compte {email:de} ont été détruites le {on}, avant leur terme : l'attestation se demande "
        "tant qu'elles existent (D3)."
    ),
    Refusal.ATTEST_RETURNED: (
        "{email} a de nouveau un accès : les données de son compte ne seront pas détruites tant qu'il dure."
    ),
    Refusal.NO_SUCH_ATTESTATION: (
        "Aucune attestation n'a le n° {number}. Celles qui ont été demandées : provisioner attestation list"
    ),
    Refusal.NOT_DESTROYED_YET: (
        "L'attestation n° {number} ne peut pas encore être délivrée. Comptes encore à détruire : {count} sur {all}, "
        "le dernier à partir du {on} (provisioner sync)."
    ),
    Refusal.NONE_DESTROYED: (
        "L'attestation n° {number} n'a rien à attester. Comptes conservés pour l'instant : {kept} ; personnes qui "
        "ont de nouveau un accès : {returned}."
    ),
    Refusal.CERTIFICATE_LOST: (
        "L'attestation n° {number} a été délivrée le {on}, après la sauvegarde qui a été restaurée : son "
        "fichier n'est plus ici. Le partenaire l'a reçu ; son empreinte SHA-256 est {sha256}."
    ),
    Refusal.EVENTS_KEPT_FOREVER: (
        "Keycloak garde ses événements sans limite : ceux des comptes détruits les nommeraient toujours. Pour y "
        "remédier : provisioner realm apply"
    ),
    Refusal.NO_SEAL_SET: (
        "Le cachet n'est pas réglé. Donnez un chemin de fichier à {settings}, puis créez la clé et le certificat : "
        "provisioner attestation key new (docs/attestations.md). Pour vérifier seulement : --certificate FICHIER."
    ),
    Refusal.SEAL_UNFIT: "Le cachet est inutilisable : « {cause} ».",
    Refusal.CERTIFICATE_UNFIT: (
        "{file} n'est pas un certificat lisible (PEM) : rien n'a été vérifié. Demandez celui de la Caf."
    ),
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
        "Aucune clé publique encore utilisable n'est prévue pour {month} dans le fichier des destinataires : aucune "
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
    Refusal.KEY_USED_SINCE: (
        "Une sauvegarde a été chiffrée pour la clé {key} le {used_on}, après le {on} : vérifiez la clé et le jour. "
        "Un jour enregistré ne se corrige plus."
    ),
    Refusal.NO_PG_DUMP: (
        "La commande pg_dump de PostgreSQL n'est pas installée sur cette machine : aucune copie n'a été faite."
    ),
    Refusal.IDENTITY_UNFIT: "Le fichier de la clé privée n'en contient aucune qui soit lisible.",
    Refusal.KEY_DOES_NOT_OPEN: (
        "Aucune clé de ce fichier n'ouvre cette copie : elle ne peut pas être lue. Il faut la clé privée du mois où "
        "la copie a été faite ; une fois détruite, plus personne ne peut la lire."
    ),
    Refusal.COPY_DAMAGED: "Cette copie est endommagée ou incomplète : rien n'a été restauré.",
    Refusal.NOT_A_COPY: "Ce fichier n'est pas une copie du registre : rien n'a été restauré.",
    Refusal.COPY_NEWER: (
        "Cette copie vient d'une version plus récente du logiciel (révision {found}, ici {ours}) : rien n'a été "
        "restauré."
    ),
    Refusal.IDENTITY_NEEDED: "Cette copie est chiffrée : indiquez le fichier de la clé privée avec --identity.",
    Refusal.COPY_JOURNAL: ("Le journal de cette copie n'est pas conforme (entrée {entry}) : rien n'a été restauré."),
    Refusal.COPY_OF_OTHER_REALM: (
        "Cette copie est celle d'un autre royaume que celui du registre en place : rien n'a été restauré."
    ),
    Refusal.NO_LIST: (
        "La liste des destructions (PROVISIONER_BACKUP__LIST_FILE) n'est pas réglée, ou absente : sans elle, ce qui "
        'a été détruit depuis cette copie pourrait revenir. Pour passer outre : --without-list --by "NOM".'
    ),
    Refusal.LIST_DAMAGED: (
        "La ligne {line} de la liste des destructions n'est pas lisible : rien n'a été restauré. Pour passer outre : "
        '--without-list --by "NOM".'
    ),
    Refusal.RESTORE_ON_POSTGRESQL: (
        "Le registre est sur un serveur PostgreSQL : service arrêté, restaurez la copie dans une base vide par "
        "{command}, indiquez cette base dans les réglages, puis, avant tout passage : provisioner restore FICHIER "
        '--after-pg-restore --by "NOM"'
    ),
    Refusal.NOT_ON_POSTGRESQL: (
        "--after-pg-restore est pour un registre sur PostgreSQL : sans cette option, restore restaure la copie."
    ),
    Refusal.OTHER_THEME: (
        "{folder} contient un thème différent : rien n'a été écrit. Pour le remplacer en entier, ajoutez --replace."
    ),
    Refusal.DAMAGED_REGISTER: "Le registre est endommagé : sa copie n'est pas complète et n'a pas été conservée.",
    Refusal.KEYCLOAK_AWAY: (
        "Keycloak{where} ne répond pas ({why}) : « {cause} ». Rien n'a été modifié dans Keycloak. Vérifiez qu'il "
        "fonctionne, et que PROVISIONER_KEYCLOAK__URL est son adresse, puis relancez la commande."
    ),
    Refusal.KEYCLOAK_LOST: (
        "Keycloak{where} ne répond plus ({why}) : « {cause} ». Relancez la commande quand il répond : ce qui est "
        "fait ne le sera pas deux fois."
    ),
    Refusal.NOT_KEYCLOAK: (
        "Ce n'est pas Keycloak qui répond{where} : « {cause} ». Vérifiez PROVISIONER_KEYCLOAK__URL et ce qui est "
        "placé devant Keycloak, puis relancez la commande : ce qui est fait ne le sera pas deux fois."
    ),
    Refusal.CREDENTIALS_REFUSED: (
        "Keycloak{where} refuse l'identification : « {cause} ». Rien n'a été modifié dans Keycloak. Vérifiez ces "
        "réglages : {credentials}, puis relancez la commande."
    ),
    Refusal.CREDENTIALS_UNSET: (
        "Le secret du compte de service n'est pas réglé, et Keycloak{where} en demande un : rien n'a été modifié. "
        "Réglez {credentials}, puis relancez la commande."
    ),
    Refusal.NO_SUCH_REALM: (
        "Le royaume « {realm} » n'existe pas dans Keycloak{where} : rien n'a été modifié. Vérifiez "
        "PROVISIONER_KEYCLOAK__REALM ; pour créer ce royaume : provisioner realm apply"
    ),
    Refusal.NO_SUCH_CONTROL: (
        "Il n'y a pas de constat n° {number}. Ceux qui sont connus : provisioner controls list --all"
    ),
    Refusal.CONTROL_SETTLED: "Le constat n° {number} est déjà expliqué : rien n'a été enregistré.",
    Refusal.CONTROL_MENDED: "Le constat n° {number} n'est plus d'actualité : il n'y a plus rien à expliquer.",
    Refusal.LOCK_HELD: (
        "Un autre passage est en cours : « {holder} ». Rien n'a été fait : relancez la commande plus tard."
    ),
    Refusal.LOCK_LOST: (
        "Le verrou a été perdu : une autre instance est peut-être active. Celle-ci s'est arrêtée : relancez la "
        "commande plus tard."
    ),
}

_FAILURES: Mapping[System, str] = {
    System.KEYCLOAK: (
        "Keycloak{where} ne fonctionne pas comme attendu : « {cause} ». Une fois la cause levée, relancez la "
        "commande : ce qui est fait ne le sera pas deux fois."
    ),
    System.REGISTER: "Le registre{where} ne peut pas être utilisé : « {cause} ». Relancez la commande ensuite.",
    System.MAIL: (
        "Le serveur de messagerie{where} ne fonctionne pas comme attendu : « {cause} ». Les courriels à envoyer "
        "attendent."
    ),
    System.FOLDERS: "Les dossiers de dépôt{where} ne peuvent pas être utilisés : « {cause} ».",
    System.READER: (
        "Aucun document ne peut être lu sur cette machine{where} : « {cause} ». Le document n'est pas en cause et "
        "n'a pas été lu. Vérifiez l'installation (provisioner doctor), puis relancez la commande."
    ),
}

_OBSTACLES: Mapping[Obstacle, str] = {
    Obstacle.NO_LINK: (
        "aucun accès ouvert à cette adresse n'attend de lien. Qui en a reçu : provisioner invitation list"
    ),
    Obstacle.UNCERTAIN: (
        "l'envoi du dernier lien est incertain. Pour en envoyer un autre : provisioner invitation repeat "
        '{email:arg} --by "NOM"'
    ),
    Obstacle.OWED: "le premier lien n'est pas encore parti. Pour l'envoyer : provisioner sync",
    Obstacle.NOT_OPEN: "l'accès prend fin, ou la convention n'est pas en cours (C2) : aucun lien n'est envoyé.",
    Obstacle.SUSPENDED: (
        "l'accès est suspendu : aucun lien n'est envoyé. Pour lever la suspension : provisioner person reopen "
        '{email:arg} --by "NOM" --reason "MOTIF"'
    ),
    Obstacle.UNDER_WAY: "une décision sur ce compte reste à exécuter. Pour cela : provisioner sync",
    Obstacle.BOUNCED: (
        "le courriel est revenu. Une annexe 1 donne l'adresse corrigée ; pour réessayer la même : provisioner person "
        'reopen {email:arg} --by "NOM" --reason "MOTIF" --new-password'
    ),
    Obstacle.STILL_WORKS: "le lien envoyé est encore valable ; un autre pourra partir quand il aura expiré.",
    Obstacle.GIVEN_UP: (
        "trois liens ont été envoyés. La page de connexion en donne un autre (« Mot de passe oublié ? ») ; ou : "
        'provisioner person reopen {email:arg} --by "NOM" --reason "MOTIF" --new-password'
    ),
    Obstacle.MISSING: (
        "le compte n'existe plus dans Keycloak. Pour le recréer : provisioner person reopen "
        '{email:arg} --by "NOM" --reason "MOTIF"'
    ),
    Obstacle.DISABLED: (
        "le compte a été désactivé dans la console. Pour le rouvrir : provisioner person reopen "
        '{email:arg} --by "NOM" --reason "MOTIF"'
    ),
    Obstacle.OTHER_ADDRESS: (
        "le compte a une autre adresse dans Keycloak. Pour le remettre en conformité : provisioner sync"
    ),
    Obstacle.USED: (
        "la personne a déjà un mot de passe. La page de connexion permet d'en changer (« Mot de passe oublié ? »)."
    ),
}

_RENAMES: Mapping[RenameProblem, str] = {
    RenameProblem.NOT_OPEN: "cette adresse n'a pas d'accès ouvert chez ce partenaire.",
    RenameProblem.STILL_LISTED: "cette adresse figure encore dans l'annexe 1 : ce serait une autre personne.",
    RenameProblem.NOT_ASKED: "la nouvelle adresse ne figure pas dans la liste 1.",
    RenameProblem.TAKEN: "la nouvelle adresse est déjà celle d'un autre compte.",
    RenameProblem.ELSEWHERE: "ce compte sert aussi un autre partenaire : son adresse ne peut pas être changée ainsi.",
}

_SILENCES: Mapping[Silence, str] = {
    Silence.REFUSED: "connexion refusée",
    Silence.UNKNOWN_HOST: "nom d'hôte inconnu",
    Silence.CERTIFICATE: "certificat refusé",
    Silence.TIME_OUT: "délai dépassé",
    Silence.CUT: "connexion interrompue",
}

#: What each of the enumerations that stand in a sentence is called there.
_WORDS: Mapping[type, Mapping[Any, str]] = {
    Obstacle: _OBSTACLES,
    Silence: _SILENCES,
    Status: STATUSES,
    Role: ROLES,
    Limit: LIMITS,
    Keeps: {
        Keeps.ACCESSES: "des habilitations",
        Keeps.ANNEXES: "une annexe 1 ou un fichier déposé",
        Keeps.HOLDS: "une décision : pause, suspension, conservation ou plan en suspens",
        Keeps.PROOFS: "un constat, un incident, une revue, une attestation ou un document demandé",
        Keeps.PAST: "la trace d'accès qui ont été ouverts",
    },
}
