"""Connection records for tests, as they are once read: invented persons, addresses of the documentation ranges."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from itertools import count

from provisioner.domain.connections.record import ConnectionRecord, Hole, Stream
from provisioner.domain.people import EmailAddress
from provisioner.register import Register
from provisioner.register.connections import accounts_by_email, add_hole, set_read_until, store

_numbers = count(1)


def login(account: int | None, at: datetime, outcome: str | None, address: str) -> ConnectionRecord:
    """A login of that account at that moment, or with an outcome a failed one."""
    given = {"account": account, "outcome": outcome, "address": address, "client": "cooperation"}
    return ConnectionRecord(id=f"event-{next(_numbers)}", at=at, kind="login", **given)  # type: ignore[arg-type]


def read(
    register: Register, begun_at: datetime, until: datetime, *events: tuple[str, datetime, str | None, str]
) -> None:
    """Has the register hold these events, as (address of the person, moment, outcome, network address)."""
    with register.work("test") as work:
        accounts = accounts_by_email(work.connection)
        store(work, [login(accounts.get(EmailAddress(event[0])), *event[1:]) for event in events])
        set_read_until(work, Stream.CONNECTIONS, until, begun_at)


def lose(register: Register, spans: Iterable[tuple[datetime, datetime]]) -> None:
    """Has the register know that these spans could not be read."""
    with register.work("test") as work:
        for since, until in spans:
            add_hole(work, Hole(stream=Stream.CONNECTIONS, since=since, until=until))
