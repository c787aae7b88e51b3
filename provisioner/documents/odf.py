"""LibreOffice's text documents and spreadsheets: one walker, since both hold the same tables.

Spreadsheets too are walked here: the values' types stand beside the marks (struck through, hidden, repeated) in one
pass, where calamine gives the values alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from provisioner.documents.blocks import MOST_CELLS, Block, Cell, Reading, Rows, Table
from provisioner.documents.gate import Parts
from provisioner.documents.markup import drop, stream

_NS = "urn:oasis:names:tc:opendocument:xmlns:"
_TEXT, _TABLE, _OFFICE = f"{{{_NS}text:1.0}}", f"{{{_NS}table:1.0}}", f"{{{_NS}office:1.0}}"
_STYLE = f"{{{_NS}style:1.0}}"

_P, _H = f"{_TEXT}p", f"{_TEXT}h"
_TBL, _ROW = f"{_TABLE}table", f"{_TABLE}table-row"
_CELLS = {f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"}
_ONE_STYLE = f"{_STYLE}style"
_CHANGED = {f"{_TEXT}tracked-changes", f"{_TABLE}tracked-changes"}
_REGION = f"{_TEXT}changed-region"

#: Not part of the text: comments, footnotes, what was deleted.
_PRUNED = {f"{_OFFICE}annotation", f"{_TEXT}note", f"{_TEXT}ruby-text", _TBL, *_CHANGED}

_BREAKS = {f"{_TEXT}tab": "\t", f"{_TEXT}line-break": "\n"}

#: Whether a row says nothing: told quickly, since a sheet may have a million of them.
_IS_EMPTY = etree.XPath(
    "not(normalize-space() or descendant::*[@t:formula or @o:value-type])",
    namespaces={"t": _TABLE[1:-1], "o": _OFFICE[1:-1]},
)

_Run = tuple[str, bool, bool]


def read(parts: Parts, most_rows: int) -> Reading:
    """The document's paragraphs and tables; a spreadsheet's sheets are tables, each after its name.

    Raises:
        Unreadable: not well-formed, or too many rows.
    """
    walk = _Walk(most_rows)
    if "styles.xml" in parts:
        walk.pass_through(parts["styles.xml"], _ONE_STYLE)
    tags = (_P, _H, _TBL, _ROW, _ONE_STYLE, _REGION, f"{_OFFICE}annotation", *_CHANGED)
    walk.pass_through(parts["content.xml"], *tags)
    return Reading(walk.blocks, walk.revised)


class _Styles:
    """Which styles strike text through or hide it; a style goes on its parent's unless it says otherwise."""

    def __init__(self) -> None:
        self._own: dict[str, tuple[str | None, bool | None, bool | None]] = {}

    def add(self, style: etree._Element) -> None:
        """One more style."""
        text, table = style.find(f"{_STYLE}text-properties"), style.find(f"{_STYLE}table-properties")
        line = _first(text, f"{_STYLE}text-line-through-style", f"{_STYLE}text-line-through-type")
        shown = text.get(f"{_TEXT}display") if text is not None else None
        hidden = None if shown is None else shown == "none"
        if table is not None and table.get(f"{_TABLE}display") == "false":
            hidden = True
        parent = style.get(f"{_STYLE}parent-style-name")
        self._own[style.get(f"{_STYLE}name", "")] = (parent, None if line is None else line != "none", hidden)

    def marks(self, name: str | None) -> tuple[bool | None, bool | None]:
        """Struck through, hidden; None where the style and its parents say nothing."""
        struck = hidden = None
        seen: set[str] = set()
        while name is not None and name in self._own and name not in seen:
            seen.add(name)
            name, own_struck, own_hidden = self._own[name]
            struck = own_struck if struck is None else struck
            hidden = own_hidden if hidden is None else hidden
        return struck, hidden


def _first(element: etree._Element | None, *names: str) -> str | None:
    if element is None:
        return None
    return next((value for name in names if (value := element.get(name)) is not None), None)


