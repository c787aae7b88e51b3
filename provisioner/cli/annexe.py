"""`annexe …`: submitted, listed, shown, approved, rejected; and the form of annexe 1."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from provisioner.cli.decisions import Allow, CloseAbsent, ClosuresOnly, KeepAbsent, Rename, Waive, decisions_of
from provisioner.cli.exits import Exit
from provisioner.cli.files import document_of, save_new
from provisioner.cli.options import (
    EXISTING,
    NUMBER,
    By,
    File,
    Format,
    ListFormat,
    OnePartner,
    Partner,
    Reason,
    ReceivedOn,
    SentBy,
    day_of_reception,
)
from provisioner.cli.printing import print_answer
from provisioner.cli.run import print_result
from provisioner.cli.session import session_of
from provisioner.views.sentences import Sentence

app = typer.Typer()

Number = Annotated[int, typer.Argument(help="The annexe's number.", **NUMBER)]


@app.command()
def submit(
    ctx: typer.Context,
    file: File,
    partner: Partner,
    source: Annotated[
        Path | None, typer.Option(help="The scan that it was typed from.", metavar="SCAN", **EXISTING)
    ] = None,
    received_on: ReceivedOn = None,
    sent_by: SentBy = None,
    format_: Format = "text",
) -> None:
    """Check a document and keep it until it is approved or rejected. Changes no access."""
    from provisioner.operations import receive
    from provisioner.operations.answers import submitted_answer

    session = session_of(ctx)
    with session.context("annexe submit", partner, read_only=True) as context:
        received = day_of_reception(received_on, context.clock.today())
        scan = document_of(source) if source else None
        submitted = receive.submit(context, document_of(file), partner, received, sent_by, scan)
        print_answer(submitted_answer(submitted), format_)
        if not submitted.annexe.valid and session.say_unknown(context.register, partner):
            session.deliver_now(context.register, context.by)
    raise typer.Exit(Exit.DONE if submitted.annexe.valid else Exit.REFUSED)


@app.command("list")
def list_(ctx: typer.Context, partner: OnePartner = None, format_: ListFormat = "text") -> None:
    """The annexes that the register keeps: the one in force of each partner, and those under way."""
    from provisioner.register import annexes
    from provisioner.views.answers.annexes import AnnexesAnswer

    with session_of(ctx).register(partner) as register, register.read() as connection:
        kept = annexes.kept(connection, partner)
    print_answer(AnnexesAnswer.of(kept), format_)


@app.command()
def show(ctx: typer.Context, number: Number, format_: Format = "text") -> None:
    """One annexe: its last check, and the decisions taken when it was approved."""
    from provisioner.operations.receive import find
    from provisioner.views.answers.annexes import AnnexeAnswer

    with session_of(ctx).register() as register:
        annexe = find(register, number)
    print_answer(AnnexeAnswer.whole(annexe), format_)


@app.command()
def approve(
    ctx: typer.Context,
    number: Number,
    plan: Annotated[str, typer.Option(help="The plan's id, as `plan --annexe ID` prints it.", metavar="PLAN_ID")],
    by: By,
    keep_absent: KeepAbsent = None,
    close_absent: CloseAbsent = None,
    waive: Waive = None,
    rename: Rename = None,
    closures_only: ClosuresOnly = False,
    allow: Allow = None,
    format_: Format = "text",
) -> None:
    """Approve exactly this content and this plan. The next `sync` applies it."""
    from provisioner.operations import decide
    from provisioner.operations.context import Ending

    session = session_of(ctx)
    decisions = decisions_of(keep_absent, close_absent, waive, rename, closures_only, allow)
    with session.context(by, read_only=True) as context:
        result = decide.approve(context, number, plan, by, decisions)
    print_result(session, result, format_, done=False)
    if result.ending is not Ending.APPLIED:
        said = Sentence.ANNEXE_OTHER_PLAN if result.ending is Ending.CHANGED else Sentence.ANNEXE_NOT_APPROVED
        session.say(said.of(annexe=number, plan=plan))
        raise typer.Exit(Exit.REFUSED)
    session.say(Sentence.ANNEXE_APPROVED.of(annexe=number, by=by))
    raise typer.Exit(Exit.REFUSED if result.left_out else Exit.DONE)


@app.command()
def reject(ctx: typer.Context, number: Number, by: By, reason: Reason) -> None:
    """Record that this annexe will not be applied. It is destroyed 30 days later (A2)."""
    from provisioner.operations import decide

    session = session_of(ctx)
    with session.register() as register:
        partner = decide.reject(register, session.settings, number, by, reason)
        session.say(Sentence.ANNEXE_REJECTED.of(annexe=number))
        if session.say_unknown(register, partner):
            session.deliver_now(register, by)


@app.command()
def export(
    ctx: typer.Context,
    number: Number,
    output: Annotated[Path, typer.Option(help="A new file, for its owner alone.", metavar="FILE")],
) -> None:
    """Write the kept file again, as it was received; or the list that took its place (D2)."""
    from provisioner.operations.receive import file_of, find

    session = session_of(ctx)
    with session.register() as register:
        annexe = find(register, number)
        document = file_of(register, annexe)
    save_new(output, document.content, mode=0o600)
    partner, replaced_on = annexe.partner, annexe.replaced_on
    if replaced_on is None:
        session.say(Sentence.ANNEXE_EXPORTED.of(annexe=number, partner=partner, file=output))
    else:
        session.say(Sentence.STATE_EXPORTED.of(annexe=number, partner=partner, file=output, on=replaced_on))


@app.command()
def form(
    ctx: typer.Context,
    output: Annotated[
        Path, typer.Option(help="The file to write: .docx, .odt, .xlsx or .ods. Never overwritten.", metavar="FILE")
    ],
    partner: Annotated[
        str | None, typer.Option(help="Fill it in for this partner; without it, empty.", metavar="CODE")
    ] = None,
) -> None:
    """Write a form of annexe 1. The date of transmission is left blank."""
    from provisioner.documents.form import EXTENSIONS, Form, write_form

    session = session_of(ctx)
    extension = output.suffix.lower()
    if extension not in EXTENSIONS:
        raise typer.BadParameter(f"--output must end with one of {', '.join(EXTENSIONS)}")
    content = Form()
    if partner is not None:
        from provisioner.domain.records import Scope
        from provisioner.operations.forms import form_of

        with session.register(partner) as register:
            content = form_of(register.records(Scope(frozenset({partner}))), partner, session.clock.today())
    save_new(output, write_form(content, extension))
    session.say(Sentence.FORM_WRITTEN.of(file=output))
