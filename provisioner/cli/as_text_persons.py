"""`explain` and `person show` for a person at a terminal."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.text import Text

from provisioner.cli.as_text import new_console, new_table, plain
from provisioner.domain.days import day_of
from provisioner.domain.dossier import Dossier
from provisioner.texts.contacts import ROLES
from provisioner.texts.dates import french_date
from provisioner.texts.dossier import STATES
from provisioner.texts.explanation import INVITATIONS, sentence
from provisioner.texts.explanation import STATES as PERSON_STATES
from provisioner.texts.journal import ACTIONS
from provisioner.texts.reasons import reason, what

if TYPE_CHECKING:
    from provisioner.operations.dossiers import Explanation


def explanation(one: Explanation) -> None:
    """The steps, then what the next `sync` would do."""
    console = new_console()
    console.print(Text(f"{_who(one.person)} : {PERSON_STATES[one.person.state]}", style="bold"))
    table = new_table("Pas à pas", "Le", "Constat", "Règle", "Partenaire")
    for step in one.steps:
        on = f"{step.on:%d/%m/%Y}" if step.on else ""
        table.add_row(*plain(on, sentence(step), step.rule, step.partner))
    console.print(table)
    table = new_table("Ce que ferait la synchronisation", "Le", "Quoi", "Pourquoi")
    for change in one.would:
        on = french_date(change.due_on) if change.due_on else ""
        table.add_row(*plain(on, what(change), f"{reason(change)} ({change.rule})"))
    if table.row_count:
        console.print(table)


def person(one: Dossier) -> None:
    """Everything that is held."""
    console = new_console()
    console.print(Text(_who(one), style="bold"))
    _account(one)
    table = new_table("Habilitations", "N°", "Partenaire", "Fonction", "État", "Demande", "Fin", "Clôture")
    for each in one.accesses:
        days = (each.requested_on, each.end.on if each.end else None, each.closed_on)
        dates = [f"{day:%d/%m/%Y}" if day else "" for day in days]
        state = STATES[one.records.state_of(each)]
        table.add_row(*plain(str(each.id), each.partner, each.person.function, state, *dates))
    console.print(table)
    table = new_table("Courriels d'activation", "Partenaire", "N°", "Envoyé le", "Suite")
    for each in one.accesses:
        for sent in one.records.invitations_of(each):
            on = french_date(day_of(sent.sent_at)) if sent.sent_at else ""
            table.add_row(*plain(each.partner, str(sent.attempt), on, INVITATIONS[one.attempt_state(each, sent)]))
    console.print(table)
    _others(one)
    table = new_table("Journal", "N°", "Date", "Événement", "Par", "Partenaire", "Règle")
    for line in one.journal:
        what = ACTIONS.get(line.action, line.action)
        table.add_row(*plain(str(line.entry), f"{day_of(line.at):%d/%m/%Y}", what, line.by, line.partner, line.rule))
    console.print(table)


def _account(one: Dossier) -> None:
    console = new_console()
    found = one.found or one.other
    if found is None:
        console.print("Aucun compte dans Keycloak.")
        return
    table = new_table(
        "Compte Keycloak" if one.found else "Compte Keycloak que ce logiciel ne gère pas", "Quoi", "Valeur"
    )
    account = found.account
    table.add_row(*plain("Identifiant", account.id))
    table.add_row(*plain("Personne", f"{account.first_names} {account.last_name}"))
    table.add_row(*plain("Adresse", account.email))
    table.add_row(*plain("État", "activé" if account.enabled else "désactivé"))
    table.add_row(*plain("Mot de passe", "créé" if found.has_password else "pas encore créé"))
    table.add_row(*plain("Groupes", ", ".join(found.groups)))
    for name, values in sorted(account.attributes.items()):
        table.add_row(*plain(name, ", ".join(values)))
    console.print(table)


def _others(one: Dossier) -> None:
    console = new_console()
    for each in one.suspensions:
        until = f", levée le {french_date(day_of(each.released_at))}" if each.released_at else ""
        console.print(*plain(f"Suspension depuis le {french_date(day_of(each.since))}{until} : {each.reason}"))
    for listed in one.listed:
        annexe = listed.annexe
        console.print(*plain(f"Annexe {annexe.id} ({annexe.partner}) : liste {listed.list}, ligne {listed.row}."))
    for partner, role in one.roles:
        console.print(*plain(f"Contact {ROLES[role]} ({partner or 'Caf'})."))


def _who(one: Dossier) -> str:
    names = [f"{each.person.first_names} {each.person.last_name}" for each in one.accesses[-1:]]
    return f"{names[0]} ({one.email})" if names else one.email
