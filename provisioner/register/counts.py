"""How many there are of what `status` and the metrics tell: the database counts, nothing is read to be counted."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, and_, exists, func, or_, select

from provisioner.domain.access.habilitation import State
from provisioner.domain.hold import HoldKind
from provisioner.register import tables as t
from provisioner.register.holds import SUSPENDED

_h, _i, _p, _r = t.habilitation.c, t.invitation.c, t.partner.c, t.review.c


def _is_open(access: Any) -> ColumnElement[bool]:
    """Of the columns of a habilitation: as the conditions of the indexes of live accesses."""
    return and_(access.closed_at.is_(None), access.opened_at.is_not(None))


OPEN = _is_open(_h)
_PLANNED = and_(_h.closed_at.is_(None), _h.opened_at.is_(None))


def open_accesses(connection: Connection) -> int:
    """How many accesses are open, suspended ones included."""
    return _count(connection, select(func.count()).select_from(t.habilitation).where(OPEN))


def open_accounts(connection: Connection) -> int:
    """How many accounts have an open access."""
    return _count(connection, select(func.count(_h.account.distinct())).where(OPEN))


def every_account(connection: Connection) -> int:
    """How many accounts the register knows."""
    return _count(connection, select(func.count()).select_from(t.account))


def open_by_partner(connection: Connection) -> Mapping[str, int]:
    """How many accesses of each partner are open, of those that have any."""
    counted = connection.execute(select(_h.partner, func.count()).where(OPEN).group_by(_h.partner))
    return {row[0]: row[1] for row in counted}


def accounts_by_state(connection: Connection) -> Mapping[State, int]:
    """How many accounts are in each state. One with several accesses counts once: as open or suspended before
    planned, as planned before closed.
    """
    accounts = select(func.count(_h.account.distinct()))
    also = t.habilitation.alias().c
    has_open = exists().where(also.account == _h.account, _is_open(also))
    live = open_accounts(connection)
    cut = _count(connection, accounts.where(OPEN, _h.account.in_(SUSPENDED)))
    planned = _count(connection, accounts.where(_PLANNED, ~has_open.correlate(t.habilitation)))
    every = _count(connection, accounts)
    counts = {State.OPEN: live - cut, State.SUSPENDED: cut, State.PLANNED: planned}
    return {**counts, State.CLOSED: every - sum(counts.values())}


def links_owed(connection: Connection) -> int:
    """How many open accesses are owed a link (`is_owed`): due, and none that was begun since has left or may have,
    through whichever open access of the account.
    """
    of_account = t.habilitation.alias()
    its = of_account.c
    is_settled = or_(_i.sent_at.is_not(None), _i.uncertain_at.is_not(None))
    left = (
        exists()
        .where(its.account == _h.account, _is_open(its))
        .where(_i.habilitation == its.id, _i.intended_number >= _h.link_due_number, is_settled)
        .correlate(t.habilitation)
    )
    return _count(connection, select(func.count()).where(OPEN, _h.link_due_number.is_not(None), ~left))


def accounts_with_uncertain(connection: Connection) -> frozenset[int]:
    """The accounts with an open access of which an attempt at the link is uncertain."""
    asked = select(_h.account).join(t.invitation, _i.habilitation == _h.id).where(OPEN)
    return frozenset(connection.execute(asked.where(_i.uncertain_at.is_not(None))).scalars())


def accounts_with_unused_link(connection: Connection) -> frozenset[int]:
    """The accounts with an open access to which a link left, as far as is known not used: a further link, or the
    notice that three were not, can be due for nobody else. Some more may be among them.

    Left out is whoever was seen to have a password (`password_was_seen`), or of whom the partner was told.
    """
    of_account, same_or_later = t.habilitation.alias(), t.invitation.alias().c
    its = of_account.c
    partner_was_told = exists().where(
        same_or_later.habilitation == _i.habilitation,
        same_or_later.intended_number >= _i.intended_number,
        same_or_later.told_at.is_not(None),
    )
    asked = (
        select(_h.account)
        .distinct()
        .join(of_account, its.account == _h.account)
        .join(t.invitation, _i.habilitation == its.id)
        .where(OPEN, _is_open(its), _i.intended_number >= _h.link_due_number, _i.sent_at.is_not(None))
        .where(~partner_was_told.correlate(t.invitation), ~_password_was_seen(_h.account))
    )
    return frozenset(connection.execute(asked).scalars())


def _password_was_seen(account: ColumnElement[int]) -> ColumnElement[bool]:
    access, link = t.habilitation.alias(), t.invitation.alias()
    a, its, attempt = t.account.c, access.c, link.c
    due_since = exists().where(its.account == a.id, its.link_due_number > a.password_seen_number)
    begun_since = exists().where(its.account == a.id, attempt.habilitation == its.id)
    begun_since = begun_since.where(attempt.intended_number > a.password_seen_number)
    was_seen = (a.id == account, a.password_seen_number.is_not(None))
    return exists().where(*was_seen, ~due_since.correlate(t.account), ~begun_since.correlate(t.account))


def reviewed_before(connection: Connection, day: date) -> Mapping[str, date]:
    """The partners that have an open access and are not contained, whose last review or, without one, whose signature
    is that old: each with that day.
    """
    counted_from = func.coalesce(func.max(_r.settled_on), _p.signed_on)
    has_access = exists().where(_h.partner == _p.code, OPEN).correlate(t.partner)
    hold = t.hold.c
    contained = exists().where(hold.partner == _p.code, hold.kind == HoldKind.CONTAINMENT, hold.released_at.is_(None))
    asked = (
        select(_p.code, counted_from)
        .select_from(t.partner.outerjoin(t.review, _r.partner == _p.code))
        .where(_p.signed_on.is_not(None), has_access, ~contained)
        .group_by(_p.code, _p.signed_on)
        .having(counted_from <= day)
    )
    return {row[0]: row[1] for row in connection.execute(asked)}


def _count(connection: Connection, asked: object) -> int:
    return int(connection.execute(asked).scalar_one())  # type: ignore[call-overload]
