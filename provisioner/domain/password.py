"""Whether a realm's password policy is as strong as the convention asks (P1)."""

from __future__ import annotations

import re

#: Keycloak's names of what P1 asks for, and the least number of each.
REQUIRED = {"length": 8, "upperCase": 1, "lowerCase": 1, "digits": 1, "specialChars": 1}

_PART = re.compile(r"^\s*(\w+)(?:\((.*)\))?\s*$")


def is_weaker_than_p1(policy: str) -> bool:
    """Whether the policy, as Keycloak writes it (`length(8) and digits(1) …`), asks for less than P1."""
    asked: dict[str, int] = {}
    for part in policy.split(" and "):
        found = _PART.match(part)
        if found and (found[2] or "").strip().isdecimal():
            asked[found[1]] = int(found[2])
    return any(asked.get(name, 0) < least for name, least in REQUIRED.items())
