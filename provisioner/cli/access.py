"""`access list|late`: who had, has or will have an access on a day, and closures done later than due."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal

import typer

from provisioner.cli.files import save_told
from provisioner.cli.options import DAY, AsOf, ListFormat, Output, Partners
from provisioner.cli.printing import print_answer, printed
from provisioner.cli.session import session_of

app = typer.Typer()


@app.command("list")
def list_(
    ctx: typer.Context,
    partner: Partners = None,
    as_of: AsOf = None,
    format_: Annotated[
        Literal["text", "json", "csv", "xlsx"], typer.Option("--format", help="How it is given.")
    ] = "text",
    output: Output = None,
) -> None:
    """Every access that is not destroyed, with its state on that day and on whose decision. Needs no Keycloak."""
    from provisioner.operations.access import listed
    from provisioner.views.answers.access import AccessesAnswer

    session, codes = session_of(ctx), partner or []
    if format_ == "xlsx" and output is None:
        raise typer.BadParameter("--format xlsx needs --output")
    with session.register(*codes, make=False) as register:
        answer = AccessesAnswer.on(as_of or session.clock.today(), listed(register, codes, as_of))
    if output is None:
        print_answer(answer, format_)
    elif format_ == "xlsx":
        from provisioner.documents.workbook import workbook

        rows = (line.values() for line in answer.rows)
        save_told(session, output, workbook(answer.table().title, answer.COLUMNS, rows))
    else:
        save_told(session, output, printed(answer, format_))


@app.command()
def late(
    ctx: typer.Context,
    partner: Partners = None,
    since: Annotated[date | None, typer.Option("--from", help="Closed on that day or later.", **DAY)] = None,
    until: Annotated[date | None, typer.Option("--to", help="Closed on that day or before.", **DAY)] = None,
    format_: ListFormat = "text",
) -> None:
    """The closures done after their day: by how many days, and why. Needs no Keycloak."""
    from provisioner.operations.access import late as late_closures
    from provisioner.views.answers.access import LateAnswer

    if since is not None and until is not None and until < since:
        raise typer.BadParameter("--to is earlier than --from")
    codes = partner or []
    with session_of(ctx).register(*codes, make=False) as register:
        answer = LateAnswer.of(late_closures(register, codes, since, until))
    print_answer(answer, format_)
