"""`person …`: one person's access."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import typer

from provisioner.cli.asking import progress_bar
from provisioner.cli.exits import Exit
from provisioner.cli.options import (
    By,
    DryRun,
    Email,
    EverEmail,
    Format,
    NewPassword,
    PageFormat,
    Reason,
)
from provisioner.cli.printing import print_answer
from provisioner.cli.run import carry_out, print_result, status_of
from provisioner.cli.session import Session, session_of
from provisioner.domain.people import EmailAddress
from provisioner.views.sentences import Sentence

if TYPE_CHECKING:
    from provisioner.operations.context import Context, ProgressBar, RunResult

app = typer.Typer()


@app.command()
def show(ctx: typer.Context, email: EverEmail, format_: PageFormat = "text") -> None:
    """Everything that the register and Keycloak hold on one person; html: the page to hand to them."""
    from provisioner.operations.person_file import known_person_file, names_of_others
    from provisioner.views.answers.persons import PersonAnswer

    with session_of(ctx).context("person show", read_only=True) as context:
        file = known_person_file(context, email)
        others = names_of_others(context, file.email) if format_ == "html" else None
    answer = PersonAnswer.of(file, others)
    print_answer(answer, format_)


@app.command()
def suspend(ctx: typer.Context, email: Email, by: By, reason: Reason, format_: Format = "text") -> None:
    """Cut the person's access at once, for all their partners, until `person reopen`. No data clock starts."""
    from provisioner.domain.records import Scope
    from provisioner.operations import persons

    session = session_of(ctx)
    with session.context(by) as context:
        partners = persons.suspend(context, email, by, reason)
        records = context.register.records(Scope(emails=frozenset({email})))
        if contained := sorted(records.contained.keys() & partners):
            session.say(Sentence.SUSPENDED_BESIDE.of(codes=", ".join(contained)))
        _carry_out(session, context, partners, email, format_, persons.cut)


@app.command()
def reopen(
    ctx: typer.Context,
    email: Email,
    by: By,
    reason: Reason,
    new_password: NewPassword = False,
    format_: Format = "text",
) -> None:
    """Lift a suspension, by name or made in the console; create a missing account again."""
    from provisioner.operations import persons

    session = session_of(ctx)
    with session.context(by) as context:
        partners = persons.reopen(context, email, by, reason, new_password=new_password)
        _carry_out(session, context, partners, email, format_, persons.carry_out)


@app.command()
def unlock(ctx: typer.Context, email: Email, by: By, reason: Reason, format_: Format = "text") -> None:
    """Lift Keycloak's lock after failed logins, which ends by itself too. The password stays."""
    from provisioner.operations import persons
    from provisioner.views.answers.persons import UnlockedAnswer

    with session_of(ctx).context(by) as context:
        failures = persons.unlock(context, email, by, reason)
    print_answer(UnlockedAnswer.of(email, failures), format_)


@app.command()
def erase(
    ctx: typer.Context,
    email: Email,
    by: By,
    reason: Reason,
    dry_run: DryRun = False,
    format_: Format = "text",
) -> None:
    """Erase a closed person's data before their day, and name what the convention obliges to keep (GDPR 17)."""
    from provisioner.operations import erasure
    from provisioner.views.answers.erasure import ErasureAnswer

    session = session_of(ctx)
    with session.context(by, read_only=dry_run) as context:
        if dry_run:
            goes = erasure.what_goes(context, email)
        else:
            goes, result = erasure.erase(context, email, by, reason, progress_bar(session.quiet))
            if (status := status_of(result)) is not Exit.DONE:
                print_result(session, result, format_, done=True)
                raise typer.Exit(status)
    print_answer(ErasureAnswer.of(email, goes, dry_run=dry_run), format_)


def _carry_out(
    session: Session,
    context: Context,
    partners: Sequence[str],
    email: EmailAddress,
    format_: Format,
    act: Callable[[Context, Sequence[str], EmailAddress, ProgressBar], RunResult],
) -> None:
    def done() -> RunResult:
        result = act(context, partners, email, progress_bar(session.quiet))
        print_result(session, result, format_, done=True)
        return result

    carry_out(session, done)
