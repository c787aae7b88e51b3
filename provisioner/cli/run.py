"""`check`, `plan`, `apply`, `sync`: from a document to accounts; and how a run ends at the command line."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from provisioner.cli.asking import asking, progress_bar
from provisioner.cli.decisions import Allow, CloseAbsent, ClosuresOnly, KeepAbsent, Rename, Waive, decisions_of
from provisioner.cli.exits import Exit
from provisioner.cli.files import document_of
from provisioner.cli.options import (
    DECIDER,
    EMAIL,
    EXISTING,
    AsOf,
    DryRun,
    File,
    Format,
    PageFormat,
    Partner,
    Partners,
    ReceivedOn,
    SentBy,
    day_of_reception,
)
from provisioner.cli.printing import print_answer, print_page
from provisioner.cli.session import Session, session_of
from provisioner.domain.people import EmailAddress
from provisioner.views.sentences import Sentence

if TYPE_CHECKING:
    from provisioner.operations.context import RunResult

app = typer.Typer()


@app.command()
def check(
    ctx: typer.Context,
    file: File,
    partner: Annotated[str | None, typer.Option(help="Also check against the register.", metavar="CODE")] = None,
    as_of: AsOf = None,
    format_: PageFormat = "text",
) -> None:
    """Read and validate a document. Needs no server."""
    from provisioner.domain.annexe.decisions import Decisions
    from provisioner.operations.check import Request, check_beside_register, check_document
    from provisioner.views.answers.checks import CheckAnswer

    session = session_of(ctx)
    document, today, limits = document_of(file), as_of or session.clock.today(), session.settings.documents
    name = None
    if partner is None:
        result = check_document(document, today, limits)
    else:
        from provisioner.operations.partners import partner_of

        request = Request(document=document, partner=partner, by="check", decisions=Decisions(), received_on=today)
        with session.register(partner) as register:
            name = partner_of(register, partner).name
            result = check_beside_register(request, register, today, limits)
    if format_ == "html":
        from provisioner.views.report import Report, report_page

        print_page(report_page(Report(check=result, partner=name, checked_on=today)))
    else:
        print_answer(CheckAnswer.of(result), format_)
    raise typer.Exit(Exit.DONE if result.is_valid else Exit.REFUSED)


@app.command()
def plan(
    ctx: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(help="The annexe 1; without it, what is due.", metavar="FILE", **EXISTING)
    ] = None,
    partner: Partners = None,
    keep_absent: KeepAbsent = None,
    close_absent: CloseAbsent = None,
    waive: Waive = None,
    rename: Rename = None,
    closures_only: ClosuresOnly = False,
    annexe: Annotated[
        int | None, typer.Option(metavar="ID", help="An annexe that was submitted, instead of a file.")
    ] = None,
    as_of: AsOf = None,
    format_: PageFormat = "text",
) -> None:
    """Show what would change, and why; html: a page to circulate. Changes nothing."""
    from provisioner.domain.annexe.decisions import Decisions
    from provisioner.operations.receive import plan_document, request_for, request_of
    from provisioner.operations.run import plan_due
    from provisioner.views.annexes import list_2_alone

    session = session_of(ctx)
    decisions = decisions_of(keep_absent, close_absent, waive, rename, closures_only)
    codes = partner or []
    if file is not None and (len(codes) != 1 or annexe is not None):
        raise typer.BadParameter("a document needs one --partner, and no --annexe")
    if annexe is not None and codes:
        raise typer.BadParameter("--annexe says which partner: leave --partner out")
    if file is None and annexe is None and decisions != Decisions():
        raise typer.BadParameter("decisions go with a document")
    with session.context("plan", *codes, read_only=True, as_of=as_of) as context:
        if annexe is not None:
            result = plan_document(context, request_of(context, annexe, "plan", decisions))
        elif file is not None:
            result = plan_document(context, request_for(context, document_of(file), codes[0], "plan", decisions))
        else:
            result = plan_due(context, codes)
    print_result(session, result, format_, done=False)
    if result.offers_list_2:
        whose = (str(file), "--partner", codes[0]) if annexe is None else ("--annexe", str(annexe))
        session.say(list_2_alone("plan", *whose, "--closures-only"))
    raise typer.Exit(status_of_plan(result))


@app.command()
def apply(
    ctx: typer.Context,
    file: File,
    partner: Partner,
    approved_by: Annotated[str, typer.Option(help="Who approves, at the Caf (A10).", **DECIDER)],
    keep_absent: KeepAbsent = None,
    close_absent: CloseAbsent = None,
    waive: Waive = None,
    rename: Rename = None,
    closures_only: ClosuresOnly = False,
    allow: Allow = None,
    received_on: ReceivedOn = None,
    sent_by: SentBy = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    format_: Format = "text",
) -> None:
    """Check, plan, confirm and apply a document: the one-shot provisioning command."""
    from provisioner.operations.context import Ending
    from provisioner.operations.decide import apply_document
    from provisioner.operations.receive import request_for
    from provisioner.views.annexes import list_2_alone

    session = session_of(ctx)
    if not yes and not (sys.stdin.isatty() and format_ == "text"):
        raise typer.BadParameter("without a terminal that can be asked, --yes is needed: nothing was read")
    decisions = decisions_of(keep_absent, close_absent, waive, rename, closures_only, allow)
    with session.context(approved_by, partner) as context:
        received = day_of_reception(received_on, context.clock.today())
        request = request_for(
            context, document_of(file), partner, approved_by, decisions, received_on=received, sent_by=sent_by
        )
        result = apply_document(context, request, progress_bar(session.quiet), None if yes else asking(context))
        print_result(session, result, format_, done=True)
        if result.offers_list_2:
            again = ["apply", str(file), "--partner", partner, "--closures-only", "--approved-by", approved_by]
            again += ["--received-on", received_on.isoformat()] if received_on else []
            again += ["--sent-by", sent_by] if sent_by else []
            session.say(list_2_alone(*again))
        if result.ending in (Ending.APPLIED, Ending.HELD):
            told = [partner] if result.ending is Ending.APPLIED else []
            session.say_unknown(context.register, *told, None)
    raise typer.Exit(status_of(result))


@app.command()
def sync(
    ctx: typer.Context,
    partner: Partners = None,
    email: Annotated[EmailAddress | None, typer.Option(help="Only this person.", **EMAIL)] = None,
    dry_run: DryRun = False,
    format_: Format = "text",
) -> None:
    """Do everything that is due now: planned openings and ends, first invitations, drift, destructions."""
    from provisioner.operations import run

    session, codes = session_of(ctx), partner or []
    with session.context("sync", *codes, read_only=dry_run) as context:
        if dry_run:
            result = run.plan_due(context, codes, email)
        else:
            result = run.sync(context, codes, progress_bar(session.quiet), email)
    print_result(session, result, format_, done=not dry_run)
    raise typer.Exit((status_of_plan if dry_run else status_of)(result))


def print_result(session: Session, result: RunResult, format_: str, *, done: bool) -> None:
    """A plan, or what was done of it; what concerns a decision is said beside it, on stderr."""
    from provisioner.operations.answers import plan_answer, run_answer, said_beside

    print_answer(run_answer(result) if done else plan_answer(result), format_)
    for sentence in said_beside(result, session.settings.keycloak.url, done=done):
        session.say(sentence)


def carry_out(session: Session, act: Callable[[], RunResult]) -> NoReturn:
    """Makes a decision true that is recorded already: `act` does it and prints what was done. Whatever fails, the
    next `sync` goes on.

    Raises:
        typer.Exit: with the status of what was done.
    """
    status = Exit.FAILED
    try:
        status = status_of(act())
    finally:
        if status is not Exit.DONE:
            session.say(Sentence.DECISION_RECORDED)
    raise typer.Exit(status)


def status_of(result: RunResult) -> Exit:
    """The exit status of `apply` and `sync`."""
    from provisioner.operations.context import Ending

    of_systems = [failure for failure in result.failed if failure not in result.quarantined]
    if of_systems or (result.notices is not None and result.notices.failed):
        return Exit.FAILED
    incomplete = bool(result.left_out or result.sent_back or result.broken or result.quarantined)
    refused = incomplete or result.journal is not None or result.ending not in (None, Ending.APPLIED)
    held = result.plan is not None and bool(result.plan.blocked)
    return Exit.REFUSED if refused or held else Exit.DONE


def status_of_plan(result: RunResult) -> Exit:
    """1 only for what is wrong in the document or with a decision about it."""
    has_error = result.check is not None and not result.check.is_valid
    return Exit.REFUSED if has_error or result.is_refused else Exit.DONE
