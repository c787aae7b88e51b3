"""Brings a realm to its files: creates it, or changes what differs and tells what that was."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from provisioner.keycloak.connection import Connection, administrator_connection
from provisioner.keycloak.errors import KeycloakRefused
from provisioner.keycloak.links import LINK_ACTIONS
from provisioner.keycloak.reading import group_by_path
from provisioner.keycloak.realm_config import SERVICE_ROLES, Json, RealmConfig, load_realm_config
from provisioner.settings import Settings

#: Keycloak shows this instead of a password that it keeps.
_MASK = "**********"


def apply_realm(settings: Settings) -> list[str]:
    """Brings the realm of the settings to its files; what was changed, a line each. What the files do not name stays.

    Raises:
        SettingsError: a setting that is needed is not set, or a file cannot be used; nothing was sent.
        KeycloakError: Keycloak refused or did not answer; safe to run again.
    """
    config = load_realm_config(settings)
    connection = administrator_connection(settings.keycloak)
    try:
        return list(_Applying(connection, settings, config).all())
    finally:
        connection.close()


@dataclass(frozen=True, slots=True)
class ProfileDifferences:
    """How a realm's user profile differs from ours, by attribute.

    `stricter` ask more of an account than we give it: Keycloak then refuses to write it, even to disable it. `other`
    are ours that are missing or changed.
    """

    stricter: tuple[str, ...]
    other: tuple[str, ...]


def compare_profiles(found: Json, wanted: Json) -> ProfileDifferences:
    """The user profile that a realm has against the one that our accounts need."""
    there = {attribute["name"]: attribute for attribute in found["attributes"]}
    ours = {attribute["name"]: attribute for attribute in wanted["attributes"]}
    stricter = sorted(name for name, one in there.items() if _asks_more(one, ours.get(name)))
    other = sorted(name for name, one in ours.items() if name not in stricter and not _holds(there.get(name), one))
    return ProfileDifferences(tuple(stricter), tuple(other))


def _asks_more(there: Json, ours: Json | None) -> bool:
    required = there.get("required")
    if required is not None and ours is None:
        roles, scopes = required.get("roles") or [], required.get("scopes") or []
        return "admin" in roles or not (roles or scopes)
    if ours is None:
        return False  # a validator says nothing to an account without a value
    if "admin" in ((required or {}).get("roles") or []):
        return True
    wanted = ours.get("validations") or {}
    return any(wanted.get(name) is None for name in (there.get("validations") or {}))


class _Applying:
    def __init__(self, connection: Connection, settings: Settings, config: RealmConfig) -> None:
        self.connection = connection
        self.settings = settings
        self.config = config
        self.path = f"admin/realms/{settings.keycloak.realm}"

    def all(self) -> Iterable[str]:
        yield from self.realm()
        yield from self.user_profile()
        yield from self.required_actions()
        yield from self.texts()
        yield from self.group_root()
        for wanted in self.config.clients:
            yield from self.client(wanted)
        yield from self.service_roles()

    def realm(self) -> Iterable[str]:
        wanted = self.config.realm
        try:
            found = self.connection.get(self.path)
        except KeycloakRefused as error:
            if error.status != 404:
                raise
            self.connection.request("post", "admin/realms", wanted)
            # The token in hand has no rights on a realm that is newer than it.
            self.connection.renew_token()
            yield f"realm {wanted['realm']}: created"
            return
        different = _differences(found, wanted)
        # A password that Keycloak keeps cannot be compared: it is written each time.
        if different or "password" in wanted["smtpServer"]:
            attributes = {**(found.get("attributes") or {}), **wanted["attributes"]}
            self.connection.request("put", self.path, {**wanted, "attributes": attributes})
        yield from (f"realm: {key}" for key in different)

    def user_profile(self) -> Iterable[str]:
        path = f"{self.path}/users/profile"
        found = self.connection.get(path)
        changed = {**found}
        lines = []
        for part in ("attributes", "groups"):
            changed[part], names = _merged(found.get(part) or [], self.config.user_profile[part])
            lines += [f"user profile: {name}" for name in names]
        if lines:
            self.connection.request("put", path, changed)
        yield from lines

    def required_actions(self) -> Iterable[str]:
        """What our links ask for is there and on: without it Keycloak sends links that lead nowhere."""
        path = f"{self.path}/authentication/required-actions"
        found = {action["alias"]: action for action in self.connection.get(path)}
        for alias in LINK_ACTIONS:
            action = found.get(alias)
            if action is None:
                register = f"{self.path}/authentication/register-required-action"
                self.connection.request("post", register, {"providerId": alias, "name": alias})
            elif action["enabled"]:
                continue
            else:
                self.connection.request("put", f"{path}/{alias}", {**action, "enabled": True})
            yield f"required action {alias}: on"

    def texts(self) -> Iterable[str]:
        path = f"{self.path}/localization/fr"
        different = _differences(self.connection.get(path), self.config.texts)
        if different:
            self.connection.request("post", path, self.config.texts)
        yield from (f"text: {key}" for key in different)

    def group_root(self) -> Iterable[str]:
        root = self.settings.keycloak.group_root
        if group_by_path(self.connection, self.path, root) is None:
            self.connection.request("post", f"{self.path}/groups", {"name": root.strip("/")})
            yield f"group {root}: created"

    def client(self, wanted: Json) -> Iterable[str]:
        name = wanted["clientId"]
        found = self._client(name)
        if found is None:
            self.connection.request("post", f"{self.path}/clients", wanted)
            yield f"client {name}: created"
            return
        path = f"{self.path}/clients/{found['id']}"
        different = _differences(found, {key: value for key, value in wanted.items() if key != "protocolMappers"})
        if different:
            attributes = {**(found.get("attributes") or {}), **wanted.get("attributes", {})}
            self.connection.request(
                "put", path, {**found, **wanted, "attributes": attributes, "protocolMappers": None}
            )
        yield from (f"client {name}: {key}" for key in different)
        yield from self._mappers(name, path, found.get("protocolMappers") or [], wanted["protocolMappers"])

    def _mappers(self, client: str, path: str, found: list[Json], wanted: list[Json]) -> Iterable[str]:
        by_name = {mapper["name"]: mapper for mapper in found}
        for mapper in wanted:
            old = by_name.get(mapper["name"])
            if old is None:
                self.connection.request("post", f"{path}/protocol-mappers/models", mapper)
            elif _differences(old, mapper):
                where = f"{path}/protocol-mappers/models/{old['id']}"
                self.connection.request("put", where, {**mapper, "id": old["id"]})
            else:
                continue
            yield f"client {client}: claim {mapper['name']}"

    def service_roles(self) -> Iterable[str]:
        """The service account has exactly its roles: whatever else it was given is taken off."""
        service, management = self._client(self.settings.keycloak.client_id), self._client("realm-management")
        assert service is not None
        assert management is not None
        account = self.connection.get(f"{self.path}/clients/{service['id']}/service-account-user")
        path = f"{self.path}/users/{account['id']}/role-mappings"
        mappings = self.connection.get(path)
        if realm_roles := mappings.get("realmMappings"):
            yield from self._take_off(f"{path}/realm", realm_roles)
        held: set[str] = set()
        for client, mapping in (mappings.get("clientMappings") or {}).items():
            excess = mapping["mappings"]
            if client == "realm-management":
                held = {role["name"] for role in excess}
                excess = [role for role in excess if role["name"] not in SERVICE_ROLES]
            if excess:
                yield from self._take_off(f"{path}/clients/{mapping['id']}", excess)
        if missing := sorted(SERVICE_ROLES - held):
            where = f"{self.path}/clients/{management['id']}/roles"
            roles = [self.connection.get(f"{where}/{name}") for name in missing]
            self.connection.request("post", f"{path}/clients/{management['id']}", roles, repeatable=True)
            yield from (f"service account: role {name} given" for name in missing)

    def _take_off(self, path: str, roles: list[Json]) -> Iterable[str]:
        self.connection.request("delete", path, roles)
        return [f"service account: role {role['name']} taken off" for role in roles]

    def _client(self, client_id: str) -> Json | None:
        found: list[Json] = self.connection.get(f"{self.path}/clients", clientId=client_id)
        return found[0] if found else None


def _differences(found: Any, wanted: Json) -> list[str]:
    """The keys of `wanted` that are not so in `found`; within an object, only what is wanted counts."""
    return [key for key, value in wanted.items() if not _holds(found.get(key), value)]


def _holds(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        return isinstance(found, dict) and all(_holds(found.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list) and isinstance(found, list) and all(isinstance(item, str) for item in wanted):
        return sorted(found) == sorted(wanted)
    return found in (wanted, _MASK)


def _merged(found: list[Json], wanted: list[Json]) -> tuple[list[Json], list[str]]:
    """`found` with what is wanted in it, by name, and the names that differed."""
    by_name = {item["name"]: item for item in found}
    names = [item["name"] for item in wanted if not _holds(by_name.get(item["name"]), item)]
    return list({**by_name, **{item["name"]: item for item in wanted}}.values()), names
