"""`partner adopt`: accounts that existed before this software come under it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from provisioner.cli.partners import By, Code
from provisioner.cli.session import Exit, Format, FormatOption, exit_status, session_of
from provisioner.domain.people import EmailAddress

if TYPE_CHECKING:
    from collections.abc import Sequence

    from provisioner.operations.adoption import Candidate


def adopt(
    context: typer.Context,
    code: Code,
    email: Annotated[list[str], typer.Option("--email", help="The account's address; may be repeated.")],
    by: By,
    reason: Annotated[str, typer.Option("--reason", help="Why.", metavar="TEXT")],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only list what each address matches.")] = False,
    format_: FormatOption = Format.TEXT,
) -> None:
    """Take over accounts that existed before: mark and group, no e-mail. All of them or none."""
    from provisioner.cli.answers import status_of
    from provisioner.cli.progress import progress_bar
    from provisioner.operations import adoption
    from provisioner.operations.partners import partner_of

    session = session_of(context)
    emails = [EmailAddress(one.strip().lower()) for one in email]
    with exit_status(), session.tools(by, read_only=dry_run) as tools:
        partner_of(tools.register, code)
        status = Exit.DONE
        if dry_run:
            found = adoption.candidates(tools, code, emails)
        else:
            found, outcome = adoption.adopt(tools, code, emails, by, reason, progress_bar(session.quiet))
            status = status_of(outcome)
        is_refused = not all(one.can_be_adopted for one in found)
        _print(found, format_, adopted=status is Exit.DONE and not (dry_run or is_refused))
        if is_refused:
            session.say("Nothing was adopted: put right or leave out the accounts that cannot be.")
            status = Exit.REFUSED
        elif status is not Exit.DONE:
            session.say("The adoption is recorded; the next `provisioner sync` goes on with it.")
        raise typer.Exit(status)


def _print(found: Sequence[Candidate], format_: Format, *, adopted: bool) -> None:
    from provisioner.cli.answers import print_json
    from provisioner.cli.as_text import new_console, new_table, plain
    from provisioner.texts.adoption import ADOPTED, MATCHES

    if format_ is Format.JSON:
        print_json([_plain(one) for one in found])
        return
    table = new_table("Comptes à reprendre", "Adresse", "Personne", "Constat")
    for one in found:
        person = f"{one.account.first_names} {one.account.last_name}" if one.account else ""
        table.add_row(*plain(one.email, person, ADOPTED if adopted else MATCHES[one.match]))
    new_console().print(table)


def _plain(one: Candidate) -> dict[str, Any]:
    return {"email": one.email, "match": one.match.value, "can_be_adopted": one.can_be_adopted}
