"""The roles that an account has beyond those that everybody has: none may be taken over with one (A8)."""

from __future__ import annotations

from urllib.parse import quote

from provisioner.keycloak.accounts import Json
from provisioner.keycloak.connection import Connection
from provisioner.keycloak.errors import NotFound, ReadIncomplete


def extra_roles(connection: Connection, realm_path: str, id: str) -> frozenset[str]:
    """The roles beyond the realm's defaults, by the account itself or by its groups; `client/role` for a client's.

    A client's role that was given to the account itself stands in its role mappings only for who may view clients,
    hence read their secrets before Keycloak 26.8. The console's own list of the roles that the account could still be
    given tells us: it leaves out those that it has.

    Raises:
        NotFound: there is no such account.
    """
    default = connection.get(realm_path).get("defaultRole", {})
    mappings = connection.get(f"{realm_path}/users/{id}/role-mappings")
    roles = {role["name"] for role in mappings.get("realmMappings", [])} - {default.get("name")}
    given_to_none = _not_given(connection, realm_path, f"roles/{default.get('id')}")
    roles |= given_to_none - _not_given(connection, realm_path, f"users/{id}")
    for group in _groups_and_parents(connection, realm_path, id):
        roles |= {*group["realmRoles"]}
        roles |= {f"{client}/{name}" for client, names in group["clientRoles"].items() for name in names}
    return frozenset(roles)


def _not_given(connection: Connection, realm_path: str, holder: str) -> frozenset[str]:
    """The clients' roles that this user or role has not, as the console lists them."""
    roles = connection.get(f"{realm_path}/ui-ext/available-roles/{holder}", first=0, max=-1)
    if not isinstance(roles, list) or not roles:
        raise ReadIncomplete("Keycloak did not answer with the roles of its clients.")
    return frozenset(f"{role['client']}/{role['role']}" for role in roles)


def _groups_and_parents(connection: Connection, realm_path: str, id: str) -> list[Json]:
    """A member of a group has the roles of its parents too.

    These two reads tell a group's client roles to whoever sees the group; by its id they are left out.
    """
    groups: list[Json] = connection.get(f"{realm_path}/users/{id}/groups", max=-1, briefRepresentation="false")
    paths = {str(group["path"]) for group in groups}
    parents = {path[:end] for path in paths for end in range(1, len(path)) if path[end] == "/"} - paths
    try:
        return groups + [connection.get(f"{realm_path}/group-by-path{quote(path)}") for path in sorted(parents)]
    except NotFound as error:
        raise ReadIncomplete("A group that an account is in has a parent that cannot be found.") from error
