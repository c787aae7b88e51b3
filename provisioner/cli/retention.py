"""`retention …`: what is destroyed when, and what a named person keeps from it (D rules)."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from provisioner.cli.asking import progress_bar
from provisioner.cli.options import DAY, EMAIL, NUMBER, AsOf, By, Format, ListFormat, OnePartner, Reason
from provisioner.cli.printing import print_answer
from provisioner.cli.run import print_result, status_of
from provisioner.cli.session import session_of
from provisioner.domain.people import EmailAddress
from provisioner.views.sentences import Sentence

app = typer.Typer()


@app.command()
def due(
    ctx: typer.Context,
    as_of: AsOf = None,
    format_: ListFormat = "text",
) -> None:
    """What goes when, under which rule; what is on hold is told apart. Needs no Keycloak."""
    from provisioner.domain import retention
    from provisioner.views.answers.retention import DueAnswer

    session = session_of(ctx)
    with session.register(make=False) as register:
        records = register.records()
    print_answer(DueAnswer.on(as_of or session.clock.today(), retention.due(records)), format_)


@app.command()
def run(ctx: typer.Context, format_: Format = "text") -> None:
    """Destroy what is due and was announced by a run of an earlier day. `sync` does it too, last of all."""
    from provisioner.operations.retention import destroy_due

    session = session_of(ctx)
    with session.context("retention run") as context:
        result = destroy_due(context, progress_bar(session.quiet))
    print_result(session, result, format_, done=True)
    raise typer.Exit(status_of(result))


@app.command()
def hold(
    ctx: typer.Context,
    by: By,
    reason: Reason,
    review_on: Annotated[date, typer.Option(help="The day on which somebody looks at it again.", **DAY)],
    partner: OnePartner = None,
    email: Annotated[EmailAddress | None, typer.Option(help="Only this person.", **EMAIL)] = None,
    all_: Annotated[bool, typer.Option("--all", help="Everybody; looked at again within 30 days.")] = False,
    format_: Format = "text",
) -> None:
    """Keep a person's, a partner's or everybody's data from destruction: a dispute, an incident. It ends by `release`
    alone: past its date it stays, and is told every week.
    """
    from provisioner.operations import retention
    from provisioner.views.answers.retention import KeepingAnswer

    if [partner is not None, email is not None, all_].count(True) != 1:
        raise typer.BadParameter("exactly one of --partner, --email and --all is needed")
    session = session_of(ctx)
    with session.register(partner, make=False) as register:
        number = retention.keep(register, partner, email, by, reason, review_on)
    print_answer(KeepingAnswer(hold=number), format_)


@app.command()
def release(
    ctx: typer.Context,
    number: Annotated[int, typer.Argument(help="The hold's number, as `retention list` prints it.", **NUMBER)],
    by: By,
    reason: Reason,
) -> None:
    """Let what was kept be destroyed when its day has come."""
    from provisioner.operations import retention

    session = session_of(ctx)
    with session.register(make=False) as register:
        retention.release(register, number, by, reason)
    session.say(Sentence.KEEPING_RELEASED.of(number=number))


@app.command("list")
def list_(ctx: typer.Context, format_: ListFormat = "text") -> None:
    """What is kept from destruction, why, and when somebody looks at it again."""
    from provisioner.operations.retention import kept
    from provisioner.views.answers.retention import KeepingsAnswer

    session = session_of(ctx)
    with session.register(make=False) as register:
        keepings = kept(register)
    print_answer(KeepingsAnswer.of(keepings, session.clock.today()), format_)
