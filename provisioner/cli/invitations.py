"""`invitation list|repeat|bounced`: who was sent the link, who has not used it, and what is done about it."""

from __future__ import annotations

from typing import Annotated

import typer

from provisioner.cli.notices import deliver_now, say_without_contact
from provisioner.cli.options import By, Email, Format, FormatOption, OnePartner, address
from provisioner.cli.outcomes import print_outcome, status_of
from provisioner.cli.printing import print_answer
from provisioner.cli.progress import progress_bar
from provisioner.cli.session import session_of

app = typer.Typer(help="The e-mails with the link to create the password.", no_args_is_help=True)


@app.command("list")
def list_(context: typer.Context, partner: OnePartner = None, format_: FormatOption = Format.TEXT) -> None:
    """What became of the link of each open access. Keycloak is asked who has made a password."""
    from provisioner.operations.invitations import invited
    from provisioner.views.answers.invitations import InvitationsAnswer

    with session_of(context).tools("invitation list", partner, read_only=True) as tools:
        links = invited(tools, partner)
    print_answer(InvitationsAnswer.of(links), format_)


@app.command()
def repeat(
    context: typer.Context,
    by: By,
    email: Annotated[str | None, typer.Argument(help="Only this person, at once.", metavar="[EMAIL]")] = None,
    format_: FormatOption = Format.TEXT,
) -> None:
    """Send the links that are due again: the second 3 days after the first, the third 10, never a fourth.

    Partners are told of those who used none. With EMAIL: that person, as soon as the last link has expired.
    """
    from provisioner.operations import invitations

    session = session_of(context)
    bar = progress_bar(session.quiet)
    with session.tools(by) as tools:
        repeated = invitations.repeat_one(tools, address(email), bar) if email else invitations.repeat_due(tools, bar)
    print_outcome(session, repeated, format_, done=True)
    say_without_contact(session, repeated.without_contact)
    raise typer.Exit(status_of(repeated))


@app.command()
def bounced(context: typer.Context, email: Email, by: By) -> None:
    """Record that the e-mail came back: none is sent again, and the partner's contact is asked for the address."""
    from provisioner.operations import invitations

    session = session_of(context)
    with session.register(by) as register:
        without_contact = invitations.bounced(register, session.settings, address(email), by)
        session.say("Recorded: no other e-mail is sent to that address.")
        say_without_contact(session, without_contact)
        deliver_now(session, register)
