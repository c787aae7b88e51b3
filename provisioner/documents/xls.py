"""Excel's workbooks of before 2007: xlrd for values and formats, and one pass over the records for the formulas."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import Any

import xlrd  # type: ignore[import-untyped]
from xlrd.compdoc import CompDoc  # type: ignore[import-untyped]

from provisioner.documents.blocks import MOST_CELLS, Block, Cell, Reading, Rows, Table, Unreadable

#: Days between the two origins that a workbook may count its days from.
_DAYS_1904 = 1462

#: How far down a merged cell is followed.
_TALLEST_MERGE = 1_000

# Records of the format: where a sheet starts, what it holds.
_SHEET, _START, _END = 0x85, {0x0009, 0x0209, 0x0409, 0x0809}, 0x0A
_FORMULA = {0x0006, 0x0206, 0x0406}

_Position = tuple[int, int]


def kind_of_ole(content: bytes) -> str | None:
    """What Microsoft's container of before 2007 holds: `xls`, `doc`, `encrypted`, or None for something else.

    Raises:
        Unreadable: the container is not sound.
    """
    try:
        container = CompDoc(content, logfile=io.StringIO())
        names = {entry.name.casefold() for entry in container.dirlist[1:] if entry.parent == 0}
    except Exception:  # the library tells a broken container in many ways
        raise Unreadable("damaged") from None
    for kind, streams in (
        ("encrypted", {"encryptedpackage"}),
        ("doc", {"worddocument"}),
        ("xls", {"workbook", "book"}),
    ):
        if names & streams:
            return kind
    return None


def read(content: bytes, most_rows: int) -> Reading:
    """The workbook's sheets as tables, each after its name.

    Raises:
        Unreadable: not a sound workbook, one with a password, or too many rows.
    """
    try:
        formulas = _formulas(content)
        book = xlrd.open_workbook(
            file_contents=content, logfile=io.StringIO(), formatting_info=True, ragged_rows=True, use_mmap=False
        )
        rows = Rows(most_rows)
        blocks: list[Block] = []
        for number, sheet in enumerate(book.sheets()):
            blocks += [sheet.name, _table(book, sheet, formulas[number], rows)]
    except (Unreadable, MemoryError):
        raise
    except Exception as error:  # the library tells a broken workbook in many ways
        raise Unreadable("password" if "encrypted" in str(error) else "damaged") from None
    return Reading(blocks)


def _table(book: Any, sheet: Any, formulas: set[_Position], rows: Rows) -> Table:
    below = {
        (row, left)
        for top, bottom, left, _ in sheet.merged_cells
        for row in range(top + 1, min(bottom, top + _TALLEST_MERGE))
    }
    table: Table = []
    for y in range(sheet.nrows):
        is_hidden = sheet.visibility != 0 or (y in sheet.rowinfo_map and bool(sheet.rowinfo_map[y].hidden))
        cells = []
        for x in range(min(sheet.row_len(y), MOST_CELLS)):
            text, kind = _value(sheet.cell_type(y, x), sheet.cell_value(y, x), book.datemode)
            struck = bool(text.strip()) and _is_struck(book, sheet, y, x)
            cells.append(Cell(text, kind, struck, is_hidden, (y, x) in formulas, (y, x) in below))
        table += rows.kept(cells)
    return table


def _value(kind: int, value: Any, datemode: int) -> tuple[str, str]:
    if kind == xlrd.XL_CELL_DATE:
        try:
            return xlrd.xldate_as_datetime(value, datemode).date().isoformat(), "date"
        except (ValueError, OverflowError, xlrd.XLDateError):
            kind = xlrd.XL_CELL_NUMBER
    if kind == xlrd.XL_CELL_NUMBER:
        is_day = value == int(value)
        return str(int(value) + datemode * _DAYS_1904 if is_day else value), "number"
    if kind == xlrd.XL_CELL_BOOLEAN:
        return str(bool(value)), "text"
    if kind == xlrd.XL_CELL_ERROR:
        return xlrd.error_text_from_code.get(value, "#?"), "text"
    return str(value), "text"


def _is_struck(book: Any, sheet: Any, y: int, x: int) -> bool:
    """Whether the cell, or a part of its text, is struck through."""
    fonts = [book.xf_list[sheet.cell_xf_index(y, x)].font_index]
    fonts += [font for _, font in sheet.rich_text_runlist_map.get((y, x), ())]
    return any(book.font_list[font].struck_out for font in fonts if font < len(book.font_list))


def _formulas(content: bytes) -> list[set[_Position]]:
    """The cells that each worksheet computes: the library gives their values as if somebody had typed them."""
    container = CompDoc(content, logfile=io.StringIO())
    stream = next(found for name in ("Workbook", "Book") if (found := container.get_named_stream(name)) is not None)
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
