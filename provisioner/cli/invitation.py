"""`invitation …`: the link that was sent to a person."""

from __future__ import annotations

from typing import Annotated

import typer

from provisioner.cli.asking import progress_bar
from provisioner.cli.options import EMAIL, By, Email, Format, ListFormat, OnePartner
from provisioner.cli.printing import print_answer
from provisioner.cli.run import print_result, status_of
from provisioner.cli.session import session_of
from provisioner.domain.people import EmailAddress
from provisioner.views.sentences import Sentence

app = typer.Typer()


@app.command("list")
def list_(ctx: typer.Context, partner: OnePartner = None, format_: ListFormat = "text") -> None:
    """What became of the link of each open access. Keycloak is asked who has made a password."""
    from provisioner.operations.invitations import invited
    from provisioner.views.answers.invitations import InvitationsAnswer

    with session_of(ctx).context("invitation list", partner, read_only=True) as context:
        links = invited(context, partner)
    print_answer(InvitationsAnswer.of(links), format_)


@app.command()
def repeat(
    ctx: typer.Context,
    by: By,
    email: Annotated[EmailAddress | None, typer.Argument(help="Only this person, at once.", **EMAIL)] = None,
    format_: Format = "text",
) -> None:
    """Send the links that are due again: the second 3 days after the first, the third 10, never a fourth.

    Partners are told of those who used none. With EMAIL: that person, as soon as the last link has expired.
    """
    from provisioner.operations import invitations

    session = session_of(ctx)
    bar = progress_bar(session.quiet)
    with session.context(by) as context:
        if email is not None:
            result = invitations.repeat_one(context, email, bar)
        else:
            result = invitations.repeat_due(context, bar)
    print_result(session, result, format_, done=True)
    session.say_without_contact(result.without_contact)
    raise typer.Exit(status_of(result))


@app.command()
def bounced(ctx: typer.Context, email: Email, by: By) -> None:
    """Record that the e-mail came back: none is sent again, and the partner's contact is asked for the address."""
    from provisioner.operations import invitations

    session = session_of(ctx)
    with session.register() as register:
        without_contact = invitations.bounced(register, session.settings, email, by)
        session.say(Sentence.BOUNCE_RECORDED)
        session.say_without_contact(without_contact)
        session.deliver_now(register, by)
