"""`review ask`, `asked`, `answered`, `document`, `withdraw`: what is asked of a partner (art. 2.1, C5)."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from provisioner.cli.files import document_of, save_told
from provisioner.cli.options import (
    DAY,
    EXISTING,
    NAME,
    NUMBER,
    TEXT,
    By,
    Format,
    ListFormat,
    OnePartner,
    Partner,
    Reason,
)
from provisioner.cli.printing import print_answer
from provisioner.cli.session import session_of
from provisioner.views.sentences import Sentence

app = typer.Typer()

_Request = Annotated[int, typer.Argument(help="Its number, as `review asked` prints it.", **NUMBER)]


@app.command()
def ask(
    ctx: typer.Context,
    partner: Partner,
    what: Annotated[str, typer.Option(help="What is asked for, as the partner reads it; name no person.", **TEXT)],
    due: Annotated[date, typer.Option(help="By when, later than today.", **DAY)],
    by: By,
    format_: Format = "text",
) -> None:
    """Ask a partner for a document that shows its compliance; it is reminded on the day and every 30 days after."""
    from provisioner.operations import requests
    from provisioner.views.answers.requests import AskedAnswer
    from provisioner.views.requests import what_words

    session = session_of(ctx)
    with session.register() as register:
        recorded = requests.ask(register, session.settings, partner, what, due, by)
        request = recorded.request
        words, is_new = what_words(request), recorded.is_new
        print_answer(AskedAnswer(request=request.id, what=words, due_on=request.due_on, is_new=is_new), format_)
        session.say_without_contact(() if recorded.is_told else (partner,))
        session.deliver_now(register, by)


@app.command()
def asked(
    ctx: typer.Context,
    partner: OnePartner = None,
    all_: Annotated[bool, typer.Option("--all", help="Also what was answered or withdrawn.")] = False,
    format_: ListFormat = "text",
) -> None:
    """What partners still have to send, oldest first: the certificates at the end of a convention (C5) among it."""
    from provisioner.operations.requests import known_requests
    from provisioner.views.answers.requests import RequestsAnswer

    session = session_of(ctx)
    with session.register(partner) as register:
        known = known_requests(register, partner)
    shown = [request for request in known if all_ or request.is_open]
    print_answer(RequestsAnswer.of(shown, session.clock.today()), format_)


@app.command()
def answered(
    ctx: typer.Context,
    number: _Request,
    on: Annotated[date, typer.Option(help="The date of the document, never later.", **DAY)],
    document: Annotated[Path, typer.Option(help="The document: it is kept.", metavar="FILE", **EXISTING)],
    by: By,
    signatory: Annotated[
        str | None, typer.Option(help="Who signed it; needed for a certificate of destruction.", **NAME)
    ] = None,
    format_: Format = "text",
) -> None:
    """Record the document that a partner sent. Recorded again, the newer one takes the place of the first."""
    from provisioner.operations import requests
    from provisioner.views.answers.requests import AnsweredAnswer

    session = session_of(ctx)
    with session.register() as register:
        limits = session.settings.documents
        recorded = requests.answer(register, limits, number, on, document_of(document), by, signatory)
    sha256 = recorded.request.sha256
    assert sha256 is not None
    print_answer(AnsweredAnswer(request=number, sha256=sha256, is_new=recorded.is_new), format_)


@app.command("document")
def document_(
    ctx: typer.Context,
    number: _Request,
    output: Annotated[Path, typer.Option(help="A new file, never in place of another.", metavar="FILE")],
) -> None:
    """Write the document that answered a request to a file, as the partner sent it."""
    from provisioner.operations import requests

    session = session_of(ctx)
    with session.register() as register:
        content = requests.document_of(register, number)
    save_told(session, output, content)


@app.command()
def withdraw(ctx: typer.Context, number: _Request, by: By, reason: Reason) -> None:
    """Ask for a document no more, and tell the partner so. The reason stays in the journal."""
    from provisioner.operations import requests

    session = session_of(ctx)
    with session.register() as register:
        recorded = requests.withdraw(register, session.settings, number, by, reason)
        session.say(Sentence.REQUEST_WITHDRAWN.of(number=number))
        session.say_without_contact(() if recorded.is_told else (recorded.request.partner,))
        session.deliver_now(register, by)
