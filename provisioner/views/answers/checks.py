"""`check`: what was read in a document and what is wrong with it; its findings stand in other answers too."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Annotated, Self

from pydantic import WithJsonSchema

from provisioner.domain.annexe.details import Absent
from provisioner.domain.annexe.document import MORE, Check, Column, Finding, Row, Severity
from provisioner.domain.people import EmailAddress
from provisioner.views.answers import Answer, Day, ListNumber, Number, Sha256, beside
from provisioner.views.dates import french_date, in_cell, in_french
from provisioner.views.findings import message, place
from provisioner.views.shown import Line, Part, Table, Tone

_SEVERITIES = {
    Severity.ERROR: ("erreur", Tone.ERROR),
    Severity.WARNING: ("attention", Tone.WARNING),
    Severity.INFO: ("information", Tone.FAINT),
}


class FindingLine(Answer):
    """One thing said of a document. `list`, `row` and `column` are null where it is the whole document's."""

    code: str
    severity: Severity
    list: ListNumber | None
    row: Number | None
    column: Column | None
    value: Annotated[str, WithJsonSchema({"type": "string", "maxLength": 200})] | None
    message: str
    suggestion: str | None
    who: str | None = None
    sheet_row: Number | None = None
    place: str = beside("")

    @classmethod
    def of(cls, finding: Finding) -> Self:
        return cls.read(finding, message=message(finding), place=place(finding))

    def shown(self) -> Iterator[Part]:
        word, tone = _SEVERITIES[self.severity]
        value = f" : {in_french(self.value)}" if self.value else ""
        yield Line(f"{self.place}{value}", tone, label=word, note=self.message)


def finding_lines(findings: Iterable[Finding]) -> tuple[FindingLine, ...]:
    """The findings as they are told, in their order."""
    return tuple(map(FindingLine.of, findings))


class _ReadRow(Answer):
    row: Number
    last_name: str | None
    first_names: str | None
    function: str | None
    email: EmailAddress | None

    def cells(self, on: date | None) -> tuple[str | None, ...]:
        person = f"{self.first_names or ''} {self.last_name or ''}\n{self.email or ''}"
        return str(self.row), person, self.function, in_cell(on)


class OpenRow(_ReadRow):
    """A row of list 1 that has no error."""

    requested_on: Day | None

    @classmethod
    def of(cls, row: Row) -> Self:
        return cls.read(row, requested_on=row.on)


class ClosedRow(_ReadRow):
    """A row of list 2 that has no error."""

    ended_on: Day | None

    @classmethod
    def of(cls, row: Row) -> Self:
        return cls.read(row, ended_on=row.on)


class CheckAnswer(Answer):
    """`check`: what was read, what is refused, what to correct. `file` is a base name."""

    file: str
    sha256: Sha256
    partner: str | None
    transmitted_on: Day | None
    valid: bool
    open: tuple[OpenRow, ...]
    closed: tuple[ClosedRow, ...]
    findings: tuple[FindingLine, ...]

    @classmethod
    def of(cls, check: Check) -> Self:
        """A check with its words; of the rows, those without error."""
        return cls.read(
            check,
            transmitted_on=check.annexe.transmitted_on,
            valid=check.is_valid,
            open=tuple(map(OpenRow.of, check.accepted(1))),
            closed=tuple(map(ClosedRow.of, check.accepted(2))),
            findings=finding_lines(check.findings),
        )

    def shown(self) -> Iterator[Part]:
        yield Line(f"{self.file} ({self.sha256[:12]}…)", Tone.TITLE)
        if self.transmitted_on:
            yield Line(f"Annexe 1 transmise le {french_date(self.transmitted_on)}.")
        columns = ("Ligne", "Personne", "Fonction")
        opens = [row.cells(row.requested_on) for row in self.open]
        yield Table("Liste 1 : accès demandés ou ouverts", (*columns, "Demande"), opens)
        closes = [row.cells(row.ended_on) for row in self.closed]
        yield Table("Liste 2 : accès à clôturer ou clôturés", (*columns, "Fin"), closes)
        for finding in self.findings:
            yield from finding.shown()
        if self.valid:
            yield Line("Contrôlée, sans erreur.", Tone.GOOD)
        else:
            errors = [finding.code for finding in self.findings if finding.severity is Severity.ERROR]
            more = errors.count(MORE)
            count = len(errors) - more
            yield Line(f"{'Plus de ' if more else ''}{count} erreur{'s' * (count > 1)} à corriger.", Tone.ERROR)


def renames_proposed(check: Check) -> dict[str, str]:
    """For persons in neither list, the new address in list 1 that may be theirs (`--rename`)."""
    proposed = {
        finding.value: finding.details.renamed_to for finding in check.findings if isinstance(finding.details, Absent)
    }
    return {old: str(new) for old, new in proposed.items() if old and new}
