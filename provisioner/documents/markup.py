"""The XML of an office file: streamed with everything dangerous off, walked down a page, its styles' marks."""

from __future__ import annotations

import io
from collections.abc import Iterator
from typing import NamedTuple

from lxml import etree

from provisioner.documents.blocks import Unreadable


def stream(part: bytes, *tags: str, starts: bool = False) -> Iterator[tuple[str, etree._Element]]:
    """The ends of these elements, and if wanted their starts, in order. The caller clears what it has done with.

    Raises:
        Unreadable: the part is not well-formed, or declares what may not be declared.
    """
    events = etree.iterparse(
        io.BytesIO(part),
        events=("start", "end") if starts else ("end",),
        tag=tags,
        resolve_entities=False,
        no_network=True,
        huge_tree=False,
        load_dtd=False,
        remove_comments=True,
        remove_pis=True,
    )
    try:
        for first in events:
            # The gate looks for it in the usual encodings; here it is seen in all of them.
            if first[1].getroottree().docinfo.internalDTD is not None:
                raise Unreadable("dtd")
            yield first
            break
        yield from events
    except etree.XMLSyntaxError:
        raise Unreadable("damaged") from None


def drop(element: etree._Element) -> None:
    """Frees an element that was read, and what stands before it."""
    element.clear()
    parent = element.getparent()
    while parent is not None and element.getprevious() is not None:
        del parent[0]


class Tags(NamedTuple):
    """What a text document calls its parts; `apart` is what stands in the file but not on the page."""

    table: str
    row: str
    paragraphs: frozenset[str]
    apart: frozenset[str]


def page(part: bytes, tags: Tags, *others: str) -> Iterator[etree._Element]:
    """What stands on the page in its order, each when it is complete: paragraphs, the rows of a table, the table.

    A table within a table is left in the row that holds it. The other elements are given wherever they are.

    Raises:
        Unreadable: the part is not well-formed, or declares what may not be declared.
    """
    depth = apart = 0
    for event, element in stream(part, tags.table, tags.row, *tags.paragraphs, *tags.apart, *others, starts=True):
        step = 1 if event == "start" else -1
        depth += step * (element.tag == tags.table)
        apart += step * (element.tag in tags.apart)
        if event == "start":
            continue
        is_on_page = element.tag not in tags.apart and not apart and depth == (element.tag == tags.row)
        if is_on_page or element.tag in others:
            yield element


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
        self._whole: dict[str, Marks] = {}

    def add(self, name: str, parent: str | None, marks: Marks) -> None:
        """One more style, with its own marks."""
        self._own[name] = parent, marks
        self._whole.clear()

    def of(self, name: str | None) -> Marks:
        """The marks of a style and of those that it goes on; none of an unknown one."""
        if name is None:
            return NO_MARKS
        if name not in self._whole:
            marks, style = NO_MARKS, name
            for _ in range(_DEEPEST):
                parent, own = self._own.get(style, (None, NO_MARKS))
                marks = over(marks, own)
                if parent is None:
                    break
                style = parent
            self._whole[name] = marks
        return self._whole[name]
