"""Word documents: our own walker, because the libraries shift columns on form fields and drop tracked insertions."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice

from lxml import etree

from provisioner.documents.blocks import (
    LONGEST_TEXT,
    MOST_CELLS,
    Block,
    Cell,
    File,
    Parts,
    Reading,
    Rows,
    Run,
    TableRow,
    cell_of,
    shown,
)
from provisioner.documents.markup import NO_MARKS, Marks, StyleMarks, Tags, over, page, stream

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_P, _TR, _TC, _TBL, _T = f"{_W}p", f"{_W}tr", f"{_W}tc", f"{_W}tbl", f"{_W}t"
_TEXT_BOX = f"{_W}txbxContent"

#: Something drawn twice in a file has a new form and an old one: the old one is left out.
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"

_INSERTIONS = (f"{_W}ins", f"{_W}moveTo")
_DELETIONS = (f"{_W}del", f"{_W}moveFrom")
_PRUNED = {_FALLBACK, *_DELETIONS}
_BREAKS = {f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}tab": "\t", f"{_W}noBreakHyphen": "-", f"{_W}softHyphen": "\u00ad"}
_OFF = {"0", "false", "off"}
_NO_BORDER = {"nil", "none"}

#: What may hang on a cell's text: comments and notes, each in a part of its own.
_NOTES = {f"{_W}{kind}": f"word/{kind}s.xml" for kind in ("comment", "footnote", "endnote")}
_REFERENCES = {f"{note}Reference": note for note in _NOTES}

_TAGS = Tags(_TBL, _TR, frozenset({_P}), frozenset({_FALLBACK}))
_MARGIN = re.compile(r"word/(?:header|footer)\d*\.xml")

#: The most elements that stand before a table's rows: its properties, its grid, a bookmark.
_MOST_BEFORE_ROWS = 10

#: The part of a table that a style may mark without marking anybody: its titles.
_TITLES = "firstRow"


def read(file: File, most_rows: int) -> Reading:
    """The document's paragraphs and tables; insertions are read, deletions are not.

    Raises:
        Unreadable: not well-formed, or too many rows.
    """
    reader = _Reader(_Styles(file.parts), Rows(most_rows), _notes(file.parts))
    blocks = list(reader.blocks(file.parts["word/document.xml"]))
    revised = reader.revised
    margins = [
        block for name, part in sorted(file.parts.items()) if _MARGIN.fullmatch(name) for block in reader.blocks(part)
    ]
    return Reading(blocks, revised, [*margins, *reader.beside])


#: A note by what it is and its number.
_Note = tuple[str, str | None]


class _SpannedRow(list[tuple[Cell, int]]):
    """A row before its columns are settled: each cell with the number of grid columns that it covers.

    `in_doubt`: a text box hangs on one of its cells, and may lie over any other.
    """

    in_doubt = False


class _Reader:
    """Walks down a part. `revised`: it holds tracked changes. `beside`: the comments and notes of its paragraphs."""

    def __init__(self, styles: _Styles, rows: Rows, notes: Mapping[_Note, str]) -> None:
        self._styles, self._rows, self._notes = styles, rows, notes
        self._inner: list[Block] = []  # tables in the cells of the table that is read, which follow it
        self.revised = False
        self.beside: list[str] = []

    def blocks(self, part: bytes) -> Iterator[Block]:
        """The paragraphs and tables of a part."""
        table: list[_SpannedRow] = []
        for element in page(part, _TAGS, *_INSERTIONS, *_DELETIONS):
            if element.tag == _TR:
                yield from self._add(element, table)
                element.clear()
            elif element.tag == _TBL:
                yield from self._end(table)
            elif element.tag == _P:
                yield self._paragraph(element)
                element.clear()
            else:
                self.revised = True

    def _paragraph(self, element: etree._Element) -> str:
        if self._notes and (note := self._note(element)):
            self.beside.append(note)
        return shown(self._runs(element, self._styles.of_paragraph(element)))

    def _add(self, row: etree._Element, table: list[_SpannedRow]) -> Iterator[Block]:
        """One more row. One that only places what is in its cells ends the table, and is what it holds."""
        inner = [inside for cell in _own_cells(row) for inside in _own(cell, _TBL, _P) if _has_columns(inside)]
        if inner and _only_places(row):
            yield from self._end(table)
            for cell in _own_cells(row):
                yield from self._within(cell)
            return
        self._inner += [block for inside in inner for block in self._table(inside)]
        cells = _SpannedRow(self._cells(row))
        cells.in_doubt = any(text.text for box in row.iter(_TEXT_BOX) for text in box.iter(_T))
        if any(cell.text.strip() or cell.merged for cell, _ in cells):
            table.append(cells)

    def _within(self, element: etree._Element) -> Iterator[Block]:
        """The paragraphs and tables in a cell."""
        for child in element:
            if child.tag == _P:
                yield self._paragraph(child)
            elif child.tag == _TBL:
                yield from self._table(child)
            elif child.tag not in _PRUNED:
                yield from self._within(child)

    def _table(self, element: etree._Element) -> Iterator[Block]:
        """A table that stands in a cell."""
        table: list[_SpannedRow] = []
        for row in _own(element, _TR, _TBL):
            yield from self._add(row, table)
        yield from self._end(table)

    def _end(self, table: list[_SpannedRow]) -> Iterator[Block]:
        if table:
            yield self._even(table)
            table.clear()
        inner, self._inner = self._inner, []
        yield from inner

    def _even(self, table: list[_SpannedRow]) -> list[TableRow]:
        """The table with its cells in columns.

        A row with as many cells as the longest is taken cell by cell: borders moved by hand give rows of equal cells
        very different spans. Any other is laid out by its spans.
        """
        longest = max(len(row) for row in table)
        even: list[TableRow] = []
        for row in table:
            cells: list[Cell] = []
            for cell, span in row:
                cells += [cell, *[Cell()] * (span - 1 if len(row) < longest else 0)]
            even += self._rows.kept(cells, in_doubt=row.in_doubt)
        return even

    def _cells(self, row: etree._Element) -> Iterator[tuple[Cell, int]]:
        """The row's cells with their spans; none when the row was deleted."""
        if row.find(f"{_W}trPr/{_W}del") is not None:
            return
        before = row.find(f"{_W}trPr/{_W}gridBefore")
        if before is not None:
            yield Cell(), _number(before)
        hidden = _is_on(row.find(f"{_W}trPr/{_W}hidden"))
        base = self._styles.of_table(next(row.iterancestors(_TBL), None))
        for element in _own_cells(row):
            merge = element.find(f"{_W}tcPr/{_W}vMerge")
            merged = merge is not None and merge.get(f"{_W}val", "continue") == "continue"
            cell = cell_of(self._runs(element, base), hidden=hidden, merged=merged)
            if self._notes:
                cell = cell._replace(note=self._note(element))
            if _is_crossed_out(element) and cell.text.strip():
                cell = cell._replace(struck=True, standing="")
            yield cell, _number(element.find(f"{_W}tcPr/{_W}gridSpan"))

    def _note(self, element: etree._Element) -> str:
        """The comments and notes that hang on a cell or a paragraph."""
        marks = element.iter(*_REFERENCES)
        return " ".join(self._notes.get((_REFERENCES[str(mark.tag)], mark.get(f"{_W}id")), "") for mark in marks)

    def _runs(self, element: etree._Element, base: Marks) -> Iterator[Run]:
        """The texts below an element with their marks, over those of what stands round it; no deletions."""
        for child in element:
            tag = child.tag
            if tag in _PRUNED or _is_placeholder(child) or (tag == _TBL and _has_columns(child)):
                continue
            if tag == f"{_W}r":
                struck, hidden = self._styles.of_run(child, base)
                yield from (Run(text, struck is True, hidden is True) for text in _texts(child))
                yield from (run for drawing in child for run in self._runs(drawing, base))
            elif tag == _P:
                yield from self._runs(child, self._styles.of_paragraph(child, base))
                if child.getnext() is not None:
                    yield Run("\n")
            elif tag != _T:
                yield from self._runs(child, base)
                if tag in (_TEXT_BOX, _TC):
                    yield Run("\n")


