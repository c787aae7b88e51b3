"""`partner contacts`: annexe 2. What it shares with the Caf's own contacts, annexe 3."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

from provisioner.cli.partners import By, Code
from provisioner.cli.session import exit_status, session_of
from provisioner.domain.contacts import Role

#: The shape of a contact on the command line.
CONTACT = '"NAME <EMAIL>"'

On = Annotated[
    datetime,
    typer.Option("--on", formats=["%Y-%m-%d"], help="The date written on the annexe, never later.", metavar="DATE"),
]
Habilitations = Annotated[
    str, typer.Option("--habilitations", help="Who is responsible for the habilitations.", metavar=CONTACT)
]
Securite = Annotated[str, typer.Option("--securite", help="Who is responsible for security.", metavar=CONTACT)]


def partner_contacts(
    context: typer.Context,
    code: Code,
    on: On,
    habilitations: Habilitations,
    securite: Securite,
    by: By = "partner contacts",
) -> None:
    """Record a partner's annexe 2: its contacts, replaced as a whole."""
    from provisioner.operations import contacts

    session = session_of(context)
    given = {Role.HABILITATIONS: habilitations, Role.SECURITE: securite}
    with exit_status(), session.register(by) as register:
        annexe_2 = contacts.read_contacts(given, on.date(), session.clock.today())
        is_new = contacts.set_partner_contacts(register, code, annexe_2)
    session.say(f"Contacts of {code} recorded." if is_new else f"Contacts of {code}: nothing new.")
