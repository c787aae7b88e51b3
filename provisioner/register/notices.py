"""The messages that are owed to somebody: kept whole from the fact that they tell until they are sent, then gone.

A message enters in the unit of work of what it tells, with its Message-ID. Its row stays once it is sent, without
its recipient and content: that it was sent, when, of which kind and to which partner.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, delete, false, func, insert, or_, select, true, update

from provisioner.register.tables import notice as t
from provisioner.register.work import Work

#: How long to wait after each try that failed or whose end is not known; the last one for ever.
INTERVALS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(days=1),
)

#: What waits for no run that is under way: whoever owes it sends it, beside that run if need be.
URGENT = frozenset({"control-secret", "incident-proposed", "incident", "containment", "containment-released"})

_OWED = t.c.sent_at.is_(None)


class Notice(NamedTuple):
    """A notice that is not known to be sent, and how often it was tried."""

    id: int
    kind: str
    partner: str | None
    tries: int


class Envelope(NamedTuple):
    """What is given to the mail server: the envelope's address and the message."""

    recipient: str
    content: bytes


def put(work: Work, kind: str, partner: str | None, message_id: str, envelope: Envelope) -> int:
    """Owes a notice from now on; it is due at once.

    Args:
        work: the unit of work of what the notice tells.
        kind: what it is about, a code.
        partner: whom it is about, for the journal and the log.
        message_id: its Message-ID header, for ever.
        envelope: the whole message and where it goes.
    """
    row = insert(t).values(
        message_id=message_id,
        kind=kind,
        partner=partner,
        recipient=envelope.recipient,
        content=envelope.content,
        created_at=work.now,
        tries=0,
    )
    return int(work.connection.execute(row.returning(t.c.id)).scalar_one())


def withdraw(work: Work, kind: str, partner: str | None) -> int:
    """Owes the partner's notices of that kind, or those about no single one, no more: a newer one says it better.
    Gives how many there were.
    """
    theirs = (t.c.kind == kind) & t.c.partner.is_not_distinct_from(partner)
    count = work.connection.execute(delete(t).where(_OWED, theirs)).rowcount
    if count:
        work.journal("notice.withdrawn", partner=partner, details={"kind": kind, "count": count})
    return count


def due(connection: Connection, now: datetime | None) -> list[Notice]:
    """What is to be tried, the urgent ones apart; without a moment, everything that is owed.

    The least tried first, so that a notice which makes the server give up never stands before the others.
    """
    return _owed(connection, t.c.kind.not_in(URGENT), true() if now is None else _is_due(now))


def urgent(connection: Connection, now: datetime, *, at_once: bool = False) -> list[Notice]:
    """The urgent ones that are due; `at_once`, also those that were last tried a minute ago or earlier. One that was
    tried later may be in the hand of another pass.
    """
    is_free = t.c.begun_at <= now - INTERVALS[0] if at_once else false()
    return _owed(connection, t.c.kind.in_(URGENT), _is_due(now) | is_free)


def _is_due(now: datetime) -> ColumnElement[bool]:
    by_a_wrong_clock = t.c.begun_at > now
    return or_(t.c.next_try_at.is_(None), t.c.next_try_at <= now, by_a_wrong_clock)


def _owed(connection: Connection, *which: ColumnElement[bool]) -> list[Notice]:
    asked = select(t.c.id, t.c.kind, t.c.partner, t.c.tries).where(_OWED, *which).order_by(t.c.tries, t.c.id)
    return [Notice(*row) for row in connection.execute(asked)]


def owed_count(connection: Connection) -> int:
    """How many notices wait."""
    return connection.execute(select(func.count()).select_from(t).where(_OWED)).scalar_one()


def oldest(connection: Connection) -> tuple[datetime, str | None] | None:
    """Since when the oldest notice that waits is owed, and why its last try failed."""
    row = connection.execute(select(t.c.created_at, t.c.error).where(_OWED).order_by(t.c.id).limit(1)).first()
    return None if row is None else (row.created_at, row.error)


def begin(work: Work, notice: Notice) -> Envelope | None:
    """Records that the notice is about to be sent, and when it is due again if nothing more is known of it.

    Gives it, or None when it is owed no more, or another pass was faster.
    """
    now, wait = work.now, INTERVALS[min(notice.tries, len(INTERVALS) - 1)]
    values = {"tries": notice.tries + 1, "begun_at": now, "next_try_at": now + wait}
    as_read = (t.c.id == notice.id) & (t.c.tries == notice.tries) & _OWED
    begun = update(t).where(as_read).values(**values).returning(t.c.recipient, t.c.content)
    row = work.connection.execute(begun).first()
    return None if row is None else Envelope(*row)


def sent(work: Work, notice: Notice) -> None:
    """The mail server has taken it: the recipient and the content are destroyed."""
    gone = {"recipient": None, "content": None, "next_try_at": None, "error": None}
    work.connection.execute(update(t).where(t.c.id == notice.id).values(sent_at=work.now, **gone))
    work.journal("notice", partner=notice.partner, details={"kind": notice.kind})


def failed(work: Work, notice: Notice, error: str) -> None:
    """It could not be sent this time. `error` is a sentence without a name or an address."""
    work.connection.execute(update(t).where(t.c.id == notice.id, _OWED).values(error=error))
