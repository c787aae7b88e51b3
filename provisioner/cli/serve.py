"""`serve`: the long-running service."""

from __future__ import annotations

from typing import Annotated

import typer

from provisioner.cli.session import Exit, exit_status, session_of


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(serve)


def serve(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Run every job that is due once, and stop.")] = False,
) -> None:
    """Do by itself, day and night, everything that is due. Ends on SIGTERM; see docs/service.md."""
    from provisioner.logs import configure_logging
    from provisioner.service import serving

    session = session_of(context)
    with exit_status():
        settings = session.settings.log
        is_set = "level" in settings.model_fields_set
        configure_logging(settings if is_set else settings.model_copy(update={"level": "INFO"}))
        with session.register("serve") as opened:
            if once:
                is_good = serving.serve_once(session.settings, session.clock, opened)
                raise typer.Exit(Exit.DONE if is_good else Exit.FAILED)
            serving.serve(session.settings, session.clock, opened)
