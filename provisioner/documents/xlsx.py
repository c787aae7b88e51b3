"""Excel's workbooks: calamine for the values, and one pass over the XML for the marks that it does not give."""

from __future__ import annotations

import io
import posixpath
import re
from collections.abc import Iterator

import python_calamine
from lxml import etree
from python_calamine import CalamineSheet, CalamineWorkbook, SheetTypeEnum, SheetVisibleEnum

from provisioner.documents.blocks import Block, Reading, Rows, Unreadable
from provisioner.documents.gate import File, Parts
from provisioner.documents.markup import drop, stream
from provisioner.documents.sheets import DAYS_1904, Sheet

_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_REL = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_OFF = {"0", "false"}

#: What makes a cell more than a format: a million of the others are passed over quickly.
_CONTENTS = (f"{_S}v", f"{_S}f", f"{_S}is")

#: Rows and cells that hold nothing but a format.
_EMPTY_ROWS = re.compile(rb"(?:<row(?: [^<>]*)?>|<c(?: [^<>]*)?/>|</row>|\s)*+")


def read(file: File, most_rows: int) -> Reading:
    """The workbook's sheets as tables, each after its name.

    Raises:
        Unreadable: not a sound workbook, or too many rows.
    """
    try:
        book = python_calamine.load_workbook(io.BytesIO(file.content))
        return Reading(list(_blocks(book, file.parts, Rows(most_rows))))
    except (python_calamine.CalamineError, etree.XMLSyntaxError, ValueError, KeyError):
        raise Unreadable("damaged") from None


def _blocks(book: CalamineWorkbook, parts: Parts, rows: Rows) -> Iterator[Block]:
    paths, days = _paths(parts), _days_to_add(parts)
    struck_styles, struck_strings = _struck_styles(parts), _struck_strings(parts)
    for found in book.sheets_metadata:
        if found.typ is not SheetTypeEnum.WorkSheet:
            continue
        sheet = Sheet(hidden=found.visible is not SheetVisibleEnum.Visible)
        _mark(sheet, parts[paths[found.name]], struck_styles, struck_strings)
        _fill(sheet, book.get_sheet_by_name(found.name))
        yield found.name
        yield sheet.table(rows, days)


def _fill(sheet: Sheet, source: CalamineSheet) -> None:
    left = [""] * (source.start[1] if source.start else 0)  # empty rows at the top are given, empty columns are not
    for y, values in enumerate(source.iter_rows()):
        if any(value != "" for value in values):
            sheet.values[y] = [*left, *values]
    for (top, first), (bottom, _) in source.merged_cell_ranges or []:
        sheet.merge(top, bottom, first)


def _part(parts: Parts, name: str, *tags: str) -> Iterator[etree._Element]:
    """The elements of a part, complete; none when the workbook has no such part."""
    if name in parts:
        yield from (element for _, element in stream(parts[name], *tags))


def _paths(parts: Parts) -> dict[str, str]:
    """The part of each sheet, by the sheet's name."""
    targets = {
        element.get("Id"): posixpath.normpath(posixpath.join("/xl", element.get("Target", ""))).lstrip("/")
        for element in _part(parts, "xl/_rels/workbook.xml.rels", _REL)
    }
    return {
        sheet.get("name", ""): targets.get(sheet.get(f"{_R}id"), "")
        for sheet in _part(parts, "xl/workbook.xml", f"{_S}sheet")
    }


def _days_to_add(parts: Parts) -> int:
    """What makes a bare number of days count from 1900: calamine does it for cells that look like dates only."""
    old = any(_is_on(one.get("date1904", "0")) for one in _part(parts, "xl/workbook.xml", f"{_S}workbookPr"))
    return DAYS_1904 if old else 0


def _struck_styles(parts: Parts) -> set[str]:
    """The numbers of the cell styles whose font is struck through."""
    fonts: list[bool] = []
    struck: set[str] = set()
    for element in _part(parts, "xl/styles.xml", f"{_S}fonts", f"{_S}cellXfs"):
        if element.tag == f"{_S}fonts":
            fonts = [_has_strike(font) for font in element]
        else:
            struck = {
                str(number)
                for number, style in enumerate(element)
                if (font := style.get("fontId", "0")).isdigit() and int(font) < len(fonts) and fonts[int(font)]
            }
    return struck


def _struck_strings(parts: Parts) -> set[str]:
    """The numbers of the shared texts of which a part is struck through."""
    struck = set()
    for number, element in enumerate(_part(parts, "xl/sharedStrings.xml", f"{_S}si")):
        if _has_strike(element):
            struck.add(str(number))
        drop(element)
    return struck


def _has_strike(element: etree._Element) -> bool:
    return any(_is_on(strike.get("val", "1")) for strike in element.iter(f"{_S}strike"))


def _mark(sheet: Sheet, part: bytes, struck_styles: set[str], struck_strings: set[str]) -> None:
    """Notes what calamine leaves out."""
    y = -1
    for _, row in stream(_without_tail(part), f"{_S}row"):
        y = int(row.get("r", y + 2)) - 1
        if _is_on(row.get("hidden", "0")):
            sheet.hidden_rows.add(y)
        x = -1
        for cell in row if next(row.iterdescendants(*_CONTENTS), None) is not None else ():
            x = _column(cell.get("r", ""), x + 1)
            if cell.find(f"{_S}f") is not None:
                sheet.formulas.add((y, x))
            is_shared = cell.get("t") == "s" and cell.findtext(f"{_S}v") in struck_strings
            if is_shared or cell.get("s") in struck_styles or _has_strike(cell):
                sheet.struck.add((y, x))
        drop(row)


def _without_tail(part: bytes) -> bytes:
    """A sheet without the empty rows at its end: a format dragged down to the last one makes a million of them."""
    end = part.rfind(b"</sheetData>")
    start = part.find(
        b"</row>", max(part.rfind(mark, 0, max(end, 0)) for mark in (b"</v>", b"</f>", b"<f", b"</is>"))
    )
    is_empty = 0 <= start < end and _EMPTY_ROWS.fullmatch(part, start + len(b"</row>"), end)
    return part[: start + len(b"</row>")] + part[end:] if is_empty else part


def _column(reference: str, following: int) -> int:
    """The column of a reference such as `AB12`, from zero; a cell without one follows the cell before."""
    letters = re.match(r"[A-Z]{1,3}", reference)
    if letters is None:
        return following
    number = 0
    for letter in letters[0]:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _is_on(value: str) -> bool:
    return value not in _OFF
