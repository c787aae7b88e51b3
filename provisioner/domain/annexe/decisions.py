"""What the person who approves an annexe decides beside it (A4, A5, A7, A8), and never without a name (A10)."""

from __future__ import annotations

import unicodedata
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from provisioner.domain.errors import Refusal, WrongUsage
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
            keep=frozenset(EmailAddress(email) for email in keep if email != ALL),
            close=frozenset(EmailAddress(email) for email in close if email != ALL),
            keep_all=ALL in keep,
            close_all=ALL in close,
            waive={int(row): reason for row, reason in plain.get("waive", {}).items()},
            rename={EmailAddress(old): EmailAddress(new) for old, new in plain.get("rename", {}).items()},
            closures_only=plain.get("closures_only", False),
            allow=frozenset(plain.get("allow", [])),
        )


#: Letters by their category that no font shows (the fillers of Hangul, and the blank of Braille).
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")

#: The kinds of characters that show nothing: controls, formats (zero width, direction), half a pair, not assigned.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Cn", "Co"})


#: The kinds of characters that begin another line, beside the controls.
_BREAKS = frozenset({"Zl", "Zp"})


def readable(text: str) -> str:
    """The text on one line, as it is read: NFC, one space between words, no character that shows nothing.

    Bytes of a command line that are no text become U+FFFD.
    """
    text = unicodedata.normalize("NFC", text.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
    shown = (" " if sign.isspace() else "" if _is_unseen(sign) else sign for sign in text)
    return " ".join("".join(shown).split())


def name_said(text: str) -> str:
    """Somebody's name, or an organisation's: it has a letter.

    Raises:
        WrongUsage: it has none.
    """
    name = readable(text)
    if not is_name(name):
        raise WrongUsage(Refusal.NAME_BLANK)
    return name


def decider_said(text: str) -> str:
    """The name of who decides: of a person, and not what stands for an approval that nobody gave (A10).

    Raises:
        WrongUsage: it has no letter, or is that word.
    """
    name = name_said(text)
    if name.casefold() == AUTOMATIC:
        raise WrongUsage(Refusal.NAME_OF_NOBODY, name=name)
    return name


def reason_said(text: str, row: int | None = None) -> str:
    """Why something is decided: it has a letter or a digit. `row` is that of a waiver.

    Raises:
        WrongUsage: it has none.
    """
    reason = readable(text)
    if not any(sign.isalnum() for sign in reason):
        raise WrongUsage(Refusal.REASON_BLANK) if row is None else WrongUsage(Refusal.WAIVER_BLANK, row=row)
    return reason


def same_name(one: str, other: str) -> bool:
    """Whether both are one person's name, whatever the order of its words, its accents, capitals and hyphens."""
    return _words_of(one) == _words_of(other)


def _words_of(name: str) -> list[str]:
    signs = unicodedata.normalize("NFKD", name.casefold())
    plain = "".join(sign for sign in signs if not unicodedata.combining(sign))
    return sorted("".join(sign if sign.isalnum() else " " for sign in plain).split())


def is_name(text: str) -> bool:
    """Whether a name can be read there."""
    return any(sign.isalpha() for sign in readable(text))


def is_shown_whole(text: str) -> bool:
    """Whether every character shows, all on one line: no line break, nothing invisible."""
    return not any(_is_unseen(sign) or unicodedata.category(sign) in _BREAKS for sign in text)


def _is_unseen(sign: str) -> bool:
    return sign in _FILLERS or unicodedata.category(sign) in _UNSEEN
