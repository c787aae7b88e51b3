"""Word documents: our own walker, because the libraries shift columns on form fields and drop tracked insertions."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from provisioner.documents.blocks import Block, Cell, Reading, Rows, Table, Unreadable
from provisioner.documents.gate import Parts
from provisioner.documents.markup import stream

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"

_P, _TR, _TC, _TBL = f"{_W}p", f"{_W}tr", f"{_W}tc", f"{_W}tbl"
_INSERTIONS = (f"{_W}ins", f"{_W}moveTo")
_DELETIONS = (f"{_W}del", f"{_W}moveFrom")
_OFF = {"0", "false", "off"}

#: Drawn twice in a file (a new form and an old one): the old one is left out.
_PRUNED = {_TBL, _FALLBACK, *_DELETIONS}
_BREAKS = {f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}tab": "\t", f"{_W}noBreakHyphen": "-", f"{_W}softHyphen": "\u00ad"}

_Run = tuple[str, bool, bool]


#: A row before its columns are settled: each cell with the number of grid columns that it covers.
_SpannedRow = list[tuple[Cell, int]]


def read(parts: Parts, most_rows: int) -> Reading:
    """The document's paragraphs and tables; insertions are read, deletions are not.

    Raises:
        Unreadable: not well-formed, or too many rows.
    """
    walk = _Walk(most_rows)
    for event, element in stream(parts["word/document.xml"], _P, _TBL, _TR, _FALLBACK, *_INSERTIONS, *_DELETIONS):
        if event == "start":
            walk.enter(element)
        else:
            walk.leave(element)
    return Reading(walk.blocks, walk.revised)


class _Walk:
    """Where the walk is, and what it has gathered. Tables within tables are left out."""

    def __init__(self, most_rows: int) -> None:
        self.blocks: list[Block] = []
        self.revised = False
        self._rows = Rows(most_rows)
        self._most_rows = most_rows
        self._table: list[_SpannedRow] = []
        self._depth = 0
        self._skipped = 0

    def enter(self, element: etree._Element) -> None:
        """An element begins."""
        if element.tag == _FALLBACK:
            self._skipped += 1
        elif element.tag == _TBL:
            self._depth += 1
        elif element.tag in _INSERTIONS or element.tag in _DELETIONS:
            self.revised = True

    def leave(self, element: etree._Element) -> None:
        """An element is complete: read it, and free it."""
        if element.tag == _FALLBACK:
            self._skipped -= 1
        elif element.tag == _TBL:
            self._depth -= 1
            if self._depth == 0:
                self.blocks.append(_even(self._table, self._rows))
                self._table = []
        elif self._skipped:
            return
        elif element.tag == _TR and self._depth == 1:
            self._add_row(element)
            element.clear()
        elif element.tag == _P and self._depth == 0:
            self.blocks.append("".join(text for text, _, hidden in _runs(element) if not hidden))
            element.clear()

    def _add_row(self, row: etree._Element) -> None:
        if row.find(f"{_W}trPr/{_W}del") is not None:
            return
        cells = list(_cells(row))
        if any(cell.text.strip() or cell.merged for cell, _ in cells):
            self._table.append(cells)
        if len(self._table) > self._most_rows:
            raise Unreadable("too-many-rows")


def _cells(row: etree._Element) -> Iterator[tuple[Cell, int]]:
    before = row.find(f"{_W}trPr/{_W}gridBefore")
    if before is not None:
        yield Cell(), _number(before)
    hidden = _is_on(row.find(f"{_W}trPr/{_W}hidden"))
    for element in row.iter(_TC):
        if _row_of(element) is not row:
            continue
        span = element.find(f"{_W}tcPr/{_W}gridSpan")
        merge = element.find(f"{_W}tcPr/{_W}vMerge")
        merged = merge is not None and merge.get(f"{_W}val", "continue") == "continue"
        yield _cell(element, hidden=hidden, merged=merged), _number(span) if span is not None else 1


def _row_of(cell: etree._Element) -> etree._Element | None:
    """The row that a cell belongs to, through any content control round it."""
    return next(cell.iterancestors(_TR), None)


def _cell(element: etree._Element, *, hidden: bool, merged: bool) -> Cell:
    runs = [run for run in _runs(element) if run[0]]
    filled = [run for run in runs if run[0].strip()]
    return Cell(
        "".join(text for text, _, _ in runs).strip("\n"),
        struck=any(struck for _, struck, _ in filled),
        hidden=hidden or any(hidden_run for _, _, hidden_run in filled),
        merged=merged,
    )


def _even(table: list[_SpannedRow], rows: Rows) -> Table:
    """The table with its cells in columns.

    A row with as many cells as the longest is taken cell by cell: borders moved by hand give rows of equal cells
    very different spans. Any other is laid out by its spans.
    """
    longest = max((len(row) for row in table), default=0)
    even: Table = []
    for row in table:
        cells: list[Cell] = []
        for cell, span in row:
            cells.append(cell)
            if len(row) < longest:
                cells += [Cell()] * (span - 1)
        even += rows.kept(cells)
    return even


def _runs(element: etree._Element) -> Iterator[_Run]:
    """The texts below an element with their marks (struck through, hidden); what was deleted is not there."""
    for child in element:
        tag = child.tag
        if tag in _PRUNED or _is_placeholder(child):
            continue
        if tag == f"{_W}r":
            struck, hidden = _marks(child)
            yield from ((text, struck, hidden) for text in _texts(child))
            yield from (run for drawing in child for run in _runs(drawing))
        elif tag != f"{_W}t":
            yield from _runs(child)
        if tag == _P and child.getnext() is not None:
            yield "\n", False, False


def _texts(run: etree._Element) -> Iterator[str]:
    for child in run:
        if child.tag == f"{_W}t":
            yield child.text or ""
        elif child.tag in _BREAKS:
            yield _BREAKS[child.tag]


def _marks(run: etree._Element) -> tuple[bool, bool]:
    style = run.find(f"{_W}rPr")
    if style is None:
        return False, False
    struck = _is_on(style.find(f"{_W}strike")) or _is_on(style.find(f"{_W}dstrike"))
    return struck, _is_on(style.find(f"{_W}vanish"))


def _is_placeholder(element: etree._Element) -> bool:
    """A content control that nobody filled in: its text is an invitation to do so."""
    if element.tag != f"{_W}sdt":
        return False
    return _is_on(element.find(f"{_W}sdtPr/{_W}showingPlcHdr"))


def _is_on(element: etree._Element | None) -> bool:
    return element is not None and element.get(f"{_W}val", "true") not in _OFF


def _number(element: etree._Element) -> int:
    value = element.get(f"{_W}val", "1")
    return min(int(value), 64) if value.isascii() and value.isdigit() else 1