class _Walk:
    """Where the walk is, and what it has gathered. Tables within tables are left out."""

    def __init__(self, most_rows: int) -> None:
        self.blocks: list[Block] = []
        self.revised = False
        self._styles = _Styles()
        self._rows = Rows(most_rows)
        self._table: Table = []
        self._hidden_sheet = False
        self._depth = 0
        self._outside = 0

    def pass_through(self, part: bytes, *tags: str) -> None:
        """Walks one part of the file."""
        for event, element in stream(part, *tags):
            if event == "start":
                self._enter(element)
            else:
                self._leave(element)

    def _enter(self, element: etree._Element) -> None:
        if element.tag == _TBL:
            self._depth += 1
            if self._depth == 1 and not self._outside:
                self._hidden_sheet = self._styles.marks(element.get(f"{_TABLE}style-name"))[1] is True
                self.blocks.append(element.get(f"{_TABLE}name", ""))
        elif element.tag in _PRUNED:
            self._outside += 1
            if element.tag == f"{_TABLE}tracked-changes":
                self.revised = True

    def _leave(self, element: etree._Element) -> None:
        if element.tag == _TBL:
            self._depth -= 1
            if self._depth == 0:
                self.blocks.append(self._table)
                self._table = []
        elif element.tag in _PRUNED:
            self._outside -= 1
        elif element.tag == _REGION:
            self.revised = True
        elif element.tag == _ONE_STYLE:
            self._styles.add(element)
        elif self._outside:
            return
        elif element.tag == _ROW and self._depth == 1:
            if _IS_EMPTY(element):
                drop(element)
                return
            self._table += self._rows.kept(list(self._cells(element)), _times(element, "rows"))
            drop(element)
        elif element.tag in (_P, _H) and self._depth == 0:
            runs = self._runs(element, self._styles.marks(element.get(f"{_TEXT}style-name")))
            self.blocks.append("".join(text for text, _, hidden in runs if not hidden))

    def _cells(self, row: etree._Element) -> Iterator[Cell]:
        hidden = self._hidden_sheet or row.get(f"{_TABLE}visibility", "visible") != "visible"
        count = 0
        for element in row:
            if element.tag in _CELLS:
                times = min(_times(element, "columns"), MOST_CELLS - count)
                count += times
                cell = self._cell(element, hidden)
                yield from [cell] * times

    def _cell(self, element: etree._Element, hidden: bool) -> Cell:
        base = self._styles.marks(element.get(f"{_TABLE}style-name"))
        paragraphs = [
            list(self._runs(one, self._over(base, one.get(f"{_TEXT}style-name")))) for one in _paragraphs(element)
        ]
        runs = [run for paragraph in paragraphs for run in (*paragraph, ("\n", False, False))]
        filled = [run for run in runs if run[0].strip()]
        text, kind = _value(element, "".join(text for text, _, _ in runs).strip("\n"))
        return Cell(
            text,
            kind,
            struck=any(struck for _, struck, _ in filled),
            hidden=hidden or any(hidden_run for _, _, hidden_run in filled),
            formula=element.get(f"{_TABLE}formula") is not None,
            merged=element.tag == f"{_TABLE}covered-table-cell" and _is_below(element),
        )

    def _over(self, base: tuple[bool | None, bool | None], style: str | None) -> tuple[bool | None, bool | None]:
        struck, hidden = self._styles.marks(style)
        return (base[0] if struck is None else struck), (base[1] if hidden is None else hidden)

    def _runs(self, element: etree._Element, marks: tuple[bool | None, bool | None]) -> Iterator[_Run]:
        """The texts below an element with their marks (struck through, hidden)."""
        struck, hidden = marks[0] is True, marks[1] is True
        yield element.text or "", struck, hidden
        for child in element:
            if child.tag == f"{_TEXT}s":
                yield " " * _times(child, ""), struck, hidden
            elif child.tag in _BREAKS:
                yield _BREAKS[child.tag], struck, hidden
            elif child.tag not in _PRUNED:
                yield from self._runs(child, self._over(marks, child.get(f"{_TEXT}style-name")))
            yield child.tail or "", struck, hidden


def _paragraphs(cell: etree._Element) -> Iterator[etree._Element]:
    for child in cell:
        if child.tag in (_P, _H):
            yield child
        elif child.tag not in _PRUNED:
            yield from _paragraphs(child)


def _value(cell: etree._Element, shown: str) -> tuple[str, str]:
    """The typed value of a spreadsheet's cell; the text that is shown otherwise."""
    if cell.get(f"{_OFFICE}value-type") == "date":
        return cell.get(f"{_OFFICE}date-value", shown), "date"
    if cell.get(f"{_OFFICE}value-type") == "float":
        return cell.get(f"{_OFFICE}value", shown), "number"
    return shown, "text"


def _is_below(cell: etree._Element) -> bool:
    """Whether a covered cell lies under the cell that covers it, rather than beside it in the same row."""
    beside = 0
    for before in cell.itersiblings(*_CELLS, preceding=True):
        beside += _times(before, "columns")
        if before.tag == f"{_TABLE}table-cell":
            spanned = before.get(f"{_TABLE}number-columns-spanned", "1")
            return not (spanned.isdigit() and int(spanned) > beside)
    return True


def _times(element: etree._Element, what: str) -> int:
    """How many times the file repeats a row, a cell or a space."""
    value = element.get(f"{_TABLE}number-{what}-repeated" if what else f"{_TEXT}c", "1")
    times = int(value) if value.isascii() and value.isdigit() and len(value) < 10 else 1
    return times if what else min(times, 1_000)
