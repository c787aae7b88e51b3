"""A person as an annexe 1 names one, and the one form of their address that is ever stored or compared."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NewType

#: A canonical address: lower case, no space, its domain as people write it. Made by the document reader (A7).
EmailAddress = NewType("EmailAddress", str)


def domain_of(email: EmailAddress) -> str:
    """The part after the at sign."""
    return email.rpartition("@")[2]


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
