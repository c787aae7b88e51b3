"""`annexe …`: submitted, listed, shown, approved, rejected; and the form of annexe 1."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from provisioner.cli.decisions import Allow, CloseAbsent, ClosuresOnly, KeepAbsent, Rename, Waive, decisions_of
from provisioner.cli.session import Exit, Format, FormatOption, exit_status, session_of

app = typer.Typer(help="The annexes 1.", no_args_is_help=True)


Number = Annotated[int, typer.Argument(help="The annexe's number.", metavar="ID")]
By = Annotated[str, typer.Option("--by", help="Who decides, at the Caf (A10).", metavar="NAME")]


@app.command("submit")
def submit(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="The annexe 1.", exists=True, dir_okay=False, metavar="FILE")],
    partner: Annotated[str, typer.Option(help="The partner's code.", metavar="CODE")],
    source: Annotated[
        Path | None,
        typer.Option(help="The scan that it was typed from.", exists=True, dir_okay=False, metavar="SCAN"),
    ] = None,
    received_on: Annotated[
        datetime | None,
        typer.Option(formats=["%Y-%m-%d"], metavar="DATE", help="When the Caf received it; default today."),
    ] = None,
    format_: FormatOption = Format.TEXT,
) -> None:
    """Check a document and keep it until it is approved or rejected. Changes no access."""
    from provisioner.cli import as_json, as_text_annexes
    from provisioner.cli.answers import day_of_reception, document_of, print_json
    from provisioner.cli.notices import deliver_now, say_unknown
    from provisioner.operations import submission
    from provisioner.operations.partners import partner_of

    session = session_of(context)
    with exit_status(), session.tools("annexe submit", read_only=True) as tools:
        partner_of(tools.register, partner)
        received = day_of_reception(received_on, tools.clock.today())
        scan = document_of(source) if source else None
        submitted = submission.submit(tools, document_of(file), partner, received, scan)
        if format_ is Format.JSON:
            print_json(as_json.submitted(submitted))
        else:
            as_text_annexes.submitted(submitted)
        if not submitted.annexe.valid and say_unknown(session, tools.register, partner):
            deliver_now(session, tools.register)
        raise typer.Exit(Exit.DONE if submitted.annexe.valid else Exit.REFUSED)


@app.command("list")
def list_(
    context: typer.Context,
    partner: Annotated[str | None, typer.Option(help="Only this partner.", metavar="CODE")] = None,
    format_: FormatOption = Format.TEXT,
) -> None:
    """The annexes that the register keeps: the one in force of each partner, and those under way."""
    from provisioner.cli import as_json, as_text_annexes
    from provisioner.cli.answers import print_json
    from provisioner.operations.partners import partner_of
    from provisioner.register import annexes

    with exit_status(), session_of(context).register("annexe list") as register:
        if partner is not None:
            partner_of(register, partner)
        with register.read() as connection:
            found = annexes.kept(connection, partner)
    if format_ is Format.JSON:
        print_json([as_json.annexe(one) for one in found])
    else:
        as_text_annexes.annexes(found)


@app.command("show")
def show(context: typer.Context, number: Number, format_: FormatOption = Format.TEXT) -> None:
    """One annexe: its last check, and the decisions taken when it was approved."""
    from provisioner.cli import as_json, as_text_annexes
    from provisioner.cli.answers import print_json
    from provisioner.operations.submission import find

    with exit_status(), session_of(context).register("annexe show") as register:
        one = find(register, number)
    if format_ is Format.JSON:
        print_json(as_json.annexe_in_full(one))
    else:
        as_text_annexes.annexe(one)


@app.command("approve")
def approve(
    context: typer.Context,
    number: Number,
    plan: Annotated[str, typer.Option(help="The plan's id, as `plan --annexe ID` prints it.", metavar="PLAN_ID")],
    by: By,
    keep_absent: KeepAbsent = None,
    close_absent: CloseAbsent = None,
    waive: Waive = None,
    rename: Rename = None,
    closures_only: ClosuresOnly = False,
    allow: Allow = None,
    format_: FormatOption = Format.TEXT,
) -> None:
    """Approve exactly this content and this plan. The next `sync` applies it."""
    from provisioner.cli.answers import print_outcome
    from provisioner.operations import submission
    from provisioner.operations.tools import Verdict

    session = session_of(context)
    decisions = decisions_of(keep_absent, close_absent, waive, rename, closures_only, allow)
    with exit_status(), session.tools(by, read_only=True) as tools:
        outcome = submission.approve(tools, number, plan, by, decisions)
        print_outcome(session, outcome, format_, done=False)
        if outcome.verdict is not Verdict.APPLIED:
            named = f"its plan is not {plan}, " if outcome.verdict is Verdict.CHANGED else ""
            session.say(f"Annexe {number} is not approved: {named}nothing was recorded.")
            raise typer.Exit(Exit.REFUSED)
        session.say(f"Annexe {number} approved by {by}. The next `provisioner sync` applies it.")
        raise typer.Exit(Exit.REFUSED if outcome.left_out else Exit.DONE)


@app.command("reject")
def reject(
    context: typer.Context,
    number: Number,
    by: By,
    reason: Annotated[str, typer.Option(help="Why.", metavar="TEXT")],
) -> None:
    """Record that this annexe will not be applied. It is destroyed 30 days later (A2)."""
    from provisioner.cli.notices import deliver_now, say_unknown
    from provisioner.logs import configure_logging
    from provisioner.operations import submission

    session = session_of(context)
    with exit_status(), session.register(by) as register:
        configure_logging(session.settings.log)
        partner = submission.reject(register, session.settings, number, by, reason)
        session.say(f"Annexe {number} rejected.")
        if say_unknown(session, register, partner):
            deliver_now(session, register)


@app.command("form")
def form(
    context: typer.Context,
    output: Annotated[
        Path, typer.Option(help="The file to write: .docx, .odt, .xlsx or .ods. Never overwritten.", metavar="FILE")
    ],
    partner: Annotated[
        str | None, typer.Option(help="Fill it in for this partner; without it, empty.", metavar="CODE")
    ] = None,
) -> None:
    """Write a form of annexe 1. The date of transmission is left blank."""
    from provisioner.cli.files import save_new
    from provisioner.documents.form import EXTENSIONS, Form, write_form

    session = session_of(context)
    extension = output.suffix.lower()
    if extension not in EXTENSIONS:
        raise typer.BadParameter(f"--output must end with one of {', '.join(EXTENSIONS)}")
    content = Form()
    with exit_status():
        if partner is not None:
            from provisioner.operations.form import form_of
            from provisioner.operations.partners import partner_of

            with session.register("annexe form") as register:
                partner_of(register, partner)
                content = form_of(register.records(), partner, session.clock.today())
        save_new(output, write_form(content, extension))
    session.say(f"Form written to {output}.")
