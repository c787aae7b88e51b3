"""Word documents: our own walker, because the libraries shift columns on form fields and drop tracked insertions."""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from provisioner.documents.blocks import Block, Cell, Reading, Rows, Table, TableRow
from provisioner.documents.gate import File
from provisioner.documents.markup import Run, Tags, cell_of, page, shown

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_P, _TR, _TC, _TBL = f"{_W}p", f"{_W}tr", f"{_W}tc", f"{_W}tbl"

#: Something drawn twice in a file has a new form and an old one: the old one is left out.
_FALLBACK = "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"

_INSERTIONS = (f"{_W}ins", f"{_W}moveTo")
_DELETIONS = (f"{_W}del", f"{_W}moveFrom")
_OFF = {"0", "false", "off"}
_PRUNED = {_TBL, _FALLBACK, *_DELETIONS}
_BREAKS = {f"{_W}br": "\n", f"{_W}cr": "\n", f"{_W}tab": "\t", f"{_W}noBreakHyphen": "-", f"{_W}softHyphen": "\u00ad"}

_TAGS = Tags(_TBL, _TR, frozenset({_P}), frozenset({_FALLBACK}))

#: A row before its columns are settled: each cell with the number of grid columns that it covers.
_SpannedRow = list[tuple[Cell, int]]


def read(file: File, most_rows: int) -> Reading:
    """The document's paragraphs and tables; insertions are read, deletions are not.

    Raises:
        Unreadable: not well-formed, or too many rows.
    """
    rows = Rows(most_rows)
    blocks: list[Block] = []
    table: list[_SpannedRow] = []
    revised = False
    for element in page(file.parts["word/document.xml"], _TAGS, *_INSERTIONS, *_DELETIONS):
        if element.tag == _TR:
            cells = list(_cells(element))
            if any(cell.text.strip() or cell.merged for cell, _ in cells):
                table.append(cells)
            element.clear()
        elif element.tag == _TBL:
            blocks.append(_even(table, rows))
            table = []
        elif element.tag == _P:
            blocks.append(shown(_runs(element)))
            element.clear()
        else:
            revised = True
    return Reading(blocks, revised)


def _cells(row: etree._Element) -> Iterator[tuple[Cell, int]]:
    """The row's cells with their spans; none when the row was deleted."""
    if row.find(f"{_W}trPr/{_W}del") is not None:
        return
    before = row.find(f"{_W}trPr/{_W}gridBefore")
    if before is not None:
        yield Cell(), _number(before)
    hidden = _is_on(row.find(f"{_W}trPr/{_W}hidden"))
    for element in row.iter(_TC):
        if next(element.iterancestors(_TR), None) is not row:  # through any content control, but no other table
            continue
        merge = element.find(f"{_W}tcPr/{_W}vMerge")
        merged = merge is not None and merge.get(f"{_W}val", "continue") == "continue"
        yield cell_of(_runs(element), hidden=hidden, merged=merged), _number(element.find(f"{_W}tcPr/{_W}gridSpan"))


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
        even += rows.kept(cells)
    return even


def _runs(element: etree._Element) -> Iterator[Run]:
    """The texts below an element with their marks; what was deleted is not there."""
    for child in element:
        tag = child.tag
        if tag in _PRUNED or _is_placeholder(child):
            continue
        if tag == f"{_W}r":
            struck, hidden = _marks(child.find(f"{_W}rPr"))
            yield from (Run(text, struck, hidden) for text in _texts(child))
            yield from (run for drawing in child for run in _runs(drawing))
        elif tag != f"{_W}t":
            yield from _runs(child)
        if tag == _P and child.getnext() is not None:
            yield Run("\n")


def _texts(run: etree._Element) -> Iterator[str]:
    for child in run:
        if child.tag == f"{_W}t":
            yield child.text or ""
        elif child.tag in _BREAKS:
            yield _BREAKS[child.tag]


def _marks(style: etree._Element | None) -> tuple[bool, bool]:
    """Struck through, hidden."""
    if style is None or not len(style):
        return False, False
    struck = _is_on(style.find(f"{_W}strike")) or _is_on(style.find(f"{_W}dstrike"))
    return struck, _is_on(style.find(f"{_W}vanish"))


def _is_placeholder(element: etree._Element) -> bool:
    """A content control that nobody filled in: its text is an invitation to do so."""
    return element.tag == f"{_W}sdt" and _is_on(element.find(f"{_W}sdtPr/{_W}showingPlcHdr"))


def _is_on(element: etree._Element | None) -> bool:
    return element is not None and element.get(f"{_W}val", "true") not in _OFF


def _number(element: etree._Element | None) -> int:
    value = "1" if element is None else element.get(f"{_W}val", "1")
    return min(int(value), 64) if value.isascii() and value.isdigit() else 1
