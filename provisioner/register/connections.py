"""The records of the connections and of the console, as they were read from Keycloak; how far the reading went."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from provisioner.domain.connections.record import ConnectionRecord, ConsoleRecord, Coverage, Hole, Stream, holes_of
from provisioner.domain.people import EmailAddress
from provisioner.register import tables as t
from provisioner.register.mapper import Mapper
from provisioner.register.marks import mark, set_mark
from provisioner.register.work import Work

_c, _a = t.connection_record.c, t.console_record.c
_CONNECTION = Mapper(ConnectionRecord, t.connection_record)
_CONSOLE = Mapper(ConsoleRecord, t.console_record)
_HOLE = Mapper(Hole, t.reading_hole)


def accounts_by_keycloak_id(connection: Connection) -> Mapping[str, int]:
    """The register's numbers of the accounts, by their ids in Keycloak."""
    known = select(t.account.c.keycloak_id, t.account.c.id).where(t.account.c.keycloak_id.is_not(None))
    return {row.keycloak_id: row.id for row in connection.execute(known)}


def accounts_by_email(connection: Connection) -> Mapping[EmailAddress, int]:
    """The register's numbers of the accounts, by their addresses."""
    return {row.email: row.id for row in connection.execute(select(t.account.c.email, t.account.c.id))}


def destroyed(connection: Connection) -> frozenset[str]:
    """The ids in Keycloak of the accounts that were destroyed: no event of theirs is stored (D1)."""
    return frozenset(connection.execute(select(t.destroyed_account.c.keycloak_id)).scalars())


def ids_between(connection: Connection, stream: Stream, since: datetime, until: datetime) -> frozenset[str]:
    """The ids of the events of that span that are stored, both ends included."""
    columns = _c if stream is Stream.CONNECTIONS else _a
    return frozenset(connection.execute(select(columns.id).where(columns.at.between(since, until))).scalars())


def store(work: Work, records: Sequence[ConnectionRecord]) -> int:
    """Stores those that are not yet; how many. The day of each account's last login goes with them."""
    new = _unknown(work.connection, t.connection_record, records)
    rows = [{**_CONNECTION.row(record), "id": record.id, "number": work.number} for record in new]
    if rows:
        work.connection.execute(insert(t.connection_record), rows)
    return len(new)


def store_console(work: Work, records: Sequence[ConsoleRecord]) -> int:
    """Stores those that are not yet; how many."""
    new = _unknown(work.connection, t.console_record, records)
    rows = [{**_CONSOLE.row(record), "id": record.id, "number": work.number} for record in new]
    if rows:
        work.connection.execute(insert(t.console_record), rows)
    return len(new)


def _unknown(connection: Connection, table: Any, records: Iterable[Any]) -> list[Any]:
    by_id = {record.id: record for record in records}
    if not by_id:
        return []
    moments = [record.at for record in by_id.values()]
    span = table.c.at.between(min(moments), max(moments))
    known = frozenset(connection.execute(select(table.c.id).where(span)).scalars())
    return [record for id_, record in by_id.items() if id_ not in known]


def records_of(connection: Connection, accounts: Collection[int], since: datetime) -> list[ConnectionRecord]:
    """What these accounts did from that moment on, oldest first."""
    asked = select(*_CONNECTION.columns).where(_c.account.in_(accounts), _c.at >= since).order_by(_c.at, _c.id)
    return list(map(_CONNECTION.of, connection.execute(asked)))


def new_records(connection: Connection, after: int) -> list[ConnectionRecord]:
    """What was stored by the writes after that number, in the order of the events."""
    asked = select(*_CONNECTION.columns).where(_c.number > after).order_by(_c.at, _c.id)
    return list(map(_CONNECTION.of, connection.execute(asked)))


def new_console_records(connection: Connection, after: int) -> list[ConsoleRecord]:
    """The same of the console."""
    asked = select(*_CONSOLE.columns).where(_a.number > after).order_by(_a.at, _a.id)
    return list(map(_CONSOLE.of, connection.execute(asked)))


def coverage(connection: Connection, stream: Stream) -> Coverage:
    """Over which span that stream was read."""
    begun, until = mark(connection, f"{stream}.begun_at"), mark(connection, f"{stream}.read_until")
    return Coverage(
        begun_at=None if begun is None else datetime.fromisoformat(begun),
        read_until=None if until is None else datetime.fromisoformat(until),
        holes=holes_of(
            stream, map(_HOLE.of, connection.execute(select(*_HOLE.columns).order_by(t.reading_hole.c.id)))
        ),
    )


def set_read_until(work: Work, stream: Stream, until: datetime) -> None:
    """How far that stream was read, by Keycloak's clock."""
    if mark(work.connection, f"{stream}.begun_at") is None:
        set_mark(work, f"{stream}.begun_at", until.isoformat())
    set_mark(work, f"{stream}.read_until", until.isoformat())


def add_hole(work: Work, hole: Hole) -> None:
    """A span of which events are missing. One that begins where a known one does makes that one longer."""
    same = (t.reading_hole.c.stream == hole.stream) & (t.reading_hole.c.since == hole.since)
    if work.connection.execute(update(t.reading_hole).where(same).values(until=hole.until)).rowcount == 0:
        work.connection.execute(insert(t.reading_hole).values(_HOLE.row(hole)))
