"""The keys that copies were encrypted to, by fingerprint, and the destruction of their private halves."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from sqlalchemy import Connection, insert, select, update

from provisioner.domain.backup import MonthKey, Recipient
from provisioner.register.tables import backup_key as t
from provisioner.register.work import Work


def keys(connection: Connection) -> dict[str, MonthKey]:
    """All that are known, by fingerprint."""
    rows = connection.execute(select(t.c.fingerprint, t.c.month, t.c.used_on, t.c.destroyed_on))
    return {row.fingerprint: MonthKey(*row) for row in rows}


def usable(connection: Connection, recipients: Iterable[Recipient]) -> tuple[Recipient, ...]:
    """Those whose private half nobody has destroyed: a copy for another one could never be read."""
    known = keys(connection)
    return tuple(r for r in recipients if r.fingerprint not in known or known[r.fingerprint].destroyed_on is None)


def used(work: Work, recipients: Iterable[Recipient], on: date) -> None:
    """A copy is about to be encrypted to them: said before, so that no copy hangs on a key that nobody knows."""
    known = keys(work.connection)
    for recipient in recipients:
        if recipient.fingerprint not in known:
            details = {"key": recipient.fingerprint, "month": recipient.month}
            values = {"fingerprint": recipient.fingerprint, "month": recipient.month, "used_on": on}
            work.connection.execute(insert(t).values(**values))
            work.journal("backup.key-used", details=details)
        else:
            this_one = update(t).where(t.c.fingerprint == recipient.fingerprint)
            work.connection.execute(this_one.values(used_on=on))


def destroyed(work: Work, key: MonthKey, on: date, by: str) -> None:
    """A named person destroyed the private key on that day, and every copy of it."""
    details = {"key": key.fingerprint, "month": key.month, "destroyed_on": on.isoformat()}
    entry = work.journal("backup.key-destroyed", details=details, by=by)
    facts = {"month": key.month, "destroyed_on": on, "decision": entry}
    if work.connection.execute(update(t).where(t.c.fingerprint == key.fingerprint).values(**facts)).rowcount == 0:
        work.connection.execute(insert(t).values(fingerprint=key.fingerprint, **facts))
