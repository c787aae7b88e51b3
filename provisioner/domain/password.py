"""Whether a realm lets a mailed link lead to a password, and to one as strong as the convention asks (P1)."""

from __future__ import annotations

import re
from enum import StrEnum

#: Keycloak's names of what P1 asks for, and the least number of each.
REQUIRED = {"length": 8, "upperCase": 1, "lowerCase": 1, "digits": 1, "specialChars": 1}


class RealmFault(StrEnum):
    """What is wrong with a realm for everybody: nobody's access could be opened, or nobody's link is of use.

    The first ones can be read beforehand, the others are only known from Keycloak's answer to a call.
    """

    WEAK_POLICY = "weak-policy"
    IMPOSSIBLE_POLICY = "impossible-policy"
    NO_PASSWORD_FORM = "no-password-form"  # noqa: S105 - not a password
    NO_MAIL_SERVER = "no-mail-server"

    CLIENT_MISSING = "client-missing"
    CLIENT_DISABLED = "client-disabled"
    REDIRECT_REFUSED = "redirect-refused"
    SENDER_REFUSED = "sender-refused"
    PROFILE_ASKS_MORE = "profile-asks-more"


_PART = re.compile(r"^\s*(\w+)(?:\((.*)\))?\s*$")


def is_weaker_than_p1(policy: str) -> bool:
    """Whether the policy, as Keycloak writes it (`length(8) and digits(1) …`), asks for less than P1."""
    asked = _numbers(policy)
    return any(asked.get(name, 0) < least for name, least in REQUIRED.items())


def is_weaker(policy: str | None, wanted: str) -> bool:
    """Whether a policy asks for less than another one: fewer characters of a kind, or a part is missing."""
    asked, least = _numbers(policy or ""), _numbers(wanted)
    fewer = any(asked.get(name, 0) < number for name, number in least.items() if name in REQUIRED)
    return fewer or not _names(policy or "") >= _names(wanted) - {"maxLength"}


def blacklist_of(policy: str | None) -> str | None:
    """The part of the policy that names a list of refused passwords, as Keycloak writes it; None without one."""
    parts = (policy or "").split(" and ")
    return next((part.strip() for part in parts if part.strip().startswith("passwordBlacklist(")), None)


def is_impossible(policy: str) -> bool:
    """Whether no password satisfies the policy: it asks for more characters than it allows."""
    asked = _numbers(policy)
    classes = sum(asked.get(name, 0) for name in REQUIRED if name != "length")
    return "maxLength" in asked and asked["maxLength"] < max(asked.get("length", 0), classes)


def _numbers(policy: str) -> dict[str, int]:
    parts = (_PART.match(part) for part in policy.split(" and "))
    return {part[1]: int(part[2]) for part in parts if part and (part[2] or "").strip().isdecimal()}


def _names(policy: str) -> set[str]:
    return {part[1] for part in (_PART.match(part) for part in policy.split(" and ")) if part}
