"""The journal's words: what each action is called, and what a verification found."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from provisioner.domain.annexe.decisions import AUTOMATIC
from provisioner.domain.journal import Head, Row
from provisioner.domain.journal_check import CHANGED_CHAIN, Bad, JournalCheck, Problem
from provisioner.domain.said import Difference
from provisioner.views.dates import french_date
from provisioner.views.sentences import counted

#: What stands for a person's name where the installation approved by itself (A10).
AUTOMATIC_WORDS = "validation automatique"

#: What each entry tells, as officers, auditors and the persons concerned read it; one without words is shown by its
#: code.
ACTIONS: Mapping[str, str] = {
    "account.unlocked": "Blocage de la connexion levé",
    "account.renamed": "Changement d'adresse décidé",
    "adoption": "Compte antérieur repris",
    "annexe.applied": "Annexe 1 appliquée",
    "annexe.approved": "Annexe 1 validée",
    "annexe.closures_applied": "Clôtures de l'annexe 1 appliquées",
    "annexe.closures_approved": "Liste 2 de l'annexe 1 validée",
    "annexe.destroyed": "Annexe 1 détruite",
    "annexe.received": "Réception de l'annexe 1 précisée",
    "annexe.rejected": "Annexe 1 rejetée",
    "annexe.replaced": "Annexe 1 remplacée par un état",
    "annexe.sent_back": "Annexe 1 à examiner de nouveau",
    "annexe.submitted": "Annexe 1 reçue",
    "backup.key-destroyed": "Clé de sauvegarde détruite",
    "backup.key-used": "Sauvegardes chiffrées pour une nouvelle clé",
    "backup.rehearsed": "Restauration d'une sauvegarde essayée",
    "attestation.issued": "Attestation de destruction établie",
    "attestation.requested": "Attestation de destruction demandée",
    "caf.contacts": "Contacts de la Caf enregistrés",
    "caf-review.declared": "Accès de la Caf déclarés",
    "caf-review.read": "Accès de la Caf relevés",
    "caf-review.signed": "Revue des accès de la Caf signée",
    "close": "Accès clôturé",
    "connections.purged": "Connexions détruites à leur terme",
    "connections.report": "Rapport nominatif des connexions établi",
    "containment": "Coupure des accès du partenaire décidée",
    "containment.released": "Accès du partenaire rendus",
    "control.settled": "Constat expliqué",
    "destroyed": "Données détruites",
    "drop.destroyed": "Rapport sur un fichier déposé détruit",
    "drop.refused": "Fichier déposé refusé",
    "erasure": "Effacement décidé",
    "evidence.made": "Dossier de preuve établi",
    "group": "Groupe créé",
    "group.placed": "Nom et place du groupe rétablis",
    "habilitation.asked": "Accès demandé",
    "habilitation.ended": "Fin d'accès enregistrée",
    "habilitation.updated": "Données mises à jour",
    "habilitation.withdrawn": "Demande retirée",
    "hold": "Mise en suspens",
    "hold.dropped": "Mise en suspens devenue sans objet",
    "incident.closed": "Incident clos",
    "incident.declared": "Incident déclaré",
    "incident.updated": "Incident complété",
    "invite": "Courriel d'activation envoyé",
    "invite.bounced": "Retour du courriel d'activation signalé",
    "invite.failed": "Courriel d'activation non envoyé",
    "invite.needless": "Aucun lien à envoyer : mot de passe déjà créé",
    "invite.silent": "Lien resté sans suite : partenaire prévenu",
    "invite.uncertain": "Envoi du courriel d'activation incertain",
    "invite.used": "Lien utilisé : mot de passe constaté",
    "journal.changed": "Journal réécrit sans les noms des agents",
    "notice": "Avis envoyé",
    "notice.withdrawn": "Avis retiré",
    "open": "Accès ouvert",
    "partner.add": "Partenaire enregistré",
    "partner.contacts": "Contacts du partenaire enregistrés",
    "partner.end": "Fin de convention décidée",
    "partner.import": "Partenaires importés",
    "partner.new-convention": "Nouvelle convention",
    "partner.remove": "Partenaire retiré du registre",
    "partner.reinstate": "Fin de convention annulée",
    "partner.set": "Partenaire modifié",
    "pause": "Mise en pause",
    "quarantine": "Mise à l'écart",
    "quarantine.ended": "Fin de la mise à l'écart",
    "realm.accepted": "Nouveau royaume accepté",
    "realm.recorded": "Royaume reconnu",
    "register.restored": "Sauvegarde restaurée",
    "register.replaced_destroyed": "Registre remplacé par une restauration, détruit",
    "release": "Levée de la mise en suspens",
    "rename": "Adresse changée",
    "reopen": "Accès rouvert",
    "reopening": "Réouverture décidée",
    "request.answered": "Document du partenaire enregistré",
    "request.asked": "Document demandé au partenaire",
    "request.withdrawn": "Demande de document retirée",
    "resume": "Fin de la mise en pause",
    "review.bounced": "Retour du courriel de revue annuelle",
    "review.confirmed": "Revue annuelle faite : liste inchangée signée",
    "review.counted": "Revue annuelle comptée de la première annexe 1",
    "review.document-destroyed": "Liste inchangée signée détruite",
    "review.reminded": "Revue annuelle rappelée au partenaire",
    "review.settled": "Revue annuelle faite par une annexe 1",
    "run.begun": "Début d'exécution",
    "run.ended": "Fin d'exécution",
    "retention.hold": "Destruction empêchée (conservation)",
    "retention.released": "Conservation levée",
    "suspend": "Accès suspendu",
    "suspension": "Suspension décidée",
    "update": "Compte mis à jour",
}

_PROBLEMS = {
    Problem.CHANGED: "la chaîne est rompue à l'entrée {entry} : cette entrée ou la précédente a été modifiée, "
    "supprimée, déplacée ou ajoutée après coup.",
    Problem.DETAIL_CHANGED: "les données conservées à côté de l'entrée {entry} ont été modifiées.",
    Problem.DETAIL_MISSING: "les données conservées à côté de l'entrée {entry} ont disparu, et aucune destruction "
    "enregistrée ne l'explique.",
    Problem.CUT: (
        "il s'arrête avant l'entrée {entry}, qui a existé : la fin a été coupée, ou une base plus ancienne restaurée."
    ),
    Problem.REWRITTEN: "l'entrée {entry} n'est pas celle dont l'empreinte a été conservée : le journal a été réécrit "
    "à cet endroit ou avant, ou une base plus ancienne a été restaurée.",
}

_OF_EXTRACT = {
    Problem.FILE_CHANGED: "Dossier de preuve non conforme : le fichier {file} a été modifié, ajouté ou retiré.",
    Problem.FIGURE_DIFFERS: "Dossier de preuve non conforme : ce que dit le fichier {file} ne se retrouve pas dans "
    "les entrées du journal ou les tableaux joints.",
}

#: The head is that of a register that a backup took the place of: what is here was not altered.
_LEFT_BEHIND = (
    "L'empreinte conservée est celle d'un journal abandonné lors de la restauration enregistrée à l'entrée "
    "{entry} : les entrées faites après la sauvegarde n'y sont plus. Ce n'est pas une altération ; pour le "
    "journal d'aujourd'hui, vérifier avec une empreinte plus ancienne ou plus récente."
)

#: The head is that of the chain before this one: every entry was written again, and nothing was lost.
_CHANGED_CHAIN = (
    "L'empreinte conservée est celle de l'ancien journal, qui nommait les agents dans sa chaîne. Vérifié, il a été "
    "réécrit sans les noms (D8) : l'entrée {entry} donne son empreinte finale et son nombre d'entrées, qui portent "
    "depuis le numéro suivant. Conserver désormais une empreinte du nouveau journal."
)


def decision_words(row: Row) -> str:
    """On whose decision an entry stands: « Claire Martin (annexe 1 n° 12) »; nothing when on nobody's."""
    if row.cause is None:
        return ""
    return decided_words(row.cause.decided_by, row.cause.annexe)


