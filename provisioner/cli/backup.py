"""`backup …` and `restore`: copies of the register that are known to be good, and expire; one put back."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from provisioner.cli.exits import Exit
from provisioner.cli.files import new_file
from provisioner.cli.options import DAY, DECIDER, EXISTING, By, Format
from provisioner.cli.printing import print_answer
from provisioner.cli.session import session_of
from provisioner.views.sentences import Sentence

app = typer.Typer(name="backup", help="Copies of the register, and the keys that they are encrypted to.")


@app.callback(invoke_without_command=True)
def backup(
    ctx: typer.Context,
    output: Annotated[
        Path | None, typer.Option(help="The copy: a new file, never in place of another.", metavar="FILE")
    ] = None,
    format_: Format = "text",
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
    if made.check.bad is not None:
        session.say(Sentence.BACKUP_WANTING.of(file=output, problem=problem_sentence(made.check.bad)))
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
    on: Annotated[date, typer.Option(help="The day of the destruction, never later.", **DAY)],
    by: By,
    format_: Format = "text",
) -> None:
    """Record that a month's private key and every copy of it were destroyed: that month's backups are unreadable."""
    from provisioner.operations.backup import key_destroyed
    from provisioner.views.answers.backup import KeyDestroyedAnswer

    session = session_of(ctx)
    with session.register(make=False) as register:
        gone, others = key_destroyed(register, session.settings, key, on, by)
    remaining = tuple(other.fingerprint for other in others)
    answer = KeyDestroyedAnswer(key=gone.fingerprint, month=gone.month, destroyed_on=on, remaining=remaining)
    print_answer(answer, format_)


def restore(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="The copy.", metavar="FILE", **EXISTING)],
    identity: Annotated[
        Path | None, typer.Option(help="The file of the month's private key (age).", metavar="FILE", **EXISTING)
    ] = None,
    rehearse: Annotated[
        bool, typer.Option("--rehearse", help="All of it but putting it in place; recorded.")
    ] = False,
    without_list: Annotated[
        bool, typer.Option("--without-list", help="Go on without the list of what was destroyed since (needs --by).")
    ] = False,
    after_pg_restore: Annotated[
        bool,
        typer.Option("--after-pg-restore", help="PostgreSQL: pg_restore did it; check and record it (needs --by)."),
    ] = False,
    by: Annotated[str | None, typer.Option(help="Who decides, at the Caf.", **DECIDER)] = None,
    format_: Format = "text",
) -> None:
    """Put a copy of the register back: checked, all at once, written down. Stop the service first.

    The next sync destroys again first what was destroyed since, mails nobody and opens nobody who was closed.
    """
    from provisioner.operations.restore import Asked
    from provisioner.operations.restore import restore as put_back
    from provisioner.views.answers.backup import LostAnswer, RestoreAnswer
    from provisioner.views.answers.journal import HeadAnswer

    if without_list and by is None:
        raise typer.BadParameter("--without-list is a decision: say whose with --by", param_hint="--by")
    if after_pg_restore and (by is None or rehearse):
        raise typer.BadParameter(
            "say whose doing it was with --by; it is no rehearsal", param_hint="--after-pg-restore"
        )
    session = session_of(ctx)
    session.start_logging()
    asked = Asked(
        file=file,
        identity=identity,
        rehearse=rehearse,
        without_list=without_list,
        after_pg_restore=after_pg_restore,
        by=by,
    )
    done = put_back(session.settings, session.clock, asked)
    answer = RestoreAnswer.read(
        done,
        done.head,
        file=file.name,
        rehearsed=rehearse,
        copied=HeadAnswer.read(done.copied),
        left=HeadAnswer.read(done.left) if done.left is not None else None,
        lost=LostAnswer(first=done.lost[0], last=done.lost[1]) if done.lost is not None else None,
        to_destroy=None if without_list else len(done.since.destroyed),
        replaced=done.replaced.name if done.replaced is not None else None,
    )
    print_answer(answer, format_)
