"""What the words of several findings are made of: days, persons, columns, places."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TypeVar

from provisioner.domain.annexe.details import Absent, Details, Flaw, OnDay
from provisioner.domain.annexe.document import Column, Finding
from provisioner.views.dates import french_date

Kind = TypeVar("Kind", bound=Details)

#: The columns' titles, as the form prints them.
COLUMNS: Mapping[Column, str] = {
    Column.LAST_NAME: "Nom",
    Column.FIRST_NAMES: "Prénom(s)",
    Column.FUNCTION: "Fonction/qualité",
    Column.EMAIL: "Adresse électronique",
    Column.REQUESTED_ON: "Date de demande d'habilitation",
    Column.ENDED_ON: "Date de fin d'habilitation",
}


def of(finding: Finding, kind: type[Kind]) -> Kind:
    """The finding's details, of the class that its code has."""
    assert isinstance(finding.details, kind), finding.code
    return finding.details


def flaw(finding: Finding) -> str | None:
    """Which of the flaws of its code it is, if it says."""
    return finding.details.what if isinstance(finding.details, Flaw) else None


def day(finding: Finding) -> str:
    """The day that it is about, in French."""
    return french_date(of(finding, OnDay).day)


def who(finding: Finding) -> str:
    """The person that a finding is about, with their address."""
    if not isinstance(finding.details, Absent):
        return finding.value or "Une personne"
    person = finding.details.person
    return f"{person.first_names} {person.last_name} ({person.email})".strip()


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
