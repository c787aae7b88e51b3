"""The journal's rows: appended in the transaction of what they tell, read back to be verified."""

from __future__ import annotations

import os
import pwd
import secrets
import socket
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, Connection, LargeBinary, cast, exists, false, func, insert, or_, select, text

from provisioner.clock import Clock
from provisioner.domain import journal
from provisioner.domain.annexe.decisions import readable
from provisioner.domain.journal import ActorDetail, Detail, Entry, Head, JournalLine, Row
from provisioner.domain.people import EmailAddress, names
from provisioner.register.mapper import in_parts
from provisioner.register.tables import (
    account,
    habilitation,
    journal_actor,
    journal_detail,
    journal_entry,
    old_journal,
)

if TYPE_CHECKING:
    from provisioner.register.database import Register

#: Names the advisory lock that keeps appends in line on PostgreSQL.
_APPEND_LOCK = 0x70726F76

# Made once: what each unit of work asks.
_LOCK = text("SELECT pg_advisory_xact_lock(:key)")
_END = select(journal_entry.c.entry, journal_entry.c.sha256).order_by(journal_entry.c.entry.desc()).limit(1)
_ADD_ENTRIES, _ADD_ACTORS, _ADD_DETAILS = insert(journal_entry), insert(journal_actor), insert(journal_detail)

_ENTRY = [field.name for field in fields(journal.Entry)]

#: What each entry has, be it nothing.
_ALWAYS = ("action", "partner", "habilitation", "rule")

#: What stands beside these names no person: numbers, digests, moments. There are many of them.
_NAMING_NOBODY = frozenset({"notice", "run.begun", "run.ended"})

#: In `journal_detail.may_name`, of an entry of no partner.
ANYBODY = "*"

#: How many entries are read at once.
PAGE = 2000


@dataclass(frozen=True, slots=True)
class Machine:
    """Where this process runs, and as which user of the system: what an entry has of its actor beside the name.

    `sudo_user` is who called sudo, where it was used: the system's user is then another one.
    """

    os_user: str
    host: str
    sudo_user: str | None = None

    @classmethod
    def here(cls) -> Machine:
        """This process's."""
        try:
            user = pwd.getpwuid(os.getuid()).pw_name  # not by a variable, which anybody can set
        except KeyError:  # a container's user may have no name
            user = str(os.getuid())
        return cls(user, socket.gethostname(), readable(os.environ.get("SUDO_USER", "")) or None)


class Chain:
    """The entries of one unit of work: chained as they come, written together at its end."""

    def __init__(self, connection: Connection, machine: Machine, by: str, clock: Clock) -> None:
        self.connection, self.machine, self.by, self.clock = connection, machine, by, clock
        self.last: Head | None = None
        self.entries: list[dict[str, Any]] = []
        self.details: list[dict[str, Any]] = []
        self.actors: list[dict[str, Any]] = []

    def append(
        self, facts: Mapping[str, Any], details: Mapping[str, Any], by: str | None = None, at: datetime | None = None
    ) -> int:
        """Adds an entry; names and personal data go beside it. Gives its number.

        Args:
            facts: what stands in the chain: nothing of a person.
            details: personal data, if any.
            by: who decided, when it is not who acts.
            at: the moment, when it is recorded elsewhere too; else now.
        """
        last = self.head
        body = {name: value for name, value in facts.items() if value is not None or name in _ALWAYS}
        body |= {"at": (at or self.clock.now()).isoformat(timespec="microseconds"), "host": self.machine.host}
        names = {"by": by or self.by, "os_user": self.machine.os_user, "sudo_user": self.machine.sudo_user}
        salted, told = secrets.token_hex(16), {name: value for name, value in names.items() if value}
        body["actor"] = journal.digest_of_details(salted, told)
        salt = secrets.token_hex(16)
        body["details"] = journal.digest_of_details(salt, details) if details else None
        if self.clock.is_moved:
            body["today_moved"] = self.clock.today().isoformat()
        entry = journal.chain(last.entry + 1, body, last.sha256)
        self.last = Head(entry.entry, entry.sha256)
        self.entries.append({field: getattr(entry, field) for field in _ENTRY})
        beside = {"partner": facts.get("partner"), "data": journal.canonical(told)}
        self.actors.append({"entry": entry.entry, "salt": salted, **beside})
        if details:
            beside = {"habilitation": facts.get("habilitation"), "may_name": may_name(body)}
            self.details.append({"entry": entry.entry, "salt": salt, **beside, "data": journal.canonical(details)})
        return entry.entry

    @property
    def head(self) -> Head:
        """The newest entry, be it not written yet."""
        if self.last is None:
            self.last = head(self.connection)
        return self.last

    def write(self) -> None:
        """Writes the entries, in the transaction of what they tell."""
        if self.entries:
            self.connection.execute(_ADD_ENTRIES, self.entries)
            self.connection.execute(_ADD_ACTORS, self.actors)
        if self.details:
            self.connection.execute(_ADD_DETAILS, self.details)
        self.entries, self.details, self.actors = [], [], []


