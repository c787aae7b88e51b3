"""Files that a command reads, and writes: new ones, never in place of another."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import typer

from provisioner.cli.exits import Exit
from provisioner.cli.printing import print_answer, printed
from provisioner.views.sentences import Sentence

if TYPE_CHECKING:
    from provisioner.cli.session import Session
    from provisioner.domain.annexe.document import Document
    from provisioner.views.answers import Answer


def document_of(file: Path) -> Document:
    """The file as it is."""
    from provisioner.domain.annexe.document import Document

    return Document(name=file.name, content=file.read_bytes())


def save_new(output: Path, content: bytes, *, mode: int = 0o666) -> None:
    """Writes a file that is not there yet: the whole of it, or none, wherever the process is killed.

    `mode` is its permissions, less those that the umask takes away.
    """
    with saving(output, mode=mode) as file:
        file.write(content)


@contextmanager
def saving(output: Path, *, mode: int = 0o666) -> Iterator[BinaryIO]:
    """The same for what is written piece by piece, and may be read back: it has its name once that went well."""
    partial = output.with_name(f".{output.name}.{os.getpid()}.partial")
    with new_file(output):
        if output.exists():
            raise FileExistsError(output)
        try:
            with os.fdopen(os.open(partial, os.O_RDWR | os.O_CREAT | os.O_EXCL, mode), "w+b") as file:
                yield file
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


def can_be_given(output: Path | None) -> None:
    """Asked before the report is made, which may be recorded.

    Raises:
        typer.BadParameter: the file is there already, or cannot be made there.
    """
    if output is not None and (output.exists() or not output.parent.is_dir()):
        raise typer.BadParameter(f"{output} exists already, or its folder does not")


def give_report(session: Session, report: Answer, format_: str, output: Path | None) -> None:
    """A report on stdout, or in a new file for its owner alone, which is then named."""
    if output is None:
        print_answer(report, format_)
    else:
        save_told(session, output, printed(report, format_))


def save_told(session: Session, output: Path, content: bytes) -> None:
    """A new file for its owner alone, which is then named."""
    save_new(output, content, mode=0o600)
    session.say(Sentence.FILE_WRITTEN.of(file=output))
