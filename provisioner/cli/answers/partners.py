"""What `partner …` and `caf show` answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

from rich.console import RenderableType

from provisioner.cli.answers.values import day, french, short, who
from provisioner.cli.printing import Answer, line, table
from provisioner.domain.access.habilitation import Habilitation
from provisioner.domain.convention import Contacts, Partner
from provisioner.domain.records import Records
from provisioner.operations.adoption import Candidate
from provisioner.operations.partner_import import Imported
from provisioner.views.adoption import ADOPTED, MATCHES
from provisioner.views.contacts import ROLES, unnamed_roles
from provisioner.views.conventions import convention_sentence, imported_lines
from provisioner.views.dates import french_date
from provisioner.views.dossier import STATES


def partner(one: Partner, records: Records, annexe_2: Contacts | None, today: date) -> Answer:
    """`partner show`: its convention on that day, its domains, its contacts, its habilitations."""
    mine, known = records.of_partner(one.code), contacts(annexe_2, 2)
    habilitations = [
        {
            "email": each.email,
            "state": records.state_of(each).value,
            "requested_on": day(each.requested_on),
            "ended_on": day(_end(each)),
            "closed_on": day(each.closed_on),
        }
        for each in mine
    ]

    def lines() -> Iterator[RenderableType]:
        yield line(f"{one.name} ({one.code})", style="bold")
        yield line(convention_sentence(one, today))
        yield line(f"Domaines : {', '.join(sorted(one.domains)) or 'aucun'}")
        if one.addresses:
            yield line(f"Adresses déclarées : {', '.join(sorted(one.addresses))}")
        yield from known.text
        rows = (
            (
                str(each.id),
                who(each),
                STATES[records.state_of(each)],
                *map(short, (each.requested_on, _end(each), each.closed_on)),
            )
            for each in mine
        )
        yield from table("Habilitations", ("N°", "Personne", "État", "Demande", "Fin", "Clôture"), rows)

    return Answer({**_json(one), "contacts": known.json, "habilitations": habilitations}, lines())


def partners(records: Records) -> Answer:
    """`partner list`: a line each."""
    opens = {code: len(records.open_addresses(code)) for code in records.partners}
    rows = (
        (code, one.name, french(one.signed_on) or "non signée", french(one.last_day), str(opens[code]))
        for code, one in records.partners.items()
    )
    columns = ("Code", "Nom", "Signée le", "Dernier jour", "Accès ouverts")
    return Answer(
        [{**_json(one), "open": opens[code]} for code, one in records.partners.items()],
        table("Partenaires", columns, rows, empty="Aucun partenaire n'est enregistré."),
    )


def contacts(known: Contacts | None, annexe: int) -> Answer:
    """`caf show`: who answers for what, from an annexe 2 or 3."""
    if known is None:
        return Answer({}, [line(f"Contacts (annexe {annexe}) : aucun enregistré.")])
    people = {one.role.value: {"name": one.name, "email": one.email} for one in known.people}
    title = f"Contacts (annexe {annexe} du {french_date(known.dated)})"
    rows = ((ROLES[one.role], one.name, one.email) for one in known.people)
    shown = table(title, ("Rôle", "Nom", "Adresse électronique"), rows)
    unnamed = [line(unnamed_roles(known.unnamed))] if annexe == 3 and known.unnamed else []
    return Answer({"on": day(known.dated), **people}, [*shown, *unnamed])


def imported(done: Imported) -> Answer:
    """`partner import`: what it did, or would do."""
    return Answer(asdict(done), map(line, imported_lines(done.added, done.changed, done.unchanged)))


def candidates(found: Sequence[Candidate], *, are_adopted: bool) -> Answer:
    """`partner adopt`: what stands behind each address that is to be adopted."""
    rows = (
        (
            one.email,
            f"{one.account.first_names} {one.account.last_name}" if one.account else "",
            ADOPTED if are_adopted else MATCHES[one.match],
        )
        for one in found
    )
    return Answer(
        [{"email": one.email, "match": one.match.value, "can_be_adopted": one.can_be_adopted} for one in found],
        table("Comptes à reprendre", ("Adresse", "Personne", "Constat"), rows),
    )


def _end(one: Habilitation) -> date | None:
    return one.end.on if one.end else None


def _json(one: Partner) -> dict[str, Any]:
    return {
        "code": one.code,
        "name": one.name,
        "domains": sorted(one.domains),
        "addresses": sorted(one.addresses),
        "signed_on": day(one.signed_on),
        "ends_on": day(one.last_day),
    }
