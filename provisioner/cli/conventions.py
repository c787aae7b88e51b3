"""`partner end|reinstate|import|adopt`: what happens to conventions and to accounts that were there before."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from provisioner.cli.exits import Exit
from provisioner.cli.options import By, Code, DryRun, Format, FormatOption, Reason, address, day
from provisioner.cli.outcomes import status_of
from provisioner.cli.printing import print_answer
from provisioner.cli.progress import progress_bar
from provisioner.cli.session import session_of
from provisioner.domain.people import EmailAddress

if TYPE_CHECKING:
    from provisioner.operations.partners import Closing

app = typer.Typer()


@app.command()
def end(
    context: typer.Context,
    code: Code,
    on: Annotated[date, typer.Option(help="Its last day, today or later.", metavar="DATE", parser=day)],
    reason: Reason,
    by: By,
) -> None:
    """End a convention early. Its accesses close on the day after its last day."""
    from provisioner.operations.partners import end_convention

    session = session_of(context)
    with session.register(by) as register:
        closing = end_convention(register, code, on, reason)
    session.say(f"The convention of {code} ends on {closing.last_day}, its last day. {_closes(closing)}")


@app.command()
def reinstate(context: typer.Context, code: Code, by: By, reason: Reason) -> None:
    """Take an early end back, up to its very day."""
    from provisioner.operations.partners import reinstate_convention

    session = session_of(context)
    with session.register(by) as register:
        closing = reinstate_convention(register, code, reason)
    session.say(f"The convention of {code} goes on: nothing closes on {closing.instead_of}. {_closes(closing)}")


@app.command("import")
def import_(
    context: typer.Context,
    file: Annotated[
        Path, typer.Argument(help="The partners: docs/partners.md.", exists=True, dir_okay=False, metavar="FILE.toml")
    ],
    by: By = "partner import",
    dry_run: DryRun = False,
    format_: FormatOption = Format.TEXT,
) -> None:
    """Register or change many partners from one file: all of it, or nothing."""
    from provisioner.operations.partner_import import import_partners
    from provisioner.views.answers.partners import ImportedAnswer

    session = session_of(context)
    with session.register(by) as register:
        done = import_partners(register, file.read_bytes(), session.settings.documents, dry_run=dry_run)
    print_answer(ImportedAnswer(added=done.added, changed=done.changed, unchanged=done.unchanged), format_)
    if dry_run:
        session.say("Nothing was written: --dry-run.")


@app.command()
def adopt(
    context: typer.Context,
    code: Code,
    email: Annotated[
        list[EmailAddress],
        typer.Option(help="The account's address; may be repeated.", metavar="EMAIL", parser=address),
    ],
    by: By,
    reason: Reason,
    dry_run: DryRun = False,
    format_: FormatOption = Format.TEXT,
) -> None:
    """Take over accounts that existed before: mark and group, no e-mail. All of them or none."""
    from provisioner.operations import adoption
    from provisioner.views.answers.partners import CandidateLine, CandidatesAnswer

    session, status = session_of(context), Exit.DONE
    with session.tools(by, code, read_only=dry_run) as tools:
        if dry_run:
            found = adoption.candidates(tools, code, email)
        else:
            found, outcome = adoption.adopt(tools, code, email, by, reason, progress_bar(session.quiet))
            status = status_of(outcome)
    is_refused = not all(one.can_be_adopted for one in found)
    are_adopted = status is Exit.DONE and not (dry_run or is_refused)
    lines = [CandidateLine.of(one.email, one.match, one.account, can_be_adopted=one.can_be_adopted) for one in found]
    print_answer(CandidatesAnswer.of(lines, are_adopted=are_adopted), format_)
    if is_refused:
        session.say("Nothing was adopted: put right or leave out the accounts that cannot be.")
        status = Exit.REFUSED
    elif status is not Exit.DONE:
        session.say("The adoption is recorded; the next `provisioner sync` goes on with it.")
    raise typer.Exit(status)


def _closes(closing: Closing) -> str:
    """How many accesses, and never whose."""
    plural = "es" if closing.accesses != 1 else ""
    return f"{closing.accesses} access{plural} will close on {closing.on}, the day after the last day."
