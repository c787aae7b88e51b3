"""What the register remembers about one person: addresses, the journal's entries, suspensions, roles as a contact."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, select

from provisioner.domain.access.person_file import JournalLine
from provisioner.domain.convention import Role
from provisioner.domain.journal import Row
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Records
from provisioner.register import journal
from provisioner.register import tables as t

_FACTS = ("action", "partner", "habilitation", "rule")


def person_of(
    connection: Connection, records: Records, asked: EmailAddress
) -> tuple[tuple[EmailAddress, ...], list[Row]]:
    """Whom an address leads to: their addresses, the present one first, and the journal's entries about them.

    Those are the entries of their habilitations, and those whose personal data name one of the addresses.
    """
    emails = {one.id: one.email for one in records.habilitations if one.id is not None}
    email = asked
    if asked not in records.accounts:
        left = [one for one in lines(journal.about(connection, (), {asked})) if one.renamed_from == asked]
        email = next((emails[one.habilitation] for one in reversed(left) if one.habilitation in emails), asked)
    theirs = {id_ for id_, address in emails.items() if address == email}
    had = (one.renamed_from for one in lines(journal.about(connection, theirs, ())))
    addresses = tuple(dict.fromkeys((email, asked, *filter(None, had))))
    return addresses, journal.about(connection, theirs, addresses)


def lines(rows: Iterable[Row]) -> list[JournalLine]:
    """The entries that can be read, with the personal data that still stand beside them."""
    return [
        JournalLine(
            entry=row.entry.entry,
            sha256=row.entry.sha256,
            at=datetime.fromisoformat(facts["at"]),
            details=row.details,
            by=who.get("by", ""),
            os_user=who.get("os_user", ""),
            host=who.get("host", ""),
            sudo_user=who.get("sudo_user"),
            annexe=row.cause.annexe if row.cause is not None else None,
            decided_by=row.cause.decided_by if row.cause is not None else None,
            **{name: facts[name] for name in _FACTS},
        )
        for row in rows
        if (facts := row.entry.facts)
        for who in (row.who,)
    ]


def suspensions_of(connection: Connection, email: EmailAddress) -> tuple[Mapping[str, Any], ...]:
    """Every suspension of that account by name, those that are over included."""
    one = t.hold.c
    told = (one.since, one.reason, one.effective_at, one.released_at, one.released_by, one.release_reason)
    asked = select(*told).join(t.account, t.account.c.id == one.account).order_by(one.id)
    asked = asked.where(t.account.c.email == email, one.kind == "suspension")
    return tuple(dict(row) for row in connection.execute(asked).mappings())


def roles_of(connection: Connection, email: EmailAddress) -> tuple[tuple[str | None, Role], ...]:
    """The partners (None: the Caf) whose annexe 2 or 3 names that address, and as what."""
    asked = select(t.contact.c.partner, t.contact.c.role).where(t.contact.c.email == email)
    return tuple((row.partner, Role(row.role)) for row in connection.execute(asked))
