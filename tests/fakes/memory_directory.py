"""A fake: it stands in for Keycloak only for thousands of property tests.

tests/keycloak/test_directory_contract.py holds both to the same answers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime

from provisioner.domain.access.account import (
    MANAGED_BY,
    OURS,
    Failures,
    RemoteAccount,
    RemoteGroup,
    Snapshot,
    WantedAccount,
)
from provisioner.domain.access.settled import Settling
from provisioner.domain.password import RealmFault
from provisioner.domain.people import EmailAddress
from provisioner.domain.realm_model import RealmConfig, RealmState
from provisioner.keycloak.errors import (
    Conflict,
    KeycloakRefused,
    KeycloakUnavailable,
    MailFailed,
    NotFound,
    OutcomeUnknown,
    PlaceTaken,
    RealmUnfit,
)
from tests.fakes.memory_realm import ROOT, Account, MemoryRealm

_PROHIBITED_IN_NAMES = re.compile(r"""[<>&"$%!#?§;*~/\\|^=\[\]{}()\x00-\x1f\x7f]""")


def _is_settled(account: RemoteAccount, settling: Settling) -> bool:
    names = account.email, account.last_name, account.first_names
    return settling.settles(account.id, names, account.attributes, enabled=account.enabled)


class MemoryDirectory(MemoryRealm):
    """`Directory` on accounts in memory: see `keycloak.directory.Directory` for what each method means."""

    def server_time(self) -> datetime:
        # No call: the real one counts from when the token in hand was made.
        self._live()
        return self.clock()

    def ping(self) -> None:
        with self._reading():
            pass

    def realm_id(self) -> str:
        with self._reading():
            return self.id

    def realm_state(self, config: RealmConfig) -> RealmState:
        with self._reading():
            return RealmState({**config.realm, "id": self.id, "passwordPolicy": self.password_policy})

    def own_user_id(self) -> str:
        self._live()
        return "service-account"

    def snapshot(
        self,
        groups: Mapping[str, str | None],
        root_id: str | None = None,
        *,
        members_only: bool = False,
        settling: Settling | None = None,
    ) -> Snapshot:
        with self._reading():
            read = {code: self._remote_group(code, known_id) for code, known_id in groups.items()}
            members = {id for group in read.values() if group is not None for id in group.members}
            for code, group in read.items():
                if settling is not None and group is not None:
                    settling.see_members(code, group.members)
            return Snapshot(
                realm_id=self.id,
                password_policy=self.password_policy,
                makes_passwords=self.makes_passwords,
                sends_mail=self.sends_mail,
                accounts={
                    account.id: account.remote()
                    for account in sorted(self.accounts.values(), key=lambda account: account.email)
                    if not members_only or account.id in members
                    if settling is None or not _is_settled(account.remote(), settling)
                },
                groups=read,
                root_id=root_id if root_id in self.groups else self._group_at(ROOT),
            )

    def realm(self) -> Snapshot:
        with self._reading():
            return Snapshot(
                realm_id=self.id,
                password_policy=self.password_policy,
                makes_passwords=self.makes_passwords,
                sends_mail=self.sends_mail,
                accounts={},
                groups={},
            )

    def glance(self, id: str | None, email: EmailAddress, realm: Snapshot | None = None) -> Snapshot:
        realm = realm or self.realm()
        with self._reading():
            if id in self.accounts:
                return replace(realm, accounts={id: self.accounts[id].remote()})
            accounts = [account for account in self.accounts.values() if email in (account.email, account.user_name)]
            named = next(
                (account.remote() for account in accounts if (account.user_name or account.email) == email), None
            )
            return replace(
                realm,
                accounts={account.id: account.remote() for account in accounts},
                named={} if named is None else {email: named},
            )

    def account(self, id: str) -> RemoteAccount | None:
        with self._reading():
            return self.accounts[id].remote() if id in self.accounts else None

    def find(self, email: EmailAddress) -> RemoteAccount | None:
        with self._reading():
            account = self.with_address(email)
            return account.remote() if account else None

    def account_mailed(self, email: EmailAddress) -> RemoteAccount | None:
        with self._reading():
            accounts = (account for account in self.accounts.values() if account.email == email.lower())
            return next((account.remote() for account in accounts), None)

    def account_named(self, email: EmailAddress) -> RemoteAccount | None:
        with self._reading():
            accounts = (
                account for account in self.accounts.values() if (account.user_name or account.email) == email.lower()
            )
            return next((account.remote() for account in accounts), None)

    def groups_of(self, id: str) -> frozenset[str]:
        with self._reading():
            return frozenset(self._account(id).groups)

    def place_group(self, code: str, known_id: str | None = None, root_id: str | None = None) -> str:
        with self._writing():
            root = self._put_back(root_id, ROOT, None) or self._group_at(ROOT) or self._add_group(ROOT)
            path = f"{ROOT}/{code}"
            return self._put_back(known_id, path, root) or self._group_at(path) or self._add_group(path)

    def _put_back(self, id: str | None, path: str, parent: str | None) -> str | None:
        if id is None or id not in self.groups:
            return None
        if self._group_at(path) not in (None, id):
            raise PlaceTaken(Conflict("Sibling group already exists.", 409))
        self.move_group(id, path.rpartition("/")[2], parent)
        return id

    def open_account(self, account: WantedAccount, groups: Sequence[str]) -> str:
        with self._writing():
            if not account.email:
                raise KeycloakRefused("User name is missing", 400)
            if self.with_address(account.email):
                raise Conflict("User exists with same email", 409)
            if self.profile_asks is not None:
                refusal = KeycloakRefused("error-user-attribute-required", 400, [self.profile_asks])
                raise RealmUnfit(RealmFault.PROFILE_ASKS_MORE, refusal)
            ids = [self._group_at(f"{ROOT}/{code}") for code in groups]
            if None in ids:
                # Keycloak's own answer to a group that is not there.
                raise KeycloakUnavailable("unknown_error", 500)
            made = Account(self._new_id(), account.email)
            self._write(made, account)
            made.enabled = account.enabled is not False
            made.groups = {id for id in ids if id is not None}
            self.accounts[made.id] = made
            return made.id

    def update_account(self, id: str, wanted: WantedAccount, *, verify_address: bool = False) -> None:
        with self._writing():
            account = self._account(id)
            self._verify_profile(account)
            other = self.with_address(wanted.email)
            if other is not None and other is not account:
                raise Conflict("User exists with same email", 409)
            self._write(account, wanted)
            if verify_address:
                account.required_actions.add("VERIFY_EMAIL")

    def update_attributes(self, id: str, wanted: WantedAccount) -> None:
        with self._writing():
            account = self._account(id)
            self._verify_profile(account)
            kept = replace(wanted, email=account.email, last_name=account.last_name, first_names=account.first_names)
            self._write(account, replace(kept, enabled=None))

    def disable(self, id: str) -> None:
        with self._writing():
            account = self._account(id)
            try:
                self._verify_profile(account)
            except RealmUnfit as error:
                raise KeycloakRefused(str(error), error.status, error.fields) from None
            account.enabled = False

    def destroy(self, id: str) -> None:
        with self._writing():
            self.accounts.pop(id, None)

    def extra_roles(self, id: str) -> frozenset[str]:
        with self._reading():
            account = self._account(id)
            roles_held = set(account.roles)
            for path in (self.groups[group] for group in account.groups):
                for holder, roles in self.group_roles.items():
                    if path == holder or path.startswith(f"{holder}/"):
                        roles_held |= roles
            return frozenset(roles_held)

    def join_group(self, id: str, group_id: str) -> None:
        with self._writing():
            account = self._account(id)
            if group_id not in self.groups:
                raise NotFound("Group not found", 404)
            account.groups.add(group_id)

    def leave_group(self, id: str, group_id: str) -> None:
        with self._writing():
            self._account(id).groups.discard(group_id)

    def end_sessions(self, id: str) -> None:
        with self._writing():
            self._account(id).sessions = 0

    def forget_password(self, id: str) -> None:
        with self._writing():
            self._account(id).has_password = False

    def failures(self, id: str) -> Failures:
        with self._reading():
            return Failures(self._account(id).failures)

    def forget_failures(self, id: str) -> None:
        with self._writing():
            self._account(id).failures = 0

    def has_password(self, id: str) -> bool:
        with self._reading():
            return self._account(id).has_password

    def send_invitation(self, id: str, lifespan_seconds: int, redirect_uri: str) -> None:
        with self._writing(lost=OutcomeUnknown):
            account = self._account(id)
            if not account.enabled:
                raise MailFailed("User is disabled", 400)
            if not self.client_enabled:
                raise RealmUnfit(RealmFault.CLIENT_DISABLED, KeycloakRefused("Client is not enabled", 400))
            if not redirect_uri.startswith(self.platform_url):
                raise RealmUnfit(RealmFault.REDIRECT_REFUSED, KeycloakRefused("Invalid redirect uri.", 400))
            if not self.sends_mail:
                raise RealmUnfit(RealmFault.SENDER_REFUSED, KeycloakUnavailable("Invalid sender address", 500))
            if not self.mail_works:
                raise MailFailed("Failed to send execute actions email", 500)
            self._mail(account, lifespan_seconds)
            if self.events_on:
                self.events.append((id, self.clock()))

    def invitation_sent_since(self, id: str, since: datetime) -> datetime | None:
        with self._reading():
            first = datetime.fromtimestamp(int(since.timestamp()), UTC)
            return max((at for about, at in self.events if about == id and at >= first), default=None)

    def keeps_events(self) -> bool:
        with self._reading():
            return self.events_on

    def events_tell_since(self, since: datetime) -> bool:
        with self._reading():
            return self.events_on and self.events_begin <= since

    def close(self) -> None:
        """There is nothing to give back."""

    def _verify_profile(self, account: Account) -> None:
        """Keycloak holds the whole account against its user profile at each write, whatever is written."""
        if self.profile_asks is not None and self.profile_asks not in account.attributes:
            refusal = KeycloakRefused("error-user-attribute-required", 400, [self.profile_asks])
            raise RealmUnfit(RealmFault.PROFILE_ASKS_MORE, refusal, is_for_all=False)

    def _remote_group(self, code: str, known_id: str | None) -> RemoteGroup | None:
        id = known_id if known_id in self.groups else self._group_at(f"{ROOT}/{code}")
        if id is None:
            return None
        members = frozenset(account.id for account in self.accounts.values() if id in account.groups)
        return RemoteGroup(id, members, self.groups[id] != f"{ROOT}/{code}")

    @staticmethod
    def _write(account: Account, wanted: WantedAccount) -> None:
        """All or nothing: what Keycloak refuses is refused before anything is changed."""
        for name in (wanted.last_name, wanted.first_names):
            if _PROHIBITED_IN_NAMES.search(name):
                raise KeycloakRefused("error-person-name-invalid-character", 400)
        if len(wanted.attributes.get(MANAGED_BY, ())) > 1:
            raise KeycloakRefused("error-invalid-multivalued-size", 400)
        if account.email != wanted.email:
            account.address_verified = False
        account.email = EmailAddress(wanted.email.lower())
        account.last_name, account.first_names = wanted.last_name, wanted.first_names
        # What the realm's profile does not declare is dropped, an empty value too.
        ours = {name: tuple(filter(None, values)) for name, values in wanted.attributes.items() if name in OURS}
        account.attributes = {name: values for name, values in {**account.attributes, **ours}.items() if values}
        if wanted.enabled is not None:
            account.enabled = wanted.enabled
