"""What may be put right in a cell without changing its meaning."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

#: The most characters of a cell that a finding quotes.
LONGEST_QUOTE = 200

_INVISIBLE = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")
#: What looks like a hyphen or a dash, and is not the plain one.
HYPHENS = re.compile("[\u2010-\u2015\u2212]")
_APOSTROPHES = re.compile("[\u2018\u2019\u02bc\u00b4`\u2032]")
_NOT_CONTROL = "\t\n\r"

#: Letters that a program has drawn as one.
_LIGATURES = {0xFB00: "ff", 0xFB01: "fi", 0xFB02: "fl", 0xFB03: "ffi", 0xFB04: "ffl", 0xFB05: "st", 0xFB06: "st"}

#: Small raised letters, as in « 1ᵉʳ adjoint ».
_RAISED = str.maketrans("ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻ", "abcdefghijklmnoprstuvwxyz")

#: What the symbol font of an office suite puts before each item of a list; and people, beside it.
SYMBOL_BULLETS = "\uf0a7\uf0b7\uf0d8\uf0fc"
_BULLETS = rf"-\s•‣⁃▪●○■◦∙·{SYMBOL_BULLETS}"
_BULLET, _BEFORE_NAME = re.compile(f"[{_BULLETS}]+"), re.compile(f"[{_BULLETS}']+")


def tidy(text: str) -> str:
    """The text in NFC, without invisible characters and ligatures, its apostrophes, hyphens and spaces plain."""
    if text.isascii():  # most are, and the long way is five times as long
        return " ".join(text.replace("`", "'").split())
    text = unicodedata.normalize("NFC", _INVISIBLE.sub("", text).translate(_LIGATURES))
    text = _APOSTROPHES.sub("'", HYPHENS.sub("-", text))
    return " ".join(text.split())


@lru_cache(1_000)
def tidy_name(text: str) -> str:
    """A name: tidy, without the bullet of a list before it or a space round a hyphen (« Anne - Sophie »).

    Nor has it an apostrophe at its ends, which a spreadsheet puts before a text; « 't Hooft » keeps his.
    """
    name = _without_bullet(tidy(text))
    if not re.match(r"'[ts] \w", name):
        before = _BEFORE_NAME.match(name)
        name = name[before.end() if before else 0 :].rstrip("' ")
    return re.sub(r" ?- ?", "-", name)


@lru_cache(1_000)
def tidy_function(text: str) -> str:
    """A function: tidy, without the bullet of a list before it, its raised letters on the line."""
    return _without_bullet(tidy(text.translate(_RAISED)))


def quoted(text: str) -> str:
    """A cell as a finding quotes it: as written, without control characters, at most `LONGEST_QUOTE` characters."""
    text = text.strip()[:LONGEST_QUOTE]
    if text.isprintable():
        return text.strip()
    return "".join(" " if is_control(one) or one in _NOT_CONTROL else one for one in text).strip()


def is_control(letter: str) -> bool:
    """Whether a character is none that can be seen, other than the spaces and line ends of a text."""
    return letter not in _NOT_CONTROL and unicodedata.category(letter) in ("Cc", "Cs", "Co", "Cn", "Zl", "Zp")


def _without_bullet(text: str) -> str:
    bullet = _BULLET.match(text)
    return text[bullet.end() :] if bullet else text
