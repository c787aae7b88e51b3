"""The process in which a file is read and understood: bounded, without secrets, and thrown away.

Started by `bounded.py` as `python -m provisioner.documents.child NAME MEMORY SECONDS UNPACKED ROWS`; the file comes
on stdin, the answer goes to stdout as JSON: an annexe, or `{"unreadable": reason}`.
"""

from __future__ import annotations

import json
import resource
import sys
from importlib import import_module
from typing import Any

from provisioner.documents.answer import to_json
from provisioner.documents.blocks import Reading, Unreadable
from provisioner.documents.gate import admit
from provisioner.documents.meaning import understand

#: The longest answer, in bytes: some ten times what the most rows need.
_LONGEST_ANSWER = 64 * 2**20

#: The module that reads each kind of file, imported only when there is one to read.
_READERS = {
    "csv": "delimited",
    "docx": "docx",
    "odt": "odf",
    "ods": "odf",
    "xlsx": "xlsx",
    "xls": "xls",
    "pdf": "pdf",
}


def main() -> None:
    """Reads one file."""
    name, memory, seconds, unpacked, rows = sys.argv[1], *map(int, sys.argv[2:6])
    for limit, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        resource.setrlimit(limit, (value, value))
    try:
        answer = _told(to_json(understand(parse(sys.stdin.buffer.read(), name, unpacked, rows))))
    except Unreadable as error:
        answer = _told({"unreadable": error.reason})
    except (MemoryError, RecursionError):
        answer = _told({"unreadable": "too-long"})
    sys.stdout.buffer.write(answer)


def _told(answer: list[Any] | dict[str, str]) -> bytes:
    """The answer as bytes.

    Raises:
        Unreadable: the parent would need too much memory for it.
    """
    told = json.dumps(answer).encode()
    if len(told) > _LONGEST_ANSWER:
        raise Unreadable("too-long")
    return told


def parse(content: bytes, name: str, most_unpacked: int, most_rows: int) -> Reading:
    """The file's blocks.

    Raises:
        Unreadable: the gate or the reader refuses the file.
    """
    file = admit(content, name, most_unpacked)
    reading = import_module(f"provisioner.documents.{_READERS[file.kind]}").read(file, most_rows)
    assert isinstance(reading, Reading)
    return reading


if __name__ == "__main__":
    main()
