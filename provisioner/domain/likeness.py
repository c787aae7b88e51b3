"""Whether two names are the same, or nearly: hints for a person, never a reason to merge."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import NamedTuple

from rapidfuzz import fuzz

#: How like two names must be to be worth a look, in percent.
LIKE = 88

_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "’": "'", "‘": "'", "ʼ": "'", "´": "'", "`": "'"})


@lru_cache(1_000)  # a cell is compared with many things, one after another
def fold(text: str) -> str:
    """The text for comparing: no case, no accents, plain apostrophes, one space where there were several."""
    if text.isascii():  # most are, and the long way is ten times as long
        return " ".join(text.lower().replace("`", "'").split())
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_LIGATURES))
    plain = "".join(one for one in decomposed if not unicodedata.combining(one))
    return " ".join(plain.split())


class NameKey(NamedTuple):
    """A whole name for comparing: its words folded and sorted, and its letters in the order they were written."""

    words: str
    letters: str


@lru_cache(1_000)
def name_key(last_name: str, first_names: str) -> NameKey:
    """The key of a name: neither accents, case, nor the order or spacing of its words matter."""
    words = re.findall(r"[^\W_]+", fold(f"{last_name} {first_names}"))
    return NameKey(" ".join(sorted(words)), "".join(words))


def are_alike(one: NameKey, other: NameKey) -> bool:
    """Whether two names are the same or nearly, with or without their spaces (Le Goff, Legoff)."""
    return fuzz.ratio(one.words, other.words) >= LIKE or fuzz.ratio(one.letters, other.letters) >= LIKE
