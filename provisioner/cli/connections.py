"""`connections …`: what persons and administrators did in the realm, read from Keycloak's events (L1)."""

from __future__ import annotations

from datetime import date
from typing import TYPE_CHECKING, Annotated

import typer

from provisioner.cli.asking import counting
from provisioner.cli.exits import Exit
from provisioner.cli.files import can_be_given, give_report
from provisioner.cli.options import DAY, DECIDER, TEXT, Format, OnePartner, Output, ReportFormat
from provisioner.cli.printing import print_answer
from provisioner.cli.session import Session, session_of
from provisioner.domain.convention import Audience

if TYPE_CHECKING:
    from provisioner.views.answers.connection_reports import ConnectionsReportAnswer

app = typer.Typer()


@app.command()
def pull(ctx: typer.Context, format_: Format = "text") -> None:
    """Read what happened since the last time, and judge it (`controls list`). Exit status 1 when some are missing."""
    from provisioner.operations import connections, controls

    session = session_of(ctx)
    with session.context("connections", read_only=True) as context, counting(session.quiet) as told:
        answer = connections.pull(context, told)
        controls.judge(context)
    print_answer(answer, format_)
    raise typer.Exit(Exit.REFUSED if answer.hole else Exit.DONE)


@app.command()
def verify(
    ctx: typer.Context,
    since: Annotated[
        date | None, typer.Option("--from", help="Its first day; default what Keycloak holds.", **DAY)
    ] = None,
    until: Annotated[date | None, typer.Option("--to", help="Its last day; default today.", **DAY)] = None,
    format_: Format = "text",
) -> None:
    """Read, then compare every event's id with Keycloak's. Exit status 1 when one is missing on either side."""
    from provisioner.operations import connections

    session = session_of(ctx)
    if since is not None and until is not None and until < since:
        raise typer.BadParameter("--to is earlier than --from")
    with session.context("connections", read_only=True) as context, counting(session.quiet) as told:
        answer = connections.verify(context, since, until, told)
    print_answer(answer, format_)
    raise typer.Exit(Exit.DONE if answer.is_whole else Exit.REFUSED)


@app.command()
def report(
    ctx: typer.Context,
    first: Annotated[date, typer.Option("--from", help="The first day.", **DAY)],
    last: Annotated[date, typer.Option("--to", help="The last day.", **DAY)],
    audience: Annotated[Audience, typer.Option("--for", help="By person for the Caf, counts for the partner (D4).")],
    partner: OnePartner = None,
    by: Annotated[str | None, typer.Option("--by", help="With caf: who asks for it.", **DECIDER)] = None,
    why: Annotated[str | None, typer.Option("--reason", help="With caf: why.", **TEXT)] = None,
    format_: ReportFormat = "text",
    output: Output = None,
) -> None:
    """Who connected in that period: logins, days, failures. --for caf is recorded in the journal, with its reason."""
    session = session_of(ctx)
    if first > last:
        raise typer.BadParameter("--from is later than --to")
    if last > session.clock.today():
        raise typer.BadParameter("--to is later than today")
    can_be_given(output)
    give_report(session, _report(session, audience, first, last, partner, by, why), format_, output)


def _report(
    session: Session,
    audience: Audience,
    first: date,
    last: date,
    partner: str | None,
    by: str | None,
    why: str | None,
) -> ConnectionsReportAnswer:
    from provisioner.domain.connections.report import Period
    from provisioner.operations.connection_report import report_for_caf, report_for_partner

    given = (session.settings, session.clock, Period(first, last))
    if audience is Audience.PARTNER:
        if partner is None:
            raise typer.BadParameter("--for partner needs --partner")
        with session.register(partner, make=False) as register:
            return report_for_partner(register, *given, partner)
    if by is None or why is None:
        raise typer.BadParameter("--for caf needs --by and --reason")
    with session.register(partner, make=False) as register:
        return report_for_caf(register, *given, partner, by, why)
