"""The characters of a cell: which are put right without changing its meaning, and which may not stand in it (A7).

What may stand in a cell is listed, not what may not: Unicode has more ways to deceive than a list can hold.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from provisioner.domain.annexe.document import Column

#: The most characters of a cell that a finding quotes.
_LONGEST_QUOTE = 200

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
_SYMBOL_BULLETS = "\uf0a7\uf0b7\uf0d8\uf0fc"
_BULLETS = rf"-\s•‣⁃▪●○■◦∙·{_SYMBOL_BULLETS}"
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
    """A cell as a finding quotes it: as written, without control characters, at most `_LONGEST_QUOTE` characters."""
    text = text.strip()[:_LONGEST_QUOTE]
    if text.isprintable():
        return text.strip()
    return "".join(" " if _is_control(letter) or letter in _NOT_CONTROL else letter for letter in text).strip()


def _is_control(letter: str) -> bool:
    """Whether a character is none that can be seen, other than the spaces and line ends of a text."""
    return letter not in _NOT_CONTROL and unicodedata.category(letter) in ("Cc", "Cs", "Co", "Cn", "Zl", "Zp")


def _without_bullet(text: str) -> str:
    bullet = _BULLET.match(text)
    return text[bullet.end() :] if bullet else text


#: The longest name, function or address, in the units in which Keycloak counts (two for what is not in the first
#: plane of Unicode). It takes longer attributes; no function is that long.
_LONGEST_VALUE = 255

_BIDIRECTIONAL = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")

#: Where a word may be cut at the end of a line: nobody can see it. Was it to be a hyphen? A name or an address is
#: another one with it.
_SOFT_HYPHEN = "\u00ad"
_BEFORE_CAPITAL = re.compile(rf"\w{_SOFT_HYPHEN}+(?=[A-ZÀ-ÖØ-Þ])")

#: The letters in which people of France write their names, of whatever origin, and none that only looks like one.
_LETTERS = (
    "A-Za-z\u00c0-\u00d6\u00d8-\u00f6\u00f8-\u0148\u014a-\u017e\u018f\u01a0\u01a1\u01af\u01b0\u01cd-\u01dc"
    "\u01e6-\u01ed\u01f4\u01f5\u01f8-\u021b\u021e\u021f\u0226-\u0233\u0259\u0300-\u036f\u1e00-\u1eff"
)
_NOT_IN_NAME = re.compile(rf"[^{_LETTERS} ',.\-]")
_NOT_IN_ADDRESS = re.compile(r"[^\x20-\x7eàâäæçèéêëîïñôöœùûüÿÀÂÄÆÇÈÉÊËÎÏÑÔÖŒÙÛÜŸ]")
_NOT_IN_TEXT = re.compile(
    rf"[^\x20-\x7e\u00a1-\u00bf\u00d7\u00f7{_LETTERS}\u2010-\u2027\u2030-\u205e\u2070-\u2089\u20ac\u2116\u2122"
    r"\u2150-\u215e]"
)

#: Accents one above the other, or above nothing: they hide a line of the page, or themselves.
_HEAPED = re.compile("(?:^|\\W)[\u0300-\u036f]|[\u0300-\u036f]{2}")

#: What a sheet would compute, or a page would take for its own, once a function stands in it.
_NOT_IN_FUNCTION = re.compile(r"[<>]|^[=+@]")

_NAMES = (Column.LAST_NAME, Column.FIRST_NAMES)


class Suspicion(NamedTuple):
    """What makes a cell suspicious, and the characters concerned, made visible."""

    kind: str
    characters: str = ""


@lru_cache(1_000)
def suspicion(text: str, *, formula: bool, column: Column | None = None) -> Suspicion | None:
    """What may not stand in a cell, if anything: of a column, or of any text where that is None.

    `formula`: whether a spreadsheet computes it.
    """
    if formula or re.match(r"\s*=", text):
        return Suspicion("formula")
    if len(text) > _LONGEST_VALUE or len(text.encode("utf-16-le", "surrogatepass")) > 2 * _LONGEST_VALUE:
        return Suspicion("too-long")
    if not text.isprintable():
        controls = [letter for letter in text if _is_control(letter) and letter not in _SYMBOL_BULLETS]
        if hidden := controls + _BIDIRECTIONAL.findall(text):
            return Suspicion("hidden", _named(hidden))
    if column in _NAMES:
        return _in_name(text)
    return _in_address(text) if column is Column.EMAIL else _in_text(text, is_function=column is Column.FUNCTION)


def _in_address(text: str) -> Suspicion | None:
    if "\n" in text or "\r" in text:
        return Suspicion("line-break")
    if foreign := [letter for letter in text if letter == _SOFT_HYPHEN] or _NOT_IN_ADDRESS.findall(tidy(text)):
        return Suspicion("look-alike", _named(foreign))
    return None


def _in_name(text: str) -> Suspicion | None:
    plain = tidy_name(text)
    foreign = [letter for letter in _NOT_IN_NAME.findall(plain) if letter.isalpha()]
    if foreign := _BEFORE_CAPITAL.findall(text) or foreign or _HEAPED.findall(plain):
        return Suspicion("look-alike", _named(foreign))
    if refused := _NOT_IN_NAME.findall(plain):
        return Suspicion("refused-in-name", _shown(refused))
    return Suspicion("cut") if plain.endswith("-") else None


def _in_text(text: str, *, is_function: bool) -> Suspicion | None:
    plain = tidy_function(text)
    if foreign := _NOT_IN_TEXT.findall(plain) or _HEAPED.findall(plain):
        return Suspicion("look-alike", _named(foreign))
    refused = _NOT_IN_FUNCTION.findall(plain) if is_function else []
    return Suspicion("refused-in-function", _shown(refused)) if refused else None


def _shown(characters: list[str]) -> str:
    return " ".join(dict.fromkeys(characters))


def _named(characters: list[str]) -> str:
    letters = dict.fromkeys("".join(characters))
    return ", ".join(f"U+{ord(letter):04X}" for letter in letters if not letter.isascii())[:_LONGEST_QUOTE]
