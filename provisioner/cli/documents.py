"""`check`, `plan`, `apply`, `sync`: from a document to accounts."""

from __future__ import annotations

import sys
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from provisioner.cli.answers import day_of_reception, document_of, print_json, print_outcome, status_of
from provisioner.cli.decisions import Allow, CloseAbsent, ClosuresOnly, KeepAbsent, Rename, Waive, decisions_of
from provisioner.cli.session import (
    Exit,
    Format,
    FormatOption,
    PageFormat,
    PageFormatOption,
    exit_status,
    session_of,
)
from provisioner.domain.decisions import Decisions

if TYPE_CHECKING:
    from provisioner.domain.check import Check
    from provisioner.operations.preparing import Request
    from provisioner.operations.tools import Outcome, Tools

File = Annotated[Path, typer.Argument(help="The annexe 1.", exists=True, dir_okay=False, metavar="FILE")]
OptionalFile = Annotated[
    Path | None, typer.Argument(help="The annexe 1; without it, what is due.", exists=True, dir_okay=False)
]
PartnerCode = Annotated[str, typer.Option("--partner", help="The partner's code.", metavar="CODE")]
PartnerCodes = Annotated[
    list[str] | None, typer.Option("--partner", help="Only this partner; may be repeated.", metavar="CODE")
]
AsOf = Annotated[
    datetime | None,
    typer.Option("--as-of", formats=["%Y-%m-%d"], metavar="DATE", help="Answer as if today were that day."),
]


def register(app: typer.Typer) -> None:
    """Adds the commands."""
    app.command()(check)
    app.command()(plan)
    app.command()(apply)
    app.command()(sync)


def check(
    context: typer.Context,
    file: File,
    partner: Annotated[str | None, typer.Option(help="Also check against the register.", metavar="CODE")] = None,
    as_of: AsOf = None,
    format_: PageFormatOption = PageFormat.TEXT,
) -> None:
    """Read and validate a document. Needs no server."""
    from provisioner.operations.checking import check_document, check_for_partner

    session = session_of(context)
    with exit_status():
        document = document_of(file)
        today = as_of.date() if as_of else session.clock.today()
        name = None
        if partner is None:
            result = check_document(document, today, session.settings.documents)
        else:
            from provisioner.operations.partners import partner_of

            with session.register("check") as register:
                records = register.records()
                name = partner_of(register, partner).name
            result = check_for_partner(document, partner, records, today, session.settings.documents)
        if format_ is PageFormat.JSON:
            from provisioner.texts.check_json import check_as_json

            print_json(check_as_json(result))
        elif format_ is PageFormat.HTML:
            typer.echo(_page(result, name, today).encode())
        else:
            from provisioner.cli import as_text

            as_text.check(result)
        raise typer.Exit(Exit.DONE if result.is_valid else Exit.REFUSED)


