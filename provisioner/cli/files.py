"""Files that a command reads, and writes: new ones, never in place of another."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import typer

from provisioner.domain.check import Document


def document_of(file: Path) -> Document:
    """The file as it is."""
    return Document(name=file.name, content=file.read_bytes())


def save_new(output: Path, content: bytes) -> None:
    """Writes a file that is not there yet."""
    with new_file(output), output.open("xb") as file:
        file.write(content)


@contextmanager
def new_file(output: Path) -> Iterator[None]:
    """While a file is written that must not be there yet.

    Raises:
        typer.BadParameter: there is one already, or it cannot be written there.
    """
    try:
        yield
    except FileExistsError:
        raise typer.BadParameter(f"{output} exists already: it is left as it is") from None
    except OSError as error:
        raise typer.BadParameter(f"{output} cannot be written: {error.strerror}") from None
