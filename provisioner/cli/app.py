"""The commands and what stands before them: `--config`, `--quiet`, `--version`."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from provisioner import __version__
from provisioner.cli import (
    annexe,
    attestation,
    backup,
    connections,
    controls,
    holds,
    incident,
    journal,
    partner,
    person,
    retention,
    run,
    system,
)
from provisioner.cli.exits import Commands
from provisioner.cli.session import Session

EPILOG = """
Exit status: 0 done; 1 refused, held or found wanting; 2 wrong usage; 3 a system it needs failed, safe to run again.
Settings come from PROVISIONER_* variables, a secrets directory or the file of --config: see docs/settings.md.
"""

app = typer.Typer(
    name="provisioner",
    cls=Commands,
    help="From a partner's annexe 1 to accounts in Keycloak: checked, approved, applied, kept true.",
    epilog=EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"provisioner {__version__}")
        raise typer.Exit


@app.callback()
def before(
    ctx: typer.Context,
    config: Annotated[
        Path | None, typer.Option(help="Settings, as TOML.", exists=True, dir_okay=False, metavar="FILE")
    ] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print the answer and errors only.")] = False,
    _version_wanted: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Options of every command."""
    ctx.obj = Session(config, quiet=quiet)


of_other_files = typer.Typer()
of_other_files.command()(person.explain)
of_other_files.command()(backup.restore)
for group in (run.app, holds.app, of_other_files, system.app):
    app.add_typer(group)
app.add_typer(partner.app, name="partner")
app.add_typer(partner.caf, name="caf")
app.add_typer(annexe.app, name="annexe")
app.add_typer(person.app, name="person")
app.add_typer(person.invitation, name="invitation")
app.add_typer(connections.app, name="connections")
app.add_typer(incident.app, name="incident")
app.add_typer(attestation.app, name="attestation")
app.add_typer(journal.app, name="journal")
app.add_typer(backup.app, name="backup")
app.add_typer(controls.app, name="controls")
app.add_typer(retention.app, name="retention")


def main() -> None:
    """The entry point of the command `provisioner`."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # who called us closed it
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that cannot show a letter gets a sign in its place
            stream.reconfigure(errors="replace")
    app()
