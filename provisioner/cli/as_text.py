"""The answers for a person at a terminal: French tables, on stdout."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING

from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from provisioner.domain.annexe import Finding, Row, Severity
from provisioner.domain.change import Action, Change
from provisioner.domain.contacts import Contacts
from provisioner.domain.convention import Partner
from provisioner.domain.habilitation import Habilitation, State
from provisioner.domain.plan import Plan
from provisioner.domain.records import Records
from provisioner.texts.contacts import ROLES
from provisioner.texts.conventions import convention_sentence
from provisioner.texts.dates import french_date
from provisioner.texts.findings import COLUMNS, message
from provisioner.texts.reasons import blocked_reason, drift_reason, reason, what

if TYPE_CHECKING:
    from provisioner.domain.check import Check
    from provisioner.operations.preparing import Prepared
    from provisioner.operations.tools import Outcome

_SEVERITIES = {
    Severity.ERROR: ("erreur", "bold red"),
    Severity.WARNING: ("attention", "yellow"),
    Severity.INFO: ("information", "dim"),
}
_STATES = {
    State.PLANNED: "prévu",
    State.OPEN: "ouvert",
    State.SUSPENDED: "suspendu",
    State.CLOSED: "clôturé",
}


def new_console() -> Console:
    """Where an answer is printed."""
    return Console(highlight=False, soft_wrap=False)


def new_table(title: str, *columns: str) -> Table:
    """A table with these columns."""
    table = Table(title=title, title_justify="left", title_style="bold", box=SIMPLE_HEAD)
    for column in columns:
        table.add_column(column, overflow="fold")
    return table


def plain(*values: str | None) -> list[Text]:
    """Cells shown as they are: no markup of ours, no escape sequence of a document's is interpreted."""
    return [Text(_printable(value or "")) for value in values]


def _printable(text: str) -> str:
    return "".join(one if one.isprintable() or one == "\n" else "\N{REPLACEMENT CHARACTER}" for one in text)


def check(result: Check) -> None:
    """What was read, what is refused, what to correct."""
    console = new_console()
    annexe = result.annexe
    console.print(Text(f"{_printable(result.file)} ({result.sha256[:12]}…)", style="bold"))
    if annexe.transmitted_on:
        console.print(f"Annexe 1 transmise le {french_date(annexe.transmitted_on)}.")
    _rows(console, "Liste 1 : accès demandés ou ouverts", "Demande", result.accepted(1))
    _rows(console, "Liste 2 : accès à clôturer ou clôturés", "Fin", result.accepted(2))
    _findings(console, result.findings)
    if result.is_valid:
        console.print(Text("Contrôlée, sans erreur.", style="bold green"))
    else:
        count = sum(1 for one in result.findings if one.severity is Severity.ERROR)
        console.print(Text(f"{count} erreur{'s' if count > 1 else ''} à corriger.", style="bold red"))


def _rows(console: Console, title: str, date_title: str, rows: Iterable[Row]) -> None:
    table = new_table(title, "Ligne", "Personne", "Fonction", date_title)
    for row in rows:
        person = f"{row.first_names or ''} {row.last_name or ''}\n{row.email or ''}"
        on = french_date(row.on) if row.on else ""
        table.add_row(*plain(str(row.row), person, row.function, on))
    if table.row_count:
        console.print(table)


def _findings(console: Console, findings: Iterable[Finding]) -> None:
    """One finding after the other, each with its place, what was written, and what to do."""
    for one in findings:
        word, style = _SEVERITIES[one.severity]
        where = [f"liste {one.list}" if one.list else "", f"ligne {one.row}" if one.row else ""]
        where.append(COLUMNS[one.column].lower() if one.column else "")
        line = Text.assemble((f"{word:<11}", style), " ", ", ".join(part for part in where if part))
        if one.value:
            line.append(f" : {_printable(one.value)}", style="bold")
        console.print(line)
        console.print(Padding(Text(_printable(message(one))), (0, 0, 0, 12)))


def prepared(seen: Prepared) -> None:
    """What the person who approves has to see before they answer."""
    check(seen.check)
    if seen.plan is not None:
        plan(new_console(), seen.plan)


def outcome(result: Outcome, *, done: bool) -> None:
    """A plan, or what was done of it."""
    console = new_console()
    if result.check is not None:
        _findings(console, (one for one in result.check.findings if one.severity is not Severity.INFO))
    if result.undecided:
        _undecided(console, result.undecided)
    if result.plan is not None and not done:
        plan(console, result.plan)
    if done:
        _done(console, result)


def plan(console: Console, plan: Plan) -> None:
    """What would change, with the plans' ids."""
    _changes(console, "À faire maintenant", plan.changes)
    if not plan.changes:
        console.print("Rien à faire : Keycloak est conforme au registre.")
    for code, id_ in plan.ids.items():
        console.print(Text(f"Plan {id_} ({code})", style="dim"))
    _beside(console, plan)


