"""The records of the connections and of the console, as they were read from Keycloak; how far the reading went."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from typing import TypeVar

from sqlalchemy import Connection, Date, Table, bindparam, delete, func, insert, not_, or_, select, update

from provisioner.domain.calendar import day_of
from provisioner.domain.connections.record import ConnectionRecord, ConsoleRecord, Coverage, Hole, Stream, holes_of
from provisioner.domain.people import EmailAddress
from provisioner.domain.retention import KeptRecords
from provisioner.register import tables as t
from provisioner.register.mapper import Mapper, among
from provisioner.register.marks import mark, set_mark
from provisioner.register.work import Work

_c, _a = t.connection_record.c, t.console_record.c
_CONNECTION = Mapper(ConnectionRecord, t.connection_record)
_CONSOLE = Mapper(ConsoleRecord, t.console_record)
_HOLE = Mapper(Hole, t.reading_hole)

#: The day of an account's last login, which never goes back.
_LAST = t.account.c.last_login_on
_LOGGED_IN = (
    update(t.account)
    .where(t.account.c.id == bindparam("of"), or_(_LAST.is_(None), bindparam("day", type_=Date) > _LAST))
    .values(last_login_on=bindparam("day", type_=Date))
)

Record = TypeVar("Record", ConnectionRecord, ConsoleRecord)


def accounts_by_keycloak_id(connection: Connection, ids: Collection[str] | None = None) -> Mapping[str, int]:
    """The register's numbers of the accounts with these ids in Keycloak, or of all that have one, by the id."""
    known = select(t.account.c.keycloak_id, t.account.c.id).where(t.account.c.keycloak_id.is_not(None))
    return {row.keycloak_id: row.id for row in among(connection, known, t.account.c.keycloak_id, ids)}


def accounts_by_email(
    connection: Connection, emails: Collection[EmailAddress] | None = None
) -> Mapping[EmailAddress, int]:
    """The register's numbers of the accounts with these addresses, or of all, by the address."""
    known = select(t.account.c.email, t.account.c.id)
    return {row.email: row.id for row in among(connection, known, t.account.c.email, emails)}


def destroyed(connection: Connection, ids: Collection[str] | None = None) -> frozenset[str]:
    """Which of these ids in Keycloak, or of all, are of accounts that were destroyed: no event of theirs is stored
    (D1).
    """
    noted = t.destroyed_account.c.keycloak_id
    return frozenset(row.keycloak_id for row in among(connection, select(noted), noted, ids))


def forgotten(connection: Connection, accounts: Collection[int]) -> frozenset[int]:
    """Which of these accounts' data were destroyed (D1): nothing of them is stored, be it by an address that was
    typed.
    """
    gone = select(t.account.c.id).where(t.account.c.destroyed_on.is_not(None))
    return frozenset(row.id for row in among(connection, gone, t.account.c.id, accounts))


def note_destroyed(work: Work, entries: Mapping[str, int]) -> None:
    """From now on no event of these accounts is stored, should Keycloak have them again from a copy of its own.
    `entries` are those of the journal that tell it, by the account's id.
    """
    noted = t.destroyed_account.c.keycloak_id
    known = set(work.connection.execute(select(noted).where(noted.in_(entries))).scalars())
    on = work.clock.today()
    rows = [{"keycloak_id": id_, "destroyed_on": on, "entry": entries[id_]} for id_ in sorted(entries.keys() - known)]
    if rows:
        work.connection.execute(insert(t.destroyed_account), rows)


def accounts_of(connection: Connection, partners: Collection[str]) -> frozenset[int]:
    """The accounts that have, or had, an access through one of these partners."""
    of = t.habilitation.c
    return frozenset(connection.execute(select(of.account).where(of.partner.in_(partners))).scalars())


def ids_between(
    connection: Connection, stream: Stream, since: datetime, until: datetime | None
) -> Mapping[str, datetime]:
    """The events of that span that are stored, both ends included: the moment of each by its id."""
    columns = _c if stream is Stream.CONNECTIONS else _a
    asked = select(columns.id, columns.at).where(columns.at >= since)
    asked = asked if until is None else asked.where(columns.at <= until)
    return {row.id: row.at for row in connection.execute(asked)}


def store(work: Work, records: Sequence[ConnectionRecord]) -> list[ConnectionRecord]:
    """Stores those that are not yet, and gives them. The day of each account's last login goes with them."""
    new = _stored(work, t.connection_record, _CONNECTION, records)
    last = {record.account: day_of(record.at) for record in sorted(new, key=_moment_of) if record.is_login}
    days = [{"of": account, "day": day} for account, day in last.items() if account is not None]
    if days:
        work.connection.execute(_LOGGED_IN, days)
    return new


def store_console(work: Work, records: Sequence[ConsoleRecord]) -> list[ConsoleRecord]:
    """Stores those that are not yet, and gives them."""
    return _stored(work, t.console_record, _CONSOLE, records)


