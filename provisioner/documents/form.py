"""The documents that we send: annexe 1's form, filled in, and annexe 3, the Caf's contacts as a PDF.

A form is an empty one that an office suite saved, with its model rows cloned and filled in.
"""

from __future__ import annotations

import io
import json
import math
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from importlib import resources
from typing import TYPE_CHECKING, NamedTuple

from provisioner.documents.dates import DAY_ZERO
from provisioner.domain.people import Person

if TYPE_CHECKING:
    from lxml import etree

#: Empty rows after the filled ones of each list, to write in.
SPARE_ROWS = 8

#: Stands where the partner's name goes.
_PARTNER = "{partenaire}"

#: A row with this is its list's model.
_MODEL = "{nom}"
_REMARK = "{remarque}"

#: What XML cannot hold.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")

#: What Excel would take for the number of a character.
_ESCAPE = re.compile(r"_(?=x[0-9A-Fa-f]{4}_)")

#: Of a line of text, and of the tallest row that there may be in Excel, in points.
_LINE_HEIGHT, _TALLEST = 12.8, 409.0

#: The height of what is printed on one A4 page across, in points, at 70 % of its size: smaller, it is hard to read.
_ONE_PAGE = 725.0

#: How much of a column's width words and their ends take beyond their letters.
_WIDER = 1.2

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
_NS = "urn:oasis:names:tc:opendocument:xmlns:"
_TABLE, _OFFICE = f"{{{_NS}table:1.0}}", f"{{{_NS}office:1.0}}"
_CALC = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}value-type"


#: The title of the column for the remarks: no column of an annexe is called so, and it is read as none.
_REMARKS = "Remarque de la Caf"

#: How much of a table's width that column takes.
_REMARKS_SHARE = 0.15


class Entry(NamedTuple):
    """A row of a list: a person, the date of their request or end, and what the Caf remarks beside the name."""

    person: Person
    on: date
    remark: str = ""


@dataclass(frozen=True, slots=True)
class Form:
    """What a form says: the partner's name and both lists. The date of transmission is for the partner to write."""

    partner: str = ""
    asked: tuple[Entry, ...] = ()
    ended: tuple[Entry, ...] = ()


def write_form(form: Form, extension: str) -> bytes:
    """The form as a file of one of the `EXTENSIONS`.

    Every value is typed: a text is never taken for a formula or for markup, and the dates of a sheet are dates.
    Remarks stand in a column of their own, in a .docx only.
    """
    format_ = _FORMATS[extension]
    written = io.BytesIO()
    template = io.BytesIO(_template(f"form{extension}"))
    with zipfile.ZipFile(template) as source, zipfile.ZipFile(written, "w") as package:
        for member in source.infolist():
            part = source.read(member)
            package.writestr(member, _filled(part, form, format_) if member.filename == format_.part else part)
    return written.getvalue()


def _template(name: str) -> bytes:
    return resources.files("provisioner.documents").joinpath("templates", name).read_bytes()


def _filled(part: bytes, form: Form, format_: _Format) -> bytes:
    from lxml import etree

    root = etree.fromstring(part)  # a template is ours: nothing in it is to be feared
    named = [(element, element.text) for element in root.iter() if element.text and _PARTNER in element.text]
    models = [row for row in root.iter(format_.row) if any(element.text == _MODEL for element in row.iter())]
    for element, text in named:
        format_.write(element, text.replace(_PARTNER, _clean(" ".join(form.partner.split()))))
    for model, entries in zip(models, (form.asked, form.ended), strict=True):
        has_remarks = format_.row == f"{_W}tr" and any(entry.remark for entry in entries)
        if has_remarks:
            _add_remarks(model)
        for values in (*map(_values, entries), *[None] * SPARE_ROWS):
            row = deepcopy(model)
            for element in [element for element in row.iter() if element.text and element.text.startswith("{")]:
                format_.write(element, values[element.text or ""] if values else "")
            model.addprevious(row)
        parent = model.getparent()
        assert parent is not None
        parent.remove(model)
    _lay_out(root)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def _add_remarks(model: etree._Element) -> None:
    """A last column for the remarks in the table of that model row; the others make room for it."""
    table = model.getparent()
    assert table is not None
    grid = next(table.iter(f"{_W}tblGrid"))
    widths = [int(column.get(f"{_W}w", "0")) for column in grid]
    narrower = [round(width * (1 - _REMARKS_SHARE)) for width in widths]
    narrower.append(sum(widths) - sum(narrower))
    grid.append(deepcopy(grid[-1]))
    for column, width in zip(grid, narrower, strict=True):
        column.set(f"{_W}w", str(width))
    for row in table.iter(f"{_W}tr"):
        cells = row.findall(f"{_W}tc")
        cells.append(deepcopy(cells[-1]))
        row.append(cells[-1])
        for cell, width in zip(cells, narrower, strict=True):
            next(cell.iter(f"{_W}tcW")).set(f"{_W}w", str(width))
        next(cells[-1].iter(f"{_W}t")).text = _REMARK if row is model else _REMARKS