def decided_words(decided_by: str | None, annexe: int | None) -> str:
    """Who decided, and about which annexe; the name goes before the rest (D8)."""
    name = AUTOMATIC_WORDS if decided_by == AUTOMATIC else decided_by or "nom détruit"
    return name if annexe is None else f"{name} (annexe 1 n° {annexe})"


def whole_sentence(check: JournalCheck, taken_out: Head | None, destroy_by: date | None = None) -> str:
    """The journal is whole: how many entries, and its head, to be kept elsewhere. So is a file of evidence, which is
    to be destroyed by that day.
    """
    count = counted(check.entries, "entrée")
    until = f" L'empreinte conservée (entrée {taken_out.entry}) s'y trouve." if taken_out and taken_out.entry else ""
    if destroy_by is not None:
        day = french_date(destroy_by)
        return f"Dossier de preuve conforme : {count}.{until} À détruire au plus tard le {day}.\nTête : {check.head}"
    return f"Journal conforme : {count}.{until}\nTête : {check.head}"


def digest_to_compare(sha256: str) -> str:
    """A file of evidence's own digest, and what to compare it with: that alone finds whatever was changed."""
    return (
        f"Empreinte SHA-256 du fichier : {sha256}\nÀ comparer avec celle que le journal de la Caf a enregistrée à "
        "la remise du dossier (provisioner journal show --action evidence.made --details) : si elles diffèrent, ce "
        "n'est pas le fichier remis."
    )


