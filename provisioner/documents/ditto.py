"""The marks and words that people put for « the same as above »."""

from __future__ import annotations

import re
from enum import Enum, auto
from functools import lru_cache

from provisioner.domain.people import fold

#: The longest text that is looked at, in characters.
_LONGEST = 80

_MARK = re.compile(
    r"""[\s\-_.…\u2010-\u2015\u2212]*"""
    r"""(?:["“”„‟«»″〃＂ʺˮ〝〞〟‶❝❞][\s"“”„‟«»″〃＂ʺˮ〝〞〟‶❝❞]*|['’‘´`′]{2}(?:\s*['’‘´`′])*|//+)"""
    r"[\s\-_.…\u2010-\u2015\u2212]*"
)
_AROUND = " .,:;()[]«»\"“”'’-\u2010\u2011\u2012\u2013\u2014\u2015"
_PLACE = "(?:l[ae] )?(?:ligne|case|cellule|personne)"
_ABOVE = rf"(?:(?:{_PLACE} )?(?:(?:ci|au|du) )?dessus|(?:{_PLACE} )?precedente?|supra)"
_SAME = re.compile(
    rf"(?:idem|ibid|ibidem|ditto|dito|identique|(?:l[ae]s? )?memes?(?: (?P<of>(?!que |a )[a-z]+))?)"
    rf"(?: (?:que )?(?:a )?{_ABOVE})?|id(?: {_ABOVE})?|(?:(?:comme|voir|cf) )?{_ABOVE}"
)
_REFERS = re.compile(r"(?:idem|ibid|ibidem|ditto|dito|identique|memes?|voir|cf|ci dessus|do|d°)\b")

#: How any of these words begins: told quickly, since most cells begin otherwise.
_BEGINS = re.compile(r"\W*(?:i[db]|d[iou°]|la|les?|l |me|co|vo|cf|ci|au|li|ca|ce|pe|pr|su)")

#: What « même … » may name in a column.
_NOUNS = {
    "function": re.compile(r"fonctions?|qualites?|postes?|emplois?|titres?|grades?|chose"),
    "date": re.compile(r"dates?|jours?|chose"),
}


class Ditto(Enum):
    """What a cell refers to: the one above, or one that cannot be told for certain."""

    ABOVE = auto()
    ELSEWHERE = auto()


@lru_cache(1_000)
def ditto(text: str, of: str) -> Ditto | None:
    """Whether a cell only says « the same », and as what; None where it says something of its own.

    `of`: what the column holds, `function` or `date`.
    """
    if len(text) <= _LONGEST and _MARK.fullmatch(text):
        return Ditto.ABOVE
    plain = fold(text[:_LONGEST])
    inner = plain.strip(_AROUND)
    if not _BEGINS.match(inner):
        return None
    words = " ".join(re.findall(r"\w+", inner))
    if inner.startswith(("=", "+", "@")):
        return None  # a formula, which is told as one
    same = _SAME.fullmatch(words) if re.fullmatch(r"[\w '.()\-]*", inner) and len(text) <= _LONGEST else None
    if same and (same["of"] is None or _NOUNS[of].fullmatch(same["of"])):
        return Ditto.ABOVE
    return Ditto.ELSEWHERE if _REFERS.match(words if inner != "d°" else inner) else None


@lru_cache(1_000)
def is_ditto(text: str) -> bool:
    """Whether a cell only says « the same as above », of whatever column."""
    return any(ditto(text, of) is Ditto.ABOVE for of in _NOUNS)
