"""Owing a notice: written whole, with its Message-ID, in the unit of work of what it tells (docs/contacts.md)."""

from __future__ import annotations

from collections.abc import Mapping

from provisioner.domain.convention import Contact, Partner, Role
from provisioner.domain.people import EmailAddress
from provisioner.mail import Attachment, Letter, ascii_address, compose, new_message_id
from provisioner.register import Work, notices
from provisioner.register.partners import contacts_of
from provisioner.settings import Settings
from provisioner.views.letters import Notice, write_notice


def contact_of(work: Work, partner: str | None) -> Contact | None:
    """Who answers for habilitations at the partner, or at the Caf (None), if known."""
    known = contacts_of(work.connection, partner)
    return known.of(Role.HABILITATIONS) if known is not None else None


def tell_partner(
    work: Work,
    settings: Settings,
    kind: str,
    partner: Partner,
    values: Mapping[str, object],
    *files: Attachment,
    template: str | None = None,
) -> bool:
    """Owes the partner's habilitations contact a notice from now on; `sending.deliver` sends it.

    Args:
        work: the unit of work of what it tells.
        settings: for the Message-ID's domain.
        kind: what it is about, as the outbox, the journal and the log name it.
        partner: the partner.
        values: what the template needs besides the partner and where to answer.
        files: what goes with it.
        template: its words (`texts.letters`), when they are not those of its kind.

    Returns:
        Whether somebody will be told: False when the partner has no contact.
    """
    to, caf = contact_of(work, partner.code), contact_of(work, None)
    if to is None:
        return False
    answer_to = caf.email if caf is not None else None
    about = {"partner": partner.name, "code": partner.code, "answer_to": answer_to, "head": work.head}
    _owe(work, settings, kind, partner.code, to, write_notice(template or kind, **about, **values), answer_to, files)
    return True


def tell_caf(
    work: Work,
    settings: Settings,
    kind: str,
    partner: Partner | None,
    values: Mapping[str, object],
    template: str | None = None,
) -> None:
    """The same for the Caf's habilitations contact if any, about one partner or (None) about several."""
    to = contact_of(work, None)
    if to is not None:
        about: dict[str, object] = {"head": work.head}
        if partner is not None:
            about |= {"partner": partner.name, "code": partner.code}
        notice = write_notice(template or kind, **about, answer_to=None, **values)
        _owe(work, settings, kind, partner.code if partner is not None else None, to, notice)


def _owe(
    work: Work,
    settings: Settings,
    kind: str,
    partner: str | None,
    to: Contact,
    notice: Notice,
    answer_to: EmailAddress | None = None,
    files: tuple[Attachment, ...] = (),
) -> None:
    letter = Letter(
        to=to.email,
        to_name=to.name,
        reply_to=answer_to,
        subject=notice.subject,
        text=notice.text,
        html=notice.html,
        attachments=files,
    )
    message_id = new_message_id(settings.smtp.from_)
    parcel = notices.Envelope(ascii_address(to.email), compose(letter, message_id, work.now))
    notices.put(work, kind, partner, message_id, parcel)
