"""The journal's rows: appended in the transaction of what they tell, read back to be verified."""

from __future__ import annotations

import getpass
import json
import secrets
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, insert, select, text

from provisioner.clock import Clock
from provisioner.domain import journal
from provisioner.register.tables import journal_detail, journal_entry

#: Names the advisory lock that keeps appends in line on PostgreSQL.
_APPEND_LOCK = 0x70726F76


@dataclass(frozen=True, slots=True)
class Actor:
    """Who acts: the declared name (`--by`, or the command) beside the operating system's user and host."""

    by: str
    os_user: str
    host: str

    @classmethod
    def here(cls, by: str) -> Actor:
        """That name, on this machine."""
        try:
            user = getpass.getuser()
        except (KeyError, OSError):  # a container's user may have no name
            user = "unknown"
        return cls(by, user, socket.gethostname())


def append(
    connection: Connection, actor: Actor, clock: Clock, facts: Mapping[str, Any], details: Mapping[str, Any]
) -> int:
    """Adds an entry to the chain and returns its number; the personal data go beside it."""
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _APPEND_LOCK})
    last = connection.execute(
        select(journal_entry.c.entry, journal_entry.c.sha256).order_by(journal_entry.c.entry.desc()).limit(1)
    ).first()
    salt = secrets.token_hex(16)
    body = {
        **facts,
        "at": clock.now().isoformat(timespec="microseconds"),
        "by": actor.by,
        "os_user": actor.os_user,
        "host": actor.host,
        "details": journal.digest_of_details(salt, details) if details else None,
    }
    if clock.is_moved:
        body["today_moved"] = clock.today().isoformat()
    entry = journal.chain(last.entry + 1 if last else 1, body, last.sha256 if last else journal.GENESIS)
    connection.execute(
        insert(journal_entry).values(entry=entry.entry, body=entry.body, previous=entry.previous, sha256=entry.sha256)
    )
    if details:
        connection.execute(
            insert(journal_detail).values(
                entry=entry.entry,
                salt=salt,
                habilitation=facts.get("habilitation"),
                data=journal.canonical(details),
            )
        )
    return entry.entry


def entries(connection: Connection) -> Iterator[journal.Entry]:
    """The chain, oldest first."""
    for row in connection.execute(select(journal_entry).order_by(journal_entry.c.entry)):
        yield journal.Entry(row.entry, row.body, row.previous, row.sha256)


def bad_detail(connection: Connection) -> int | None:
    """The first entry whose personal data are there and are not those that it was made with."""
    rows = connection.execute(
        select(journal_entry.c.entry, journal_entry.c.body, journal_detail.c.salt, journal_detail.c.data)
        .join(journal_detail, journal_detail.c.entry == journal_entry.c.entry)
        .order_by(journal_entry.c.entry)
    )
    for row in rows:
        if journal.digest_of_details(row.salt, json.loads(row.data)) != json.loads(row.body).get("details"):
            return int(row.entry)
    return None