def _moment_of(record: ConnectionRecord) -> datetime:
    return record.at


def _stored(work: Work, table: Table, mapper: Mapper[Record], records: Iterable[Record]) -> list[Record]:
    by_id = {record.id: record for record in records}
    if not by_id:
        return []
    moments = [record.at for record in by_id.values()]
    span = table.c.at.between(min(moments), max(moments))
    known = frozenset(work.connection.execute(select(table.c.id).where(span)).scalars())
    new = [record for id_, record in by_id.items() if id_ not in known]
    if new:
        rows = [{**mapper.row(record), "id": record.id, "number": work.number} for record in new]
        work.connection.execute(insert(table), rows)
    return new


def attach(work: Work) -> None:
    """Gives the records of a Keycloak user to the account that it is, where that became known after the reading; the
    day of its last login goes with them.
    """
    is_login = _c.account.is_(None) & (_c.kind == "login") & _c.outcome.is_(None)
    logged_in = select(t.account.c.id, func.max(_c.at)).join(t.account, t.account.c.keycloak_id == _c.user)
    days = [
        {"of": id_, "day": day_of(at)}
        for id_, at in work.connection.execute(logged_in.where(is_login).group_by(t.account.c.id))
    ]
    if days:
        work.connection.execute(_LOGGED_IN, days)
    ids = select(t.account.c.keycloak_id).where(t.account.c.keycloak_id.is_not(None))
    for table in (t.connection_record, t.console_record):
        its = select(t.account.c.id).where(t.account.c.keycloak_id == table.c.user).scalar_subquery()
        nobodys = update(table).where(table.c.account.is_(None), table.c.user.in_(ids))
        work.connection.execute(nobodys.values(account=its, user=None))


def records_of(connection: Connection, accounts: Collection[int], since: datetime) -> list[ConnectionRecord]:
    """What these accounts did from that moment on, oldest first."""
    asked = select(*_CONNECTION.columns).where(_c.account.in_(accounts), _c.at >= since).order_by(_c.at, _c.id)
    return list(map(_CONNECTION.of, connection.execute(asked)))


def new_console_records(connection: Connection, after: int) -> list[ConsoleRecord]:
    """What was stored of the console by the writes after that number, in the order of the events."""
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


def set_read_until(work: Work, stream: Stream, until: datetime, now: datetime) -> None:
    """How far that stream was read; its first reading, at `now`, begins it. All by Keycloak's clock.

    What Keycloak kept from before that first reading is stored too, but nobody can know whether it had kept all.
    """
    if mark(work.connection, f"{stream}.begun_at") is None:
        set_mark(work, f"{stream}.begun_at", now.isoformat())
    set_mark(work, f"{stream}.read_until", until.isoformat())


def begin_anew(work: Work) -> None:
    """The realm is another one from now on: its events are read as at first."""
    ours = [f"{stream}.{name}" for stream in Stream for name in ("begun_at", "read_until")]
    work.connection.execute(delete(t.mark).where(t.mark.c.name.in_(ours)))


def add_hole(work: Work, hole: Hole) -> bool:
    """A span of which events are missing. One that begins where a known one does makes that one longer: whether it is
    a new one.
    """
    same = (t.reading_hole.c.stream == hole.stream) & (t.reading_hole.c.since == hole.since)
    is_new = work.connection.execute(update(t.reading_hole).where(same).values(until=hole.until)).rowcount == 0
    if is_new:
        work.connection.execute(insert(t.reading_hole).values(_HOLE.row(hole)))
    return is_new


def purge(work: Work, before: datetime, kept: Collection[int]) -> int:
    """Destroys the records of connections of before that moment, but those of the accounts in `kept`; how many."""
    of_kept = _c.account.in_(kept) & _c.account.is_not(None)
    old = delete(t.connection_record).where(_c.at < before, not_(of_kept))
    return work.connection.execute(old).rowcount


def purge_console(work: Work, before: datetime, kept: KeptRecords) -> int:
    """Destroys the records of the console of before that moment, but those about an account or a partner's group that
    a hold keeps; how many.
    """
    asked = select(t.partner.c.group_id).where(t.partner.c.code.in_(kept.partners))
    groups = filter(None, work.connection.execute(asked).scalars())
    of_groups = (_a.path.contains(group, autoescape=True) for group in groups)
    of_kept = or_(_a.account.in_(kept.accounts) & _a.account.is_not(None), *of_groups)
    return work.connection.execute(delete(t.console_record).where(_a.at < before, not_(of_kept))).rowcount


def forget(work: Work, accounts: Collection[int]) -> int:
    """Destroys everything of these accounts' connections (D1), the day of the last login too; how many records."""
    destroyed = work.connection.execute(delete(t.connection_record).where(_c.account.in_(accounts))).rowcount
    work.connection.execute(update(t.account).where(t.account.c.id.in_(accounts)).values(last_login_on=None))
    return destroyed
