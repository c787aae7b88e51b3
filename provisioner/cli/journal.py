"""`journal …`: the record of decisions and effects."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from provisioner.cli.asking import PasswordFile, the_password
from provisioner.cli.exits import Exit
from provisioner.cli.options import DAY, EMAIL, EXISTING, NAME, Format, OnePartner
from provisioner.cli.printing import print_answer, print_stream
from provisioner.cli.session import session_of
from provisioner.domain.journal import Head
from provisioner.domain.people import EmailAddress

app = typer.Typer()


def _head(text: str) -> Head:
    try:
        return Head.parse(text)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None


def _action(text: str) -> str:
    from provisioner.views.journal import ACTIONS

    if text not in ACTIONS:
        raise typer.BadParameter(f"{text!r} is none. Known: {', '.join(ACTIONS)}")
    return text


@app.command()
def verify(
    ctx: typer.Context,
    head: Annotated[
        Head | None,
        typer.Option(
            help="A head taken out earlier: finds a cut end, an older database and a chain made anew too.",
            metavar="ENTRY:SHA256",
            parser=_head,
        ),
    ] = None,
    extract: Annotated[
        Path | None,
        typer.Option(
            help="A file of `evidence` in place of the register: needs none.", metavar="FILE.zip", **EXISTING
        ),
    ] = None,
    password_file: PasswordFile = None,
    format_: Format = "text",
) -> None:
    """Verify the whole chain and the personal data beside it. Names the first bad entry; exit status 1."""
    from provisioner.operations.journal import verify_journal
    from provisioner.views.answers.journal import VerifiedAnswer

    if extract is not None:
        from provisioner.operations.evidence_file import verify as verify_extract

        verified = verify_extract(extract, the_password(password_file), head)
        answer = VerifiedAnswer.of(
            verified.check,
            head,
            verified.destroy_by,
            file_sha256=verified.sha256,
            other_version=verified.other_version,
        )
        print_answer(answer, format_)
        raise typer.Exit(Exit.DONE if verified.check.bad is None else Exit.REFUSED)
    if password_file is not None:
        raise typer.BadParameter("--password-file goes with --extract")
    with session_of(ctx).register(make=False) as register:
        check = verify_journal(register, head)
    print_answer(VerifiedAnswer.of(check, head), format_)
    raise typer.Exit(Exit.DONE if check.bad is None else Exit.REFUSED)


@app.command("head")
def head_(ctx: typer.Context, format_: Format = "text") -> None:
    """The newest entry's number and digest, to be kept outside the database: `verify --head` takes it."""
    from provisioner.operations.journal import journal_head
    from provisioner.views.answers.journal import HeadAnswer

    with session_of(ctx).register(make=False) as register:
        newest = journal_head(register)
    print_answer(HeadAnswer.read(newest), format_)


@app.command()
def show(
    ctx: typer.Context,
    first: Annotated[
        int, typer.Option("--from", help="The first entry to show.", metavar="ENTRY", min=1, max=2**31 - 1)
    ] = 1,
    email: Annotated[
        EmailAddress | None,
        typer.Option(help="Only entries of this person's habilitations, or naming the address.", **EMAIL),
    ] = None,
    since: Annotated[date | None, typer.Option(help="Not before that day.", **DAY)] = None,
    until: Annotated[date | None, typer.Option(help="Not after that day.", **DAY)] = None,
    partner: OnePartner = None,
    action: Annotated[
        str | None, typer.Option(help="Only what happened so, as JSON names it.", metavar="ACTION", parser=_action)
    ] = None,
    by: Annotated[str | None, typer.Option(help="Only what that person did or decided.", **NAME)] = None,
    details: Annotated[
        bool, typer.Option("--details", help="Also what stands beside the journal: personal data.")
    ] = False,
    format_: Format = "text",
) -> None:
    """The entries, oldest first, each with the decision that it follows from."""
    from provisioner.operations.journal import Sought, journal_entries
    from provisioner.views.answers.journal import EntryAnswer, entries_table

    if since is not None and until is not None and until < since:
        raise typer.BadParameter("--until is earlier than --since")
    sought = Sought(first=first, since=since, until=until, email=email, partner=partner, action=action, by=by)
    with session_of(ctx).register(partner, make=False) as register:
        pages = journal_entries(register, sought)
        entries = ((EntryAnswer.of(row, details=details) for row in page) for page in pages)
        print_stream(entries, entries_table(pages, details=details), format_)
