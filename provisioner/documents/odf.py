"""LibreOffice's text documents and spreadsheets: one walker, since both hold the same tables.

Spreadsheets too are walked here: the values' types stand beside the marks (struck through, hidden, repeated) in one
pass, where a library gives the values alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from lxml import etree

from provisioner.documents.blocks import (
    LONGEST_TEXT,
    MOST_CELLS,
    Block,
    Cell,
    File,
    Reading,
    Rows,
    Run,
    TableRow,
    cell_of,
    shown,
)
from provisioner.documents.markup import NO_MARKS, Marks, StyleMarks, Tags, drop, over, page, stream

_NS = "urn:oasis:names:tc:opendocument:xmlns:"
_TEXT, _TABLE, _OFFICE = f"{{{_NS}text:1.0}}", f"{{{_NS}table:1.0}}", f"{{{_NS}office:1.0}}"
_STYLE = f"{{{_NS}style:1.0}}"

_P, _H = f"{_TEXT}p", f"{_TEXT}h"
_TBL, _ROW, _COLUMN = f"{_TABLE}table", f"{_TABLE}table-row", f"{_TABLE}table-column"
_CELL, _COVERED = f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"
_CELLS = {_CELL, _COVERED}
_STYLED = f"{_STYLE}style"
_ANNOTATION = f"{_OFFICE}annotation"
_CHANGED = {f"{_TEXT}tracked-changes", f"{_TABLE}tracked-changes"}

#: What is printed over and under the pages.
_MARGINS = tuple(f"{_STYLE}{name}{side}" for name in ("header", "footer") for side in ("", "-left", "-first"))

#: What tells of changes that nobody has accepted or refused; a text has the other element even when it has none.
_REVISIONS = (f"{_TEXT}changed-region", f"{_TABLE}tracked-changes")

#: Not part of the text: comments, footnotes, what was deleted.
_NOTES = _ANNOTATION, f"{_TEXT}note-body"
_PRUNED = {_ANNOTATION, f"{_TEXT}note", f"{_TEXT}ruby-text", _TBL, *_CHANGED}

_TAGS = Tags(_TBL, _ROW, frozenset({_P, _H}), frozenset({_ANNOTATION, *_CHANGED}))

#: The most spaces taken from one mark that repeats them.
_MOST_SPACES = 1_000

_GROUPS = f"{_TABLE}table-row-group", f"{_TABLE}table-column-group"
_STYLE_NAME, _DEFAULT_STYLE = f"{_TABLE}style-name", f"{_TABLE}default-cell-style-name"
_REPEATED, _ROWS_REPEATED = f"{_TABLE}number-columns-repeated", f"{_TABLE}number-rows-repeated"
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
    reader = _Reader(Rows(most_rows))
    margins = [*reader.margins(file.parts.get("styles.xml", b"<none/>"))]
    content = file.parts["content.xml"]
    blocks = [*(reader.sheets(content) if file.kind == "ods" else reader.text(content))]
    return Reading(blocks, reader.revised, [*margins, *reader.beside])


class _Column(NamedTuple):
    """A column of a sheet: whether it is hidden, and the style of the cells that have none."""

    hidden: bool = False
    style: str | None = None


class _Reader:
    """Walks down the parts of a document. `revised`: it holds tracked changes. `beside`: its paragraphs' notes."""

    def __init__(self, rows: Rows) -> None:
        self._styles, self._rows = StyleMarks(), rows
        self.revised = False
        self.beside: list[str] = []

    def margins(self, part: bytes) -> Iterator[str]:
        """What is printed over and under the pages; the document's named styles are noted on the way."""
        for _, element in stream(part, _STYLED, *_MARGINS):
            if element.tag == _STYLED:
                self._note_style(element)
            else:
                yield from (shown(self._runs(text, NO_MARKS)) for text in element.iter(_P, _H))

    def text(self, content: bytes) -> Iterator[Block]:
        """The paragraphs and tables of a text. A row that only places what is in its cells is what it holds."""
        table: list[TableRow] = []
        after: list[Block] = []
        for element in self._page(content):
            if element.tag == _ROW:
                inner = [*self._within(element)] if element.find(f".//{_TBL}") is not None else []
                if inner and _only_places(element):
                    yield table
                    yield from inner
                    table = []
                elif not _IS_EMPTY(element):
                    after += [block for block in inner if not isinstance(block, str)]
                    table += self._kept(element)
                drop(element)
            elif element.tag == _TBL:
                yield table
                yield from after
                table, after = [], []
            else:
                yield self._paragraph(element)

    def sheets(self, content: bytes) -> Iterator[Block]:
        """The sheets as tables, each after its name; their rows have the numbers that the sheet shows."""
        table, columns, number = list[TableRow](), list[_Column](), 1
        for element in self._page(content, _COLUMN):
            if element.tag == _ROW:
                if not _IS_EMPTY(element):
                    table += self._kept(element, columns, number)
                number += _times(element, _ROWS_REPEATED)
                drop(element)
            elif element.tag == _COLUMN:
                column = _Column(_is_hidden(element), element.get(_DEFAULT_STYLE))
                columns += [column] * min(_times(element, _REPEATED), MOST_CELLS - len(columns))
            elif element.tag == _TBL:
                yield element.get(f"{_TABLE}name", "")[:LONGEST_TEXT]
                yield table
                table, columns, number = [], [], 1
            else:
                yield self._paragraph(element)

    def _page(self, content: bytes, *others: str) -> Iterator[etree._Element]:
        """What stands on the page, and the other elements; styles and tracked changes are noted on the way."""
        for element in page(content, _TAGS, _STYLED, *_REVISIONS, *others):
            if element.tag == _STYLED:
                self._note_style(element)
            elif element.tag in _REVISIONS:
                self.revised = True
            else:
                yield element

    def _within(self, element: etree._Element) -> Iterator[Block]:
        """The paragraphs and tables in a row that holds tables of its own, or in one of its cells."""
        for child in element:
            if child.tag in (_P, _H):
                yield self._paragraph(child)
            elif child.tag == _TBL:
                rows = [*_own_rows(child)]
                yield [kept for row in rows for kept in self._kept(row)]
                cells = (cell for row in rows for cell in row if cell.tag in _CELLS)
                yield from (
                    block for cell in cells if cell.find(f".//{_TBL}") is not None for block in self._within(cell)
                )
            elif child.tag not in _PRUNED:
                yield from self._within(child)

    def _kept(
        self, row: etree._Element, columns: Sequence[_Column] = (), number: int | None = None
    ) -> list[TableRow]:
        return self._rows.kept([*self._cells(row, columns)], _times(row, _ROWS_REPEATED), number)

    def _cells(self, row: etree._Element, columns: Sequence[_Column]) -> Iterator[Cell]:
        sheet = next(row.iterancestors(_TBL)).get(_STYLE_NAME)
        hidden = self._marks(sheet)[1] is True or _is_hidden(row)
        count = 0
        for element in row:
            if element.tag not in _CELLS:
                continue
            times = min(_times(element, _REPEATED), MOST_CELLS - count)
            column = columns[count] if count < len(columns) else _Column()
            cell = self._cell(element, element.get(_STYLE_NAME) or row.get(_DEFAULT_STYLE) or column.style, hidden)
            for x in range(count, count + times):
                is_unseen = x < len(columns) and columns[x].hidden and cell.is_filled
                yield cell._replace(hidden=True) if is_unseen else cell
            count += times

    def _cell(self, element: etree._Element, style: str | None, hidden: bool) -> Cell:
        base = self._marks(style)
        runs: list[Run] = []
        for paragraph in _paragraphs(element):
            runs += [*self._runs(paragraph, self._marks(paragraph.get(f"{_TEXT}style-name"), base)), Run("\n")]
        is_covered = element.tag == _COVERED
        is_below = is_covered and _is_below(element)
        formula = element.get(f"{_TABLE}formula") is not None
        cell = cell_of(runs, hidden=hidden, merged=is_below, formula=formula)
        cell = cell._replace(text=_value(element, cell.text), note=_note(element))
        return cell._replace(hidden=True) if is_covered and not is_below and cell.is_filled else cell

    def _paragraph(self, element: etree._Element) -> str:
        if note := _note(element):
            self.beside.append(note)
        return shown(self._runs(element, self._marks(element.get(f"{_TEXT}style-name"))))

    def _runs(self, element: etree._Element, marks: Marks) -> Iterator[Run]:
        """The texts below an element with their marks."""
        struck, hidden = marks[0] is True, marks[1] is True
        yield Run(element.text or "", struck, hidden)
        for child in element:
            if child.tag == f"{_TEXT}s":
                yield Run(" " * min(_times(child, f"{_TEXT}c"), _MOST_SPACES), struck, hidden)
            elif child.tag in _BREAKS:
                yield Run(_BREAKS[child.tag], struck, hidden)
            elif child.tag not in _PRUNED:
                yield from self._runs(child, self._marks(child.get(f"{_TEXT}style-name"), marks))
            yield Run(child.tail or "", struck, hidden)

    def _marks(self, style: str | None, base: Marks = NO_MARKS) -> Marks:
        """The marks of a style, over those of what stands round it."""
        return over(self._styles.of(style), base)

    def _note_style(self, style: etree._Element) -> None:
        text, table, cell = (style.find(f"{_STYLE}{kind}-properties") for kind in ("text", "table", "table-cell"))
        said = {} if text is None else dict(text.attrib)
        line = said.get(f"{_STYLE}text-line-through-style", said.get(f"{_STYLE}text-line-through-type"))
        display = said.get(f"{_TEXT}display")
        hidden = None if display is None else display == "none"
        if table is not None and table.get(f"{_TABLE}display") == "false":
            hidden = True
        is_struck = None if line is None else line != "none"
        across = [] if cell is None else [cell.get(f"{_STYLE}diagonal-{way}", "none") for way in ("bl-tr", "tl-br")]
        if any(border != "none" for border in across):
            is_struck = True
        marks = is_struck, hidden
        self._styles.add(style.get(f"{_STYLE}name", ""), style.get(f"{_STYLE}parent-style-name"), marks)


