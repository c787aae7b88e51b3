"""`check`, `plan`, `apply`, `sync`: from a document to accounts."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from provisioner.cli.decisions import Allow, CloseAbsent, ClosuresOnly, KeepAbsent, Rename, Waive, decisions_of
from provisioner.cli.exits import Exit
from provisioner.cli.files import document_of
from provisioner.cli.notices import say_unknown
from provisioner.cli.options import (
    AsOf,
    DryRun,
    File,
    Format,
    FormatOption,
    PageFormat,
    PageFormatOption,
    Partner,
    ReceivedOn,
    SentBy,
    address,
    day_of_reception,
    decider,
)
from provisioner.cli.outcomes import print_outcome, status_of, status_of_plan
from provisioner.cli.printing import print_answer, print_page
from provisioner.cli.progress import progress_bar
from provisioner.cli.session import session_of
from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.people import EmailAddress

app = typer.Typer()

Partners = Annotated[
    list[str] | None, typer.Option("--partner", help="Only this partner; may be repeated.", metavar="CODE")
]


@app.command()
def check(
    context: typer.Context,
    file: File,
    partner: Annotated[str | None, typer.Option(help="Also check against the register.", metavar="CODE")] = None,
    as_of: AsOf = None,
    format_: PageFormatOption = PageFormat.TEXT,
) -> None:
    """Read and validate a document. Needs no server."""
    from provisioner.operations.prepare import Request, check_document, check_for_partner

    session = session_of(context)
    document, today, limits = document_of(file), as_of or session.clock.today(), session.settings.documents
    partner_name = None
    if partner is None:
        result = check_document(document, today, limits)
    else:
        with session.register("check", partner) as register:
            records = register.records()
        partner_name = records.partners[partner].name
        request = Request(document=document, partner=partner, by="check", decisions=Decisions(), received_on=today)
        result = check_for_partner(request, records, today, limits)
    if format_ is PageFormat.HTML:
        from provisioner.views.report import Report, report_page

        print_page(report_page(Report.of(result, partner_name, today)))
    else:
        from provisioner.views.answers.checks import CheckAnswer

        print_answer(CheckAnswer.of(result), format_)
    raise typer.Exit(Exit.DONE if result.is_valid else Exit.REFUSED)


@app.command()
def plan(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(help="The annexe 1; without it, what is due.", exists=True, dir_okay=False)
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
    format_: FormatOption = Format.TEXT,
) -> None:
    """Show what would change, and why. Changes nothing."""
    from provisioner.operations.receive import plan_document, request_for, request_of
    from provisioner.operations.run import plan_due
    from provisioner.views.annexes import list_2_alone

    session = session_of(context)
    decisions = decisions_of(keep_absent, close_absent, waive, rename, closures_only)
    codes = partner or []
    if file is not None and (len(codes) != 1 or annexe is not None):
        raise typer.BadParameter("a document needs one --partner, and no --annexe")
    if annexe is not None and codes:
        raise typer.BadParameter("--annexe says which partner: leave --partner out")
    if file is None and annexe is None and decisions != Decisions():
        raise typer.BadParameter("decisions go with a document")
    with session.tools("plan", *codes, read_only=True, as_of=as_of) as tools:
        if annexe is not None:
            outcome = plan_document(tools, request_of(tools, annexe, "plan", decisions))
        elif file is not None:
            outcome = plan_document(tools, request_for(tools, document_of(file), codes[0], "plan", decisions))
        else:
            outcome = plan_due(tools, codes)
    print_outcome(session, outcome, format_, done=False)
    if outcome.offers_list_2:
        whose = (str(file), "--partner", codes[0]) if annexe is None else ("--annexe", str(annexe))
        session.say(list_2_alone("plan", *whose, "--closures-only"))
    raise typer.Exit(status_of_plan(outcome))


@app.command()
def apply(
    context: typer.Context,
    file: File,
    partner: Partner,
    approved_by: Annotated[str, typer.Option(help="Who approves, at the Caf (A10).", metavar="NAME", parser=decider)],
    keep_absent: KeepAbsent = None,
    close_absent: CloseAbsent = None,
    waive: Waive = None,
    rename: Rename = None,
    closures_only: ClosuresOnly = False,
    allow: Allow = None,
    received_on: ReceivedOn = None,
    sent_by: SentBy = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    format_: FormatOption = Format.TEXT,
) -> None:
    """Check, plan, confirm and apply a document: the one-shot provisioning command."""
    from provisioner.cli.asking import asking
    from provisioner.operations.context import Ending
    from provisioner.operations.decide import apply_document
    from provisioner.operations.receive import request_for
    from provisioner.views.annexes import list_2_alone

    session = session_of(context)
    on_terminal = sys.stdin.isatty() and format_ is Format.TEXT
    if not yes and not on_terminal:
        raise typer.BadParameter("without a terminal that can be asked, --yes is needed: nothing was read")
    decisions = decisions_of(keep_absent, close_absent, waive, rename, closures_only, allow)
    with session.tools(approved_by, partner) as tools:
        received = day_of_reception(received_on, tools.clock.today())
        request = request_for(
            tools, document_of(file), partner, approved_by, decisions, received_on=received, sent_by=sent_by
        )
        outcome = apply_document(tools, request, progress_bar(session.quiet), None if yes else asking(tools))
        print_outcome(session, outcome, format_, done=True)
        if outcome.offers_list_2:
            again = ["apply", str(file), "--partner", partner, "--closures-only", "--approved-by", approved_by]
            again += ["--received-on", received_on.isoformat()] if received_on else []
            again += ["--sent-by", sent_by] if sent_by else []
            session.say(list_2_alone(*again))
        if outcome.ending in (Ending.APPLIED, Ending.HELD):
            say_unknown(session, tools.register, *([partner] if outcome.ending is Ending.APPLIED else []), None)
    raise typer.Exit(status_of(outcome))


@app.command()
def sync(
    context: typer.Context,
    partner: Partners = None,
    email: Annotated[
        EmailAddress | None, typer.Option(help="Only this person.", metavar="EMAIL", parser=address)
    ] = None,
    dry_run: DryRun = False,
    format_: FormatOption = Format.TEXT,
) -> None:
    """Do everything that is due now: planned openings and ends, first invitations, drift."""
    from provisioner.operations import run

    session, codes = session_of(context), partner or []
    with session.tools("sync", *codes, read_only=dry_run) as tools:
        if dry_run:
            outcome = run.plan_due(tools, codes, email)
        else:
            outcome = run.sync(tools, codes, progress_bar(session.quiet), email)
    print_outcome(session, outcome, format_, done=not dry_run)
    raise typer.Exit((status_of_plan if dry_run else status_of)(outcome))
