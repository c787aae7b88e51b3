"""`demo`: the trial run, with a real Keycloak and a mail sink on this machine."""

from __future__ import annotations

from typing import Annotated

import typer

from provisioner.cli.session import exit_status


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(demo)


def demo(
    keep: Annotated[bool, typer.Option("--keep", help="Leave everything up and say where to look.")] = False,
) -> None:
    """Try it: a real Keycloak, an example partner, two annexes, real e-mails. Stops by itself."""
    with exit_status():
        try:
            from provisioner.cli.demo import run_demo
        except ModuleNotFoundError as error:
            typer.echo(f"{error.name} is missing: install provisioner[sandbox], or run make install.", err=True)
            raise typer.Exit(2) from None
        raise typer.Exit(run_demo(keep=keep))
