"""The process in which a file is read and understood: bounded, shut in, without secrets, and thrown away.

Started by `bounded.py` as `python -m provisioner.documents.child NAME HEAD MEMORY SECONDS UNPACKED ROWS FINDINGS
PAGES`; the file comes on stdin, the answer goes to stdout as `answer.py` writes it.
"""

from __future__ import annotations

import gc
import os
import resource
import sys
from collections.abc import Iterable
from importlib import import_module

from provisioner.documents.answer import LONGEST_ANSWER, refusal_line, to_lines
from provisioner.documents.blocks import Reading, Unreadable
from provisioner.documents.gate import OLE, admit, promised_kind
from provisioner.documents.meaning import understand
from provisioner.documents.walls import shut_in
from provisioner.domain.annexe.document import capped
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
    memory, seconds, unpacked, rows, findings, pages = map(int, sys.argv[3:9])
    for limit, value in ((resource.RLIMIT_AS, memory), (resource.RLIMIT_CPU, seconds)):
        resource.setrlimit(limit, (value, value))
    _import_all(name, bytes.fromhex(head))
    shut_in()
    gc.disable()  # it lives for one document, and its memory is bounded: looking for what to free takes its time
    try:
        reading = parse(sys.stdin.buffer.read(), name, unpacked, rows, pages)
        _say(to_lines(capped(judged(understand(reading)), findings)))
    except Unreadable as error:
        _say([refusal_line(error.reason)])
    except (MemoryError, RecursionError):
        _say([refusal_line("too-long")])
    os._exit(0)  # nothing is left to tidy up, and freeing what was read takes time


def parse(content: bytes, name: str, most_unpacked: int, most_rows: int, most_pages: int) -> Reading:
    """The file's blocks.

    Args:
        content: the file's bytes.
        name: its name.
        most_unpacked: the most bytes that a package may hold.
        most_rows: the most filled rows.
        most_pages: the most pages of a PDF.

    Raises:
        Unreadable: the gate or the reader refuses the file.
    """
    file = admit(content, name, most_unpacked)
    most = (most_rows, most_pages) if file.kind == "pdf" else (most_rows,)
    reading = import_module(f"provisioner.documents.{_READERS[file.kind]}").read(file, *most)
    assert isinstance(reading, Reading)
    return reading


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


def _say(lines: Iterable[bytes]) -> None:
    """Writes the lines.

    Raises:
        Unreadable: nobody would listen to so many.
    """
    left = LONGEST_ANSWER
    for line in lines:
        left -= len(line)
        if left < 0:
            raise Unreadable("too-long")
        sys.stdout.buffer.write(line)
    sys.stdout.buffer.flush()


if __name__ == "__main__":
    main()
