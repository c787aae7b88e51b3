"""What may be put right in a cell without changing its meaning, and what may not stand in one at all."""

from __future__ import annotations

import re
import unicodedata
from typing import NamedTuple

#: The most characters of a cell that a finding quotes.
LONGEST_QUOTE = 200

#: The longest name, function or address that Keycloak takes.
LONGEST_VALUE = 255

_INVISIBLE = re.compile("[\u00ad\u200b-\u200d\u2060\ufeff]")
_HYPHENS = re.compile("[\u2010-\u2015\u2212]")
_APOSTROPHES = re.compile("[\u2018\u2019\u02bc\u00b4`\u2032]")
_BIDIRECTIONAL = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
_NOT_CONTROL = "\t\n\r"

#: What Keycloak refuses in a name.
_REFUSED_IN_NAME = re.compile(r'[<>&"$%!#?§;*~/\\|^=\[\]{}()]')

#: The marks that people put for « the same as above ».
_DITTO = re.compile(
    r"""[\s\-]*(?:["“”„‟«»″〃＂ʺ][\s"“”„‟«»″〃＂ʺ]*|['’‘´`′]{2,}|//+|id\.?|idem\.?|ditto|idem ci-dessus)[\s\-]*""",
    re.IGNORECASE,
)

_ORDINALS = "ªº"


class Suspicion(NamedTuple):
    """What makes a cell suspicious, and the characters concerned, made visible."""

    kind: str
    characters: str = ""


def is_ditto(text: str) -> bool:
    """Whether a cell only says « the same as above »."""
    return _DITTO.fullmatch(text) is not None


def tidy(text: str) -> str:
    """The text in NFC, without invisible characters, its apostrophes and hyphens plain, its spaces collapsed."""
    text = unicodedata.normalize("NFC", _INVISIBLE.sub("", text))
    text = _APOSTROPHES.sub("'", _HYPHENS.sub("-", text))
    return " ".join(text.split())


def tidy_name(text: str) -> str:
    """A name: tidy, and no space round a hyphen (« Anne - Sophie »)."""
    return re.sub(r" ?- ?", "-", tidy(text))


def quoted(text: str) -> str:
    """A cell as a finding quotes it: as written, without control characters, at most `LONGEST_QUOTE` characters."""
    visible = "".join(" " if _is_control(one) or one in _NOT_CONTROL else one for one in text)
    return visible.strip()[:LONGEST_QUOTE]


def suspicion(text: str, *, formula: bool, name: bool = False) -> Suspicion | None:
    """What may not stand in a cell (A7), if anything: formulas, controls, bidirectional marks, look-alike letters,
    and more than Keycloak takes.

    Args:
        text: the cell as written.
        formula: whether the spreadsheet computes it.
        name: whether it holds a name, in which Keycloak refuses some more characters.
    """
    if formula or re.match(r"\s*=", text):
        return Suspicion("formula")
    if len(text) > LONGEST_VALUE:
        return Suspicion("too-long")
    hidden = [one for one in text if _is_control(one)] + _BIDIRECTIONAL.findall(text)
    if hidden:
        return Suspicion("hidden", _named(hidden))
    # Letters of other alphabets pass for Latin ones: nobody can tell them apart on paper.
    foreign = [one for one in _INVISIBLE.sub("", text) if _is_foreign(one)]
    if foreign:
        return Suspicion("look-alike", _named(foreign))
    refused = _REFUSED_IN_NAME.findall(text) if name else []
    return Suspicion("refused-in-name", " ".join(dict.fromkeys(refused))) if refused else None


def _is_control(one: str) -> bool:
    return one not in _NOT_CONTROL and unicodedata.category(one) in ("Cc", "Cs", "Co", "Cn", "Zl", "Zp")


def _is_foreign(one: str) -> bool:
    if one.isascii() or one in _ORDINALS or not one.isalpha() or _APOSTROPHES.match(one) or is_ditto(one):
        return False
    return not unicodedata.name(one, "").startswith("LATIN ")


def _named(characters: list[str]) -> str:
    return ", ".join(f"U+{ord(one):04X}" for one in dict.fromkeys(characters))[:LONGEST_QUOTE]
