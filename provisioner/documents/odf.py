"""LibreOffice's text documents and spreadsheets: one walker, since both hold the same tables.

Spreadsheets too are walked here: the values' types stand beside the marks (struck through, hidden, repeated) in one
pass, where calamine gives the values alone.
"""

from __future__ import annotations

from collections.abc import Iterator

from lxml import etree

from provisioner.documents.blocks import MOST_CELLS, Block, Cell, Reading, Rows, TableRow
from provisioner.documents.gate import File
from provisioner.documents.markup import Run, Tags, cell_of, drop, page, shown, stream

_NS = "urn:oasis:names:tc:opendocument:xmlns:"
_TEXT, _TABLE, _OFFICE = f"{{{_NS}text:1.0}}", f"{{{_NS}table:1.0}}", f"{{{_NS}office:1.0}}"
_STYLE = f"{{{_NS}style:1.0}}"

_P, _H = f"{_TEXT}p", f"{_TEXT}h"
_TBL, _ROW = f"{_TABLE}table", f"{_TABLE}table-row"
_CELLS = {f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"}
_STYLED = f"{_STYLE}style"
_ANNOTATION = f"{_OFFICE}annotation"
_CHANGED = {f"{_TEXT}tracked-changes", f"{_TABLE}tracked-changes"}

#: What is printed over and under the pages.
_MARGINS = tuple(f"{_STYLE}{name}{left}" for name in ("header", "footer") for left in ("", "-left", "-first"))

#: What tells of changes that nobody has accepted or refused; a text has the other element even when it has none.
_REVISIONS = (f"{_TEXT}changed-region", f"{_TABLE}tracked-changes")

#: Not part of the text: comments, footnotes, what was deleted.
_PRUNED = {_ANNOTATION, f"{_TEXT}note", f"{_TEXT}ruby-text", _TBL, *_CHANGED}

_TAGS = Tags(_TBL, _ROW, frozenset({_P, _H}), frozenset({_ANNOTATION, *_CHANGED}))

#: The most spaces taken from one mark that repeats them.
_MOST_SPACES = 1_000

_REPEATED = f"{_TABLE}number-columns-repeated"
_BREAKS = {f"{_TEXT}tab": "\t", f"{_TEXT}line-break": "\n"}

#: Whether a row says nothing: told quickly, since a sheet may have a million of them.
_IS_EMPTY = etree.XPath(
    "not(normalize-space() or descendant::*[@t:formula or @o:value-type])",
    namespaces={"t": _TABLE[1:-1], "o": _OFFICE[1:-1]},
)


def read(file: File, most_rows: int) -> Reading:
    """The document's paragraphs and tables; a spreadsheet's sheets are tables, each after its name.

    Raises:
        Unreadable: not well-formed, or too many rows.
    """
    styles, rows = _Styles(), Rows(most_rows)
    blocks: list[Block] = []
    table: list[TableRow] = []
    after: list[Block] = []
    revised = False
    margins: list[Block] = []
    for _, element in stream(file.parts.get("styles.xml", b"<none/>"), _STYLED, *_MARGINS):
        if element.tag == _STYLED:
            styles.add(element)
        else:
            margins += [shown(_runs(text, styles, _NO_MARKS)) for text in element.iter(_P, _H)]
    for element in page(file.parts["content.xml"], _TAGS, _STYLED, *_REVISIONS):
        if element.tag == _ROW:
            inner = [*_blocks_in(element, styles, rows)] if element.find(f".//{_TBL}") is not None else []
            if inner and _only_places(element):
                blocks += [table, *inner]
                table = []
            elif not _IS_EMPTY(element):
                after += [block for block in inner if not isinstance(block, str)]
                table += rows.kept(list(_cells(element, styles)), _times(element, f"{_TABLE}number-rows-repeated"))
            drop(element)
        elif element.tag == _TBL:
            if file.kind == "ods":  # nobody sees the name of a text's table
                blocks.append(element.get(f"{_TABLE}name", ""))
            blocks += [table, *after]
            table, after = [], []
        elif element.tag == _STYLED:
            styles.add(element)
        elif element.tag in _REVISIONS:
            revised = True
        else:
            blocks.append(shown(_runs(element, styles, styles.marks(element.get(f"{_TEXT}style-name")))))
    return Reading(blocks, revised, margins)


#: Struck through, hidden; None where nothing says so.
_Marks = tuple[bool | None, bool | None]
_NO_MARKS: _Marks = (None, None)


class _Styles:
    """Which styles strike text through or hide it; a style goes on its parent's unless it says otherwise."""

    def __init__(self) -> None:
        self._own: dict[str, tuple[str | None, bool | None, bool | None]] = {}

    def add(self, style: etree._Element) -> None:
        """One more style."""
        text, table = style.find(f"{_STYLE}text-properties"), style.find(f"{_STYLE}table-properties")
        said = {} if text is None else dict(text.attrib)
        line = said.get(f"{_STYLE}text-line-through-style", said.get(f"{_STYLE}text-line-through-type"))
        display = said.get(f"{_TEXT}display")
        hidden = None if display is None else display == "none"
        if table is not None and table.get(f"{_TABLE}display") == "false":
            hidden = True
        parent = style.get(f"{_STYLE}parent-style-name")
        self._own[style.get(f"{_STYLE}name", "")] = (parent, None if line is None else line != "none", hidden)

    def marks(self, name: str | None, base: _Marks = (None, None)) -> _Marks:
        """The marks of a style and its parents, over those of what stands round it."""
        struck = hidden = None
        seen: set[str] = set()
        while name is not None and name in self._own and name not in seen:
            seen.add(name)
            name, own_struck, own_hidden = self._own[name]
            struck = own_struck if struck is None else struck
            hidden = own_hidden if hidden is None else hidden
        return base[0] if struck is None else struck, base[1] if hidden is None else hidden


def _blocks_in(element: etree._Element, styles: _Styles, rows: Rows) -> Iterator[Block]:
    """The paragraphs and tables in a row that holds tables of its own, or in one of its cells."""
    for child in element:
        if child.tag in (_P, _H):
            yield shown(_runs(child, styles, styles.marks(child.get(f"{_TEXT}style-name"))))
        elif child.tag == _TBL:
            yield [
                kept
                for row in _own_rows(child)
                for kept in rows.kept(list(_cells(row, styles)), _times(row, f"{_TABLE}number-rows-repeated"))
            ]
            for row in _own_rows(child):
                yield from (block for found in _own_tables(row) for block in _blocks_in(found, styles, rows))
        elif child.tag not in _PRUNED:
            yield from _blocks_in(child, styles, rows)


def _own_rows(table: etree._Element) -> Iterator[etree._Element]:
    for child in table:
        if child.tag == _ROW:
            yield child
        elif child.tag not in _CELLS:
            yield from _own_rows(child)


def _own_tables(row: etree._Element) -> Iterator[etree._Element]:
    """The cells of a row that hold tables."""
    return (cell for cell in row if cell.tag in _CELLS and cell.find(f".//{_TBL}") is not None)


def _only_places(row: etree._Element) -> bool:
    """Whether a row has nearly nothing of its own beside the tables in its cells."""
    own = [cell for cell in row if cell.tag in _CELLS and cell.find(f".//{_TBL}") is None]
    return sum(not _IS_EMPTY(cell) for cell in own) <= 1


def _cells(row: etree._Element, styles: _Styles) -> Iterator[Cell]:
    sheet = next(row.iterancestors(_TBL)).get(f"{_TABLE}style-name")
    hidden = styles.marks(sheet)[1] is True or row.get(f"{_TABLE}visibility", "visible") != "visible"
    count = 0
    for element in row:
        if element.tag in _CELLS:
            times = min(_times(element, _REPEATED), MOST_CELLS - count)
            count += times
            yield from [_cell(element, styles, hidden)] * times


def _cell(element: etree._Element, styles: _Styles, hidden: bool) -> Cell:
    base = styles.marks(element.get(f"{_TABLE}style-name"))
    runs: list[Run] = []
    for one in _paragraphs(element):
        runs += [*_runs(one, styles, styles.marks(one.get(f"{_TEXT}style-name"), base)), Run("\n")]
    covered = element.tag == f"{_TABLE}covered-table-cell" and _is_below(element)
    cell = cell_of(runs, hidden=hidden, merged=covered)
    return cell._replace(text=_value(element, cell.text), formula=element.get(f"{_TABLE}formula") is not None)


def _runs(element: etree._Element, styles: _Styles, marks: _Marks) -> Iterator[Run]:
    """The texts below an element with their marks."""
    struck, hidden = marks[0] is True, marks[1] is True
    yield Run(element.text or "", struck, hidden)
    for child in element:
        if child.tag == f"{_TEXT}s":
            yield Run(" " * min(_times(child, f"{_TEXT}c"), _MOST_SPACES), struck, hidden)
        elif child.tag in _BREAKS:
            yield Run(_BREAKS[child.tag], struck, hidden)
        elif child.tag not in _PRUNED:
            yield from _runs(child, styles, styles.marks(child.get(f"{_TEXT}style-name"), marks))
        yield Run(child.tail or "", struck, hidden)


def _paragraphs(cell: etree._Element) -> Iterator[etree._Element]:
    for child in cell:
        if child.tag in (_P, _H):
            yield child
        elif child.tag not in _PRUNED:
            yield from _paragraphs(child)


def _value(cell: etree._Element, text: str) -> str:
    """The typed value of a spreadsheet's cell; its text otherwise."""
    typed = {"date": f"{_OFFICE}date-value", "float": f"{_OFFICE}value"}.get(cell.get(f"{_OFFICE}value-type", ""))
    return cell.get(typed, text) if typed else text


def _is_below(cell: etree._Element) -> bool:
    """Whether a covered cell lies under the cell that covers it, rather than beside it in the same row."""
    beside = 0
    for before in cell.itersiblings(*_CELLS, preceding=True):
        beside += _times(before, _REPEATED)
        if before.tag == f"{_TABLE}table-cell":
            return _times(before, f"{_TABLE}number-columns-spanned") <= beside
    return True


def _times(element: etree._Element, count: str) -> int:
    """How many times the file repeats a row, a cell or a space."""
    value = element.get(count, "1")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else 1
