"""Word documents: our own walker, because the libraries shift columns on form fields and drop tracked insertions."""

from __future__ import annotations

import re
from collections.abc import Iterator

from lxml import etree

from provisioner.documents.blocks import MOST_CELLS, Block, Cell, Reading, Rows, Table, TableRow
from provisioner.documents.docx_styles import WordStyles, is_on
from provisioner.documents.gate import File
from provisioner.documents.marks import Marks, Run, cell_of, shown
from provisioner.documents.markup import Tags, page

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_P, _TR, _TC, _TBL = f"{_W}p", f"{_W}tr", f"{_W}tc", f"{_W}tbl"

#: Something drawn twice in a file has a new form and an old one: the old one is left out.
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"

_TEXT_BOX = f"{_W}txbxContent"

_INSERTIONS = (f"{_W}ins", f"{_W}moveTo")
_DELETIONS = (f"{_W}del", f"{_W}moveFrom")
_PRUNED = {_FALLBACK, *_DELETIONS}
_BREAKS = {f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}tab": "\t", f"{_W}noBreakHyphen": "-", f"{_W}softHyphen": "\u00ad"}

_TAGS = Tags(_TBL, _TR, frozenset({_P}), frozenset({_FALLBACK}))
_MARGIN = re.compile(r"word/(?:header|footer)\d*\.xml")


class _SpannedRow(list[tuple[Cell, int]]):
    """A row before its columns are settled: each cell with the number of grid columns that it covers.

    `in_doubt`: a text box hangs on one of its cells, and may lie over any other.
    """

    in_doubt = False


def read(file: File, most_rows: int) -> Reading:
    """The document's paragraphs and tables; insertions are read, deletions are not.

    Raises:
        Unreadable: not well-formed, or too many rows.
    """
    reader = _Reader(WordStyles.of(file.parts), Rows(most_rows))
    blocks = list(reader.blocks(file.parts["word/document.xml"]))
    revised = reader.revised
    margins = [
        block for name, part in sorted(file.parts.items()) if _MARGIN.fullmatch(name) for block in reader.blocks(part)
    ]
    return Reading(blocks, revised, margins)


class _Reader:
    """Walks down a part. `revised`: it holds tracked changes."""

    def __init__(self, styles: WordStyles, rows: Rows) -> None:
        self._styles, self._rows = styles, rows
        self._inner: list[Block] = []
        self.revised = False

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
        return shown(self._runs(element, self._styles.of_paragraph(element)))

    def _add(self, row: etree._Element, table: list[_SpannedRow]) -> Iterator[Block]:
        """One more row. One that only places what is in its cells ends the table, and is what it holds.

        Any other row stays one, and a table in one of its cells follows the table.
        """
        inner = [found for cell in _own_cells(row) for found in _own(cell, _TBL, _P) if _has_columns(found)]
        if inner and _only_places(row):
            yield from self._end(table)
            for cell in _own_cells(row):
                yield from self._within(cell)
            return
        self._inner += [block for found in inner for block in self._blocks_of(found)]
        cells = _SpannedRow(self._cells(row))
        cells.in_doubt = any(text.text for box in row.iter(_TEXT_BOX) for text in box.iter(f"{_W}t"))
        if any(cell.text.strip() or cell.merged for cell, _ in cells):
            table.append(cells)

    def _within(self, element: etree._Element) -> Iterator[Block]:
        """The paragraphs and tables in a cell."""
        for child in element:
            if child.tag == _P:
                yield self._paragraph(child)
            elif child.tag == _TBL:
                yield from self._blocks_of(child)
            elif child.tag not in _PRUNED:
                yield from self._within(child)

    def _blocks_of(self, element: etree._Element) -> Iterator[Block]:
        """A table that stands in a cell."""
        table: list[_SpannedRow] = []
        for row in _own(element, _TR, _TBL):
            yield from self._add(row, table)
        yield from self._end(table)

    def _end(self, table: list[_SpannedRow]) -> Iterator[Block]:
        if table:
            yield _even(table, self._rows)
            table.clear()
        inner, self._inner = self._inner, []
        yield from inner

    def _cells(self, row: etree._Element) -> Iterator[tuple[Cell, int]]:
        """The row's cells with their spans; none when the row was deleted."""
        if row.find(f"{_W}trPr/{_W}del") is not None:
            return
        before = row.find(f"{_W}trPr/{_W}gridBefore")
        if before is not None:
            yield Cell(), _number(before)
        hidden = is_on(row.find(f"{_W}trPr/{_W}hidden"))
        base = self._styles.of_table(next(row.iterancestors(_TBL), None))
        for element in _own_cells(row):
            merge = element.find(f"{_W}tcPr/{_W}vMerge")
            merged = merge is not None and merge.get(f"{_W}val", "continue") == "continue"
            cell = cell_of(self._runs(element, base), hidden=hidden, merged=merged)
            yield cell, _number(element.find(f"{_W}tcPr/{_W}gridSpan"))

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
            elif tag != f"{_W}t":
                yield from self._runs(child, base)
                if tag in (_TEXT_BOX, _TC):
                    yield Run("\n")


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
    return sum(any(text.text for text in cell.iter(f"{_W}t")) for cell in own) <= 1


def _even(table: list[_SpannedRow], rows: Rows) -> Table:
    """The table with its cells in columns.

    A row with as many cells as the longest is taken cell by cell: borders moved by hand give rows of equal cells
    very different spans. Any other is laid out by its spans.
    """
    longest = max((len(row) for row in table), default=0)
    even: list[TableRow] = []
    for row in table:
        cells: list[Cell] = []
        for cell, span in row:
            cells += [cell, *[Cell()] * (span - 1 if len(row) < longest else 0)]
        even += rows.kept(cells, in_doubt=row.in_doubt)
    return even


def _texts(run: etree._Element) -> Iterator[str]:
    for child in run:
        if child.tag == f"{_W}t":
            yield child.text or ""
        elif child.tag in _BREAKS:
            yield _BREAKS[child.tag]


def _is_placeholder(element: etree._Element) -> bool:
    """A content control that nobody filled in: its text is an invitation to do so."""
    return element.tag == f"{_W}sdt" and is_on(element.find(f"{_W}sdtPr/{_W}showingPlcHdr"))


def _number(element: etree._Element | None) -> int:
    value = "1" if element is None else element.get(f"{_W}val", "1")
    return min(int(value), MOST_CELLS) if value.isascii() and value.isdigit() and len(value) < 10 else 1
