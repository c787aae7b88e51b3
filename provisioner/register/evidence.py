"""What the controls about persons rest on, read by chunks of accounts: little at a time, and no writer waits long."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, func, literal_column, select

from provisioner.domain.access.habilitation import Suspension
from provisioner.domain.connections.evidence import LOOK_BACK
from provisioner.domain.connections.record import ConnectionRecord
from provisioner.domain.hold import HoldKind
from provisioner.register import tables as t
from provisioner.register.connections import records_of
from provisioner.register.mapper import Mapper

_c = t.connection_record.c
_RECORD = Mapper(ConnectionRecord, t.connection_record)
_GOT_IN = (_c.kind == "login") & _c.outcome.is_(None)

#: Not bound: SQLite would not take the index of these records alone.
_PASSWORD_MADE: ColumnElement[str] = literal_column("'update_credential'")

#: How many accounts are judged at a time.
CHUNK = 200


def last_number(connection: Connection) -> int:
    """The number of the write that stored the newest record; 0 before the first."""
    return connection.execute(select(func.max(_c.number))).scalar() or 0


def new_since(connection: Connection, after: int) -> list[Mapping[int, datetime]]:
    """The accounts that have records stored after that write, each with the moment of the oldest; by chunks."""
    asked = select(_c.account, func.min(_c.at)).where(_c.number > after, _c.account.is_not(None))
    rows = connection.execute(asked.group_by(_c.account).order_by(_c.account)).all()
    oldest = [(account, at) for account, at in rows]
    return [dict(oldest[start : start + CHUNK]) for start in range(0, len(oldest), CHUNK)]


def records_around(connection: Connection, oldest: Mapping[int, datetime]) -> dict[int, list[ConnectionRecord]]:
    """The records of these accounts, each from some days before that moment on, oldest first."""
    by_account: dict[int, list[ConnectionRecord]] = {account: [] for account in oldest}
    for record in records_of(connection, oldest, min(oldest.values()) - LOOK_BACK):
        assert record.account is not None
        if record.at >= oldest[record.account] - LOOK_BACK:
            by_account[record.account].append(record)
    return by_account


def new_of_others(connection: Connection, after: int) -> dict[str, list[ConnectionRecord]]:
    """The first login a day of each account that is none of ours, of those stored after that write; oldest first."""
    day = func.substr(_c.at, 1, 10)
    first = select(func.min(_c.at)).where(_c.number > after, _c.account.is_(None), _c.user.is_not(None), _GOT_IN)
    firsts = connection.execute(first.add_columns(_c.user).group_by(_c.user, day).order_by(func.min(_c.at))).all()
    by_user: dict[str, list[ConnectionRecord]] = {}
    for at, user in firsts:
        same = (_c.user == user) & (_c.at == at) & _c.account.is_(None) & _GOT_IN
        record = connection.execute(select(*_RECORD.columns).where(same).order_by(_c.id).limit(1)).one()
        by_user.setdefault(user, []).append(_RECORD.of(record))
    return by_user


def suspensions(connection: Connection) -> dict[int, tuple[Suspension, ...]]:
    """When each account was suspended by name, those that are over included."""
    hold = t.hold.c
    asked = select(hold.account, hold.since, hold.released_at).where(hold.kind == HoldKind.SUSPENSION)
    by_account: dict[int, tuple[Suspension, ...]] = {}
    for account, since, until in connection.execute(asked.order_by(hold.id)):
        by_account[account] = (*by_account.get(account, ()), Suspension(since, until))
    return by_account


def addresses_of(connection: Connection, accounts: Collection[int]) -> dict[int, frozenset[str]]:
    """From which addresses each of these got in, as far as there are records."""
    asked = select(_c.account, _c.address).distinct()
    return _by_account(connection.execute(asked.where(_c.account.in_(accounts), _GOT_IN, _c.address.is_not(None))))


def most_shown_since(connection: Connection, since: datetime) -> tuple[int, str | None, int]:
    """How many accounts got in from that moment on, from which address most of them did, and how many these are."""
    lately = (_c.at >= since) & _GOT_IN & _c.account.is_not(None) & _c.address.is_not(None)
    accounts = func.count(_c.account.distinct())
    by_address = select(_c.address, accounts).where(lately).group_by(_c.address).order_by(accounts.desc(), _c.address)
    address, most = connection.execute(by_address.limit(1)).first() or (None, 0)
    return connection.execute(select(accounts).where(lately)).scalar_one(), address, most


def _by_account(rows: Iterable[Any]) -> dict[int, frozenset[str]]:
    by_account: dict[int, set[str]] = {}
    for account, address in rows:
        by_account.setdefault(account, set()).add(address)
    return {account: frozenset(addresses) for account, addresses in by_account.items()}


def passwords_made(connection: Connection, accounts: Collection[int]) -> dict[int, datetime]:
    """When the person of each of these accounts last made a password, as far as there are records."""
    made = (_c.kind == _PASSWORD_MADE) & _c.outcome.is_(None) & _c.account.in_(accounts)
    asked = select(_c.account, func.max(_c.at)).where(made).group_by(_c.account)
    return {row[0]: row[1] for row in connection.execute(asked)}
