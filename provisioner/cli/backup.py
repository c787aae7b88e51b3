"""`backup …`: copies of the register that are known to be good, and expire."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from provisioner.cli.exits import Exit
from provisioner.cli.files import new_file
from provisioner.cli.options import By, Format, FormatOption, day
from provisioner.cli.printing import print_answer
from provisioner.cli.session import session_of
from provisioner.views.sentences import Sentence

app = typer.Typer(help="Copies of the register, and the keys that they are encrypted to.")


@app.callback(invoke_without_command=True)
def backup(
    ctx: typer.Context,
    output: Annotated[
        Path | None, typer.Option(help="The copy: a new file, never in place of another.", metavar="FILE")
    ] = None,
    format_: FormatOption = Format.TEXT,
) -> None:
    """Copy the register while others work, verify the copy, print its journal's head: keep that elsewhere.

    With PROVISIONER_BACKUP__RECIPIENTS_FILE the copy is encrypted to the keys of the month.
    """
    from provisioner.domain.backup import destroyed_by
    from provisioner.operations.backup import back_up
    from provisioner.views.answers.backup import BackupAnswer
    from provisioner.views.journal import problem_sentence

    if ctx.invoked_subcommand is not None:
        return
    if output is None:
        raise typer.BadParameter("it is needed", param_hint="--output")
    session = session_of(ctx)
    session.start_logging()
    with new_file(output):
        made = back_up(session.settings, session.clock, output)
    if not made.keys:
        session.say(Sentence.BACKUP_CLEAR)
    if made.bad is not None:
        session.say(Sentence.BACKUP_WANTING.of(file=output, problem=problem_sentence(made.bad)))
        raise typer.Exit(Exit.REFUSED)
    head, keys = made.check.head, tuple(key.fingerprint for key in made.keys)
    assert head is not None
    months = session.settings.backup.keep_months
    until = destroyed_by(made.keys[0].month, months) if made.keys else None
    print_answer(BackupAnswer.read(head, file=output.name, keys=keys, readable_until=until), format_)
    session.say(Sentence.BACKUP_WHOLE.of(file=output))


@app.command()
def destroyed(
    ctx: typer.Context,
    key: Annotated[str, typer.Option(help="Its fingerprint, or the public key itself.", metavar="FINGERPRINT")],
    on: Annotated[date, typer.Option(help="The day of the destruction, never later.", metavar="DATE", parser=day)],
    by: By,
    format_: FormatOption = Format.TEXT,
) -> None:
    """Record that a month's private key and every copy of it were destroyed: that month's backups are unreadable."""
    from provisioner.operations.backup import key_destroyed
    from provisioner.views.answers.backup import KeyDestroyedAnswer

    session = session_of(ctx)
    with session.register(make=False) as register:
        gone = key_destroyed(register, session.settings, key, on, by)
    print_answer(KeyDestroyedAnswer(key=gone.fingerprint, month=gone.month, destroyed_on=on), format_)
