"""What the contacts are told of annexe 3 and of persons, in the unit of work of what happened (docs/contacts.md)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

from provisioner.documents.annexe3 import Line, write_annexe_3
from provisioner.domain.contacts import Contacts, Role
from provisioner.domain.convention import Partner
from provisioner.domain.people import EmailAddress, Person
from provisioner.mail import Attachment
from provisioner.operations.letters import addressees, owe
from provisioner.register import Work, outbox
from provisioner.register.contacts import contacts_by_partner
from provisioner.settings import Settings
from provisioner.texts import notices
from provisioner.texts.contacts import ROLES
from provisioner.texts.dates import french_date
from provisioner.texts.letters import Notice

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
            owe(work, settings, ANNEXE_3_KIND, partner.code, to, notice, answer_to, (file,))
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
    notice: Callable[[EmailAddress | None], Notice],
) -> bool:
    """Owes the habilitations contact a notice, which is given the Caf's address for answers, if known."""
    found = addressees(work, partner.code)
    if found.partner is None:
        return False
    owe(work, settings, kind, partner.code, found.partner, notice(found.answer_to), found.answer_to)
    return True
