"""What a run writes in the register for each effect: many rows with one statement, each with its journal entry."""

from __future__ import annotations

from datetime import datetime

from sqlalchemy import bindparam, insert, update

from provisioner.domain.access.habilitation import Habilitation
from provisioner.domain.hold import Hold
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Account
from provisioner.register import tables as t
from provisioner.register.database import Work

_account = update(t.account).where(t.account.c.email == bindparam("of"))
_WRITTEN = _account.values(keycloak_id=bindparam("id_there"), written=bindparam("digest"))
_KNOWN = _account.values(keycloak_id=bindparam("id_there"))
_RENAME_SETTLED = _account.where(t.account.c.renamed_from == bindparam("seen")).values(renamed_from=None)
_REOPENING_SETTLED = _account.where(t.account.c.reopening_number == bindparam("seen")).values(
    reopening=None, reopening_number=None, reopening_decision=None
)
_INTENDED = _account.values(intended=bindparam("digest"))

_habilitation = update(t.habilitation).where(t.habilitation.c.id == bindparam("of"))
_OPENED = _habilitation.where(t.habilitation.c.opened_at.is_(None)).values(
    opened_at=bindparam("at"), opened_number=bindparam("number")
)
_LINK_NOT_DUE = _habilitation.where(t.habilitation.c.link_due_number == bindparam("seen")).values(
    link_due_at=None, link_due_number=None
)
_LINK_DUE = _habilitation.values(
    link_due_at=bindparam("at"), link_due_number=bindparam("number"), link_decision=bindparam("decided")
)
_CLOSED = _habilitation.where(t.habilitation.c.closed_at.is_(None)).values(
    closed_at=bindparam("at"),
    ended_on=bindparam("last_day"),
    end_rule=bindparam("rule"),
    end_transmitted_on=bindparam("said_on"),
    end_recorded_on=bindparam("noted_on"),
    end_decision=bindparam("decided"),
)

_INTEND = insert(t.invitation)
_attempt = update(t.invitation).where(
    t.invitation.c.habilitation == bindparam("of"), t.invitation.c.attempt == bindparam("number")
)
_INTEND_AGAIN = _attempt.where(t.invitation.c.sent_at.is_(None)).values(
    intended_at=bindparam("at"),
    intended_number=bindparam("place"),
    keycloak_time=bindparam("there"),
    lifespan_seconds=bindparam("lifespan"),
    events_kept=bindparam("kept"),
    failed_at=None,
    uncertain_at=None,
    tries=t.invitation.c.tries + 1,
)
_SENT = _attempt.values(sent_at=bindparam("at"))
_FAILED = _attempt.values(failed_at=bindparam("at"))
_UNCERTAIN = _attempt.values(uncertain_at=bindparam("at"))


def account_intended(work: Work, email: EmailAddress, digest: str) -> None:
    """What is about to be written to the account: should we die, it is not taken for another hand's."""
    work.put(_INTENDED, of=email, digest=digest)


def account_written(work: Work, email: EmailAddress, keycloak_id: str, digest: str) -> None:
    """Which Keycloak user the account is, and what was last written there."""
    work.put(_WRITTEN, of=email, id_there=keycloak_id, digest=digest)


def account_known(work: Work, email: EmailAddress, keycloak_id: str) -> None:
    """Which Keycloak user the account is; what was meant to be written there was not."""
    work.put(_KNOWN, of=email, id_there=keycloak_id)


def rename_settled(work: Work, seen: Account) -> None:
    """The rename that was seen is not to be done any more; one that was decided meanwhile is."""
    if seen.renamed_from is not None:
        work.put(_RENAME_SETTLED, of=seen.email, seen=seen.renamed_from)


def reopening_settled(work: Work, seen: Account) -> None:
    """The reopening that was seen is not to be done any more; one that was decided meanwhile is."""
    if seen.reopening is not None:
        work.put(_REOPENING_SETTLED, of=seen.email, seen=seen.reopening_number)


def updated(work: Work, one: Habilitation, rule: str, cause: int | None = None) -> None:
    """The account is what the register wants. `cause`: here and below, the journal's entry of the decision."""
    work.journal("update", partner=one.partner, habilitation=one.id, rule=rule, cause=cause)


