"""A read of the realm, proven to be whole: a short answer taken for the truth would close accesses."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace

from keycloak import KeycloakAdmin

from provisioner.domain.access.account import RemoteAccount, RemoteGroup, Snapshot
from provisioner.domain.access.settled import Settling
from provisioner.keycloak.accounts import Json, account_of, unsettled
from provisioner.keycloak.errors import KeycloakRefused, ReadIncomplete
from provisioner.keycloak.groups import group_at, member_ids, members_of, places_below

#: The required action that makes a password.
PASSWORD_ACTION = "UPDATE_PASSWORD"  # noqa: S105 - not a password

#: How many accounts are asked for in one call, and how many such calls are under way at once.
PAGE, _AT_ONCE = 1000, 4


def read_snapshot(
    admin: KeycloakAdmin,
    group_root: str,
    groups: Mapping[str, str | None],
    root_id: str | None = None,
    *,
    members_only: bool = False,
    settling: Settling | None = None,
) -> Snapshot:
    """Everything that a plan needs, in 5 calls, 1 more for each 1000 accounts and 1 for each partner.

    `groups` gives for each partner its group's id as the register knows it, or None; `root_id` is that of the group
    above them. With `members_only`, of the accounts those alone that are in these groups: 3 calls and 2 a partner.
    With `settling`, without the accounts that it settles: of these nothing is kept.

    Raises:
        ReadIncomplete: the read is not proven to be whole.
        KeycloakError: Keycloak refused or did not answer.
    """
    members: dict[str, RemoteAccount] = {}

    def read_group(code: str) -> RemoteGroup | None:
        id_, path = groups[code], f"{group_root}/{code}"
        group = RemoteGroup(id_, frozenset()) if id_ and places.get(id_) == path else group_at(admin, path, id_)
        if group is None:
            return None
        if not members_only:
            return replace(group, members=member_ids(admin, group.id))
        its_own = members_of(admin, group.id)
        members.update(its_own)
        return replace(group, members=frozenset(its_own))

    with of_its_type():
        realm, root = read_realm(admin), group_at(admin, group_root, root_id)
        is_one_answer = not members_only and any(groups.values())
        places = places_below(admin, root.id) if root is not None and is_one_answer else {}
        read: dict[str, RemoteGroup | None] = {}
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            for code, group in zip(groups, pool.map(read_group, groups), strict=True):
                read[code] = group
                if settling is not None and group is not None:
                    settling.see_members(code, group.members)
        accounts = members if members_only else _accounts(admin, settling)
        return replace(realm, accounts=accounts, groups=read, root_id=root.id if root else None)


@contextmanager
def of_its_type() -> Iterator[None]:
    """An answer of another type than what was asked for, as a cut one, is no answer.

    Raises:
        ReadIncomplete: it is one.
    """
    try:
        yield
    except TypeError as error:  # the library's word for it
        raise ReadIncomplete(f"Keycloak answered with something else than what was asked for: {error}") from error


def read_realm(admin: KeycloakAdmin) -> Snapshot:
    """The realm itself, without any account or group."""
    realm = realm_of(admin)
    mail = realm.get("smtpServer") or {}
    return Snapshot(
        realm_id=realm["id"],
        password_policy=realm.get("passwordPolicy") or "",
        makes_passwords=makes_passwords(admin),
        sends_mail=bool(mail.get("host") and mail.get("from")),
        token_seconds=int(realm.get("accessTokenLifespan") or 0),
        accounts={},
        groups={},
    )


def realm_of(admin: KeycloakAdmin) -> Json:
    """What the realm is set to.

    Raises:
        KeycloakRefused: we may not see it.
    """
    realm: Json = admin.get_realm(admin.connection.realm_name or "")
    # Without the right to see the realm, Keycloak gives a few keys and no error.
    if not {"id", "bruteForceProtected", "failureFactor"} <= realm.keys():
        raise KeycloakRefused("The service account may not see the realm's settings: it needs the role view-realm.")
    return realm


def makes_passwords(admin: KeycloakAdmin) -> bool:
    """Whether a link leads to the form that makes a password. Without it Keycloak sends the link, takes it for used
    and shows no form. The other action of our links, VERIFY_EMAIL, is not needed for one.
    """
    actions = admin.get_required_actions()
    return any(action["alias"] == PASSWORD_ACTION and action.get("enabled") for action in actions)


def _accounts(admin: KeycloakAdmin, settling: Settling | None) -> dict[str, RemoteAccount]:
    def page(first: int) -> tuple[int, list[RemoteAccount]]:  # what waits for its turn is as small as what is kept
        users = admin.get_users({"first": first, "max": PAGE, "briefRepresentation": "false"})
        return len(users), [*map(account_of, users)] if settling is None else unsettled(users, settling)

    count = admin.users_count()
    accounts: dict[str, RemoteAccount] = {}
    settled = frozenset() if settling is None else settling.settled
    listed = 0
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        for number, kept in pool.map(page, range(0, count, PAGE)):
            listed += number
            for account in kept:
                if account.id in accounts:
                    raise _listed_twice()
                accounts[account.id] = account
    if not settled.isdisjoint(accounts):
        raise _listed_twice()
    # Accounts may be added meanwhile, by the run that opens those of another partner or in the console.
    again = count if listed == count else admin.users_count()
    if not min(count, again) <= listed <= again:
        raise ReadIncomplete(f"Keycloak counts {again} accounts and listed {listed}.")
    return accounts


def _listed_twice() -> ReadIncomplete:
    return ReadIncomplete("Keycloak listed an account twice: the list changed while it was read.")
