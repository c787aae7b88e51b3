"""The commands and what stands before them: `--config`, `--quiet`, `--version`."""

from __future__ import annotations

from collections.abc import MutableMapping
from functools import cached_property
from importlib import import_module
from pathlib import Path
from typing import Annotated, Any

import typer
from typer.core import TyperGroup, TyperOption
from typer.main import get_group

from provisioner import __version__
from provisioner.cli import backup, evidence, explain, holds, run, system
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


class _Group(TyperGroup):
    """A group whose file is read once one of its commands is asked for: no other command waits for it."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(**attributes)
        del self.commands

    @cached_property
    def commands(self) -> MutableMapping[str, Any]:  # type: ignore[override]
        """Its commands by name."""
        return get_group(import_module(f"provisioner.cli.{self.name}").app).commands


alone = typer.Typer()
alone.command()(backup.restore)
for each in (run.app, holds.app, explain.app, alone, evidence.app, system.app, backup.app):
    app.add_typer(each)
#: The groups, each with what `--help` says of it; its commands are in the file of its name.
for name, about in {
    "partner": "The register of conventions.",
    "caf": "The Caf's own contacts, and the pages that it owes for data protection.",
    "annexe": "The annexes 1.",
    "person": "One person's access.",
    "invitation": "The e-mails with the link to create the password.",
    "connections": "The connections: who connected, when, from where (L1).",
    "incident": "Security incidents: told at once, completed, closed.",
    "attestation": "Certificates of destruction.",
    "journal": "The record of decisions and effects.",
    "notice": "The ledger of notices.",
    "controls": "What the connection controls found.",
    "access": "Who had, has or will have an access on a day.",
    "retention": "What is destroyed when, and what is kept from it.",
    "review": "The yearly reviews of the accesses, and what is asked of a partner.",
}.items():
    app.add_typer(typer.Typer(), name=name, help=about, cls=_Group, no_args_is_help=True)
