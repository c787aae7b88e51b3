"""`explain EMAIL` and `person show EMAIL`: one person, why and what; they change nothing."""

from __future__ import annotations

from typing import Annotated

import typer

from provisioner.cli.answers import print_json
from provisioner.cli.documents import AsOf
from provisioner.cli.session import Format, FormatOption, PageFormat, PageFormatOption, exit_status, session_of
from provisioner.domain.people import EmailAddress

Email = Annotated[str, typer.Argument(help="The person's address, or the one that they had.", metavar="EMAIL")]


def register(app: typer.Typer, person: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(explain)
    person.command("show")(show)


def explain(context: typer.Context, email: Email, as_of: AsOf = None, format_: FormatOption = Format.TEXT) -> None:
    """Tell one person's story step by step, what `sync` would do for them, and why or why not."""
    from provisioner.cli import as_json_persons, as_text_persons
    from provisioner.operations.dossiers import explain_person

    session = session_of(context)
    with exit_status():
        clock = session.clock.as_of(as_of.date()) if as_of else session.clock
        with session.tools("explain", read_only=True, clock=clock) as tools:
            found = explain_person(tools, _address(email))
        if format_ is Format.JSON:
            print_json(as_json_persons.explanation(found))
        else:
            as_text_persons.explanation(found)


def show(context: typer.Context, email: Email, format_: PageFormatOption = PageFormat.TEXT) -> None:
    """Everything that the register and Keycloak hold on one person; html: the page to hand to them."""
    from provisioner.cli import as_json_persons, as_text_persons
    from provisioner.operations.dossiers import known_dossier

    session = session_of(context)
    with exit_status(), session.tools("person show", read_only=True) as tools:
        person = known_dossier(tools, _address(email))
        if format_ is PageFormat.JSON:
            print_json(as_json_persons.person(person))
        elif format_ is PageFormat.HTML:
            from provisioner.texts.dossier import dossier_page

            typer.echo(dossier_page(person).encode())
        else:
            as_text_persons.person(person)


def _address(email: str) -> EmailAddress:
    return EmailAddress(email.strip().lower())
