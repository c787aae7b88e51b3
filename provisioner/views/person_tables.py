"""Everything that is held on a person as French tables: at a terminal, and on the page that they are handed (D5)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from datetime import datetime
from typing import Any

from provisioner.domain.access.habilitation import State
from provisioner.domain.access.person_file import PersonFile
from provisioner.views.conventions import ROLES
from provisioner.views.dates import french_date
from provisioner.views.explanation import INVITATIONS
from provisioner.views.journal import ACTIONS
from provisioner.views.shown import Table

#: The caption and the columns of each table, by their names in the JSON answer.
_TABLES = {
    "habilitations": (
        "Habilitations",
        ("partner", "last_name", "first_names", "function", "state", "requested_on", "ended_on", "closed_on"),
    ),
    "invitations": ("Courriels d'activation", ("partner", "attempt", "sent_on", "state")),
    "holds": ("Suspensions", ("since", "reason", "released_at", "released_by", "release_reason")),
    "annexes": ("Annexes 1 conservées où figure la personne", ("partner", "transmitted_on", "list", "row")),
    "roles": ("Rôles de contact", ("partner", "role")),
    "journal": ("Journal", ("entry", "at", "action", "by", "partner", "rule")),
}

_TITLES = {
    "action": "Événement",
    "at": "Date",
    "attempt": "Courriel n°",
    "by": "Par",
    "closed_on": "Clôture",
    "created_at": "Compte créé le",
    "email": "Adresse électronique",
    "email_verified": "Adresse vérifiée",
    "enabled": "Activé",
    "ended_on": "Fin",
    "entry": "N°",
    "first_names": "Prénom(s)",
    "function": "Fonction",
    "groups": "Groupes",
    "has_password": "Mot de passe créé",
    "id": "Identifiant interne",
    "last_name": "Nom",
    "list": "Liste",
    "managed": "Géré par ce logiciel",
    "partner": "Partenaire",
    "reason": "Motif",
    "release_reason": "Motif de la levée",
    "released_at": "Levée le",
    "released_by": "Levée par",
    "requested_on": "Demande",
    "role": "Rôle",
    "row": "Ligne",
    "rule": "Règle",
    "sent_on": "Envoyé le",
    "since": "Depuis",
    "state": "État",
    "transmitted_on": "Transmise le",
    # the account's attributes
    "date_demande_habilitation": "Date de demande d'habilitation",
    "date_fin_habilitation": "Date de fin d'habilitation",
    "fonction": "Fonction",
    "gere_par": "Géré par",
    "partenaire": "Partenaire",
}

STATES = {
    State.PLANNED: "prévu",
    State.OPEN: "ouvert",
    State.SUSPENDED: "suspendu",
    State.CLOSED: "clôturé",
}

_WORDS: Mapping[tuple[str, str], Mapping[Any, str]] = {
    ("habilitations", "state"): STATES,
    ("invitations", "state"): INVITATIONS,
    ("roles", "role"): ROLES,
    ("journal", "action"): ACTIONS,
}

_DAY = re.compile(r"\d{4}-\d\d-\d\d(T.+)?")


def person_tables(held: dict[str, Any], file: PersonFile, but: Collection[str]) -> Iterator[Table]:
    """Everything that is held, as the JSON answer has it, without the columns named in `but`."""
    account = held["account"] or {}
    attributes = account.pop("attributes", {})
    facts = [(_TITLES.get(name, name), _shown(value)) for name, value in (account | attributes).items()]
    yield Table("Compte Keycloak", ("Donnée", "Valeur"), facts, empty="Compte Keycloak : rien.")
    held["annexes"] = [
        {
            "partner": listed.annexe.partner,
            "transmitted_on": listed.annexe.transmitted_on,
            "list": listed.list,
            "row": listed.row,
        }
        for listed in file.listed
    ]
    held["roles"] = [{"partner": code or "Caf", "role": role} for code, role in file.roles]
    names = {code: partner.name for code, partner in file.records.partners.items()}
    for key, (title, columns) in _TABLES.items():
        shown = [column for column in columns if column not in but]
        words = {column: names if column == "partner" else _WORDS.get((key, column), {}) for column in shown}
        rows = [[_shown(words[column].get(row[column], row[column])) for column in shown] for row in held[key]]
        yield Table(title, [_TITLES[column] for column in shown], rows, empty=f"{title} : rien.")


def _shown(value: Any) -> str:
    """A value of the JSON answer as French people read it."""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, list):
        return ", ".join(map(_shown, value))
    text = "" if value is None else str(value)
    return french_date(datetime.fromisoformat(text).date()) if _DAY.fullmatch(text) else text
