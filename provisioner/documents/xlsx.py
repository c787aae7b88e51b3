"""Excel's workbooks, of both kinds (« Strict » too): values and marks in one pass over the XML.

A library gives the values alone, and not those of a strict workbook; which rows are hidden, what is struck through
and which text stands beside a struck one is only in the XML.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import NamedTuple, TypeVar

from lxml import etree

from provisioner.documents.blocks import (
    LONGEST_TEXT,
    Block,
    Cell,
    File,
    Parts,
    Reading,
    Rows,
    Run,
    Unreadable,
    cell_of,
)
from provisioner.documents.markup import drop, stream
from provisioner.documents.sheets import Merge, Sheet, date_text, is_date_format, number_text

_OFF = {"0", "false"}

#: The numbers of the formats that are dates or times without saying so.
_DATE_FORMATS = {*range(14, 23), *range(27, 37), *range(45, 48), *range(50, 59)}

#: What makes a cell more than a format: a million of the others are passed over quickly.
_CONTENTS = ("{*}v", "{*}f", "{*}is")

#: Rows and cells that hold nothing but a format.
_EMPTY_ROWS = re.compile(rb"(?:<row(?: [^<>]*)?>|<c(?: [^<>]*)?/>|</row>|\s)*+")

#: A character that XML cannot hold, as Excel writes it.
_ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")

_REFERENCE = re.compile(r"([A-Z]{1,3})([0-9]{1,7})")

_Chosen = TypeVar("_Chosen")

#: A text, or the pieces of a rich one, each with whether it is struck through (None: as its cell's style says).
_Text = str | list[tuple[str, bool | None]]


class _Style(NamedTuple):
    """What a cell's style tells: whether its text is struck through (or the cell, from corner to corner), whether its
    number is a date.
    """

    is_struck: bool = False
    is_date: bool = False


class _Book(NamedTuple):
    """What the cells of a workbook refer to."""

    styles: list[_Style]
    texts: list[_Text]
    from_1904: bool


def read(file: File, most_rows: int) -> Reading:
    """The workbook's sheets as tables, each after its name.

    Raises:
        Unreadable: not a sound workbook, or too many rows.
    """
    try:
        blocks = list(_blocks(file.parts, Rows(most_rows)))
        return Reading(blocks, margins=list(_boxes(file.parts)))
    except (etree.XMLSyntaxError, ValueError, LookupError):
        raise Unreadable("damaged") from None


def _blocks(parts: Parts, rows: Rows) -> Iterator[Block]:
    book = _Book(_styles(parts), [*_texts(parts)], _is_from_1904(parts))
    for name, is_hidden, part in _sheets(parts):
        sheet = Sheet(hidden=is_hidden)
        _fill(sheet, parts[part], book)
        for place, text in _notes(parts, part):
            sheet.note(*place, text)
        yield name[:LONGEST_TEXT]
        yield sheet.table(rows)


def _boxes(parts: Parts) -> Iterator[str]:
    """The texts of the boxes that are drawn over the sheets."""
    for _, _, sheet in _sheets(parts):
        for part in _linked(parts, sheet, "drawing").values():
            for box in _elements(parts, part, "txBody"):
                paragraphs = ("".join(paragraph.itertext()) for paragraph in box.iter("{*}p"))
                yield "\n".join(paragraphs)[:LONGEST_TEXT]
                drop(box)


def _sheets(parts: Parts) -> Iterator[tuple[str, bool, str]]:
    """The name of each sheet of cells, whether it is hidden, and the name of its part.

    Raises:
        Unreadable: there is none, or two are the same part.
    """
    targets = _linked(parts, "xl/workbook.xml", "worksheet")
    seen: set[str] = set()
    for sheet in _elements(parts, "xl/workbook.xml", "sheet"):
        link = next((value for name, value in sheet.items() if name.endswith("}id")), None)
        if link not in targets:
            continue  # a chart
        if targets[link] in seen:
            raise Unreadable("damaged")
        seen.add(targets[link])
        yield sheet.get("name", ""), sheet.get("state", "visible") != "visible", targets[link]
    if not seen:
        raise Unreadable("damaged")


def _linked(parts: Parts, part: str, kind: str) -> dict[str | None, str]:
    """The names of the parts of a kind that a part refers to, by the number that it gives them."""
    folder, name = posixpath.split(part)
    return {
        link.get("Id"): posixpath.normpath(posixpath.join("/", folder, link.get("Target", ""))).lstrip("/")
        for link in _elements(parts, f"{folder}/_rels/{name}.rels", "Relationship")
        if link.get("Type", "").endswith(f"/{kind}")
    }


#: With what Excel's notice ends, before « Commentaire : », that older versions show of a comment.
_THREADED = "linkid=870924"


def _notes(parts: Parts, sheet: str) -> Iterator[tuple[tuple[int, int], str]]:
    """The comments of a sheet, each with the row and the column of its cell."""
    for part in _linked(parts, sheet, "comments").values():
        for comment in _elements(parts, part, "comment"):
            if place := _REFERENCE.fullmatch(comment.get("ref", "")):
                text = " ".join(piece.text or "" for piece in comment.iter("{*}t"))
                if _THREADED in text:  # a notice of Excel stands before the words
                    text = text.rpartition(_THREADED)[2].partition(":")[2]
                yield (int(place[2]) - 1, _column(place[1])), text[:LONGEST_TEXT]
            drop(comment)


def _elements(parts: Parts, name: str, *tags: str) -> Iterator[etree._Element]:
    """The elements of a part, complete; none when the workbook has no such part. A tag is in any namespace."""
    if name in parts:
        yield from (element for _, element in stream(parts[name], *(f"{{*}}{tag}" for tag in tags)))


def _is_from_1904(parts: Parts) -> bool:
    return any(_is_on(book.get("date1904", "0")) for book in _elements(parts, "xl/workbook.xml", "workbookPr"))


def _styles(parts: Parts) -> list[_Style]:
    """The cell styles in the order in which cells refer to them. What a style leaves out, its named style says."""
    date_formats = set(map(str, _DATE_FORMATS))
    struck: set[str] = set()
    crossed_out: set[str] = set()
    named: list[str] = []
    styles: list[_Style] = []
    for element in _elements(parts, "xl/styles.xml", "numFmts", "fonts", "borders", "cellStyleXfs", "cellXfs"):
        match _name(element):
            case "numFmts":
                own_dates = [own for own in element if is_date_format(own.get("formatCode", ""))]
                date_formats |= {own.get("numFmtId", "") for own in own_dates}
            case "fonts":
                struck = {str(number) for number, font in enumerate(element) if _has_strike(font)}
            case "borders":
                crossed_out = {str(number) for number, border in enumerate(element) if _goes_across(border)}
            case "cellStyleXfs":
                named = [style.get("fontId", "0") for style in element]
            case _:
                for style in element:
                    font = style.get("fontId") or _at(named, style.get("xfId", "0"), "0")
                    is_struck = font in struck or style.get("borderId") in crossed_out
                    styles.append(_Style(is_struck, style.get("numFmtId", "0") in date_formats))
    return styles


def _texts(parts: Parts) -> Iterator[_Text]:
    """The texts that cells share, in the order in which cells refer to them."""
    for element in _elements(parts, "xl/sharedStrings.xml", "si"):
        yield _text(element)
        drop(element)


def _text(element: etree._Element) -> _Text:
    """A text, shared or a cell's own."""
    pieces: list[tuple[str, bool | None]] = []
    for child in element:
        if _name(child) == "t":
            pieces.append((_unescaped(child.text), None))
        elif _name(child) == "r":
            marks = next((part for part in child if _name(part) == "rPr"), None)
            text = "".join(_unescaped(part.text) for part in child if _name(part) == "t")
            pieces.append((text, None if marks is None else _has_strike(marks)))
    if all(struck is None for _, struck in pieces):
        return "".join(text for text, _ in pieces)[:LONGEST_TEXT]
    return pieces


