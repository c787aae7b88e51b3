"""`connections …`: what persons and administrators did in the realm, read from Keycloak's events (L1)."""

from __future__ import annotations

import contextlib
import io
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from provisioner.cli.asking import counting
from provisioner.cli.exits import Exit
from provisioner.cli.files import save_new
from provisioner.cli.options import Format, FormatOption, OnePartner, day, decider, reason
from provisioner.cli.printing import print_answer, print_page
from provisioner.cli.session import Session, session_of

if TYPE_CHECKING:
    from provisioner.views.answers.connection_reports import ConnectionsReportAnswer

app = typer.Typer(help="The connections: who connected, when, from where (L1).", no_args_is_help=True)


@app.command()
def pull(ctx: typer.Context, format_: FormatOption = Format.TEXT) -> None:
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
        date | None,
        typer.Option("--from", help="Its first day; default what Keycloak holds.", metavar="DATE", parser=day),
    ] = None,
    until: Annotated[
        date | None, typer.Option("--to", help="Its last day; default today.", metavar="DATE", parser=day)
    ] = None,
    format_: FormatOption = Format.TEXT,
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


class Audience(StrEnum):
    """Whom a report is for."""

    CAF = "caf"
    PARTNER = "partner"


class ReportFormat(StrEnum):
    """How a report is given."""

    TEXT = "text"
    JSON = "json"
    CSV = "csv"
    HTML = "html"


@app.command()
def report(
    ctx: typer.Context,
    first: Annotated[date, typer.Option("--from", help="The first day.", metavar="DATE", parser=day)],
    last: Annotated[date, typer.Option("--to", help="The last day.", metavar="DATE", parser=day)],
    audience: Annotated[Audience, typer.Option("--for", help="By person for the Caf, counts for the partner (D4).")],
    partner: OnePartner = None,
    by: Annotated[
        str | None, typer.Option("--by", help="With caf: who asks for it.", metavar="NAME", parser=decider)
    ] = None,
    why: Annotated[str | None, typer.Option("--reason", help="With caf: why.", metavar="TEXT", parser=reason)] = None,
    format_: Annotated[ReportFormat, typer.Option("--format", help="How it is given.")] = ReportFormat.TEXT,
    output: Annotated[
        Path | None, typer.Option(help="A new file, for its owner alone; else stdout.", metavar="FILE")
    ] = None,
) -> None:
    """Who connected in that period: logins, days, failures. --for caf is recorded in the journal, with its reason."""
    session = session_of(ctx)
    if first > last:
        raise typer.BadParameter("--from is later than --to")
    if last > session.clock.today():
        raise typer.BadParameter("--to is later than today")
    if output is not None and (output.exists() or not output.parent.is_dir()):
        raise typer.BadParameter(f"{output} exists already, or its folder does not")
    answer = _report(session, audience, first, last, partner, by, why)
    if output is None:
        _print(answer, format_)
        return
    text = io.StringIO()
    if format_ in (ReportFormat.CSV, ReportFormat.HTML):
        text.write(_file(answer, format_))
    else:
        with contextlib.redirect_stdout(text):
            print_answer(answer, format_)
    save_new(output, text.getvalue().encode(), mode=0o600)


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


def _print(answer: ConnectionsReportAnswer, format_: ReportFormat) -> None:
    if format_ in (ReportFormat.CSV, ReportFormat.HTML):
        print_page(_file(answer, format_))
    else:
        print_answer(answer, format_)


def _file(answer: ConnectionsReportAnswer, format_: ReportFormat) -> str:
    return answer.csv() if format_ is ReportFormat.CSV else answer.page()
