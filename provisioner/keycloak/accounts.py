"""A Keycloak user's JSON and our types, both ways."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from sys import intern
from typing import Any, cast

from provisioner.domain.access.account import RemoteAccount, WantedAccount
from provisioner.domain.access.settled import Settling
from provisioner.domain.people import EmailAddress
from provisioner.keycloak.errors import ReadIncomplete

Json = dict[str, Any]


def id_of(user: object) -> str:
    """The id of the account that a user's representation describes, be it a brief one.

    Raises:
        ReadIncomplete: it is not one.
    """
    id_, enabled = (user.get("id"), user.get("enabled")) if isinstance(user, dict) else (None, None)
    if not (isinstance(id_, str) and id_ and isinstance(enabled, bool)):
        raise ReadIncomplete("Keycloak described an account without its id or its state.")
    return id_


def account_of(user: object) -> RemoteAccount:
    """The account that a user's full representation describes. Of what many have in common, one copy is kept.

    Raises:
        ReadIncomplete: it is not one.
    """
    id_, user = id_of(user), cast(Json, user)
    milliseconds = user.get("createdTimestamp")
    email, last_name, first_names = names_of(user)
    return RemoteAccount(
        id=id_,
        email=EmailAddress(email),
        enabled=user["enabled"],
        last_name=last_name,
        first_names=first_names,
        attributes={intern(name): _values(*values) for name, values in (user.get("attributes") or {}).items()},
        email_verified=user.get("emailVerified"),
        created_at=datetime.fromtimestamp(milliseconds / 1000, UTC) if milliseconds else None,
    )


def names_of(user: Json) -> tuple[str, str, str]:
    """The address, the last name and the first names of that user."""
    email = (user.get("email") or user.get("username") or "").lower()
    return email, user.get("lastName") or "", user.get("firstName") or ""


def unsettled(users: list[object], settling: Settling) -> list[RemoteAccount]:
    """Those of these accounts that are not settled.

    Raises:
        ReadIncomplete: one is no account.
    """
    kept = []
    for user in users:
        id_, known = id_of(user), cast(Json, user)
        if not settling.settles(id_, names_of(known), known.get("attributes") or {}, enabled=known["enabled"]):
            kept.append(account_of(user))
    return kept


@lru_cache(maxsize=20_000)
def _values(*values: str) -> tuple[str, ...]:
    """One tuple for all accounts that have the same: a partner, a function, a day."""
    return values


def new_user(wanted: WantedAccount, group_paths: list[str]) -> Json:
    """The representation that creates the account."""
    return {
        "username": wanted.email,
        "email": wanted.email,
        "emailVerified": False,
        # Left out, Keycloak would take it for false.
        "enabled": wanted.enabled is not False,
        "firstName": wanted.first_names,
        "lastName": wanted.last_name,
        "attributes": {name: list(values) for name, values in wanted.attributes.items() if values},
        "groups": group_paths,
    }


_NOT_WRITTEN = frozenset({"access", "userProfileMetadata", "enabled"})


def changed_user(user: Json, wanted: WantedAccount, *, verify_address: bool = False) -> Json:
    """The user's full representation with what is wanted in it; a write with attributes replaces everything.

    Its state is left out unless it is wanted: somebody may disable the account while we write.
    `verify_address`: the person is to verify the address at the next login.
    """
    attributes = {**(user.get("attributes") or {})}
    attributes |= {name: list(values) for name, values in wanted.attributes.items()}
    changed = {name: value for name, value in user.items() if name not in _NOT_WRITTEN}
    if user.get("email") != wanted.email:
        # The address is the identifier; a new one is not verified yet, nor one put back after another hand's change.
        changed |= {"email": wanted.email, "username": wanted.email, "emailVerified": False}
    changed |= {
        "firstName": wanted.first_names,
        "lastName": wanted.last_name,
        "attributes": {name: values for name, values in attributes.items() if values},
    }
    if verify_address:
        changed["requiredActions"] = sorted({*(user.get("requiredActions") or []), "VERIFY_EMAIL"})
    if wanted.enabled is not None:
        changed["enabled"] = wanted.enabled
    return changed


def before_reordering(user: Json, changed: Json) -> Json | None:
    """What to write before `changed`, when it has the values that an attribute has in another order.

    Keycloak takes these for no change and keeps the old order, which pairs a partner with a function. One value more
    makes it a change, and nothing lacks in between.
    """
    old, new = user.get("attributes") or {}, changed["attributes"]
    same = [name for name, values in new.items() if sorted(values) == sorted(old.get(name, []))]
    reordered = [name for name in same if new[name] != old[name]]
    if not reordered:
        return None
    longer = {name: [*new[name], new[name][0]] for name in reordered}
    return {**changed, "attributes": {**new, **longer}}