def renamed(work: Work, one: Habilitation, rule: str, cause: int | None = None) -> None:
    """The account has its new address."""
    work.journal("rename", partner=one.partner, habilitation=one.id, rule=rule, cause=cause)


def opened(work: Work, one: Habilitation, action: str, rule: str, cause: int | None = None) -> None:
    """The access is open in Keycloak. The first time is the one that counts."""
    now = work.now
    work.put(_OPENED, of=one.id, at=now, number=work.number)
    work.journal(action, partner=one.partner, habilitation=one.id, rule=rule, cause=cause, at=now)


def link_due(work: Work, one: Habilitation, cause: int | None = None) -> None:
    """The person is owed the e-mail with the link, from now on (P2)."""
    work.put(_LINK_DUE, of=one.id, at=work.now, number=work.number, decided=cause)


def link_needless(work: Work, one: Habilitation) -> None:
    """The person has made a password before the register knew of the access: no link is owed."""
    work.put(_LINK_NOT_DUE, of=one.id, seen=one.link_due_number)
    cause = one.link_decision or one.decision
    work.journal("invite.needless", partner=one.partner, habilitation=one.id, rule="P2", cause=cause)


def suspended(work: Work, one: Habilitation, seen: Hold, cause: int | None = None) -> None:
    """The suspension that was seen is true in Keycloak."""
    hold = t.hold.c
    this_one = (hold.id == seen.id, hold.effective_at.is_(None), hold.released_at.is_(None))
    work.connection.execute(update(t.hold).where(*this_one).values(effective_at=work.now))
    work.journal("suspend", partner=one.partner, habilitation=one.id, rule="A4", cause=cause)


def closed(work: Work, one: Habilitation, rule: str, cause: int | None = None) -> None:
    """The access is closed in Keycloak. The first time is the one that counts (D1)."""
    assert one.end is not None
    end = {"last_day": one.end.on, "said_on": one.end.transmitted_on, "noted_on": one.end.recorded_on}
    now = work.now
    work.put(_CLOSED, of=one.id, at=now, rule=one.end.rule, decided=cause, **end)
    details = {"ended_on": one.end.on.isoformat(), "end_rule": one.end.rule}
    work.journal("close", partner=one.partner, habilitation=one.id, rule=rule, details=details, cause=cause, at=now)


def intend_invitation(
    work: Work,
    one: Habilitation,
    attempt: int,
    keycloak_time: datetime,
    lifespan_seconds: int,
    *,
    events_kept: bool,
    again: bool,
) -> None:
    """The intention to send the link, recorded before: it cannot be unsent. `again`: not its first try."""
    if again:
        at = {"at": work.now, "place": work.number, "there": keycloak_time, "lifespan": lifespan_seconds}
        at |= {"kept": events_kept}
        work.put(_INTEND_AGAIN, of=one.id, number=attempt, **at)
    else:
        at = {
            "intended_at": work.now,
            "intended_number": work.number,
            "keycloak_time": keycloak_time,
            "lifespan_seconds": lifespan_seconds,
            "events_kept": events_kept,
        }
        work.put(_INTEND, habilitation=one.id, attempt=attempt, tries=1, **at)


def settle_invitation(work: Work, one: Habilitation, attempt: int, sent_at: datetime | None) -> None:
    """What became of it: sent at that moment, or not sent. It follows from the decision that made the link due."""
    work.put(_SENT if sent_at else _FAILED, of=one.id, number=attempt, at=sent_at or work.now)
    what, cause = "invite" if sent_at else "invite.failed", one.link_decision or one.decision
    work.journal(what, partner=one.partner, habilitation=one.id, rule="P2", cause=cause)


def invitation_uncertain(work: Work, one: Habilitation, attempt: int) -> None:
    """Nobody can know whether it left: a person says whether another one goes."""
    work.put(_UNCERTAIN, of=one.id, number=attempt, at=work.now)
    cause = one.link_decision or one.decision
    work.journal("invite.uncertain", partner=one.partner, habilitation=one.id, rule="P2", cause=cause)
