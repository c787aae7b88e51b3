"""Who may administer a realm, and how each came to it: read with the administrator's account; changes nothing (V4).

Everything is asked from the side of the roles, of which there are few. A list of the clients holds their secrets:
only the id, the name and whether it has a service account are taken out of it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote

from provisioner.domain.caf_review import Access, Grant, Kind
from provisioner.keycloak.accounts import Json
from provisioner.keycloak.connection import Connection
from provisioner.keycloak.errors import NotFound, ReadIncomplete, RealmMissing
from provisioner.keycloak.realm_config import ADMIN_CLIENT, agents_realm

#: The realm that administers the others, and its roles that do.
MASTER = "master"
MASTER_ROLES = frozenset({"admin", "create-realm"})

#: How often what somebody changes meanwhile is read from its beginning.
_READINGS = 5


_Read = TypeVar("_Read")


class _Client(NamedTuple):
    id: str
    name: str
    enabled: bool
    has_account: bool


@dataclass(frozen=True, slots=True)
class AdminRole:
    """A role that administers, or is made of such roles (`gives`). `where` is its path under the realm."""

    id: str
    where: str
    name: str
    gives: tuple[str, ...] = ()


@dataclass(slots=True)
class _Holder:
    """An account, and the roles that it has."""

    user: Json
    grants: set[Grant] = field(default_factory=set)


class Realm:
    """A realm as the administrator of the master realm sees it. Every method raises a `KeycloakError`."""

    def __init__(self, connection: Connection, name: str, administered: Collection[str] = ()) -> None:
        """`administered` are the realms over which a role of the master realm counts."""
        self._connection, self.name = connection, name
        self._admin_clients = {f"{realm}-realm" for realm in administered} if administered else {ADMIN_CLIENT}
        self._admin_roles_of_realm = MASTER_ROLES if administered else frozenset[str]()
        self._representation = self._get("")
        self._default_role = str(self._representation["defaultRole"]["id"])
        self._clients = [
            _Client(c["id"], c["clientId"], bool(c["enabled"]), bool(c.get("serviceAccountsEnabled")))
            for c in self._list("clients")
        ]

    def administrators(self) -> Iterator[Access]:
        """Each person, group and service account that may administer the realm, and what every new account gets.

        Each service account is told, whatever its roles.
        """
        holders: dict[str, _Holder] = {}
        given: dict[str, tuple[str, set[Grant]]] = {}
        default_groups = {group["id"] for group in self._list("default-groups")}
        for role in self.admin_roles():
            grant = Grant(role.name, role.gives)
            if role.id == self._default_role:
                yield self._access(Kind.EVERYBODY, role.id, role.name, {grant})
                continue
            for user in self._list(f"{role.where}/users"):
                holders.setdefault(user["id"], _Holder(user)).grants.add(grant)
            for group in self._list(f"{role.where}/groups"):
                by_group = Grant(role.name, role.gives, group=group["path"])
                given.setdefault(group["id"], (group["path"], set()))[1].add(grant)
                for id_, path in self._with_subgroups(group):
                    if id_ in default_groups:
                        yield self._access(Kind.EVERYBODY, id_, path, {by_group})
                    member_of = None if id_ == group["id"] else path
                    for user in self._list(f"groups/{id_}/members", briefRepresentation="true"):
                        through = Grant(role.name, role.gives, group=group["path"], member_of=member_of)
                        holders.setdefault(user["id"], _Holder(user)).grants.add(through)
        for id_, (path, grants) in given.items():
            yield self._access(Kind.GROUP, id_, path, grants)
        for client in self._clients:
            if client.has_account:
                yield self._service_account(client, holders)
        for id_, holder in holders.items():
            user = holder.user
            yield self._access(Kind.ADMINISTRATOR, id_, user["username"], holder.grants, bool(user["enabled"]))

    def agents(self) -> Iterator[Access]:
        """Each account of the realm, with the roles that it has beside those of everybody."""
        default = {role["name"] for role in self._list(f"roles-by-id/{self._default_role}/composites")}
        default.add(self._representation["defaultRole"]["name"])
        for user in self._list("users", briefRepresentation="true"):
            roles = self._list(f"users/{user['id']}/role-mappings/realm/composite", briefRepresentation="true")
            grants = {Grant(role["name"]) for role in roles if role["name"] not in default}
            grants |= {grant for grant in self._mapped(user["id"]) if "/" in grant.role}
            yield self._access(Kind.AGENT, user["id"], user["username"], grants, bool(user["enabled"]))

    def user_names(self) -> dict[str, str]:
        """The user name of each account, by its id; those of service accounts are not among them."""
        return {user["id"]: user["username"] for user in self._list("users", briefRepresentation="true")}

    def admin_roles(self) -> list[AdminRole]:
        """The roles that administer, or are made of one that does."""
        roles: dict[str, AdminRole] = {}
        parts: dict[str, list[str]] = {}
        admin: set[str] = set()
        places = [("roles", ""), *((f"clients/{client.id}/roles", client.name) for client in self._clients)]
        for where, client in places:
            for role in self._list(where):
                id_, name = role["id"], role["name"]
                path = f"{where}/{quote(name, safe='')}"
                roles[id_] = AdminRole(id_, path, f"{client}/{name}" if client else name)
                if client in self._admin_clients or (not client and name in self._admin_roles_of_realm):
                    admin.add(id_)
                elif role.get("composite"):
                    parts[id_] = [part["id"] for part in self._list(f"roles-by-id/{id_}/composites")]
        made_of = {id_: _reached(id_, parts, admin) for id_ in parts}
        composed = [
            AdminRole(id_, roles[id_].where, roles[id_].name, tuple(sorted(roles[part].name for part in gives)))
            for id_, gives in made_of.items()
            if gives
        ]
        return sorted([*(roles[id_] for id_ in admin), *composed], key=lambda role: role.name)

    def _service_account(self, client: _Client, holders: dict[str, _Holder]) -> Access:
        user = self._get(f"clients/{client.id}/service-account-user")
        known = holders.pop(user["id"], None)
        grants = known.grants if known else set()
        roles = {grant.role for grant in grants if grant.group is None}
        grants |= {grant for grant in self._mapped(user["id"]) if grant.role not in roles}
        enabled = client.enabled and bool(user["enabled"])
        return self._access(Kind.SERVICE_ACCOUNT, user["id"], client.name, grants, enabled)

    def _mapped(self, user: str) -> set[Grant]:
        """The roles that were given to the account itself, but for that of everybody."""
        mappings = self._get(f"users/{user}/role-mappings")
        roles = {r["name"] for r in mappings.get("realmMappings") or () if r["id"] != self._default_role}
        for client in (mappings.get("clientMappings") or {}).values():
            roles |= {f"{client['client']}/{role['name']}" for role in client["mappings"]}
        return {Grant(role) for role in roles}

    def _with_subgroups(self, group: Json) -> Iterator[tuple[str, str]]:
        """The group and everything below it, which inherits its roles: each id and path."""
        yield group["id"], group["path"]
        brief = {"briefRepresentation": "true", "subGroupsCount": "false"}
        for child in self._list(f"groups/{group['id']}/children", **brief):
            yield from self._with_subgroups(child)

    def _access(self, kind: Kind, subject: str, name: str, grants: Collection[Grant], enabled: bool = True) -> Access:
        ordered = tuple(sorted(grants, key=lambda grant: (grant.role, grant.group or "", grant.member_of or "")))
        return Access(kind=kind, realm=self.name, subject=subject, name=name, enabled=enabled, grants=ordered)

    def _get(self, path: str, **query: Any) -> Any:
        where = f"admin/realms/{quote(self.name, safe='')}"
        return self._connection.raw_get(f"{where}/{path}" if path else where, **query).json()

    def _list(self, path: str, **query: Any) -> list[Json]:
        """A whole list in one answer: by pages it could change between two."""
        answer = self._get(path, max=-1, **query)
        if not isinstance(answer, list):
            raise ReadIncomplete(f"Keycloak's answer to GET {path} is no list.")
        return answer


def _reached(role: str, parts: dict[str, list[str]], admin: Collection[str]) -> set[str]:
    """The roles of administration that a role is made of; a role of which one is made is not looked into."""
    found: set[str] = set()
    unread, seen = [role], {role}
    while unread:
        for part in parts.get(unread.pop(), ()):
            if part in admin:
                found.add(part)
            elif part not in seen:
                seen.add(part)
                unread.append(part)
    return found


def read_as_it_stands(read: Callable[[], _Read]) -> _Read:
    """What many calls read of a realm. It is begun anew where what one call named, a client say, is deleted before
    the next one asks for it: the master realm has a client for each realm of the server, whoever's it is.

    Raises:
        KeycloakError: also NotFound, where that goes on.
    """
    for _ in range(_READINGS - 1):
        with suppress(NotFound, RealmMissing):  # that realm was there when the reading began: that of the agents, say
            return read()
    return read()


def who_may_act(connection: Connection, realm: str) -> tuple[list[Access], dict[str, str]]:
    """Everybody who may act in the realm, in the one that administers it and in that of the agents where it exists;
    beside them the realm's accounts, by id, with their user names.

    Raises:
        KeycloakError: Keycloak refused, did not answer, or not with the whole.
    """
    return read_as_it_stands(lambda: _who_may_act(connection, realm))


def _who_may_act(connection: Connection, realm: str) -> tuple[list[Access], dict[str, str]]:
    try:
        ours, agents = Realm(connection, realm), agents_realm(realm)
        of_agents = _realm_or_none(connection, agents)
        master = Realm(connection, MASTER, administered=(MASTER, realm, *([agents] if of_agents else ())))
        accesses = [*master.administrators(), *ours.administrators()]
        if of_agents is not None:
            accesses += (*of_agents.administrators(), *of_agents.agents())
        return accesses, ours.user_names()
    except (KeyError, TypeError) as error:
        raise ReadIncomplete(f"Keycloak answered with something else than was asked for: {error}") from error


def _realm_or_none(connection: Connection, name: str) -> Realm | None:
    try:
        return Realm(connection, name)
    except RealmMissing:
        return None
