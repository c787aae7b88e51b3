"""What the person who approves an annexe decides beside it (A4, A5, A7, A8), and its form on paper."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from provisioner.domain.people import EmailAddress

#: Who approves what is approved without a person (contract, "Drop folders").
AUTOMATIC = "automatic"

#: Stands for everybody who is not named.
ALL = "all"


@dataclass(frozen=True, slots=True)
class Decisions:
    """What the person who approves decided beside the document.

    `keep` and `close` are the unaccounted-for persons (A5), `keep_all` and `close_all` the same for
    all who are not named; `waive` gives the reason for each waived row of list 1 (A7, A8); `rename` the new address
    for an old one; `closures_only` approves list 2 alone (A4); `allow` lets these plans go beyond a limit.
    """

    keep: frozenset[EmailAddress] = frozenset()
    close: frozenset[EmailAddress] = frozenset()
    keep_all: bool = False
    close_all: bool = False
    waive: Mapping[int, str] = field(default_factory=dict)
    rename: Mapping[EmailAddress, EmailAddress] = field(default_factory=dict)
    closures_only: bool = False
    allow: frozenset[str] = frozenset()

    @property
    def says_nothing(self) -> bool:
        """Whether nothing at all was decided beside the document; letting a plan go is no decision about it."""
        return replace(self, allow=frozenset()) == Decisions()

    def closes(self, email: EmailAddress) -> bool:
        """Whether this unaccounted-for person's access is to be closed; a name goes before `all`."""
        return email in self.close or (self.close_all and email not in self.keep)

    def settles(self, email: EmailAddress) -> bool:
        """Whether it was decided at all for this person."""
        return self.keep_all or email in self.keep or self.closes(email)

    def as_plain(self) -> dict[str, Any]:
        """The decisions as JSON can hold them."""
        return {
            "keep": [ALL] * self.keep_all + sorted(self.keep),
            "close": [ALL] * self.close_all + sorted(self.close),
            "waive": {str(row): reason for row, reason in sorted(self.waive.items())},
            "rename": dict(sorted(self.rename.items())),
            "closures_only": self.closures_only,
            "allow": sorted(self.allow),
        }

    @classmethod
    def from_plain(cls, plain: Mapping[str, Any]) -> Decisions:
        """The decisions again."""
        keep, close = plain.get("keep", []), plain.get("close", [])
        return cls(
            keep=frozenset(EmailAddress(one) for one in keep if one != ALL),
            close=frozenset(EmailAddress(one) for one in close if one != ALL),
            keep_all=ALL in keep,
            close_all=ALL in close,
            waive={int(row): reason for row, reason in plain.get("waive", {}).items()},
            rename={EmailAddress(old): EmailAddress(new) for old, new in plain.get("rename", {}).items()},
            closures_only=plain.get("closures_only", False),
            allow=frozenset(plain.get("allow", [])),
        )
