"""Lines of letters put together again: what a page has cut because it was too narrow is one word.

A space at the end of a line is seldom drawn where there is no room for it: two words are then told from one that was
cut by the words that they are, or not for certain.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from importlib import resources
from itertools import pairwise
from typing import Any, NamedTuple

from provisioner.domain.people import fold

#: How far apart two letters of one word may be, as a part of their size.
_GAP = 0.2

#: How far apart two letters of two columns are at least.
_APART = 0.6

#: How wide a space is, as a part of the letters' size, in the widest of the usual fonts.
_SPACE = 0.32

#: How much more room than a word needs shows that it was not wrapped; what programs wrapped is seen up to 1.01.
_SURELY = 1.05

#: What widths may differ by, in points.
_ROUNDING = 0.2

#: What never starts a word.
_CLOSING = ").,;:/»"

_Char = dict[str, Any]


class Line(NamedTuple):
    """A line of text; `first`: the width of its first letter; `space`: about that of a space.

    `spaced`: a space at its end, so that it was cut between two words (None: nobody can tell).
    """

    text: str
    x0: float
    x1: float
    top: float
    bottom: float
    spaced: bool | None
    first: float
    space: float

    @property
    def word(self) -> float:
        """About the width of the line's first word."""
        return (self.x1 - self.x0) * len(self.text.split(" ", 1)[0]) / len(self.text)


def mark_spaces(chars: Sequence[_Char]) -> None:
    """Notes on each letter whether a space comes after it, in the order in which the page draws them.

    A space at the end of a line may stand beyond the border. Where no line has one, nobody knows whether one would.
    """
    pairs = list(pairwise(chars))
    is_known = any(
        space["text"].isspace() and below["top"] > char["bottom"] for (char, space), (_, below) in pairwise(pairs)
    )
    for char, following in pairs:
        char["spaced"] = following["text"].isspace() if is_known else None


def lines_of(chars: Sequence[_Char]) -> list[Line]:
    """The lines that letters make, from top to bottom."""
    return [line for row in _rows(chars) if (line := _line(row)) is not None]


def pieces_of(chars: Sequence[_Char]) -> list[list[Line]]:
    """The lines that letters make, each in the pieces that stand well apart, as in columns."""
    rows = []
    for row in _rows(chars):
        pieces: list[list[_Char]] = [[]]
        end: float | None = None
        for char in row:
            if char["text"].strip():
                if end is not None and char["x0"] - end > _APART * char["size"]:
                    pieces.append([])
                end = char["x1"]
            pieces[-1].append(char)
        if lines := [line for piece in pieces if (line := _line(piece)) is not None]:
            rows.append(lines)
    return rows


def _rows(chars: Sequence[_Char]) -> Iterator[list[_Char]]:
    """The letters of each line, from left to right."""
    rows: list[list[_Char]] = []
    for char in sorted(chars, key=lambda char: (char["top"] + char["bottom"]) / 2):
        middle = (char["top"] + char["bottom"]) / 2
        if rows and middle <= rows[-1][0]["bottom"] - 0.2 * rows[-1][0]["height"]:
            rows[-1].append(char)
        else:
            rows.append([char])
    for row in rows:
        yield sorted(row, key=lambda char: float(char["x0"]))


def is_beside(char: _Char, following: _Char) -> bool:
    """Whether a letter stands so near to another on its right, on the same line, that they may be of one word."""
    is_near = bool(following["x0"] - char["x1"] <= _GAP * following["size"])
    return is_near and bool(following["top"] < char["bottom"] and char["top"] < following["bottom"])


def _line(row: list[_Char]) -> Line | None:
    text, last = "", None
    for char in row:
        is_apart = last is not None and not is_beside(last, char)
        text += " " + char["text"] if is_apart and not char["text"].isspace() and text[-1:] != " " else char["text"]
        last = char
    filled = [char for char in row if char["text"].strip()]
    if not filled:
        return None
    x0, x1 = filled[0]["x0"], filled[-1]["x1"]
    top, bottom = min(char["top"] for char in filled), max(char["bottom"] for char in filled)
    spaced = text[-1].isspace() or filled[-1].get("spaced")
    first, space = filled[0]["x1"] - filled[0]["x0"], _SPACE * filled[-1]["size"]
    return Line(text.strip(), x0, x1, top, bottom, spaced, first, space)


class Joined(NamedTuple):
    """Lines put together; `doubtful`: a space may have been lost, or put in, where one of them ends."""

    text: str = ""
    doubtful: bool = False


def joined(lines: Sequence[Line], left: float, right: float) -> Joined:
    """The text of a cell between two borders.

    A line is cut within a word after a hyphen, or where the word alone fills it; anywhere else there was a space, or
    a line break where the next word had found its place.
    """
    if not lines:
        return Joined()
    margin = min(*(line.x0 - left for line in lines), *(right - line.x1 for line in lines))
    room = right - left - 2 * max(margin, 0)
    is_address = any("@" in line.text for line in lines)
    text, doubtful = lines[0].text, False
    for line, following in pairwise(lines):
        end = _end_of_address(line, following, room) if is_address else _end(text, line, following, room)
        between = " " if is_address else _between(line, following, room)
        text = (text[:-1] if end.hyphenated else text) + ("" if end.goes_on else between) + following.text
        doubtful = doubtful or end.doubtful
    return Joined(text, doubtful)


