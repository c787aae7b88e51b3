"""Excel's workbooks: calamine for the values, and one pass over the XML for the marks that it does not give."""

from __future__ import annotations

import io
import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

import python_calamine
from lxml import etree

from provisioner.documents.blocks import MOST_CELLS, Block, Cell, Reading, Rows, Table, Unreadable
from provisioner.documents.gate import Parts
from provisioner.documents.markup import drop, stream

_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_R = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}"
_REL = "{http://schemas.openxmlformats.org/package/2006/relationships}Relationship"
_OFF = {"0", "false"}

#: What makes a cell more than a format: a million of the others are passed over quickly.
_CONTENTS = (f"{_S}v", f"{_S}f", f"{_S}is")

#: Days between the two origins that a workbook may count its days from.
_DAYS_1904 = 1462

#: How far down a merged cell is followed.
_TALLEST_MERGE = 1_000

#: Rows and cells that hold nothing but a format.
_EMPTY_ROWS = re.compile(rb"(?:<row(?: [^<>]*)?>|<c(?: [^<>]*)?/>|</row>|\s)*+")

_Position = tuple[int, int]


@dataclass(slots=True)
class _Marks:
    """Of one sheet, by position from zero: what calamine leaves out."""

    hidden_rows: set[int] = field(default_factory=set)
    struck: set[_Position] = field(default_factory=set)
    formulas: dict[int, set[int]] = field(default_factory=dict)


def read(content: bytes, parts: Parts, most_rows: int) -> Reading:
    """The workbook's sheets as tables, each after its name.

    Raises:
        Unreadable: not a sound workbook, or too many rows.
    """
    try:
        book = python_calamine.load_workbook(io.BytesIO(content))
        names = [sheet.name for sheet in book.sheets_metadata if sheet.typ is python_calamine.SheetTypeEnum.WorkSheet]
        visible = {
            sheet.name for sheet in book.sheets_metadata if sheet.visible is python_calamine.SheetVisibleEnum.Visible
        }
        rows, paths, days = Rows(most_rows), _paths(parts), _days_to_add(parts)
        struck_styles, struck_strings = _struck_styles(parts), _struck_strings(parts)
        blocks: list[Block] = []
        for name in names:
            part = parts.get(paths.get(name, ""))
            if part is None:
                raise Unreadable("damaged")
            marks = _marks(part, struck_styles, struck_strings)
            table = _table(book.get_sheet_by_name(name), marks, rows, days, hidden=name not in visible)
            blocks += [name, table]
    except (python_calamine.CalamineError, etree.XMLSyntaxError, ValueError, KeyError):
        raise Unreadable("damaged") from None
    return Reading(blocks)


def _table(sheet: python_calamine.CalamineSheet, marks: _Marks, rows: Rows, days: int, *, hidden: bool) -> Table:
    """The sheet's rows that hold a value or a formula, which may have none."""
    left = sheet.start[1] if sheet.start else 0  # empty rows at the top are given, empty columns are not
    filled = {y: values for y, values in enumerate(sheet.iter_rows()) if any(value != "" for value in values)}
    below = _below_merges(sheet)
    table: Table = []
    for y in sorted({*filled, *marks.formulas}):
        values = dict(enumerate(filled.get(y, ()), left))
        formulas = marks.formulas.get(y, set())
        last = max((*values, *formulas))
        cells = []
        for x in range(min(last + 1, MOST_CELLS)):
            text, kind = _value(values.get(x, ""), days)
            at = (y, x)
            struck = at in marks.struck and bool(text.strip())
            is_hidden = hidden or y in marks.hidden_rows
            cells.append(Cell(text, kind, struck, is_hidden, x in formulas, at in below))
        table += rows.kept(cells)
    return table


def _below_merges(sheet: python_calamine.CalamineSheet) -> set[_Position]:
    """The cells under the first one of cells merged downward: the value is in the first one only."""
    return {
        (row, left)
        for (top, left), (bottom, _) in sheet.merged_cell_ranges or []
        for row in range(top + 1, min(bottom, top + _TALLEST_MERGE) + 1)
    }


def _value(value: Any, days: int) -> tuple[str, str]:
    if isinstance(value, datetime):
        return value.date().isoformat(), "date"
    if isinstance(value, date):
        return value.isoformat(), "date"
    if isinstance(value, float) and value.is_integer():
        return str(int(value) + days), "number"
    return str(value), "number" if isinstance(value, float) else "text"


def _part(parts: Parts, name: str, *tags: str) -> Iterator[etree._Element]:
    """The elements of a part, complete; none when the workbook has no such part."""
    if name in parts:
        yield from (element for _, element in stream(parts[name], *tags, starts=False))


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
    return _DAYS_1904 if old else 0


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


def _marks(part: bytes, struck_styles: set[str], struck_strings: set[str]) -> _Marks:
    marks = _Marks()
    y = -1
    for _, row in stream(_without_tail(part), f"{_S}row", starts=False):
        y = int(row.get("r", y + 2)) - 1
        if _is_on(row.get("hidden", "0")):
            marks.hidden_rows.add(y)
        if next(row.iterdescendants(*_CONTENTS), None) is None:
            drop(row)
            continue
        x = -1
        for cell in row:
            x = _column(cell.get("r", ""), x + 1)
            if cell.find(f"{_S}f") is not None:
                marks.formulas.setdefault(y, set()).add(x)
            is_shared = cell.get("t") == "s" and cell.findtext(f"{_S}v") in struck_strings
            if is_shared or cell.get("s") in struck_styles or _has_strike(cell):
                marks.struck.add((y, x))
        drop(row)
    return marks


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
