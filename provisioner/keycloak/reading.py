"""A whole read of the realm, proven to be whole: a short answer taken for the truth would close accesses."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from itertools import chain
from urllib.parse import quote

from provisioner.domain.access.account import RemoteAccount, RemoteGroup, Snapshot
from provisioner.keycloak.accounts import Json, account_of
from provisioner.keycloak.connection import Connection
from provisioner.keycloak.errors import KeycloakRefused, NotFound, ReadIncomplete

#: The required action that makes a password.
PASSWORD_ACTION = "UPDATE_PASSWORD"  # noqa: S105 - not a password

#: How many accounts are asked for in one call, and how many such calls are under way at once.
PAGE, _AT_ONCE = 500, 4


def read_snapshot(
    connection: Connection,
    realm_path: str,
    group_root: str,
    groups: Mapping[str, str | None],
    root_id: str | None = None,
) -> Snapshot:
    """Everything that a plan needs, in 4 calls, 1 more for each 500 accounts and 2 for each partner.

    `groups` gives for each partner its group's id as the register knows it, or None; `root_id` is that of the group
    above them.

    Raises:
        ReadIncomplete: the read is not proven to be whole.
        KeycloakError: Keycloak refused or did not answer.
    """
    whole = read_realm(connection, realm_path)
    root = _place_of(connection, realm_path, group_root, root_id)
    return replace(
        whole,
        accounts=_accounts(connection, realm_path),
        groups=_groups(connection, realm_path, group_root, groups),
        root_id=root[0] if root else None,
        root_is_moved=root is not None and root[1],
    )


def read_realm(connection: Connection, realm_path: str) -> Snapshot:
    """The realm itself, without any account or group.

    Raises:
        KeycloakError: Keycloak refused or did not answer.
    """
    realm = realm_of(connection, realm_path)
    return Snapshot(
        realm_id=realm["id"],
        password_policy=realm.get("passwordPolicy") or "",
        makes_passwords=makes_passwords(connection, realm_path),
        sends_mail=has_mail_server(realm),
        accounts={},
        groups={},
    )


def makes_passwords(connection: Connection, realm_path: str) -> bool:
    """Whether a link leads to the form that makes a password. Without it Keycloak sends the link, takes it for used
    and shows no form. The other action of our links, VERIFY_EMAIL, is not needed for one.
    """
    actions = _list(connection, f"{realm_path}/authentication/required-actions")
    on = {action["alias"] for action in actions if isinstance(action, dict) and action.get("enabled")}
    return PASSWORD_ACTION in on


def has_mail_server(realm: Json) -> bool:
    """Whether the realm names a mail server and a sender: without one of them no link leaves."""
    mail = realm.get("smtpServer") or {}
    return bool(mail.get("host") and mail.get("from"))


def group_by_path(connection: Connection, realm_path: str, path: str) -> str | None:
    """The id of the group at this path (`/a/b`), None when there is none."""
    try:
        group = connection.get(f"{realm_path}/group-by-path{quote(path)}")
    except NotFound:
        return None
    if not isinstance(group, dict) or group.get("path") != path or not group.get("id"):
        raise ReadIncomplete(f"Keycloak answered with another group than {path}.")
    return str(group["id"])


def realm_of(connection: Connection, realm_path: str) -> Json:
    """What the realm is set to.

    Raises:
        KeycloakRefused: we may not see it.
    """
    realm = connection.get(realm_path)
    if not isinstance(realm, dict) or not realm.get("id"):
        raise ReadIncomplete("Keycloak described a realm without its id.")
    # Without the right to see the realm, Keycloak gives a few keys and no error.
    if "bruteForceProtected" not in realm:
        raise KeycloakRefused("The service account may not see the realm's settings: it needs the role view-realm.")
    return realm


def _accounts(connection: Connection, realm_path: str) -> dict[str, RemoteAccount]:
    def page(first: int) -> list[object]:
        return _list(connection, f"{realm_path}/users", first=first, max=PAGE, briefRepresentation="false")

    count = _count(connection, realm_path)
    accounts: dict[str, RemoteAccount] = {}
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        listed = chain.from_iterable(pool.map(page, range(0, count, PAGE)))
        for account in map(account_of, listed):
            if account.id in accounts:
                raise ReadIncomplete("Keycloak listed an account twice: the list changed while it was read.")
            accounts[account.id] = account
    # An administrator may have added an account since the first count.
    if len(accounts) != count and len(accounts) != (again := _count(connection, realm_path)):
        raise ReadIncomplete(f"Keycloak counts {again} accounts and listed {len(accounts)}.")
    return accounts


def _count(connection: Connection, realm_path: str) -> int:
    count = connection.get(f"{realm_path}/users/count")
    if not isinstance(count, int):
        raise ReadIncomplete("Keycloak did not count its accounts.")
    return count


def _groups(
    connection: Connection, realm_path: str, group_root: str, groups: Mapping[str, str | None]
) -> dict[str, RemoteGroup | None]:
    def read(code: str) -> RemoteGroup | None:
        return _group(connection, realm_path, group_root, code, groups[code])

    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return dict(zip(groups, pool.map(read, groups), strict=True))


def _group(
    connection: Connection, realm_path: str, group_root: str, code: str, known_id: str | None
) -> RemoteGroup | None:
    found = _place_of(connection, realm_path, f"{group_root}/{code}", known_id)
    if found is None:
        return None
    id_, is_moved = found
    return RemoteGroup(id_, _members(connection, realm_path, id_), is_moved)


def _place_of(connection: Connection, realm_path: str, path: str, known_id: str | None) -> tuple[str, bool] | None:
    """The group that is meant by that path: its id, and whether it stands elsewhere. Groups are read by their id and
    accounts are made in them by their path: both must be the same one.
    """
    if known_id is not None:
        try:
            return known_id, group_by_id(connection, realm_path, known_id)["path"] != path
        except NotFound:
            pass  # deleted by hand, and perhaps made again: its path tells
    id_ = group_by_path(connection, realm_path, path)
    return (id_, False) if id_ else None


def group_by_id(connection: Connection, realm_path: str, id: str) -> Json:
    """The group with this id, with its `name`, `path` and, unless it is a top one, `parentId`.

    Raises:
        NotFound: there is none.
    """
    group = connection.get(f"{realm_path}/groups/{id}")
    if not isinstance(group, dict) or group.get("id") != id or not group.get("path"):
        raise ReadIncomplete("Keycloak answered with another group than the one that was asked for.")
    return group


def _members(connection: Connection, realm_path: str, group_id: str) -> frozenset[str]:
    path = f"{realm_path}/groups/{group_id}/members"
    # -1: all in one answer.
    members = _list(connection, path, max=-1, briefRepresentation="true")
    return frozenset(account_of(member).id for member in members)


def _list(connection: Connection, path: str, **query: object) -> list[object]:
    answer = connection.get(path, **query)
    if not isinstance(answer, list):
        raise ReadIncomplete(f"Keycloak did not answer with a list to GET {path}.")
    return answer
