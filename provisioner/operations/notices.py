"""What the contacts are told: each notice is written whole and owed in the unit of work of what it tells."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from provisioner.documents.annexe3 import Line, write_annexe_3
from provisioner.domain.contacts import Contact, Contacts, Role
from provisioner.domain.convention import Partner
from provisioner.domain.people import EmailAddress, Person
from provisioner.mail import Attachment, Letter, ascii_address, compose, new_message_id
from provisioner.register import Work, outbox
from provisioner.register.contacts import contacts_by_partner, contacts_of
from provisioner.settings import Settings
from provisioner.texts import notices
from provisioner.texts.contacts import ROLES
from provisioner.texts.dates import french_date

#: The kinds of notices, as the outbox, the journal and the log name them.
ANNEXE_3_KIND = "annexe-3"
SUSPENSION_KIND = "suspension"
BOUNCED_KIND = "bounced"
SILENT_KIND = "silent"


def annexe_3_file(contacts: Contacts) -> Attachment:
    """The annexe 3 as a file."""
    lines = [Line(ROLES[one.role], one.name or "", one.email) for one in contacts.people]
    content = write_annexe_3(contacts.dated, french_date(contacts.dated), lines)
    return Attachment(f"annexe-3-{contacts.dated.isoformat()}.pdf", content)


def send_annexe_3(work: Work, contacts: Contacts, partners: Sequence[Partner], settings: Settings) -> tuple[str, ...]:
    """Owes the new annexe 3 to the habilitations contact of each of these partners (N3).

    One that was not sent yet is withdrawn: it must not arrive after the one that replaces it.

    Returns:
        The codes of the partners that have no contact: nothing can be sent to them.
    """
    known = contacts_by_partner(work.connection)
    file = annexe_3_file(contacts)
    for partner in partners:
        outbox.withdraw(work, ANNEXE_3_KIND, partner.code)
        if partner.code in known:
            to = known[partner.code].of(Role.HABILITATIONS)
            notice = notices.annexe_3(partner.name, contacts)
            answer_to = contacts.of(Role.HABILITATIONS).email
            _put(work, settings, ANNEXE_3_KIND, partner, to, notice, answer_to, (file,))
    return tuple(partner.code for partner in partners if partner.code not in known)


def ask_for_annexe(work: Work, partner: Partner, person: Person, on: date, settings: Settings) -> bool:
    """Owes the partner's habilitations contact the request for an annexe 1 after a suspension.

    Args:
        work: the unit of work of the suspension.
        partner: the partner through which the person has the access.
        person: whose access the Caf suspended.
        on: the day of the suspension.
        settings: for the Message-ID's domain.

    Returns:
        Whether somebody will be asked: False when the partner has no contact.
    """
    return _tell(
        work, settings, SUSPENSION_KIND, partner, lambda to: notices.suspension(partner.name, person, on, to)
    )


def ask_for_address(work: Work, partner: Partner, person: Person, settings: Settings) -> bool:
    """Owes the partner's habilitations contact the news that an e-mail with the link came back.

    Returns:
        Whether somebody will be told: False when the partner has no contact.
    """
    return _tell(work, settings, BOUNCED_KIND, partner, lambda to: notices.bounced(partner.name, person, to))


def tell_silence(work: Work, partner: Partner, people: Sequence[Person], settings: Settings) -> bool:
    """Owes the partner's habilitations contact the names of those who used none of their links.

    Returns:
        Whether somebody will be told: False when the partner has no contact.
    """
    return _tell(work, settings, SILENT_KIND, partner, lambda to: notices.silent(partner.name, people, to))


def _tell(
    work: Work,
    settings: Settings,
    kind: str,
    partner: Partner,
    notice: Callable[[EmailAddress | None], notices.Notice],
) -> bool:
    """Owes the habilitations contact a notice, which is given the Caf's address for answers, if known."""
    contacts, caf = contacts_of(work.connection, partner.code), contacts_of(work.connection, None)
    if contacts is None:
        return False
    answer_to = caf.of(Role.HABILITATIONS).email if caf else None
    _put(work, settings, kind, partner, contacts.of(Role.HABILITATIONS), notice(answer_to), answer_to)
    return True


def _put(
    work: Work,
    settings: Settings,
    kind: str,
    partner: Partner,
    to: Contact,
    notice: notices.Notice,
    answer_to: EmailAddress | None,
    attachments: tuple[Attachment, ...] = (),
) -> None:
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
    outbox.put(work, kind, partner.code, message_id, parcel)
