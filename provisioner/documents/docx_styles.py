"""What Word's styles strike through or hide: of a character, a paragraph or a table, each over the one it goes on."""

from __future__ import annotations

from itertools import islice
from typing import Self

from lxml import etree

from provisioner.documents.gate import Parts
from provisioner.documents.marks import NO_MARKS, Marks, StyleMarks, over
from provisioner.documents.markup import stream

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_OFF = {"0", "false", "off"}

#: The most elements that stand before a table's rows: its properties, its grid, a bookmark.
_MOST_BEFORE_ROWS = 10

#: The part of a table that a style may mark without marking anybody: its titles.
_TITLES = "firstRow"


class WordStyles:
    """The styles of a document, by their identity."""

    def __init__(self) -> None:
        self._marks = StyleMarks()
        self._default: dict[str, str] = {}

    @classmethod
    def of(cls, parts: Parts) -> Self:
        """The styles of a document; none where it has no such part.

        Raises:
            Unreadable: the part is not well-formed.
        """
        styles = cls()
        for _, element in stream(parts.get("word/styles.xml", b"<none/>"), f"{_W}style"):
            styles._add(element)
            element.clear()
        return styles

    def of_paragraph(self, paragraph: etree._Element, base: Marks = NO_MARKS) -> Marks:
        """The marks of a paragraph's style, over those of what stands round it."""
        name = _value(paragraph.find(f"{_W}pPr/{_W}pStyle")) or self._default.get("paragraph")
        return over(self._marks.of(name), base)

    def of_table(self, table: etree._Element | None) -> Marks:
        """The marks of a table's style."""
        # They stand before the rows: looking for them among 50,000 rows, for each row, would never end.
        first = islice(() if table is None else table, _MOST_BEFORE_ROWS)
        properties = next((child for child in first if child.tag == f"{_W}tblPr"), None)
        name = None if properties is None else _value(properties.find(f"{_W}tblStyle"))
        return self._marks.of(name or self._default.get("table"))

    def of_run(self, run: etree._Element, base: Marks) -> Marks:
        """The marks of a run, over those of its paragraph: its own, else those of its style."""
        properties = run.find(f"{_W}rPr")
        if properties is None or not len(properties):
            return base
        return over(_own_marks(properties), over(self._marks.of(_value(properties.find(f"{_W}rStyle"))), base))

    def _add(self, style: etree._Element) -> None:
        name, kind = style.get(f"{_W}styleId", ""), style.get(f"{_W}type", "")
        marks = _own_marks(style.find(f"{_W}rPr"))
        for part in style.iterfind(f"{_W}tblStylePr"):
            if part.get(f"{_W}type") != _TITLES:
                struck, hidden = _own_marks(part.find(f"{_W}rPr"))
                marks = struck or marks[0], hidden or marks[1]
        self._marks.add(name, _value(style.find(f"{_W}basedOn")), marks)
        if style.get(f"{_W}default", "0") not in _OFF:
            self._default[kind] = name


def is_on(element: etree._Element | None) -> bool:
    """Whether a property stands there and is not switched off."""
    return element is not None and element.get(f"{_W}val", "true") not in _OFF


def _own_marks(properties: etree._Element | None) -> Marks:
    if properties is None:
        return NO_MARKS
    strikes = [found for tag in ("strike", "dstrike") if (found := properties.find(f"{_W}{tag}")) is not None]
    hidden = properties.find(f"{_W}vanish")
    return (
        any(is_on(strike) for strike in strikes) if strikes else None,
        None if hidden is None else is_on(hidden),
    )


def _value(element: etree._Element | None) -> str | None:
    return None if element is None else element.get(f"{_W}val")
