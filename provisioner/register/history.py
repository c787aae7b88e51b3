"""What the register remembers about one person: the journal's entries, suspensions by name, roles as a contact."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, or_, select

from provisioner.domain.contacts import Role
from provisioner.domain.dossier import JournalLine, Suspension
from provisioner.domain.people import EmailAddress
from provisioner.register import tables as t

_ENTRIES = t.journal_entry.outerjoin(t.journal_detail, t.journal_detail.c.entry == t.journal_entry.c.entry)


def address_after(connection: Connection, old: EmailAddress) -> EmailAddress | None:
    """The address that the person who had that one has now; None when nobody's was changed from it."""
    lines = _lines(connection, [_has("old", old)])
    renamed = [one for one in lines if one.action == "account.renamed" and one.details.get("old") == old]
    if not renamed:
        return None
    joined = t.habilitation.join(t.account, t.account.c.id == t.habilitation.c.account)
    now = select(t.account.c.email).select_from(joined).where(t.habilitation.c.id == renamed[-1].habilitation)
    email = connection.execute(now).scalar()
    return EmailAddress(email) if email else None


def journal_about(
    connection: Connection, habilitations: Collection[int], addresses: Collection[EmailAddress]
) -> tuple[JournalLine, ...]:
    """The entries about these habilitations, and those whose details name one of the addresses.

    The latter are told without their details, which may name others.
    """
    named = [_quoted(one) for one in addresses]
    lines = _lines(connection, [*map(_of_habilitation, sorted(habilitations)), *named])
    return tuple(one if one.habilitation in habilitations else replace(one, details={}) for one in lines)


def old_addresses(lines: Collection[JournalLine]) -> set[EmailAddress]:
    """The addresses that the person had before."""
    return {EmailAddress(one.details["old"]) for one in lines if one.action == "account.renamed" and one.details}


def suspensions_of(connection: Connection, email: EmailAddress) -> tuple[Suspension, ...]:
    """Every suspension of that account by name, those that are over included."""
    asked = (
        select(t.hold)
        .join(t.account, t.account.c.id == t.hold.c.account)
        .where(t.account.c.email == email, t.hold.c.kind == "suspension")
        .order_by(t.hold.c.id)
    )
    return tuple(
        Suspension(
            reason=row.reason,
            since=row.since,
            effective_at=row.effective_at,
            released_at=row.released_at,
            released_by=row.released_by,
            release_reason=row.release_reason,
        )
        for row in connection.execute(asked)
    )


def roles_of(connection: Connection, email: EmailAddress) -> tuple[tuple[str | None, Role], ...]:
    """The partners (None: the Caf) whose annexe 2 or 3 names that address, and as what."""
    asked = select(t.contact.c.partner, t.contact.c.role).where(t.contact.c.email == email)
    return tuple((row.partner, Role(row.role)) for row in connection.execute(asked))


def _lines(connection: Connection, any_of: Collection[ColumnElement[bool]]) -> list[JournalLine]:
    if not any_of:
        return []
    columns = (t.journal_entry.c.entry, t.journal_entry.c.body, t.journal_entry.c.sha256, t.journal_detail.c.data)
    found = select(*columns).select_from(_ENTRIES).where(or_(*any_of)).order_by(t.journal_entry.c.entry)
    return [_line(row) for row in connection.execute(found)]


def _line(row: Any) -> JournalLine:
    body = json.loads(row.body)
    return JournalLine(
        entry=row.entry,
        at=datetime.fromisoformat(body["at"]),
        by=body["by"],
        os_user=body["os_user"],
        host=body["host"],
        action=body["action"],
        sha256=row.sha256,
        partner=body["partner"],
        habilitation=body["habilitation"],
        rule=body["rule"],
        details=json.loads(row.data) if row.data else {},
    )


def _of_habilitation(id_: int) -> ColumnElement[bool]:
    """Bodies are canonical JSON: their keys are sorted, and no text in them has a bare quotation mark."""
    return t.journal_entry.c.body.contains(f'"habilitation":{id_},"host":', autoescape=True)


def _has(key: str, address: EmailAddress) -> ColumnElement[bool]:
    return t.journal_detail.c.data.contains(f'"{key}":{_json(address)}', autoescape=True)


def _quoted(address: EmailAddress) -> ColumnElement[bool]:
    return t.journal_detail.c.data.contains(_json(address), autoescape=True)


def _json(address: EmailAddress) -> str:
    return json.dumps(address, ensure_ascii=False)
