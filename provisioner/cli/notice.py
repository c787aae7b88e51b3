"""`notice list`: who was told what and when (N3)."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from provisioner.cli.options import DAY, ListFormat, OnePartner
from provisioner.cli.printing import print_answer
from provisioner.cli.session import session_of

app = typer.Typer()


@app.command("list")
def list_(
    ctx: typer.Context,
    partner: OnePartner = None,
    kind: Annotated[
        str | None, typer.Option(help="Only this kind (docs/contacts.md), as annexe-applied.", metavar="KIND")
    ] = None,
    since: Annotated[date | None, typer.Option(help="Owed on that day or later.", **DAY)] = None,
    until: Annotated[date | None, typer.Option(help="Owed on that day or before.", **DAY)] = None,
    format_: ListFormat = "text",
) -> None:
    """Who was told what and when, oldest first; a recipient is told for a year. Needs no Keycloak."""
    from provisioner.register import notices
    from provisioner.views.answers.notices import NoticesAnswer

    if since is not None and until is not None and until < since:
        raise typer.BadParameter("--until is earlier than --since")
    with session_of(ctx).register(partner, make=False) as register, register.read() as connection:
        told = notices.told(connection, kind=kind, partner=partner, since=since, until=until)
    print_answer(NoticesAnswer.of(told), format_)
