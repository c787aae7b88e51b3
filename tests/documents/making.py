"""Small office files made by hand, so that a test shows the very markup it is about."""

from __future__ import annotations

import io
import struct
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

DATA = Path(__file__).parent.parent / "data"
SAMPLES, ANNEXES, SHEETS = DATA / "samples", DATA / "annexes", DATA / "sheets"

HEADING_1 = "1 - Liste des personnes pour lesquelles un nouvel accès est demandé ou qui ont un accès ouvert"
HEADING_2 = "2 - Liste des personnes pour lesquelles une clôture de l'accès est demandée"
TITLES_1 = ("Nom", "Prénom", "Fonction/qualité", "Adresse électronique", "Date de demande d'habilitation")
TITLES_2 = (*TITLES_1[:4], "Date de fin d'habilitation")
ALICE = ("Carpentier", "Alice", "Directrice", "alice@agglo-lys.example", "10/06/2026")
BOB = ("Leroy", "Bob", "agent", "bob@agglo-lys.example", "11/06/2026")

Row = Sequence[str]


def zipped(parts: Mapping[str, str | bytes]) -> bytes:
    """A package of these parts."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package:
        for name, data in parts.items():
            package.writestr(name, data)
    return buffer.getvalue()


def csv_form(
    rows_1: Iterable[Row], rows_2: Iterable[Row] = (), *, sent: str = "15/06/2026", join: str = ";"
) -> bytes:
    """The form as a text file, unquoted."""
    rows = [
        ("ANNEXE 1 : Suivi des habilitations",),
        ("Date de transmission :", sent),
        (HEADING_1,),
        TITLES_1,
        *rows_1,
        (HEADING_2,),
        TITLES_2,
        *rows_2,
    ]
    lines = (join.join((*row, *[""] * (5 - len(row)))) for row in rows)
    return "\r\n".join(lines).encode()


# Word

_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_MC = 'xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'


def run(text: str, marks: str = "") -> str:
    """A run of text with its formatting."""
    return f'<w:r><w:rPr>{marks}</w:rPr><w:t xml:space="preserve">{escape(text)}</w:t></w:r>'


def paragraph(text: str) -> str:
    """A paragraph."""
    return f"<w:p>{run(text)}</w:p>"


def cell(content: str, properties: str = "") -> str:
    """A cell: text, or the markup of its paragraphs."""
    inside = content if content.startswith("<") else paragraph(content)
    return f"<w:tc><w:tcPr>{properties}</w:tcPr>{inside}</w:tc>"


def word_row(cells: Iterable[str], properties: str = "") -> str:
    """A row of cells, given as text or as whole cells."""
    inside = "".join(text if text.startswith(("<w:tc", "<w:sdt")) else cell(text) for text in cells)
    return f"<w:tr><w:trPr>{properties}</w:trPr>{inside}</w:tr>"


def word_table(*rows: str | Row) -> str:
    """A table; a row is its markup or its texts."""
    return f"<w:tbl>{''.join(row if isinstance(row, str) else word_row(row) for row in rows)}</w:tbl>"


def docx(*body: str) -> bytes:
    """A document with this body."""
    return zipped({"word/document.xml": f"<w:document {_W} {_MC}><w:body>{''.join(body)}</w:body></w:document>"})


def word_form(*rows_1: str | Row, rows_2: Sequence[str | Row] = ()) -> bytes:
    """The form with these rows."""
    return docx(
        paragraph("ANNEXE 1 : Suivi des habilitations"),
        paragraph("Date de transmission : 15/06/2026"),
        paragraph(HEADING_1),
        word_table(TITLES_1, *rows_1),
        paragraph(HEADING_2),
        word_table(TITLES_2, *rows_2),
    )


# LibreOffice

_ODF = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
    for name in ("office", "text", "table", "style")
)


def ods_cell(text: str, attributes: str = "") -> str:
    """A cell of a sheet: text, or the markup of its paragraphs."""
    inside = text if text.startswith("<") else f"<text:p>{escape(text)}</text:p>"
    return f"<table:table-cell {attributes}>{inside}</table:table-cell>"


def ods_row(cells: Iterable[str], attributes: str = "") -> str:
    """A row of a sheet."""
    inside = "".join(text if text.startswith("<table:") else ods_cell(text) for text in cells)
    return f"<table:table-row {attributes}>{inside}</table:table-row>"


def odf(kind: str, body: str, styles: str = "") -> bytes:
    """A document of LibreOffice: `text` or `spreadsheet`."""
    return zipped(
        {
            "mimetype": f"application/vnd.oasis.opendocument.{kind}",
            "content.xml": f"<office:document-content {_ODF}><office:automatic-styles>{styles}"
            f"</office:automatic-styles><office:body><office:{kind}>{body}</office:{kind}></office:body>"
            "</office:document-content>",
        }
    )


def ods_form(*rows_1: str | Row, styles: str = "", before: str = "") -> bytes:
    """The form as a sheet; a row is its markup or its texts; `before` is what stands before the rows."""
    rows = [
        ("ANNEXE 1",),
        ("Date de transmission :", "15/06/2026"),
        (HEADING_1,),
        TITLES_1,
        *rows_1,
        (HEADING_2,),
        TITLES_2,
    ]
    inside = "".join(row if isinstance(row, str) else ods_row(row) for row in rows)
    return odf("spreadsheet", f'<table:table table:name="Feuille1">{before}{inside}</table:table>', styles)


# Excel

_S = 'xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"'
_R = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"


def xlsx_cell(text: str) -> str:
    """A cell with its text in it; markup is taken as it is."""
    return text if text.startswith("<c") else f'<c t="inlineStr"><is><t>{escape(text)}</t></is></c>'


def xlsx_row(cells: Iterable[str], attributes: str = "") -> str:
    """A row of a sheet."""
    return f"<row {attributes}>{''.join(map(xlsx_cell, cells))}</row>"


def xlsx_form(*rows_1: str | Row, **more: str) -> bytes:
    """The form as a workbook; `more` as `xlsx_parts` takes it."""
    return zipped(xlsx_parts(*rows_1, **more))


def xlsx_parts(*rows_1: str | Row, after: str = "", **more: str) -> dict[str, str]:
    """The parts of the form as a workbook; style 1 is struck through, style 2 a date."""
    rows = [
        ("ANNEXE 1",),
        ("Date de transmission :", "15/06/2026"),
        (HEADING_1,),
        TITLES_1,
        *rows_1,
        (HEADING_2,),
        TITLES_2,
    ]
    return _xlsx_parts("".join(row if isinstance(row, str) else xlsx_row(row) for row in rows) + after, **more)


def xlsx_sheet(*rows: str, **more: str) -> bytes:
    """A workbook of one sheet with these rows."""
    return zipped(_xlsx_parts("".join(rows), **more))


def _xlsx_parts(
    rows: str, before: str = "", sheet: str = "", workbook: str = "", state: str = "", styles: str = ""
) -> dict[str, str]:
    styles = styles or (
        "<fonts><font/><font><strike/></font></fonts><cellXfs>"
        '<xf fontId="0" numFmtId="0"/><xf fontId="1" numFmtId="0"/><xf fontId="0" numFmtId="14"/></cellXfs>'
    )
    return {
        "[Content_Types].xml": f'<Types xmlns="{_PACKAGE}/content-types"/>',
        "_rels/.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="r" '
        f'Type="{_R}/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_PACKAGE}/relationships"><Relationship Id="s" '
        f'Type="{_R}/worksheet" Target="worksheets/sheet1.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook {_S} xmlns:r="{_R}">{workbook}<sheets>'
        f'<sheet name="Feuil1" sheetId="1" {state} r:id="s"/></sheets></workbook>',
        "xl/styles.xml": f"<styleSheet {_S}>{styles}</styleSheet>",
        "xl/worksheets/sheet1.xml": f"<worksheet {_S}>{before}<sheetData>{rows}</sheetData>{sheet}</worksheet>",
    }


# Before 2007


def ole(*streams: str) -> bytes:
    """Microsoft's old container with these streams, all empty."""
    free, end, table = 0xFFFFFFFF, 0xFFFFFFFE, 0xFFFFFFFD
    header = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(16) + struct.pack("<HHHHH", 0x3E, 3, 0xFFFE, 9, 6)
    header += bytes(6) + struct.pack("<9I", 0, 1, 1, 0, 4096, end, 0, end, 0) + struct.pack("<109I", 0, *[free] * 108)
    sectors = struct.pack("<128I", table, end, *[free] * 126)
    entries = [_ole_entry("Root Entry", 5, 1)]
    entries += [
        _ole_entry(name, 2, free, number + 1 if number < len(streams) else free)
        for number, name in enumerate(streams, 1)
    ]
    entries += [_ole_entry("", 0, free)] * (4 - len(entries))
    return header + sectors + b"".join(entries)


