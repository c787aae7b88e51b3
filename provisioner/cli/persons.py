"""`person suspend|reopen`: one person, at once, without an annexe."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from provisioner.cli.exits import Exit
from provisioner.cli.options import By, Email, Format, FormatOption, Reason, address
from provisioner.cli.outcomes import print_outcome, status_of
from provisioner.cli.progress import progress_bar
from provisioner.cli.session import Session, session_of
from provisioner.domain.people import EmailAddress

if TYPE_CHECKING:
    from provisioner.operations.context import Context, ProgressBar, RunResult

app = typer.Typer(help="One person's access.", no_args_is_help=True)


@app.command()
def suspend(
    context: typer.Context, email: Email, by: By, reason: Reason, format_: FormatOption = Format.TEXT
) -> None:
    """Cut the person's access at once, for all their partners, until `person reopen`. No data clock starts."""
    from provisioner.operations import persons

    session = session_of(context)
    with session.tools(by) as tools:
        partners = persons.suspend(tools, address(email), by, reason)
        _carry_out(session, tools, partners, address(email), format_, persons.cut)


@app.command()
def reopen(
    context: typer.Context,
    email: Email,
    by: By,
    reason: Reason,
    new_password: Annotated[
        bool, typer.Option("--new-password", help="Delete the password and send one link to create another.")
    ] = False,
    format_: FormatOption = Format.TEXT,
) -> None:
    """Lift a suspension, by name or made in the console; create a missing account again."""
    from provisioner.operations import persons

    session = session_of(context)
    with session.tools(by) as tools:
        partners = persons.reopen(tools, address(email), by, reason, new_password=new_password)
        _carry_out(session, tools, partners, address(email), format_, persons.carry_out)


def _carry_out(
    session: Session,
    tools: Context,
    partners: Sequence[str],
    email: EmailAddress,
    format_: Format,
    act: Callable[[Context, Sequence[str], EmailAddress, ProgressBar], RunResult],
) -> None:
    """Makes the recorded decision true and says what was done; whatever fails, the next `sync` goes on."""
    status = Exit.FAILED
    try:
        outcome = act(tools, partners, email, progress_bar(session.quiet))
        print_outcome(session, outcome, format_, done=True)
        status = status_of(outcome)
    finally:
        if status is not Exit.DONE:
            session.say("The decision is recorded; the next `provisioner sync` goes on with it.")
    raise typer.Exit(status)
