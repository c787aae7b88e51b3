"""`review lag`, `review report`: what the Caf sees of its partners (V2, V3)."""

from __future__ import annotations

from typing import Annotated

import typer

from provisioner.cli.files import can_be_given, give_report
from provisioner.cli.options import AsOf, ListFormat, Output, Partners, ReportFormat
from provisioner.cli.printing import print_answer
from provisioner.cli.session import session_of

app = typer.Typer()


@app.command()
def lag(
    ctx: typer.Context,
    partner: Partners = None,
    year: Annotated[int | None, typer.Option(help="Only the ends of that year.", min=2000, max=2100)] = None,
    format_: ListFormat = "text",
) -> None:
    """How late departures are told (V3), by partner and year. Needs no Keycloak."""
    from provisioner.operations.review_report import lags
    from provisioner.views.answers.review_report import LagsAnswer

    session, codes = session_of(ctx), partner or []
    with session.register(*codes, make=False) as register:
        answer = LagsAnswer.within(
            session.settings.review.departure_days, lags(register, session.settings, codes, year)
        )
    print_answer(answer, format_)


@app.command()
def report(
    ctx: typer.Context,
    as_of: AsOf = None,
    format_: ReportFormat = "text",
    output: Output = None,
) -> None:
    """Every partner in figures: late reviews, lag of departures, unused accesses, controls, destructions due."""
    from provisioner.operations.review_report import report as made
    from provisioner.views.answers.review_report import ControlReportAnswer

    session = session_of(ctx)
    can_be_given(output)
    with session.register(make=False) as register:
        answer = ControlReportAnswer.of(made(register, session.settings, as_of))
    give_report(session, answer, format_, output)