def _ole_entry(name: str, kind: int, child: int, right: int = 0xFFFFFFFF) -> bytes:
    text = name.encode("utf-16-le")
    links = struct.pack("<BBIII", kind, 1, 0xFFFFFFFF, right, child)
    return (
        text.ljust(64, b"\0")
        + struct.pack("<H", len(text) + 2 if name else 0)
        + links
        + bytes(36)
        + struct.pack("<III", 0xFFFFFFFE, 0, 0)
    )


# PDF


def pdf(*objects: bytes) -> bytes:
    """A document of these objects, the first one its catalogue."""
    out, places = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, 1):
        places.append(len(out))
        out += b"%d 0 obj\n%b\nendobj\n" % (number, content)
    table = b"".join(b"%010d 00000 n \n" % place for place in places)
    count = len(objects) + 1
    start = b"xref\n0 %d\n0000000000 65535 f \n%btrailer\n<</Size %d/Root 1 0 R>>\n" % (count, table, count)
    return b"%b%bstartxref\n%d\n%%%%EOF" % (out, start, len(out))


def pdf_stream(data: bytes, more: bytes = b"") -> bytes:
    """An object that is a stream."""
    return b"<<%b/Length %d>>stream\n%b\nendstream" % (more, len(data), data)


PDF_CATALOGUE, PDF_FONT = b"<</Type/Catalog/Pages 2 0 R>>", b"<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>"
PDF_TEXT = pdf_stream(b"BT /F 12 Tf 50 700 Td (Bonjour) Tj ET")


