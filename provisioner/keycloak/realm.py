"""Brings a realm to its files: creates it, or changes what differs and tells what that was."""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum
from typing import Any, NamedTuple

from keycloak import KeycloakAdmin

from provisioner.keycloak.connection import Connection, administrator_connection, read, write
from provisioner.keycloak.errors import KeycloakRefused
from provisioner.keycloak.groups import id_by_path
from provisioner.keycloak.invitations import LINK_ACTIONS
from provisioner.keycloak.realm_config import ADMIN_CLIENT, SERVICE_ROLES, Json, RealmConfig, load_realm_config
from provisioner.settings import Settings

#: Keycloak shows this instead of a password that it keeps.
_MASK = "**********"


class RealmPart(StrEnum):
    """What of a realm was changed. `views/realm.py` has the sentence of each."""

    REALM_CREATED = "realm-created"
    REALM = "realm"
    PROFILE = "profile"
    ACTION = "action"
    TEXT = "text"
    GROUP = "group"
    CLIENT_CREATED = "client-created"
    CLIENT = "client"
    CLAIM = "claim"
    ROLE_GIVEN = "role-given"
    ROLE_TAKEN = "role-taken"


class RealmChange(NamedTuple):
    """One thing that was changed, by its name; `client` where it is a part of a client."""

    part: RealmPart
    name: str
    client: str = ""