def _unescaped(text: str | None) -> str:
    return _ESCAPED.sub(lambda escaped: chr(int(escaped[1], 16)), text or "")


def _has_strike(element: etree._Element) -> bool:
    return any(_is_on(strike.get("val", "1")) for strike in element.iter("{*}strike"))


def _goes_across(border: etree._Element) -> bool:
    """Whether a border goes from corner to corner."""
    has_line = any(line.get("style", "none") != "none" for line in border.iter("{*}diagonal"))
    return has_line and any(_is_on(border.get(f"diagonal{way}", "0")) for way in ("Up", "Down"))


def _fill(sheet: Sheet, part: bytes, book: _Book) -> None:
    """The cells of a sheet, and what is hidden or merged of it."""
    y = -1
    for _, element in stream(_without_tail(part), "{*}row", "{*}col", "{*}mergeCell"):
        match _name(element):
            case "row":
                y = int(element.get("r", y + 2)) - 1
                if _is_on(element.get("hidden", "0")) or element.get("ht") == "0":
                    sheet.hide_row(y)
                _fill_row(sheet, y, element, book)
                drop(element)
            case "col":
                if _is_on(element.get("hidden", "0")) or element.get("width") == "0":
                    sheet.hide_columns(int(element.get("min", "1")) - 1, int(element.get("max", "1")) - 1)
            case _:
                if merge := _merge(element.get("ref", "")):
                    sheet.merge(merge)


