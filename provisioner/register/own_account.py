"""What the register knows of what our own service account meant to do, beside what Keycloak says that it did (L1)."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator
from datetime import datetime

from sqlalchemy import Connection, func, or_, select

from provisioner.domain.connections.controls.console import Holder
from provisioner.domain.connections.controls.own_account import Intention
from provisioner.domain.connections.record import ConnectionRecord
from provisioner.register import tables as t
from provisioner.register.accesses import accesses_of
from provisioner.register.connections import accounts_by_keycloak_id
from provisioner.register.mapper import Mapper, among

_c = t.connection_record.c
_CONNECTION = Mapper(ConnectionRecord, t.connection_record)


def last_number(connection: Connection) -> int:
    """The number of the write that stored the newest record of either kind; 0 before the first."""
    numbers = (select(func.max(table.c.number)) for table in (t.connection_record, t.console_record))
    return max(connection.execute(number).scalar() or 0 for number in numbers)


def new_connections(connection: Connection, after: int) -> list[ConnectionRecord]:
    """The logins of service accounts and the impersonations that were stored after that write, oldest first."""
    which = (_c.number > after) & _c.kind.in_(("client_login", "impersonate"))
    asked = select(*_CONNECTION.columns).where(which).order_by(_c.at, _c.id)
    return list(map(_CONNECTION.of, connection.execute(asked)))


def holders(connection: Connection, users: Collection[str], accounts: Collection[int | None]) -> dict[str, Holder]:
    """Those of our accounts with these ids in Keycloak or these numbers, by their ids in Keycloak: whose each is, and
    whether its access is cut.
    """
    numbers = {*accounts_by_keycloak_id(connection, users).values(), *(n for n in accounts if n is not None)}
    records = accesses_of(connection, numbers)
    known: dict[str, Holder] = {}
    for email, account in records.accounts.items():
        if account.keycloak_id is None or account.id is None:
            continue
        made = [h for h in records.by_account().get(email, ()) if h.opened_at is not None]
        live = [h for h in made if h.closed_at is None]
        told = next(reversed(live or made), None)
        known[account.keycloak_id] = Holder(
            account=account.id,
            habilitation=told.id if told else None,
            partner=told.partner if told else None,
            is_cut=email in records.suspended or bool(made and not live),
        )
    return known


def intentions(connection: Connection, since: datetime) -> Iterator[Intention]:
    """What each run was about to do, by Keycloak's clock from that moment on; the newest first."""
    habilitation, entry = t.habilitation.c, t.journal_entry.c
    is_run = (entry.body.contains(f'"action":"run.{word}"', autoescape=True) for word in ("begun", "ended"))
    both = t.journal_entry.join(t.journal_detail, t.journal_detail.c.entry == entry.entry)
    asked = select(entry.entry, t.journal_detail.c.data).select_from(both).where(or_(*is_run))
    ended: dict[int, datetime] = {}
    for number, data in connection.execute(asked.order_by(entry.entry.desc())):
        run = json.loads(data)
        at = datetime.fromisoformat(run["keycloak_at"]) if "keycloak_at" in run else None
        if at is not None and "run" in run:
            ended[run["run"]] = at
        elif at is None or at < since:  # an older one, or of an older version
            return
        else:
            ids = {id_ for _, id_ in run["changes"] if id_ is not None}
            whose = among(connection, select(habilitation.id, habilitation.account), habilitation.id, ids)
            accounts = {row.id: row.account for row in whose}
            meant = frozenset((action, accounts.get(id_)) for action, id_ in run["changes"])
            yield Intention(at, meant, ended.get(number))


def links_sent(connection: Connection, since: datetime) -> dict[int, list[datetime]]:
    """When, by Keycloak's clock, a link was about to be sent to each account, from that moment on."""
    invitation, habilitation = t.invitation.c, t.habilitation.c
    asked = select(habilitation.account, invitation.keycloak_time).where(invitation.keycloak_time >= since)
    both = t.invitation.join(t.habilitation, habilitation.id == invitation.habilitation)
    sent: dict[int, list[datetime]] = {}
    for account, at in connection.execute(asked.select_from(both)):
        sent.setdefault(account, []).append(at)
    return sent
