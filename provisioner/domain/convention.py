"""The convention between the Caf and a partner: when it allows an access (C rules), and the contacts (N rules)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from typing import Protocol, TypeVar

from provisioner.domain.calendar import add_months
from provisioner.domain.people import EmailAddress, domain_of

#: End of the CTG 2026-2030 (C1, our reading), when a partner's record says nothing else.
DEFAULT_CTG_END = date(2030, 12, 31)

#: How long the convention runs before each tacit renewal (C1), in months.
PERIOD_MONTHS = 12

#: The longest notice before a renewal that a record may have, in days: a period and a day.
MAX_NOTICE_DAYS = 366


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """An authority that signed, or will: its record and its convention's dates.

    `domains` and `addresses` are what it declared of its mail (A7): domains of its own, each in its canonical form,
    and the exact addresses of persons who have none there. `reference` is what the signed convention is filed under
    at the Caf, `document_sha256` the digest of its file (C1). `ends_on` is the last day when one side ended the
    convention early, `end_decision` the journal's entry of that decision; `group_id` is Keycloak's id of its group.
    `destroyed_on` is the day on which what its convention gathered was destroyed (C4). `notice_days` is how long
    before a tacit renewal the paper asks for notice, None until somebody has read it there.
    """

    code: str
    name: str
    domains: frozenset[str]
    addresses: frozenset[EmailAddress] = frozenset()
    signed_on: date | None = None
    ctg_end: date = DEFAULT_CTG_END
    ends_on: date | None = None
    end_decision: int | None = None
    group_id: str | None = None
    reference: str | None = None
    document_sha256: str | None = None
    notice_days: int | None = None
    destroyed_on: date | None = None

    @property
    def last_day(self) -> date:
        """The convention's last day: tacitly renewed up to the end of the CTG unless ended earlier (C1)."""
        return self.ctg_end if self.ends_on is None else min(self.ctg_end, self.ends_on)

    def declares(self, email: EmailAddress) -> bool:
        """Whether the address is one of the partner's: declared itself, or in a declared domain (A7)."""
        return email in self.addresses or domain_of(email) in self.domains

    def is_active_on(self, day: date) -> bool:
        """Whether an access may be open on that day (C2): signed by then, and not ended."""
        return self.signed_on is not None and self.signed_on <= day <= self.last_day

    def period_on(self, day: date) -> tuple[date, date] | None:
        """The first and last day of the 12 months in which that day falls (C1), None when it is not active then.

        Each period counts from the signature, so that one signed on 29 February begins on that day again in every
        leap year. The last period may be shorter: it ends with the convention.
        """
        if self.signed_on is None or not self.is_active_on(day):
            return None
        number = day.year - self.signed_on.year
        if add_months(self.signed_on, number * PERIOD_MONTHS) > day:
            number -= 1
        first = add_months(self.signed_on, number * PERIOD_MONTHS)
        next_one = add_months(self.signed_on, (number + 1) * PERIOD_MONTHS)
        return first, min(next_one - timedelta(days=1), self.last_day)


class Audience(StrEnum):
    """Whom a report or a file is for: one of the two sides of the convention."""

    CAF = "caf"
    PARTNER = "partner"


class OfPartner(Protocol):
    """What is one partner's."""

    @property
    def partner(self) -> str:
        """The partner's code."""


_OfPartner = TypeVar("_OfPartner", bound=OfPartner)


def by_partner(things: Iterable[_OfPartner]) -> dict[str, list[_OfPartner]]:
    """What each partner has of them, in their order, by its code."""
    of_partner: dict[str, list[_OfPartner]] = {}
    for thing in things:
        of_partner.setdefault(thing.partner, []).append(thing)
    return of_partner


class Keeps(StrEnum):
    """What is kept of a partner, so that its record cannot be removed."""

    ACCESSES = "accesses"
    ANNEXES = "annexes"
    HOLDS = "holds"
    PROOFS = "proofs"
    PAST = "past"


class Role(StrEnum):
    """What a contact answers for."""

    HABILITATIONS = "habilitations"
    SECURITE = "securite"
    TECHNIQUE = "technique"
    PROTECTION_DONNEES = "protection-donnees"


#: The contacts that annexe 2 names, each a person (N1).
ANNEXE_2 = (Role.HABILITATIONS, Role.SECURITE)

#: The contacts that annexe 3 has a cell for, each a person or a shared mailbox without a name (N2). Only the first
#: one must be filled.
ANNEXE_3 = (Role.HABILITATIONS, Role.SECURITE, Role.TECHNIQUE)

_WRITTEN = re.compile(r"\s*(?:(?P<name>[^<>]*)<(?P<wrapped>[^<>]+)>|(?P<bare>[^<>\s]+))\s*")


@dataclass(frozen=True, slots=True)
class Contact:
    """Who answers for something. Without a name the address is a shared mailbox."""

    role: Role
    name: str | None
    email: EmailAddress


@dataclass(frozen=True, slots=True)
class Contacts:
    """An annexe 2 or 3: its date and its contacts, one a role, in the order of the roles."""

    dated: date
    people: tuple[Contact, ...]

    def of(self, role: Role) -> Contact:
        """Who answers for that role; where nobody is named, who is responsible for the habilitations (N2)."""
        by_role = {contact.role: contact for contact in self.people}
        return by_role.get(role, by_role[Role.HABILITATIONS])

    @property
    def unnamed(self) -> tuple[Role, ...]:
        """The cells of annexe 3 that are left empty (N2)."""
        return tuple(role for role in ANNEXE_3 if role not in {contact.role for contact in self.people})


def split_contact(text: str) -> tuple[str, str] | None:
    """The name and the address of « NAME <ADDRESS> » or of a bare address (then the name is empty), as written.

    None when it is written in neither way.
    """
    match = _WRITTEN.fullmatch(text)
    if match is None:
        return None
    return (match["name"] or "").strip().strip('"').strip(), (match["wrapped"] or match["bare"]).strip()
