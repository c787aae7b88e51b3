"""Files that must not be read: each ends quickly, with the one finding that says why."""

from __future__ import annotations

import io
import random
import time
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioner.documents import read_annexe
from provisioner.documents.blocks import Unreadable
from provisioner.documents.child import parse
from provisioner.domain.annexe import Annexe
from provisioner.settings import DocumentSettings
from provisioner.texts.findings import message
from provisioner.texts.unreadable import REASONS
from tests.documents.conftest import Reader
from tests.documents.making import (
    ALICE,
    SAMPLES,
    csv_form,
    docx,
    odf,
    ods_form,
    ods_row,
    ole,
    paragraph,
    word_form,
    xlsx_form,
    zipped,
)

SAMPLE = (SAMPLES / "01-premiere-demande.docx").read_bytes()
OLD = (SAMPLES / "02-ajouts-et-cloture.xls").read_bytes()
MIB = 2**20


def bomb() -> bytes:
    """A document of 200 MiB in less than one."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as package,
        package.open("word/document.xml", "w") as part,
    ):
        for _ in range(200):
            part.write(bytes(MIB))
    return buffer.getvalue()


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
    "a picture": (b"\x89PNG\r\n\x1a\n" + bytes(64), "scan.png", "image"),
    "a program": (b"\x7fELF" + bytes(64), "a.csv", "unsupported"),
    "an encoding of nowhere": (b"Nom;Pr\x81nom", "a.csv", "encoding"),
    "elements without end": (zipped({"word/document.xml": "<a>" * 100_000}), "a.docx", "damaged"),
}


def reason(annexe: Annexe) -> object:
    assert annexe.rows == ()
    assert annexe.transmitted_on is None
    (finding,) = annexe.findings
    assert finding.code == "unreadable-document"
    assert message(finding).endswith(".")
    return finding.details["reason"]


def refusal(content: bytes, name: str) -> str | None:
    """The reason why a file is refused here, without a child process; None when it is read."""
    try:
        parse(content, name, 10 * MIB, 100)
    except Unreadable as error:
        return error.reason
    return None


@pytest.mark.parametrize("case", HOSTILE)
def test_a_file_that_is_not_what_it_should_be_is_refused_with_its_reason(read: Reader, case: str) -> None:
    content, name, expected = HOSTILE[case]
    assert reason(read(content, name)) == expected
    assert expected in REASONS


def test_a_zip_bomb_is_refused_before_it_fills_the_memory(read: Reader) -> None:
    content, start = bomb(), time.monotonic()
    assert reason(read(content, "a.docx")) == "bomb"
    assert time.monotonic() - start < 5


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
