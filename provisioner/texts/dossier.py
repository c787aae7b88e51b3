"""The page that is handed to a person who asks what is held on them (D5), in French."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined, Template

from provisioner.domain.contacts import Role
from provisioner.domain.days import PARIS
from provisioner.domain.dossier import Dossier, JournalLine, Listed, Suspension
from provisioner.domain.habilitation import Habilitation, State
from provisioner.domain.retention import account_due_on, habilitation_due_on
from provisioner.texts.contacts import ROLES
from provisioner.texts.dates import french_date
from provisioner.texts.explanation import INVITATIONS
from provisioner.texts.journal import ACTIONS

STATES = {
    State.PLANNED: "prévu",
    State.OPEN: "ouvert",
    State.SUSPENDED: "suspendu",
    State.CLOSED: "clôturé",
}

_ATTRIBUTES = {
    "partenaire": "Partenaire",
    "fonction": "Fonction",
    "date_demande_habilitation": "Date de demande d'habilitation",
    "date_fin_habilitation": "Date de fin d'habilitation",
    "gere_par": "Géré par",
}


@dataclass(frozen=True, slots=True)
class _Table:
    """A caption, the columns' titles, and the rows."""

    caption: str
    titles: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


def dossier_page(person: Dossier) -> str:
    """The whole page as HTML: no script, nothing from outside, every value shown as text."""
    name = next((f"{one.person.first_names} {one.person.last_name}" for one in reversed(person.accesses)), "")
    return _template().render(
        name=name,
        email=person.email,
        on=french_date(person.today),
        account=tuple(_account(person)),
        tables=tuple(_tables(person)),
    )


@cache
def _template() -> Template:
    environment = Environment(
        loader=PackageLoader("provisioner.texts"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("dossier.html")


def _account(person: Dossier) -> Iterator[tuple[str, str]]:
    """The Keycloak account, a title and a value a line; nothing when there is none."""
    found = person.found or person.other
    if found is None:
        return
    account = found.account
    verified = {True: "oui", False: "non", None: "inconnu"}[account.email_verified]
    yield "Identifiant interne", account.id
    yield "Nom", account.last_name
    yield "Prénom(s)", account.first_names
    yield "Adresse électronique", account.email
    yield "Adresse vérifiée", verified
    yield "État", "activé" if account.enabled else "désactivé"
    yield "Mot de passe", "créé (connu de vous seul)" if found.has_password else "pas encore créé"
    yield "Compte créé le", _at(account.created_at)
    yield "Groupes", ", ".join(found.groups)
    for key, values in sorted(account.attributes.items()):
        yield _ATTRIBUTES.get(key, key), ", ".join(map(_shown, values))
    if (due_on := account_due_on(person.accesses)) is not None and person.found is not None:
        yield "Conservation", f"jusqu'au {french_date(due_on)}, puis destruction"


_TITLES = {
    "Habilitations": (
        "Partenaire",
        "Nom",
        "Prénom(s)",
        "Fonction",
        "État",
        "Demande",
        "Fin",
        "Clôture",
        "Conservation",
    ),
    "Courriels d'activation": ("Partenaire", "Courriel n°", "Envoyé le", "Suite"),
    "Suspensions": ("Depuis", "Motif", "Levée le", "Motif de la levée"),
    "Annexes 1 conservées qui vous nomment": ("Partenaire", "Annexe 1 transmise le", "Liste", "Ligne"),
    "Rôles de contact": ("Organisme", "Rôle"),
    "Journal": ("N°", "Date", "Événement", "Partenaire", "Règle"),
}


def _tables(person: Dossier) -> Iterator[_Table]:
    names = {code: partner.name for code, partner in person.records.partners.items()}
    rows: tuple[Iterator[tuple[str, ...]], ...] = (
        (_habilitation(person, one, names) for one in person.accesses),
        _invitations(person, names),
        (_suspension(one) for one in person.suspensions),
        (_listed(one, names) for one in person.listed),
        (_role(*one, names) for one in person.roles),
        (_entry(line, names) for line in person.journal),
    )
    for (caption, titles), found in zip(_TITLES.items(), rows, strict=True):
        yield _Table(caption, titles, tuple(found))


def _suspension(one: Suspension) -> tuple[str, ...]:
    return _at(one.since), one.reason, _at(one.released_at), one.release_reason or ""


def _listed(one: Listed, names: dict[str, str]) -> tuple[str, ...]:
    return names[one.annexe.partner], _on(one.annexe.transmitted_on), str(one.list), str(one.row)


def _habilitation(person: Dossier, one: Habilitation, names: dict[str, str]) -> tuple[str, ...]:
    due_on = habilitation_due_on(one, person.accesses)
    state = STATES[person.records.state_of(one)]
    dates = (_on(one.requested_on), _on(one.end.on if one.end else None), _on(one.closed_on))
    kept = f"jusqu'au {french_date(due_on)}" if due_on else "tant que l'accès dure"
    of = one.person
    return (names[one.partner], of.last_name, of.first_names, of.function, state, *dates, kept)


def _invitations(person: Dossier, names: dict[str, str]) -> Iterator[tuple[str, ...]]:
    for one in person.accesses:
        for each in person.records.invitations_of(one):
            became = INVITATIONS[person.attempt_state(one, each)]
            yield names[one.partner], str(each.attempt), _at(each.sent_at), became


def _role(partner: str | None, role: Role, names: dict[str, str]) -> tuple[str, ...]:
    return names[partner] if partner else "Caf", ROLES[role]


def _entry(line: JournalLine, names: dict[str, str]) -> tuple[str, ...]:
    partner = names.get(line.partner, line.partner) if line.partner else ""
    return str(line.entry), _at(line.at), ACTIONS.get(line.action, line.action), partner, line.rule or ""


def _shown(value: str) -> str:
    """An attribute's value; a date is written as French people do."""
    try:
        return french_date(date.fromisoformat(value))
    except ValueError:
        return value


def _on(day: date | None) -> str:
    return french_date(day) if day else ""


def _at(moment: datetime | None) -> str:
    return french_date(moment.astimezone(PARIS).date()) if moment else ""
