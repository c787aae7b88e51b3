"""Backups that expire: each month's copies are encrypted to that month's keys, whose private halves are destroyed.

No private key ever lies where this software runs: a named person keeps them elsewhere.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from provisioner.domain.calendar import add_months
from provisioner.domain.errors import Refusal, Refused

#: What a private key of age begins with, and an encrypted file.
PRIVATE_KEY = b"AGE-SECRET-KEY-"
ENCRYPTED = b"age-encryption.org/v1"

_LINE = re.compile(r"(?P<month>[0-9]{4}-(?:0[1-9]|1[0-2]))\s+(?P<key>age1[02-9ac-hj-np-z]{58})")


@dataclass(frozen=True, slots=True)
class Recipient:
    """A public key of age, and the month (2026-09) whose copies are encrypted to it."""

    month: str
    key: str

    @property
    def fingerprint(self) -> str:
        """By what people and the journal name it: the first 16 digits of its SHA-256."""
        return fingerprint(self.key)


def fingerprint(key: str) -> str:
    """The fingerprint of a public key; what is one already stays as it is."""
    return hashlib.sha256(key.encode()).hexdigest()[:16] if key.startswith("age1") else key


def read_recipients(text: str) -> tuple[Recipient, ...]:
    """The keys of a recipients file: a line each, the month, then the key; blank lines and what follows a # say
    nothing. A month may have several.

    Raises:
        Refused: a line says something else, or is a private key; the line is not repeated.
    """
    recipients = []
    for number, line in enumerate(text.splitlines(), 1):
        said = line.partition("#")[0].strip()
        if PRIVATE_KEY.decode() in line.upper():
            raise Refused(Refusal.PRIVATE_KEY_HERE, line=number)
        if not said:
            continue
        matched = _LINE.fullmatch(said)
        if matched is None:
            raise Refused(Refusal.RECIPIENT_MALFORMED, line=number)
        recipients.append(Recipient(matched["month"], matched["key"]))
    return tuple(recipients)


def month_of(day: date) -> str:
    """The month whose key a copy of that day is encrypted to."""
    return f"{day:%Y-%m}"


def destroyed_by(month: str, keep_months: int) -> date:
    """The last day on which the private key of that month may still exist: its copies are unreadable from then on."""
    first = date.fromisoformat(f"{month}-01")
    return add_months(first, keep_months + 1) - timedelta(days=1)


@dataclass(frozen=True, slots=True)
class MonthKey:
    """A month's key as the register knows it: `used_on` is the day of its last copy, `destroyed_on` that of the
    destruction of its private half.
    """

    fingerprint: str
    month: str
    used_on: date | None = None
    destroyed_on: date | None = None


def overdue(
    recipients: Iterable[Recipient], known: Mapping[str, MonthKey], keep_months: int, today: date
) -> list[MonthKey]:
    """The keys whose private halves should be destroyed by now and are not said to be, the oldest first."""
    keys = {recipient.fingerprint: MonthKey(recipient.fingerprint, recipient.month) for recipient in recipients}
    late = [
        key
        for key in (keys | dict(known)).values()
        if key.destroyed_on is None and destroyed_by(key.month, keep_months) < today
    ]
    return sorted(late, key=lambda key: (key.month, key.fingerprint))
