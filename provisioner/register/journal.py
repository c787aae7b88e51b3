"""The journal's rows: appended in the transaction of what they tell, read back to be verified."""

from __future__ import annotations

import getpass
import secrets
import socket
from collections.abc import Collection, Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, LargeBinary, cast, false, func, insert, or_, select, text

from provisioner.clock import Clock
from provisioner.domain import journal
from provisioner.domain.journal import Detail, Entry, Head
from provisioner.domain.journal_check import Row
from provisioner.register.tables import journal_detail, journal_entry

if TYPE_CHECKING:
    from provisioner.register.database import Register

#: Names the advisory lock that keeps appends in line on PostgreSQL.
_APPEND_LOCK = 0x70726F76

#: How many entries are read at once.
PAGE = 2000


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
        self.last: Head | None = None
        self.entries: list[dict[str, Any]] = []
        self.details: list[dict[str, Any]] = []

    def append(self, facts: Mapping[str, Any], details: Mapping[str, Any]) -> None:
        """Adds an entry; the personal data go beside it."""
        last = self.last or head(self.connection)
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
        one = journal.chain(last.entry + 1, body, last.sha256)
        self.last = Head(one.entry, one.sha256)
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


def lock(connection: Connection) -> None:
    """Makes the chain's end ours until the transaction ends: SQLite has one writer anyway, PostgreSQL needs a lock.

    It is the first lock of each unit of work, so that two of them never wait for each other.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _APPEND_LOCK})


def pages(register: Register, first: int = 1) -> Iterator[list[Row]]:
    """The entries from that one on, oldest first, with what personal data stand beside them.

    Each page is a read of its own: nobody who writes waits while an answer is looked at.

    Raises:
        RegisterUnavailable: the database cannot be read.
    """
    after = first - 1
    while True:
        with register.read() as connection:
            page = _rows(connection, journal_entry.c.entry > after, PAGE)
        if page:
            yield page
            after = page[-1][0].entry
        if len(page) < PAGE:
            return


def head(connection: Connection) -> Head:
    """The newest entry's number and digest, as they are stored."""
    ends = select(journal_entry.c.entry, journal_entry.c.sha256).order_by(journal_entry.c.entry.desc()).limit(1)
    last = connection.execute(ends).first()
    return Head(last.entry, last.sha256) if last else journal.EMPTY


def stray_detail(connection: Connection) -> int | None:
    """The first entry that left its personal data behind: it is there no more."""
    known = select(journal_entry.c.entry)
    return connection.execute(
        select(func.min(journal_detail.c.entry)).where(journal_detail.c.entry.not_in(known))
    ).scalar()


def about(connection: Connection, habilitations: Collection[int], addresses: Collection[str]) -> list[Row]:
    """The entries of these habilitations, and those whose personal data name one of the addresses, oldest first."""
    bodies, data = journal_entry.c.body, journal_detail.c.data
    told = [bodies.contains(f'"habilitation":{one},', autoescape=True) for one in sorted(habilitations)]
    told += [data.icontains(one, autoescape=True) for one in sorted(addresses)]
    return [
        (entry, detail)
        for entry, detail in _rows(connection, or_(false(), *told))
        if entry.facts.get("habilitation") in habilitations
        or (detail is not None and bool(addresses) and journal.names(addresses, detail.data))
    ]


def _rows(connection: Connection, which: ColumnElement[bool], most: int | None = None) -> list[Row]:
    entry, detail = journal_entry.c, journal_detail.c
    columns: list[ColumnElement[Any]] = [entry.body, entry.previous, entry.sha256, detail.salt, detail.data]
    if connection.dialect.name == "sqlite":  # as bytes: a damaged text would end the whole read
        columns = [cast(one, LargeBinary) for one in columns]
    found = connection.execute(
        select(entry.entry, detail.habilitation, *columns)
        .select_from(journal_entry.outerjoin(journal_detail, detail.entry == entry.entry))
        .where(which)
        .order_by(entry.entry)
        .limit(most)
    )
    return [_row(*row) for row in found]


def _row(number: int, about: int | None, *texts: bytes | str | None) -> Row:
    read = (one.decode("utf-8", "replace") if isinstance(one, bytes) else one for one in texts)
    body, previous, sha256, salt, data = read
    detail = None if data is None else Detail(salt or "", data, about)
    return Entry(number, body or "", previous or "", sha256 or ""), detail
