"""What a command says beside its answer, and what it asks: the French of each, by name."""

from __future__ import annotations

import re
import unicodedata
from datetime import date
from enum import StrEnum

from provisioner.views import hints
from provisioner.views.dates import french_date

#: How a name begins before which « de » loses its vowel. An h is mute but in most words that begin with « ha ».
_ELIDED = re.compile(r"[aeiouœæ]|y[^aeiou]|h(?:ab|[eiouy])")


class Words(StrEnum):
    """Sentences by name, each with the names of its values."""

    def of(self, **values: object) -> str:
        """The sentence with its values; a day is written as French people do."""
        return self.format(
            **{
                name: french_date(value) if isinstance(value, date) else _named(value)
                for name, value in values.items()
            }
        )


def _named(value: object) -> object:
    return Named(value) if isinstance(value, str) else value


def of_name(name: str) -> str:
    """« de Lens », « d'Agglo », « d'Hesdin », « de Harnes », « du Touquet »: a name after « de »."""
    for article, merged in (("Le ", "du "), ("Les ", "des ")):
        if name.startswith(article):
            return merged + name.removeprefix(article)
    plain = "".join(
        letter for letter in unicodedata.normalize("NFD", name.lower()) if not unicodedata.combining(letter)
    )
    return f"d'{name}" if _ELIDED.match(plain) else f"de {name}"


class Named(str):
    """A name in a sentence: « {name:de} » joins it to « de », « {name:arg} » is an argument of a command."""

    __slots__ = ()

    def __format__(self, spec: str) -> str:
        if spec == "arg":
            return hints.argument(self)
        return of_name(str(self)) if spec == "de" else format(str(self), spec)


def counted(count: int, what: str) -> str:
    """« 1 compte », « 2 comptes », « 2 comptes conservés »."""
    return f"{count} {' '.join(f'{word}s' for word in what.split()) if count > 1 else what}"


