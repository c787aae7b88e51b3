"""What a command says beside its answer, and what it asks: the French of each, by name."""

from __future__ import annotations

from datetime import date
from enum import StrEnum

from provisioner.views.dates import french_date


class Words(StrEnum):
    """Sentences by name, each with the names of its values."""

    def of(self, **values: object) -> str:
        """The sentence with its values; a day is written as French people do."""
        return self.format(
            **{name: french_date(value) if isinstance(value, date) else value for name, value in values.items()}
        )


def counted(count: int, what: str) -> str:
    """« 1 compte », « 2 comptes », « 2 comptes conservés »."""
    return f"{count} {' '.join(f'{word}s' for word in what.split()) if count > 1 else what}"


class Sentence(Words):
    """A sentence of a command."""

    TODAY = "PROVISIONER_TODAY : la date du jour est le {day}."
    ANSWER_LOST = "La réponse n'a pas pu être écrite : {why}."
    FILE_LOST = "{file} n'a pas pu être écrit : {why}. Il n'en reste rien."
    TO_COMPLETE = "{file} est écrit. Il y reste à compléter, à la main ou par le réglage ou la commande : {what}."
    INTERRUPTED = "Interrompu : ce qui a été fait est enregistré ; relancez la commande pour continuer."

    PARTNER_ADDED = "Partenaire {code} enregistré."
    PARTNER_CHANGED = "Partenaire {code} modifié."
    CONTACTS_OF_PARTNER = "Contacts du partenaire {code} enregistrés."
    CONTACTS_OF_PARTNER_KNOWN = "Contacts du partenaire {code} : rien de nouveau."
    CONTACTS_OF_CAF = "Contacts de la Caf enregistrés."
    CONTACTS_OF_CAF_KNOWN = "Contacts de la Caf : rien de nouveau."
    CONVENTION_ENDS = "La convention du partenaire {code} prend fin le {day}, son dernier jour. {closing}"
    CONVENTION_GOES_ON = "La convention du partenaire {code} se poursuit : rien ne sera clôturé le {day}. {closing}"
    NOTHING_WRITTEN = "Rien n'a été enregistré : --dry-run."
    NOTHING_ADOPTED = "Aucun compte n'a été repris : corrigez ou retirez ceux qui ne peuvent pas l'être."
    ADOPTION_RECORDED = "La reprise est enregistrée ; la prochaine synchronisation (provisioner sync) la poursuit."

    ANNEXE_APPROVED = "Annexe {annexe} validée par {by}. La prochaine synchronisation (provisioner sync) l'applique."
    ANNEXE_NOT_APPROVED = "L'annexe {annexe} n'est pas validée : rien n'a été enregistré."
    ANNEXE_OTHER_PLAN = "L'annexe {annexe} n'est pas validée : son plan n'est pas {plan}, rien n'a été enregistré."
    ANNEXE_REJECTED = "Annexe {annexe} rejetée."
    FORM_WRITTEN = "Formulaire écrit : {file}."

    KEEPING_RELEASED = "Conservation n° {number} levée : ce qu'elle gardait est détruit quand son jour est venu."
    PLAN_RELEASED = "Plan {plan} du partenaire {code} libéré : la prochaine synchronisation (provisioner sync) agit."
    PAUSED = "{whose} : mise en pause. Pour reprendre : provisioner resume."
    RESUMED = "{whose} : fin de la pause. La prochaine synchronisation (provisioner sync) reprend."
    EVERYBODY = "Tous les partenaires"

    NEVER_READ = (
        "Les événements de Keycloak n'ont jamais été lus : rien n'a encore été contrôlé. Pour les lire : provisioner "
        "connections pull, ou provisioner serve."
    )
    CONTROL_SETTLED = "Constat n° {number} expliqué : seuls des faits nouveaux le signaleront de nouveau."

    DECISION_RECORDED = "La décision est enregistrée ; la prochaine synchronisation (provisioner sync) la poursuit."
    SUSPENDED_BESIDE = (
        "Tous les accès sont déjà coupés pour : {codes}. Cette suspension est enregistrée à part, et reste quand ils "
        "seront rendus."
    )
    ALSO_OF = "Sert aussi {partners}, et y est donc coupé : {email}."
    TO_CONTAIN = "{codes} : comptes à couper, {count}. Aucun courriel n'est envoyé aux personnes."
    ASK_TO_CONTAIN = "Couper tous ces accès maintenant ?"
    NOT_CONFIRMED = "Non confirmé : rien n'a été coupé ni enregistré."
    BOUNCE_RECORDED = "Enregistré : aucun autre courriel n'est envoyé à cette adresse."

    NOTICES_SENT = "Courriels envoyés : {count}."
    NOTICES_WAIT = "Courriels en attente : {count}. Ils partiront à la prochaine synchronisation (provisioner sync)."
    NO_MAIL_SERVER = "Aucun serveur de courriel n'est réglé : PROVISIONER_SMTP__HOST et PROVISIONER_SMTP__FROM."
    NO_CONTACT = "Aucun contact n'est connu pour : {codes}. Pour en enregistrer un : provisioner partner contacts."
    NO_CONTACT_FOR_ANNEXE_3 = (
        "Aucun contact n'est connu pour : {codes}. Pour leur remettre l'annexe 3 vous-même : "
        "provisioner caf show --output FICHIER.pdf."
    )
    INCIDENT_UPDATED = "Incident n° {number} complété."
    INCIDENT_CLOSED = "Incident n° {number} clos : ce qui était conservé pour lui sera détruit à sa date."
    INCIDENT_LACKS = "Reste à renseigner : {items}."
    NAMES_TAKEN_OUT = (
        "Des noms ou des adresses ont été retirés du texte envoyé aux partenaires : ils y sont remplacés par « […] »."
    )
    NO_CAF_CONTACT = "Aucun contact de la Caf n'est enregistré : provisioner caf contacts."

    BACKUP_WANTING = "{file} est une copie fidèle, mais le journal n'est pas conforme. {problem}"
    BACKUP_CLEAR = (
        "Cette copie n'est pas chiffrée, et n'expire donc pas : ce qui est détruit ensuite y reste. Pour la chiffrer "
        ": PROVISIONER_BACKUP__RECIPIENTS_FILE."
    )
    BACKUP_WHOLE = "{file} est complet. Gardez la tête du journal ailleurs : journal verify --head la vérifie."
    REALM_CHANGED = "Royaume {realm} : modifié."
    REALM_AS_IT_IS = "Royaume {realm} : rien à changer."

    EVENTS_READ = "Événements lus : {count}"

    ASK_TO_APPLY = "Appliquer ?"
    IN_NEITHER_LIST = "{person}, accès demandé pour le {day}, ne figure dans aucune des deux listes."
    ASK_TO_KEEP = "Conserver cet accès ? (non : il est clôturé)"


def closes(accesses: int, on: date) -> str:
    """How many accesses the end of a convention closes, and never whose."""
    if accesses == 0:
        return f"Aucun accès ne sera clôturé le {french_date(on)}, le lendemain du dernier jour."
    if accesses == 1:
        return f"1 accès sera clôturé le {french_date(on)}, le lendemain du dernier jour."
    return f"{accesses} accès seront clôturés le {french_date(on)}, le lendemain du dernier jour."
