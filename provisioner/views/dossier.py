"""Everything that is held on a person as French tables: at a terminal, and on the page that they are handed (D5)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from provisioner.domain.access.habilitation import State
from provisioner.domain.access.person_file import Dossier
from provisioner.views.contacts import ROLES
from provisioner.views.dates import french_date
from provisioner.views.dossier_json import dossier_as_json
from provisioner.views.explanation import INVITATIONS, retention
from provisioner.views.journal import ACTIONS
from provisioner.views.template import template

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

#: The columns that name who acted at the Caf, which the page for the person does not.
_AT_THE_CAF = ("by", "released_by")

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


@dataclass(frozen=True, slots=True)
class Table:
    """A caption, the columns' titles, and the rows."""

    caption: str
    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def dossier_tables(person: Dossier, but: Collection[str] = ()) -> Iterator[Table]:
    """Everything that is held, without the columns named in `but`."""
    held = dossier_as_json(person)
    account = held["account"] or {}
    attributes = account.pop("attributes", {})
    facts = [(_TITLES.get(name, name), _shown(value)) for name, value in (account | attributes).items()]
    yield Table("Compte Keycloak", ("Donnée", "Valeur"), tuple(facts))
    held["annexes"] = [
        {"partner": one.annexe.partner, "transmitted_on": one.annexe.transmitted_on, "list": one.list, "row": one.row}
        for one in person.listed
    ]
    held["roles"] = [{"partner": code or "Caf", "role": role} for code, role in person.roles]
    names = {code: partner.name for code, partner in person.records.partners.items()}
    for key, (caption, columns) in _TABLES.items():
        shown = [one for one in columns if one not in but]
        words = {one: names if one == "partner" else _WORDS.get((key, one), {}) for one in shown}
        rows = (tuple(_shown(words[one].get(row[one], row[one])) for one in shown) for row in held[key])
        yield Table(caption, tuple(_TITLES[one] for one in shown), tuple(rows))


def _shown(value: Any) -> str:
    """A value of the JSON answer as French people read it."""
    if isinstance(value, bool):
        return "oui" if value else "non"
    if isinstance(value, list):
        return ", ".join(map(_shown, value))
    text = "" if value is None else str(value)
    return french_date(datetime.fromisoformat(text).date()) if _DAY.fullmatch(text) else text


def dossier_page(person: Dossier) -> str:
    """The page for the person as HTML: no script, nothing from outside, every value shown as text."""
    name = next((f"{one.person.first_names} {one.person.last_name}" for one in reversed(person.accesses)), "")
    return template("dossier.html").render(
        name=name,
        email=person.email,
        on=french_date(person.today),
        tables=tuple(dossier_tables(person, but=_AT_THE_CAF)),
        kept=[one.fact for one in retention(person)],
    )
