"""Rows of a list that are not one person to be read: an example, several persons."""

from __future__ import annotations

import re
from collections.abc import Mapping

from provisioner.documents.blocks import Cell
from provisioner.documents.lines import Line
from provisioner.domain.annexe.document import Column

NAMES = (Column.LAST_NAME, Column.FIRST_NAMES)

_EXAMPLE = re.compile(
    r"\W*(?:(?:p(?:ar|\.)? ?)?ex\s?[.:)]|ex\.? ?:|exemples?\b|par exemple\b|mod[eè]le ?:)", re.IGNORECASE
)
_SAYS_EXAMPLE = re.compile(r"\W*(?:par )?exemple\W*", re.IGNORECASE)
_BETWEEN_PERSONS = re.compile(r"[\n,;/&]")
_AND = re.compile(r"\w\s+et\s+\w", re.IGNORECASE)


def is_example(line: Line) -> bool:
    """Whether a row is the example of a form."""
    return _EXAMPLE.match(line.text) is not None or any(_SAYS_EXAMPLE.fullmatch(cell.text) for cell in line.filled)


def holds_several(cells: Mapping[Column, Cell]) -> bool:
    """Whether both names of a row hold several, or one of them « Eva et Léo »: two persons in one row."""
    names = [cells[column].text for column in NAMES if column in cells]
    return any(map(_AND.search, names)) or (len(names) == len(NAMES) and all(map(_is_several, names)))


def _is_several(name: str) -> bool:
    parts = [part for part in _BETWEEN_PERSONS.split(name) if part.strip(" -")]
    return len(parts) >= 2 and not name.split("\n", maxsplit=1)[0].rstrip().endswith("-")
