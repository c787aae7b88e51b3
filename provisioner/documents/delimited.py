"""Text files with delimiters, as a French office suite exports them."""

from __future__ import annotations

import csv
import re
from collections import Counter
from collections.abc import Iterator

from provisioner.documents.blocks import Cell, Reading, Rows, TableRow, Unreadable
from provisioner.documents.gate import File

#: In the order of preference when a file has as many of two.
_DELIMITERS = ";\t,|"

#: What a line without values is made of.
_BLANK = f"{_DELIMITERS} \xa0"

#: What French text has beyond ASCII.
_FRENCH = frozenset("àâäçéèêëîïôöùûüÿœæÀÂÄÇÉÈÊËÎÏÔÖÙÛÜŸŒÆñÑ«»’‘“”–—…•°€ªº§\xa0")

#: The most lines that a quoted cell may run over.
_LONGEST_CELL = 20

csv.field_size_limit(2**20)


def read(file: File, most_rows: int) -> Reading:
    """The file as one table.

    Raises:
        Unreadable: no usual encoding fits, or too many rows.
    """
    lines = re.split(r"\r\n|\r|\n", decoded(file.content))
    delimiter = _delimiter(lines)
    rows = Rows(most_rows)
    table: list[TableRow] = []
    for fields in _records(lines, delimiter):
        table += rows.kept([Cell(field) for field in fields])
    return Reading([table])


def decoded(content: bytes) -> str:
    """The text: by its mark, else strict UTF-8, else Windows' French encoding, or old Macintosh's.

    Raises:
        Unreadable: none of them fits.
    """
    is_utf_16 = content.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if is_utf_16 else ("utf-8-sig", _one_byte_encoding(content)):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if "\0" not in text:
            return text
    raise Unreadable("encoding")


def _one_byte_encoding(content: bytes) -> str:
    """Windows' encoding, unless it cannot be and every letter makes sense in French on an old Macintosh.

    It cannot be where a byte means nothing in it, or gives a capital Ž after a small letter (« PrŽnom »).
    """
    is_absurd = re.search(rb"[\x81\x8d\x8f\x90\x9d]|[a-z]\x8e", content)
    others = set(content.decode("mac_roman")) - set(map(chr, range(128)))
    return "mac_roman" if is_absurd and others <= _FRENCH else "cp1252"


def _delimiter(lines: list[str]) -> str:
    """The one that most lines have several of: sentences have commas too."""
    filled = [line for line in lines if not _is_empty(line)] or lines
    return max(_DELIMITERS, key=lambda one: sum(1 for line in filled if line.count(one) >= 3))


def _is_empty(line: str) -> bool:
    return not line.strip(_BLANK)


def _records(lines: list[str], delimiter: str) -> Iterator[list[str]]:
    """The lines' fields. Quotes are taken for what they are only where the line then has the usual fields.

    A ditto mark is a quote that nothing closes, and would swallow the next cells.
    """
    counts = Counter(line.count(delimiter) for line in lines if not _is_empty(line) and line.count(delimiter) >= 3)
    usual = counts.most_common(1)[0][0] + 1 if counts else 0
    position = 0
    while position < len(lines):
        if _is_empty(lines[position]):
            position += 1
            continue
        fields, used = _quoted(lines, position, delimiter)
        plain = lines[position].split(delimiter)
        if (used > 1 or len(fields) != usual) and len(plain) == usual:
            fields, used = [_unquoted(field) for field in plain], 1
        yield fields
        position += used


def _quoted(lines: list[str], position: int, delimiter: str) -> tuple[list[str], int]:
    """A record by the rules of CSV and the number of its lines; a quoted cell may run over some."""
    record = lines[position]
    for used in range(1, _LONGEST_CELL + 1):
        if record.count('"') % 2 == 0:
            return next(csv.reader([record], delimiter=delimiter), []), used
        if position + used == len(lines):
            break
        record = f"{record}\n{lines[position + used]}"
    return [_unquoted(field) for field in lines[position].split(delimiter)], 1


def _unquoted(field: str) -> str:
    whole = re.fullmatch(r'\s*"(.*)"\s*', field, re.DOTALL)
    return whole[1].replace('""', '"') if whole and whole[1] else field
