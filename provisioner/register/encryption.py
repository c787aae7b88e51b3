"""Encrypts copies to public keys of age, and opens them with a private one: streams, nothing is kept in clear."""

from __future__ import annotations

import io
from collections.abc import Iterable
from pathlib import Path
from typing import IO, cast

from provisioner.domain.backup import Recipient
from provisioner.domain.errors import Refusal, Refused
from provisioner.register.errors import CopyRefused


def encrypt(clear: IO[bytes], output: IO[bytes], recipients: Iterable[Recipient]) -> None:
    """Encrypts what is read to the keys.

    Raises:
        Refused: a key is none.
        OSError: it cannot be read or written.
    """
    import pyrage

    try:
        keys = [pyrage.x25519.Recipient.from_str(recipient.key) for recipient in recipients]
    except pyrage.RecipientError:
        raise Refused(Refusal.KEY_UNFIT) from None
    failing = _Failing(output)
    try:
        pyrage.encrypt_io(cast(io.BufferedIOBase, clear), cast(io.BufferedIOBase, failing), keys)
    except pyrage.EncryptError:
        raise failing.error or OSError("the copy cannot be encrypted") from None


class _Failing:
    """A file whose error is kept: the library hands on only its words."""

    def __init__(self, file: IO[bytes]) -> None:
        self.file, self.error = file, None  # type: tuple[IO[bytes], OSError | None]

    def write(self, data: bytes) -> int:
        try:
            return self.file.write(data)
        except OSError as error:
            self.error = error
            raise

    def flush(self) -> None:
        self.file.flush()


def decrypt(file: Path, identity: Path) -> bytes:
    """What an encrypted copy holds, in memory; the file of the private key may hold several, a line each.

    Raises:
        CopyRefused: no key in it opens the copy, or the copy is not whole.
        OSError: one of the files cannot be read.
    """
    import pyrage

    lines = (line.strip() for line in identity.read_text("utf-8", "replace").splitlines())
    try:
        keys = [pyrage.x25519.Identity.from_str(line) for line in lines if line and not line.startswith("#")]
    except pyrage.IdentityError:
        raise CopyRefused(Refusal.IDENTITY_UNFIT) from None
    if not keys:
        raise CopyRefused(Refusal.IDENTITY_UNFIT)
    clear = io.BytesIO()
    with file.open("rb") as encrypted:
        try:
            pyrage.decrypt_io(encrypted, clear, keys)
        except pyrage.DecryptError:
            raise CopyRefused(Refusal.KEY_DOES_NOT_OPEN) from None
        except OSError as error:
            if error.errno is not None:
                raise
            raise CopyRefused(Refusal.COPY_DAMAGED) from None
    return clear.getvalue()
