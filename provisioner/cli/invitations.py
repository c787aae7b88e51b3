"""`invitation list|repeat|bounced`: who was sent the link, who has not used it, and what is done about it."""

from __future__ import annotations

from typing import Annotated

import typer

from provisioner.cli.session import Format, FormatOption, exit_status, session_of
from provisioner.domain.people import EmailAddress

app = typer.Typer(help="The e-mails with the link to create the password.", no_args_is_help=True)

By = Annotated[str, typer.Option("--by", help="Who asks for it, at the Caf.", metavar="NAME")]
Partner = Annotated[str | None, typer.Option("--partner", help="Only this partner.", metavar="CODE")]


@app.command("list")
def list_(context: typer.Context, partner: Partner = None, format_: FormatOption = Format.TEXT) -> None:
    """What became of the link of each open access. Keycloak is asked who has made a password."""
    from provisioner.cli import as_json_invitations, as_text_invitations
    from provisioner.cli.answers import print_json
    from provisioner.operations import inviting
    from provisioner.operations.partners import partner_of

    session = session_of(context)
    with exit_status(), session.tools("invitation list", read_only=True) as tools:
        if partner is not None:
            partner_of(tools.register, partner)
        found = inviting.invited(tools, partner)
    if format_ is Format.JSON:
        print_json([as_json_invitations.invited(one) for one in found])
    else:
        as_text_invitations.invited(found)


@app.command("repeat")
def repeat(
    context: typer.Context,
    by: By,
    email: Annotated[str | None, typer.Argument(help="Only this person, at once.", metavar="[EMAIL]")] = None,
    format_: FormatOption = Format.TEXT,
) -> None:
    """Send the links that are due again: the second 3 days after the first, the third 10, never a fourth.

    Partners are told of those who used none. With EMAIL: that person, as soon as the last link has expired.
    """
    from provisioner.cli.answers import print_outcome, status_of
    from provisioner.cli.notices import say_without_contact
    from provisioner.cli.progress import progress_bar
    from provisioner.operations import inviting

    session = session_of(context)
    bar = progress_bar(session.quiet)
    with exit_status(), session.tools(by) as tools:
        if email is None:
            repeated = inviting.repeat_due(tools, bar)
        else:
            repeated = inviting.repeat_one(tools, _address(email), bar)
        print_outcome(session, repeated.outcome, format_, done=True)
        say_without_contact(session, repeated.without_contact)
        raise typer.Exit(status_of(repeated.outcome))


@app.command("bounced")
def bounced(
    context: typer.Context, email: Annotated[str, typer.Argument(help="The address.", metavar="EMAIL")], by: By
) -> None:
    """Record that the e-mail came back: none is sent again, and the partner's contact is asked for the address."""
    from provisioner.cli.notices import deliver_now, say_without_contact
    from provisioner.operations import inviting

    session = session_of(context)
    with exit_status(), session.register(by) as register:
        without_contact = inviting.bounced(register, session.settings, _address(email), by)
        session.say("Recorded: no other e-mail is sent to that address.")
        say_without_contact(session, without_contact)
        deliver_now(session, register)


def _address(email: str) -> EmailAddress:
    return EmailAddress(email.strip().lower())
