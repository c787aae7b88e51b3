"""Everything that is held on a person as French tables: at a terminal, and on the page that they are handed (D5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from provisioner.domain.access.invitations import InvitationState
from provisioner.domain.calendar import day_of
from provisioner.domain.connections.incident import without_names
from provisioner.views.access import STATES
from provisioner.views.conventions import ROLES
from provisioner.views.dates import french_moment, in_cell, in_french
from provisioner.views.explanation import INVITATIONS
from provisioner.views.journal import ACTIONS
from provisioner.views.reasons import ATTRIBUTES
from provisioner.views.shown import Table

if TYPE_CHECKING:
    from provisioner.views.answers.persons import AccountAnswer, HeldInvitation, PersonAnswer


def person_tables(person: PersonAnswer, *, without: frozenset[str] | None) -> Iterator[Table]:
    """A table a kind of data: for the Caf, which reads all of it, or, `without` the names of everybody else, for the
    page that the person is handed. That one names neither who acted at the Caf nor another person, in a reason that
    somebody typed either, and has no rule's code.
    """
    names = {code: partner.name for code, partner in person.file.records.partners.items()}

    def partner(code: str | None) -> str:
        return names.get(code or "", code or "")

    def of_the_caf(*cells: str) -> Sequence[str]:
        return cells if without is None else ()

    def told(reason: str) -> str:
        return reason if without is None else without_names(reason, without)

    yield held_table("Compte Keycloak", ("Donnée", "Valeur"), _account(person.account) if person.account else ())
    rows: list[Sequence[str]] = [
        (
            partner(access.partner),
            access.last_name,
            access.first_names,
            access.function,
            STATES[access.state],
            *map(in_cell, (access.requested_on, access.ended_on, access.closed_on)),
        )
        for access in person.habilitations
    ]
    columns: Sequence[str] = ("Partenaire", "Nom", "Prénom(s)", "Fonction", "État", "Demande", "Fin", "Clôture")
    yield held_table("Habilitations", columns, rows)
    rows = [
        (partner(link.partner), str(link.attempt), in_cell(link.sent_on), _became(link, person.invitations))
        for link in person.invitations
    ]
    yield held_table("Courriels d'activation", ("Partenaire", "Courriel n°", "Envoyé le", "État"), rows)
    rows = [
        (
            *(_on(hold.since), told(hold.reason), _on(hold.released_at)),
            *of_the_caf(hold.released_by or ""),
            told(hold.release_reason or ""),
        )
        for hold in person.holds
    ]
    columns = ("Depuis", "Motif", "Levée le", *of_the_caf("Levée par"), "Motif de la levée")
    yield held_table("Suspensions", columns, rows)
    rows = [
        (partner(listed.annexe.partner), in_cell(listed.annexe.transmitted_on), str(listed.list), str(listed.row))
        for listed in person.file.listed
    ]
    yield held_table(
        "Annexes 1 conservées où figure la personne", ("Partenaire", "Transmise le", "Liste", "Ligne"), rows
    )
    rows = [(partner(code) or "Caf", ROLES[role]) for code, role in person.file.roles]
    yield held_table("Rôles de contact", ("Partenaire", "Rôle"), rows)
    yield from person.connections.tables()
    rows = [(str(named.incident), in_cell(named.declared_on), in_cell(named.closed_on)) for named in person.incidents]
    yield held_table("Incidents de sécurité où figure la personne", ("N°", "Déclaré le", "Clos le"), rows)
    rows = [
        (
            *(str(entry.entry), _on(entry.at), ACTIONS.get(entry.action, entry.action)),
            *of_the_caf(entry.by),
            partner(entry.partner),
            *of_the_caf(entry.rule or ""),
        )
        for entry in person.journal
    ]
    yield held_table(
        "Journal", ("N°", "Date", "Événement", *of_the_caf("Par"), "Partenaire", *of_the_caf("Règle")), rows
    )


def held_table(title: str, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> Table:
    """A kind of data; without any, that is said."""
    return Table(title, columns, tuple(rows), empty=f"{title} : rien.")


def _became(link: HeldInvitation, links: Iterable[HeldInvitation]) -> str:
    """What became of a link. One that another followed may still work for a while: it has not always expired."""
    newest = max(other.attempt for other in links if other.habilitation == link.habilitation)
    if link.state is InvitationState.EXPIRED and link.attempt < newest:
        return "suivi d'un autre"
    return INVITATIONS[link.state]


def _account(account: AccountAnswer) -> Iterator[tuple[str, str]]:
    yield "Identifiant interne", account.id
    yield "Adresse électronique", account.email
    yield "Adresse vérifiée", _yes(account.email_verified)
    yield "Nom", account.last_name
    yield "Prénom(s)", account.first_names
    yield "Activé", _yes(account.enabled)
    yield "Mot de passe créé", _yes(account.has_password)
    if account.locked_until is not None:
        yield "Connexion bloquée jusqu'au", french_moment(account.locked_until)
    yield "Compte créé le", _on(account.created_at)
    yield "Géré par ce logiciel", _yes(account.managed)
    yield "Groupes", ", ".join(account.groups)
    for name, values in account.attributes.items():
        yield ATTRIBUTES.get(name, name), ", ".join(map(in_french, values))


def _yes(value: bool | None) -> str:
    return "" if value is None else "oui" if value else "non"


def _on(at: datetime | None) -> str:
    return in_cell(day_of(at) if at else None)
