"""`journal verify|head|show`: the record of decisions and effects, for whoever has to trust it."""

from __future__ import annotations

from typing import Annotated

import typer

from provisioner.cli.exits import Exit
from provisioner.cli.options import Format, FormatOption, address
from provisioner.cli.printing import print_answer
from provisioner.cli.session import session_of
from provisioner.domain.journal import Head
from provisioner.domain.people import EmailAddress

app = typer.Typer(help="The record of decisions and effects.", no_args_is_help=True)


def _head(text: str) -> Head:
    try:
        return Head.parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


@app.command()
def verify(
    context: typer.Context,
    head: Annotated[
        Head | None,
        typer.Option(
            help="A head taken out earlier: finds a cut end, an older database and a chain made anew too.",
            metavar="ENTRY:SHA256",
            parser=_head,
        ),
    ] = None,
    format_: FormatOption = Format.TEXT,
) -> None:
    """Verify the whole chain and the personal data beside it. Names the first bad entry; exit status 1."""
    from provisioner.cli.answers.journal import verified
    from provisioner.operations.journal import verify_journal

    with session_of(context).register("journal verify") as register:
        verdict = verify_journal(register, head)
    print_answer(verified(verdict, head), format_)
    raise typer.Exit(Exit.DONE if verdict.bad is None else Exit.REFUSED)


@app.command("head")
def head_(context: typer.Context, format_: FormatOption = Format.TEXT) -> None:
    """The newest entry's number and digest, to be kept outside the database: `verify --head` takes it."""
    from provisioner.cli.answers import journal as answers
    from provisioner.operations.journal import journal_head

    with session_of(context).register("journal head") as register:
        newest = journal_head(register)
    print_answer(answers.head(newest), format_)


@app.command()
def show(
    context: typer.Context,
    first: Annotated[
        int, typer.Option("--from", help="The first entry to show.", metavar="ENTRY", min=1, max=2**31 - 1)
    ] = 1,
    email: Annotated[
        EmailAddress | None,
        typer.Option(
            help="Only entries of this person's habilitations, or naming the address.",
            metavar="EMAIL",
            parser=address,
        ),
    ] = None,
    format_: FormatOption = Format.TEXT,
) -> None:
    """The entries, oldest first. Personal data stand beside the journal and are not shown."""
    from provisioner.cli.answers.journal import print_entries
    from provisioner.operations.journal import journal_entries

    with session_of(context).register("journal show") as register:
        print_entries(journal_entries(register, first, email), format_)
