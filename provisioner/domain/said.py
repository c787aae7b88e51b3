"""A name or a reason that a person typed: what can be read of it, and never nothing (A10, D8)."""

from __future__ import annotations

import unicodedata

from provisioner.domain.decisions import AUTOMATIC

#: Letters by their category that no font shows (the fillers of Hangul, and the blank of Braille).
_FILLERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")

#: The kinds of characters that show nothing: controls, formats (zero width, direction), half a pair, not assigned.
_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Cn", "Co"})


#: The kinds of characters that begin another line, beside the controls.
_BREAKS = frozenset({"Zl", "Zp"})


class NothingSaid(ValueError):
    """A name or a reason was asked for and what was given is blank; the message says which."""

    def __init__(self, what: str, why: str = "is blank: nothing that can be read was given.") -> None:
        super().__init__(f"{what} {why}")


def readable(text: str) -> str:
    """The text on one line, as it is read: NFC, one space between words, no character that shows nothing.

    Bytes of a command line that are no text become U+FFFD.
    """
    text = unicodedata.normalize("NFC", text.encode("utf-8", "surrogateescape").decode("utf-8", "replace"))
    shown = (" " if one.isspace() else "" if _is_unseen(one) else one for one in text)
    return " ".join("".join(shown).split())


def name_said(text: str, what: str = "The name") -> str:
    """Somebody's name, or an organisation's: it has a letter.

    Args:
        text: as it was typed.
        what: what is asked for, as the message calls it (`--by`).

    Raises:
        NothingSaid: it has none.
    """
    name = readable(text)
    if not is_name(name):
        raise NothingSaid(what)
    return name


def decider_said(text: str, what: str = "The name") -> str:
    """The name of who decides: of a person, and not what stands for an approval that nobody gave (A10).

    Raises:
        NothingSaid: it has no letter, or is that word.
    """
    name = name_said(text, what)
    if name.casefold() == AUTOMATIC:
        raise NothingSaid(what, f"is {name!r}, which stands for what nobody decided: give a person's name.")
    return name


def reason_said(text: str, what: str = "The reason") -> str:
    """Why something is decided: it has a letter or a digit.

    Raises:
        NothingSaid: it has none.
    """
    reason = readable(text)
    if not any(one.isalnum() for one in reason):
        raise NothingSaid(what)
    return reason


def is_name(text: str) -> bool:
    """Whether a name can be read there."""
    return any(one.isalpha() for one in readable(text))


def is_shown_whole(text: str) -> bool:
    """Whether every character shows, all on one line: no line break, nothing invisible."""
    return not any(_is_unseen(one) or unicodedata.category(one) in _BREAKS for one in text)


def _is_unseen(one: str) -> bool:
    return one in _FILLERS or unicodedata.category(one) in _UNSEEN
