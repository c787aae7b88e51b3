"""Annexes 2 and 3: the contacts of a partner and of the Caf, each replaced as a whole (N rules)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from provisioner.documents.addresses import read_address
from provisioner.documents.text import suspicion, tidy_name
from provisioner.domain.convention import ANNEXE_2, Contact, Contacts, Role, split_contact
from provisioner.domain.errors import Refusal, Refused
from provisioner.operations.context import decided
from provisioner.operations.notices import send_annexe_3
from provisioner.operations.partners import no_such_partner, partner_of
from provisioner.register import Register, Work
from provisioner.register.partners import all_partners, contacts_of, replace_contacts
from provisioner.settings import Settings


@dataclass(frozen=True, slots=True)
class Told:
    """What a new annexe 3 set going: whether it says anything new, and the partners that nobody can tell it to."""

    is_new: bool
    without_contact: tuple[str, ...] = ()


def read_contacts(given: Mapping[Role, str], on: date, today: date) -> Contacts:
    """An annexe 2 or 3 from what was typed.

    Args:
        given: for each role « NAME <EMAIL> », or for the Caf's the bare address of a shared mailbox.
        on: the date of the annexe.
        today: the day.

    Raises:
        Refused: the date is in the future, or a contact is not written so.
    """
    if on > today:
        raise Refused(Refusal.CONTACTS_DATED_LATER, on=on)
    return Contacts(on, tuple(_contact(role, given[role]) for role in Role if role in given))


def _contact(role: Role, text: str) -> Contact:
    parts = split_contact(text)
    if parts is None or "\n" in text or "\r" in text or suspicion(text, formula=False):
        raise Refused(Refusal.CONTACT_MALFORMED, role=role)
    name, written = tidy_name(parts[0]), parts[1]
    email = read_address(written).email
    if email is None:
        raise Refused(Refusal.CONTACT_ADDRESS, role=role, given=written)
    if name and ("@" in name or not any(map(str.isalpha, name))):
        raise Refused(Refusal.CONTACT_NAME, role=role, given=name)
    return Contact(role, name or None, email)


def known_contacts(register: Register, code: str | None) -> Contacts | None:
    """The contacts of the partner with that code, or the Caf's own for None; None when none are recorded.

    Raises:
        WrongUsage: no partner has that code.
    """
    if code is not None:
        partner_of(register, code)
    with register.read() as connection:
        return contacts_of(connection, code)


@decided
def set_partner_contacts(register: Register, code: str, contacts: Contacts, by: str) -> bool:
    """Records a partner's annexe 2 in place of the one before; whether it says anything new.

    Raises:
        WrongUsage: no partner has that code.
        Refused: a contact is not a named person (N1), or a newer annexe 2 is recorded (N3).
    """
    unnamed = [contact.role for contact in contacts.people if contact.name is None]
    if unnamed:
        raise Refused(Refusal.CONTACT_UNNAMED, role=unnamed[0])
    assert tuple(contact.role for contact in contacts.people) == ANNEXE_2
    with register.work(by) as work:
        known = all_partners(work.connection)
        if code not in known:
            raise no_such_partner(code, known)
        return _replace(work, code, contacts)


@decided
def set_caf_contacts(register: Register, contacts: Contacts, settings: Settings, by: str) -> Told:
    """Records the Caf's annexe 3 in place of the one before, and owes it to every partner (N3).

    The partners are those whose convention has not ended. What is owed is sent by `notice_delivery.deliver`.

    Raises:
        Refused: a newer annexe 3 is recorded (N3).
    """
    with register.work(by) as work:
        if not _replace(work, None, contacts):
            return Told(is_new=False)
        today = work.clock.today()
        partners = [partner for partner in all_partners(work.connection).values() if today <= partner.last_day]
        return Told(is_new=True, without_contact=send_annexe_3(work, contacts, partners, settings))


def _replace(work: Work, code: str | None, contacts: Contacts) -> bool:
    before = contacts_of(work.connection, code)
    if before == contacts:
        return False
    if before is not None and contacts.dated < before.dated:
        raise Refused(Refusal.CONTACTS_OLDER, on=before.dated)
    replace_contacts(work, code, contacts)
    return True
