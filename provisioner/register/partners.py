"""The partners: their record, what mail they declared (A7), their convention's end (C3), their contacts (N rules)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, select, update

from provisioner.domain.convention import Contact, Contacts, Keeps, Partner, Role
from provisioner.domain.people import EmailAddress
from provisioner.register import tables as t
from provisioner.register.mapper import among, as_json
from provisioner.register.work import Work

_RECORD = (
    *("code", "name", "signed_on", "ctg_end", "ends_on", "group_id"),
    *("reference", "document_sha256", "notice_days"),
)
_FACTS = (*_RECORD, "end_decision", "destroyed_on")
_ASKED = select(*(t.partner.c[name] for name in _FACTS)).order_by(t.partner.c.code)
_DOMAINS = select(t.partner_domain.c.partner, t.partner_domain.c.domain)
_ADDRESSES = select(t.partner_address.c.partner, t.partner_address.c.email)
_HOW_MANY = select(func.count()).select_from(t.partner)
_SENDERS = select(t.contact.c.partner, t.contact.c.email).where(
    t.contact.c.partner.is_not(None), t.contact.c.role == Role.HABILITATIONS
)
_DECLARED = (("domains", t.partner_domain, "domain"), ("addresses", t.partner_address, "email"))


def all_partners(connection: Connection, codes: Collection[str] | None = None) -> dict[str, Partner]:
    """Every partner, or those with these codes, by code."""
    domains = _by_partner(connection, _DOMAINS, codes)
    addresses = _by_partner(connection, _ADDRESSES, codes)
    rows = among(connection, _ASKED, t.partner.c.code, codes)
    return {
        row.code: Partner(
            **row._mapping,
            domains=frozenset(domains.get(row.code, ())),
            addresses=frozenset(addresses.get(row.code, ())),
        )
        for row in rows
    }


def _by_partner(connection: Connection, asked: Select[Any], codes: Collection[str] | None) -> dict[str, list[Any]]:
    """What each partner has, asked for as (partner, value)."""
    values: dict[str, list[Any]] = {}
    for partner, value in among(connection, asked, asked.selected_columns.partner, codes):
        values.setdefault(partner, []).append(value)
    return values


def add_record(work: Work, partner: Partner) -> None:
    """A new partner. A known code is an IntegrityError: look before."""
    values = _record(partner)
    work.connection.execute(insert(t.partner).values(**values))
    _tell(work, "partner.add", partner, values)


def set_record(work: Work, partner: Partner) -> None:
    """A partner's record as it is from now on."""
    values = _record(partner)
    work.connection.execute(update(t.partner).where(t.partner.c.code == partner.code).values(**values))
    for _, table, _ in _DECLARED:
        work.connection.execute(delete(table).where(table.c.partner == partner.code))
    _tell(work, "partner.set", partner, values)


#: What the register may keep of a partner beside its record, its contacts and the notices to them.
_KEEPS = {
    t.habilitation: Keeps.ACCESSES,
    t.annexe: Keeps.ANNEXES,
    t.dropped_file: Keeps.ANNEXES,
    t.hold: Keeps.HOLDS,
    t.control: Keeps.PROOFS,
    t.incident_partner: Keeps.PROOFS,
    t.attestation: Keeps.PROOFS,
    t.asked_document: Keeps.PROOFS,
    t.review: Keeps.PROOFS,
}


def keeps_of(connection: Connection, partner: Partner) -> Keeps | None:
    """What the register keeps of a partner, that it cannot be removed; None when nothing."""
    for table, keeps in _KEEPS.items():
        if connection.execute(select(table.c.partner).where(table.c.partner == partner.code).limit(1)).first():
            return keeps
    return Keeps.PAST if partner.group_id is not None or partner.destroyed_on is not None else None


def remove_record(work: Work, code: str, by: str, reason: str) -> None:
    """The partner's record and the notices to its contacts are there no more. All that it is named by went before."""
    for column in (t.notice.c.partner, t.partner_domain.c.partner, t.partner_address.c.partner, t.partner.c.code):
        work.connection.execute(delete(column.table).where(column == code))
    work.journal("partner.remove", partner=code, rule="C1", details={"by": by, "reason": reason}, by=by)


def set_end(work: Work, partner: Partner, action: str, *, by: str, reason: str | None) -> None:
    """The convention's early end as it is from now on, or none; `action` is what the journal calls it."""
    details = as_json({"ends_on": partner.ends_on, "last_day": partner.last_day, "reason": reason, "by": by})
    decision = work.journal(action, partner=partner.code, rule="C3", details=details, by=by)
    is_ended = partner.ends_on is not None
    end = {
        "ends_on": partner.ends_on,
        "end_reason": reason if is_ended else None,
        "end_decision": decision if is_ended else None,
    }
    work.connection.execute(update(t.partner).where(t.partner.c.code == partner.code).values(**end))


