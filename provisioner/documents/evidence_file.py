"""The file of evidence as a zip encrypted with a password (AES-256), which 7-Zip and Windows tools open.

Nothing of it is ever in the clear on a disk: each part is encrypted while it is written.
"""

from __future__ import annotations

import hashlib
import struct
import zlib
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import BinaryIO, Self

import pyzipper

from provisioner.domain.errors import Refusal, Refused

#: The file of digests, as `sha256sum --check` reads it.
SUMS = "SHA256SUMS"

#: The journal's entries, one a line.
JOURNAL = "journal.jsonl"

#: The bits of the key that the password makes.
_KEY_BITS = 256


#: What is raised of a zip that is damaged, or none.
_BROKEN = (
    pyzipper.BadZipFile,
    zlib.error,
    struct.error,
    KeyError,
    ValueError,
    OSError,
    EOFError,
    NotImplementedError,
)


class EvidenceWriter:
    """Writes the parts one after the other; the digests of all of them come last."""

    def __init__(self, file: BinaryIO, password: str) -> None:
        self._zip = pyzipper.AESZipFile(file, "w", compression=pyzipper.ZIP_DEFLATED, encryption=pyzipper.WZ_AES)
        self._zip.setpassword(password.encode())
        self._zip.setencryption(pyzipper.WZ_AES, nbits=_KEY_BITS)
        self._digests: dict[str, str] = {}

    def add(self, name: str, content: Iterable[bytes]) -> None:
        """Adds a file, piece by piece."""
        digest = hashlib.sha256()
        with self._zip.open(name, "w", force_zip64=True) as part:
            for piece in content:
                digest.update(piece)
                part.write(piece)
        self._digests[name] = digest.hexdigest()

    def close(self) -> None:
        """Writes the digests and the zip's end."""
        sums = "".join(f"{digest}  {name}\n" for name, digest in sorted(self._digests.items()))
        self._zip.writestr(SUMS, sums)
        self._zip.close()


class EvidenceReader:
    """Reads a file of evidence.

    Raises:
        Refused: it is none, or the password is wrong.
    """

    def __init__(self, file: Path, password: str) -> None:
        try:
            self._zip = pyzipper.AESZipFile(file)
            self._zip.setpassword(password.encode())
            self.names = self._zip.namelist()
            with self._zip.open(SUMS) as part:
                sums = part.read().decode()
        except _BROKEN:
            raise Refused(Refusal.NOT_EVIDENCE) from None
        except RuntimeError:
            raise Refused(Refusal.EVIDENCE_PASSWORD) from None
        self._sums = {name: digest for digest, _, name in (line.partition("  ") for line in sums.splitlines())}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._zip.close()

    def digests(self) -> Iterator[tuple[str, str, str]]:
        """Each file's name, the digest that is said of it and its own; one that cannot be read has none."""
        for name in sorted({*self._sums, *self.names} - {SUMS}):
            digest = hashlib.sha256()
            try:
                for piece in self._pieces(name):
                    digest.update(piece)
            except (*_BROKEN, RuntimeError):
                yield name, self._sums.get(name, ""), "unreadable"
                continue
            is_said = name in self._sums and self.names.count(name) == 1
            yield name, self._sums.get(name, ""), digest.hexdigest() if is_said else "unsaid"

    def lines(self, name: str) -> Iterator[str]:
        """A file's lines, one after the other."""
        with self._zip.open(name) as part:
            for line in part:
                yield line.decode("utf-8", "replace")

    def text(self, name: str) -> str:
        """The whole of a file."""
        return b"".join(self._pieces(name)).decode("utf-8", "replace")

    def _pieces(self, name: str) -> Iterator[bytes]:
        with self._zip.open(name) as part:
            while piece := part.read(1 << 20):
                yield piece
