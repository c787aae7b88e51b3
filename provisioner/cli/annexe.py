"""`annexe form`: the form of annexe 1, empty or filled in from the current state."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from provisioner.cli.session import exit_status, session_of

app = typer.Typer(help="The annexes 1.", no_args_is_help=True)


@app.callback()
def before() -> None:
    """The annexes 1."""


@app.command("form")
def form(
    context: typer.Context,
    output: Annotated[
        Path, typer.Option(help="The file to write: .docx, .odt, .xlsx or .ods. Never overwritten.", metavar="FILE")
    ],
    partner: Annotated[
        str | None, typer.Option(help="Fill it in for this partner; without it, empty.", metavar="CODE")
    ] = None,
) -> None:
    """Write a form of annexe 1. The date of transmission is left blank."""
    from provisioner.documents.form import EXTENSIONS, Form, write_form

    session = session_of(context)
    extension = output.suffix.lower()
    if extension not in EXTENSIONS:
        raise typer.BadParameter(f"--output must end with one of {', '.join(EXTENSIONS)}")
    content = Form()
    with exit_status():
        if partner is not None:
            from provisioner.operations.form import form_of
            from provisioner.operations.partners import partner_of

            with session.register("annexe form") as register:
                partner_of(register, partner)
                content = form_of(register.records(), partner, session.clock.today())
        _save(output, write_form(content, extension))
    session.say(f"Form written to {output}.")


def _save(output: Path, content: bytes) -> None:
    try:
        with output.open("xb") as file:
            file.write(content)
    except FileExistsError:
        raise typer.BadParameter(f"{output} exists already: it is left as it is") from None
    except OSError as error:
        raise typer.BadParameter(f"{output} cannot be written: {error.strerror}") from None