def pdf_texts(
    *rows: str | tuple[str, ...], strikes: Iterable[tuple[int, int, int]] = (), under: Sequence[str] = ()
) -> bytes:
    """What a page draws: texts, and rows whose cells start at the same places, 20 points apart.

    `strikes`: lines through the middle of a row, each with the row's number from 0, its first and its last point.
    `under`: what is drawn before the texts.
    """
    drawn = [*under]
    drawn += [
        f"BT /F 8 Tf 1 0 0 1 {x} {760 - 20 * number} Tm ({text}) Tj ET"
        for number, row in enumerate(rows)
        for x, text in zip((30, 110, 190, 280, 480), [row] if isinstance(row, str) else row, strict=False)
    ]
    drawn += [f"0.6 w {x0} {y} m {x1} {y} l S" for row, x0, x1 in strikes for y in [762.5 - 20 * row]]
    return pdf_stream("\n".join(drawn).encode("cp1252"))


def pdf_page(content: bytes = PDF_TEXT, *more: bytes, annotations: bytes = b"") -> bytes:
    """A document of one page; `more` are its objects from number 6 on, the first one a drawing named X."""
    page = b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents 4 0 R/Annots[%b]" % annotations
    page += b"/Resources<</Font<</F 5 0 R>>/XObject<</X 6 0 R>>>>>>"
    return pdf(PDF_CATALOGUE, b"<</Type/Pages/Kids[3 0 R]/Count 1>>", page, content, PDF_FONT, *more)
