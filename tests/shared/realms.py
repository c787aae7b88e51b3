"""Realms for tests: made once, lent to one test at a time, emptied between two; making one takes Keycloak seconds."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from provisioner.keycloak.realm import apply_realm
from provisioner.sandbox.keycloak import Keycloak
from provisioner.settings import Settings, load_settings
from tests.shared.administrator import Administrator
from tests.shared.mailbox import Mailbox
from tests.shared.server import KeycloakServer


def settings_of_realm(
    keycloak: Keycloak | KeycloakServer, mailbox: Mailbox, realm: str, data_dir: Path, **more: str
) -> Settings:
    """For a realm that does not exist yet; `more` are variables without their prefix."""
    variables = {
        "KEYCLOAK__URL": keycloak.url,
        "KEYCLOAK__REALM": realm,
        "KEYCLOAK__CLIENT_SECRET": secrets.token_urlsafe(16),
        "KEYCLOAK__ADMIN_USERNAME": keycloak.admin_username,
        "KEYCLOAK__ADMIN_PASSWORD": keycloak.admin_password,
        "SMTP__HOST": mailbox.host,
        "SMTP__PORT": str(mailbox.port),
        "SMTP__FROM": "ne-pas-repondre@caf.example",
        "PLATFORM__URL": "https://ctg.caf.fr/",
        "DATA_DIR": str(data_dir),
        **more,
    }
    return load_settings(environment={f"PROVISIONER_{name}": value for name, value in variables.items()})


@dataclass(frozen=True)
class Realm:
    """A realm as it was made from realm-config/."""

    settings: Settings
    as_made: dict[str, Any]


class Realms:
    """Lends realms that are as new. What a test changed of a realm's own settings is put back; a realm that is
    different in another way is not lent again.
    """

    def __init__(self, new_settings: Callable[..., Settings], administrator: Administrator, home: Path) -> None:
        self._new_settings, self._administrator, self._home = new_settings, administrator, home
        self._free: list[Realm] = []

    @contextmanager
    def lend(self, data_dir: Path) -> Iterator[Settings]:
        """The settings of a realm without accounts and partners."""
        realm = self._free.pop() if self._free else self._make()
        yield realm.settings.model_copy(update={"data_dir": data_dir})
        if _is_as_made(self._administrator, realm):
            _empty(self._administrator, realm.settings)
            self._free.append(realm)

    def _make(self) -> Realm:
        settings = self._new_settings(self._home)
        apply_realm(settings)
        path, administrator = f"admin/realms/{settings.keycloak.realm}", self._administrator
        administrator.request("put", path, administrator.get(path))  # Keycloak adds its defaults at the first change
        return Realm(settings, _configuration(administrator, settings))


def _is_as_made(administrator: Administrator, realm: Realm) -> bool:
    configuration = _configuration(administrator, realm.settings)
    if configuration[""] != realm.as_made[""]:
        administrator.request("put", f"admin/realms/{realm.settings.keycloak.realm}", realm.as_made[""])
        configuration = _configuration(administrator, realm.settings)
    return configuration == realm.as_made


def _configuration(administrator: Administrator, settings: Settings) -> dict[str, Any]:
    """Everything that a test might have changed and that is not a person, a partner or an event."""
    path = f"admin/realms/{settings.keycloak.realm}"
    parts = ("", "clients", "roles", "users/profile", "events/config", "authentication/required-actions")
    configuration = {part: administrator.get(f"{path}/{part}") for part in (*parts, "localization/fr", "components")}
    service = next(client for client in configuration["clients"] if client["clientId"] == settings.keycloak.client_id)
    account = administrator.get(f"{path}/clients/{service['id']}/service-account-user")
    return {**configuration, "rights": administrator.get(f"{path}/users/{account['id']}/role-mappings")}


def _empty(administrator: Administrator, settings: Settings) -> None:
    path = f"admin/realms/{settings.keycloak.realm}"
    for user in administrator.get(f"{path}/users", max=-1, briefRepresentation="true"):
        administrator.request("delete", f"{path}/users/{user['id']}")
    for group in administrator.get(f"{path}/groups", max=-1):  # with its subgroups and the roles that it gives
        administrator.request("delete", f"{path}/groups/{group['id']}")
    administrator.request("post", f"{path}/groups", {"name": settings.keycloak.group_root.strip("/")})
    for events in ("events", "admin-events"):
        administrator.request("delete", f"{path}/{events}")
