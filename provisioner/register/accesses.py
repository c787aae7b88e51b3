"""Which accounts a judgement may concern, told by the database; and these as the rules see them, a part at a time."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta

from sqlalchemy import Connection, func, or_, select

from provisioner.domain.calendar import start_of
from provisioner.domain.hold import HoldKind
from provisioner.domain.records import Records, Scope
from provisioner.register import holds
from provisioner.register import tables as t
from provisioner.register.counts import OPEN
from provisioner.register.habilitations import accounts_of, habilitations_of
from provisioner.register.invitations import attempts_for

_h, _a = t.habilitation.c, t.account.c


def accesses_of(connection: Connection, numbers: Collection[int]) -> Records:
    """These accounts with their habilitations, the attempts at their links and their suspensions; of their partners
    nothing.
    """
    known = habilitations_of(connection, numbers)
    return Records(
        scope=Scope(accounts=frozenset(numbers)),
        partners={},
        accounts=accounts_of(connection, numbers),
        habilitations=known,
        attempts=attempts_for(connection, {habilitation.id for habilitation in known}),
        holds=holds.suspensions_among(connection, numbers),
    )


def unused_since(connection: Connection, day: date) -> frozenset[int]:
    """The accounts with an access that was open on that day and is, of which no login after that day is known."""
    opened = _h.opened_at < start_of(day + timedelta(days=1))
    silent = or_(_a.last_login_on.is_(None), _a.last_login_on <= day)
    asked = select(_a.id).join(t.habilitation, _h.account == _a.id).where(OPEN, opened, silent)
    return frozenset(connection.execute(asked).scalars())


def often_invited(connection: Connection, links: int) -> frozenset[int]:
    """The accounts to which at least so many links left through accesses that are open."""
    sent = t.invitation.c.sent_at
    asked = select(_h.account).join(t.invitation, t.invitation.c.habilitation == _h.id).where(OPEN, sent.is_not(None))
    return frozenset(connection.execute(asked.group_by(_h.account).having(func.count() >= links)).scalars())


def closed_or_cut_since(connection: Connection, moment: datetime) -> frozenset[int]:
    """The accounts of which an access was closed, or that a suspension really cut, from that moment on."""
    hold = t.hold.c
    is_suspension = (hold.kind == HoldKind.SUSPENSION) & hold.released_at.is_(None)
    closed = select(_h.account).where(_h.closed_at >= moment)
    suspended = select(hold.account).where(is_suspension, hold.effective_at >= moment)
    return frozenset(connection.execute(closed.union(suspended)).scalars())
