"""What the use cases ask of the identity provider; `keycloak.directory.Directory` answers it for real."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from provisioner.domain.access.account import RemoteAccount, Snapshot, WantedAccount
from provisioner.domain.people import EmailAddress


class DirectoryPort(Protocol):
    """The accounts and groups of one realm. See `Directory` for what each method means and raises."""

    def server_time(self) -> datetime:
        """The provider's own clock."""

    def ping(self) -> None:
        """Whether the realm answers at all."""

    def realm_id(self) -> str:
        """The realm's internal id."""

    def snapshot(self, groups: Mapping[str, str | None], root_id: str | None = None) -> Snapshot:
        """The whole realm."""

    def glance(self, id: str | None, email: EmailAddress) -> Snapshot:
        """The realm, with one person's account alone."""

    def account(self, id: str) -> RemoteAccount | None:
        """The account with this id."""

    def find(self, email: EmailAddress) -> RemoteAccount | None:
        """The account with this address."""

    def user_named(self, email: EmailAddress) -> RemoteAccount | None:
        """The account with this user name."""

    def groups_of(self, id: str) -> frozenset[str]:
        """The ids of an account's groups."""

    def create_group(self, code: str, known_id: str | None = None, root_id: str | None = None) -> str:
        """Makes the partner's group unless it is there, at its place."""

    def create_account(self, account: WantedAccount, groups: Sequence[str]) -> str:
        """Makes the account."""

    def update_account(self, id: str, wanted: WantedAccount, *, verify_address: bool = False) -> None:
        """Writes what is ours of the account."""

    def update_attributes(self, id: str, wanted: WantedAccount) -> None:
        """Writes our attributes alone."""

    def disable(self, id: str) -> None:
        """Disables the account and nothing else."""

    def extra_roles(self, id: str) -> frozenset[str]:
        """Roles beyond the realm's defaults."""

    def join_group(self, id: str, group_id: str) -> None:
        """Puts the account in a group."""

    def leave_group(self, id: str, group_id: str) -> None:
        """Takes the account out of a group."""

    def end_sessions(self, id: str) -> None:
        """Ends every session."""

    def forget_password(self, id: str) -> None:
        """Deletes the password."""

    def has_password(self, id: str) -> bool:
        """Whether a password was made."""

    def send_link(self, id: str, lifespan_seconds: int, redirect_uri: str) -> None:
        """Has the e-mail with the link sent."""

    def link_sent_since(self, id: str, since: datetime) -> datetime | None:
        """When a link was last sent since then."""

    def keeps_events(self) -> bool:
        """Whether what is sent from now on will be told."""

    def events_tell_since(self, since: datetime) -> bool:
        """Whether everything that was sent since then is told."""

    def close(self) -> None:
        """Gives the sockets back."""