def set_group(work: Work, code: str, group_id: str) -> None:
    """The partner's group in Keycloak."""
    work.connection.execute(update(t.partner).where(t.partner.c.code == code).values(group_id=group_id))
    work.journal("group", partner=code, rule="A1", details={"group": group_id})


def group_placed(work: Work, code: str, group_id: str) -> None:
    """The partner's group has its name and its place again, which another hand had changed."""
    work.journal("group.placed", partner=code, rule="A1", details={"group": group_id})


def _record(partner: Partner) -> dict[str, Any]:
    return {name: getattr(partner, name) for name in _RECORD}


def _tell(work: Work, action: str, partner: Partner, values: dict[str, Any]) -> None:
    """Writes the domains and addresses that the partner declared; the journal tells them with its record."""
    declared = {name: sorted(getattr(partner, name)) for name, _, _ in _DECLARED}
    for name, table, column in _DECLARED:
        if declared[name]:
            rows = [{"partner": partner.code, column: value} for value in declared[name]]
            work.connection.execute(insert(table), rows)
    work.journal(action, partner=partner.code, details=as_json(values | declared))


def contacts_of(connection: Connection, partner: str | None) -> Contacts | None:
    """The partner's contacts (the Caf's own for None), or None when none are known."""
    rows = connection.execute(select(t.contact).where(t.contact.c.partner == partner)).all()  # None: IS NULL
    return _contacts(rows)


def contacts_by_partner(connection: Connection) -> dict[str, Contacts]:
    """The contacts of every partner that has some."""
    rows: dict[str, list[Any]] = {}
    for row in connection.execute(select(t.contact).where(t.contact.c.partner.is_not(None))):
        rows.setdefault(row.partner, []).append(row)
    return {code: contacts for code, of_partner in rows.items() if (contacts := _contacts(of_partner))}


def first_signed_on(connection: Connection) -> date | None:
    """The day on which the first convention was signed, None while none is."""
    return connection.execute(select(func.min(t.partner.c.signed_on))).scalar()


def count_of_partners(connection: Connection) -> int:
    """How many there are."""
    return int(connection.execute(_HOW_MANY).scalar_one())


def codes_by_group(connection: Connection) -> dict[str, str]:
    """The partners by Keycloak's ids of their groups."""
    known = select(t.partner.c.group_id, t.partner.c.code).where(t.partner.c.group_id.is_not(None))
    return {row.group_id: row.code for row in connection.execute(known)}


def senders(connection: Connection, codes: Collection[str] | None = None) -> dict[str, EmailAddress]:
    """Who is to send the annexe 1 of each partner, or of those with these codes (A11)."""
    rows = among(connection, _SENDERS, t.contact.c.partner, codes)
    return {row.partner: EmailAddress(row.email) for row in rows}


def roles_of(connection: Connection, email: EmailAddress) -> tuple[tuple[str | None, Role], ...]:
    """The partners (None: the Caf) whose annexe 2 or 3 names that address, and as what."""
    asked = select(t.contact.c.partner, t.contact.c.role).where(t.contact.c.email == email)
    return tuple((row.partner, row.role) for row in connection.execute(asked))


def names_of_contacts(connection: Connection, but: EmailAddress) -> frozenset[str]:
    """Whom annexes 2 and 3 name, but whoever has that address."""
    named = select(t.contact.c.name).where(t.contact.c.name.is_not(None), t.contact.c.email != but)
    return frozenset(connection.execute(named).scalars())


def replace_contacts(work: Work, partner: str | None, contacts: Contacts) -> None:
    """These contacts, and nothing of the ones before; the journal tells, names and addresses beside the chain."""
    work.connection.execute(delete(t.contact).where(t.contact.c.partner == partner))
    people = [{"role": person.role, "name": person.name, "email": person.email} for person in contacts.people]
    rows = [{"partner": partner, "dated": contacts.dated, **person} for person in people]
    work.connection.execute(insert(t.contact), rows)
    work.journal(
        "partner.contacts" if partner else "caf.contacts",
        partner=partner,
        rule="N1" if partner else "N2",
        details={"dated": contacts.dated.isoformat(), "people": people},
    )


def _contacts(rows: Iterable[Any]) -> Contacts | None:
    by_role = {row.role: row for row in rows}
    if not by_role:
        return None
    named = (by_role[role] for role in Role if role in by_role)
    people = tuple(Contact(row.role, row.name, EmailAddress(row.email)) for row in named)
    return Contacts(next(iter(by_role.values())).dated, people)


def has_protection_officer(connection: Connection) -> bool:
    """Whether the Caf's annexe 3 names its data-protection officer."""
    contacts = contacts_of(connection, None)
    return contacts is not None and any(person.role is Role.PROTECTION_DONNEES for person in contacts.people)
