"""Files that must not be read: each ends quickly, with the one finding that says why."""

from __future__ import annotations

import io
import random
import resource
import struct
import sys
import time
import zipfile
import zlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.documents import bounded, read_annexe
from provisioner.documents.blocks import Unreadable
from provisioner.documents.child import parse
from provisioner.domain.annexe.details import WhyUnreadable
from provisioner.domain.annexe.document import Annexe
from provisioner.domain.errors import Exit
from provisioner.settings import DocumentSettings
from provisioner.views.findings import REASONS, message
from provisioner.views.refusals import failure
from tests.documents.conftest import Reader
from tests.documents.making import (
    ALICE,
    ANNEXES,
    BOB,
    PDF_CATALOGUE,
    SAMPLES,
    csv_form,
    docx,
    odf,
    ods_form,
    ods_row,
    ole,
    paragraph,
    pdf,
    pdf_page,
    pdf_stream,
    word_form,
    xlsx_form,
    zipped,
)
from tests.shared.pace import PATIENCE, slowness

SAMPLE = (SAMPLES / "01-premiere-demande.docx").read_bytes()
OLD = (SAMPLES / "02-ajouts-et-cloture.xls").read_bytes()
MIB = 2**20


def bomb(mebibytes: int, declared: int) -> bytes:
    """A document that unpacks to so many MiB of zeros, and declares so many bytes."""
    packer = zlib.compressobj(9, zlib.DEFLATED, -15)
    piece = packer.compress(bytes(MIB)) + packer.flush(zlib.Z_FULL_FLUSH)
    data = piece * mebibytes + packer.flush()
    name = b"word/document.xml"
    sizes = struct.pack("<IIIHH", 0, len(data), declared, len(name), 0)
    local = b"PK\x03\x04" + struct.pack("<HHHHH", 20, 0, 8, 0, 33) + sizes + name + data
    central = b"PK\x01\x02" + struct.pack("<HHHHHH", 20, 20, 0, 8, 0, 33) + sizes + bytes(14) + name
    return local + central + b"PK\x05\x06" + struct.pack("<HHHHIIH", 0, 0, 1, 1, len(central), len(local), 0)


def overlapping() -> bytes:
    """Two members, the second of which is declared to start within the first."""
    content = bytearray(zipped({"word/document.xml": random.Random(1).randbytes(1000), "b.xml": "b"}))
    second = content.rindex(b"PK\x01\x02")
    content[second + 42 : second + 46] = struct.pack("<I", 100)
    return bytes(content)


def twice_the_same_member() -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as package:
        package.writestr("word/document.xml", "<a/>")
        with pytest.warns(UserWarning, match="Duplicate"):
            package.writestr("word/document.xml", "<b/>")
    return buffer.getvalue()


def encrypted_member() -> bytes:
    content = bytearray(zipped({"word/document.xml": "<a/>"}))
    content[6] |= 1
    content[content.index(b"PK\x01\x02") + 8] |= 1
    return bytes(content)


def locked(workbook: bytes) -> bytes:
    """The old workbook as one that needs a password: the record that says so in place of the second one."""
    start = workbook.index(b"\x09\x08\x10\x00\x00\x06\x05\x00") + 20
    return workbook[:start] + b"\x2f\x00" + workbook[start + 2 :]


_DTD = '<!DOCTYPE a [<!ENTITY e SYSTEM "file:///etc/passwd">]><a>&e;</a>'

