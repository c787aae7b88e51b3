"""Files that a command reads, and writes: new ones, never in place of another."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from provisioner.cli.exits import Exit
from provisioner.domain.annexe.document import Document
from provisioner.views.sentences import Sentence


def document_of(file: Path) -> Document:
    """The file as it is."""
    return Document(name=file.name, content=file.read_bytes())


def save_new(output: Path, content: bytes, *, mode: int = 0o666) -> None:
    """Writes a file that is not there yet: the whole of it, or none, wherever the process is killed.

    `mode` is its permissions, less those that the umask takes away.
    """
    partial = output.with_name(f".{output.name}.{os.getpid()}.partial")
    with new_file(output):
        if output.exists():
            raise FileExistsError(output)
        try:
            with os.fdopen(os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode), "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            _name(partial, output)
        finally:
            partial.unlink(missing_ok=True)


def _name(partial: Path, output: Path) -> None:
    """The file takes its name all at once, from nobody."""
    try:
        output.hardlink_to(partial)
    except FileExistsError:
        raise
    except OSError:  # a file system without hard links
        partial.replace(output)


@contextmanager
def new_file(output: Path) -> Iterator[None]:
    """While a file is written that must not be there yet.

    Raises:
        typer.BadParameter: there is one already, or it cannot be written there.
        typer.Exit: the disk is full or fails; nothing is left of the file.
    """
    try:
        yield
    except FileExistsError:
        raise typer.BadParameter(f"{output} exists already: it is left as it is") from None
    except OSError as error:
        if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EFBIG):
            typer.echo(Sentence.FILE_LOST.of(file=output, why=error.strerror), err=True)
            raise typer.Exit(Exit.FAILED) from None
        raise typer.BadParameter(f"{output} cannot be written: {error.strerror}") from None
