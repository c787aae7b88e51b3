"""What `check` answers, and the findings wherever they stand."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from rich.console import RenderableType

from provisioner.cli.answers.values import french
from provisioner.cli.printing import Answer, line, table
from provisioner.domain.annexe.details import Absent
from provisioner.domain.annexe.document import Check, Finding, Row, Severity
from provisioner.views.check_json import check_as_json
from provisioner.views.dates import french_date
from provisioner.views.details import place
from provisioner.views.findings import message
from provisioner.views.report import MORE

_SEVERITIES = {
    Severity.ERROR: ("erreur", "bold red"),
    Severity.WARNING: ("attention", "yellow"),
    Severity.INFO: ("information", "dim"),
}


def checked(check: Check) -> Answer:
    """`check`: what was read, what is refused, what to correct."""
    return Answer(check_as_json(check), check_lines(check))


def check_lines(check: Check) -> Iterator[RenderableType]:
    """The file, both lists, the findings, the verdict."""
    yield line(f"{check.file} ({check.sha256[:12]}…)", style="bold")
    if check.annexe.transmitted_on:
        yield line(f"Annexe 1 transmise le {french_date(check.annexe.transmitted_on)}.")
    columns = ("Ligne", "Personne", "Fonction")
    opens, closes = (map(_row, check.accepted(number)) for number in (1, 2))
    yield from table("Liste 1 : accès demandés ou ouverts", (*columns, "Demande"), opens)
    yield from table("Liste 2 : accès à clôturer ou clôturés", (*columns, "Fin"), closes)
    yield from finding_lines(check.findings)
    if check.is_valid:
        yield line("Contrôlée, sans erreur.", style="bold green")
    else:
        codes = [finding.code for finding in check.findings if finding.severity is Severity.ERROR]
        more = codes.count(MORE)
        count = len(codes) - more
        start = "Plus de " if more else ""
        yield line(f"{start}{count} erreur{'s' if count > 1 else ''} à corriger.", style="bold red")


def finding_lines(findings: Iterable[Finding]) -> Iterator[RenderableType]:
    """One finding after the other, each with its place, what was written, and what to do."""
    for one in findings:
        word, style = _SEVERITIES[one.severity]
        yield line((f"{word:<11}", style), f" {place(one)}", (f" : {one.value}" if one.value else "", "bold"))
        yield line(message(one), indent=12)


def _row(row: Row) -> tuple[str | None, ...]:
    person = f"{row.first_names or ''} {row.last_name or ''}\n{row.email or ''}"
    return str(row.row), person, row.function, french(row.on)


def renames_proposed(check: Check) -> dict[str, str]:
    """For persons in neither list, the new address in list 1 that may be theirs (`--rename`)."""
    found = {one.value: one.details.renamed_to for one in check.findings if isinstance(one.details, Absent)}
    return {old: str(new) for old, new in found.items() if old and new}