def _beside(console: Console, plan: Plan) -> None:
    table = new_table("Prévu", "Le", "Quoi", "Qui", "Pourquoi")
    for one in plan.later:
        on = french_date(one.due_on) if one.due_on else ""
        table.add_row(*plain(on, what(one), _who(one), reason(one)))
    if table.row_count:
        console.print(table)
    table = new_table("Écarts constatés", "Partenaire", "Qui", "Constat")
    for drift in plan.drift:
        table.add_row(*plain(drift.partner, drift.email, drift_reason(drift)))
    if table.row_count:
        console.print(table)
    for blocked in plan.blocked:
        console.print(Text(f"En suspens : {blocked_reason(blocked)}", style="bold yellow"))


def _changes(console: Console, title: str, changes: Iterable[Change]) -> None:
    table = new_table(title, "Quoi", "Qui", "Pourquoi")
    for one in changes:
        table.add_row(*plain(what(one), _who(one), f"{reason(one)} ({one.rule})"))
    if table.row_count:
        console.print(table)


def _who(change: Change) -> str:
    if change.habilitation is None:
        return change.partner
    person = change.habilitation.person
    return f"{person.first_names} {person.last_name}\n{person.email}"


def _undecided(console: Console, absent: Iterable[Habilitation]) -> None:
    table = new_table("Personnes absentes des deux listes, à décider", "Nom", "Adresse", "Décision à donner")
    for one in absent:
        choice = f"--keep-absent {one.email} ou --close-absent {one.email}"
        table.add_row(*plain(f"{one.person.first_names} {one.person.last_name}", one.email, choice))
    console.print(table)


def _done(console: Console, result: Outcome) -> None:
    _changes(console, "Fait", result.outcome.done)
    table = new_table("Non fait", "Quoi", "Qui", "Erreur")
    for failure in result.outcome.failed:
        table.add_row(*plain(what(failure.change), _who(failure.change), failure.error))
    if table.row_count:
        console.print(table)
    if result.kept:
        names = ", ".join(f"{one.person.first_names} {one.person.last_name}" for one in result.kept)
        console.print(Text(f"Accès conservés sans changement : {names}."))
    if result.plan is not None:
        _beside(console, result.plan)
    console.print(Text(_verdict(result), style="bold"))


def _verdict(result: Outcome) -> str:
    from provisioner.operations.tools import Verdict

    refusals = {
        Verdict.REFUSED: "Refusée : l'annexe comporte des erreurs. Rien n'a été modifié.",
        Verdict.UNDECIDED: "Une décision manque pour chaque personne absente des deux listes. Rien n'a été modifié.",
        Verdict.DECLINED: "Non confirmée. Rien n'a été modifié.",
        Verdict.DIFFERENT: "Déjà validée avec d'autres décisions. Rien n'a été modifié.",
        Verdict.CHANGED: "Le plan a changé depuis qu'il a été montré : recommencez. Rien n'a été modifié.",
        Verdict.HELD: "Validée, mais en suspens : rien n'a été modifié dans Keycloak.",
    }
    if result.verdict in refusals:
        return refusals[result.verdict]
    if result.outcome.failed:
        return "Incomplet : relancez la commande (ou sync), elle reprendra ce qui manque."
    count = sum(1 for one in result.outcome.done if one.action is not Action.GROUP)
    return f"Terminé : {count} changement{'s' if count > 1 else ''}." if count else "Terminé : rien à changer."


def partner(one: Partner, records: Records, annexe_2: Contacts | None, today: date) -> None:
    """One partner, with where its convention stands on that day."""
    console = new_console()
    console.print(Text(f"{one.name} ({one.code})", style="bold"))
    console.print(Text(convention_sentence(one, today)))
    console.print(Text(f"Domaines : {', '.join(sorted(one.domains))}"))
    contacts(annexe_2, 2)
    table = new_table("Habilitations", "N°", "Personne", "État", "Demande", "Fin", "Clôture")
    for each in records.of_partner(one.code):
        person = f"{each.person.first_names} {each.person.last_name}\n{each.email}"
        days = (each.requested_on, each.end.on if each.end else None, each.closed_on)
        dates = [f"{day:%d/%m/%Y}" if day else "" for day in days]
        table.add_row(*plain(str(each.id), person, _STATES[records.state_of(each)], *dates))
    if table.row_count:
        console.print(table)


def contacts(known: Contacts | None, annexe: int) -> None:
    """Who answers for what, from an annexe 2 or 3."""
    if known is None:
        new_console().print(f"Contacts (annexe {annexe}) : aucun enregistré.")
        return
    title = f"Contacts (annexe {annexe} du {french_date(known.dated)})"
    table = new_table(title, "Rôle", "Nom", "Adresse électronique")
    for one in known.people:
        table.add_row(*plain(ROLES[one.role], one.name, one.email))
    new_console().print(table)


def partners(records: Records) -> None:
    """Every partner, a line each."""
    table = new_table("Partenaires", "Code", "Nom", "Signée le", "Dernier jour", "Accès ouverts")
    for code, one in records.partners.items():
        signed = french_date(one.signed_on) if one.signed_on else "non signée"
        table.add_row(
            *plain(code, one.name, signed, french_date(one.last_day), str(len(records.open_addresses(code))))
        )
    new_console().print(table)
