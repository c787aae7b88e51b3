"""What the contacts are told of annexe 3 and of persons, in the unit of work of what happened (docs/contacts.md)."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from provisioner.documents.form import ContactLine, write_annexe_3
from provisioner.domain.convention import Contacts, Partner
from provisioner.domain.people import Person
from provisioner.mail import Attachment
from provisioner.operations.letters import tell_partner
from provisioner.register import Work, notices
from provisioner.settings import Settings
from provisioner.views.contacts import ROLES
from provisioner.views.dates import french_date

_ANNEXE_3 = "annexe-3"


def annexe_3_file(contacts: Contacts) -> Attachment:
    """The annexe 3 as a file."""
    content = write_annexe_3(contacts.dated, french_date(contacts.dated), _lines(contacts))
    return Attachment(f"annexe-3-{contacts.dated.isoformat()}.pdf", content)


def send_annexe_3(work: Work, contacts: Contacts, partners: Sequence[Partner], settings: Settings) -> tuple[str, ...]:
    """Owes the new annexe 3 to the habilitations contact of each of these partners (N3).

    One that was not sent yet is withdrawn: it must not arrive after the one that replaces it.

    Returns:
        The codes of the partners that have no contact: nothing can be sent to them.
    """
    file, without = annexe_3_file(contacts), []
    for partner in partners:
        notices.withdraw(work, _ANNEXE_3, partner.code)
        values = {"dated": contacts.dated, "people": _lines(contacts)}
        if not tell_partner(work, settings, _ANNEXE_3, partner, values, file):
            without.append(partner.code)
    return tuple(without)


def _lines(contacts: Contacts) -> list[ContactLine]:
    return [ContactLine(ROLES[one.role], one.name or "", one.email) for one in contacts.people]


def ask_for_annexe(work: Work, partner: Partner, person: Person, on: date, settings: Settings) -> bool:
    """Owes the request for an annexe 1 after the Caf suspended on that day a person's access through the partner.

    Returns:
        Whether somebody will be asked: False when the partner has no contact.
    """
    return tell_partner(work, settings, "suspension", partner, {"person": person, "on": on})


def ask_for_address(work: Work, partner: Partner, person: Person, settings: Settings) -> bool:
    """Owes the news that the e-mail with the link to that person came back. Returns as `ask_for_annexe`."""
    return tell_partner(work, settings, "bounced", partner, {"person": person})


def tell_silence(work: Work, partner: Partner, people: Sequence[Person], settings: Settings) -> bool:
    """Owes the names of those who used none of their links. Returns as `ask_for_annexe`."""
    return tell_partner(work, settings, "silent", partner, {"people": people})
