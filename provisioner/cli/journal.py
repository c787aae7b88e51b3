"""`journal verify|head|show`: the record of decisions and effects, for whoever has to trust it."""

from __future__ import annotations

from typing import Annotated

import typer

from provisioner.cli.answers import print_json
from provisioner.cli.session import Exit, Format, FormatOption, exit_status, session_of
from provisioner.domain.journal import Head
from provisioner.domain.people import EmailAddress

app = typer.Typer(help="The record of decisions and effects.", no_args_is_help=True)


def _head(text: str) -> Head:
    try:
        return Head.parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


@app.command("verify")
def verify(
    context: typer.Context,
    head: Annotated[
        Head | None,
        typer.Option(
            "--head",
            help="A head taken out earlier: finds a cut end, an older database and a chain made anew too.",
            metavar="ENTRY:SHA256",
            parser=_head,
        ),
    ] = None,
    format_: FormatOption = Format.TEXT,
) -> None:
    """Verify the whole chain and the personal data beside it. Names the first bad entry; exit status 1."""
    from provisioner.cli import as_text_journal
    from provisioner.operations.journal import verify_journal

    with exit_status(), session_of(context).register("journal verify") as register:
        verdict = verify_journal(register, head)
    if format_ is Format.JSON:
        print_json(
            {
                "valid": verdict.bad is None,
                "entries": verdict.entries,
                "head": _plain(verdict.head) if verdict.head else None,
                "first_bad": verdict.bad.entry if verdict.bad else None,
                "problem": verdict.bad.problem.value if verdict.bad else None,
            }
        )
    else:
        as_text_journal.verdict(verdict, head)
    if verdict.bad is not None:
        raise typer.Exit(Exit.REFUSED)


@app.command("head")
def head_(context: typer.Context, format_: FormatOption = Format.TEXT) -> None:
    """The newest entry's number and digest, to be kept outside the database: `verify --head` takes it."""
    from provisioner.operations.journal import journal_head

    with exit_status(), session_of(context).register("journal head") as register:
        newest = journal_head(register)
    if format_ is Format.JSON:
        print_json(_plain(newest))
    else:
        typer.echo(str(newest))


@app.command("show")
def show(
    context: typer.Context,
    first: Annotated[
        int, typer.Option("--from", help="The first entry to show.", metavar="ENTRY", min=1, max=2**31 - 1)
    ] = 1,
    email: Annotated[
        str | None,
        typer.Option(help="Only entries of this person's habilitations, or naming the address.", metavar="EMAIL"),
    ] = None,
    format_: FormatOption = Format.TEXT,
) -> None:
    """The entries, oldest first. Personal data stand beside the journal and are not shown."""
    from provisioner.cli import as_json_journal, as_text_journal
    from provisioner.operations.journal import journal_entries

    person = EmailAddress(email.strip().lower()) if email is not None else None
    with exit_status(), session_of(context).register("journal show") as register:
        pages = journal_entries(register, first, person)
        if format_ is Format.JSON:
            as_json_journal.entries(pages)
        else:
            as_text_journal.entries(pages)


def _plain(head: Head) -> dict[str, int | str]:
    return {"entry": head.entry, "sha256": head.sha256}
