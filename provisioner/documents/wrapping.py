"""Lines of letters put together again: what a page has cut because it was too narrow is one word."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any, NamedTuple

#: How far apart two letters of one word may be, as a part of their size.
_GAP = 0.2

#: What widths may differ by, in points.
_ROUNDING = 0.2

_Char = dict[str, Any]


class Line(NamedTuple):
    """A line of text; `first`: the width of its first letter.

    `spaced`: a space at its end, so that it was cut between two words (None: nobody can tell).
    """

    text: str
    x0: float
    x1: float
    top: float
    bottom: float
    spaced: bool | None
    first: float

    @property
    def word(self) -> float:
        """About the width of the line's first word."""
        return (self.x1 - self.x0) * len(self.text.split(" ", 1)[0]) / len(self.text)


def mark_spaces(chars: Sequence[_Char]) -> None:
    """Notes on each letter whether a space comes after it, in the order in which the page draws them.

    A space at the end of a line may stand beyond the border. Where no line has one, nobody knows whether one would.
    """
    pairs = list(pairwise(chars))
    ends = (
        one for (one, two), (_, three) in pairwise(pairs) if two["text"].isspace() and three["top"] > one["bottom"]
    )
    told = next(ends, None) is not None
    for one, two in pairs:
        one["spaced"] = two["text"].isspace() if told else None


def lines_of(chars: Sequence[_Char]) -> list[Line]:
    """The lines that letters make, from top to bottom."""
    rows: list[list[_Char]] = []
    for char in sorted(chars, key=lambda one: (one["top"] + one["bottom"]) / 2):
        middle = (char["top"] + char["bottom"]) / 2
        if rows and middle <= rows[-1][0]["bottom"] - 0.2 * rows[-1][0]["height"]:
            rows[-1].append(char)
        else:
            rows.append([char])
    return [line for row in rows if (line := _line(sorted(row, key=lambda one: float(one["x0"])))) is not None]


def _line(row: list[_Char]) -> Line | None:
    text, last = "", None
    for char in row:
        is_apart = last is not None and char["x0"] - last["x1"] > _GAP * char["size"]
        text += " " + char["text"] if is_apart and not char["text"].isspace() and text[-1:] != " " else char["text"]
        last = char
    filled = [char for char in row if char["text"].strip()]
    if not filled:
        return None
    x0, x1 = filled[0]["x0"], filled[-1]["x1"]
    top, bottom = min(char["top"] for char in filled), max(char["bottom"] for char in filled)
    spaced = text[-1].isspace() or filled[-1].get("spaced")
    return Line(text.strip(), x0, x1, top, bottom, spaced, filled[0]["x1"] - filled[0]["x0"])


def joined(lines: Sequence[Line], left: float, right: float) -> str:
    """The text of a cell between two borders.

    A line is cut within a word after a hyphen, or where the word alone fills it; anywhere else there was a space.
    """
    if not lines:
        return ""
    margin = min(*(line.x0 - left for line in lines), *(right - line.x1 for line in lines))
    room = right - left - 2 * max(margin, 0)
    text = lines[0].text
    for line, following in pairwise(lines):
        text += ("" if _goes_on(text, line, following, room) else " ") + following.text
    return text


def _goes_on(text: str, line: Line, following: Line, room: float) -> bool:
    if line.spaced:
        return False
    if text[-1] == "-":
        return text[-2:-1].isalnum()
    is_address = "@" in line.text or "@" in following.text
    if " " in line.text and not is_address:
        return False
    if line.text[-1].islower() and not following.text[0].islower() and not is_address:
        return False  # a word that just fills its line: the space after it is not drawn
    return line.x1 - line.x0 + following.first > room - _ROUNDING


def paragraphs(lines: Sequence[Line], right: float) -> Iterator[tuple[float, str]]:
    """Lines outside tables with their tops; one that ends because the page does goes on with the next."""
    top, text, last = 0.0, "", None
    for line in lines:
        if last is not None and _is_wrapped(last, line, right):
            text += ("" if text[-1] == "-" and text[-2:-1].isalnum() else " ") + line.text
        else:
            if last is not None:
                yield top, text
            top, text = line.top, line.text
        last = line
    if last is not None:
        yield top, text


def _is_wrapped(line: Line, following: Line, right: float) -> bool:
    is_near = 0 <= following.top - line.bottom <= 0.6 * (line.bottom - line.top)
    return is_near and line.x1 + following.word > right - 1
