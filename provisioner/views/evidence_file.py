"""The file of evidence in French: its tables for a spreadsheet, and the index that an auditor reads without our
software.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from datetime import date
from typing import Any, NamedTuple

from provisioner.domain.access.habilitation import State
from provisioner.domain.access.history import LateCause
from provisioner.domain.annexe.decisions import AUTOMATIC
from provisioner.domain.connections.control import ControlState, Severity
from provisioner.domain.connections.incident import Origin
from provisioner.domain.convention import Audience
from provisioner.domain.evidence_file import CERTIFICATE, COLUMNS, OF_THE_CAF, Evidence, Line
from provisioner.views.access import STATES
from provisioner.views.answers.access import CAUSES
from provisioner.views.controls import SEVERITIES, words_of
from provisioner.views.controls import STATES as CONTROL_STATES
from provisioner.views.dates import french_date, short
from provisioner.views.incidents import ORIGINS
from provisioner.views.journal import ACTIONS, AUTOMATIC_WORDS
from provisioner.views.shown import Table, as_csv
from provisioner.views.template import template

#: How many rows of a table the index shows; the file beside it has all.
MOST_SHOWN = 300


class _Words(NamedTuple):
    """What a table is called: its file, its title, and what stands in place of its rows where there is none."""

    file: str
    title: str
    empty: str


TABLES: Mapping[str, _Words] = {
    "accesses": _Words("acces", "Accès de l'année", "Aucun accès."),
    "changes": _Words("changements", "Tous les changements de l'année, avec leur cause", "Aucun changement."),
    "late_closures": _Words("clotures-tardives", "Clôtures tardives", "Aucune clôture tardive."),
    "decisions": _Words("decisions", "Décisions", "Aucune décision."),
    "annexes": _Words("annexes-1", "Annexes 1 reçues, avec leurs empreintes", "Aucune annexe 1."),
    "reviews": _Words("revues", "Revues des habilitations", "Aucune revue enregistrée."),
    "asked_documents": _Words("pieces-demandees", "Pièces demandées au partenaire", "Aucune pièce demandée."),
    "controls": _Words("controles", "Constats du contrôle des connexions", "Aucun constat."),
    "incidents": _Words("incidents", "Incidents de sécurité", "Aucun incident."),
    "destructions": _Words("destructions", "Destructions depuis le début de l'année", "Aucune destruction."),
    "destroyed_accesses": _Words(
        "acces-detruits", "Accès de l'année dont les données sont détruites (sans nom)", "Aucun."
    ),
    "certificates": _Words("attestations", "Attestations de destruction", "Aucune attestation."),
}

_TITLES: Mapping[str, str] = {
    "action": "Fait",
    "annexe": "Annexe 1 n°",
    "answered_on": "Reçue le",
    "asked_on": "Demandée le",
    "attestation": "Attestation n°",
    "aware_since": "Connu depuis",
    "cause": "Cause",
    "closed_on": "Clôturé le",
    "cnil_notified": "CNIL",
    "code": "Constat",
    "count": "Nombre",
    "days": "Jours",
    "decided_by": "Décidé par",
    "due_on": "Échéance",
    "email": "Adresse",
    "ended_on": "Fin d'habilitation",
    "first_names": "Prénoms",
    "function": "Fonction",
    "habilitation": "Habilitation n°",
    "how": "Faite par",
    "incident": "Incident n°",
    "issued_on": "Établie le",
    "last_name": "Nom",
    "listed": "Accès de la liste",
    "on": "Le",
    "opened_on": "Ouvert le",
    "origin": "Signalé par",
    "others": "Autres concernés",
    "outcome": "Suite",
    "outcome_on": "Suite donnée le",
    "persons": "Personnes",
    "reason": "Motif",
    "received_on": "Reçue le",
    "requested_on": "Demandé le",
    "request": "Demande n°",
    "review": "Revue n°",
    "rule": "Règle",
    "rules": "Règles",
    "settled_by": "Expliqué par",
    "severity": "Gravité",
    "settled_on": "Faite le",
    "sha256": "Empreinte SHA-256",
    "signatory": "Signataire",
    "source_sha256": "Empreinte du document numérisé",
    "state": "État",
    "unproven": "Non confirmés par Keycloak",
    "what": "Objet",
    "withdrawn_on": "Retirée le",
}

_WHY_CLOSED: Mapping[Audience, str] = {
    Audience.CAF: (
        "Ce dossier est destiné à la Caf. Un autre partenaire y est « un autre partenaire » : ce qui le nomme est "
        "retiré, seule l'empreinte de l'entrée reste."
    ),
    Audience.PARTNER: (
        "Ce dossier est destiné au partenaire. Les agents de la Caf n'y sont pas nommés, les constats y sont comptés "
        "sans nommer personne, et rien n'y concerne un autre partenaire."
    ),
}


def files_of(table: str) -> tuple[str, str]:
    """The names of the two files of a table: for a program, and for a spreadsheet."""
    return f"json/{table}.json", f"tableaux/{TABLES[table].file}.csv"


def csv_of(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """Each table as a file for a spreadsheet, by its name."""
    for name, lines in evidence.tables.items():
        rows = (_cells(name, line) for line in lines)
        yield files_of(name)[1], as_csv([_titles(name, evidence), *rows])


def index_page(evidence: Evidence, partner: str) -> str:
    """The index: what the file is, until when it may be kept, its figures and tables, how to verify it."""
    tables = []
    for name, lines in evidence.tables.items():
        shown = [_cells(name, line) for line in lines[:MOST_SHOWN]]
        words = TABLES[name]
        table = Table(words.title, _titles(name, evidence), shown, empty=words.empty)
        tables.append((table, files_of(name)[1], len(lines) - len(shown)))
    return template("evidence.html").render(
        evidence=evidence,
        asked=evidence.asked,
        partner=partner,
        tables=tables,
        figures=Table("", ("Ce qui est compté", "Nombre"), list(_figures(evidence))),
        whom="la Caf" if evidence.asked.audience is Audience.CAF else "le partenaire",
        closed=_WHY_CLOSED[evidence.asked.audience],
    )


def _figures(evidence: Evidence) -> Iterator[tuple[str, str]]:
    """The figures of the manifest, in words."""
    figures, asked = evidence.figures, evidence.asked
    days = {"on_first": asked.first, "on_last": asked.last}
    words = {
        **{
            f"{state}_{key}": f"Accès {STATES[state]}s le {french_date(day)}"
            for key, day in days.items()
            for state in (State.OPEN, State.SUSPENDED)
        },
        "late_days": "Jours de retard des clôtures, en tout",
        **{f"destroyed_{rule}": f"Destructions au titre de la règle {rule}" for rule in ("D1", "D2", "C4")},
        **{name: f"Lignes du tableau « {words.title} »" for name, words in TABLES.items()},
    }
    for name, label in words.items():
        yield label, str(figures[name])


def _titles(name: str, evidence: Evidence) -> list[str]:
    days = {
        "on_first": f"Au {short(evidence.asked.first)}",
        "on_last": f"Au {short(evidence.asked.last)}",
    }
    return [*(days.get(column) or _TITLES[column] for column in COLUMNS[name]), "Entrées du journal"]


def _cells(name: str, line: Line) -> list[str]:
    entries = ", ".join(map(str, line["entries"]))
    return [*(_cell(column, line[column]) for column in COLUMNS[name]), entries]


def _cell(column: str, value: Any) -> str:
    if value is None:
        return ""
    if column in _WORDS:
        return _WORDS[column](value)
    if column == "on" or column.endswith("_on"):
        return short(date.fromisoformat(value))
    return str(value)


def _name(value: str) -> str:
    return {AUTOMATIC: AUTOMATIC_WORDS, OF_THE_CAF: "la Caf"}.get(value, value)


def _action(value: str) -> str:
    return ACTIONS.get(value, value)


def _access_state(value: str) -> str:
    return STATES[State(value)]


#: How a column's value is said, where it is no date and no text.
_WORDS: Mapping[str, Callable[[Any], str]] = {
    "action": _action,
    "aware_since": lambda value: short(date.fromisoformat(value[:10])),
    "cause": lambda value: CAUSES[LateCause(value)],
    "code": lambda value: words_of(value).name,
    "decided_by": _name,
    "how": {"annexe": "annexe 1", "confirmed": "liste inchangée, signée"}.__getitem__,
    "on_first": _access_state,
    "on_last": _access_state,
    "origin": lambda value: ORIGINS[Origin(value)],
    "others": lambda value: "un autre partenaire" if value else "",
    "outcome": _action,
    "settled_by": _name,
    "severity": lambda value: SEVERITIES[Severity(value)],
    "state": lambda value: CONTROL_STATES[ControlState(value)],
    "what": lambda value: "certificat de destruction du partenaire (C5)" if value == CERTIFICATE else value,
}