def _between(line: Line, following: Line, room: float) -> str:
    """A space; or a line break, where somebody has begun a line before the one above was full."""
    had_room = room - (line.x1 - line.x0) > _SURELY * (line.space + following.word)
    return "\n" if had_room else " "


class _End(NamedTuple):
    """What the end of a line is: within a word or between two; `hyphenated`: its hyphen is not the word's own."""

    goes_on: bool
    doubtful: bool = False
    hyphenated: bool = False


def _end_of_address(line: Line, following: Line, room: float) -> _End:
    """The end of a line in a cell with an address, which has no spaces and is cut anywhere."""
    return _End(not line.spaced and (line.text[-1] == "-" or _is_full(line, following, room)))


def _end(text: str, line: Line, following: Line, room: float) -> _End:
    """The end of a line that may be cut between words, after a hyphen, or within a word that is too long for it."""
    if line.spaced:
        return _End(goes_on=False)
    if text[-1] in "-\u00ad":
        return _after_hyphen(text, following)
    if following.text[0] in _CLOSING or text[-1] in "'’(" or re.match(r"-\w", following.text):
        return _End(goes_on=True)
    if " " in line.text or not _is_full(line, following, room) or _starts_anew(line, following):
        return _End(goes_on=False)
    if line.spaced is False and room - (line.x1 - line.x0) >= line.space:
        return _End(goes_on=True)  # a space would have found room here, and is drawn elsewhere
    return _told_by_words(text.rsplit(maxsplit=1)[-1].rpartition("-")[2], following.text.split()[0])


def _starts_anew(line: Line, following: Line) -> bool:
    """Whether a line that does not start with a small letter follows one that ends with one."""
    return line.text[-1].islower() and not following.text[0].islower()


def _is_full(line: Line, following: Line, room: float) -> bool:
    """Whether not one letter more had found its place on a line."""
    return line.x1 - line.x0 + following.first > room - _ROUNDING


def _after_hyphen(text: str, following: Line) -> _End:
    before, after = text.rsplit(maxsplit=1)[-1].rstrip("-\u00ad"), following.text.split()[0]
    if not before[-1:].isalnum():
        return _End(goes_on=False)  # a dash between words
    if _is_word(before.rpartition("-")[2] + after):
        return _End(goes_on=True, hyphenated=True)
    is_sure = not after[0].islower() or _bare(before) in _BEFORE_A_HYPHEN or (_is_word(before) and _is_word(after))
    return _End(goes_on=True, doubtful=not is_sure)


def _told_by_words(word: str, following: str) -> _End:
    """A line that a word fills to its end: the word goes on, or another one follows."""
    if _starts_word(word + following):
        return _End(goes_on=True)
    if _is_small_word(following):
        return _End(goes_on=False)
    follows = _starts_word(following)
    return _End(goes_on=not (_is_word(word) or follows), doubtful=not (_is_word(word) and follows))


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


#: What starts a word of its own wherever it stands.
_SMALL = frozenset(
    "de du des la le les et en a au aux pour par sur un une ou avec dans sans pres ccas cias ctg".split()  # noqa: SIM905
)

#: What is often joined to the next word by a hyphen.
_BEFORE_A_HYPHEN = frozenset(
    "vice aide sous co ex non apres porte mi auto contre avant inter multi pluri etat".split()  # noqa: SIM905
)

_ENDING = re.compile(r"\((?:e|ne|le|rice|trice|ere|fe|s|es)\)?|[.\-/·](?:e|rice|trice)\b")


def _forms(written: str) -> set[str]:
    """A word in its genders and numbers, folded."""
    word, _, feminine = fold(written).partition("/")
    masculine = {word}
    if feminine:
        # « administrateur/rice » takes off as many letters as both ends have before they part.
        cut = {"rice": "eur", "euse": "eur", "ve": "f", "ere": "er"}.get(feminine, "")
        masculine.add(word.removesuffix(cut) + feminine)
    if word.endswith("al"):
        masculine.add(word[:-1] + "ux")
    return {form + plural for form in masculine for plural in ("", "s")}


def _words() -> frozenset[str]:
    """The words of people's functions, in all their forms."""
    lines = resources.files("provisioner.documents").joinpath("data", "function-words.txt").read_text("utf-8")
    written = (word for line in lines.splitlines() if not line.startswith("#") for word in line.split())
    return frozenset().union(*map(_forms, written))


_WORDS = _words()

#: The shortest beginning by which a word is known.
_SHORTEST_START = 4
_STARTS = frozenset(word[:length] for word in _WORDS for length in range(_SHORTEST_START, len(word) + 1))


def _is_word(text: str) -> bool:
    """Whether a text is one of the words, whatever stands round its letters."""
    return _bare(text) in _WORDS


def _starts_word(text: str) -> bool:
    """Whether a text is one of the words, or the beginning of one that the page may have cut once more."""
    return _bare(text) in _STARTS or _is_word(text)


def _is_small_word(text: str) -> bool:
    """Whether a text is an article or the like, or starts with an elided one: nothing that ends a word."""
    return _bare(text) in _SMALL or re.match(r"(?:[dl]|qu)['’]\w", text, re.IGNORECASE) is not None


def _bare(text: str) -> str:
    """A word in small letters without accents, without the ending in brackets of « chargé(e) »."""
    return _ENDING.sub("", fold(text)).strip(" ,;:.()«»\"'-/")
