"""What somebody has written into a row that says the contrary of its list: « à supprimer » in list 1."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

#: More characters of a cell are not looked at.
_LONGEST = 200

#: Told quickly, since a list has as many cells as persons: one of these is in all that counts.
_STEMS = [
    "supprim",
    "suppress",
    "clo",
    "clô",
    "activ",
    "annul",
    "ferm",
    "retir",
    "retrait",
    "radi",
    "part",
    "quitt",
    "sort",
    "plus",
    "liste",
    "doublon",
    "enlev",
    "bloqu",
    "conserv",
    "maint",
    "garder",
    "ouv",
    "pas",
    "ation",
    "inscri",
    "erreur",
]
#: Somebody else leaves.
_ANOTHERS = re.compile(r"rempla|succ[èe]|suite (?:à|au)|(?:à|a) la place|ancien", re.IGNORECASE)

#: What may stand round a word that is alone in its cell.
_AROUND = " .,;:!?*()[]«»\"'-–—/"

_TO_CLOSE = r"(?:supprimer|cl[oô]turer|clore|d[ée]sactiver|fermer|retirer|radier|enlever|bloquer|d[ée]sinscrire)"
_CLOSED = r"(?:supprim[ée]e?|cl[oô]tur[ée]e?|d[ée]sactiv[ée]e?|annul[ée]e?|retir[ée]e?|radi[ée]e?)"
_GONE = r"(?:d[ée]part|partie?|sortie?)"

#: In list 1: somewhere in a cell; a whole cell of another column than the names; beside somebody's name.
_LEAVES = re.compile(
    rf"\b[àa] {_TO_CLOSE}\b|\bpartie? (?:le|en|depuis|au)\b|\bn(?:e |['’])(?:fait|est|a|travaille|doit) plus\b"
    rf"|\bne (?:plus|pas) (?:ouvrir|cr[ée]er|activer|habiliter|utiliser)\b|\ba quitt[ée]\b|\bd[ée]part (?:le|au)\b"
    rf"|\(\W*(?:{_GONE}|{_CLOSED})\W*\)|voir (?:la )?liste 2",
    re.IGNORECASE,
)
_LEAVES_ALONE = re.compile(
    rf"{_TO_CLOSE}|{_CLOSED}|{_GONE}|doublon|suppression|cl[oô]ture|fermeture|d[ée]sactivation|retrait"
    r"|radiation|r[ée]siliation",
    re.IGNORECASE,
)
_LEAVES_BESIDE = re.compile(
    rf"\w[\s,;:/\-]+(?:{_CLOSED}|{_TO_CLOSE})\W*$|\w(?: [-–—] |, ?){_GONE}\W*$|^\W*(?:{_CLOSED}|{_TO_CLOSE})[\s:]+\w",
    re.IGNORECASE,
)
#: The same in list 2.
_STAYS = re.compile(
    r"\b[àa] (?:conserver|maintenir|garder|r[ée]activer|rouvrir|r[ée]ouvrir)\b"
    rf"|\bne pas {_TO_CLOSE}\b|voir (?:la )?liste 1",
    re.IGNORECASE,
)
_STAYS_ALONE = re.compile(
    r"maintenue?|conserv[ée]e?|annul[ée]e?|erreur|doublon|ouverture|cr[ée]ation|maintien", re.IGNORECASE
)


def says_the_contrary(number: int, names: Iterable[str], others: Iterable[str]) -> bool:
    """Whether a row of list 1 says that the person leaves, or one of list 2 that the person stays.

    Args:
        number: the list, 1 or 2.
        names: the cells of the names.
        others: every other cell but the address and the date.
    """
    anywhere, alone = (_LEAVES, _LEAVES_ALONE) if number == 1 else (_STAYS, _STAYS_ALONE)
    if any(anywhere.search(text) or (number == 1 and _LEAVES_BESIDE.search(text)) for text in _likely(names)):
        return True
    return any(
        (anywhere.search(text) or alone.fullmatch(text.strip(_AROUND))) and not _ANOTHERS.search(text)
        for text in _likely(others)
    )


def _likely(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        small = text[:_LONGEST].lower()
        if any(stem in small for stem in _STEMS):
            yield " ".join(small.split())
