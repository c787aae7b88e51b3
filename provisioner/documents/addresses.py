"""E-mail addresses: what is safe to put right, and what is an address at all (A7)."""

from __future__ import annotations

import re
from typing import NamedTuple

from email_validator import EmailNotValidError, validate_email

from provisioner.documents.text import tidy
from provisioner.domain.people import EmailAddress

_WRAPPED = re.compile(r"[^<>@]*<([^<>]*)>[^<>@]*")
_SEVERAL = re.compile(r"@.*[\s,;/].*@|@[^@]*@")


class AddressRead(NamedTuple):
    """An address, or why there is none: `several` in the cell, or not one but perhaps `suggestion`."""

    email: EmailAddress | None
    several: bool = False
    suggestion: str | None = None


def read_address(text: str) -> AddressRead:
    """The one address of a cell, in lower case, its domain as people write it.

    Spaces at the ends or beside a dot or the at sign, `mailto:`, angle brackets with or without a name before them
    and an ending dot, comma or semicolon are taken away; nothing else is.
    """
    plain = _unwrapped(tidy(text))
    if email := _validated(plain):
        return AddressRead(email)
    if _SEVERAL.search(plain):
        return AddressRead(None, several=True)
    for nearly in (plain.replace(",", "."), plain.replace(" ", ""), plain.replace("..", ".")):
        if email := _validated(nearly):
            return AddressRead(None, suggestion=email)
    return AddressRead(None)


def _unwrapped(text: str) -> str:
    wrapped = _WRAPPED.fullmatch(text)
    text = (wrapped[1] if wrapped else text).strip()
    text = re.sub(r"^mailto ?: ?", "", text, flags=re.IGNORECASE)
    return re.sub(r" ?([@.]) ?", r"\1", text.rstrip(" .,;").strip("\"' "))


def _validated(text: str) -> EmailAddress | None:
    try:
        found = validate_email(text, check_deliverability=False, allow_smtputf8=False, strict=True)
    except EmailNotValidError:
        return None
    return EmailAddress(found.normalized.lower())