def _notes(parts: Parts) -> dict[_Note, str]:
    """The comments and notes of a document."""
    notes: dict[_Note, str] = {}
    for tag, part in _NOTES.items():
        for _, note in stream(parts.get(part, b"<none/>"), tag):
            notes[tag, note.get(f"{_W}id")] = "".join(text.text or "" for text in note.iter(_T))[:LONGEST_TEXT]
            note.clear()
    return notes


class _Styles:
    """What the styles of characters, paragraphs and tables strike through or hide, each over the one it goes on."""

    def __init__(self, parts: Parts) -> None:
        self._marks = StyleMarks()
        self._default: dict[str, str] = {}
        for _, style in stream(parts.get("word/styles.xml", b"<none/>"), f"{_W}style"):
            self._add(style)
            style.clear()

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


def _own(element: etree._Element, tag: str, *others: str) -> Iterator[etree._Element]:
    """The elements of this tag below another, through any content control, but in no other table."""
    for child in element:
        if child.tag == tag:
            yield child
        elif child.tag not in others:
            yield from _own(child, tag, *others)


def _own_cells(row: etree._Element) -> Iterator[etree._Element]:
    return _own(row, _TC, _TBL, _P)


def _has_columns(table: etree._Element) -> bool:
    """Whether a table in a cell, or one within it, is more than the frame of a text."""
    return any(len(list(_own_cells(row))) > 1 for row in table.iter(_TR))


