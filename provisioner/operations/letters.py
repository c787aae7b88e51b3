"""Owing a notice: written whole, with its Message-ID, in the unit of work of what it tells."""

from __future__ import annotations

from dataclasses import dataclass

from provisioner.domain.contacts import Contact, Role
from provisioner.domain.people import EmailAddress
from provisioner.mail import Attachment, Letter, ascii_address, compose, new_message_id
from provisioner.register import Work, outbox
from provisioner.register.contacts import contacts_of
from provisioner.settings import Settings
from provisioner.texts.letters import Notice


@dataclass(frozen=True, slots=True)
class Addressees:
    """The habilitations contacts of a partner and of the Caf, where they are known."""

    partner: Contact | None
    caf: Contact | None

    @property
    def answer_to(self) -> EmailAddress | None:
        """Where a partner answers, if known."""
        return self.caf.email if self.caf else None


def addressees(work: Work, partner: str) -> Addressees:
    """Whom a notice about that partner may go to."""
    theirs, ours = contacts_of(work.connection, partner), contacts_of(work.connection, None)
    return Addressees(
        theirs.of(Role.HABILITATIONS) if theirs else None, ours.of(Role.HABILITATIONS) if ours else None
    )


def owe(
    work: Work,
    settings: Settings,
    kind: str,
    partner: str | None,
    to: Contact,
    notice: Notice,
    answer_to: EmailAddress | None = None,
    attachments: tuple[Attachment, ...] = (),
) -> None:
    """Owes a notice from now on; `sending.deliver` sends it.

    Args:
        work: the unit of work of what it tells.
        settings: for the Message-ID's domain.
        kind: what it is about, as the outbox, the journal and the log name it.
        partner: the code of the partner that it is about, if it is one partner.
        to: who gets it.
        notice: its words.
        answer_to: where an answer goes.
        attachments: the files that go with it.
    """
    message_id = new_message_id(settings.smtp.from_)
    letter = Letter(
        to=to.email,
        to_name=to.name,
        reply_to=answer_to,
        subject=notice.subject,
        text=notice.text,
        html=notice.html,
        attachments=attachments,
    )
    parcel = outbox.Parcel(ascii_address(to.email), compose(letter, message_id, work.now))
    outbox.put(work, kind, partner, message_id, parcel)
