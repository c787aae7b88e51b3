"""Rows of a list that are not one person to be read: an example, several persons, the contrary of the list."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from provisioner.documents.blocks import Cell
from provisioner.documents.lines import Line
from provisioner.documents.titles import Titles, columns_of
from provisioner.domain.annexe.document import Column

NAMES = (Column.LAST_NAME, Column.FIRST_NAMES)

_EXAMPLE = re.compile(
    r"\W*(?:(?:p(?:ar|\.)? ?)?ex\s?[.:)]|ex\.? ?:|exemples?\b|par exemple\b|mod[eè]le ?:)", re.IGNORECASE
)
_SAYS_EXAMPLE = re.compile(r"\W*(?:par )?exemple\W*", re.IGNORECASE)
_BETWEEN_PERSONS = re.compile(r"[\n,;/&]| et ")

#: More characters of a cell are not looked at for what it says of the person.
_LONGEST = 200

#: Told quickly, since a list has as many cells as persons: one of these is in all that counts.
_STEMS = re.compile(
    "suppr(?:im|ess)|cl[oô]|activ|annul|ferm|retir|retrait|radi|part|quitt|sort|plus|liste|doublon|enlev|bloqu|conserv"
    "|maint|garder|ouv|pas|ation|inscri|erreur"
)

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


def is_example(line: Line) -> bool:
    """Whether a row is the example of a form."""
    return _EXAMPLE.match(line.text) is not None or any(_SAYS_EXAMPLE.fullmatch(cell.text) for cell in line.filled)


def holds_several(cells: Mapping[Column, Cell]) -> bool:
    """Whether both names of a row hold several: two persons in one row."""
    names = [cells[column].text for column in NAMES if column in cells]
    return len(names) == len(NAMES) and all(map(_is_several, names))


def _is_several(name: str) -> bool:
    parts = [part for part in _BETWEEN_PERSONS.split(name) if part.strip(" -")]
    return len(parts) >= 2 and not name.split("\n", maxsplit=1)[0].rstrip().endswith("-")


def says_the_contrary(line: Line, number: int, titles: Titles) -> bool:
    """Whether a row of list 1 says that the person leaves, or one of list 2 that the person stays.

    Every cell counts but the address and the date; beside a name more words count.
    """
    at = titles.positions
    names = {at[column] for column in NAMES if column in at}
    sure = {at[column] for column in (Column.EMAIL, columns_of(number)[-1]) if column in at}
    own = {x: cell.text for x, cell in enumerate(line.cells) if not cell.merged and x not in sure}
    anywhere, alone = (_LEAVES, _LEAVES_ALONE) if number == 1 else (_STAYS, _STAYS_ALONE)
    if any(
        anywhere.search(text) or (number == 1 and _LEAVES_BESIDE.search(text))
        for text in _likely(text for x, text in own.items() if x in names)
    ):
        return True
    return any(
        (anywhere.search(text) or alone.fullmatch(text.strip(_AROUND))) and not _ANOTHERS.search(text)
        for text in _likely(text for x, text in own.items() if x not in names)
    )


def _likely(texts: Iterable[str]) -> Iterator[str]:
    for text in texts:
        small = text[:_LONGEST].lower()
        if _STEMS.search(small):
            yield " ".join(small.split())
