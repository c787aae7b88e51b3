"""Excel's workbooks of before 2007: xlrd for values and formats, and one pass over the records for the formulas."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from itertools import pairwise
from typing import Any

import xlrd  # type: ignore[import-untyped]
from xlrd.compdoc import CompDoc  # type: ignore[import-untyped]

from provisioner.documents.blocks import (
    LONGEST_TEXT,
    MOST_CELLS,
    Block,
    Cell,
    File,
    Reading,
    Rows,
    Run,
    Unreadable,
    cell_of,
)
from provisioner.documents.sheets import Merge, Sheet, date_text, number_text

# Records of the format: where a sheet starts, what it holds.
_SHEET, _START, _END = 0x85, {0x0009, 0x0209, 0x0409, 0x0809}, 0x0A
_FORMULA = {0x0006, 0x0206, 0x0406}

#: A row and a column, from zero.
_Place = tuple[int, int]


def kind_of_ole(content: bytes) -> str:
    """`xls`, when that is what Microsoft's container of before 2007 holds.

    Raises:
        Unreadable: the container is not sound, or holds something else.
    """
    try:
        container = CompDoc(content, logfile=io.StringIO())
        names = {entry.name.casefold() for entry in container.dirlist[1:] if entry.parent == 0}
    except Exception:  # the library tells a broken container in many ways
        raise Unreadable("damaged") from None
    if "encryptedpackage" in names:
        raise Unreadable("password")
    if "worddocument" in names:
        raise Unreadable("old-word")
    if not names & {"workbook", "book"}:
        raise Unreadable("old-office")
    return "xls"


def read(file: File, most_rows: int) -> Reading:
    """The workbook's sheets as tables, each after its name.

    Raises:
        Unreadable: not a sound workbook, one with a password, or too many rows.
    """
    try:
        formulas = _formulas(file.content)
        book = xlrd.open_workbook(
            file_contents=file.content, logfile=io.StringIO(), formatting_info=True, ragged_rows=True, use_mmap=False
        )
        rows = Rows(most_rows)
        blocks: list[Block] = []
        for number, sheet in enumerate(book.sheets()):
            blocks += [sheet.name[:LONGEST_TEXT], _sheet(book, sheet, formulas[number]).table(rows)]
    except (Unreadable, MemoryError):
        raise
    except Exception as error:  # the library tells a broken workbook in many ways
        raise Unreadable("password" if "encrypted" in str(error) else "damaged") from None
    return Reading(blocks)


def _sheet(book: Any, source: Any, formulas: set[_Place]) -> Sheet:
    sheet = Sheet(hidden=source.visibility != 0)
    for top, bottom, left, right in source.merged_cells:
        sheet.merge(Merge(top, bottom - 1, left, right - 1))
    for x, column in source.colinfo_map.items():
        if column.hidden or column.width == 0:
            sheet.hide_columns(x, x)
    for y, row in source.rowinfo_map.items():
        if row.hidden or row.height == 0:
            sheet.hide_row(y)
    for y in range(source.nrows):
        for x, cell in enumerate(source.row(y)[:MOST_CELLS]):
            if cell.ctype not in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
                runs = _runs(book, source, y, x, _text(cell, book.datemode == 1))
                sheet.put(y, x, cell_of(runs, formula=(y, x) in formulas))
    for y, x in formulas:
        if y >= source.nrows or x >= source.row_len(y) or not source.cell_value(y, x):
            sheet.put(y, x, Cell(formula=True))  # without a value: nothing has computed it
    return sheet


def _text(cell: Any, from_1904: bool) -> str:
    if cell.ctype in (xlrd.XL_CELL_DATE, xlrd.XL_CELL_NUMBER):
        date = date_text(cell.value, from_1904=from_1904) if cell.ctype == xlrd.XL_CELL_DATE else None
        return date or number_text(cell.value, from_1904=from_1904)
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return "VRAI" if cell.value else "FAUX"
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return str(xlrd.error_text_from_code.get(cell.value, "#?"))
    return str(cell.value)


def _runs(book: Any, sheet: Any, y: int, x: int, text: str) -> Iterator[Run]:
    """The pieces of a cell's text, each with whether it is struck through, or its cell from corner to corner."""
    style = book.xf_list[sheet.cell_xf_index(y, x)]
    is_crossed_out = style.border.diag_line_style and (style.border.diag_up or style.border.diag_down)
    starts = [(0, style.font_index), *sheet.rich_text_runlist_map.get((y, x), ())]
    for (start, font), (end, _) in pairwise([*starts, (len(text), 0)]):
        is_struck = font < len(book.font_list) and book.font_list[font].struck_out
        yield Run(text[start:end], bool(is_crossed_out or is_struck))


def _formulas(content: bytes) -> list[set[_Place]]:
    """The cells that each worksheet computes: the library gives their values as if somebody had typed them."""
    container = CompDoc(content, logfile=io.StringIO())
    stream = container.get_named_stream("Workbook") or container.get_named_stream("Book")
    starts = []
    for kind, data in _records(stream, 0):
        if kind == _SHEET and len(data) >= 6 and data[5] == 0:
            starts.append(struct.unpack_from("<I", data)[0])
    return [
        {struct.unpack_from("<HH", data) for kind, data in _records(stream, start) if kind in _FORMULA}
        for start in starts
    ]


def _records(stream: bytes, position: int) -> Iterator[tuple[int, bytes]]:
    """The records of one part of the stream, charts within it included."""
    depth = 0
    while position + 4 <= len(stream):
        kind, length = struct.unpack_from("<HH", stream, position)
        yield kind, stream[position + 4 : position + 4 + length]
        position += 4 + length
        depth += (kind in _START) - (kind == _END)
        if depth <= 0:
            return
