"""`review …`: the partners' yearly reviews (V1, V2), and what else is reviewed or asked for."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated, Literal

import typer

from provisioner.cli import review_caf, review_report, review_requests
from provisioner.cli.files import document_of, save_new
from provisioner.cli.options import (
    DAY,
    EXISTING,
    NAME,
    AsOf,
    By,
    ByAnybody,
    Code,
    Format,
    ListFormat,
    OnePartner,
    Partner,
)
from provisioner.cli.printing import print_answer
from provisioner.cli.session import session_of
from provisioner.views.sentences import Sentence

app = typer.Typer()
app.add_typer(review_caf.app, name="caf")
app.add_typer(review_requests.app)
app.add_typer(review_report.app)


@app.command("list")
def list_(ctx: typer.Context, partner: OnePartner = None, as_of: AsOf = None, format_: ListFormat = "text") -> None:
    """Every partner whose convention is in force: its last review, when the next one is due, how late it is."""
    from provisioner.operations.reviews import all_standings
    from provisioner.views.answers.reviews import ReviewsAnswer

    with session_of(ctx).register(partner) as register:
        standings = all_standings(register, partner, as_of)
    print_answer(ReviewsAnswer.latest_first(standings), format_)


@app.command()
def show(ctx: typer.Context, code: Code, format_: Format = "text") -> None:
    """One partner's reviews: what is to be done, what has changed since the last reminder, what was done."""
    from provisioner.operations import reviews

    with session_of(ctx).register() as register:
        answer = reviews.shown(register, code)
    print_answer(answer, format_)


@app.command()
def remind(
    ctx: typer.Context,
    partner: Annotated[
        str | None, typer.Option("--partner", help="Once more to this partner, whatever went before.", metavar="CODE")
    ] = None,
    by: ByAnybody = "review remind",
) -> None:
    """Send the reminders that are due, each with the form filled in; `sync` does the same by itself."""
    from provisioner.operations.reviews import remind_now

    session = session_of(ctx)
    with session.context(by, partner, read_only=True) as context:
        reminded = remind_now(context, partner)
        if reminded.partners:
            session.say(Sentence.REMINDED.of(codes=", ".join(reminded.partners)))
        else:
            session.say(str(Sentence.NOBODY_TO_REMIND))
        session.say_without_contact(reminded.without_contact)
        session.deliver_now(context.register, by)


@app.command()
def confirm(
    ctx: typer.Context,
    partner: Partner,
    on: Annotated[date, typer.Option("--on", help="The date on the signed list.", **DAY)],
    document: Annotated[Path, typer.Option(help="The signed list, a scan or a PDF.", metavar="FILE", **EXISTING)],
    by: By,
    signatory: Annotated[str | None, typer.Option(help="Who signed it, at the partner.", **NAME)] = None,
    format_: Format = "text",
) -> None:
    """Record a signed « liste inchangée »: the review is done, the next one is due 12 months after its date."""
    from provisioner.operations import reviews

    session = session_of(ctx)
    with session.register(partner) as register:
        signed = document_of(document)
        answer = reviews.confirm(register, session.settings, partner, on, signed, signatory, by)
    print_answer(answer, format_)


@app.command()
def bounced(
    ctx: typer.Context,
    partner: Partner,
    by: By,
    role: Annotated[
        Literal["habilitations", "securite"], typer.Option(help="To which contact it had gone.")
    ] = "habilitations",
) -> None:
    """Record that a reminder came back: it goes to the partner's other contact, else the Caf is told."""
    from provisioner.domain.convention import Role
    from provisioner.operations import reviews
    from provisioner.views.reviews import CONTACTS

    session = session_of(ctx)
    with session.register(partner) as register:
        passed = reviews.bounced(register, session.settings, partner, Role(role), by)
        if not passed.is_new:
            session.say(str(Sentence.BOUNCE_KNOWN))
            return
        told = passed.told
        session.say(
            str(Sentence.BOUNCE_TO_CAF) if told is None else Sentence.BOUNCE_PASSED_ON.of(contact=CONTACTS[told])
        )
        session.deliver_now(register, by)


@app.command()
def letter(
    ctx: typer.Context,
    partner: Partner,
    kind: Annotated[
        Literal["reminder-to-signatory", "notice-of-breach"],
        typer.Option(help="To the signatory, or the notice of article 2.2."),
    ],
    output: Annotated[Path, typer.Option(help="The draft: a new .docx, never in place of another.", metavar="FILE")],
) -> None:
    """Write the draft of a letter on a review that is late. A named person completes it and sends it."""
    from provisioner.operations import reviews

    session = session_of(ctx)
    if output.suffix.lower() != ".docx":
        raise typer.BadParameter("--output must end with .docx")
    with session.register(partner) as register:
        content = reviews.draft(register, partner, kind)
    save_new(output, content)
    session.say(Sentence.LETTER_WRITTEN.of(file=output))
