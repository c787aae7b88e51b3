"""The accounts of the agents' realm: as the administrator of the master realm sees, makes and invites them."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from provisioner.keycloak.accounts import Json
from provisioner.keycloak.connection import administrator_connection, read, write
from provisioner.keycloak.errors import ReadIncomplete
from provisioner.keycloak.inspection import SECOND_FACTORS, View
from provisioner.keycloak.realm_config import AGENTS_CLIENT, agents_realm
from provisioner.settings import KeycloakSettings

OFFICER = "officer"

#: What the link of an agent asks for. A passkey instead of the application: an administrator's link, in the console.
AGENT_ACTIONS = ("VERIFY_EMAIL", "CONFIGURE_TOTP", "UPDATE_PASSWORD")

_PASSWORD = "password"  # noqa: S105 - the name of a kind of credential

#: How long a link works that an administrator sends from the console.
_CONSOLE_LIFESPAN = timedelta(hours=12)


class Officers(View):
    """What the administrator's account sees and does there; every method raises a `KeycloakError`."""

    def __init__(self, settings: KeycloakSettings) -> None:
        """Raises `SettingsError` where the settings name no administrator."""
        agents = settings.model_copy(update={"realm": agents_realm(settings.realm)})
        super().__init__(administrator_connection(agents), agents)

    def officers(self) -> list[Json]:
        """Each account with the role, given to itself or by a group."""
        accounts = self._list(f"roles/{OFFICER}/users")
        for group in self._list(f"roles/{OFFICER}/groups"):
            accounts += self._list(f"groups/{group['id']}/members")
        return list({account["id"]: account for account in accounts}.values())

    def can_sign_in(self, account: Json) -> bool:
        """Whether it is enabled and has a password and a second factor, or comes from an identity provider."""
        kinds = self.credentials(account["id"])
        has_both = _PASSWORD in kinds and bool(kinds & SECOND_FACTORS)
        return bool(account["enabled"]) and (has_both or self.is_brokered(account["id"]))

    def credentials(self, id: str) -> frozenset[str]:
        """The kinds of credentials that the account has."""
        return frozenset(credential["type"] for credential in self._list(f"users/{id}/credentials"))

    def is_brokered(self, id: str) -> bool:
        """Whether an identity provider vouches for the account."""
        return bool(self._list(f"users/{id}/federated-identity"))

    def account(self, email: str) -> Json | None:
        """The account of that address."""
        accounts = self._list("users", email=email, exact="true")
        return accounts[0] if accounts else None

    def create(self, email: str, first_name: str, last_name: str) -> Json:
        """A new account without a role, a password and a factor."""
        body = {"username": email, "email": email, "firstName": first_name, "lastName": last_name, "enabled": True}
        write(self.admin, "users", body)
        account = self.account(email)
        if account is None:
            raise ReadIncomplete("Keycloak does not find the account that it has just made.")
        return account

    def make_officer(self, id: str) -> None:
        """Gives the role."""
        write(self.admin, f"users/{id}/role-mappings/realm", [read(self.admin, f"roles/{OFFICER}")])

    def link_works_until(self, id: str, lifespan: timedelta) -> datetime | None:
        """Until when a link that was sent to the account may be followed; None where none can."""
        longest = max(lifespan, _CONSOLE_LIFESPAN)
        now = self.connection.server_time()
        since = int((now - longest).timestamp() * 1000)
        resource = f"users/{id}/execute-actions-email"
        events = self._list("admin-events", operationTypes="ACTION", resourcePath=resource, dateFrom=since)
        sent_at = max((event["time"] for event in events), default=None)
        return None if sent_at is None else datetime.fromtimestamp(sent_at / 1000, UTC) + longest

    def send_link(self, id: str, lifespan: timedelta) -> None:
        """The e-mail with the link to the password and the second factor, once."""
        self.admin.send_update_account(id, [*AGENT_ACTIONS], AGENTS_CLIENT, int(lifespan.total_seconds()), None)

    def _list(self, path: str, **query: Any) -> list[Json]:
        answer = read(self.admin, path, max=-1, **query)
        if not isinstance(answer, list):
            raise ReadIncomplete(f"Keycloak's answer to GET {path} is no list.")
        return answer
