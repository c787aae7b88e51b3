"""What strikes letters of a page through: a line of the page itself, or a mark that a reader of the file has made."""

from __future__ import annotations

import itertools
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from pdfminer.pdftypes import resolve1
from pdfminer.psparser import literal_name
from pdfplumber.utils.geometry import obj_to_bbox

#: The part of a letter's height where a line strikes it through: a drawn one, and one by hand.
_DRAWN, _BY_HAND = (0.3, 0.75), (0.15, 0.85)
_THICKEST_STRIKE = 2.5

#: How steep a stroke may be and still be meant for a row: more is the side of a frame.
_STEEPEST = 3

#: The most points that are looked at of one stroke, and of all.
_MOST_OF_ONE, _MOST_POINTS = 400, 20_000

#: The flags of an annotation that nobody sees: hidden, or not to be shown.
_UNSEEN = 0x02 | 0x20

_Object = dict[str, Any]
_Point = tuple[float, float]


class Strikes:
    """The letters of a page that are struck through.

    `lines`: the lines of the page that do so, which are no borders. `exact`: letters that a line of the page strikes,
    so that the other letters of a cell are not. `rough`: letters under a stroke by hand, which may have missed some.
    """

    def __init__(self, page: Any) -> None:
        letters = sorted((char for char in page.chars if char["text"].strip()), key=_middle)
        self._letters, self._middles = letters, [_middle(char) for char in letters]
        self.lines: list[_Object] = []
        self.exact: set[int] = set()
        widest = max((char["width"] for char in letters), default=0)
        for line in (*page.lines, *page.rects):
            if line["height"] <= _THICKEST_STRIKE and line["width"] > 2 * line["height"]:
                x0, top, x1, bottom = obj_to_bbox(line)
                level = (top + bottom) / 2
                struck = self._under([(x0, level), (x1, level)], _DRAWN)
                if len(struck) >= 2 and len(struck) * widest >= line["width"] / 8:
                    self.lines.append(line)
                    self.exact |= struck
        self.rough: set[int] = set()
        points = 0
        for stroke in itertools.chain(_slanted(page), *map(_marks, page.annots)):
            points += len(stroke)
            if points > _MOST_POINTS:
                break
            struck = self._under(stroke, _BY_HAND)
            if len(struck) >= 2:
                self.rough |= struck

    def _under(self, stroke: Sequence[_Point], levels: tuple[float, float]) -> set[int]:
        """The letters that a stroke goes through."""
        under: set[int] = set()
        for (x0, top0), (x1, top1) in pairwise(stroke):
            if abs(top1 - top0) > _STEEPEST * abs(x1 - x0):
                continue
            first, last = bisect_left(self._middles, min(x0, x1)), bisect_right(self._middles, max(x0, x1))
            for char in self._letters[first:last]:
                along = (_middle(char) - x0) / (x1 - x0) if x1 != x0 else 0
                level = (top0 + along * (top1 - top0) - char["top"]) / max(char["height"], 0.1)
                if levels[0] <= level <= levels[1]:
                    under.add(id(char))
        return under


def _middle(char: _Object) -> float:
    return float(char["x0"] + char["x1"]) / 2


def _slanted(page: Any) -> Iterator[list[_Point]]:
    """The strokes of the page itself that are not level: a row crossed out with a pen, then saved."""
    for line in (*page.lines, *page.curves):
        if line["height"] > _THICKEST_STRIKE and line.get("stroke"):
            yield line["pts"][:: len(line["pts"]) // _MOST_OF_ONE + 1]


def _marks(note: _Object) -> Iterator[list[_Point]]:
    """The strokes of an annotation: a pen's, a line's, and one through each line of what is deleted or covered."""
    data = note["data"]
    if int(resolve1(data.get("F")) or 0) & _UNSEEN:
        return
    left, _, _, top = _numbers(data.get("Rect"))
    right = note["x0"] - left
    for stroke in _strokes(literal_name(data.get("Subtype")), data):
        yield [(x + right, note["top"] + top - y) for x, y in zip(stroke[::2], stroke[1::2], strict=False)]


def _strokes(kind: str, data: _Object) -> Iterator[list[float]]:
    """The strokes of an annotation, as the numbers of its points."""
    if kind == "Ink":
        yield from map(_numbers, resolve1(data.get("InkList")) or ())
    elif kind in ("Line", "PolyLine"):
        yield _numbers(data.get("L" if kind == "Line" else "Vertices"))
    elif kind in ("StrikeOut", "Redact"):
        corners = _numbers(data.get("QuadPoints")) or _corners(_numbers(data.get("Rect")))
        yield from (_level(corners[at : at + 8]) for at in range(0, len(corners) - 7, 8))


def _numbers(value: object) -> list[float]:
    """The numbers of a list; of a long one some, in pairs, as of the points of a stroke."""
    numbers = resolve1(value) or ()
    step = 2 * (len(numbers) // (2 * _MOST_OF_ONE) + 1)
    some = numbers if step == 2 else [part for at in range(0, len(numbers), step) for part in numbers[at : at + 2]]
    return [float(number) for number in map(resolve1, some) if isinstance(number, int | float)]


def _corners(box: list[float]) -> list[float]:
    left, bottom, right, top = box
    return [left, top, right, top, left, bottom, right, bottom]


def _level(corners: list[float]) -> list[float]:
    """The line through the middle of four corners."""
    middle = (min(corners[1::2]) + max(corners[1::2])) / 2
    return [min(corners[::2]), middle, max(corners[::2]), middle]
