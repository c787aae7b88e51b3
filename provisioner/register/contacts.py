"""The contacts of annexes 2 and 3 in the register: read, and replaced as a whole (N3)."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import Connection, delete, insert, select

from provisioner.domain.convention import Contact, Contacts, Role
from provisioner.domain.people import EmailAddress
from provisioner.register.database import Work
from provisioner.register.tables import contact


def contacts_of(connection: Connection, partner: str | None) -> Contacts | None:
    """The partner's contacts (the Caf's own for None), or None when none are known."""
    rows = connection.execute(select(contact).where(contact.c.partner == partner)).all()  # None: IS NULL
    return _contacts(rows)


def contacts_by_partner(connection: Connection) -> dict[str, Contacts]:
    """The contacts of every partner that has some."""
    rows: dict[str, list[Any]] = {}
    for row in connection.execute(select(contact).where(contact.c.partner.is_not(None))):
        rows.setdefault(row.partner, []).append(row)
    return {code: found for code, of_one in rows.items() if (found := _contacts(of_one))}


def replace_contacts(work: Work, partner: str | None, contacts: Contacts) -> None:
    """These contacts, and nothing of the ones before; the journal tells, names and addresses beside the chain."""
    work.connection.execute(delete(contact).where(contact.c.partner == partner))
    rows = [{"role": one.role.value, "name": one.name, "email": one.email} for one in contacts.people]
    work.connection.execute(insert(contact), [{"partner": partner, "dated": contacts.dated, **row} for row in rows])
    work.journal(
        "partner.contacts" if partner else "caf.contacts",
        partner=partner,
        rule="N1" if partner else "N2",
        details={"dated": contacts.dated.isoformat(), "people": rows},
    )


def _contacts(rows: Iterable[Any]) -> Contacts | None:
    found = {Role(row.role): row for row in rows}
    if not found:
        return None
    people = [Contact(role, found[role].name, EmailAddress(found[role].email)) for role in Role if role in found]
    return Contacts(next(iter(found.values())).dated, tuple(people))
