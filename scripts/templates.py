"""Makes the four empty forms of annexe 1 again, with a real office suite: needs `soffice` (LibreOffice).

A flat document is written here, once as text and once as a sheet; the suite saves each in its two formats. What
stands in braces is filled in by `provisioner/documents/form.py`; a row with braces is the model of its list's rows.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
import zipfile
from pathlib import Path
from xml.sax.saxutils import escape

from lxml import etree

TEMPLATES = Path(__file__).parents[1] / "provisioner" / "documents" / "templates"

NAMESPACES = " ".join(
    [
        *(
            f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"'
            for name in ("office", "text", "table", "style", "meta")
        ),
        'xmlns:number="urn:oasis:names:tc:opendocument:xmlns:datastyle:1.0"',
        'xmlns:fo="urn:oasis:names:tc:opendocument:xmlns:xsl-fo-compatible:1.0"',
        'xmlns:dc="http://purl.org/dc/elements/1.1/"',
    ]
)

TITLE = "ANNEXE 1 : Suivi des habilitations (à compléter par le partenaire)"
REFERENCE = "Références : Convention - Plateforme Coopération"
INTRODUCTION = (
    "Conformément à l'article 3 de la convention d'accès à la plateforme « Coopération » conclue entre la Caf et le "
    "partenaire, les personnes habilitées informatiquement par la Caf pour accéder à la plate-forme « Coopération » "
    "sont nominativement listées ci-après."
)
HEADINGS = (
    "1 - Liste des personnes pour lesquelles un nouvel accès est demandé ou qui ont un accès ouvert",
    "2 - Liste des personnes pour lesquelles une clôture de l'accès est demandée ou qui ont un accès clôturé depuis "
    "moins de 2 ans*",
)
DATES = ("Date de demande d'habilitation", "Date de fin d'habilitation")
TITLES = ("Nom", "Prénom", "Fonction/qualité", "Adresse électronique")
FOOTNOTE = (
    "*Les personnes pour lesquelles une fin d'habilitation est demandée depuis plus de 2 ans, à compter de la date "
    "de transmission de cette annexe, ne doivent plus y figurer."
)
MODEL = ("{nom}", "{prenoms}", "{fonction}", "{adresse}", "{date}")

#: The columns' widths, in centimetres, on an A4 page lying down: an address on two lines is copied wrongly, and makes
#: the list twice as long.
WIDTHS = (4.2, 3.6, 5.6, 9.2, 4.2)

#: A sheet is made as wide as the page when it is printed.
SHEET_WIDTHS = (4.6, 4.0, 6.7, 11.0, 4.2)

FONT = 'style:font-name="Liberation Sans" fo:font-family="Liberation Sans" fo:language="fr" fo:country="FR"'
#: The suite saves a French date as « the language's own »: said in full, it is the same everywhere.
DATE = (
    rb'\1><number:day number:style="long"/><number:text>/</number:text><number:month number:style="long"/>'
    rb'<number:text>/</number:text><number:year number:style="long"/></number:date-style>'
)
PAGE = (
    '<style:page-layout style:name="page"><style:page-layout-properties fo:page-width="29.7cm" '
    'fo:page-height="21cm" style:print-orientation="landscape" fo:margin="1.2cm"/></style:page-layout>'
)
PAGE_OF_SHEET = PAGE.replace('fo:margin="1.2cm"', 'style:scale-to-X="1" style:scale-to-Y="0" fo:margin="1.5cm"')
S = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
BORDER = 'fo:border="0.5pt solid #000000"'


def flat(kind: str, styles: str, automatic: str, body: str) -> str:
    """A flat document: `text` or `spreadsheet`. A sheet is printed one page wide."""
    name = "Standard" if kind == "text" else "Default"
    return (
        f'<?xml version="1.0" encoding="UTF-8"?>\n<office:document {NAMESPACES} office:version="1.3" '
        f'office:mimetype="application/vnd.oasis.opendocument.{kind}">'
        "<office:meta><dc:title>Annexe 1 : Suivi des habilitations</dc:title>"
        "<dc:language>fr-FR</dc:language></office:meta>"
        f"<office:styles>{styles}</office:styles>"
        f"<office:automatic-styles>{PAGE if kind == 'text' else PAGE_OF_SHEET}{automatic}</office:automatic-styles>"
        f'<office:master-styles><style:master-page style:name="{name}" style:page-layout-name="page">'
        '<style:header style:display="false"/><style:footer style:display="false"/></style:master-page>'
        "</office:master-styles>"
        f"<office:body><office:{kind}>{body}</office:{kind}></office:body></office:document>"
    )


def paragraph(style: str, content: str) -> str:
    """A paragraph of the text."""
    return f'<text:p text:style-name="{style}">{content}</text:p>'


def text_document() -> str:
    """The form as a text."""
    styles = (
        '<style:default-style style:family="paragraph"><style:paragraph-properties fo:margin-bottom="0.2cm"/>'
        f'<style:text-properties {FONT} fo:font-size="10pt"/></style:default-style>'
        '<style:style style:name="Standard" style:family="paragraph" style:class="text"/>'
        + "".join(
            f'<style:style style:name="{name}" style:display-name="{shown}" style:family="paragraph" '
            f'style:parent-style-name="Standard" style:default-outline-level="{level}" style:class="text">'
            '<style:paragraph-properties fo:margin-top="0.35cm" fo:margin-bottom="0.2cm" '
            f'fo:keep-with-next="always"/><style:text-properties fo:font-size="{size}" fo:font-weight="bold"/>'
            "</style:style>"
            for name, shown, level, size in (
                ("Heading_20_1", "Heading 1", 1, "14pt"),
                ("Heading_20_2", "Heading 2", 2, "11pt"),
            )
        )
    )
    automatic = (
        '<style:style style:name="title" style:family="paragraph" style:parent-style-name="Standard">'
        '<style:paragraph-properties fo:margin-bottom="0cm"/>'
        '<style:text-properties fo:font-weight="bold"/></style:style>'
        '<style:style style:name="value" style:family="paragraph" style:parent-style-name="Standard">'
        '<style:paragraph-properties fo:margin-bottom="0cm"/></style:style>'
        '<style:style style:name="table" style:family="table"><style:table-properties '
        f'style:width="{sum(WIDTHS):.1f}cm" table:align="left"/></style:style>'
        '<style:style style:name="cell" style:family="table-cell"><style:table-cell-properties fo:padding="0.1cm" '
        f"{BORDER}/></style:style>"
        '<style:style style:name="row" style:family="table-row"><style:table-row-properties '
        'fo:keep-together="always" style:min-row-height="0.6cm"/></style:style>'
    ) + "".join(
        f'<style:style style:name="c{number}" style:family="table-column"><style:table-column-properties '
        f'style:column-width="{width}cm"/></style:style>'
        for number, width in enumerate(WIDTHS)
    )
    parts = [
        paragraph("value", REFERENCE),
        paragraph("Standard", "Partenaire : {partenaire}"),
        f'<text:h text:style-name="Heading_20_1" text:outline-level="1">{TITLE}</text:h>',
        paragraph("Standard", "Date de transmission : "),
        paragraph("Standard", escape(INTRODUCTION)),
    ]
    for number in (0, 1):
        parts += [
            f'<text:h text:style-name="Heading_20_2" text:outline-level="2">{HEADINGS[number]}</text:h>',
            text_table(number),
        ]
    parts.append(paragraph("Standard", FOOTNOTE))
    return flat("text", styles, automatic, "".join(parts))


def text_table(number: int) -> str:
    """A list: its titles, repeated on each page, and its model row."""

    def row(cells: tuple[str, ...], style: str) -> str:
        inside = "".join(
            f'<table:table-cell table:style-name="cell" office:value-type="string">{paragraph(style, cell)}'
            "</table:table-cell>"
            for cell in cells
        )
        return f'<table:table-row table:style-name="row">{inside}</table:table-row>'

    columns = "".join(f'<table:table-column table:style-name="c{n}"/>' for n in range(len(WIDTHS)))
    return (
        f'<table:table table:name="Liste {number + 1}" table:style-name="table">{columns}<table:table-header-rows>'
        f"{row((*TITLES, DATES[number]), 'title')}</table:table-header-rows>{row(MODEL, 'value')}</table:table>"
    )


def sheet_document() -> str:
    """The form as a sheet: names and addresses are text whatever is typed, dates are French dates."""
    styles = (
        f'<style:default-style style:family="table-cell"><style:text-properties {FONT} fo:font-size="10pt"/>'
        "</style:default-style>"
        '<number:text-style style:name="as-text"><number:text-content/></number:text-style>'
        '<number:date-style style:name="as-date" number:language="fr" number:country="FR">'
        '<number:day number:style="long"/><number:text>/</number:text><number:month number:style="long"/>'
        '<number:text>/</number:text><number:year number:style="long"/></number:date-style>'
        '<style:style style:name="Default" style:family="table-cell"/>'
    )
    wrap = 'fo:wrap-option="wrap" style:vertical-align="top"'
    automatic = (
        cell_style("bold", "", weight="bold")
        + cell_style("large", "", weight="bold", size="14pt")
        + cell_style("wrapped", wrap)
        + cell_style("title", f"{wrap} {BORDER}", weight="bold")
        + cell_style("text", f"{wrap} {BORDER}", data="as-text")
        + cell_style("date", f'{wrap} {BORDER} fo:padding="0.03cm"', data="as-date")
        + cell_style("sent", BORDER, data="as-date")
        + "".join(
            f'<style:style style:name="c{number}" style:family="table-column"><style:table-column-properties '
            f'style:column-width="{width}cm"/></style:style>'
            for number, width in enumerate(SHEET_WIDTHS)
        )
        + '<style:style style:name="tall" style:family="table-row"><style:table-row-properties '
        'style:row-height="1.1cm" style:use-optimal-row-height="false"/></style:style>'
        '<style:style style:name="sheet" style:family="table" style:master-page-name="Default">'
        '<style:table-properties table:display="true"/></style:style>'
    )
    across = f'table:number-columns-spanned="{len(WIDTHS)}" table:number-rows-spanned="1"'
    rows = [
        sheet_row(sheet_cell(REFERENCE)),
        sheet_row(sheet_cell("Partenaire"), sheet_cell("{partenaire}", "bold")),
        sheet_row(sheet_cell(TITLE, "large")),
        sheet_row(sheet_cell("Date de transmission :", "bold"), sheet_cell("", "sent")),
        sheet_row(
            sheet_cell(INTRODUCTION, "wrapped", across)
            + f'<table:covered-table-cell table:number-columns-repeated="{len(WIDTHS) - 1}"/>',
            style="tall",
        ),
    ]
    for number in (0, 1):
        rows += [
            sheet_row(sheet_cell("")),
            sheet_row(sheet_cell(HEADINGS[number], "bold")),
            sheet_row(*(sheet_cell(title, "title") for title in (*TITLES, DATES[number]))),
            sheet_row(*(sheet_cell(one, "date" if one == "{date}" else "text") for one in MODEL)),
        ]
    rows += [sheet_row(sheet_cell("")), sheet_row(sheet_cell(FOOTNOTE))]
    columns = "".join(f'<table:table-column table:style-name="c{n}"/>' for n in range(len(WIDTHS)))
    heading = f"<table:table-header-rows>{''.join(rows[:3])}</table:table-header-rows>"  # on each page: whose it is
    lists = "".join(rows[3:])
    body = f'<table:table table:name="Annexe 1" table:style-name="sheet">{columns}{heading}{lists}</table:table>'
    return flat("spreadsheet", styles, automatic, body)


def cell_style(name: str, properties: str, *, weight: str = "normal", size: str = "10pt", data: str = "") -> str:
    """A style of the sheet's cells."""
    return (
        f'<style:style style:name="{name}" style:family="table-cell" style:parent-style-name="Default"'
        + (f' style:data-style-name="{data}"' if data else "")
        + f"><style:table-cell-properties {properties}/>"
        f'<style:text-properties fo:font-weight="{weight}" fo:font-size="{size}"/></style:style>'
    )


