"""A finding's details, taken with their types: one that is absent or of another type is None."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

from provisioner.domain.annexe.document import Column, Finding
from provisioner.domain.people import Person
from provisioner.views.dates import french_date

#: The columns' titles, as the form prints them.
COLUMNS: Mapping[Column, str] = {
    Column.LAST_NAME: "Nom",
    Column.FIRST_NAMES: "Prénom(s)",
    Column.FUNCTION: "Fonction/qualité",
    Column.EMAIL: "Adresse électronique",
    Column.REQUESTED_ON: "Date de demande d'habilitation",
    Column.ENDED_ON: "Date de fin d'habilitation",
}


def day(finding: Finding, key: str) -> str | None:
    """A date, in French."""
    value = finding.details.get(key)
    return french_date(value) if isinstance(value, date) else None


def number(finding: Finding, key: str) -> int | None:
    """A number."""
    value = finding.details.get(key)
    return value if isinstance(value, int) else None


def text(finding: Finding, key: str) -> str | None:
    """A text that is not empty."""
    value = finding.details.get(key)
    return value if isinstance(value, str) and value else None


def who(finding: Finding) -> str:
    """The person that a finding is about, with their address."""
    person = finding.details.get("person")
    if isinstance(person, Person):
        return f"{person.first_names} {person.last_name} ({person.email})".strip()
    return finding.value or "Une personne"


def or_waiver(finding: Finding) -> str:
    """The other way out of what is wrong with an address: only list 1's are waived (A7)."""
    return " ou demandez une dérogation" if finding.list == 1 else ""


def column_title(finding: Finding) -> str:
    """The title of the column that a finding is about, as the form prints it."""
    return f"« {COLUMNS[finding.column]} »" if finding.column else "demandée"


def place(finding: Finding) -> str:
    """Where a finding stands: « liste 1, ligne 2 (Petit Jean), adresse électronique », or « document »."""
    whose = f" ({finding.who})" if finding.who else ""
    parts = (
        part
        for part in (
            f"liste {finding.list}" if finding.list else "",
            f"ligne {finding.row}{whose}" if finding.row else "",
            f"ligne {finding.sheet_row} de la feuille" if finding.sheet_row else "",
            COLUMNS[finding.column].lower() if finding.column else "",
        )
        if part
    )
    return ", ".join(parts) or "document"
