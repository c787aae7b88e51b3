"""Filling in the forms whose rows hold paragraphs: Word's and LibreOffice's."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from copy import deepcopy
from datetime import date

from lxml import etree

#: A row's values by the mark that the model row has in their place.
Values = Mapping[str, str | date]

#: Both lists; None is an empty row.
Lists = Sequence[Sequence[Values | None]]

#: Stands where the partner's name goes.
PARTNER = "{partenaire}"

#: A row with this is its list's model.
MODEL = "{nom}"

_W = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"
_NS = "urn:oasis:names:tc:opendocument:xmlns:"
_TABLE, _OFFICE = f"{{{_NS}table:1.0}}", f"{{{_NS}office:1.0}}"
_CALC = "{urn:org:documentfoundation:names:experimental:calc:xmlns:calcext:1.0}value-type"

_Parts = Mapping[str, bytes]
_Write = Callable[[etree._Element, str | date], None]


def fill_docx(parts: _Parts, partner: str, lists: Lists) -> _Parts:
    """Word: a date is written."""
    return _fill(parts, "word/document.xml", f"{_W}tr", _write, partner, lists)


def fill_odt(parts: _Parts, partner: str, lists: Lists) -> _Parts:
    """LibreOffice's text: a date is written."""
    return _fill(parts, "content.xml", f"{_TABLE}table-row", _write, partner, lists)


def fill_ods(parts: _Parts, partner: str, lists: Lists) -> _Parts:
    """LibreOffice's sheet: a date is a date."""
    return _fill(parts, "content.xml", f"{_TABLE}table-row", _write_typed, partner, lists)


def parsed(part: bytes) -> etree._Element:
    """A part of a template, which is ours: nothing in it is to be feared."""
    return etree.fromstring(part)


def serialized(root: etree._Element) -> bytes:
    """The part as bytes."""
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def written(value: str | date) -> str:
    """A value as it is read on paper."""
    return f"{value:%d/%m/%Y}" if isinstance(value, date) else value


def _fill(parts: _Parts, name: str, row_tag: str, write: _Write, partner: str, lists: Lists) -> _Parts:
    root = parsed(parts[name])
    _name_partner(root, partner)
    models = [row for row in root.iter(row_tag) if any(one.text == MODEL for one in row.iter())]
    for model, rows in zip(models, lists, strict=True):
        parent = model.getparent()
        assert parent is not None
        for values in rows:
            row = deepcopy(model)
            for element, mark in list(_marked(row)):
                write(element, values[mark] if values else "")
            model.addprevious(row)
        parent.remove(model)
    return {name: serialized(root)}


def _name_partner(root: etree._Element, partner: str) -> None:
    for element in root.iter():
        element.text = element.text and element.text.replace(PARTNER, partner)
        element.tail = element.tail and element.tail.replace(PARTNER, partner)


def _marked(row: etree._Element) -> Iterator[tuple[etree._Element, str]]:
    """The elements that hold a mark, and the mark."""
    for element in row.iter():
        if element.text and element.text.startswith("{"):
            yield element, element.text


def _write(element: etree._Element, value: str | date) -> None:
    element.text = written(value)
    if element.tag == f"{_W}t":
        element.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")


def _write_typed(element: etree._Element, value: str | date) -> None:
    element.text = written(value)
    cell = element.getparent()
    assert cell is not None
    if value == "":
        cell.remove(element)
        for attribute in (f"{_OFFICE}value-type", _CALC):
            cell.attrib.pop(attribute, None)
    elif isinstance(value, date):
        for attribute in (f"{_OFFICE}value-type", _CALC):
            cell.set(attribute, "date")
        cell.set(f"{_OFFICE}date-value", value.isoformat())
