"""A realm and a register of many persons, put together in seconds: the rows of one real account, copied."""

from __future__ import annotations

import uuid
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import islice
from typing import Any

import psycopg
from psycopg import sql

from bench.place import Place, person_name
from provisioner.domain.access.account import digest, wanted_account
from provisioner.domain.access.habilitation import Habilitation
from provisioner.domain.people import EmailAddress, Person
from provisioner.domain.records import Records, Scope
from provisioner.keycloak.directory import Directory
from provisioner.operations.partners import Given, changed, new_partner
from provisioner.register import Register, habilitations, invitations
from provisioner.register.marks import GROUP_ROOT, REALM_ID, set_mark
from provisioner.register.partners import add_record, set_group

FIRST_NAMES = [f"Camille {person_name(number)}" for number in range(37)]

#: How many persons are written in one unit of work.
_AT_ONCE = 2000


def crowd(partners: int, each: int, day: date) -> Iterator[Habilitation]:
    """So many persons of so many partners, as an annexe of that day asks for them."""
    for number in range(partners * each):
        code = f"p{number // each:05}"
        name = person_name(number % 65_536)
        email = EmailAddress(f"{name}.{number}@{code}.example")
        person = Person(name.capitalize(), FIRST_NAMES[number % 37], f"agent {number % 41}", email)
        yield Habilitation(partner=code, person=person, requested_on=day, transmitted_on=day)


def keycloak_id(realm: str, number: int) -> str:
    """The id of the account of that number in that realm."""
    return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{realm} {number}"))


def fill_register(register: Register, partners: int, each: int, groups: Sequence[str], realm: str, root: str) -> None:
    """Enters the crowd as open, with links that left 30 days ago and were used since, and the journal of all that."""
    clock = register.clock
    day = clock.today() - timedelta(days=30)
    signed = Given(name="Partenaire", signed_on=day - timedelta(days=30))
    with register.work("bench") as work:
        set_mark(work, REALM_ID, realm)
        set_mark(work, GROUP_ROOT, root)
        for number in range(partners):
            code = f"p{number:05}"
            given = Given(name=signed.name, signed_on=signed.signed_on, domains=[f"{code}.example"])
            add_record(work, changed(new_partner(code), given))
            set_group(work, code, groups[number])
    people, number, sent_at = crowd(partners, each, day), 0, clock.now() - timedelta(days=30)
    while some := list(islice(people, _AT_ONCE)):
        asked = Records(partners={}).with_habilitations(some)
        with register.work("bench") as work:
            habilitations.save_habilitations(work, Records(partners={}), asked)
            emails = {h.email for h in some}
            numbers = habilitations.numbers_in(work.connection, Scope(emails=frozenset(emails)))
            made = habilitations.habilitations_of(work.connection, numbers)
            for habilitation in made:
                written = digest(wanted_account([habilitation], enabled=True))
                habilitations.account_intended(work, habilitation.email, written)
                habilitations.account_written(work, habilitation.email, keycloak_id(realm, number), written)
                habilitations.opened(work, habilitation, "open", "A1")
                habilitations.link_due(work, habilitation)
                invitations.intend_invitation(
                    work, habilitation, 1, sent_at, timedelta(days=1), events_kept=True, again=False
                )
                invitations.settle_invitation(work, habilitation, 1, sent_at)
                number += 1
        with register.work("bench") as work:  # another one: a password is seen after the link
            for habilitation in made:
                invitations.used(work, habilitation)


def fill_realm(place: Place, database: str, partners: int, each: int) -> list[str]:
    """Copies one account of the realm as often as there are persons, in the groups of their partners; the groups."""
    directory = Directory(place.settings.keycloak)
    day = place.clock.today() - timedelta(days=30)
    codes = [f"p{number:05}" for number in range(partners)]
    groups, realm = [directory.place_group(code) for code in codes], directory.realm_id()
    people = list(crowd(partners, each, day))
    model = directory.open_account(wanted_account(people[:1], enabled=True), [people[0].partner])
    directory.close()
    with psycopg.connect(database) as connection:
        rows = {
            table: _rows(connection, table, column, model)
            for table, column in (
                ("user_entity", "id"),
                ("user_attribute", "user_id"),
                ("user_group_membership", "user_id"),
                ("user_role_mapping", "user_id"),
            )
        }
        for table in reversed(rows):
            connection.execute(
                sql.SQL("DELETE FROM {} WHERE {} = %s").format(
                    sql.Identifier(table), sql.Identifier("id" if table == "user_entity" else "user_id")
                ),
                [model],
            )
        for table, models in rows.items():
            names = list(models[0])
            copy = sql.SQL("COPY {} ({}) FROM STDIN").format(
                sql.Identifier(table), sql.SQL(",").join(map(sql.Identifier, names))
            )
            with connection.cursor().copy(copy) as out:
                for number, habilitation in enumerate(people):
                    id_, group = keycloak_id(realm, number), groups[number // each]
                    for row in models:
                        out.write_row(list(_as(row, id_, habilitation, group).values()))
        connection.execute("ANALYZE")
    return groups


def _rows(connection: psycopg.Connection[Any], table: str, column: str, model: str) -> list[dict[str, Any]]:
    asked = sql.SQL("SELECT * FROM {} WHERE {} = %s").format(sql.Identifier(table), sql.Identifier(column))
    cursor = connection.execute(asked, [model])
    names = [described.name for described in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor]


def _as(row: dict[str, Any], id_: str, habilitation: Habilitation, group: str) -> dict[str, Any]:
    person, email = habilitation.person, habilitation.email
    values = {"user_id": id_, "group_id": group}
    if "email_constraint" in row:
        values |= {"id": id_, "email": email, "email_constraint": email, "username": email}
        values |= {"first_name": person.first_names, "last_name": person.last_name}
    elif "value" in row:
        values |= {"id": str(uuid.uuid5(uuid.UUID(id_), row["name"] + row["value"]))}
        shown = {"partenaire": habilitation.partner, "fonction": person.function}
        values |= {"value": shown.get(row["name"], row["value"])}
    return row | {name: value for name, value in values.items() if name in row}