def sheet_cell(text: str, style: str = "Default", attributes: str = "") -> str:
    """A cell of the sheet."""
    if not text:
        return f'<table:table-cell table:style-name="{style}"/>'
    return (
        f'<table:table-cell table:style-name="{style}" office:value-type="string" {attributes}>'
        f"<text:p>{escape(text)}</text:p></table:table-cell>"
    )


def sheet_row(*cells: str, style: str = "") -> str:
    """A row of the sheet."""
    named = f' table:style-name="{style}"' if style else ""
    return f"<table:table-row{named}>{''.join(cells)}</table:table-row>"


def typed_where_they_stand(sheet: bytes, strings: bytes) -> bytes:
    """Excel's sheet with its texts in their cells, every row there, and no height for those that are cloned."""
    root = etree.fromstring(sheet)
    texts = [text.text or "" for text in etree.fromstring(strings).iter(f"{S}t")]
    for cell in root.iter(f"{S}c"):
        if cell.get("t") == "s":
            text = texts[int(cell.findtext(f"{S}v", ""))]
            cell.remove(cell[0])
            cell.set("t", "inlineStr")
            inside = etree.SubElement(etree.SubElement(cell, f"{S}is"), f"{S}t")
            inside.set("{http://www.w3.org/XML/1998/namespace}space", "preserve")
            inside.text = text
            if text in MODEL:
                cell.getparent().attrib.pop("ht", None)
    root.remove(root.find(f"{S}dimension"))  # it would have to grow with the lists, and nobody needs it
    last = 0
    for row in list(root.iter(f"{S}row")):
        for missing in range(last + 1, int(row.get("r"))):
            row.addprevious(etree.Element(f"{S}row", r=str(missing)))
        last = int(row.get("r"))
    return etree.tostring(root, xml_declaration=True, encoding="UTF-8", standalone=True)


