"""The words by which an annexe 1 is recognised: its title, its lists' headings, its columns' titles, its notes."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

from provisioner.documents.blocks import Cell
from provisioner.documents.text import tidy
from provisioner.domain.annexe import Column
from provisioner.domain.likeness import fold

_ANNEXE = re.compile(r"annexe ?(?:n ?[°o]? ?)?(\d+|i{1,3}v?)\b")
_ROMAN = {"i": 1, "ii": 2, "iii": 3, "iv": 4}

_NUMBERED_LIST = re.compile(r"\W*(?:([12])\W*liste\b|liste (?:n ?[°o]? ?)?([12])\b)")
_LIST = re.compile(r"\W*(?:[ivx\d]+\W+)?(?:la )?liste des personnes\b.*?\b(nouvel acces|acces ouvert|clotur|fin d)")

_TITLES: Mapping[Column, re.Pattern[str]] = {
    Column.LAST_NAME: re.compile(r"noms?(?: (?:de famille|d usage|usuel|de l agent|de la personne))?"),
    Column.FIRST_NAMES: re.compile(r"prenoms?(?: usuels?)?"),
    Column.FUNCTION: re.compile(r"(?:fonction|qualite|poste|emploi)s?\b.*"),
    Column.EMAIL: re.compile(r"(?:adresses? ?)?(?:\w+ )?(?:electroniques?|e ?mails?|mails?|mel|courriels?)\b.*"),
    Column.REQUESTED_ON: re.compile(r"date\b.*\bdemande\b.*|date"),
    Column.ENDED_ON: re.compile(r"date\b.*\b(?:fin|cloture|depart|sortie)\b.*|date"),
}

_NOTE = re.compile(
    r"[(\[]?\*|(?:sous )?total\b|nombre d|fait (?:a|le)\b|(?:date et )?signatures?\b|cachet\b|lu et approuve|nota\b"
    r"|n\.? ?b\b|remarques?\b|certifie|l[ea] (?:presidente?|maire|direct|responsable)|pour l[ea] "
)
_NOBODY = re.compile(r"\W*(?:neant|aucune?s?(?: personnes?| acces| cloture)?|sans objet|ras|s\.?o\.?|vide)?\W*")

_TRANSMISSION = re.compile(
    r"(?:date (?:de (?:la )?transmission|d'envoi)|transmise? le)"
    r"(?: de (?:l'|la (?:presente )?|cette )annexe(?: (?:n° ?)?1)?)?(?: \([^)]*\))?",
    re.IGNORECASE,
)


def columns_of(number: int) -> tuple[Column, ...]:
    """The columns that list 1 or 2 must have (A1, A3)."""
    last = Column.REQUESTED_ON if number == 1 else Column.ENDED_ON
    return Column.LAST_NAME, Column.FIRST_NAMES, Column.FUNCTION, Column.EMAIL, last


def annexe_number(text: str) -> int | None:
    """The number of the annexe that starts with this line, if one does."""
    found = _ANNEXE.match(fold(text))
    if found is None:
        return None
    return _ROMAN.get(found[1]) or int(found[1]) if found[1] in _ROMAN or found[1].isdigit() else None


def list_number(text: str) -> int | None:
    """1 or 2 when the text is the heading of that list."""
    plain = fold(text)
    if numbered := _NUMBERED_LIST.match(plain):
        return int(numbered[1] or numbered[2])
    if found := _LIST.match(plain):
        return 1 if found[1] in ("nouvel acces", "acces ouvert") else 2
    return None


def columns_in(cells: Sequence[Cell], number: int) -> dict[Column, int]:
    """Where the columns of a list stand, if this row holds their titles; empty otherwise.

    A row with an address is a person's, whatever their name and function look like.
    """
    found: dict[Column, int] = {}
    if has_address(cells):
        return found
    for position, cell in enumerate(cells):
        title = re.sub(r"\(.*?\)", "", fold(tidy(cell.text)))
        title = " ".join(re.findall(r"\w+", title))
        for column in columns_of(number):
            if column not in found and _TITLES[column].fullmatch(title):
                found[column] = position
                break
    return found if len(found) >= 2 else {}


def is_note(cells: Sequence[Cell]) -> bool:
    """Whether a row says something about the list (a footnote, a total, a signature) instead of naming a person."""
    first = next((cell.text for cell in cells if cell.text.strip()), "")
    return _NOTE.match(fold(first)) is not None and not has_address(cells)


def has_address(cells: Sequence[Cell]) -> bool:
    """Whether a row may hold somebody's address."""
    return any("@" in cell.text for cell in cells)


def names_nobody(cells: Sequence[Cell]) -> bool:
    """Whether a row only says that there is nobody (« Néant », a dash)."""
    return not any(cell.formula for cell in cells) and all(_NOBODY.fullmatch(fold(cell.text)) for cell in cells)


def after_transmission(text: str) -> str | None:
    """What follows « Date de transmission » on its line, perhaps nothing; None when the line does not say that."""
    plain = tidy(text)
    for found in _TRANSMISSION.finditer(plain):
        rest = plain[found.end() :].lstrip()
        if found.start() == 0 or rest.startswith((":", "=")):
            return rest.lstrip(":= .")
    return None
