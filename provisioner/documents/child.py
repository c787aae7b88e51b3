"""The process in which a file is parsed: bounded, without secrets, and thrown away.

Started by `bounded.py` as `python -m provisioner.documents.child NAME MEMORY SECONDS UNPACKED ROWS`; the file comes
on stdin, the answer goes to stdout as JSON: a reading, or `{"unreadable": reason}`.
"""

from __future__ import annotations

import json
import resource
import sys

from provisioner.documents.blocks import Reading, Unreadable, to_json

#: The longest answer, in bytes: some ten times what the most rows need.
_LONGEST_ANSWER = 64 * 2**20


def main() -> None:
    """Parses one file."""
    name, memory, seconds, unpacked, rows = sys.argv[1], *map(int, sys.argv[2:6])
    for limit, value in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_FSIZE, 0),
    ):
        resource.setrlimit(limit, (value, value))
    try:
        answer = _told(to_json(parse(sys.stdin.buffer.read(), name, unpacked, rows)))
    except Unreadable as error:
        answer = _told({"unreadable": error.reason})
    except (MemoryError, RecursionError):
        answer = _told({"unreadable": "too-long"})
    sys.stdout.buffer.write(answer)


def _told(answer: dict[str, object]) -> bytes:
    """The answer as bytes.

    Raises:
        Unreadable: the parent would need too much memory for it.
    """
    told = json.dumps(answer, ensure_ascii=True).encode()
    if len(told) > _LONGEST_ANSWER:
        raise Unreadable("too-long")
    return told


def parse(content: bytes, name: str, most_unpacked: int, most_rows: int) -> Reading:
    """The file's blocks. Each reader is imported only for its own kind of file.

    Raises:
        Unreadable: the gate or the reader refuses the file.
    """
    from provisioner.documents.gate import admit

    kind, parts = admit(content, name, most_unpacked)
    if kind == "csv":
        from provisioner.documents import delimited

        return delimited.read(content, most_rows)
    if kind == "docx":
        from provisioner.documents import docx

        return docx.read(parts, most_rows)
    if kind == "xlsx":
        from provisioner.documents import xlsx

        return xlsx.read(content, parts, most_rows)
    if kind == "xls":
        from provisioner.documents import xls

        return xls.read(content, most_rows)
    if kind == "pdf":
        from provisioner.documents import pdf

        return pdf.read(content, most_rows)
    from provisioner.documents import odf

    return odf.read(parts, most_rows)


if __name__ == "__main__":
    main()
