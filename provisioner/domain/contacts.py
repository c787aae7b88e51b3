"""The named contacts of both sides: annexe 2 (the partner's) and annexe 3 (the Caf's) (N rules)."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from provisioner.domain.people import EmailAddress


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
    found = _WRITTEN.fullmatch(text)
    if found is None:
        return None
    return (found["name"] or "").strip().strip('"').strip(), (found["wrapped"] or found["bare"]).strip()
