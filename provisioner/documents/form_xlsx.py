"""Filling in Excel's form: the rows and cells after a list are counted anew, texts stand in their cells."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from datetime import date

from lxml import etree

from provisioner.documents.form_rows import MODEL, PARTNER, Lists, Values, parsed, serialized, written

_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_SPACE = "{http://www.w3.org/XML/1998/namespace}space"
#: Of a line of text, and of the tallest row that there may be, in points.
_LINE_HEIGHT, _TALLEST = 12.8, 409.0

#: How much of a column's width words and their ends take beyond their letters.
_WIDER = 1.2

#: What Excel would take for the number of a character.
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")

#: A sheet counts its days from here.
_DAY_ZERO = date(1899, 12, 30)

_SHEET, _STRINGS = "xl/worksheets/sheet1.xml", "xl/sharedStrings.xml"


def fill(parts: Mapping[str, bytes], partner: str, lists: Lists) -> Mapping[str, bytes]:
    """The sheet with its lists. Merged cells stand above the lists only, so that none has to move."""
    strings, sheet = parsed(parts[_STRINGS]), parsed(parts[_SHEET])
    marks = dict(_marks(strings))
    data = sheet.find(f"{_S}sheetData")
    dimension = sheet.find(f"{_S}dimension")
    assert data is not None
    assert dimension is not None
    widths = _widths(sheet)
    left, moved, last = iter(lists), 0, 0
    for row in list(data):
        marked = [(cell, mark) for cell in row if (mark := _mark(cell, marks)) is not None]
        number = int(row.get("r", "0")) + moved
        rows: list[etree._Element] = [row]
        if any(mark == MODEL for _, mark in marked):
            rows = [_filled(row, values, marks, widths) for values in next(left)]
            moved += len(rows) - 1
            for one in rows:
                row.addprevious(one)
            data.remove(row)
        for cell, _ in ((cell, mark) for cell, mark in marked if mark == PARTNER):
            _write(cell, partner)
        for last, one in enumerate(rows, number):
            _place(one, last)
    dimension.set("ref", f"A1:E{last}")
    return {_STRINGS: serialized(strings), _SHEET: serialized(sheet)}


def _marks(strings: etree._Element) -> Iterator[tuple[str, str]]:
    """The marks among the workbook's shared texts by their number; there they are no longer needed."""
    for number, shared in enumerate(strings):
        text = shared.find(f"{_S}t")
        if text is not None and text.text and text.text.startswith("{"):
            yield str(number), text.text
            text.text = ""


def _mark(cell: etree._Element, marks: Mapping[str, str]) -> str | None:
    return marks.get(cell.findtext(f"{_S}v") or "") if cell.get("t") == "s" else None


def _widths(sheet: etree._Element) -> list[float]:
    """The columns' widths, in characters."""
    return [
        float(column.get("width", "10"))
        for column in sheet.iter(f"{_S}col")
        for _ in range(int(column.get("min", "1")), int(column.get("max", "1")) + 1)
    ]


def _filled(
    model: etree._Element, values: Values | None, marks: Mapping[str, str], widths: list[float]
) -> etree._Element:
    """A row, as high as its longest text needs: not every suite fits it when it opens a file."""
    row = deepcopy(model)
    lines = 1
    for cell, width in zip(row, widths, strict=False):
        mark = _mark(cell, marks)
        if mark is not None:
            value = values[mark] if values else ""
            _write(cell, value)
            lines = max(lines, math.ceil(len(written(value)) * _WIDER / width))
    row.set("ht", f"{min(lines * _LINE_HEIGHT, _TALLEST):.1f}")
    return row


def _write(cell: etree._Element, value: str | date) -> None:
    """A text in the cell itself, typed as one; a date as its number of days, in the cell's own French format."""
    for child in list(cell):
        cell.remove(child)
    cell.attrib.pop("t", None)
    if isinstance(value, date):
        etree.SubElement(cell, f"{_S}v").text = str((value - _DAY_ZERO).days)
    elif value:
        cell.set("t", "inlineStr")
        text = etree.SubElement(etree.SubElement(cell, f"{_S}is"), f"{_S}t")
        text.set(_SPACE, "preserve")
        text.text = _ESCAPE.sub("_x005F_", value)


def _place(row: etree._Element, number: int) -> None:
    row.set("r", str(number))
    for cell in row:
        cell.set("r", re.sub(r"\d+", str(number), cell.get("r", "")))