def _lay_out(root: etree._Element) -> None:
    """Numbers Excel's rows anew, makes those without a height as high as their longest text needs (not every suite
    fits them when it opens a file), and has all of them printed on one page, unless it would be too small to read.
    """
    widths = [float(column.get("width", "10")) for column in root.iter(f"{_S}col")]
    for number, row in enumerate(root.iter(f"{_S}row"), 1):
        row.set("r", str(number))
        lines = 1
        for cell, width in zip(row, widths, strict=False):
            cell.set("r", re.sub(r"\d+", str(number), cell.get("r", "")))
            lines = max(lines, math.ceil(len(cell.findtext(f"{_S}is/{_S}t", "")) * _WIDER / width))
        if row.get("ht") is None:
            row.set("ht", f"{min(lines * _LINE_HEIGHT, _TALLEST):.1f}")
    height = sum(float(row.get("ht", "0")) for row in root.iter(f"{_S}row"))
    for setup in root.iter(f"{_S}pageSetup"):
        setup.set("fitToHeight", "1" if height <= _ONE_PAGE else "0")  # 0: as many pages as it takes


def _values(entry: Entry) -> Mapping[str, str | date]:
    """An entry's values by the mark that the model row has in their place."""
    person = entry.person
    return {
        _MODEL: _clean(person.last_name),
        "{prenoms}": _clean(person.first_names),
        "{fonction}": _clean(person.function),
        "{adresse}": _clean(person.email),
        "{date}": entry.on,
        _REMARK: _clean(entry.remark),
    }


def _clean(text: str) -> str:
    return _NOT_XML.sub("", text)


def _write(element: etree._Element, value: str | date) -> None:
    element.text = f"{value:%d/%m/%Y}" if isinstance(value, date) else value


def _write_excel(element: etree._Element, value: str | date) -> None:
    """A date is its number of days, in the cell's own French format; no text is no content."""
    from lxml import etree

    cell = next(element.iterancestors(f"{_S}c"))
    if value and isinstance(value, str):
        element.text = _ESCAPE.sub("_x005F_", value)
        return
    del cell[:]
    del cell.attrib["t"]
    if isinstance(value, date):
        etree.SubElement(cell, f"{_S}v").text = str((value - DAY_ZERO).days)


def _write_calc(element: etree._Element, value: str | date) -> None:
    """A date is a date; no text is no content."""
    _write(element, value)
    cell = next(element.iterancestors(f"{_TABLE}table-cell"))
    if isinstance(value, date):
        cell.set(f"{_OFFICE}value-type", "date")
        cell.set(_CALC, "date")
        cell.set(f"{_OFFICE}date-value", value.isoformat())
    elif not value:
        cell.remove(element)
        del cell.attrib[f"{_OFFICE}value-type"], cell.attrib[_CALC]


class _Format(NamedTuple):
    """Which part of a file has the lists, what a row is there, and how a value is written in place of its mark."""

    part: str
    row: str
    write: Callable[[etree._Element, str | date], None]


_FORMATS: Mapping[str, _Format] = {
    ".docx": _Format("word/document.xml", f"{_W}tr", _write),
    ".odt": _Format("content.xml", f"{_TABLE}table-row", _write),
    ".xlsx": _Format("xl/worksheets/sheet1.xml", f"{_S}row", _write_excel),
    ".ods": _Format("content.xml", f"{_TABLE}table-row", _write_calc),
}

#: The formats that a form can be written in, by the end of the file's name.
EXTENSIONS = tuple(_FORMATS)


def write_letter(paragraphs: Sequence[str]) -> bytes:
    """A letter as a .docx that somebody completes: the form's styles, upright pages, a paragraph each."""
    written = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(_template("form.docx"))) as source,
        zipfile.ZipFile(written, "w") as package,
    ):
        for member in source.infolist():
            part = source.read(member)
            package.writestr(member, _lettered(part, paragraphs) if member.filename == "word/document.xml" else part)
    return written.getvalue()


def _lettered(part: bytes, paragraphs: Sequence[str]) -> bytes:
    from lxml import etree

    root = etree.fromstring(part)
    body, section = next(root.iter(f"{_W}body")), next(root.iter(f"{_W}sectPr"))
    body[:] = []
    for text in paragraphs:
        paragraph = etree.SubElement(body, f"{_W}p")
        spacing = etree.SubElement(etree.SubElement(paragraph, f"{_W}pPr"), f"{_W}spacing")
        spacing.set(f"{_W}after", "200")
        etree.SubElement(etree.SubElement(paragraph, f"{_W}r"), f"{_W}t").text = _clean(text)
    size = next(section.iter(f"{_W}pgSz"))
    width, height = sorted((size.get(f"{_W}w", ""), size.get(f"{_W}h", "")), key=int)
    size.attrib.clear()
    size.attrib.update({f"{_W}w": width, f"{_W}h": height})
    body.append(section)
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


class ContactLine(NamedTuple):
    """A contact in words. A shared mailbox has no name."""

    role: str
    name: str
    email: str


def write_annexe_3(on: date, dated: str, lines: Sequence[ContactLine]) -> bytes:
    """The annexe as a PDF, the same bytes for the same contents; no font, file or value from outside the package.

    `on`: the annexe's date, also the file's own; `dated`: the same as people read it.
    """
    return typeset("annexe-3.typ", {"dated": dated, "rows": lines}, on)


def typeset(template: str, values: Mapping[str, object], on: date) -> bytes:
    """The template with these values as a PDF of that day: the same bytes for the same values."""
    import typst  # 80 MB: only where a PDF is made

    pdf = typst.compile(
        _template(template),
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs={"data": json.dumps(values, ensure_ascii=False)},
        pdf_standards=["ua-1"],  # readable by those who do not see it
        timestamp=datetime.combine(on, time(12), UTC),
    )
    assert isinstance(pdf, bytes)
    return pdf
