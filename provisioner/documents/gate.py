"""The one gate before any parser: what a file really is, and whether it may be unpacked at all."""

from __future__ import annotations

import io
import re
import zipfile
import zlib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import PurePath

from provisioner.documents.blocks import File, Parts, Unreadable

#: The most files in a package; an office document has some tens.
MOST_MEMBERS = 10_000

#: How many times its packed size a part may have, once it is bigger than `RATIO_FROM`.
MOST_RATIO = 200
RATIO_FROM = 10 * 2**20

_CHUNK = 2**20

#: What a name promises. One without a known extension promises nothing.
_PROMISES = {
    f".{extension}": kind
    for kind, extensions in {
        "csv": "csv txt tsv",  # only these make a text file a list
        "docx": "docx docm dotx",
        "xlsx": "xlsx xlsm xltx",
        "odt": "odt ott",
        "ods": "ods ots",
        "xls": "xls",
        "doc": "doc",  # never kept: refused as what it is, or as not what it promises
        "pdf": "pdf",
    }.items()
    for extension in extensions.split()
}

_ODF = {
    b"application/vnd.oasis.opendocument.text": "odt",
    b"application/vnd.oasis.opendocument.text-template": "odt",
    b"application/vnd.oasis.opendocument.spreadsheet": "ods",
    b"application/vnd.oasis.opendocument.spreadsheet-template": "ods",
}
_IMAGES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"II*\0", b"MM\0*", b"BM", b"RIFF")

#: Microsoft's container of before 2007: an old document, or the wrapping of one with a password.
OLE = b"\xd0\xcf\x11\xe0"

#: The parts that our readers look at; the others are only counted.
_WANTED = re.compile(
    r"mimetype|content\.xml|styles\.xml|META-INF/manifest\.xml|word/(document\d*|styles|(header|footer)\d*|comments|footnotes|endnotes)\.xml"
    r"|xl/(workbook|styles|sharedStrings)\.xml|xl/_rels/workbook\.xml\.rels|xl/worksheets/[^/]+\.xml"
    r"|xl/worksheets/_rels/[^/]+\.rels|xl/comments[^/]*\.xml|xl/comments/[^/]+\.xml|xl/drawings/drawing\d*\.xml"
)
#: The parts of an OpenDocument file that nobody here parses: macros and manifest, which name a DTD of their own.
_UNPARSED = re.compile(r"(?:META-INF|Basic|Dialogs|Scripts)/.*")
_STRICT_START = b"http://purl.oclc.org/ooxml/"
_STRICT = re.compile(rb"http://purl\.oclc\.org/ooxml/(\w{1,40})/")
_ONLY_NAMED = re.compile(rb"[^<]{0,10}(?:<\?xml[^<>]{0,200}\?>)?\s{0,100}<!DOCTYPE[^\[<>]{0,500}>(?![\s\S]*<!)")
_DOCTYPES = tuple("<!DOCTYPE".encode(encoding) for encoding in ("utf-8", "utf-16-le", "utf-16-be"))


def admit(content: bytes, name: str, most_unpacked: int) -> File:
    """The file, when it may be read: a known extension must agree with the content.

    Raises:
        Unreadable: the type is not one that is read, is not what the name promises, or the package is unsound.
    """
    is_package = content.startswith(b"PK\x03\x04")
    parts = _unpack(content, most_unpacked) if is_package else {}
    kind = _kind_of_package(parts) if is_package else _kind_of_plain(content)
    promised = promised_kind(name)
    if kind == "csv" and promised is None:
        raise Unreadable("unsupported")
    if promised not in (None, kind):
        raise Unreadable("other-format")
    return File(kind, content, parts)


def promised_kind(name: str) -> str | None:
    """The kind of file that a name promises; None for a name that promises nothing."""
    return _PROMISES.get(PurePath(name).suffix.lower())


def _kind_of_plain(content: bytes) -> str:
    if not content.strip():
        raise Unreadable("empty")
    if content.startswith(OLE):
        from provisioner.documents.xls import kind_of_ole

        return kind_of_ole(content)
    if content[:1024].lstrip().startswith(b"%PDF"):
        return "pdf"
    if content.startswith(_IMAGES):
        raise Unreadable("image")
    if content.startswith((b"\xff\xfe", b"\xfe\xff")) or not re.search(rb"[\0-\x08\x0e-\x1a]", content):
        return "csv"
    raise Unreadable("unsupported")


def _kind_of_package(parts: Parts) -> str:
    main = [name for name in parts if name.startswith("word/document")]
    if main:
        parts.setdefault("word/document.xml", parts[main[0]])  # some programs number it
        return "docx"
    if "xl/workbook.xml" in parts:
        return "xlsx"
    kind = _ODF.get(parts.get("mimetype", b"").strip())
    if kind is None or "content.xml" not in parts:
        raise Unreadable("old-office" if _is_older(parts) else "unsupported")
    if b"encryption-data" in parts.get("META-INF/manifest.xml", b""):
        raise Unreadable("password")
    return kind


def _unpack(content: bytes, most_unpacked: int) -> Parts:
    """The parts that are read; every member was inflated, counted and looked at."""
    parts: Parts = {}
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as package:
            for member in _sound_members(package):
                data = _inflate(package, member, most_unpacked)
                most_unpacked -= len(data)
                if member.filename.endswith((".xml", ".rels")) and _declares(member.filename, data):
                    raise Unreadable("old-office" if _is_older(parts) else "dtd")
                if _WANTED.fullmatch(member.filename):
                    parts[member.filename] = _transitional(data)
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, RuntimeError, ValueError, OSError):
        # zipfile tells a broken package in all these ways.
        raise Unreadable("damaged") from None
    return parts


def _declares(name: str, part: bytes) -> bool:
    """Whether a part has a DTD. The mere name of one does not count in a part that nobody parses."""
    return any(mark in part for mark in _DOCTYPES) and not (_UNPARSED.fullmatch(name) and _ONLY_NAMED.match(part))


def _is_older(parts: Parts) -> bool:
    """Whether a package is of the time before OpenDocument (.sxw, .sxc): its parts name a DTD."""
    return parts.get("mimetype", b"").startswith(b"application/vnd.sun.xml")


def _transitional(part: bytes) -> bytes:
    """A part of « Strict » Office Open XML under the names of the usual variety; any other part as it is."""
    return _STRICT.sub(rb"http://schemas.openxmlformats.org/\1/2006/", part) if _STRICT_START in part else part


def _sound_members(package: zipfile.ZipFile) -> Iterator[zipfile.ZipInfo]:
    members = package.infolist()
    if len(members) > MOST_MEMBERS or len({member.filename for member in members}) < len(members):
        raise Unreadable("archive")
    starts = sorted((member.header_offset, member.compress_size) for member in members)
    if any(start + size > following for (start, size), (following, _) in pairwise(starts)):
        raise Unreadable("archive")  # members that lie one over another
    for member in members:
        if member.flag_bits & 0x1:
            raise Unreadable("password")
        yield member


def _inflate(package: zipfile.ZipFile, member: zipfile.ZipInfo, most: int) -> bytes:
    """A member's bytes, counted while they come: the size that it declares may lie."""
    data = bytearray()
    with package.open(member) as stream:
        while chunk := stream.read(_CHUNK):
            data += chunk
            ratio_is_mad = len(data) > RATIO_FROM and len(data) > MOST_RATIO * max(member.compress_size, 1)
            if len(data) > most or ratio_is_mad:
                raise Unreadable("bomb")
    return bytes(data)
