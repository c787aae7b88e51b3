"""What passes between a run and a person at a terminal: the questions of `apply`, and the progress bar."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from getpass import getpass
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from provisioner.cli.exits import Exit
from provisioner.cli.options import EXISTING
from provisioner.cli.printing import print_parts
from provisioner.views.sentences import Sentence

if TYPE_CHECKING:
    from provisioner.domain.access.habilitation import Habilitation
    from provisioner.operations.check import Request
    from provisioner.operations.context import Context
    from provisioner.operations.prepare import Prepared

#: A run of fewer changes ends before a bar could be read.
LONG = 10

#: What is taken for yes and for no.
_ANSWERS = {"o": True, "oui": True, "y": True, "yes": True, "n": False, "non": False, "no": False}


def asking(context: Context) -> Callable[[Prepared, Request], Request | None]:
    """What shows a prepared plan and gives back the request with the decisions taken, or None."""

    def ask(prepared: Prepared, request: Request) -> Request | None:
        from provisioner.operations.answers import prepared_answer
        from provisioner.operations.prepare import prepare
        from provisioner.views.answers.checks import CheckAnswer

        for absent in prepared.undecided:
            request = _decide(request, absent)
        if prepared.undecided:
            prepared = prepare(context, request)
        print_parts(CheckAnswer.of(prepared.check).shown())
        if prepared.plan is not None:
            print_parts(prepared_answer(prepared).plan_shown())
        if not confirmed(Sentence.ASK_TO_APPLY, default=False):
            return None
        return replace(request, expects=prepared.plan.ids if prepared.plan else None)

    return ask


def _decide(request: Request, absent: Habilitation) -> Request:
    person = f"{absent.person.name} ({absent.email})"
    typer.echo(Sentence.IN_NEITHER_LIST.of(person=person, day=absent.requested_on), err=True)
    decisions = request.decisions
    if confirmed(Sentence.ASK_TO_KEEP):
        return replace(request, decisions=replace(decisions, keep=decisions.keep | {absent.email}))
    return replace(request, decisions=replace(decisions, close=decisions.close | {absent.email}))


def confirmed(question: str, default: bool | None = None) -> bool:
    """Asks until the answer is one: « [o/N] » where Enter means no."""
    choices = "o/n" if default is None else "O/n" if default else "o/N"
    while True:
        typer.echo(f"{question} [{choices}] ", nl=False, err=True)
        try:
            line = sys.stdin.readline()
        except KeyboardInterrupt:
            line = ""
        if not line:  # nobody answers: nothing is done
            typer.echo(f"\n{Sentence.NOBODY_ANSWERED}", err=True)
            raise typer.Exit(Exit.REFUSED)
        answer = _ANSWERS.get(line.strip().lower(), default if not line.strip() else None)
        if answer is not None:
            return answer


def progress_bar(quiet: bool) -> Callable[[int], AbstractContextManager[Callable[[], None]]]:
    """A bar on stderr for runs of many changes on a terminal; nothing otherwise."""

    @contextmanager
    def bar(total: int) -> Iterator[Callable[[], None]]:
        if quiet or total < LONG or not sys.stderr.isatty():
            yield lambda: None
            return
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

        columns = (TextColumn("Application"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
        with Progress(*columns, console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task("", total=total)
            yield lambda: progress.advance(task)

    return bar


#: The fewest characters of a password that protects a file which leaves the Caf.
SHORTEST_PASSWORD = 16

PasswordFile = Annotated[
    Path | None,
    typer.Option(help="Its password, the file's first line; else asked on the terminal.", metavar="FILE", **EXISTING),
]


def new_password(file: Path | None) -> str:
    """The password that a file is to be encrypted with: asked twice, unseen, where no file has it.

    Raises:
        typer.BadParameter: it is too short, both are not the same, or nobody can be asked.
    """
    password = the_password(file)
    if len(password) < SHORTEST_PASSWORD:
        raise typer.BadParameter(f"the password has fewer than {SHORTEST_PASSWORD} characters")
    if file is None and getpass(Sentence.ASK_PASSWORD_AGAIN) != password:
        raise typer.BadParameter("the two passwords differ")
    return password


def the_password(file: Path | None) -> str:
    """The password of a file.

    Raises:
        typer.BadParameter: nobody can be asked, or the file has no text.
    """
    if file is not None:
        try:
            lines = file.read_text("utf-8").splitlines()
        except (OSError, UnicodeDecodeError):
            raise typer.BadParameter(f"{file} cannot be read as text") from None
        return lines[0] if lines else ""
    if not is_at_a_terminal():
        raise typer.BadParameter("without a terminal, --password-file is needed")
    return getpass(Sentence.ASK_PASSWORD)


def is_at_a_terminal() -> bool:
    """Whether somebody can be asked."""
    return sys.stdin.isatty()


@contextmanager
def counting(quiet: bool) -> Iterator[Callable[[int], None]]:
    """How many events were read so far, on stderr, on a terminal; nothing otherwise."""
    if quiet or not sys.stderr.isatty():
        yield lambda _count: None
        return
    from rich.console import Console

    with Console(stderr=True).status("") as status:
        yield lambda count: status.update(Sentence.EVENTS_READ.of(count=count))
