"""The connection records counted in the database, for a report; and all of them of one account (D5)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Select, and_, case, func, literal_column, or_, select

from provisioner.domain.access.habilitation import Suspension
from provisioner.domain.connections.held import HeldConnections
from provisioner.domain.connections.record import ConnectionRecord, ConsoleRecord, Stream
from provisioner.domain.connections.report import ConnectionCounts, HourCount, Period, Total
from provisioner.domain.hold import HoldKind
from provisioner.domain.people import EmailAddress
from provisioner.register import controls
from provisioner.register import tables as t
from provisioner.register.connections import coverage
from provisioner.register.holds import kept_from_destruction
from provisioner.register.mapper import Mapper

_c, _h = t.connection_record.c, t.habilitation.c
_CONNECTION = Mapper(ConnectionRecord, t.connection_record)
_CONSOLE = Mapper(ConsoleRecord, t.console_record)
_IS_LOGIN = and_(_c.kind == "login", _c.outcome.is_(None))

#: The part of a moment's text that tells its hour: `2026-08-31T22`. Not bound: PostgreSQL would take it for two.
_HOUR = func.substr(_c.at, literal_column("1"), literal_column("13"))


def counts(connection: Connection, period: Period, partner: str | None) -> ConnectionCounts:
    """The logins and failed logins of the period by access: those made while that access was open."""
    failures, addresses = func.count(case((~_IS_LOGIN, 1))), func.count(case((_IS_LOGIN, _c.address)).distinct())
    totals = _of_accesses(select(_h.id, failures, addresses), period, partner)
    foreign = select(func.count()).where(_IS_LOGIN, _c.account.is_(None), *_within(period))
    return ConnectionCounts(
        totals=[Total(*row) for row in connection.execute(totals)],
        hours=list(_hours(connection, period, partner)),
        foreign=connection.execute(foreign).scalar_one(),
    )


def _hours(connection: Connection, period: Period, partner: str | None) -> Iterator[HourCount]:
    by_hour = _of_accesses(select(_h.id, _HOUR, func.count()), period, partner).where(_IS_LOGIN).group_by(_HOUR)
    hours: dict[str, datetime] = {}
    for habilitation, text, logins in connection.execute(by_hour).all():
        hour = hours.get(text) or hours.setdefault(text, datetime.fromisoformat(f"{text}:00:00+00:00"))
        yield HourCount(habilitation, hour, logins)


def _of_accesses(asked: Select[Any], period: Period, partner: str | None) -> Select[Any]:
    while_open = (_c.account == _h.account) & (_c.at >= _h.opened_at)
    while_open &= or_(_h.closed_at.is_(None), _c.at < _h.closed_at)
    asked = asked.join_from(t.habilitation, t.connection_record, while_open)
    asked = asked.where(_c.kind == "login", *_within(period)).group_by(_h.id)
    return asked if partner is None else asked.where(_h.partner == partner)


def _within(period: Period) -> tuple[ColumnElement[bool], ColumnElement[bool]]:
    return _c.at >= period.since, _c.at < period.until


def suspensions(connection: Connection) -> Mapping[EmailAddress, Sequence[Suspension]]:
    """The suspensions by name of each account, those that are over included."""
    hold = t.hold.c
    asked = select(t.account.c.email, hold.since, hold.released_at).join(t.account, t.account.c.id == hold.account)
    by_email: dict[EmailAddress, list[Suspension]] = {}
    for email, since, until in connection.execute(asked.where(hold.kind == HoldKind.SUSPENSION)):
        by_email.setdefault(email, []).append(Suspension(since, until))
    return by_email


def held_connections(
    connection: Connection, email: EmailAddress, due_on: date | None, keep_days: int
) -> HeldConnections:
    """What is held of the connections of that account (D5). `due_on` is D1's day, `keep_days` their age limit."""
    account = connection.execute(select(t.account.c.id).where(t.account.c.email == email)).scalar()
    if account is None:
        return HeldConnections()
    done = t.console_record.c
    by_time = select(*_CONNECTION.columns).where(_c.account == account).order_by(_c.at, _c.id)
    console = select(*_CONSOLE.columns).where(done.account == account).order_by(done.at, done.id)
    partners = connection.execute(select(_h.partner).where(_h.account == account)).scalars()
    return HeldConnections(
        records=tuple(map(_CONNECTION.of, connection.execute(by_time))),
        console=tuple(map(_CONSOLE.of, connection.execute(console))),
        controls=tuple(controls.about(connection, account)),
        coverage=coverage(connection, Stream.CONNECTIONS),
        keep_days=keep_days,
        due_on=due_on,
        is_on_hold=kept_from_destruction(connection).touches({account}, {*partners}),
    )