def _own_rows(table: etree._Element) -> Iterator[etree._Element]:
    for child in table:
        if child.tag == _ROW:
            yield child
        elif child.tag not in _CELLS:
            yield from _own_rows(child)


def _only_places(row: etree._Element) -> bool:
    """Whether a row has nearly nothing of its own beside the tables in its cells."""
    own = [cell for cell in row if cell.tag in _CELLS and cell.find(f".//{_TBL}") is None]
    return sum(not _IS_EMPTY(cell) for cell in own) <= 1


def _is_hidden(element: etree._Element) -> bool:
    """Whether a row or a column is not shown, alone or with its group."""
    is_folded = any(group.get(f"{_TABLE}display") == "false" for group in element.iterancestors(*_GROUPS))
    return is_folded or element.get(f"{_TABLE}visibility", "visible") != "visible"


def _paragraphs(cell: etree._Element) -> Iterator[etree._Element]:
    for child in cell:
        if child.tag in (_P, _H):
            yield child
        elif child.tag not in _PRUNED:
            yield from _paragraphs(child)


def _note(element: etree._Element) -> str:
    """The comments and notes that hang on a cell or a paragraph."""
    return " ".join("".join(note.itertext()) for note in element.iter(*_NOTES))[:LONGEST_TEXT]


def _value(cell: etree._Element, text: str) -> str:
    """The typed value of a spreadsheet's cell; its text otherwise."""
    kind = cell.get(f"{_OFFICE}value-type", "")
    if kind == "string":
        return text or cell.get(f"{_OFFICE}string-value", "")
    typed = {"date": f"{_OFFICE}date-value", "float": f"{_OFFICE}value"}.get(kind)
    return cell.get(typed, text) if typed else text


def _is_below(cell: etree._Element) -> bool:
    """Whether a covered cell lies under the cell that covers it, rather than beside it in the same row."""
    beside = 0
    for before in cell.itersiblings(*_CELLS, preceding=True):
        beside += _times(before, _REPEATED)
        if before.tag == _CELL:
            return _times(before, f"{_TABLE}number-columns-spanned") <= beside
    return True


def _times(element: etree._Element, count: str) -> int:
    """How many times the file repeats a row, a cell or a space."""
    value = element.get(count, "1")
    return int(value) if value.isascii() and value.isdigit() and len(value) < 10 else 1
