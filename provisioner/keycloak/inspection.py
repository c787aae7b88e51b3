"""What can be read of the realm and of our own rights in it, for `doctor`; changes nothing."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self
from urllib.parse import quote

from provisioner.keycloak.connection import Connection, administrator_connection, service_connection
from provisioner.keycloak.errors import KeycloakRefused, NotFound, ReadIncomplete
from provisioner.keycloak.reading import group_by_id, makes_passwords
from provisioner.settings import KeycloakSettings

Json = dict[str, Any]

#: The client whose roles administer the realm.
ADMIN_CLIENT = "realm-management"

#: Before it, anybody can set anybody's password through « Mot de passe oublié ? » (CVE-2026-18963).
LEAST_VERSION = (26, 7, 2)


@dataclass(frozen=True, slots=True)
class RealmFacts:
    """What the realm is set to, as far as safety goes."""

    id: str
    password_policy: str
    makes_passwords: bool
    brute_force_protected: bool
    failure_factor: int
    permanent_lockout: bool
    max_secondary_failures: int
    events: bool
    admin_events: bool
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


class _Reader:
    def __init__(self, connection: Connection, settings: KeycloakSettings) -> None:
        self.connection = connection
        self.settings = settings
        self.realm_path = f"admin/realms/{settings.realm}"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.connection.close()

    def list(self, path: str, **query: object) -> list[Json]:
        """A list that Keycloak answers with.

        Raises:
            KeycloakError: it refuses, does not answer, or answers with something else.
        """
        answer = self.connection.get(f"{self.realm_path}/{path}", **query)
        if not isinstance(answer, list):
            raise ReadIncomplete(f"Keycloak did not answer with a list to GET {path}.")
        return answer


class OwnView(_Reader):
    """The realm as our own service account sees it.

    Every method raises KeycloakUnavailable when Keycloak does not answer and KeycloakRefused when it says no.
    """

    def __init__(self, settings: KeycloakSettings) -> None:
        super().__init__(service_connection(settings, read_only=True), settings)

    def sign_in(self) -> None:
        """Obtains a token."""
        self.connection.renew_token()

    def server_time(self) -> datetime:
        """Keycloak's clock, see `Directory`."""
        return self.connection.server_time()

    def own_roles(self) -> frozenset[str]:
        """The roles that we have, as our token says."""
        return self.connection.own_roles()

    def realm(self) -> RealmFacts:
        """What the realm is set to.

        Raises:
            KeycloakRefused: the role view-realm lacks.
        """
        found = self.connection.get(self.realm_path)
        if not {"id", "failureFactor"} <= found.keys():
            raise KeycloakRefused("The service account may not see the realm's settings: it lacks view-realm.")
        mail = found.get("smtpServer") or {}
        return RealmFacts(
            id=str(found["id"]),
            password_policy=found.get("passwordPolicy") or "",
            makes_passwords=makes_passwords(self.connection, self.realm_path),
            brute_force_protected=bool(found.get("bruteForceProtected")),
            failure_factor=int(found.get("failureFactor") or 0),
            permanent_lockout=bool(found.get("permanentLockout")),
            max_secondary_failures=int(found.get("maxSecondaryAuthFailures") or 0),
            events=bool(found.get("eventsEnabled")),
            admin_events=bool(found.get("adminEventsEnabled")),
            mail_server=mail.get("host") or None,
            mail_from=mail.get("from") or None,
        )

    def user_profile(self) -> Json:
        """The realm's user profile: what an account may and must have.

        Raises:
            ReadIncomplete: Keycloak answers with something else.
        """
        found = self.connection.get(f"{self.realm_path}/users/profile")
        if not isinstance(found, dict) or not isinstance(found.get("attributes"), list):
            raise ReadIncomplete("Keycloak did not answer with the realm's user profile.")
        return found

    def group_roles(self, code: str | None, known_id: str | None) -> GroupRoles | None:
        """The admin roles that a partner's group gives, and roles that may be made of some; None when there is none.

        The group is looked for by the id that the register knows, wherever another hand put it; a read by id leaves
        out the clients' roles, so its path is read too. Without a code, the group above them all. What a composite
        role is made of is hidden from us where that is a client's role.
        """
        path = f"{self.settings.group_root}/{code}" if code else self.settings.group_root
        with suppress(NotFound):
            path = group_by_id(self.connection, self.realm_path, known_id)["path"] if known_id else path
        try:
            group = self.connection.get(f"{self.realm_path}/group-by-path{quote(path)}")
        except NotFound:
            return None
        by_client: dict[str, list[str]] = group.get("clientRoles") or {}
        admin = {f"{ADMIN_CLIENT}/{name}" for name in by_client.get(ADMIN_CLIENT, [])}
        others = {f"{client}/{name}" for client, names in by_client.items() for name in names} - admin
        unseen = others | {name for name in group.get("realmRoles") or [] if self._is_composite(name)}
        return GroupRoles(path, frozenset(admin), frozenset(unseen)) if admin or unseen else None

    def _is_composite(self, role: str) -> bool:
        return bool(self.connection.get(f"{self.realm_path}/roles/{quote(role, safe='')}").get("composite"))


