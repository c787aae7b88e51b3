"""`held list|release`, `pause`, `resume`, `status`: what waits, since when, and letting it go."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from provisioner.cli.session import Format, FormatOption, exit_status, session_of

held = typer.Typer(help="What a limit, a pause or a suspension holds back.", no_args_is_help=True)

By = Annotated[str, typer.Option("--by", help="Who decides.", metavar="NAME")]
Reason = Annotated[str, typer.Option("--reason", help="Why.", metavar="TEXT")]
Partner = Annotated[str | None, typer.Option("--partner", help="Only this partner.", metavar="CODE")]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.add_typer(held, name="held")
    app.command()(pause)
    app.command()(resume)
    app.command()(status)


@held.command("list")
def list_(context: typer.Context, format_: FormatOption = Format.TEXT) -> None:
    """What is held back, since when, why, and each change that waits."""
    from provisioner.cli import as_json, as_text_holds
    from provisioner.cli.answers import print_json

    session = session_of(context)
    with exit_status(), session.register("held list") as opened:
        records = opened.records()
    if format_ is Format.JSON:
        print_json([as_json.hold(one, records) for one in records.holds])
    else:
        as_text_holds.holds(records.holds, session.clock.now())


@held.command("release")
def release(
    context: typer.Context,
    plan_id: Annotated[str, typer.Argument(help="The plan's id, as `held list` prints it.", metavar="PLAN_ID")],
    by: By,
    reason: Reason,
) -> None:
    """Let one plan go beyond its limit, and no other. The next `sync` acts."""
    from provisioner.operations import holding

    session = session_of(context)
    with exit_status(), session.register(by) as opened:
        partner = holding.release(opened, plan_id, by, reason)
    session.say(f"Plan {plan_id} of {partner} let go. The next `provisioner sync` acts.")


def pause(
    context: typer.Context,
    reason: Reason,
    by: By,
    partner: Partner = None,
    until: Annotated[
        datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="Its last day; else until `resume`.")
    ] = None,
) -> None:
    """Read and plan, but write nothing in Keycloak, closures neither, until further notice."""
    from provisioner.operations import holding
    from provisioner.operations.partners import partner_of

    session = session_of(context)
    with exit_status(), session.register(by) as opened:
        if partner is not None:
            partner_of(opened, partner)
        holding.pause(opened, partner, reason, until.date() if until else None, by)
    session.say(f"{partner or 'Everything'} is paused. To go on: provisioner resume.")


def resume(context: typer.Context, by: By, partner: Partner = None) -> None:
    """End a pause."""
    from provisioner.operations import holding
    from provisioner.operations.partners import partner_of

    session = session_of(context)
    with exit_status(), session.register(by) as opened:
        if partner is not None:
            partner_of(opened, partner)
        holding.resume(opened, partner, by)
    session.say(f"{partner or 'Everything'} goes on. The next `provisioner sync` acts.")


def status(context: typer.Context, format_: FormatOption = Format.TEXT) -> None:
    """How things are: last good sync, what waits, what is held, which links are owed. Needs no Keycloak."""
    from provisioner.cli import as_json, as_text_holds
    from provisioner.cli.answers import print_json
    from provisioner.operations.holding import standing

    session = session_of(context)
    with exit_status(), session.register("status") as opened:
        found = standing(opened)
    if format_ is Format.JSON:
        print_json(as_json.standing(found))
    else:
        as_text_holds.standing(found, session.clock.now())
