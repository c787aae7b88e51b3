"""Files that a command writes: new ones, never in place of another."""

from __future__ import annotations

from pathlib import Path

import typer


def save_new(output: Path, content: bytes) -> None:
    """Writes the file.

    Raises:
        typer.BadParameter: there is one already, or it cannot be written there.
    """
    try:
        with output.open("xb") as file:
            file.write(content)
    except FileExistsError:
        raise typer.BadParameter(f"{output} exists already: it is left as it is") from None
    except OSError as error:
        raise typer.BadParameter(f"{output} cannot be written: {error.strerror}") from None
