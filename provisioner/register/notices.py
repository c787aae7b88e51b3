"""The ledger of notices: what is owed to whom, kept whole until it is sent, and who was told what and when.

A notice enters in the unit of work of what it tells, with its Message-ID. Its row stays for good: the content goes
once it is sent, the recipient a year after (`destruction.destroy_aged`), the role stays.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Connection, false, func, insert, literal, or_, select, true, update

from provisioner.domain.calendar import start_of
from provisioner.domain.convention import Role
from provisioner.domain.notice import Side, ToldNotice
from provisioner.register.marks import rewrite_due
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
URGENT = frozenset(
    {
        "control-secret",
        "incident-proposed",
        "incident",
        "containment",
        "containment-still-open",
        "containment-released",
    }
)

#: What can wait: it comes by the hundred on one day, and stands before nothing else.
PATIENT = frozenset({"review-reminder"})

#: What has the annexe 1 filled in with it, so it names the partner's persons.
WITH_FORM = ("review-reminder", "review-bounced")

_OWED = t.c.sent_at.is_(None) & t.c.withdrawn_at.is_(None)
_LEDGER = tuple(t.c[name] for name in ToldNotice.__dataclass_fields__)


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


class Addressee(NamedTuple):
    """Whose contact a notice goes to, and what that contact answers for."""

    side: Side
    role: Role


def put(
    work: Work,
    kind: str,
    partner: str | None,
    message_id: str,
    envelope: Envelope,
    to: Addressee,
    occasion: str | None = None,
) -> int:
    """Owes a notice from now on; it is due at once.

    Args:
        work: the unit of work of what the notice tells.
        kind: what it is about, a code.
        partner: whom it is about.
        message_id: its Message-ID header, for ever.
        envelope: the whole message and where it goes.
        to: whose contact it is.
        occasion: what happens once, without personal data: no second notice can be owed to that contact for it
            (`is_told`).
    """
    row = insert(t).values(
        message_id=message_id,
        kind=kind,
        partner=partner,
        side=to.side,
        role=to.role,
        occasion=occasion,
        recipient=envelope.recipient,
        content=envelope.content,
        created_at=work.now,
        tries=0,
    )
    return int(work.connection.execute(row.returning(t.c.id)).scalar_one())


def is_told(
    connection: Connection, kind: str, partner: str | None, side: Side, roles: Collection[Role], occasion: str
) -> bool:
    """Whether a notice was owed on this occasion to any of these contacts, whatever became of it."""
    about = (t.c.kind == kind) & t.c.partner.is_not_distinct_from(partner) & (t.c.occasion == occasion)
    to = (t.c.side == side) & t.c.role.in_(roles)
    return connection.execute(select(t.c.id).where(about, to).limit(1)).first() is not None


def told(
    connection: Connection,
    *,
    kind: str | None = None,
    partner: str | None = None,
    since: date | None = None,
    until: date | None = None,
) -> list[ToldNotice]:
    """The ledger, oldest first: of that kind, about that partner, owed from that day on and up to that one."""
    asked = [t.c.kind == kind] if kind is not None else []
    asked += [t.c.partner == partner] if partner is not None else []
    asked += [t.c.created_at >= start_of(since)] if since is not None else []
    asked += [t.c.created_at < start_of(until + timedelta(days=1))] if until is not None else []
    rows = connection.execute(select(*_LEDGER).where(*asked).order_by(t.c.id)).mappings()
    return [ToldNotice(**row) for row in rows]


def owed_about(connection: Connection, kinds: Collection[str], side: Side) -> set[str]:
    """The partners about which notices of these kinds wait for somebody of that side."""
    asked = select(t.c.partner).where(_OWED, t.c.kind.in_(kinds), t.c.side == side, t.c.partner.is_not(None))
    return set(connection.execute(asked).scalars())


def withdraw(work: Work, kind: str, partner: str | None, occasions: str = "", side: Side | None = None) -> int:
    """Owes the partner's notices of that kind, or those about no single one, no more: a newer one says it better.
    Gives how many there were. With `occasions`, only those whose occasion begins so; with `side`, only those to it.
    """
    on_those = t.c.occasion.startswith(occasions, autoescape=True) if occasions else true()
    to_them = t.c.side == side if side is not None else true()
    count = end(work, (t.c.kind == kind) & t.c.partner.is_not_distinct_from(partner) & on_those & to_them)
    if count:
        work.journal("notice.withdrawn", partner=partner, details={"kind": kind, "count": count})
    return count


def end(work: Work, which: ColumnElement[bool]) -> int:
    """Those of them that are owed are owed no more: recipient and content are destroyed. Gives how many."""
    over = {"recipient": None, "content": None, "next_try_at": None, "error": None, "withdrawn_at": work.now}
    return work.connection.execute(update(t).where(_OWED, which).values(**over)).rowcount


def forget(work: Work, which: ColumnElement[bool]) -> None:
    """Destroys their recipients; those of them that could not be sent are owed no more."""
    end(work, which)
    work.connection.execute(update(t).where(which).values(recipient=None))


def due(connection: Connection, now: datetime | None) -> list[Notice]:
    """What is to be tried, the urgent ones apart; without a moment, everything that is owed.

    What can wait comes last, and the least tried first, so that a notice which makes the server give up never stands
    before the others.
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
    asked = select(t.c.id, t.c.kind, t.c.partner, t.c.tries).where(_OWED, *which)
    asked = asked.order_by(t.c.kind.in_(PATIENT), t.c.tries, t.c.id)
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
    """The mail server has taken it: the content is destroyed. It may have been withdrawn meanwhile: it left."""
    done = {"content": None, "next_try_at": None, "error": None, "withdrawn_at": None}
    work.connection.execute(update(t).where(t.c.id == notice.id).values(sent_at=work.now, **done))
    rewrite_due(work)
    work.journal("notice", partner=notice.partner, details={"kind": notice.kind})


def failed(work: Work, notice: Notice, error: str, *, is_for_good: bool = False) -> None:
    """It could not be sent this time. `error` is a sentence without a name or an address; `is_for_good`: the mail
    server refuses this recipient and does not say that it may take it later.
    """
    values: dict[str, object] = {"error": error}
    if is_for_good:
        values["refused_at"] = func.coalesce(t.c.refused_at, literal(work.now, t.c.refused_at.type))
    work.connection.execute(update(t).where(t.c.id == notice.id, _OWED).values(**values))
