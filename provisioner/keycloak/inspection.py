"""What can be read of the realm and of our own rights in it, for `doctor`; changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from typing import Self
from urllib.parse import quote

from keycloak import KeycloakAdmin

from provisioner.keycloak.accounts import Json
from provisioner.keycloak.connection import Connection, administrator_connection, read, service_connection
from provisioner.keycloak.errors import KeycloakRefused, NotFound, ReadIncomplete
from provisioner.keycloak.events import stores_of
from provisioner.keycloak.groups import group_by_id, group_by_path
from provisioner.keycloak.realm_config import ADMIN_CLIENT
from provisioner.keycloak.snapshot import makes_passwords, realm_of
from provisioner.settings import KeycloakSettings

#: Before it, anybody can set anybody's password through « Mot de passe oublié ? » (CVE-2026-18963).
LEAST_VERSION = (26, 7, 2)


@dataclass(frozen=True, slots=True)
class RealmFacts:
    """What the realm is set to, as far as safety goes. `events_kept_days`: that of the list which is kept least long;
    None where both are kept for ever.
    """

    id: str
    password_policy: str
    makes_passwords: bool
    brute_force_protected: bool
    failure_factor: int
    permanent_lockout: bool
    max_secondary_failures: int
    events: bool
    admin_events: bool
    events_kept_days: int | None
    mail_server: str | None
    mail_from: str | None


@dataclass(frozen=True, slots=True)
class GroupRoles:
    """A group that gives roles to its members: `admin` are roles that administer the realm, `unseen` those that may
    hold one and that we may not look into. `client/role` for a client's.
    """

    path: str
    admin: frozenset[str]
    unseen: frozenset[str] = frozenset()


class _View:
    """A realm that is looked at through a connection which ends with the block."""

    def __init__(self, connection: Connection, settings: KeycloakSettings) -> None:
        self.connection, self.settings = connection, settings
        self.admin = KeycloakAdmin(connection=connection)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.connection.close()


class OwnView(_View):
    """The realm as our own service account sees it. Every method raises a `KeycloakError` as `Directory` does."""

    def __init__(self, settings: KeycloakSettings) -> None:
        super().__init__(service_connection(settings, read_only=True), settings)

    def realm(self) -> RealmFacts:
        """What the realm is set to."""
        realm = realm_of(self.admin)
        spans = [store.keeps.days for store in stores_of(realm).values() if store.keeps is not None]
        mail = realm.get("smtpServer") or {}
        return RealmFacts(
            id=str(realm["id"]),
            password_policy=realm.get("passwordPolicy") or "",
            makes_passwords=makes_passwords(self.admin),
            brute_force_protected=bool(realm.get("bruteForceProtected")),
            failure_factor=int(realm.get("failureFactor") or 0),
            permanent_lockout=bool(realm.get("permanentLockout")),
            max_secondary_failures=int(realm.get("maxSecondaryAuthFailures") or 0),
            events=bool(realm.get("eventsEnabled")),
            admin_events=bool(realm.get("adminEventsEnabled")),
            events_kept_days=min(spans, default=None),
            mail_server=mail.get("host") or None,
            mail_from=mail.get("from") or None,
        )

    def user_profile(self) -> Json:
        """The realm's user profile: what an account may and must have."""
        profile = self.admin.get_realm_users_profile()
        if not isinstance(profile.get("attributes"), list):
            raise ReadIncomplete("Keycloak did not answer with the realm's user profile.")
        return profile

    def group_roles(self, code: str | None, known_id: str | None) -> GroupRoles | None:
        """The admin roles that a partner's group gives, and roles that may be made of some; None when there is none.

        The group is looked for by the id that the register knows, wherever another hand put it; a read by id leaves
        out the clients' roles, so its path is read too. Without a code, the group above them all. What a composite
        role is made of is hidden from us where that is a client's role.
        """
        path = f"{self.settings.group_root}/{code}" if code else self.settings.group_root
        with suppress(NotFound):
            path = group_by_id(self.admin, known_id)["path"] if known_id else path
        try:
            group = group_by_path(self.admin, path)
        except NotFound:
            return None
        by_client: dict[str, list[str]] = group.get("clientRoles") or {}
        admin = {f"{ADMIN_CLIENT}/{name}" for name in by_client.get(ADMIN_CLIENT, [])}
        others = {f"{client}/{name}" for client, names in by_client.items() for name in names} - admin
        unseen = others | {name for name in group.get("realmRoles") or [] if self._is_composite(name)}
        return GroupRoles(path, frozenset(admin), frozenset(unseen)) if admin or unseen else None

    def _is_composite(self, role: str) -> bool:
        return bool(self.admin.get_realm_role(quote(role, safe="")).get("composite"))


class AdministratorView(_View):
    """The server and the realm as the administrator of the master realm sees them; raises as `OwnView`."""

    def __init__(self, settings: KeycloakSettings) -> None:
        super().__init__(administrator_connection(settings), settings)

    def version(self) -> str:
        """Keycloak's version."""
        system = self.admin.get_server_info().get("systemInfo") or {}
        if not system.get("version"):
            raise KeycloakRefused("The administrator may not see Keycloak's version.")
        return str(system["version"])

    def own_id(self) -> str | None:
        """Keycloak's id of the administrator that the settings name; its token does not tell it."""
        asked = {"username": self.settings.admin_username, "exact": "true"}
        users = self.connection.raw_get("admin/realms/master/users", **asked).json()
        return str(users[0]["id"]) if users else None

    def service_roles(self) -> frozenset[str]:
        """Every role that our service account has, through composites and groups too."""
        client = self.admin.get_client_id(self.settings.client_id)
        if client is None:
            raise KeycloakRefused(f"The realm has no client {self.settings.client_id}.")
        account = self.admin.get_client_service_account_user(client)["id"]
        by_client = read(self.admin, f"ui-ext/effective-roles/users/{account}")
        roles = {f"{role['client']}/{role['role']}" for role in by_client}
        return frozenset(roles | {role["name"] for role in self.admin.get_composite_realm_roles_of_user(account)})

    def groups_with_admin_roles(self) -> list[GroupRoles]:
        """Every group of the realm that gives an admin role, asked from the side of the roles: there are few."""
        roles_by_path: dict[str, set[str]] = {}
        for where, name in self._admin_roles():
            for group in read(self.admin, f"{where}/groups", max=-1):
                roles_by_path.setdefault(group["path"], set()).add(name)
        return [GroupRoles(path, frozenset(names)) for path, names in sorted(roles_by_path.items())]

    def _admin_roles(self) -> Iterator[tuple[str, str]]:
        """The roles that are, or are made of, an admin role: where each is, and its name."""
        named: dict[str, tuple[str, str]] = {}
        parts_of: dict[str, set[str]] = {}
        admin: set[str] = set()
        clients = [
            ("roles", ""),
            *((f"clients/{item['id']}/roles", item["clientId"]) for item in self.admin.get_clients()),
        ]
        for where, client in clients:
            for role in read(self.admin, where, max=-1):
                name = f"{client}/{role['name']}" if client else role["name"]
                named[role["id"]] = (f"{where}/{quote(role['name'], safe='')}", name)
                if client == ADMIN_CLIENT:
                    admin.add(role["id"])
                elif role.get("composite"):
                    parts = self.admin.get_role_composites_by_id(role["id"], {"max": -1})
                    parts_of[role["id"]] = {part["id"] for part in parts}
        while more := {id_ for id_, parts in parts_of.items() if id_ not in admin and parts & admin}:
            admin |= more
        yield from (named[id_] for id_ in sorted(admin))
