"""An account: as Keycloak holds it at one moment, and as its habilitations want it (contract, "In Keycloak")."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from provisioner.domain.access.habilitation import Habilitation
from provisioner.domain.password import RealmFault, is_impossible, is_weaker_than_p1
from provisioner.domain.people import EmailAddress

#: The mark that an account is ours (contract, "In Keycloak").
MANAGED_BY = "gere_par"
MANAGED_BY_US = "provisioner"


@dataclass(frozen=True, slots=True)
class RemoteAccount:
    """A Keycloak user: its id there, what people see of it, and its attributes (each a tuple of values).

    What Keycloak alone knows, whether the address was verified and when the account was made, is only ever told.
    """

    id: str
    email: EmailAddress
    enabled: bool
    last_name: str
    first_names: str
    attributes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    email_verified: bool | None = field(default=None, compare=False)
    created_at: datetime | None = field(default=None, compare=False)

    @property
    def is_marked(self) -> bool:
        """Whether it bears our mark."""
        return MANAGED_BY_US in self.attributes.get(MANAGED_BY, ())


@dataclass(frozen=True, slots=True)
class Failures:
    """Failed logins of an account in a row, and until when Keycloak lets nobody in by it; None when it does."""

    count: int = 0
    locked_until: datetime | None = None


#: Of an account whose last login let somebody in.
NO_FAILURES = Failures()


@dataclass(frozen=True, slots=True)
class RemoteGroup:
    """A partner's group: its id and the ids of its members. `is_moved`: it is known by its id, and another hand
    renamed it, the group above it, or put it elsewhere.
    """

    id: str
    members: frozenset[str]
    is_moved: bool = False


@dataclass(frozen=True, slots=True)
class Snapshot:
    """One whole read of a realm.

    `realm_id` is Keycloak's internal id, which tells a realm from another of the same name.
    `groups` has, for each partner asked about, its group or None when it does not exist. `root_id` is the group above
    them all. `with_password` are the ids of the accounts that have one, among those that were asked about. `named`
    are the accounts that have one of the addresses that were `asked` about as their user name, whatever their e-mail:
    a list of accounts does not show it. `makes_passwords` is whether the realm has the form that a link leads to (the
    required action UPDATE_PASSWORD), `sends_mail` whether it names a mail server and a sender.
    """

    realm_id: str
    password_policy: str
    accounts: Mapping[str, RemoteAccount]
    groups: Mapping[str, RemoteGroup | None]
    with_password: frozenset[str] = frozenset()
    root_id: str | None = None
    named: Mapping[EmailAddress, RemoteAccount] = field(default_factory=dict)
    asked: frozenset[EmailAddress] = frozenset()
    makes_passwords: bool = True
    sends_mail: bool = True
    token_seconds: int = 300

    def holders(self, email: EmailAddress) -> tuple[RemoteAccount, ...]:
        """The accounts that have this address, as e-mail or as user name; Keycloak gives it to no other one."""
        holders = [account for account in self.accounts.values() if account.email == email]
        if email in self.named:
            holders.append(self.named[email])
        return tuple({account.id: account for account in holders}.values())

    @property
    def link_fault(self) -> RealmFault | None:
        """What makes a link useless in this realm now: none is sent, and nothing is opened, until it is put right."""
        if is_weaker_than_p1(self.password_policy):
            return RealmFault.WEAK_POLICY
        if is_impossible(self.password_policy):
            return RealmFault.IMPOSSIBLE_POLICY
        if not self.makes_passwords:
            return RealmFault.NO_PASSWORD_FORM
        return None if self.sends_mail else RealmFault.NO_MAIL_SERVER


@dataclass(frozen=True, slots=True)
class WantedAccount:
    """An account as it should be. `enabled` None leaves that as it is; other attributes are never touched."""

    email: EmailAddress
    last_name: str
    first_names: str
    attributes: Mapping[str, tuple[str, ...]]
    enabled: bool | None


PARTNER = "partenaire"
FUNCTION = "fonction"
REQUESTED_ON = "date_demande_habilitation"
ENDED_ON = "date_fin_habilitation"

#: The attributes that are ours; every other one of an account is left as it is.
OURS = (PARTNER, FUNCTION, REQUESTED_ON, ENDED_ON, MANAGED_BY)

#: Stands for what is not known of one partner where it is known of another: values go by partner, in order.
NOT_KNOWN = "-"


def wanted_account(shown: Sequence[Habilitation], *, enabled: bool | None) -> WantedAccount:
    """The account that these habilitations, oldest first, make together (nearly always one).

    For two partners (A8) the names are those that the first one gave. `enabled` None leaves that as it is.
    """
    first = shown[0].person
    functions = [h.person.function for h in shown]
    ends = [h.end.on.isoformat() if h.end else "" for h in shown]
    attributes = {
        PARTNER: tuple(h.partner for h in shown),
        FUNCTION: _by_partner(functions),
        REQUESTED_ON: tuple(h.requested_on.isoformat() for h in shown),
        ENDED_ON: _by_partner(ends),
        MANAGED_BY: (MANAGED_BY_US,),
    }
    return WantedAccount(
        email=first.email,
        last_name=first.last_name,
        first_names=first.first_names,
        attributes=attributes,
        enabled=enabled,
    )


def _by_partner(values: Sequence[str]) -> tuple[str, ...]:
    """One value a partner; none at all where none is known: Keycloak keeps no empty value."""
    return tuple(value or NOT_KNOWN for value in values) if any(values) else ()


def content(account: RemoteAccount | WantedAccount) -> list[object]:
    """What we write of an account, to be compared."""
    # Sorted: Keycloak's database promises no order among an attribute's values.
    ours = {name: sorted(account.attributes.get(name, ())) for name in OURS}
    return [account.email, account.last_name, account.first_names, ours]


def digest(account: RemoteAccount | WantedAccount) -> str:
    """SHA-256 of what we write of an account: tells a change made by another hand from one we have yet to make."""
    text = json.dumps(content(account), ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
