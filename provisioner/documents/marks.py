"""Texts with their marks: what is struck through or hidden, by the text itself or by its style."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

from provisioner.documents.blocks import Cell


class Run(NamedTuple):
    """A piece of text with its marks."""

    text: str
    struck: bool = False
    hidden: bool = False


#: What is said of a text: struck through, hidden; None where nothing says so.
Marks = tuple[bool | None, bool | None]
NO_MARKS: Marks = (None, None)

#: How far a style is followed to the ones that it goes on: office suites themselves allow some ten.
_DEEPEST = 50


def over(inner: Marks, outer: Marks) -> Marks:
    """The marks of a text, over those of what stands round it."""
    return outer[0] if inner[0] is None else inner[0], outer[1] if inner[1] is None else inner[1]


class StyleMarks:
    """What the styles of a document strike through or hide, each over the style that it goes on."""

    def __init__(self) -> None:
        self._own: dict[str, tuple[str | None, Marks]] = {}
        self._known: dict[str, Marks] = {}

    def add(self, name: str, parent: str | None, marks: Marks) -> None:
        """One more style, with its own marks."""
        self._own[name] = parent, marks
        self._known.clear()

    def of(self, name: str | None) -> Marks:
        """The marks of a style and of those that it goes on; none of an unknown one."""
        if name is None:
            return NO_MARKS
        if name not in self._known:
            marks, at = NO_MARKS, name
            for _ in range(_DEEPEST):
                parent, own = self._own.get(at, (None, NO_MARKS))
                marks = over(marks, own)
                if parent is None:
                    break
                at = parent
            self._known[name] = marks
        return self._known[name]


def shown(runs: Iterable[Run]) -> str:
    """The text of a paragraph as the page shows it, without what is struck through."""
    return "".join(run.text for run in runs if not run.hidden and not run.struck)


def cell_of(runs: Iterable[Run], *, hidden: bool, merged: bool) -> Cell:
    """A cell with the text of its runs, hidden and struck ones too, and their marks."""
    runs = list(runs)
    filled = [run for run in runs if run.text.strip()]
    struck = any(run.struck for run in filled)
    return Cell(
        "".join(run.text for run in runs).strip("\n"),
        struck=struck,
        hidden=hidden or any(run.hidden for run in filled),
        merged=merged,
        standing=_standing(runs) if struck else "",
    )


def _standing(runs: list[Run]) -> str:
    """What is not struck through; nothing where a strike ends within a word, which leaves no value."""
    for before, after in pairwise(run for run in runs if run.text):
        is_within_word = before.text[-1].isalnum() and after.text[0].isalnum()
        if before.struck != after.struck and is_within_word:
            return ""
    return "".join(run.text for run in runs if not run.struck).strip()
