"""The group of a partner: accounts are made in it by its path, and found in it by its id."""

from __future__ import annotations

from contextlib import suppress
from urllib.parse import quote

from keycloak import KeycloakAdmin

from provisioner.domain.access.account import RemoteAccount, RemoteGroup
from provisioner.keycloak.accounts import Json, account_of, id_of
from provisioner.keycloak.connection import read, write
from provisioner.keycloak.errors import Conflict, NotFound, PlaceTaken, ReadIncomplete


def group_at(admin: KeycloakAdmin, path: str, known_id: str | None) -> RemoteGroup | None:
    """The group that is meant by that path, without its members.

    It is the one with the known id, wherever it stands; one that was deleted by hand may have been made again at its
    path. Groups are read by their id and accounts are made in them by their path: both must be the same one.
    """
    if known_id is not None:
        with suppress(NotFound):
            return RemoteGroup(known_id, frozenset(), is_moved=group_by_id(admin, known_id)["path"] != path)
    id_ = id_by_path(admin, path)
    return RemoteGroup(id_, frozenset()) if id_ else None


def id_by_path(admin: KeycloakAdmin, path: str) -> str | None:
    """The id of the group at this path (`/a/b`), None when there is none."""
    try:
        group = group_by_path(admin, path)
    except NotFound:
        return None
    if group.get("path") != path or not group.get("id"):
        raise ReadIncomplete(f"Keycloak answered with another group than {path}.")
    return str(group["id"])


def group_by_path(admin: KeycloakAdmin, path: str) -> Json:
    """The group at this path, with the roles that it gives.

    Raises:
        NotFound: there is none.
    """
    return admin.get_group_by_path(quote(path.removeprefix("/")))


def group_by_id(admin: KeycloakAdmin, id: str) -> Json:
    """The group with this id, with its `name`, `path` and, unless it is a top one, `parentId`.

    `KeycloakAdmin.get_group` would read all groups below it as well.

    Raises:
        NotFound: there is none.
    """
    group = read(admin, f"groups/{id}")
    if not isinstance(group, dict) or group.get("id") != id or not group.get("path"):
        raise ReadIncomplete("Keycloak answered with another group than the one that was asked for.")
    return group


def places_below(admin: KeycloakAdmin, id: str) -> dict[str, str]:
    """The paths of the groups just below that one, by their ids, in one answer. A group that is not in it may be
    there all the same: it is to be asked for by itself.
    """
    groups = read(admin, f"groups/{id}/children", first=0, max=-1, briefRepresentation="true", subGroupsCount="false")
    if not isinstance(groups, list):
        raise ReadIncomplete("Keycloak did not answer with the groups below the partners' one.")
    return {group.get("id"): group.get("path") for group in groups}


def members_of(admin: KeycloakAdmin, id: str) -> dict[str, RemoteAccount]:
    """The accounts in the group by their ids, in one answer."""
    members = map(account_of, admin.get_group_members(id, {"max": -1, "briefRepresentation": "false"}))
    return {account.id: account for account in members}


def member_ids(admin: KeycloakAdmin, id: str) -> frozenset[str]:
    """The ids of the accounts in the group, in one answer."""
    members = admin.get_group_members(id, {"max": -1, "briefRepresentation": "true"})
    return frozenset(map(id_of, members))


def place_group(admin: KeycloakAdmin, group_root: str, code: str, known_id: str | None, root_id: str | None) -> str:
    """Makes the partner's group unless it is there, or gives it its name and place back; its id.

    Raises:
        PlaceTaken: another group has that name or that place; nobody may be put into it.
    """
    root = _put_back(admin, root_id, group_root, None) or _ensure_group(admin, group_root, None)
    path = f"{group_root}/{code}"
    return _put_back(admin, known_id, path, root) or _ensure_group(admin, path, root)


def _put_back(admin: KeycloakAdmin, id: str | None, path: str, parent: str | None) -> str | None:
    """The group with this id, at this path from now on; None when there is none."""
    if id is None:
        return None
    try:
        group = group_by_id(admin, id)
    except NotFound:
        return None
    if group["path"] == path:
        return id
    name = path.rpartition("/")[2]
    try:
        if group.get("parentId") != parent:
            # `KeycloakAdmin.create_group` takes the answer to a move (204) for an error.
            write(admin, f"groups/{parent}/children" if parent else "groups", {"id": id, "name": group["name"]})
        if group["name"] != name:
            kept = {key: value for key, value in group.items() if key not in {"access", "subGroups"}}
            admin.update_group(id, {**kept, "name": name})
    except Conflict as error:
        raise PlaceTaken(error) from error
    if id_by_path(admin, path) != id:
        raise ReadIncomplete(f"The group {path} was put back and cannot be found there.")
    return id


def _ensure_group(admin: KeycloakAdmin, path: str, parent: str | None) -> str:
    id_ = id_by_path(admin, path)
    if id_ is None:
        with suppress(Conflict):  # somebody else was faster
            admin.create_group({"name": path.rpartition("/")[2]}, parent=parent)
        id_ = id_by_path(admin, path)
    if id_ is None:
        raise ReadIncomplete(f"The group {path} was made and cannot be found.")
    return id_
