"""`controls list|settle`: what the connection controls found, and that a named person has looked at it (L1)."""

from __future__ import annotations

from typing import Annotated

import typer

from provisioner.cli.options import NUMBER, By, ListFormat, OnePartner, Reason
from provisioner.cli.printing import print_answer
from provisioner.cli.session import session_of
from provisioner.views.sentences import Sentence

app = typer.Typer()


@app.command("list")
def list_(
    ctx: typer.Context,
    partner: OnePartner = None,
    all_: Annotated[bool, typer.Option("--all", help="Also what is settled or over.")] = False,
    format_: ListFormat = "text",
) -> None:
    """What was found and stands: which rule, about whom, since when, and what to do. Needs no Keycloak."""
    from provisioner.operations.controls import is_begun, listed
    from provisioner.views.answers.controls import ControlsAnswer

    session = session_of(ctx)
    with session.register(partner) as register:
        controls, begun = listed(register, partner, all_=all_), is_begun(register)
    if not begun:
        session.say(Sentence.NEVER_READ)
    print_answer(ControlsAnswer.with_proposals(session.settings.incident.proposing, controls), format_)


@app.command()
def settle(
    ctx: typer.Context,
    number: Annotated[int, typer.Argument(help="Its number, as `controls list` prints it.", **NUMBER)],
    by: By,
    reason: Reason,
) -> None:
    """Record that it was looked at and is explained. It is raised again only by new facts."""
    from provisioner.operations import controls

    session = session_of(ctx)
    with session.register() as register:
        controls.settle(register, number, by, reason)
    session.say(Sentence.CONTROL_SETTLED.of(number=number))