def made_by_another_version(version: str) -> str:
    """What was not looked at, as a version may say a thing in other words than the next one."""
    return (
        f"Ce dossier a été établi par la version {version} de provisioner : ses tableaux CSV et sa page n'ont été "
        "contrôlés que par leur empreinte. Pour qu'ils soient aussi refaits et comparés, employer cette version."
    )


def problem_sentence(bad: Bad) -> str:
    """What is wrong, at which entry."""
    if bad.problem is Problem.REGISTER_DIFFERS:
        assert bad.difference is not None
        return f"Journal non conforme : {_difference(bad.difference)}"
    if bad.problem in _OF_EXTRACT:
        assert bad.difference is not None
        entry = f" (entrée {bad.entry})" if bad.entry is not None else ""
        return _OF_EXTRACT[bad.problem].format(file=f"{bad.difference.table}{entry}")
    if bad.left_by == CHANGED_CHAIN:
        return _CHANGED_CHAIN.format(entry=bad.entry)
    if bad.problem is Problem.LEFT_BEHIND:
        return _LEFT_BEHIND.format(entry=bad.entry)
    return f"Journal non conforme : {_PROBLEMS[bad.problem].format(entry=bad.entry)}"


_TABLES = {
    "partner": "le partenaire",
    "contact": "l'annexe 2 du partenaire",
    "habilitation": "l'habilitation n°",
    "annexe": "l'annexe 1 n°",
    "hold": "la mise en suspens n°",
    "account": "le compte n°",
    "control": "le constat n°",
    "incident": "l'incident n°",
    "backup_key": "la clé de sauvegarde",
    "attestation": "l'attestation n°",
    "request": "la demande de document n°",
    "review": "la revue n°",
    "caf_review": "la revue des accès de la Caf n°",
    "caf_review_line": "la ligne de la revue de la Caf n°",
}
#: What concerns everybody, or the Caf itself.
_WITHOUT_KEY = {"contact": "l'annexe 3", "hold": "la mise en pause générale"}


def _difference(difference: Difference) -> str:
    table, key, entry = difference.table, difference.key, difference.entry
    what = f"{_TABLES[table]} {key}" if key else _WITHOUT_KEY[table]
    if table == "hold" and key and not key.isdecimal():  # a pause that is gone has no row
        what = f"la mise en pause de {key}"
    if difference.column is not None:
        said_by = "le journal" if entry is None else f"l'entrée {entry}"
        return f"dans le registre, {what} n'est pas ce que dit {said_by} (donnée en cause : {difference.column})."
    if entry is None:
        return f"{what} est dans le registre sans qu'aucune entrée ne le dise."
    return f"{what} n'est plus dans le registre, et aucune entrée ne dit pourquoi."


def wanting_sentence(wanting: str) -> str:
    """What a pass says of a journal that was found wanting: the rest was done."""
    return f"Le reste a été fait. {not_whole(wanting)}"


def not_whole(wanting: str) -> str:
    """What the last verification found wanting: the problem and the entry, as `journal verify` tells them."""
    entry = wanting.partition(" ")[2]
    where = f" (entrée {entry})" if entry else ""
    return f"Journal non conforme{where} : provisioner journal verify"
