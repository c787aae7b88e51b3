"""Realms for tests: made once, lent to one test at a time, emptied between two; making one takes Keycloak seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from provisioner.keycloak.realm import apply_realm
from provisioner.settings import Settings
from tests.shared.administrator import Administrator


@dataclass(frozen=True)
class Realm:
    """A realm as it was made from realm-config/."""

    settings: Settings
    as_made: dict[str, Any]


class Realms:
    """Lends realms that are as new. What a test changed of a realm's own settings is put back; a realm that is
    different in another way is not lent again.
    """

    def __init__(self, new_settings: Callable[..., Settings], home: Path) -> None:
        self._new_settings, self._home = new_settings, home
        self._free: list[Realm] = []

    @contextmanager
    def lend(self, data_dir: Path) -> Iterator[Settings]:
        """The settings of a realm without accounts and partners."""
        realm = self._free.pop() if self._free else self._make()
        yield realm.settings.model_copy(update={"data_dir": data_dir})
        connection = Administrator(realm.settings.keycloak)
        if _is_as_made(connection, realm):
            _empty(connection, realm.settings)
            self._free.append(realm)
        connection.close()

    def _make(self) -> Realm:
        settings = self._new_settings(self._home)
        apply_realm(settings)
        connection = Administrator(settings.keycloak)
        path = f"admin/realms/{settings.keycloak.realm}"
        connection.request("put", path, connection.get(path))  # Keycloak adds its defaults at the first change
        made = Realm(settings, _configuration(connection, settings))
        connection.close()
        return made


def _is_as_made(connection: Administrator, realm: Realm) -> bool:
    found = _configuration(connection, realm.settings)
    if found[""] != realm.as_made[""]:
        connection.request("put", f"admin/realms/{realm.settings.keycloak.realm}", realm.as_made[""])
        found = _configuration(connection, realm.settings)
    return found == realm.as_made


def _configuration(connection: Administrator, settings: Settings) -> dict[str, Any]:
    """Everything that a test might have changed and that is not a person, a partner or an event."""
    path = f"admin/realms/{settings.keycloak.realm}"
    parts = ("", "clients", "roles", "users/profile", "events/config", "authentication/required-actions")
    found = {part: connection.get(f"{path}/{part}") for part in (*parts, "localization/fr", "components")}
    service = next(one for one in found["clients"] if one["clientId"] == settings.keycloak.client_id)
    account = connection.get(f"{path}/clients/{service['id']}/service-account-user")
    return {**found, "rights": connection.get(f"{path}/users/{account['id']}/role-mappings")}


def _empty(connection: Administrator, settings: Settings) -> None:
    path = f"admin/realms/{settings.keycloak.realm}"
    for user in connection.get(f"{path}/users", max=-1, briefRepresentation="true"):
        connection.request("delete", f"{path}/users/{user['id']}")
    for group in connection.get(f"{path}/groups", max=-1):  # with its subgroups and the roles that it gives
        connection.request("delete", f"{path}/groups/{group['id']}")
    connection.request("post", f"{path}/groups", {"name": settings.keycloak.group_root.strip("/")})
    for events in ("events", "admin-events"):
        connection.request("delete", f"{path}/{events}")
