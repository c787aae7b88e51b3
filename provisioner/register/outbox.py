"""The messages that are owed to somebody: kept whole from the fact that they tell until they are sent, then gone.

A message enters in the unit of work of what it tells, with its Message-ID. Its row stays once it is sent, without
its recipient and content: that it was sent, when, of which kind and to which partner.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from sqlalchemy import Connection, delete, func, insert, or_, select, update

from provisioner.register.database import Work
from provisioner.register.tables import inserted_id, outbox

#: How long to wait after each try that failed or whose end is not known; the last one for ever.
INTERVALS = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=6),
    timedelta(days=1),
)

_OWED = outbox.c.sent_at.is_(None)


class Owed(NamedTuple):
    """A message that is not known to be sent."""

    id: int
    kind: str
    partner: str | None


class Parcel(NamedTuple):
    """What is given to the mail server: the envelope's address and the message."""

    recipient: str
    content: bytes


def put(work: Work, kind: str, partner: str | None, message_id: str, parcel: Parcel) -> int:
    """Owes a message from now on; it is due at once.

    Args:
        work: the unit of work of what the message tells.
        kind: what it is about, a code.
        partner: whom it is about, for the journal and the log.
        message_id: its Message-ID header, for ever.
        parcel: the whole message and where it goes.
    """
    row = insert(outbox).values(
        message_id=message_id,
        kind=kind,
        partner=partner,
        recipient=parcel.recipient,
        content=parcel.content,
        created_at=work.now,
        tries=0,
    )
    return inserted_id(work.connection.execute(row))


def withdraw(work: Work, kind: str, partner: str) -> int:
    """Owes the partner's messages of that kind no more: a newer one says it better. Gives how many there were."""
    mine = (outbox.c.kind == kind) & (outbox.c.partner == partner)
    count = work.connection.execute(delete(outbox).where(_OWED, mine)).rowcount
    if count:
        work.journal("notice.withdrawn", partner=partner, details={"kind": kind, "count": count})
    return count


def due(connection: Connection, now: datetime | None) -> list[Owed]:
    """What is to be tried; without a moment, everything that is owed.

    The least tried first, so that a message which makes the server give up never stands before the others.
    """
    asked = select(outbox.c.id, outbox.c.kind, outbox.c.partner).where(_OWED).order_by(outbox.c.tries, outbox.c.id)
    if now is not None:
        by_a_wrong_clock = outbox.c.begun_at > now
        asked = asked.where(or_(outbox.c.next_try_at.is_(None), outbox.c.next_try_at <= now, by_a_wrong_clock))
    return [Owed(*row) for row in connection.execute(asked)]


def owed_count(connection: Connection) -> int:
    """How many messages wait."""
    return connection.execute(select(func.count()).select_from(outbox).where(_OWED)).scalar_one()


def begin(work: Work, id_: int) -> Parcel | None:
    """Records that the message is about to be sent, and when it is due again if nothing more is known of it.

    Gives it, or None when it is owed no more.
    """
    row = work.connection.execute(select(outbox).where(outbox.c.id == id_, _OWED)).first()
    if row is None:
        return None
    now = work.now
    wait = INTERVALS[min(row.tries, len(INTERVALS) - 1)]
    begun = {"tries": row.tries + 1, "begun_at": now, "next_try_at": now + wait}
    work.connection.execute(update(outbox).where(outbox.c.id == id_, _OWED).values(**begun))
    return Parcel(row.recipient, row.content)


def sent(work: Work, one: Owed) -> None:
    """The mail server has taken it: the recipient and the content are destroyed."""
    gone = {"recipient": None, "content": None, "next_try_at": None, "error": None}
    work.connection.execute(update(outbox).where(outbox.c.id == one.id).values(sent_at=work.now, **gone))
    work.journal("notice", partner=one.partner, details={"kind": one.kind})


def failed(work: Work, one: Owed, error: str) -> None:
    """It could not be sent this time. `error` is a sentence without a name or an address."""
    work.connection.execute(update(outbox).where(outbox.c.id == one.id, _OWED).values(error=error))