HOSTILE = {
    "nothing": (b"", "a.docx", "empty"),
    "only spaces": (b"  \n ", "a.csv", "empty"),
    "text named .docx": (b"Nom;Prenom", "a.docx", "other-format"),
    "text without a name for it": (b"Nom;Prenom", "a.bin", "unsupported"),
    "truncated": (SAMPLE[: len(SAMPLE) // 2], "a.docx", "damaged"),
    "a workbook named .docx": ((SAMPLES / "02-ajouts-et-cloture.xlsx").read_bytes(), "a.docx", "other-format"),
    "a document named .csv": (SAMPLE, "a.csv", "other-format"),
    "a zip of something else": (zipped({"a.txt": "a"}), "a.docx", "unsupported"),
    "an entity": (zipped({"word/document.xml": _DTD}), "a.docx", "dtd"),
    "an entity in UTF-16": (zipped({"word/document.xml": _DTD.encode("utf-16")}), "a.docx", "dtd"),
    "not XML": (zipped({"word/document.xml": "<w:document"}), "a.docx", "damaged"),
    "no content": (zipped({"mimetype": "application/vnd.oasis.opendocument.text"}), "a.odt", "unsupported"),
    "not a workbook": (zipped({"xl/workbook.xml": "<a/>"}), "a.xlsx", "damaged"),
    "too many members": (zipped({f"{number}.xml": "" for number in range(10_001)}), "a.docx", "archive"),
    "an encrypted member": (encrypted_member(), "a.docx", "password"),
    "an old Word document": (ole("WordDocument"), "a.doc", "old-word"),
    "an old Word document named .docx": (ole("WordDocument"), "a.docx", "old-word"),
    "a document with a password": (ole("EncryptionInfo", "EncryptedPackage"), "a.docx", "password"),
    "a workbook with a password": (ole("EncryptionInfo", "EncryptedPackage"), "a.xlsx", "password"),
    "an unknown old format": (ole("PowerPoint Document"), "a.xls", "old-office"),
    "an old container cut short": (ole("Workbook")[:600], "a.xls", "damaged"),
    "an old workbook without a content": (ole("Workbook"), "a.xls", "damaged"),
    "an old workbook cut short": (OLD[: len(OLD) // 2], "a.xls", "damaged"),
    "an old workbook with a password": (locked(OLD), "a.xls", "password"),
    "a picture named .docx": (b"\x89PNG\r\n\x1a\n" + bytes(64), "a.docx", "image"),
    "zeros": (bytes(4096), "a.docx", "unsupported"),
    "zeros in a list": (csv_form([ALICE]) + b"\0", "a.csv", "unsupported"),
    "100,000 members": (zipped(dict.fromkeys(map(str, range(100_000)), "")), "a.docx", "archive"),
    "members over one another": (overlapping(), "a.docx", "archive"),
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(64), "scan.png", "image"),
    "a program": (b"\x7fELF" + bytes(64), "a.csv", "unsupported"),
    "letters cut in two": ("Nom;Prénom".encode("utf-16")[:-1], "a.csv", "encoding"),
    "elements without end": (zipped({"word/document.xml": "<a>" * 100_000}), "a.docx", "damaged"),
}


def reason(annexe: Annexe) -> object:
    assert annexe.rows == ()
    assert annexe.transmitted_on is None
    (finding,) = annexe.findings
    assert finding.code == "unreadable-document"
    assert message(finding).endswith(".")
    assert isinstance(finding.details, WhyUnreadable)
    return finding.details.reason


def refusal(content: bytes, name: str) -> str | None:
    """The reason why a file is refused here, without a child process; None when it is read."""
    try:
        parse(content, name, 10 * MIB, 100, 10)
    except Unreadable as error:
        return error.reason
    return None


@pytest.mark.parametrize("case", HOSTILE)
def test_a_file_that_is_not_what_it_should_be_is_refused_with_its_reason(read: Reader, case: str) -> None:
    content, name, expected = HOSTILE[case]
    assert reason(read(content, name)) == expected
    assert expected in REASONS


@pytest.mark.parametrize("declared", [3 * 2**30, 1000])
def test_a_zip_bomb_of_3_gb_is_refused_before_it_fills_the_memory(read: Reader, declared: int) -> None:
    content, start = bomb(3 * 1024, declared), _processor()
    assert reason(read(content, "a.docx")) in ("bomb", "damaged")
    assert _processor() - start < 5 * slowness()


_LAUGHS = "".join(f'<!ENTITY e{n} "{f"&e{n - 1};" * 10}">' for n in range(1, 12))
_DECLARATIONS = {
    "billion laughs": f'<!DOCTYPE a [<!ENTITY e0 "ha">{_LAUGHS}]><a>&e11;</a>',
    "quadratic blow-up": f'<!DOCTYPE a [<!ENTITY e "{"x" * 50_000}">]><a>{"&e;" * 50_000}</a>',
    "external entity": _DTD,
    "external subset": '<!DOCTYPE a SYSTEM "http://127.0.0.1:9/a.dtd"><a/>',
}


@pytest.mark.parametrize("declaration", _DECLARATIONS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "utf-32"])
def test_what_a_part_declares_is_never_followed_whatever_the_part(declaration: str, encoding: str) -> None:
    packages = {
        "a.docx": SAMPLE,
        "a.odt": (SAMPLES / "01-premiere-demande.odt").read_bytes(),
        "a.xlsx": (SAMPLES / "02-ajouts-et-cloture.xlsx").read_bytes(),
        "a.ods": (SAMPLES / "02-ajouts-et-cloture.ods").read_bytes(),
    }
    for name, package in packages.items():
        with zipfile.ZipFile(io.BytesIO(package)) as members:
            parts: dict[str, bytes | str] = {name: members.read(name) for name in members.namelist()}
        for part in [name for name in parts if name.endswith((".xml", ".rels"))]:
            head = f'<?xml version="1.0" encoding="{encoding}"?>'
            content = zipped({**parts, part: (head + _DECLARATIONS[declaration]).encode(encoding)})
            if encoding == "utf-32":  # beyond what the gate sees: no parser may follow it either
                start = time.process_time()
                assert refusal(content, name) in {None, "dtd", "damaged", "unsupported"}
                assert time.process_time() - start < 5 * slowness()
            elif part.startswith("META-INF/") and (declaration, encoding) == ("external subset", "utf-8"):
                assert refusal(content, name) is None  # old programs name a DTD there: nobody parses it, nor fetches
            else:
                assert refusal(content, name) == "dtd"


_CLOCK = 5

_FORM = b"/Type/XObject/Subtype/Form/BBox[0 0 600 800]/Resources<</XObject<</X %d 0 R>>>>"
_SCAN = pdf_stream(b"0", b"/Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8")
_WHOLE = b"q 600 0 0 800 0 0 cm /X Do Q "

PDFS = {
    "an object that is itself": (pdf(PDF_CATALOGUE, b"2 0 R"), "damaged"),
    "objects that are each other": (pdf(PDF_CATALOGUE, b"3 0 R", b"2 0 R"), "damaged"),
    "a length that is its own stream": (pdf_page(b"<</Length 4 0 R>>stream\na\nendstream"), "damaged"),
    "a drawing of itself": (pdf_page(pdf_stream(b"/X Do"), pdf_stream(b"/X Do /X Do", _FORM % 6)), "scan"),
    "drawings of drawings": (
        pdf_page(pdf_stream(b"/X Do"), *[pdf_stream(b"/X Do " * 10, _FORM % number) for number in range(7, 30)]),
        "too-long",
    ),
    "10,001 pages": (
        pdf(
            PDF_CATALOGUE,
            b"<</Type/Pages/Count 10001/Kids[%b]>>" % b" ".join(b"%d 0 R" % (3 + page) for page in range(10_001)),
            *[b"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]>>"] * 10_001,
        ),
        "too-many-pages",
    ),
    "two million lines in a few bytes": (
        pdf_page(pdf_stream(zlib.compress(b"0 0 m 9 9 l S\n" * 2_000_000), b"/Filter/FlateDecode")),
        "too-long",
    ),
    "more letters than a page has": (
        pdf_page(
            pdf_stream(zlib.compress(b"BT /F 1 Tf 1 1 Td (" + b"a" * 25_000 + b") Tj ET"), b"/Filter/FlateDecode")
        ),
        "too-long",
    ),
    "more lines than a page has": (
        pdf_page(
            pdf_stream(zlib.compress(b"0 0 m 9 9 l S\n" * 5_001 + b"BT /F 9 Tf (a) Tj ET"), b"/Filter/FlateDecode")
        ),
        "too-long",
    ),
    "a scan": (pdf_page(pdf_stream(_WHOLE), _SCAN), "scan"),
    "a scan under a machine's text": (pdf_page(pdf_stream(_WHOLE + b"BT /F 9 Tf (a) Tj ET"), _SCAN), "scan"),
    "an empty page": (pdf_page(pdf_stream(b"")), "scan"),
    "a filled form field": (
        pdf_page(annotations=b"<</Subtype/Widget/FT/Tx/V(Carpentier)/Rect[0 0 9 9]>>"),
        "pdf-form",
    ),
    "a note typed over the page": (
        pdf_page(annotations=b"<</Subtype/FreeText/Contents(Carpentier)/Rect[0 0 9 9]>>"),
        "pdf-form",
    ),
    "a list that lies on its side": (
        pdf_page(pdf_stream(b"BT /F 9 Tf 0 1 -1 0 99 99 Tm (Petit Luc luc.petit@x.example) Tj ET BT (1) Tj ET")),
        "sideways",
    ),
    "cut short": ((SAMPLES / "01-premiere-demande.pdf").read_bytes()[:20_000], "damaged"),
    "only a beginning": (b"%PDF-1.7\n" + bytes(MIB), "damaged"),
}


@pytest.mark.parametrize("case", PDFS)
def test_a_pdf_that_cannot_be_read_says_so_soon(read: Reader, case: str) -> None:
    content, expected = PDFS[case]
    start = _processor()
    told = reason(read(content, "a.pdf"))
    took, slower = _processor() - start, slowness()
    # The reader has its own clock, which a slow machine may reach before the reader has seen what is wrong.
    assert told == expected or (slower > 1.5 and told == "too-long")
    assert expected in REASONS
    assert took < _CLOCK * slower


def test_more_pages_than_the_setting_says_are_refused() -> None:
    content = (ANNEXES / "tableau-sur-trois-pages.pdf").read_bytes()
    assert len(read_annexe(content, "a.pdf", DocumentSettings(max_pages=3)).rows) == 51
    assert reason(read_annexe(content, "a.pdf", DocumentSettings(max_pages=2))) == "too-many-pages"


def _processor() -> float:
    """Seconds of processor that the reading took, in its process: a machine that is busy changes nothing."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


@pytest.mark.parametrize(
    ("does", "expected", "seconds"),
    [
        ("while True: pass", "too-long", 2),
        ("return [bytearray(10**6) for _ in range(10**6)]", "too-long", PATIENCE),
        ("import time; time.sleep(600)", "too-long", 2),
        ("import os; os.abort()", "too-long", PATIENCE),
        ("raise ZeroDivisionError", "failed", PATIENCE),
        ("import sys; sys.stdout.buffer.write(b'not an answer\\n'); return Reading([])", "failed", PATIENCE),
        ("import sys\n while True: sys.stdout.buffer.write(b'a' * 10**6)", "failed", PATIENCE),
    ],
)
def test_a_fake_parser_that_loops_eats_memory_or_dies_costs_one_finding(
    monkeypatch: pytest.MonkeyPatch, does: str, expected: str, seconds: float
) -> None:
    fake = "from provisioner.documents import child\nfrom provisioner.documents.blocks import Reading\n"
    fake += f"def fake(*_):\n {does}\n"
    monkeypatch.setattr(bounded, "CHILD", (sys.executable, "-I", "-c", f"{fake}child.parse = fake\nchild.main()"))
    start = _processor()
    assert reason(read_annexe(SAMPLE, "a.docx", DocumentSettings(seconds=seconds))) == expected
    assert _processor() - start < _CLOCK * slowness()


def test_a_fake_reader_that_does_not_start_is_no_fault_of_the_document(monkeypatch: pytest.MonkeyPatch) -> None:
    """As while the package is replaced under a running service: the file is read later, and nobody is written to."""
    monkeypatch.setattr(bounded, "CHILD", (sys.executable, "-I", "-c", "import nothing_of_that_name"))
    with pytest.raises(bounded.ReaderFailed) as failed:
        read_annexe(SAMPLE, "a.docx", DocumentSettings())
    assert failed.value.exit_status is Exit.FAILED
    assert "Le document n'est pas en cause" in failure(failed.value, None)


def test_a_million_empty_rows_after_a_list_change_nothing(read: Reader) -> None:
    written = "".join(f'<row r="{row}"><c r="A{row}" s="2"/></row>' for row in range(20, 1_048_577))
    forms = {
        "a.xlsx": xlsx_form(ALICE, after=written),
        "a.csv": csv_form([ALICE]) + b"\r\n;;;;" * 1_048_576,
        "a.ods": ods_form(ALICE, ods_row([""] * 5, 'table:number-rows-repeated="1048576"')),
    }
    for name, content in forms.items():
        annexe = read(content, name)
        assert [row.email for row in annexe.rows] == [ALICE[3]]
        assert annexe.findings == ()


@pytest.mark.rule("A7")
@pytest.mark.parametrize("text", ["a" * 100_000, "=cmd|' /C calc'!A0", "Le\u202eroy", "Le\x07roy"])
def test_a_hostile_cell_is_one_error_of_its_row(read: Reader, text: str) -> None:
    row = (text, *ALICE[1:])
    forms = {"a.csv": csv_form([row, BOB]), "a.ods": ods_form(row, BOB), "a.docx": word_form(row, BOB)}
    for name, content in forms.items():
        if "\x07" in text:  # no XML holds it, no text file either
            assert reason(read(content, name)) in ("damaged", "unsupported")
            continue
        annexe = read(content, name)
        assert [(finding.code, finding.row) for finding in annexe.findings] == [("suspicious-characters", 1)]
        assert [row.last_name for row in annexe.rows] == [None, "Leroy"]


def test_a_package_with_one_name_twice_is_refused(read: Reader) -> None:
    assert reason(read(twice_the_same_member(), "a.docx")) == "archive"


def test_a_row_repeated_a_million_times_is_refused(read: Reader) -> None:
    content = ods_form(ods_row(ALICE, 'table:number-rows-repeated="1048576"'))
    assert reason(read(content, "a.ods")) == "too-many-rows"


def test_a_child_without_enough_memory_dies_and_the_document_is_unreadable() -> None:
    limits = DocumentSettings(memory_mib=64)
    content = docx(paragraph(random.Random(1).randbytes(12 * MIB).hex()))
    assert reason(read_annexe(content, "a.docx", limits)) in ("too-long", "failed")


def test_a_reading_that_takes_too_long_is_stopped() -> None:
    assert reason(read_annexe(SAMPLE, "a.docx", DocumentSettings(seconds=0.001))) == "too-long"


def test_a_file_beyond_the_limit_is_not_even_looked_at() -> None:
    assert reason(read_annexe(bytes(MIB + 1), "a.docx", DocumentSettings(max_mib=1))) == "too-large"


def test_too_many_filled_rows_are_refused_in_every_format() -> None:
    limits = DocumentSettings(max_rows=10)
    forms = {
        "a.csv": csv_form([ALICE] * 20),
        "a.docx": word_form(*[ALICE] * 20),
        "a.ods": ods_form(*[ALICE] * 20),
        "a.xlsx": xlsx_form(*[ALICE] * 20),
    }
    for name, content in forms.items():
        assert reason(read_annexe(content, name, limits)) == "too-many-rows"


def test_the_name_of_a_file_is_never_an_argument_of_anything(read: Reader) -> None:
    for name in ("--help.docx", "a\0.docx", "../../../etc/passwd.docx", ".docx/" + "é" * 5000, "a.\u202exslx"):
        assert read(SAMPLE, name).findings


@given(st.binary(max_size=300), st.sampled_from(["a.csv", "a.txt", "a.docx", "a"]))
def test_no_bytes_make_the_reader_raise_anything_but_its_own_refusal(content: bytes, name: str) -> None:
    assert refusal(content, name) in {None, *REASONS}


@given(st.integers(0, len(SAMPLE) - 1), st.integers(0, 255))
def test_a_damaged_byte_is_refused_or_harmless(position: int, value: int) -> None:
    content = bytearray(SAMPLE)
    content[position] = value
    assert refusal(bytes(content), "a.docx") in {None, *REASONS}


def test_an_odf_with_a_password_says_so(read: Reader) -> None:
    parts: dict[str, str | bytes] = {
        "mimetype": "application/vnd.oasis.opendocument.text",
        "content.xml": b"\x01\x02",
        "META-INF/manifest.xml": "<manifest:encryption-data/>",
    }
    assert reason(read(zipped(parts), "a.odt")) == "password"
    assert read(odf("text", ""), "a.odt").findings[0].code == "transmission-date-missing"