def _only_places(row: etree._Element) -> bool:
    """Whether a row has nearly nothing of its own beside the tables in its cells."""
    own = [cell for cell in _own_cells(row) if next(_own(cell, _TBL, _P), None) is None]
    return sum(any(text.text for text in cell.iter(_T)) for cell in own) <= 1


def _is_crossed_out(cell: etree._Element) -> bool:
    """Whether a border goes from corner to corner."""
    borders = cell.find(f"{_W}tcPr/{_W}tcBorders")
    slanted = [] if borders is None else [borders.find(f"{_W}{tag}") for tag in ("tl2br", "tr2bl")]
    return any(border is not None and border.get(f"{_W}val") not in _NO_BORDER for border in slanted)


def _texts(run: etree._Element) -> Iterator[str]:
    for child in run:
        if child.tag == _T:
            yield child.text or ""
        elif child.tag in _BREAKS:
            yield _BREAKS[child.tag]


def _is_placeholder(element: etree._Element) -> bool:
    """Whether a content control was never filled in: its text is an invitation to do so."""
    return element.tag == f"{_W}sdt" and _is_on(element.find(f"{_W}sdtPr/{_W}showingPlcHdr"))


def _own_marks(properties: etree._Element | None) -> Marks:
    if properties is None:
        return NO_MARKS
    strikes = [strike for tag in ("strike", "dstrike") if (strike := properties.find(f"{_W}{tag}")) is not None]
    hidden = properties.find(f"{_W}vanish")
    return any(map(_is_on, strikes)) if strikes else None, None if hidden is None else _is_on(hidden)


def _is_on(element: etree._Element | None) -> bool:
    """Whether a property stands there and is not switched off."""
    return element is not None and element.get(f"{_W}val", "true") not in _OFF


def _value(element: etree._Element | None) -> str | None:
    return None if element is None else element.get(f"{_W}val")


def _number(element: etree._Element | None) -> int:
    """How many columns an element speaks of; one where it does not say."""
    value = "1" if element is None else element.get(f"{_W}val", "1")
    return min(int(value), MOST_CELLS) if value.isascii() and value.isdigit() and len(value) < 10 else 1
