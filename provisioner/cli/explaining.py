"""`explain EMAIL` and `person show EMAIL`: one person, why and what; they change nothing."""

from __future__ import annotations

from typing import Annotated

import typer

from provisioner.cli.options import AsOf, Format, FormatOption, PageFormat, PageFormatOption, address
from provisioner.cli.printing import print_json
from provisioner.cli.session import session_of

app = typer.Typer()
person = typer.Typer()

Email = Annotated[str, typer.Argument(help="The person's address, or the one that they had.", metavar="EMAIL")]


@app.command()
def explain(context: typer.Context, email: Email, as_of: AsOf = None, format_: FormatOption = Format.TEXT) -> None:
    """Tell one person's story step by step, what `sync` would do for them, and why or why not."""
    from provisioner.cli import as_json_persons, as_text_persons
    from provisioner.operations.dossiers import explain_person

    with session_of(context).tools("explain", read_only=True, as_of=as_of) as tools:
        found = explain_person(tools, address(email))
    if format_ is Format.JSON:
        print_json(as_json_persons.explanation(found))
    else:
        as_text_persons.explanation(found)


@person.command()
def show(context: typer.Context, email: Email, format_: PageFormatOption = PageFormat.TEXT) -> None:
    """Everything that the register and Keycloak hold on one person; html: the page to hand to them."""
    from provisioner.cli import as_json_persons, as_text_persons
    from provisioner.operations.dossiers import known_dossier

    with session_of(context).tools("person show", read_only=True) as tools:
        found = known_dossier(tools, address(email))
    if format_ is PageFormat.JSON:
        print_json(as_json_persons.person(found))
    elif format_ is PageFormat.HTML:
        from provisioner.texts.dossier import dossier_page

        typer.echo(dossier_page(found).encode())
    else:
        as_text_persons.person(found)
