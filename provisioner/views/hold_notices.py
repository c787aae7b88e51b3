"""The words in the e-mails about what waits for a decision: figures, ages, where a partner stands."""

from __future__ import annotations

from collections import Counter
from enum import Enum

from provisioner.domain.access.change import Action
from provisioner.domain.hold import Hold

_FIGURES = {
    Action.CLOSE: "Clôtures",
    Action.UPDATE: "Mises à jour",
    Action.RENAME: "Changements d'adresse",
    Action.OPEN: "Ouvertures",
    Action.REOPEN: "Réouvertures",
    Action.INVITE: "Courriels d'activation",
}


class Standing(Enum):
    """Where a partner stands with the annexe 1 that a suspension asks for."""

    ASKED = "une annexe 1 lui est de nouveau demandée ce jour."
    ANSWERED = "une annexe 1 a été reçue depuis la suspension."
    NO_CONTACT = "aucun contact n'est enregistré (annexe 2), rien ne lui a été demandé par courriel."


def held_figures(hold: Hold) -> list[tuple[str, int]]:
    """How many changes of each kind a limit holds."""
    planned = Counter(change["action"] for change in hold.changes)
    return [(words, planned[action]) for action, words in _FIGURES.items() if planned[action]]


def age_in_words(days: int) -> str:
    """« 1 jour », « 7 jours »."""
    return f"{days} jour{'s' if days > 1 else ''}"