def plan(
    context: typer.Context,
    file: OptionalFile = None,
    partner: PartnerCodes = None,
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
    from provisioner.operations.preparing import plan_document, request_of
    from provisioner.operations.syncing import plan_due

    session = session_of(context)
    decisions = decisions_of(keep_absent, close_absent, waive, rename, closures_only)
    if file is not None and (len(partner or []) != 1 or annexe is not None):
        raise typer.BadParameter("a document needs one --partner, and no --annexe")
    if annexe is not None and partner:
        raise typer.BadParameter("--annexe says which partner: leave --partner out")
    if file is None and annexe is None and decisions != Decisions():
        raise typer.BadParameter("decisions go with a document")
    with exit_status():
        clock = session.clock.as_of(as_of.date()) if as_of else session.clock
        with session.tools("plan", read_only=True, clock=clock) as tools:
            _verify_partners(tools, partner or [])
            if file is not None:
                outcome = plan_document(tools, _request(tools, file, (partner or [""])[0], "plan", decisions))
            elif annexe is not None:
                outcome = plan_document(tools, request_of(tools, annexe, "plan", decisions))
            else:
                outcome = plan_due(tools, partner or [])
        print_outcome(session, outcome, format_, done=False)
        raise typer.Exit(_plan_status(outcome))


def apply(
    context: typer.Context,
    file: File,
    partner: PartnerCode,
    approved_by: Annotated[str, typer.Option(help="Who approves, at the Caf (A10).", metavar="NAME")],
    keep_absent: KeepAbsent = None,
    close_absent: CloseAbsent = None,
    waive: Waive = None,
    rename: Rename = None,
    closures_only: ClosuresOnly = False,
    allow: Allow = None,
    received_on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="When the Caf received it; default today."),
    ] = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask for confirmation.")] = False,
    format_: FormatOption = Format.TEXT,
) -> None:
    """Check, plan, confirm and apply a document: the one-shot provisioning command."""
    session = session_of(context)
    on_terminal = sys.stdin.isatty() and format_ is Format.TEXT
    if not yes and not on_terminal:
        raise typer.BadParameter("without a terminal that can be asked, --yes is needed: nothing was read")
    decisions = decisions_of(keep_absent, close_absent, waive, rename, closures_only, allow)
    with exit_status(), session.tools(approved_by) as tools:
        from provisioner.cli.asking import asking
        from provisioner.cli.notices import say_unknown
        from provisioner.cli.progress import progress_bar
        from provisioner.operations.applying import apply_document
        from provisioner.operations.tools import Verdict

        _verify_partners(tools, [partner])
        received = day_of_reception(received_on, tools.clock.today())
        request = _request(tools, file, partner, approved_by, decisions, received)
        asks = None if yes else asking(tools)
        outcome = apply_document(tools, request, progress_bar(session.quiet), asks)
        print_outcome(session, outcome, format_, done=True)
        if outcome.verdict in (Verdict.APPLIED, Verdict.HELD):
            say_unknown(session, tools.register, *([partner] if outcome.verdict is Verdict.APPLIED else []), None)
        raise typer.Exit(status_of(outcome))


def sync(
    context: typer.Context,
    partner: PartnerCodes = None,
    email: Annotated[str | None, typer.Option(help="Only this person.", metavar="EMAIL")] = None,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only show what would be done.")] = False,
    format_: FormatOption = Format.TEXT,
) -> None:
    """Do everything that is due now: planned openings and ends, first invitations, drift."""
    from provisioner.cli.progress import progress_bar
    from provisioner.domain.people import EmailAddress
    from provisioner.operations import syncing

    session = session_of(context)
    who = EmailAddress(email.strip().lower()) if email else None
    with exit_status(), session.tools("sync", read_only=dry_run) as tools:
        _verify_partners(tools, partner or [])
        if dry_run:
            outcome = syncing.plan_due(tools, partner or [], who)
        else:
            outcome = syncing.sync(tools, partner or [], progress_bar(session.quiet), who)
        print_outcome(session, outcome, format_, done=not dry_run)
        raise typer.Exit(_plan_status(outcome) if dry_run else status_of(outcome))


def _page(result: Check, partner: str | None, today: date) -> str:
    from provisioner.texts.report import Report, report_page

    return report_page(Report.of(result, partner, today))


def _request(
    tools: Tools, file: Path, partner: str, by: str, decisions: Decisions, received_on: date | None = None
) -> Request:
    from provisioner.operations.preparing import Request

    received_on = received_on or tools.clock.today()
    return Request(document=document_of(file), partner=partner, by=by, decisions=decisions, received_on=received_on)


def _verify_partners(tools: Tools, codes: list[str]) -> None:
    from provisioner.operations.partners import partner_of

    for code in codes:
        partner_of(tools.register, code)


def _plan_status(outcome: Outcome) -> Exit:
    """1 only for what is wrong in the document or with a decision about it."""
    has_error = outcome.check is not None and not outcome.check.is_valid
    return Exit.REFUSED if has_error or outcome.is_refused else Exit.DONE
