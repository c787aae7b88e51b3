"""`backup`: a consistent copy of the register while the service runs."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from provisioner.cli.session import Exit, Format, FormatOption, exit_status, session_of


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(backup)


def backup(
    context: typer.Context,
    output: Annotated[
        Path, typer.Option("--output", help="The copy: a new file, never in place of another.", metavar="FILE")
    ],
    format_: FormatOption = Format.TEXT,
) -> None:
    """Copy the register while others work, verify the copy, print its journal's head: keep that elsewhere."""
    from provisioner.cli.answers import print_json
    from provisioner.operations.backup import NotOurs, back_up

    session = session_of(context)
    with exit_status():
        try:
            made = back_up(session.settings, session.clock, output)
        except NotOurs as error:
            typer.echo(str(error), err=True)
            raise typer.Exit(Exit.USAGE) from None
        except FileExistsError:
            raise typer.BadParameter(f"{output} exists already: it is left as it is") from None
        except OSError as error:
            raise typer.BadParameter(f"{output} cannot be written: {error.strerror}") from None
    if made.bad is not None:
        session.say(
            f"{output} is a true copy, but the journal does not verify: entry {made.bad.entry} ({made.bad.problem}). "
            "See `provisioner journal verify`."
        )
        raise typer.Exit(Exit.REFUSED)
    head = made.verdict.head
    assert head is not None
    if format_ is Format.JSON:
        print_json({"file": output.name, "entry": head.entry, "sha256": head.sha256})
    else:
        typer.echo(str(head))
    session.say(f"{output} is whole. Keep the head in another place: `journal verify --head` takes it.")
