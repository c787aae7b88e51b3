"""The journal's words: what each action is called, and what a verification found."""

from __future__ import annotations

from collections.abc import Mapping

from provisioner.domain.journal import Head
from provisioner.domain.journal_check import Bad, Problem, Verdict

#: What each entry tells, as officers and auditors read it. An action without a word here is shown by its code.
ACTIONS: Mapping[str, str] = {
    "account.renamed": "nouvelle adresse retenue",
    "adoption": "compte antérieur repris",
    "annexe.applied": "annexe appliquée",
    "annexe.approved": "annexe validée",
    "annexe.closures_applied": "clôtures de l'annexe appliquées",
    "annexe.closures_approved": "clôtures de l'annexe validées",
    "annexe.destroyed": "annexe détruite",
    "annexe.rejected": "annexe rejetée",
    "annexe.sent_back": "annexe à examiner de nouveau",
    "annexe.submitted": "annexe reçue",
    "caf.contacts": "contacts de la Caf",
    "close": "accès clôturé",
    "group": "groupe créé",
    "habilitation.asked": "habilitation demandée",
    "habilitation.ended": "fin d'habilitation retenue",
    "habilitation.updated": "habilitation mise à jour",
    "habilitation.withdrawn": "demande retirée",
    "hold": "mise en suspens",
    "invite": "courriel d'activation",
    "invite.failed": "courriel d'activation non envoyé",
    "notice": "avis envoyé",
    "notice.withdrawn": "avis retiré",
    "open": "accès ouvert",
    "partner.add": "partenaire enregistré",
    "partner.contacts": "contacts du partenaire",
    "partner.end": "fin de convention décidée",
    "partner.import": "partenaires importés",
    "partner.new-convention": "nouvelle convention",
    "partner.reinstate": "fin de convention annulée",
    "partner.set": "partenaire modifié",
    "pause": "mise en pause",
    "realm.recorded": "royaume reconnu",
    "release": "levée d'un suspens",
    "rename": "adresse changée",
    "reopen": "accès rouvert",
    "reopening": "réouverture décidée",
    "resume": "fin de la pause",
    "run.begun": "début d'exécution",
    "suspend": "accès suspendu",
    "suspension": "suspension décidée",
    "update": "données mises à jour",
}

_PROBLEMS = {
    Problem.CHANGED: "l'entrée {entry} a été modifiée.",
    Problem.REMOVED: "l'entrée {entry} a été supprimée.",
    Problem.REORDERED: "l'entrée {entry} n'est plus à sa place : l'ordre a été changé.",
    Problem.INSERTED: "l'entrée {entry} a été ajoutée après coup.",
    Problem.DETAIL_CHANGED: "les données conservées à côté de l'entrée {entry} ont été modifiées.",
    Problem.CUT: "il s'arrête avant l'entrée {entry}, qui a existé : la fin a été coupée, ou une base plus ancienne "
    "remise en place.",
    Problem.REWRITTEN: "l'entrée {entry} n'est pas celle dont l'empreinte a été conservée : le journal a été réécrit "
    "à cet endroit ou avant, ou une base plus ancienne a été remise en place.",
}


def whole_sentence(verdict: Verdict, taken_out: Head | None) -> str:
    """The journal is whole: how many entries, and its head, to be kept elsewhere."""
    count = f"{verdict.entries} entrée{'s' if verdict.entries > 1 else ''}"
    until = f" L'empreinte conservée (entrée {taken_out.entry}) s'y trouve." if taken_out and taken_out.entry else ""
    return f"Journal conforme : {count}.{until}\nTête : {verdict.head}"


def problem_sentence(bad: Bad) -> str:
    """What is wrong, at which entry."""
    return f"Journal non conforme : {_PROBLEMS[bad.problem].format(entry=bad.entry)}"
