"""What may not stand in a cell at all (A7): what deceives the eye, what a program would run, what Keycloak refuses.

What may stand in it is listed, not what may not: Unicode has more ways to deceive than a list can hold.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from provisioner.documents.text import LONGEST_QUOTE, SYMBOL_BULLETS, is_control, tidy, tidy_function, tidy_name
from provisioner.domain.annexe.document import Column

#: The longest name, function or address, in the units in which Keycloak counts (two for what is not in the first
#: plane of Unicode). It takes longer attributes; no function is that long.
LONGEST_VALUE = 255

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
    """What may not stand in a cell, if anything.

    Args:
        text: the cell as written.
        formula: whether the spreadsheet computes it.
        column: what the cell is to hold; any text where it is None.
    """
    if formula or re.match(r"\s*=", text):
        return Suspicion("formula")
    if len(text) > LONGEST_VALUE or len(text.encode("utf-16-le", "surrogatepass")) > 2 * LONGEST_VALUE:
        return Suspicion("too-long")
    if not text.isprintable():
        controls = [letter for letter in text if is_control(letter) and letter not in SYMBOL_BULLETS]
        if hidden := controls + _BIDIRECTIONAL.findall(text):
            return Suspicion("hidden", _named(hidden))
    if column in _NAMES:
        return _in_name(text)
    return _in_address(text) if column is Column.EMAIL else _in_text(text, is_function=column is Column.FUNCTION)


def _in_address(text: str) -> Suspicion | None:
    if "\n" in text or "\r" in text:
        return Suspicion("line-break")
    if foreign := [one for one in text if one == _SOFT_HYPHEN] or _NOT_IN_ADDRESS.findall(tidy(text)):
        return Suspicion("look-alike", _named(foreign))
    return None


def _in_name(text: str) -> Suspicion | None:
    plain = tidy_name(text)
    foreign = [one for one in _NOT_IN_NAME.findall(plain) if one.isalpha()]
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
    several = dict.fromkeys("".join(characters))
    return ", ".join(f"U+{ord(one):04X}" for one in several if not one.isascii())[:LONGEST_QUOTE]
