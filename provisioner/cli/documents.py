"""`check`, `plan`, `apply`, `sync`: from a document to accounts."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from provisioner.cli.decisions import CloseAbsent, KeepAbsent, Waive, decisions_of
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
    from provisioner.domain.check import Check, Document
    from provisioner.operations.provisioning import Outcome, Request, Tools

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
        document = _document(file)
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
            from provisioner.cli import as_json

            _print_json(as_json.check(result))
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
    as_of: AsOf = None,
    format_: FormatOption = Format.TEXT,
) -> None:
    """Show what would change, and why. Changes nothing."""
    from provisioner.operations.provisioning import plan_document, plan_due

    session = session_of(context)
    decisions = decisions_of(keep_absent, close_absent, waive)
    if file is not None and len(partner or []) != 1:
        raise typer.BadParameter("a document needs one --partner")
    if file is None and decisions != Decisions():
        raise typer.BadParameter("decisions go with a document")
    with exit_status():
        clock = session.clock.as_of(as_of.date()) if as_of else session.clock
        with session.tools("plan", read_only=True, clock=clock) as tools:
            _verify_partners(tools, partner or [])
            if file is None:
                outcome = plan_due(tools, partner or [])
            else:
                outcome = plan_document(tools, _request(tools, file, (partner or [""])[0], "plan", decisions))
        _print(outcome, format_, done=False)
        raise typer.Exit(_plan_status(outcome))


def apply(
    context: typer.Context,
    file: File,
    partner: PartnerCode,
    approved_by: Annotated[str, typer.Option(help="Who approves, at the Caf (A10).", metavar="NAME")],
    keep_absent: KeepAbsent = None,
    close_absent: CloseAbsent = None,
    waive: Waive = None,
    allow: Annotated[
        list[str] | None, typer.Option(metavar="PLAN_ID", help="Let that plan go beyond a limit. Repeatable.")
    ] = None,
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
    decisions = decisions_of(keep_absent, close_absent, waive)
    with exit_status(), session.tools(approved_by) as tools:
        from provisioner.cli.asking import asking
        from provisioner.cli.progress import progress_bar
        from provisioner.operations.provisioning import apply_document

        _verify_partners(tools, [partner])
        request = replace(
            _request(tools, file, partner, approved_by, decisions, _day(received_on, tools)),
            allowed=frozenset(allow or ()),
        )
        asks = None if yes else asking(tools)
        outcome = apply_document(tools, request, progress_bar(session.quiet), asks)
        _print(outcome, format_, done=True)
        raise typer.Exit(_status(outcome))


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
    from provisioner.operations import provisioning

    session = session_of(context)
    who = EmailAddress(email.strip().lower()) if email else None
    with exit_status(), session.tools("sync", read_only=dry_run) as tools:
        _verify_partners(tools, partner or [])
        if dry_run:
            outcome = provisioning.plan_due(tools, partner or [], who)
        else:
            outcome = provisioning.sync(tools, partner or [], progress_bar(session.quiet), who)
        _print(outcome, format_, done=not dry_run)
        raise typer.Exit(_plan_status(outcome) if dry_run else _status(outcome))


def _page(result: Check, partner: str | None, today: date) -> str:
    from provisioner.texts.report import Report, report_page

    return report_page(
        Report(
            file=result.file,
            sha256=result.sha256,
            partner=partner,
            checked_on=today,
            annexe=result.annexe,
            findings=result.findings,
        )
    )


def _document(file: Path) -> Document:
    from provisioner.domain.check import Document

    return Document(name=file.name, content=file.read_bytes())


def _request(
    tools: Tools, file: Path, partner: str, by: str, decisions: Decisions, received_on: date | None = None
) -> Request:
    from provisioner.operations.provisioning import Request

    received_on = received_on or tools.clock.today()
    return Request(document=_document(file), partner=partner, by=by, decisions=decisions, received_on=received_on)


def _day(received_on: datetime | None, tools: Tools) -> date | None:
    if received_on is not None and received_on.date() > tools.clock.today():
        raise typer.BadParameter("--received-on is later than today")
    return received_on.date() if received_on else None


def _verify_partners(tools: Tools, codes: list[str]) -> None:
    from provisioner.operations.partners import partner_of

    for code in codes:
        partner_of(tools.register, code)


def _print(outcome: Outcome, format_: Format, *, done: bool) -> None:
    if format_ is Format.JSON:
        from provisioner.cli import as_json

        _print_json(as_json.outcome(outcome, done=done))
    else:
        from provisioner.cli import as_text

        as_text.outcome(outcome, done=done)


def _print_json(answer: Any) -> None:
    typer.echo(json.dumps(answer, ensure_ascii=False, indent=2))


def _plan_status(outcome: Outcome) -> Exit:
    return Exit.REFUSED if outcome.check is not None and not outcome.check.is_valid else Exit.DONE


def _status(outcome: Outcome) -> Exit:
    from provisioner.operations.provisioning import Verdict

    if outcome.outcome.failed:
        return Exit.FAILED
    refused = outcome.verdict not in (None, Verdict.APPLIED)
    held = outcome.plan is not None and bool(outcome.plan.blocked)
    return Exit.REFUSED if refused or held else Exit.DONE
