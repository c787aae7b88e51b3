"""What a person is shown, as plain data: lines and tables, which a terminal prints and a page renders alike."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from provisioner.views.dates import Written


class Tone(StrEnum):
    """How a text stands out. What that looks like is for whoever prints it."""

    PLAIN = "plain"
    TITLE = "title"
    GOOD = "good"
    ERROR = "error"
    WARNING = "warning"
    FAINT = "faint"


def printable(text: str, keep: str = "") -> str:
    """The text with every character that does not show made one that does: no escape sequence of a document's reaches
    a terminal. Those in `keep` stay.
    """
    return "".join(sign if sign.isprintable() or sign in keep else "\N{REPLACEMENT CHARACTER}" for sign in text)


@dataclass(frozen=True, slots=True)
class Line:
    """A sentence. Of one with a `label` (« erreur ») only the label has the tone; a `note` stands under the text."""

    text: str
    tone: Tone = Tone.PLAIN
    label: str = ""
    note: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """Rows under their columns' titles; without a row, `empty` stands in its place, or nothing at all.

    With `widths` it is printed row by row as they are read: a journal may be large. `tones` are those of the rows'
    first cells, where they have one.
    """

    title: str
    columns: Sequence[str]
    rows: Iterable[Sequence[str | None]]
    empty: str = ""
    widths: Sequence[int] = ()
    tones: Sequence[Tone] = ()


@dataclass(frozen=True, slots=True)
class Chart:
    """Figures as bars on a page, a label and its value each. A table beside it gives the same."""

    title: str
    rows: Sequence[tuple[str, int]]


#: A part of what is shown.
Part = Line | Table


#: A cell that begins so is a formula to a spreadsheet, whoever typed it.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "oui" if value else "non"
    return value.iso if isinstance(value, Written) else "" if value is None else str(value)


def as_csv(rows: Iterable[Sequence[object]]) -> str:
    """Rows as a file that a French spreadsheet opens as it is: semicolons, and a mark of UTF-8 before all."""
    text = io.StringIO()
    cells = ([_cell(value) for value in row] for row in rows)
    escaped = ([f"'{cell}" if cell.startswith(_FORMULA) else cell for cell in row] for row in cells)
    csv.writer(text, delimiter=";", lineterminator="\r\n").writerows(escaped)
    return f"\N{BYTE ORDER MARK}{text.getvalue()}"
