"""What Word's styles strike through or hide: of a character, a paragraph or a table, each over the one it goes on."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import Self

from lxml import etree

from provisioner.documents.gate import Parts
from provisioner.documents.markup import stream

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_OFF = {"0", "false", "off"}

#: How far a style is followed to the ones that it goes on: Word itself allows some ten.
_DEEPEST = 50

#: The most elements that stand before a table's rows: its properties, its grid, a bookmark.
_MOST_BEFORE_ROWS = 10

#: The part of a table that a style may mark without marking anybody: its titles.
_TITLES = "firstRow"

#: Struck through, hidden; None where nothing says so.
Marks = tuple[bool | None, bool | None]
_NO_MARKS: Marks = (None, None)


@dataclass(slots=True)
class WordStyles:
    """The styles of a document, by their identity."""

    _own: dict[str, tuple[str | None, Marks]] = field(default_factory=dict)
    _known: dict[str, Marks] = field(default_factory=dict)
    _default: dict[str, str] = field(default_factory=dict)

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

    def of_paragraph(self, paragraph: etree._Element, base: Marks = _NO_MARKS) -> Marks:
        """The marks of a paragraph's style, over those of what stands round it."""
        name = _value(paragraph.find(f"{_W}pPr/{_W}pStyle")) or self._default.get("paragraph")
        return _over(self._marks(name), base)

    def of_table(self, table: etree._Element | None) -> Marks:
        """The marks of a table's style."""
        # They stand before the rows: looking for them among 50,000 rows, for each row, would never end.
        first = islice(() if table is None else table, _MOST_BEFORE_ROWS)
        properties = next((child for child in first if child.tag == f"{_W}tblPr"), None)
        name = None if properties is None else _value(properties.find(f"{_W}tblStyle"))
        return self._marks(name or self._default.get("table"))

    def of_run(self, run: etree._Element, base: Marks) -> Marks:
        """The marks of a run, over those of its paragraph: its own, else those of its style."""
        properties = run.find(f"{_W}rPr")
        if properties is None or not len(properties):
            return base
        return _over(_own_marks(properties), _over(self._marks(_value(properties.find(f"{_W}rStyle"))), base))

    def _add(self, style: etree._Element) -> None:
        name, kind = style.get(f"{_W}styleId", ""), style.get(f"{_W}type", "")
        marks = _own_marks(style.find(f"{_W}rPr"))
        for part in style.iterfind(f"{_W}tblStylePr"):
            if part.get(f"{_W}type") != _TITLES:
                struck, hidden = _own_marks(part.find(f"{_W}rPr"))
                marks = struck or marks[0], hidden or marks[1]
        self._own[name] = _value(style.find(f"{_W}basedOn")), marks
        if style.get(f"{_W}default", "0") not in _OFF:
            self._default[kind] = name

    def _marks(self, name: str | None) -> Marks:
        if name is None:
            return _NO_MARKS
        if name not in self._known:
            marks, at = _NO_MARKS, name
            for _ in range(_DEEPEST):
                parent, own = self._own.get(at, (None, _NO_MARKS))
                marks = _over(marks, own)
                if parent is None:
                    break
                at = parent
            self._known[name] = marks
        return self._known[name]


def is_on(element: etree._Element | None) -> bool:
    """Whether a property stands there and is not switched off."""
    return element is not None and element.get(f"{_W}val", "true") not in _OFF


def _own_marks(properties: etree._Element | None) -> Marks:
    if properties is None:
        return _NO_MARKS
    strikes = [found for tag in ("strike", "dstrike") if (found := properties.find(f"{_W}{tag}")) is not None]
    hidden = properties.find(f"{_W}vanish")
    return (
        any(is_on(strike) for strike in strikes) if strikes else None,
        None if hidden is None else is_on(hidden),
    )


def _over(inner: Marks, outer: Marks) -> Marks:
    return outer[0] if inner[0] is None else inner[0], outer[1] if inner[1] is None else inner[1]


def _value(element: etree._Element | None) -> str | None:
    return None if element is None else element.get(f"{_W}val")
