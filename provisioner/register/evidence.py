"""What the controls about persons rest on, read by chunks of accounts so that an event in 100,000 costs little."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Row, func, select

from provisioner.domain.connections.evidence import LOOK_BACK, Suspended
from provisioner.domain.connections.record import ConnectionRecord
from provisioner.domain.hold import HoldKind
from provisioner.domain.people import EmailAddress
from provisioner.register import tables as t
from provisioner.register.connections import records_of
from provisioner.register.mapper import Mapper

_c = t.connection_record.c
_RECORD = Mapper(ConnectionRecord, t.connection_record)
_GOT_IN = (_c.kind == "login") & _c.outcome.is_(None)

#: How many accounts are judged at a time.
CHUNK = 200


@dataclass(frozen=True, slots=True)
class KnownAccount:
    """An account by its number in the register."""

    id: int
    email: EmailAddress
    keycloak_id: str | None
    last_login_on: date | None


def known_accounts(connection: Connection) -> dict[int, KnownAccount]:
    """Every account, by number."""
    account = t.account.c
    asked = select(account.id, account.email, account.keycloak_id, account.last_login_on)
    return {row.id: KnownAccount(*row) for row in connection.execute(asked)}


def last_number(connection: Connection) -> int:
    """The number of the write that stored the newest record; 0 before the first."""
    return connection.execute(select(func.max(_c.number))).scalar() or 0


def new_of_accounts(connection: Connection, after: int) -> Iterator[Mapping[int, list[ConnectionRecord]]]:
    """The records of the accounts that have some stored after that write, with what went before it, by chunks."""
    asked = select(_c.account, func.min(_c.at)).where(_c.number > after, _c.account.is_not(None))
    new = connection.execute(asked.group_by(_c.account).order_by(_c.account)).all()
    for start in range(0, len(new), CHUNK):
        yield _records(connection, new[start : start + CHUNK])


def _records(connection: Connection, new: Sequence[Row[Any, Any]]) -> dict[int, list[ConnectionRecord]]:
    oldest = {row[0]: row[1] for row in new}
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


def suspensions(connection: Connection) -> dict[int, tuple[Suspended, ...]]:
    """When each account was suspended by name, those that are over included."""
    hold = t.hold.c
    asked = select(hold.account, hold.since, hold.released_at).where(hold.kind == HoldKind.SUSPENSION)
    by_account: dict[int, tuple[Suspended, ...]] = {}
    for account, since, until in connection.execute(asked.order_by(hold.id)):
        by_account[account] = (*by_account.get(account, ()), Suspended(since, until))
    return by_account


def addresses_of(connection: Connection, accounts: Collection[int]) -> dict[int, frozenset[str]]:
    """From which addresses each of these got in, as far as there are records."""
    asked = select(_c.account, _c.address).distinct()
    return _by_account(connection.execute(asked.where(_c.account.in_(accounts), _GOT_IN, _c.address.is_not(None))))


def addresses_since(connection: Connection, since: datetime) -> dict[int, frozenset[str]]:
    """From which addresses each account got in from that moment on."""
    asked = select(_c.account, _c.address).distinct()
    lately = (_c.at >= since) & _GOT_IN & _c.account.is_not(None) & _c.address.is_not(None)
    return _by_account(connection.execute(asked.where(lately)))


def _by_account(rows: Iterable[Any]) -> dict[int, frozenset[str]]:
    by_account: dict[int, set[str]] = {}
    for account, address in rows:
        by_account.setdefault(account, set()).add(address)
    return {account: frozenset(addresses) for account, addresses in by_account.items()}


def passwords_made(connection: Connection) -> dict[int, datetime]:
    """When each account's person last made a password, as far as there are records."""
    made = (_c.kind == "update_credential") & _c.outcome.is_(None) & _c.account.is_not(None)
    asked = select(_c.account, func.max(_c.at)).where(made).group_by(_c.account)
    return {row[0]: row[1] for row in connection.execute(asked)}