def apply_realm(settings: Settings) -> list[RealmChange]:
    """Brings the realm of the settings to its files; what was changed, one by one. What the files do not name stays.

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


class ProfileDifferences(NamedTuple):
    """How a realm's user profile differs from ours, by attribute.

    `stricter` ask more of an account than we give it: Keycloak then refuses to write it, even to disable it. `other`
    are ours that are missing or changed.
    """

    stricter: list[str]
    other: list[str]


def compare_profiles(profile: Json, wanted: Json) -> ProfileDifferences:
    """The user profile that a realm has against the one that our accounts need."""
    attributes = {attribute["name"]: attribute for attribute in profile["attributes"]}
    ours = {attribute["name"]: attribute for attribute in wanted["attributes"]}
    stricter = [name for name, attribute in attributes.items() if _asks_more(attribute, ours.get(name))]
    other = [name for name in ours if name not in stricter and not _holds(attributes.get(name), ours[name])]
    return ProfileDifferences(sorted(stricter), sorted(other))


def _asks_more(attribute: Json, ours: Json | None) -> bool:
    required = attribute.get("required") or {}
    roles = required.get("roles") or []
    if ours is not None:
        validations = ours.get("validations") or {}
        return "admin" in roles or any(name not in validations for name in attribute.get("validations") or {})
    # A validator says nothing to an account without a value; what is required without a word of whom is of all.
    return "admin" in roles or (attribute.get("required") is not None and not (roles or required.get("scopes")))


class _Applying:
    def __init__(self, connection: Connection, settings: Settings, config: RealmConfig) -> None:
        self.connection, self.settings, self.config = connection, settings, config
        self.admin, self.name = KeycloakAdmin(connection=connection), settings.keycloak.realm

    def all(self) -> Iterable[RealmChange]:
        yield from self.realm()
        yield from self.user_profile()
        yield from self.required_actions()
        yield from self.texts()
        yield from self.group_root()
        for wanted in self.config.clients:
            yield from self.client(wanted)
        yield from self.service_roles()

    def realm(self) -> Iterable[RealmChange]:
        wanted = self.config.realm
        try:
            realm = self.admin.get_realm(self.name)
        except KeycloakRefused as error:
            if error.status != 404:
                raise
            self.admin.create_realm(wanted)
            # The token in hand has no rights on a realm that is newer than it.
            self.connection.get_token()
            yield RealmChange(RealmPart.REALM_CREATED, self.name)
            return
        different = _differences(realm, wanted)
        # A password that Keycloak keeps cannot be compared: it is written each time.
        if different or "password" in wanted["smtpServer"]:
            attributes = {**(realm.get("attributes") or {}), **wanted["attributes"]}
            self.admin.update_realm(self.name, {**wanted, "attributes": attributes})
        yield from (RealmChange(RealmPart.REALM, key) for key in different)

    def user_profile(self) -> Iterable[RealmChange]:
        profile = self.admin.get_realm_users_profile()
        changes = []
        for part in ("attributes", "groups"):
            profile[part], names = _merged(profile.get(part) or [], self.config.user_profile[part])
            changes += [RealmChange(RealmPart.PROFILE, name) for name in names]
        if changes:
            self.admin.update_realm_users_profile(profile)
        yield from changes

    def required_actions(self) -> Iterable[RealmChange]:
        """What our links ask for is there and on: without it Keycloak sends links that lead nowhere."""
        actions = {action["alias"]: action for action in self.admin.get_required_actions()}
        for alias in LINK_ACTIONS:
            action = actions.get(alias)
            if action is None:
                write(self.admin, "authentication/register-required-action", {"providerId": alias, "name": alias})
            elif action["enabled"]:
                continue
            else:
                self.admin.update_required_action(alias, {**action, "enabled": True})
            yield RealmChange(RealmPart.ACTION, alias)

    def texts(self) -> Iterable[RealmChange]:
        different = _differences(read(self.admin, "localization/fr"), self.config.texts)
        if different:
            write(self.admin, "localization/fr", self.config.texts)
        yield from (RealmChange(RealmPart.TEXT, key) for key in different)

    def group_root(self) -> Iterable[RealmChange]:
        root = self.settings.keycloak.group_root
        if id_by_path(self.admin, root) is None:
            self.admin.create_group({"name": root.strip("/")})
            yield RealmChange(RealmPart.GROUP, root)

    def client(self, wanted: Json) -> Iterable[RealmChange]:
        name = wanted["clientId"]
        id_ = self.admin.get_client_id(name)
        if id_ is None:
            self.admin.create_client(wanted)
            yield RealmChange(RealmPart.CLIENT_CREATED, name)
            return
        client = self.admin.get_client(id_)
        different = _differences(client, {key: value for key, value in wanted.items() if key != "protocolMappers"})
        if different:
            attributes = {**(client.get("attributes") or {}), **wanted.get("attributes", {})}
            self.admin.update_client(id_, {**client, **wanted, "attributes": attributes, "protocolMappers": None})
        yield from (RealmChange(RealmPart.CLIENT, key, name) for key in different)
        mappers = {mapper["name"]: mapper for mapper in client.get("protocolMappers") or []}
        for mapper in wanted["protocolMappers"]:
            old = mappers.get(mapper["name"])
            if old is None:
                self.admin.add_mapper_to_client(id_, mapper)
            elif _differences(old, mapper):
                self.admin.update_client_mapper(id_, old["id"], {**mapper, "id": old["id"]})
            else:
                continue
            yield RealmChange(RealmPart.CLAIM, mapper["name"], name)

    def service_roles(self) -> Iterable[RealmChange]:
        """The service account has exactly its roles: whatever else it was given is taken off."""
        service = self.admin.get_client_id(self.settings.keycloak.client_id)
        management = self.admin.get_client_id(ADMIN_CLIENT)
        assert service is not None
        assert management is not None
        account = self.admin.get_client_service_account_user(service)["id"]
        mappings = self.admin.get_all_roles_of_user(account)
        excess = mappings.get("realmMappings") or []
        if excess:
            self.admin.delete_realm_roles_of_user(account, excess)
        held: set[str] = set()
        for client, mapping in (mappings.get("clientMappings") or {}).items():
            roles = mapping["mappings"]
            if client == ADMIN_CLIENT:
                held = {role["name"] for role in roles}
                roles = [role for role in roles if role["name"] not in SERVICE_ROLES]
            if roles:
                self.admin.delete_client_roles_of_user(account, mapping["id"], roles)
            excess += roles
        yield from (RealmChange(RealmPart.ROLE_TAKEN, role["name"]) for role in excess)
        if missing := sorted(SERVICE_ROLES - held):
            roles = [self.admin.get_client_role(management, name) for name in missing]
            self.admin.assign_client_role(account, management, roles)
            yield from (RealmChange(RealmPart.ROLE_GIVEN, name) for name in missing)


def _differences(present: Any, wanted: Json) -> list[str]:
    """The keys of `wanted` that are not so at present; within an object, only what is wanted counts."""
    return [key for key, value in wanted.items() if not _holds(present.get(key), value)]


def _holds(present: Any, wanted: Any) -> bool:
    if isinstance(wanted, dict):
        return isinstance(present, dict) and not _differences(present, wanted)
    if isinstance(wanted, list) and isinstance(present, list) and all(isinstance(item, str) for item in wanted):
        return sorted(present) == sorted(wanted)
    return present in (wanted, _MASK)


def _merged(present: list[Json], wanted: list[Json]) -> tuple[list[Json], list[str]]:
    """What is present with what is wanted in it, by name, and the names that differed."""
    by_name = {item["name"]: item for item in present}
    names = [item["name"] for item in wanted if not _holds(by_name.get(item["name"]), item)]
    return list({**by_name, **{item["name"]: item for item in wanted}}.values()), names