def may_name(facts: Mapping[str, Any]) -> str | None:
    """Whose persons the details of an entry may name: a partner's, by its code, or `ANYBODY`'s. None where that is
    the person of a habilitation, by whose number they are looked up, or nobody.
    """
    if facts.get("habilitation") is not None or facts.get("action") in _NAMING_NOBODY:
        return None
    return facts.get("partner") or ANYBODY


def lock(connection: Connection) -> None:
    """Makes the chain's end ours until the transaction ends: SQLite has one writer anyway, PostgreSQL needs a lock.

    It is the first lock of each unit of work, so that two of them never wait for each other.
    """
    if connection.dialect.name == "postgresql":
        connection.execute(_LOCK, {"key": _APPEND_LOCK})


def pages(register: Register, first: int = 1) -> Iterator[list[Row]]:
    """The entries from that one on, oldest first, with what personal data stand beside them.

    Each page is a read of its own: nobody who writes waits while an answer is looked at.

    Raises:
        RegisterUnavailable: the database cannot be read.
    """
    after = first - 1
    while True:
        with register.read() as connection:
            rows = _with_causes(connection, page(connection, after))
        if rows:
            yield rows
            after = rows[-1].entry.entry
        if len(rows) < PAGE:
            return


def page(connection: Connection, after: int) -> list[Row]:
    """The entries that follow that one, a page of them, without their causes."""
    return _read(connection, journal_entry.c.entry > after, PAGE)


def following(connection: Connection, after: int = 0) -> Iterator[Row]:
    """The entries that follow that one, oldest first, a page at a time, all at the connection's one moment."""
    while rows := page(connection, after):
        yield from rows
        after = rows[-1].entry.entry


def head(connection: Connection) -> Head:
    """The newest entry's number and digest, as they are stored."""
    last = connection.execute(_END).first()
    return Head(last.entry, last.sha256) if last else journal.EMPTY


def old_digest(connection: Connection, entry: int) -> str | None:
    """The digest of an entry of the chain before this one, which named who acted (D8)."""
    return connection.execute(select(old_journal.c.sha256).where(old_journal.c.entry == entry)).scalar()


def names_of_actors(connection: Connection) -> frozenset[str]:
    """Who acted, by the names that are still known: each as it was given with `--by`, and the system's users."""
    told = connection.execute(select(journal_actor.c.data).distinct()).scalars()
    return frozenset(str(name) for data in told for name in journal.read(data).values())


def decisions(connection: Connection, entries: Iterable[int]) -> dict[int, Row]:
    """The entries of these numbers, with what still stands beside them: which annexe, who decided (D8)."""
    parts = in_parts(set(entries))
    return {row.entry.entry: row for part in parts for row in _read(connection, journal_entry.c.entry.in_(part))}


def of_actions(connection: Connection, actions: Iterable[str]) -> list[Row]:
    """The entries of these actions, oldest first."""
    told = [journal_entry.c.body.contains(f'"action":"{action}"', autoescape=True) for action in actions]
    return _read(connection, or_(false(), *told))


def stray(connection: Connection) -> int | None:
    """The first entry that left behind what stood beside it: it is there no more."""
    stray_entries = (
        connection.execute(
            # Not NOT IN: PostgreSQL looks through all entries for each one, once they are some hundred thousand.
            select(func.min(beside.c.entry)).where(~exists().where(journal_entry.c.entry == beside.c.entry))
        ).scalar()
        for beside in (journal_detail, journal_actor)
    )
    return min((entry for entry in stray_entries if entry is not None), default=None)


