"""A partner's group, made or put back: accounts are made in it by its path, and found in it by its id."""

from __future__ import annotations

from contextlib import suppress

from provisioner.keycloak.connection import Connection
from provisioner.keycloak.errors import Conflict, NotFound, PlaceTaken, ReadIncomplete
from provisioner.keycloak.reading import group_by_id, group_by_path


def place_group(
    connection: Connection, realm_path: str, group_root: str, code: str, known_id: str | None, root_id: str | None
) -> str:
    """Makes the partner's group unless it is there, or gives it its name and place back; its id.

    Raises:
        PlaceTaken: another group has that name or that place; nobody may be put into it.
    """
    root = _put_back(connection, realm_path, root_id, group_root, None)
    root = root or _ensure_group(connection, realm_path, group_root, "groups")
    path = f"{group_root}/{code}"
    known = _put_back(connection, realm_path, known_id, path, root)
    return known or _ensure_group(connection, realm_path, path, f"groups/{root}/children")


def _put_back(connection: Connection, realm_path: str, id: str | None, path: str, parent: str | None) -> str | None:
    """The group with this id, at this path from now on; None when there is none."""
    if id is None:
        return None
    try:
        group = group_by_id(connection, realm_path, id)
    except NotFound:
        return None
    if group["path"] == path:
        return id
    name = path.rpartition("/")[2]
    where = f"groups/{parent}/children" if parent else "groups"
    try:
        if group.get("parentId") != parent:
            moved = {"id": id, "name": group["name"]}
            connection.request("post", f"{realm_path}/{where}", moved, repeatable=True)
        if group["name"] != name:
            kept = {key: value for key, value in group.items() if key not in {"access", "subGroups"}}
            connection.request("put", f"{realm_path}/groups/{id}", {**kept, "name": name})
    except Conflict as error:
        raise PlaceTaken(error) from error
    if group_by_path(connection, realm_path, path) != id:
        raise ReadIncomplete(f"The group {path} was put back and cannot be found there.")
    return id


def _ensure_group(connection: Connection, realm_path: str, path: str, where: str) -> str:
    found = group_by_path(connection, realm_path, path)
    if found is None:
        name = path.rpartition("/")[2]
        # A conflict: somebody else was faster.
        with suppress(Conflict):
            connection.request("post", f"{realm_path}/{where}", {"name": name})
        found = group_by_path(connection, realm_path, path)
    if found is None:
        raise ReadIncomplete(f"The group {path} was made and cannot be found.")
    return found
