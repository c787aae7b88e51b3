"""What Word and LibreOffice can do to a form: styles, tables in tables, boxes, headers, other kinds of file."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Mapping
from datetime import date

import pytest

from provisioner.domain.annexe.details import WhyUnreadable
from provisioner.domain.annexe.document import Annexe
from tests.documents.conftest import Reader
from tests.documents.making import (
    ALICE,
    BOB,
    HEADING_1,
    HEADING_2,
    TITLES_1,
    TITLES_2,
    cell,
    docx,
    odf,
    ods_row,
    paragraph,
    run,
    word_row,
    word_table,
    zipped,
)

LEAVER = (*BOB[:4], "31/08/2026")
TITLE, SENT = paragraph("ANNEXE 1"), paragraph("Date de transmission : 15/06/2026")
LISTS = (
    paragraph(HEADING_1),
    word_table(TITLES_1, ALICE),
    paragraph(HEADING_2),
    word_table(TITLES_2, LEAVER),
)
_W = 'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main"'
_ODF = " ".join(
    f'xmlns:{name}="urn:oasis:names:tc:opendocument:xmlns:{name}:1.0"' for name in ("office", "style", "text")
)


def parts_of(content: bytes) -> dict[str, bytes]:
    with zipfile.ZipFile(io.BytesIO(content)) as package:
        return {name: package.read(name) for name in package.namelist()}


def with_parts(content: bytes, parts: Mapping[str, str | bytes]) -> bytes:
    return zipped({**parts_of(content), **parts})


def is_whole(annexe: Annexe) -> bool:
    """Whether both lists and the date were read, without a finding."""
    people = [(row.list, row.last_name) for row in annexe.rows]
    return (annexe.transmitted_on, people, annexe.findings) == (
        date(2026, 6, 15),
        [(1, "Carpentier"), (2, "Leroy")],
        (),
    )


def placed_in(*cells: str) -> str:
    """A table that places its cells side by side."""
    return f"<w:tbl><w:tr>{''.join(f'<w:tc>{inside}<w:p/></w:tc>' for inside in cells)}</w:tr></w:tbl>"


@pytest.mark.parametrize(
    "layout",
    [
        placed_in("".join(LISTS)),
        placed_in("".join(LISTS[:2]), "".join(LISTS[2:])),
        placed_in(placed_in("".join(LISTS))),
    ],
)
def test_lists_in_the_cells_of_another_table_are_read(read_here: Reader, layout: str) -> None:
    assert is_whole(read_here(docx(TITLE, SENT, layout), "a.docx"))


def test_a_date_of_transmission_in_a_text_box_or_a_header_is_read(read_here: Reader) -> None:
    box = f"<w:p><w:r><w:pict><w:txbxContent>{SENT}</w:txbxContent></w:pict></w:r></w:p>"
    assert is_whole(read_here(docx(TITLE, box, *LISTS), "a.docx"))
    for inside in (SENT, word_table(("Date de transmission", "15/06/2026"))):
        header = {"word/header2.xml": f"<w:hdr {_W}>{inside}</w:hdr>"}
        assert is_whole(read_here(with_parts(docx(TITLE, *LISTS), header), "a.docx"))
    other = {"word/header1.xml": f"<w:hdr {_W}>{paragraph('Date de transmission : 13/04/2026')}</w:hdr>"}
    annexe = read_here(with_parts(docx(TITLE, SENT, *LISTS), other), "a.docx")
    assert [finding.code for finding in annexe.findings] == ["transmission-date-ambiguous"]


@pytest.mark.rule("A2")
def test_a_struck_date_of_transmission_does_not_count(read_here: Reader) -> None:
    sent = f"<w:p>{run('Date de transmission : ')}{run('13/04/2026', '<w:strike/>')}{run(' 15/06/2026')}</w:p>"
    assert is_whole(read_here(docx(TITLE, sent, *LISTS), "a.docx"))


def in_style(marks: str = "", *, style: str = "", run_style: str = "") -> str:
    """A name in a paragraph's or a character's style, with marks of its own."""
    of_paragraph = f'<w:pPr><w:pStyle w:val="{style}"/></w:pPr>' if style else ""
    of_run = f'<w:rStyle w:val="{run_style}"/>' if run_style else ""
    return f"<w:p>{of_paragraph}{run('Carpentier', of_run + marks)}</w:p>"


_STYLES = f"""<w:styles {_W}>
<w:style w:type="character" w:styleId="A"><w:rPr><w:strike/></w:rPr></w:style>
<w:style w:type="character" w:styleId="B"><w:basedOn w:val="A"/></w:style>
<w:style w:type="character" w:styleId="Off"><w:basedOn w:val="A"/><w:rPr><w:strike w:val="0"/></w:rPr></w:style>
<w:style w:type="paragraph" w:styleId="P"><w:rPr><w:dstrike/></w:rPr></w:style>
<w:style w:type="paragraph" w:styleId="Q"><w:basedOn w:val="P"/></w:style>
<w:style w:type="paragraph" w:styleId="Round"><w:basedOn w:val="Round"/></w:style>
<w:style w:type="table" w:styleId="T"><w:rPr><w:strike/></w:rPr></w:style></w:styles>"""


@pytest.mark.rule("A1")
@pytest.mark.parametrize(
    ("markup", "is_struck"),
    [
        (in_style(run_style="A"), True),
        (in_style(run_style="B"), True),
        (in_style(run_style="Off"), False),
        (in_style(style="P"), True),
        (in_style(style="Q"), True),
        (in_style("<w:dstrike w:val='0'/>", style="Q"), False),
        (in_style(style="Round"), False),
        (f"<w:p>{run('Dupont', '<w:strike/>')}{run(' Carpentier')}</w:p>", False),
    ],
)
def test_a_style_strikes_through_as_the_text_itself_does(read_here: Reader, markup: str, is_struck: bool) -> None:
    table = word_table(TITLES_1, word_row([cell(markup), *ALICE[1:]]))
    content = docx(TITLE, SENT, paragraph(HEADING_1), table, *LISTS[2:])
    annexe = read_here(with_parts(content, {"word/styles.xml": _STYLES}), "a.docx")
    assert [finding.code for finding in annexe.findings] == (["struck-or-hidden"] if is_struck else [])
    assert annexe.rows[0].last_name == "Carpentier"


@pytest.mark.rule("A1")
@pytest.mark.parametrize(("line", "is_struck"), [("single", True), ("nil", False)])
def test_a_cell_crossed_out_from_corner_to_corner_is_struck_through(
    read_here: Reader, line: str, is_struck: bool
) -> None:
    crossed = cell(ALICE[0], f'<w:tcBorders><w:tl2br w:val="{line}"/></w:tcBorders>')
    table = word_table(TITLES_1, word_row([crossed, *ALICE[1:]]))
    annexe = read_here(docx(TITLE, SENT, paragraph(HEADING_1), table, *LISTS[2:]), "a.docx")
    assert [finding.code for finding in annexe.findings] == (["struck-or-hidden"] if is_struck else [])


@pytest.mark.rule("A1")
@pytest.mark.parametrize("kind", ["comment", "footnote"])
@pytest.mark.parametrize(
    ("note", "is_asked"), [("à supprimer", True), ("Départ le 30/06/2026", True), ("à vérifier", False)]
)
def test_a_comment_or_a_footnote_may_say_that_the_person_leaves(
    read_here: Reader, kind: str, note: str, is_asked: bool
) -> None:
    function = cell(f'<w:p>{run(ALICE[2])}<w:r><w:{kind}Reference w:id="7"/></w:r></w:p>')
    table = word_table(TITLES_1, word_row([*ALICE[:2], function, *ALICE[3:]]))
    content = docx(TITLE, SENT, paragraph(HEADING_1), table, *LISTS[2:])
    notes = f'<w:{kind}s {_W}><w:{kind} w:id="7">{paragraph(note)}</w:{kind}></w:{kind}s>'
    annexe = read_here(with_parts(content, {f"word/{kind}s.xml": notes}), "a.docx")
    assert [finding.code for finding in annexe.findings] == (["row-not-understood"] if is_asked else [])


@pytest.mark.rule("A3")
@pytest.mark.parametrize(
    ("note", "code"), [("Clôturer aussi l'accès de M. Noir", "table-not-understood"), ("Une adresse nominative", "")]
)
@pytest.mark.parametrize("place", ["comment", "footnote", "header"])
def test_who_is_asked_for_beside_the_text_is_told(read_here: Reader, place: str, note: str, code: str) -> None:
    mark = "" if place == "header" else f'<w:r><w:{place}Reference w:id="7"/></w:r>'
    content = docx(TITLE, f"<w:p>{run('Date de transmission : 15/06/2026')}{mark}</w:p>", *LISTS)
    notes = f'<w:{place}s {_W}><w:{place} w:id="7">{paragraph(note)}</w:{place}></w:{place}s>'
    header = f"<w:hdr {_W}>{paragraph(note)}</w:hdr>"
    part = {"word/header1.xml": header} if place == "header" else {f"word/{place}s.xml": notes}
    annexe = read_here(with_parts(content, part), "a.docx")
    assert [finding.code for finding in annexe.findings] == list(filter(None, [code]))


@pytest.mark.rule("A1")
def test_a_tables_style_strikes_through_and_an_address_corrected_by_hand_is_asked_about(read_here: Reader) -> None:
    table = word_table(TITLES_1, ALICE).replace("<w:tbl>", '<w:tbl><w:tblPr><w:tblStyle w:val="T"/></w:tblPr>')
    content = docx(TITLE, SENT, paragraph(HEADING_1), table, *LISTS[2:])
    styled = read_here(with_parts(content, {"word/styles.xml": _STYLES}), "a.docx")
    assert [finding.code for finding in styled.findings] == ["struck-or-hidden"]
    address = cell(f"<w:p>{run('a@agglo-lys.example', '<w:strike/>')}{run(' ' + ALICE[3])}</w:p>")
    table = word_table(TITLES_1, word_row([*ALICE[:3], address, ALICE[4]]))
    corrected = read_here(docx(TITLE, SENT, paragraph(HEADING_1), table, *LISTS[2:]), "a.docx")
    assert "struck-or-hidden" in [finding.code for finding in corrected.findings]


def test_other_varieties_of_word_files_are_read(read_here: Reader) -> None:
    main = parts_of(docx(TITLE, SENT, *LISTS))["word/document.xml"]
    assert is_whole(read_here(zipped({"word/document2.xml": main}), "a.docx"))
    strict = main.replace(
        b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
        b"http://purl.oclc.org/ooxml/wordprocessingml/main",
    )
    assert is_whole(read_here(zipped({"word/document.xml": strict}), "a.docx"))


# LibreOffice


def text(content: str) -> str:
    return f"<text:p>{content}</text:p>"


def odt_table(*rows: str | tuple[str, ...]) -> str:
    inside = "".join(row if isinstance(row, str) else ods_row(row) for row in rows)
    return f'<table:table table:name="Départs">{inside}</table:table>'


ODT_LISTS = (text(HEADING_1), odt_table(TITLES_1, ALICE), text(HEADING_2), odt_table(TITLES_2, LEAVER))
ODT_TITLE, ODT_SENT = text("ANNEXE 1"), text("Date de transmission : 15/06/2026")


def test_a_text_of_libreoffice_is_read_in_the_same_way(read_here: Reader) -> None:
    plain = odf("text", "".join((ODT_TITLE, ODT_SENT, *ODT_LISTS)))
    assert is_whole(read_here(plain, "a.odt"))
    layout = f"<table:table><table:table-row><table:table-cell>{''.join(ODT_LISTS)}</table:table-cell>"
    layout += "</table:table-row></table:table>"
    assert is_whole(read_here(odf("text", ODT_TITLE + ODT_SENT + layout), "a.odt"))
    header = f"<office:document-styles {_ODF}><office:master-styles><style:master-page><style:header>{ODT_SENT}"
    header += "</style:header></style:master-page></office:master-styles></office:document-styles>"
    in_header = with_parts(odf("text", "".join((ODT_TITLE, *ODT_LISTS))), {"styles.xml": header})
    assert is_whole(read_here(in_header, "a.odt"))
    old = {
        "META-INF/manifest.xml": '<?xml version="1.0"?>\n<!DOCTYPE manifest:manifest PUBLIC '
        '"-//OpenOffice.org//DTD Manifest 1.0//EN" "Manifest.dtd">\n<manifest:manifest xmlns:manifest="m"/>',
        "Basic/Standard/script-lb.xml": '<!DOCTYPE library:library PUBLIC "-//OpenOffice.org//DTD OfficeDocument '
        '1.0//EN" "library.dtd"><library:library xmlns:library="l"/>',
    }
    assert is_whole(read_here(with_parts(plain, old), "a.odt"))


@pytest.mark.rule("A1")
def test_named_styles_of_libreoffice_strike_through(read_here: Reader) -> None:
    styles = (
        '<style:style style:name="S" style:family="text"><style:text-properties '
        'style:text-line-through-style="solid"/></style:style>'
        '<style:style style:name="S2" style:family="text" style:parent-style-name="S"/>'
    )
    name = (
        '<table:table-cell><text:p><text:span text:style-name="S2">Carpentier</text:span></text:p></table:table-cell>'
    )
    body = (
        ODT_TITLE
        + ODT_SENT
        + text(HEADING_1)
        + odt_table(TITLES_1, ods_row([name, *ALICE[1:]]))
        + "".join(ODT_LISTS[2:])
    )
    annexe = read_here(odf("text", body, styles), "a.odt")
    assert [finding.code for finding in annexe.findings] == ["struck-or-hidden"]


def test_a_file_of_before_opendocument_is_told_as_that(read_here: Reader) -> None:
    old = {
        "mimetype": "application/vnd.sun.xml.writer",
        "content.xml": '<!DOCTYPE office:document-content PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" '
        '"office.dtd"><a/>',
    }
    assert read_here(zipped(old), "a.odt").findings[0].details == WhyUnreadable("old-office")