def about(connection: Connection, habilitations: Collection[int], addresses: Collection[str]) -> list[Row]:
    """The entries of these habilitations, and those whose personal data name one of the addresses, oldest first."""
    bodies, data = journal_entry.c.body, journal_detail.c.data
    told = [bodies.contains(f'"habilitation":{id_},', autoescape=True) for id_ in sorted(habilitations)]
    told += [data.icontains(email, autoescape=True) for email in sorted(addresses)]
    return [
        row
        for row in _with_causes(connection, _read(connection, or_(false(), *told)))
        if row.entry.facts.get("habilitation") in habilitations
        or (row.detail is not None and bool(addresses) and names(addresses, row.detail.data))
    ]


def person_of(connection: Connection, asked: EmailAddress) -> tuple[tuple[EmailAddress, ...], list[Row]]:
    """Whom an address leads to: their addresses, the present one first, and the journal's entries about them.

    Those are the entries of their habilitations, and those whose personal data name one of the addresses.
    """
    access, known = habilitation.c, account.c
    email = asked
    if connection.execute(select(known.id).where(known.email == asked)).first() is None:
        renames = [line for line in lines(about(connection, (), {asked})) if line.renamed_from == asked]
        holder = select(known.email).join(habilitation, access.account == known.id)
        emails = (connection.execute(holder.where(access.id == line.habilitation)).scalar() for line in renames[::-1])
        email = next((EmailAddress(address) for address in emails if address is not None), asked)
    own = select(access.id).join(account, known.id == access.account).where(known.email == email)
    theirs = set(connection.execute(own).scalars())
    rows = about(connection, theirs, {email, asked})
    had = (line.renamed_from for line in lines(rows) if line.habilitation in theirs)
    addresses = tuple(dict.fromkeys((email, asked, *filter(None, had))))
    if {*addresses} == {email, asked}:  # a read looks through the whole journal: most people never changed address
        return addresses, rows
    return addresses, about(connection, theirs, addresses)


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
            **{name: facts[name] for name in _ALWAYS},
        )
        for row in rows
        if (facts := row.entry.facts)
        for who in (row.who,)
    ]


def _with_causes(connection: Connection, rows: list[Row]) -> list[Row]:
    causes = {row.entry.cause for row in rows} - {None}
    decisions = (
        {row.entry.entry: row for row in _read(connection, journal_entry.c.entry.in_(causes))} if causes else {}
    )
    return [row._replace(cause=decisions.get(row.entry.cause or 0)) for row in rows] if decisions else rows


def _read(connection: Connection, which: ColumnElement[bool], most: int | None = None) -> list[Row]:
    entry, detail, actor = journal_entry.c, journal_detail.c, journal_actor.c
    texts = (entry.body, entry.previous, entry.sha256, detail.salt, detail.data, actor.salt, actor.data)
    columns: list[ColumnElement[Any]] = [column.label(f"text_{at}") for at, column in enumerate(texts)]
    if connection.dialect.name == "sqlite":  # as bytes: a damaged text would end the whole read
        columns = [cast(column, LargeBinary).label(f"text_{at}") for at, column in enumerate(texts)]
    rows = connection.execute(
        select(entry.entry, detail.habilitation, *columns)
        .select_from(
            journal_entry.outerjoin(journal_detail, detail.entry == entry.entry).outerjoin(
                journal_actor, actor.entry == entry.entry
            )
        )
        .where(which)
        .order_by(entry.entry)
        .limit(most)
    )
    return [_row(*row) for row in rows]


def _row(number: int, about: int | None, *texts: bytes | str | None) -> Row:
    read = (text.decode("utf-8", "replace") if isinstance(text, bytes) else text for text in texts)
    body, previous, sha256, salt, data, actor_salt, actor_data = read
    detail = None if data is None else Detail(salt or "", data, about)
    actor = None if actor_data is None else ActorDetail(actor_salt or "", actor_data)
    return Row(Entry(number, body or "", previous or "", sha256 or ""), detail, actor)
