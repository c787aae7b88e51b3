"""A person as an annexe 1 names one, and the one form of their address that is ever stored or compared."""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass
from typing import NewType

#: A canonical address: lower case, no space, its domain as people write it. Made by the document reader (A7).
EmailAddress = NewType("EmailAddress", str)


def domain_of(email: EmailAddress) -> str:
    """The part after the at sign."""
    return email.rpartition("@")[2]


def canonical_domain(text: str) -> str | None:
    """The one form in which a mail domain is stored and compared: lower case, accents as people write them.

    Punycode (`xn--…`), an at sign before it and a dot after it say the same domain. None when it is not a domain: a
    scheme, a path, a port or a space is refused, never cut off.
    """
    from email_validator import EmailNotValidError, validate_email

    plain = unicodedata.normalize("NFC", text.strip()).removeprefix("@").removesuffix(".")
    try:
        found = validate_email(f"a@{plain}", check_deliverability=False, strict=True)
    except EmailNotValidError:
        return None
    return found.domain.lower() if found.local_part == "a" else None


def mailbox_of(email: EmailAddress) -> str:
    """The part before the at sign."""
    return email.rpartition("@")[0]


@dataclass(frozen=True, slots=True)
class Person:
    """Who an access is for. Names and function keep the case in which they were written."""

    last_name: str
    first_names: str
    function: str
    email: EmailAddress
