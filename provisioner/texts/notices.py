"""The e-mails about contacts and about one person."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from provisioner.domain.contacts import Contacts, Role
from provisioner.domain.people import EmailAddress, Person
from provisioner.texts.contacts import ROLES
from provisioner.texts.dates import french_date
from provisioner.texts.letters import Notice, write_notice


def annexe_3(partner: str, contacts: Contacts) -> Notice:
    """The Caf's new contacts, for a partner; the annexe itself goes with it as a file.

    Args:
        partner: the partner's name.
        contacts: those of the new annexe 3.
    """
    people = [(ROLES[one.role], one.name, one.email) for one in contacts.people]
    return write_notice(
        "annexe-3",
        "Coopération : nouveaux contacts de la Caf (annexe 3)",
        partner=partner,
        dated=french_date(contacts.dated),
        people=people,
        answer_to=contacts.of(Role.HABILITATIONS).email,
    )


def suspension(partner: str, person: Person, on: date, answer_to: EmailAddress | None) -> Notice:
    """Asks for an annexe 1 after the Caf suspended a person's access.

    Args:
        partner: the partner's name.
        person: whose access it was; named, because the contact has to write that name down.
        on: the day of the suspension.
        answer_to: where the annexe 1 goes, if known.
    """
    return write_notice(
        "suspension",
        "Coopération : accès suspendu, annexe 1 à envoyer",
        partner=partner,
        person=person,
        on=french_date(on),
        answer_to=answer_to,
    )


def bounced(partner: str, person: Person, answer_to: EmailAddress | None) -> Notice:
    """Asks to check the address of a person whose e-mail with the link came back.

    Args:
        partner: the partner's name.
        person: whose address it is; named, because the contact has to find out.
        answer_to: where the corrected annexe 1 goes, if known.
    """
    subject = "Coopération : adresse électronique à vérifier"
    return write_notice("bounced", subject, partner=partner, person=person, answer_to=answer_to)


def silent(partner: str, people: Sequence[Person], answer_to: EmailAddress | None) -> Notice:
    """Tells who has made no password, the last link having expired.

    Args:
        partner: the partner's name.
        people: who they are; named, because the contact has to ask them.
        answer_to: where an annexe 1 goes, if known.
    """
    subject = "Coopération : accès jamais activés"
    return write_notice("silent", subject, partner=partner, people=people, answer_to=answer_to)
