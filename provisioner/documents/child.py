"""The process in which a file is read and understood: bounded, shut in, without secrets, and thrown away.

Started by `bounded.py` as `python -m provisioner.documents.child NAME HEAD MEMORY SECONDS UNPACKED ROWS FINDINGS
PAGES ANSWER`. It says `ready` once it is shut in; then the file comes on stdin. The answer goes to stdout: a line of
JSON a row and a finding, then an end.
"""

from __future__ import annotations

import gc
import json
import os
import resource
import sys
from collections.abc import Iterable, Iterator
from dataclasses import asdict
from datetime import date
from importlib import import_module
from typing import Any

from provisioner.documents.blocks import Reading, Unreadable
from provisioner.documents.gate import OLE, admit, promised_kind
from provisioner.documents.meaning import understand
from provisioner.documents.walls import READY, shut_in
from provisioner.domain.annexe.document import Annexe, Column, Finding, Row, capped
from provisioner.domain.annexe.judge import judged

#: The module that reads each kind of file; an old container tells its kind through the reader of workbooks.
_READERS = {
    "csv": "delimited",
    "docx": "docx",
    "odt": "odf",
    "ods": "odf",
    "xlsx": "xlsx",
    "xls": "xls",
    "pdf": "pdf",
}

#: The encodings that files come in: Python finds each in a file of its own when it is first used.
_ENCODINGS = (
    "ascii cp1252 cp437 cp850 idna iso8859_1 iso8859_15 mac_roman punycode utf_16 utf_16_be utf_16_le utf_32 "
    "utf_8_sig"
)


def main() -> None:
    """Reads one file."""
    name, head = sys.argv[1:3]
    memory, seconds, unpacked, rows, findings, pages, longest = map(int, sys.argv[3:10])
    for limit, value in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds)):
        resource.setrlimit(limit, (value, value))
    _import_all(name, bytes.fromhex(head))
    shut_in()
    _say([READY], longest)
    gc.disable()  # it lives for one document, and its memory is bounded: looking for what to free takes its time
    try:
        reading = parse(sys.stdin.buffer.read(), name, unpacked, rows, pages)
        _say(to_lines(capped(judged(understand(reading)), findings)), longest)
    except Unreadable as error:
        _say([refusal_line(error.reason)], longest)
    except (MemoryError, RecursionError):
        _say([refusal_line("too-long")], longest)
    os._exit(0)  # nothing is left to tidy up, and freeing what was read takes time


def parse(content: bytes, name: str, most_unpacked: int, most_rows: int, most_pages: int) -> Reading:
    """The file's blocks, within the most bytes of a package, the most filled rows and the most pages of a PDF.

    Raises:
        Unreadable: the gate or the reader refuses the file.
    """
    file = admit(content, name, most_unpacked)
    most = (most_rows, most_pages) if file.kind == "pdf" else (most_rows,)
    reading = import_module(f"provisioner.documents.{_READERS[file.kind]}").read(file, *most)
    assert isinstance(reading, Reading)
    return reading


def to_lines(annexe: Annexe) -> Iterator[bytes]:
    """The annexe, line by line."""
    for row in annexe.rows:
        yield _line("row", *_row_values(row), (row.list, row.row) in annexe.surplus.refused)
    for finding in annexe.findings:
        yield _line("finding", *_finding_values(finding))
    left_out = [[severity, code, count] for (severity, code), count in annexe.surplus.counts.items()]
    yield _line("end", _iso(annexe.transmitted_on), len(annexe.rows), len(annexe.findings), left_out)


def refusal_line(reason: str) -> bytes:
    """Says, after whatever was said, that the document cannot be read."""
    return _line("unreadable", reason)


def _import_all(name: str, head: bytes) -> None:
    """Whatever the reading may need: shut in, nothing can be imported any more."""
    kind = promised_kind(name)
    readers = set(_READERS.values()) if kind is None else {_READERS[kind]} if kind in _READERS else set()
    if head == OLE:
        readers.add(_READERS["xls"])
    for module in ("_strptime", *(f"provisioner.documents.{reader}" for reader in sorted(readers))):
        import_module(module)
    for encoding in _ENCODINGS.split():
        "".encode(encoding)


def _say(lines: Iterable[bytes], longest: int) -> None:
    """Writes the lines.

    Raises:
        Unreadable: nobody would listen to so many.
    """
    for line in lines:
        longest -= len(line)
        if longest < 0:
            raise Unreadable("too-long")
        sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


def _line(*said: object) -> bytes:
    return json.dumps(said, separators=(",", ":")).encode() + b"\n"


def _row_values(row: Row) -> list[Any]:
    """The row; what stands in the document as it was read is not said twice."""
    as_read = {Column.EMAIL: row.email, row.date_column: _iso(row.on)}
    written = {column: text for column, text in row.written.items() if text != as_read[column]}
    values = [row.list, row.row, row.last_name, row.first_names, row.function, row.email]
    return [*values, _iso(row.on), written, row.sheet_row]


def _finding_values(finding: Finding) -> list[Any]:
    values = [finding.code, finding.severity, finding.list, finding.row, finding.column]
    details = None if finding.details is None else json.dumps(asdict(finding.details), default=date.isoformat)
    return [*values, finding.value, finding.suggestion, details, finding.sheet_row]


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


if __name__ == "__main__":
    main()
