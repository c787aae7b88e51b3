"""What is behind `MemoryDirectory`: a realm in memory, with the hands of its administrators and persons."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Self

from provisioner.domain.access.account import MANAGED_BY, RemoteAccount
from provisioner.domain.people import EmailAddress
from provisioner.keycloak.errors import NotFound
from tests.fakes.failing import Failing

#: That of realm-config/realm.json.
POLICY = (
    "length(8) and maxLength(64) and upperCase(1) and lowerCase(1) and digits(1) and specialChars(1) and notUsername"
    " and notEmail"
)
ROOT = "/partenaires"


class HandClock:
    """A clock that moves when it is told to; callable, as `Clock.real_now`."""

    def __init__(self, now: datetime = datetime(2026, 6, 16, 8, tzinfo=UTC)) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def advance(self, by: timedelta) -> None:
        self.now += by


@dataclass(slots=True)
class Account:
    """A user, with what only Keycloak sees of it."""

    id: str
    email: EmailAddress
    enabled: bool = True
    last_name: str = ""
    first_names: str = ""
    attributes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    groups: set[str] = field(default_factory=set)
    roles: set[str] = field(default_factory=set)
    required_actions: set[str] = field(default_factory=set)
    address_verified: bool = False
    #: None: the e-mail is the user name too
    user_name: EmailAddress | None = None
    has_password: bool = False
    sessions: int = 0
    failures: int = 0

    def remote(self) -> RemoteAccount:
        """It as the planner sees it, now."""
        names = (self.last_name, self.first_names)
        return RemoteAccount(self.id, self.email, self.enabled, *names, dict(self.attributes))


@dataclass(slots=True)
class Mail:
    """An e-mail with a link, to the address that the account had."""

    account: str
    to: EmailAddress
    sent_at: datetime
    expires_at: datetime
    is_used: bool = False


class MemoryRealm(Failing):
    """Accounts, groups and links. Tests may read all of it; `accounts` is by id, `groups` holds the paths by id."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__()
        self.clock = clock
        self.id = "00000000-0000-4000-8000-000000000000"
        self.password_policy = POLICY
        self.makes_passwords = self.sends_mail = True
        self.platform_url = "https://ctg.caf.fr"
        self.mail_works = True
        self.client_enabled = True
        self.profile_asks: str | None = None
        self.accounts: dict[str, Account] = {}
        self.groups: dict[str, str] = {}
        self.group_roles: dict[str, set[str]] = {}
        self.mails: list[Mail] = []
        #: Our own sendings, as Keycloak's admin events tell them: they outlive the account.
        self.events: list[tuple[str, datetime]] = []
        #: Whether they are kept, and since when without a hole.
        self.events_on = True
        self.events_begin = datetime.min.replace(tzinfo=UTC)
        self._last_number = 0
        self._add_group(ROOT)

    def copied(self, clock: Callable[[], datetime]) -> Self:
        """The same realm once more, as it is now, on another clock."""
        return deepcopy(self, {id(self.clock): clock, id(self._lock): threading.RLock()})

    # What an administrator does in the console.

    def set_password_form(self, on: bool) -> None:
        """The required action « Update Password »."""
        with self._lock:
            self.makes_passwords = on

    def set_platform_client(self, on: bool) -> None:
        with self._lock:
            self.client_enabled = on

    def require_attribute(self, name: str | None) -> None:
        """An attribute that administrators have to give to each account; None: no more."""
        with self._lock:
            self.profile_asks = name

    def set_mail_server(self, on: bool) -> None:
        with self._lock:
            self.sends_mail = on

    def set_enabled(self, id: str, enabled: bool) -> None:
        with self._lock:
            self._account(id).enabled = enabled

    def change_names(self, id: str, last_name: str, first_names: str) -> None:
        with self._lock:
            account = self._account(id)
            account.last_name, account.first_names = last_name, first_names

    def set_attribute(self, id: str, name: str, values: Sequence[str]) -> None:
        """Any attribute, one that is not ours included."""
        with self._lock:
            self._account(id).attributes[name] = tuple(values)

    def remove_mark(self, id: str) -> None:
        with self._lock:
            self._account(id).attributes.pop(MANAGED_BY, None)

    def verify_address(self, id: str) -> None:
        with self._lock:
            self._account(id).address_verified = True

    def delete_account(self, id: str) -> None:
        with self._lock:
            self._account(id)
            del self.accounts[id]

    def add_foreign_account(self, email: str, roles: Sequence[str] = ()) -> str:
        """An account that is not ours; its id."""
        with self._lock:
            account = Account(self._new_id(), EmailAddress(email.lower()))
            self.accounts[account.id] = account
            for role in roles:
                self.give_role(account.id, role)
            return account.id

    def add_account_named(self, user_name: str, email: str) -> str:
        """An account that is not ours, whose user name is an address and whose e-mail is another; its id."""
        with self._lock:
            account = Account(self._new_id(), EmailAddress(email.lower()), user_name=EmailAddress(user_name.lower()))
            self.accounts[account.id] = account
            return account.id

    def give_role(self, id: str, role: str) -> None:
        """A realm role, or a client's as `client/role`."""
        with self._lock:
            self._account(id).roles.add(role)

    def give_group_role(self, group_id: str, role: str) -> None:
        with self._lock:
            self.group_roles.setdefault(self.groups[group_id], set()).add(role)

    def add_subgroup(self, group_id: str, name: str) -> str:
        with self._lock:
            return self._add_group(f"{self.groups[group_id]}/{name}")

    def move_group(self, group_id: str, name: str, parent_id: str | None) -> None:
        """Gives a group another name and puts it under another group, None: under none. What it holds goes along."""
        with self._lock:
            old = self.groups[group_id]
            new = f"{self.groups[parent_id] if parent_id else ''}/{name}"
            for id, path in self.groups.items():
                if path == old or path.startswith(f"{old}/"):
                    self.groups[id] = new + path.removeprefix(old)

    def group_path(self, group_id: str) -> str:
        return self.groups[group_id]

    def root_group(self) -> str:
        id = self._group_at(ROOT)
        assert id is not None
        return id

    def delete_group(self, group_id: str) -> None:
        """With its subgroups; the members stay."""
        with self._lock:
            path = self.groups[group_id]
            gone = {id for id, at in self.groups.items() if at == path or at.startswith(f"{path}/")}
            for id in gone:
                self.group_roles.pop(self.groups.pop(id), None)
            for account in self.accounts.values():
                account.groups -= gone

    def send_link_by_hand(self, id: str, lifespan_seconds: int) -> None:
        with self._lock:
            self._mail(self._account(id), lifespan_seconds)

    def keep_events(self, on: bool) -> None:
        """Turns the admin events on or off; what was not kept meanwhile is never told."""
        with self._lock:
            if on and not self.events_on:
                self.events_begin = self.clock()
            self.events_on = on

    def clear_events(self) -> None:
        """What is kept of them is deleted, as when it expires."""
        with self._lock:
            self.events.clear()
            self.events_begin = self.clock()

    def with_address(self, email: str) -> Account | None:
        return next(
            (account for account in self.accounts.values() if email.lower() in (account.email, account.user_name)),
            None,
        )

    def members(self, code: str) -> set[EmailAddress]:
        """The addresses of a partner's group's members."""
        with self._lock:
            id = self._group_at(f"{ROOT}/{code}")
            return {account.email for account in self.accounts.values() if id in account.groups}

    # What a person does, and what shows of it.

    def mails_to(self, email: EmailAddress) -> list[Mail]:
        with self._lock:
            return [mail for mail in self.mails if mail.to == email]

    def use_link(self, mail: Mail) -> bool:
        """Makes a password through the link; False when it is refused. No session is opened."""
        with self._lock:
            account = self.accounts.get(mail.account)
            is_good = account is not None and account.enabled and account.email == mail.to
            if account is None or not is_good or mail.is_used or self.clock() >= mail.expires_at:
                return False
            mail.is_used = account.address_verified = True
            if not self.makes_passwords:
                return False
            account.has_password = True
            account.required_actions -= {"VERIFY_EMAIL", "UPDATE_PASSWORD"}
            return True

    def set_password_by_link(self, email: EmailAddress) -> bool:
        """Tries each link that came to the address, the newest first."""
        return any(self.use_link(mail) for mail in reversed(self.mails_to(email)))

    def log_in(self, email: EmailAddress) -> bool:
        """With the password, to where nothing but it can be asked for."""
        with self._lock:
            account = self.with_address(email)
            if account is None or not account.enabled or not account.has_password or account.required_actions:
                return False
            account.sessions += 1
            return True

    def has_session(self, id: str) -> bool:
        with self._lock:
            return self._account(id).sessions > 0

    def is_verified(self, id: str) -> bool:
        with self._lock:
            return self._account(id).address_verified

    def required_actions(self, id: str) -> set[str]:
        with self._lock:
            return set(self._account(id).required_actions)

    # Common to the hands and the directory.

    def _account(self, id: str) -> Account:
        if id not in self.accounts:
            raise NotFound("User not found.", 404)
        return self.accounts[id]

    def _group_at(self, path: str) -> str | None:
        return next((id for id, at in self.groups.items() if at == path), None)

    def _add_group(self, path: str) -> str:
        id = self._new_id()
        self.groups[id] = path
        return id

    def _mail(self, account: Account, lifespan_seconds: int) -> None:
        now = self.clock()
        self.mails.append(Mail(account.id, account.email, now, now + timedelta(seconds=lifespan_seconds)))

    def _new_id(self) -> str:
        self._last_number += 1
        return f"00000000-0000-4000-8000-{self._last_number:012d}"