class Sentence(Words):
    """A sentence of a command."""

    TODAY = "PROVISIONER_TODAY : la date du jour est le {day}."
    ANSWER_LOST = "La réponse n'a pas pu être écrite : « {why} »."
    FILE_LOST = "{file} n'a pas pu être écrit : « {why} ». Il n'en reste rien."
    FILE_WRITTEN = "Écrit : {file}."
    TO_COMPLETE = "{file} est écrit. Reste à y compléter, à la main, par un réglage ou par une commande : {what}"
    INTERRUPTED = "Interrompu : ce qui a été fait est enregistré ; relancez la commande pour continuer."

    PARTNER_ADDED = "Partenaire {code} enregistré."
    PARTNER_REMOVED = "Partenaire {code} retiré du registre."
    PARTNER_CHANGED = "Partenaire {code} modifié."
    CONTACTS_OF_PARTNER = "Contacts du partenaire {code} enregistrés."
    CONTACTS_OF_PARTNER_KNOWN = "Contacts du partenaire {code} : rien de nouveau."
    CONTACTS_OF_CAF = "Contacts de la Caf enregistrés."
    CONTACTS_OF_CAF_KNOWN = "Contacts de la Caf : rien de nouveau."
    CONVENTION_ENDS = "La convention du partenaire {code} prend fin le {day}, son dernier jour. {closing}"
    CONVENTION_GOES_ON = "La convention du partenaire {code} se poursuit : rien ne sera clôturé le {day}. {closing}"
    NOTHING_CHANGED = "Essai (--dry-run) : rien n'a été changé."
    NOTHING_WRITTEN = "Essai (--dry-run) : rien n'a été enregistré."
    NOTHING_ADOPTED = "Aucun compte n'a été repris : corrigez ou retirez ceux qui ne peuvent pas l'être."
    ADOPTION_RECORDED = "La reprise est enregistrée ; la prochaine synchronisation (provisioner sync) la poursuit."

    ANNEXE_APPROVED = "Annexe {annexe} validée par {by}. La prochaine synchronisation (provisioner sync) l'applique."
    ANNEXE_NOT_APPROVED = "L'annexe {annexe} n'est pas validée : rien n'a été enregistré."
    ANNEXE_OTHER_PLAN = "L'annexe {annexe} n'est pas validée : son plan n'est pas {plan}, rien n'a été enregistré."
    ANNEXE_REJECTED = "Annexe {annexe} rejetée."
    THEME_WRITTEN = (
        "Thème écrit : {folder}. Mettez ce dossier dans le répertoire themes de Keycloak, redémarrez Keycloak, puis "
        "lancez provisioner realm apply"
    )
    THEME_AS_IT_IS = "Thème déjà en place, sans différence : {folder}."
    ANNEXE_EXPORTED = "Annexe {annexe} ({partner}) écrite dans {file} : le document tel qu'il a été reçu."
    STATE_EXPORTED = (
        "Annexe {annexe} ({partner}) : le document du partenaire a été détruit le {on} (D2) ; {file} contient l'état "
        "établi par la Caf, qui en tient lieu."
    )
    FORM_WRITTEN = "Formulaire écrit : {file}."

    KEEPING_RELEASED = (
        "Conservation n° {number} levée : les données qu'elle protégeait seront détruites à leur date, sauf celles "
        "qu'une autre protège encore (provisioner retention list)."
    )
    PLAN_RELEASED = "Plan {plan} ({code}) débloqué : la prochaine synchronisation (provisioner sync) l'applique."
    PAUSED = "{whose} : mise en pause. Pour reprendre : {command}"
    RESUMED = "{whose} : fin de la pause. La prochaine synchronisation (provisioner sync) reprend."
    EVERYBODY = "Tous les partenaires"

    NEVER_READ = (
        "Les événements de Keycloak n'ont jamais été lus : rien n'a encore été contrôlé. Pour les lire : provisioner "
        "connections pull, ou provisioner serve"
    )
    CONTROL_SETTLED = "Constat n° {number} expliqué : seuls des faits nouveaux le signaleront de nouveau."

    DECISION_RECORDED = "La décision est enregistrée ; la prochaine synchronisation (provisioner sync) la poursuit."
    UNLOCKED = "Blocage levé, après {failures} de suite : {email} peut se connecter dès maintenant."
    FAILURES_FORGOTTEN = "Le compte {email} n'était pas bloqué ; ses échecs ({failures}) ne comptent plus."
    NOT_LOCKED = "Le compte {email} n'est pas bloqué : rien n'a été changé ni enregistré."
    SUSPENDED_BESIDE = (
        "Tous les accès sont déjà coupés pour : {codes}. Cette suspension est enregistrée à part, et restera en "
        "vigueur quand ils seront rendus."
    )
    ALSO_OF = "Sert aussi {partners}, et y est donc coupé : {email}."
    TO_CONTAIN = "{codes} : comptes à couper, {count}. Aucun courriel n'est envoyé aux personnes."
    ASK_TO_CONTAIN = "Couper tous ces accès maintenant ?"
    NOT_CONFIRMED = "Non confirmé : rien n'a été coupé ni enregistré."
    BOUNCE_RECORDED = "Enregistré : aucun autre courriel ne sera envoyé à cette adresse."

    NOTICES_SENT = "Avis envoyés aux contacts : {count}."
    NOTICES_WAIT = (
        "Avis en attente d'envoi : {count}. Ils partiront à la prochaine synchronisation (provisioner sync)."
    )
    NOTICES_FAILED = "Le serveur de messagerie ne les a pas pris : « {cause} »."
    NO_MAIL_SERVER = "Aucun serveur de messagerie n'est réglé (PROVISIONER_SMTP__HOST et PROVISIONER_SMTP__FROM)."
    NO_CONTACT = "Aucun contact n'est connu pour : {codes}. Pour en enregistrer un : " + hints.PARTNER_CONTACTS
    NO_CONTACT_FOR_ANNEXE_3 = (
        "Aucun contact n'est connu pour : {codes}. Pour leur remettre l'annexe 3 vous-même : "
        "provisioner caf show --output FICHIER.pdf"
    )
    INCIDENT_UPDATED = "Incident n° {number} complété."
    INCIDENT_CLOSED = "Incident n° {number} clos : ce qui était conservé pour lui sera détruit à sa date."
    INCIDENT_LACKS = "Reste à renseigner : {items}."
    NAMES_TAKEN_OUT = (
        "Des noms ou des adresses ont été retirés du texte envoyé aux partenaires : ils y sont remplacés par « […] »."
    )
    NO_CAF_CONTACT = f"Aucun contact de la Caf n'est enregistré : {hints.CAF_CONTACTS}"

    REQUEST_WITHDRAWN = "Demande de document n° {number} retirée : le partenaire n'en recevra plus de rappel."

    BACKUP_WANTING = "{file} est une copie fidèle, mais le journal n'est pas conforme. {problem}"
    BACKUP_CLEAR = (
        "Cette copie n'est pas chiffrée, et n'expire donc pas : ce qui est détruit ensuite y reste. Pour la chiffrer "
        ": PROVISIONER_BACKUP__RECIPIENTS_FILE."
    )
    REMINDED = "Revue annuelle rappelée à : {codes}."
    NOBODY_TO_REMIND = "Aucun rappel de revue annuelle n'est à envoyer."
    BOUNCE_PASSED_ON = "Enregistré : le rappel part à l'autre contact, la {contact}."
    BOUNCE_TO_CAF = "Enregistré : il ne reste aucun autre contact, la Caf en est avisée."
    BOUNCE_KNOWN = "Ce retour était déjà enregistré : rien de nouveau."
    LETTER_WRITTEN = "Projet de courrier écrit : {file}. Il est à relire, à compléter et à envoyer par vos soins."

    BACKUP_WHOLE = (
        "{file} est complet. Gardez la tête du journal ailleurs ; pour la vérifier un jour : "
        "provisioner journal verify --head TÊTE"
    )
    REALM_MADE = "Royaume {realm} : prêt. Réglages, clients et textes mis en place : {count}."
    REALM_CHANGED = "Royaume {realm} : modifié."
    REALM_CONTACT_UNKNOWN = (
        "Aucun registre lisible ici : l'adresse de contact et les noms des partenaires restent ceux du royaume."
    )
    REALM_CONTACT_NONE = (
        "La Caf n'a pas d'annexe 3 : pages et courriels ne disent pas à qui s'adresser. Pour l'enregistrer : "
        + hints.CAF_CONTACTS
    )
    OFFICER_INVITED = (
        "Premier gestionnaire : compte prêt. Un lien est parti à {email} ; il fonctionne jusqu'au {until}."
    )
    OFFICER_STILL_INVITED = (
        "Premier gestionnaire : {email} a déjà reçu un lien, qui peut fonctionner jusqu'au {until}. Aucun "
        "autre n'est envoyé d'ici là."
    )
    OFFICER_READY = "Premier gestionnaire : {email} a déjà son mot de passe et son second facteur. Rien n'est envoyé."
    REALM_IN_USE = (
        "Le royaume {realm} a des comptes : rien n'y est modifié (--unless-used). Voyez provisioner realm apply "
        "--dry-run, puis provisioner realm apply"
    )
    REALM_AS_IT_IS = "Royaume {realm} : rien à changer."

    EVENTS_READ = "Événements lus : {count}"

    ASK_PASSWORD = "Mot de passe : "  # noqa: S105 - a question
    ASK_PASSWORD_AGAIN = "Le même mot de passe : "  # noqa: S105 - a question
    NOBODY_ANSWERED = "Sans réponse : rien n'a été modifié."
    ASK_TO_APPLY = "Appliquer ?"
    IN_NEITHER_LIST = "{person}, accès demandé pour le {day}, ne figure dans aucune des deux listes."
    ASK_TO_KEEP = "Conserver cet accès ? (non : il sera clôturé)"


def closes(accesses: int, on: date) -> str:
    """How many accesses the end of a convention closes, and never whose."""
    if accesses == 0:
        return f"Aucun accès ne sera clôturé le {french_date(on)}, le lendemain du dernier jour."
    if accesses == 1:
        return f"1 accès sera clôturé le {french_date(on)}, le lendemain du dernier jour."
    return f"{accesses} accès seront clôturés le {french_date(on)}, le lendemain du dernier jour."