def copy_plain(source: Path, target: Path) -> None:
    """The file without the name of what wrote it: a suite would trust its row heights."""
    with zipfile.ZipFile(source) as package, zipfile.ZipFile(target, "w") as copy:
        for member in package.infolist():
            data = package.read(member)
            if member.filename in ("meta.xml", "docProps/app.xml"):
                data = re.sub(rb"<(meta:generator|Application)>.*?</\1>", b"", data)
            if member.filename == "word/document.xml":
                data = data.replace(b"<w:t>", b'<w:t xml:space="preserve">')
            if member.filename == "xl/worksheets/sheet1.xml":
                data = typed_where_they_stand(data, package.read("xl/sharedStrings.xml"))
            if member.filename == "xl/sharedStrings.xml":
                data = re.sub(rb"(<sst xmlns=\S+) .*", rb"\1/>", data, flags=re.DOTALL)
            if member.filename == "content.xml":
                data = re.sub(
                    rb"(<number:date-style [^>]*?) number:automatic-order.*?</number:date-style>", DATE, data
                )
            copy.writestr(member, data)


def main() -> None:
    """Writes the four templates."""
    TEMPLATES.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        for name, document, formats in (
            ("form.fodt", text_document(), ("odt", "docx")),
            ("form.fods", sheet_document(), ("ods", "xlsx")),
        ):
            (home / name).write_text(document, "utf-8")
            for one in formats:
                profile = f"-env:UserInstallation={(home / 'profile').as_uri()}"
                command = [
                    "soffice",
                    profile,
                    "--headless",
                    "--convert-to",
                    one,
                    "--outdir",
                    str(home),
                    str(home / name),
                ]
                subprocess.run(command, check=True, capture_output=True, timeout=180)
                copy_plain(home / f"form.{one}", TEMPLATES / f"form.{one}")


if __name__ == "__main__":
    main()
