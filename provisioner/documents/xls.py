"""Excel's workbooks of before 2007: xlrd for values and formats, and one pass over the records for the formulas."""

from __future__ import annotations

import io
import struct
from collections.abc import Iterator
from typing import Any

import xlrd  # type: ignore[import-untyped]
from xlrd.compdoc import CompDoc  # type: ignore[import-untyped]

from provisioner.documents.blocks import Block, Reading, Rows, Unreadable
from provisioner.documents.gate import File
from provisioner.documents.sheets import DAYS_1904, Position, Sheet

# Records of the format: where a sheet starts, what it holds.
_SHEET, _START, _END = 0x85, {0x0009, 0x0209, 0x0409, 0x0809}, 0x0A
_FORMULA = {0x0006, 0x0206, 0x0406}


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
            table = _sheet(book, sheet, formulas[number]).table(rows, book.datemode * DAYS_1904)
            blocks += [sheet.name, table]
    except (Unreadable, MemoryError):
        raise
    except Exception as error:  # the library tells a broken workbook in many ways
        raise Unreadable("password" if "encrypted" in str(error) else "damaged") from None
    return Reading(blocks)


def _sheet(book: Any, source: Any, formulas: set[Position]) -> Sheet:
    sheet = Sheet(hidden=source.visibility != 0, formulas=formulas)
    for top, bottom, left, _ in source.merged_cells:
        sheet.merge(top, bottom - 1, left)
    for y in range(source.nrows):
        sheet.values[y] = [_value(cell, book.datemode) for cell in source.row(y)]
        sheet.struck.update((y, x) for x in range(source.row_len(y)) if _is_struck(book, source, y, x))
        if y in source.rowinfo_map and source.rowinfo_map[y].hidden:
            sheet.hidden_rows.add(y)
    return sheet


def _value(cell: Any, datemode: int) -> object:
    if cell.ctype == xlrd.XL_CELL_DATE:
        try:
            return xlrd.xldate_as_datetime(cell.value, datemode)
        except (ValueError, OverflowError, xlrd.XLDateError):
            return cell.value
    if cell.ctype == xlrd.XL_CELL_BOOLEAN:
        return bool(cell.value)
    if cell.ctype == xlrd.XL_CELL_ERROR:
        return xlrd.error_text_from_code.get(cell.value, "#?")
    return cell.value


def _is_struck(book: Any, sheet: Any, y: int, x: int) -> bool:
    """Whether the cell, or a part of its text, is struck through."""
    fonts = [book.xf_list[sheet.cell_xf_index(y, x)].font_index]
    fonts += [font for _, font in sheet.rich_text_runlist_map.get((y, x), ())]
    return any(book.font_list[font].struck_out for font in fonts if font < len(book.font_list))


def _formulas(content: bytes) -> list[set[Position]]:
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
