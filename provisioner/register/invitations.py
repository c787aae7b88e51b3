"""Invitations: each attempt at the e-mail with the link, its intention, what became of it (P2)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, Connection, bindparam, insert, select, update

from provisioner.domain.access.habilitation import Habilitation
from provisioner.domain.records import Attempt
from provisioner.register.habilitations import password_seen
from provisioner.register.mapper import Mapper, among
from provisioner.register.tables import invitation as t
from provisioner.register.work import Work

_INVITATION = Mapper(Attempt, t, lifespan=t.c.lifespan_seconds)

_ATTEMPTS = select(*_INVITATION.columns).order_by(t.c.id)
_INTEND = insert(t)
_attempt = update(t).where(t.c.habilitation == bindparam("of"), t.c.attempt == bindparam("number"))
_INTEND_AGAIN = _attempt.where(t.c.sent_at.is_(None)).values(
    intended_at=bindparam("at"),
    intended_number=bindparam("place"),
    keycloak_time=bindparam("their_time"),
    lifespan_seconds=bindparam("lifespan"),
    events_kept=bindparam("kept"),
    failed_at=None,
    uncertain_at=None,
    tries=t.c.tries + 1,
)
_SENT = _attempt.values(sent_at=bindparam("at"))
_FAILED = _attempt.values(failed_at=bindparam("at"))
_UNCERTAIN = _attempt.values(uncertain_at=bindparam("at"))


def attempts_for(connection: Connection, habilitations: Collection[int | None] | None) -> tuple[Attempt, ...]:
    """Every attempt for these habilitations, or for all; those for one are told oldest first."""
    return tuple(map(_INVITATION.of, among(connection, _ATTEMPTS, t.c.habilitation, habilitations)))


def intend_invitation(
    work: Work,
    habilitation: Habilitation,
    attempt: int,
    keycloak_time: datetime,
    lifespan: timedelta,
    *,
    events_kept: bool,
    again: bool,
) -> None:
    """The intention to send the link, recorded before: it cannot be unsent. `again`: not its first try."""
    id_ = habilitation.id
    assert id_ is not None
    if again:
        at = {"at": work.now, "place": work.number, "their_time": keycloak_time, "lifespan": lifespan}
        work.put(_INTEND_AGAIN, of=id_, number=attempt, kept=events_kept, **at)
    else:
        invitation = Attempt(
            habilitation=id_,
            attempt=attempt,
            intended_number=work.number,
            intended_at=work.now,
            keycloak_time=keycloak_time,
            lifespan=lifespan,
            events_kept=events_kept,
        )
        work.put(_INTEND, **_INVITATION.row(invitation))


def settle_invitation(work: Work, habilitation: Habilitation, attempt: int, sent_at: datetime | None) -> None:
    """What became of it: sent at that moment, or not sent."""
    work.put(_SENT if sent_at else _FAILED, of=habilitation.id, number=attempt, at=sent_at or work.now)
    _tell(work, "invite" if sent_at else "invite.failed", habilitation)


def invitation_uncertain(work: Work, habilitation: Habilitation, attempt: int) -> None:
    """Nobody can know whether it left: a person says whether another one goes."""
    work.put(_UNCERTAIN, of=habilitation.id, number=attempt, at=work.now)
    _tell(work, "invite.uncertain", habilitation)


def _tell(work: Work, action: str, habilitation: Habilitation) -> None:
    """It follows from the decision that made the link due."""
    cause = habilitation.link_decision or habilitation.decision
    work.journal(action, partner=habilitation.partner, habilitation=habilitation.id, rule="P2", cause=cause)


def bounced(work: Work, habilitation: Habilitation, last: Attempt, by: str) -> bool:
    """Somebody reported that the e-mail came back. Told once: whether it is new."""
    row = update(t).where(*_is(last), t.c.bounced_at.is_(None)).values(bounced_at=work.now)
    if work.connection.execute(row).rowcount == 0:
        return False
    partner, id_ = habilitation.partner, habilitation.id
    work.journal("invite.bounced", partner=partner, habilitation=id_, rule="P2", details={"by": by}, by=by)
    return True


def silence_told(work: Work, habilitation: Habilitation, last: Attempt) -> None:
    """The partner is told that the person used none of the links."""
    work.connection.execute(update(t).where(*_is(last)).values(told_at=work.now))
    work.journal("invite.silent", partner=habilitation.partner, habilitation=habilitation.id, rule="P2")


def used(work: Work, habilitation: Habilitation) -> None:
    """Keycloak has a password: nobody asks any more, until another link becomes due or is begun."""
    password_seen(work, habilitation.email)
    work.journal("invite.used", partner=habilitation.partner, habilitation=habilitation.id, rule="P2")


def _is(invitation: Attempt) -> tuple[ColumnElement[bool], ...]:
    return t.c.habilitation == invitation.habilitation, t.c.attempt == invitation.attempt
