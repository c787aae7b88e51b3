"""The journal's rows: appended in the transaction of what they tell, read back to be verified."""

from __future__ import annotations

import getpass
import json
import secrets
import socket
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
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


class Chain:
    """The entries of one unit of work: chained as they come, written together at its end."""

    def __init__(self, connection: Connection, actor: Actor, clock: Clock) -> None:
        self.connection, self.actor, self.clock = connection, actor, clock
        self.last: tuple[int, str] | None = None
        self.entries: list[dict[str, Any]] = []
        self.details: list[dict[str, Any]] = []

    def append(self, facts: Mapping[str, Any], details: Mapping[str, Any]) -> None:
        """Adds an entry; the personal data go beside it."""
        number, previous = self.last or self._read_last()
        salt = secrets.token_hex(16)
        body = {
            **facts,
            "at": self.clock.now().isoformat(timespec="microseconds"),
            "by": self.actor.by,
            "os_user": self.actor.os_user,
            "host": self.actor.host,
            "details": journal.digest_of_details(salt, details) if details else None,
        }
        if self.clock.is_moved:
            body["today_moved"] = self.clock.today().isoformat()
        one = journal.chain(number + 1, body, previous)
        self.last = (one.entry, one.sha256)
        self.entries.append(asdict(one))
        if details:
            beside = {"habilitation": facts.get("habilitation"), "data": journal.canonical(details)}
            self.details.append({"entry": one.entry, "salt": salt, **beside})

    def write(self) -> None:
        """Writes the entries, in the transaction of what they tell."""
        if self.entries:
            self.connection.execute(insert(journal_entry), self.entries)
        if self.details:
            self.connection.execute(insert(journal_detail), self.details)

    def _read_last(self) -> tuple[int, str]:
        """The chain's end, which is ours until the transaction ends: SQLite has one writer, PostgreSQL a lock."""
        if self.connection.dialect.name == "postgresql":
            self.connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _APPEND_LOCK})
        ends = select(journal_entry.c.entry, journal_entry.c.sha256).order_by(journal_entry.c.entry.desc()).limit(1)
        last = self.connection.execute(ends).first()
        return (last.entry, last.sha256) if last else (0, journal.GENESIS)


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
