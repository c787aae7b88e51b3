"""The commands and what stands before them: `--config`, `--quiet`, `--version`."""

from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperOption

from provisioner import __version__
from provisioner.cli import (
    access,
    annexe,
    attestation,
    backup,
    caf,
    connections,
    containment,
    controls,
    evidence,
    holds,
    incident,
    journal,
    notice,
    partner,
    person,
    retention,
    review,
    review_report,
    run,
    system,
)
from provisioner.cli.exits import Commands
from provisioner.cli.options import EXISTING
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
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


_type_of = TyperOption.display_type_rich


def _type_of_value(option: TyperOption, ctx: Any) -> str | None:
    """What an option takes, for its line of `--help`; a flag takes nothing, where typer would say `<bool>`."""
    return None if option.is_flag else _type_of(option, ctx)


TyperOption.display_type_rich = _type_of_value  # type: ignore[method-assign, assignment]


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"provisioner {__version__}")
        raise typer.Exit


@app.callback()
def before(
    ctx: typer.Context,
    config: Annotated[list[Path] | None, typer.Option(help="Settings, as TOML.", metavar="FILE", **EXISTING)] = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Print the answer and errors only.")] = False,
    _version_wanted: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_version, is_eager=True)
    ] = False,
) -> None:
    """Options of every command."""
    if config and len(config) > 1:  # sudo gives an officer the first one, and any arguments after it
        raise typer.BadParameter("one file, once", param_hint="--config")
    ctx.obj = Session(config[0] if config else None, quiet=quiet)


of_other_files = typer.Typer()
of_other_files.command()(person.explain)
of_other_files.command()(backup.restore)
review.app.add_typer(review_report.app)
partner.app.add_typer(containment.app)
for group in (
    *(run.app, holds.app, of_other_files, evidence.app, system.app, partner.app, caf.app, annexe.app, person.app),
    *(person.invitation, connections.app, incident.app, attestation.app, journal.app, notice.app, backup.app),
    *(controls.app, access.app, retention.app, review.app),
):
    app.add_typer(group)


def main() -> None:
    """The entry point of the command `provisioner`."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:  # who called us closed it
            setattr(sys, name, Path(os.devnull).open(mode, encoding="utf-8"))  # noqa: SIM115
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a terminal that cannot show a letter gets a sign in its place
            stream.reconfigure(errors="replace")
    app()
