"""Documents that cost more than their share: small to send, long to read. Each alone, and around a valid annexe 1."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Callable, Mapping
from typing import NamedTuple

from tests.documents.making import (
    ALICE,
    HEADING_1,
    HEADING_2,
    TITLES_1,
    TITLES_2,
    csv_form,
    docx,
    odf,
    ods_row,
    paragraph,
    word_table,
    xlsx_form,
    zipped,
)

#: As many rows as the limit lets through, with some room for those of the form.
ROWS = 49_990

_MARKS = "a" + "\u0300\u0316" * 300_000
_DIGITS = "annexe " + "7" * 5_000
_COMMAS = "," * 1_998 + "a"
_LONG_NAME = "n" * 5_000_000


class Costly(NamedTuple):
    """A document, by the name that it is sent under."""

    name: str
    content: bytes


def _word(padding: str, *, around: bool) -> bytes:
    body = (
        paragraph("ANNEXE 1 : Suivi des habilitations"),
        paragraph("Date de transmission : 15/06/2026"),
        paragraph(HEADING_1),
        word_table(TITLES_1, ALICE),
        paragraph(HEADING_2),
        word_table(TITLES_2),
    )
    return docx(padding, *(body if around else ()), padding if around else "")


def _text(padding: bytes, *, around: bool) -> bytes:
    return padding + (b"\n" + csv_form([ALICE]) + b"\n" + padding if around else b"")


def _marks(around: bool) -> Costly:
    return Costly("marks.docx", _word(paragraph(_MARKS), around=around))


def _marks_in_text(around: bool) -> Costly:
    return Costly("marks.csv", _text(_MARKS.encode(), around=around))


def _digits(around: bool) -> Costly:
    return Costly("digits.docx", _word(paragraph(_DIGITS), around=around))


def _commas(around: bool) -> Costly:
    rows = [[f'"{_COMMAS}"'] * 5] * 60
    padding = "\n".join(map(";".join, rows)).encode()
    return Costly("commas.csv", _text(padding, around=around))


def _commas_in_a_list(around: bool) -> Costly:
    rows = [[f'"{_COMMAS}"'] * 5] * 60
    return Costly("commas-rows.csv", csv_form([*rows, *([ALICE] if around else [])]))


def _errors(around: bool) -> Costly:
    rows = [(f"N{number}", "=1", f"<{number}>", f"p{number} at x", "32/13/2026") for number in range(ROWS)]
    return Costly("errors.csv", csv_form([ALICE, *rows] if around else rows))


def _repeated_valid(_around: bool) -> Costly:
    """The limit's rows, all of one person: each but the first is somebody twice."""
    row = ods_row(ALICE, f'table:number-rows-repeated="{ROWS}"')
    rows = (ods_row(("ANNEXE 1",)), ods_row(("Date de transmission :", "15/06/2026")))
    lists = (ods_row((HEADING_1,)), ods_row(TITLES_1), row, ods_row((HEADING_2,)), ods_row(TITLES_2))
    inside = "".join((*rows, *lists))
    return Costly("one-person.ods", odf("spreadsheet", f'<table:table table:name="F">{inside}</table:table>'))


def _merges(around: bool) -> Costly:
    merges = "".join(f'<mergeCell ref="A{top}:XFD1048576"/>' for top in range(1, 20_001))
    rows = (ALICE,) if around else ()
    return Costly("merges.xlsx", xlsx_form(*rows, sheet=f"<mergeCells>{merges}</mergeCells>"))


def _paragraphs(around: bool) -> Costly:
    return Costly("paragraphs.docx", _word("<w:p/>" * 500_000, around=around))


def _quotes(around: bool) -> Costly:
    padding = b'"\n' * ((20 * 2**20 - 4_096) // (4 if around else 2))
    return Costly("quotes.csv", _text(padding, around=around))


def _sheet_name(around: bool) -> Costly:
    rows = (ALICE,) if around else ()
    return Costly("name.xlsx", _renamed(xlsx_form(*rows)))


def _renamed(book: bytes) -> bytes:
    with zipfile.ZipFile(io.BytesIO(book)) as package:
        parts = {name: package.read(name) for name in package.namelist()}
    parts["xl/workbook.xml"] = parts["xl/workbook.xml"].replace(b"Feuil1", _LONG_NAME.encode())
    return zipped(parts)


def _sheet_name_of_libreoffice(around: bool) -> Costly:
    rows = [("ANNEXE 1",), ("Date de transmission :", "15/06/2026"), (HEADING_1,), TITLES_1]
    rows += [ALICE] if around else []
    rows += [(HEADING_2,), TITLES_2]
    inside = "".join(map(ods_row, rows))
    sheet = f'<table:table table:name="{_LONG_NAME}">{inside}</table:table>'
    return Costly("name.ods", odf("spreadsheet", sheet))


#: Each kind: made alone, or around a valid annexe 1 with one row (Alice) where `True` is given.
COSTLY: Mapping[str, Callable[[bool], Costly]] = {
    "a letter under 600,000 marks": _marks,
    "a letter under 600,000 marks, in text": _marks_in_text,
    "an annexe of 5,000 digits": _digits,
    "300 cells of commas": _commas,
    "300 cells of commas in a list": _commas_in_a_list,
    "49,990 rows full of errors": _errors,
    "one person repeated to the limit": _repeated_valid,
    "20,000 merges of a whole sheet": _merges,
    "500,000 empty paragraphs": _paragraphs,
    "20 MB of quotes and line ends": _quotes,
    "a sheet's name of 5 million characters": _sheet_name,
    "a sheet's name of 5 million characters, in LibreOffice": _sheet_name_of_libreoffice,
}
