"""`doctor`: is everything that it needs reachable, allowed and configured?"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import typer

from provisioner.cli.session import Exit, Format, FormatOption, exit_status, session_of

if TYPE_CHECKING:
    from provisioner.operations.doctor import Examination, Line


def register(app: typer.Typer) -> None:
    """Adds the command."""
    app.command()(doctor)


def doctor(context: typer.Context, format_: FormatOption = Format.TEXT) -> None:
    """Look at everything that is needed and say what to do where something is not well. Changes nothing."""
    from provisioner.cli.answers import print_json
    from provisioner.logs import configure_logging
    from provisioner.operations.doctor import Verdict, examine

    session = session_of(context)
    with exit_status():
        configure_logging(session.settings.log)
        found = examine(session.settings, session.clock)
    if format_ is Format.JSON:
        print_json(_plain(found))
    else:
        _print(found)
    if found.is_unreachable:
        raise typer.Exit(Exit.FAILED)
    if found.verdict is Verdict.WANTING:
        raise typer.Exit(Exit.REFUSED)


def _print(found: Examination) -> None:
    """The settings, then a line a thing; what to do stands under what is not well."""
    for name, value in found.settings.items():
        if value is not None:
            typer.echo(f"{name}={value}")
    typer.echo()
    for one in found.lines:
        typer.echo(f"{one.verdict.value:<9}  {one.check:<18}  {_one_line(one.found)}")
        if one.todo:
            typer.echo(f"{'':<31}-> {_one_line(one.todo)}")
    typer.echo()
    typer.echo(f"{found.verdict.value}" + (", and a system does not answer" if found.is_unreachable else ""))


def _one_line(text: str) -> str:
    """What another system says may have line ends."""
    return " ".join(text.split())


def _plain(found: Examination) -> dict[str, Any]:
    return {
        "verdict": found.verdict.value,
        "reachable": not found.is_unreachable,
        "settings": dict(found.settings),
        "lines": [_line(one) for one in found.lines],
    }


def _line(one: Line) -> dict[str, str | None]:
    return {
        "check": one.check,
        "partner": one.partner,
        "verdict": one.verdict.value,
        "found": _one_line(one.found),
        "todo": _one_line(one.todo) if one.todo else None,
    }
