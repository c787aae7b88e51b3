"""The users' profile of a realm against the one that our accounts need."""

from __future__ import annotations

from typing import NamedTuple

from provisioner.domain.realm_model import Json, holds


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
    stricter = [name for name, attribute in attributes.items() if asks_more(attribute, ours.get(name))]
    other = [name for name in ours if name not in stricter and not holds(attributes.get(name), ours[name])]
    return ProfileDifferences(sorted(stricter), sorted(other))


def asks_more(attribute: Json, ours: Json | None = None) -> bool:
    """Whether an attribute of the users' profile asks more of an account than ours (None: it is none of ours):
    Keycloak then refuses to write an account that lacks it, even to disable it.
    """
    required = attribute.get("required") or {}
    roles = required.get("roles") or []
    if ours is not None:
        validations = ours.get("validations") or {}
        return "admin" in roles or any(name not in validations for name in attribute.get("validations") or {})
    # A validator says nothing to an account without a value; what is required without a word of whom is of all.
    return "admin" in roles or (attribute.get("required") is not None and not (roles or required.get("scopes")))