def _fill_row(sheet: Sheet, y: int, row: etree._Element, book: _Book) -> None:
    x = -1
    for cell in row if next(row.iterdescendants(*_CONTENTS), None) is not None else ():
        place = _REFERENCE.fullmatch(cell.get("r", ""))
        x = _column(place[1]) if place else x + 1
        if len(cell):
            sheet.put(y, x, _cell(cell, book))


def _cell(element: etree._Element, book: _Book) -> Cell:
    value, text, is_formula = "", None, False
    for child in element:
        match _name(child):
            case "v":
                value = child.text or ""
            case "is":
                text = _text(child)
            case "f":
                is_formula = True
    style = _at(book.styles, element.get("s", "0"), _Style())
    if text is None:
        text = _value(element.get("t", "n"), value, style, book)
    if isinstance(text, str):
        return Cell(text, struck=style.is_struck and bool(text.strip()), formula=is_formula)
    runs = [Run(piece, style.is_struck if struck is None else struck) for piece, struck in text]
    return cell_of(runs, formula=is_formula)


def _value(kind: str, value: str, style: _Style, book: _Book) -> _Text:
    if kind == "s":
        return book.texts[int(value)]
    if kind == "b":
        return "VRAI" if _is_on(value) else "FAUX"
    if kind != "n" or not value:
        return _unescaped(value)
    number = float(value)
    date = date_text(number, from_1904=book.from_1904) if style.is_date else None
    return date or number_text(number, from_1904=book.from_1904)


def _at(choices: list[_Chosen], number: str, otherwise: _Chosen) -> _Chosen:
    """The choice of that number, from 0, if there is one."""
    return choices[int(number)] if number.isdecimal() and int(number) < len(choices) else otherwise


def _merge(reference: str) -> Merge | None:
    """The cells of a reference such as `A1:B12`; None for another one."""
    corners = [_REFERENCE.fullmatch(corner) for corner in reference.split(":")]
    if len(corners) != 2 or corners[0] is None or corners[1] is None:
        return None
    (left, top), (right, bottom) = (corner.groups() for corner in corners if corner)
    return Merge(int(top) - 1, int(bottom) - 1, _column(left), _column(right))


def _without_tail(part: bytes) -> bytes:
    """A sheet without the empty rows at its end: a format dragged down to the last one makes a million of them."""
    end = part.rfind(b"</sheetData>")
    start = part.find(
        b"</row>", max(part.rfind(mark, 0, max(end, 0)) for mark in (b"</v>", b"</f>", b"<f", b"</is>"))
    )
    is_empty = 0 <= start < end and _EMPTY_ROWS.fullmatch(part, start + len(b"</row>"), end)
    return part[: start + len(b"</row>")] + part[end:] if is_empty else part


def _column(letters: str) -> int:
    """The column of letters such as `AB`, from zero."""
    number = 0
    for letter in letters:
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _name(element: etree._Element) -> str:
    """An element's name without its namespace."""
    return str(element.tag).rpartition("}")[2]


def _is_on(value: str) -> bool:
    return value not in _OFF
