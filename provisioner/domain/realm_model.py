"""A realm as plain data: what it must be, what it is, and one thing that differs (`realm_plan.py` compares them)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from provisioner.domain.realm_check import Part, Risk
from provisioner.domain.sign_in import SignIn

Json = dict[str, Any]

#: The text that says whom to ask.
CONTACT = "cooperationContact"

#: The text that names a partner begins so, its code ends it; an e-mail has the code where there is none.
PARTNER_NAME = "cooperationPartner."

#: Of the users' profile: who may give an account attributes that the profile does not name; nobody where it is unset.
UNMANAGED = "unmanagedAttributePolicy"

#: How many offline sessions a client has, as it was read.
OFFLINE_SESSIONS = "offlineSessions"


@dataclass(frozen=True, slots=True)
class RealmConfig:
    """What a realm must be: its settings, users' profile, clients and French texts.

    A client is ours, or one that Keycloak makes. `known` are the things that the files do not hold and that somebody
    answers for, as `part:name`: they are not told. `steps` is what each step of a flow must be, by its provider.
    `blacklist` is the list of refused passwords, by the name that a server has it under; empty where there is to be
    none, None where whichever there is stays.
    """

    realm: Json
    user_profile: Json = field(default_factory=dict)
    clients: list[Json] = field(default_factory=list)
    texts: dict[str, str] = field(default_factory=dict)
    required_actions: tuple[str, ...] = ()
    steps: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    group_root: str | None = None
    service_client: str | None = None
    service_roles: frozenset[str] = frozenset()
    blacklist: str | None = None
    known: frozenset[str] = frozenset()
    sign_in: SignIn | None = None


@dataclass(frozen=True, slots=True)
class RealmState:
    """A realm as it was read. A part that who reads may not see is None, and nothing is concluded from it.

    `clients` are by their client id, with `protocolMappers`; `service_roles` are those of our service account,
    `client/role` for a client's. `flows` are the steps of each flow that the files name, `others` the names of what
    decides beside our files, by its part, `themes` those that the server has, by their type.
    """

    realm: Json
    user_profile: Json | None = None
    required_actions: Mapping[str, Json] | None = None
    texts: Mapping[str, str] | None = None
    flows: Mapping[str, list[Json]] | None = None
    has_group_root: bool | None = None
    clients: Mapping[str, Json] | None = None
    service_roles: frozenset[str] | None = None
    others: Mapping[Part, frozenset[str] | None] = field(default_factory=dict)
    themes: Mapping[str, frozenset[str]] | None = None
    sign_in: SignIn | None = None

    @property
    def unseen(self) -> list[Part]:
        """The parts that could not be looked at."""
        seen = {
            Part.PROFILE: self.user_profile,
            Part.ACTION: self.required_actions,
            Part.TEXT: self.texts,
            Part.FLOW: self.flows,
            Part.GROUP: self.has_group_root,
            Part.CLIENT: self.clients,
            Part.ROLE_GIVEN: self.service_roles,
            Part.THEME: self.themes,
            **self.others,
        }
        return [part for part, value in seen.items() if value is None]


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing of the realm that is not as its files want it: what it is, what it should be, the rule and the risk.

    `client` is whose it is, where it is a part of a client. A secret's values are None. `stops_logins`: to put it
    right can keep somebody, or the platform, from logging in as before. `is_stricter`: it protects more than the
    files ask, and `realm apply` would take it back. `is_advice`: nothing is wrong, `realm apply` would do better.
    `by_hand`: the files do not know it, or the server lacks what they want; `realm apply` does not put it right.
    """

    part: Part
    name: str
    present: str | None
    wanted: str | None
    rule: str
    risk: Risk
    client: str = ""
    is_grave: bool = False
    stops_logins: bool = False
    is_stricter: bool = False
    is_advice: bool = False
    by_hand: bool = False

    @property
    def setting(self) -> str:
        """Its name among all parts: Keycloak's own for a setting of the realm, else « part:client/name »."""
        if self.part is Part.REALM:
            return self.name
        return f"{self.part}:{self.client}/{self.name}" if self.client else f"{self.part}:{self.name}"


#: Keycloak shows this instead of a secret that it keeps: it cannot be compared.
MASK = "**********"


def holds(present: Any, wanted: Any) -> bool:
    """Whether what is wanted is there; within an object only what is wanted counts, a list of names has no order."""
    if isinstance(wanted, dict):
        return isinstance(present, dict) and all(holds(present.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list) and isinstance(present, list) and all(isinstance(item, str) for item in wanted):
        return sorted(present) == sorted(wanted)
    return bool(present == wanted) or (present == MASK and wanted is not None)
