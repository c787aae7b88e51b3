"""What is recorded about links that left and were not used: that one came back, that a silence was told."""

from __future__ import annotations

from sqlalchemy import update

from provisioner.domain.access.habilitation import Habilitation
from provisioner.domain.records import Invitation
from provisioner.register import tables as t
from provisioner.register.database import Work


def bounced(work: Work, one: Habilitation, last: Invitation, by: str) -> bool:
    """Somebody reported that the e-mail came back. Told once: whether it is new."""
    row = update(t.invitation).where(
        t.invitation.c.habilitation == last.habilitation,
        t.invitation.c.attempt == last.attempt,
        t.invitation.c.bounced_at.is_(None),
    )
    if work.connection.execute(row.values(bounced_at=work.now, bounced_by=by)).rowcount == 0:
        return False
    work.journal("invite.bounced", partner=one.partner, habilitation=one.id, rule="P2", details={"by": by}, by=by)
    return True


def silence_told(work: Work, one: Habilitation, last: Invitation) -> None:
    """The partner is told that the person used none of the links."""
    work.connection.execute(
        update(t.invitation)
        .where(t.invitation.c.habilitation == last.habilitation, t.invitation.c.attempt == last.attempt)
        .values(told_at=work.now)
    )
    work.journal("invite.silent", partner=one.partner, habilitation=one.id, rule="P2")
