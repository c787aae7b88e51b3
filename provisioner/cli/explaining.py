"""`explain EMAIL` and `person show EMAIL`: one person, why and what; they change nothing."""

from __future__ import annotations

from typing import Annotated

import typer

from provisioner.cli.options import AsOf, Format, FormatOption, PageFormat, PageFormatOption, address
from provisioner.cli.printing import print_answer, print_page
from provisioner.cli.session import session_of

app = typer.Typer()
person = typer.Typer()

Email = Annotated[str, typer.Argument(help="The person's address, or the one that they had.", metavar="EMAIL")]


@app.command()
def explain(context: typer.Context, email: Email, as_of: AsOf = None, format_: FormatOption = Format.TEXT) -> None:
    """Tell one person's story step by step, what `sync` would do for them, and why or why not."""
    from provisioner.operations.person_file import explain_person

    with session_of(context).tools("explain", read_only=True, as_of=as_of) as tools:
        explanation = explain_person(tools, address(email))
    print_answer(explanation, format_)


@person.command()
def show(context: typer.Context, email: Email, format_: PageFormatOption = PageFormat.TEXT) -> None:
    """Everything that the register and Keycloak hold on one person; html: the page to hand to them."""
    from provisioner.operations.person_file import known_person_file
    from provisioner.views.answers.persons import PersonAnswer

    with session_of(context).tools("person show", read_only=True) as tools:
        answer = PersonAnswer.of(known_person_file(tools, address(email)))
    if format_ is PageFormat.HTML:
        print_page(answer.page())
    else:
        print_answer(answer, format_)