class AdministratorView(_Reader):
    """The server and the realm as the administrator of the master realm sees them; raises as `OwnView`."""

    def __init__(self, settings: KeycloakSettings) -> None:
        super().__init__(administrator_connection(settings), settings)

    def version(self) -> str:
        """Keycloak's version."""
        found = self.connection.get("admin/serverinfo").get("systemInfo") or {}
        if not found.get("version"):
            raise KeycloakRefused("The administrator may not see Keycloak's version.")
        return str(found["version"])

    def service_roles(self) -> frozenset[str]:
        """Every role that our service account has, through composites and groups too."""
        clients = self.list("clients", clientId=self.settings.client_id)
        if not clients:
            raise KeycloakRefused(f"The realm has no client {self.settings.client_id}.")
        account = self.connection.get(f"{self.realm_path}/clients/{clients[0]['id']}/service-account-user")
        user = f"users/{account['id']}"
        found = {f"{one['client']}/{one['role']}" for one in self.list(f"ui-ext/effective-roles/{user}")}
        return frozenset(found | {one["name"] for one in self.list(f"{user}/role-mappings/realm/composite")})

    def groups_with_admin_roles(self) -> list[GroupRoles]:
        """Every group of the realm that gives an admin role, asked from the side of the roles: there are few."""
        found: dict[str, set[str]] = {}
        for path, name in self._admin_roles():
            for group in self.list(f"{path}/groups", max=-1):
                found.setdefault(group["path"], set()).add(name)
        return [GroupRoles(path, frozenset(names)) for path, names in sorted(found.items())]

    def _admin_roles(self) -> Iterator[tuple[str, str]]:
        """The roles that are, or are made of, an admin role: where each is, and its name."""
        named: dict[str, tuple[str, str]] = {}
        composed: dict[str, set[str]] = {}
        admin: set[str] = set()
        places = [("roles", "", "")]
        clients = self.list("clients", max=-1)
        places += [(f"clients/{one['id']}/roles", f"{one['clientId']}/", one["clientId"]) for one in clients]
        for where, prefix, client in places:
            for role in self.list(where, max=-1):
                named[role["id"]] = (f"{where}/{quote(role['name'], safe='')}", prefix + role["name"])
                if client == ADMIN_CLIENT:
                    admin.add(role["id"])
                elif role.get("composite"):
                    composed[role["id"]] = {one["id"] for one in self.list(f"roles-by-id/{role['id']}/composites")}
        while more := {id_ for id_, parts in composed.items() if id_ not in admin and parts & admin}:
            admin |= more
        yield from (named[id_] for id_ in sorted(admin))
