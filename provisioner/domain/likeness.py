"""Whether two names are the same, or nearly: hints for a person, never a reason to merge."""

from __future__ import annotations

import re
import unicodedata

from rapidfuzz import fuzz

#: How like two names must be to be worth a look, in percent.
LIKE = 88

_LIGATURES = str.maketrans({"œ": "oe", "æ": "ae", "ß": "ss", "’": "'", "‘": "'", "ʼ": "'", "´": "'", "`": "'"})


def fold(text: str) -> str:
    """The text for comparing: no case, no accents, plain apostrophes, one space where there were several."""
    decomposed = unicodedata.normalize("NFKD", text.casefold().translate(_LIGATURES))
    plain = "".join(one for one in decomposed if not unicodedata.combining(one))
    return " ".join(plain.split())


def name_key(*names: str) -> str:
    """A whole name for comparing: its words folded and sorted, so that the order of names does not matter."""
    return " ".join(sorted(re.findall(r"[^\W_]+", fold(" ".join(names)))))


def are_alike(one: str, other: str) -> bool:
    """Whether two name keys are the same or nearly, with or without their spaces (Le Goff, Legoff)."""
    if fuzz.ratio(one, other) >= LIKE:
        return True
    return fuzz.ratio(one.replace(" ", ""), other.replace(" ", "")) >= LIKE
