"""`partner end|reinstate|import`: what happens to conventions after, or before, a partner is registered by hand."""

from __future__ import annotations

import json
from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from provisioner.cli.partners import By, Code
from provisioner.cli.session import Format, FormatOption, exit_status, session_of

if TYPE_CHECKING:
    from provisioner.operations.conventions import Closing

Reason = Annotated[str, typer.Option("--reason", help="Why.", metavar="TEXT")]


def register(app: typer.Typer) -> None:
    """Puts these commands beside the others of `partner`."""
    app.command("end")(end)
    app.command("reinstate")(reinstate)
    app.command("import")(import_)


def end(
    context: typer.Context,
    code: Code,
    on: Annotated[
        datetime, typer.Option("--on", formats=["%Y-%m-%d"], help="Its last day, today or later.", metavar="DATE")
    ],
    reason: Reason,
    by: By,
) -> None:
    """End a convention early. Its accesses close on the day after its last day."""
    from provisioner.operations import conventions

    with exit_status(), session_of(context).register(by) as opened:
        closing = conventions.end_convention(opened, code, on.date(), reason)
    session_of(context).say(f"The convention of {code} ends on {closing.last_day}, its last day. {_closes(closing)}")


def reinstate(context: typer.Context, code: Code, by: By, reason: Reason) -> None:
    """Take an early end back, up to its very day."""
    from provisioner.operations import conventions

    with exit_status(), session_of(context).register(by) as opened:
        closing = conventions.reinstate_convention(opened, code, reason)
    session_of(context).say(
        f"The convention of {code} goes on: nothing closes on {closing.instead_of}. {_closes(closing)}"
    )


def import_(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(help="The partners: docs/partners.md.", exists=True, dir_okay=False, metavar="FILE.toml")
    ],
    by: By = "partner import",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Say what would be done, write nothing.")] = False,
    format_: FormatOption = Format.TEXT,
) -> None:
    """Register or change many partners from one file: all of it, or nothing."""
    from provisioner.operations.partner_import import import_partners
    from provisioner.texts.conventions import imported_lines

    with exit_status(), session_of(context).register(by) as opened:
        done = import_partners(opened, file.read_bytes(), dry_run=dry_run)
    if format_ is Format.JSON:
        typer.echo(json.dumps(asdict(done), ensure_ascii=False, indent=2))
    else:
        for line in imported_lines(done.added, done.changed, done.unchanged):
            typer.echo(line)
    if dry_run:
        session_of(context).say("Nothing was written: --dry-run.")


def _closes(closing: Closing) -> str:
    """How many accesses, and never whose."""
    plural = "es" if closing.accesses != 1 else ""
    return f"{closing.accesses} access{plural} will close on {closing.on}, the day after the last day."
