"""`held list|release`, `pause`, `resume`, `status`: what waits, since when, and letting it go."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from provisioner.cli.options import DAY, By, Format, ListFormat, OnePartner, Reason
from provisioner.cli.printing import print_answer
from provisioner.cli.session import session_of
from provisioner.views.hints import resume as resume_hint
from provisioner.views.sentences import Sentence

app = typer.Typer()
held = typer.Typer(help="What a limit, a pause or a suspension holds back.", no_args_is_help=True)
app.add_typer(held, name="held")


@held.command("list")
def list_(ctx: typer.Context, format_: ListFormat = "text") -> None:
    """What is held back, since when, why, and each change that waits."""
    from provisioner.operations.service_status import held_records
    from provisioner.views.answers.holds import HeldAnswer

    session = session_of(ctx)
    with session.register() as register:
        records = held_records(register)
    print_answer(HeldAnswer.at(session.clock.now(), records), format_)


@held.command()
def release(
    ctx: typer.Context,
    plan_id: Annotated[str, typer.Argument(help="The plan's id, as `held list` prints it.", metavar="PLAN_ID")],
    by: By,
    reason: Reason,
) -> None:
    """Let one plan go beyond its limit, and no other. The next `sync` acts."""
    from provisioner.operations import holds

    session = session_of(ctx)
    with session.register() as register:
        partner = holds.release(register, plan_id, by, reason)
    session.say(Sentence.PLAN_RELEASED.of(plan=plan_id, code=partner or "destructions"))


@app.command()
def pause(
    ctx: typer.Context,
    reason: Reason,
    by: By,
    partner: OnePartner = None,
    until: Annotated[date | None, typer.Option(help="Its last day; else until `resume`.", **DAY)] = None,
) -> None:
    """Read and plan, but write nothing in Keycloak, closures neither, until further notice."""
    from provisioner.operations import holds

    session = session_of(ctx)
    with session.register(partner) as register:
        holds.pause(register, partner, reason, until, by)
    session.say(Sentence.PAUSED.of(whose=partner or Sentence.EVERYBODY, command=resume_hint(partner)))


@app.command()
def resume(ctx: typer.Context, by: By, partner: OnePartner = None) -> None:
    """End a pause."""
    from provisioner.operations import holds

    session = session_of(ctx)
    with session.register(partner) as register:
        holds.resume(register, partner, by)
    session.say(Sentence.RESUMED.of(whose=partner or Sentence.EVERYBODY))


@app.command()
def status(ctx: typer.Context, format_: Format = "text") -> None:
    """How things are: last good sync, what waits, what is held, which links are owed. Needs no Keycloak."""
    from provisioner.operations.service_status import service_status
    from provisioner.views.answers.holds import StatusAnswer

    session = session_of(ctx)
    with session.register() as register:
        status = service_status(register)
    print_answer(StatusAnswer.of(status, status.waiting, status.holds, session.clock.now()), format_)
