"""`caf contacts|show`: annexe 3, the Caf's own contacts, which every partner is sent."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from provisioner.cli.contacts import CONTACT, Habilitations, On, Securite
from provisioner.cli.partners import By
from provisioner.cli.session import Exit, Format, FormatOption, Session, exit_status, session_of
from provisioner.domain.contacts import Role

if TYPE_CHECKING:
    from provisioner.operations.contacts import Told

app = typer.Typer(help="The Caf's own contacts.", no_args_is_help=True)


@app.command("contacts")
def contacts_(
    context: typer.Context,
    on: On,
    habilitations: Habilitations,
    securite: Securite,
    technique: Annotated[
        str, typer.Option("--technique", help="Who helps with technical problems.", metavar=CONTACT)
    ],
    by: By = "caf contacts",
) -> None:
    """Record the Caf's annexe 3, replaced as a whole, and send it to every partner's contact.

    A bare address is a shared mailbox without a name.
    """
    from provisioner.cli.notices import deliver_now
    from provisioner.operations import contacts

    session = session_of(context)
    given = {Role.HABILITATIONS: habilitations, Role.SECURITE: securite, Role.TECHNIQUE: technique}
    with exit_status(), session.register(by) as register:
        annexe_3 = contacts.read_contacts(given, on.date(), session.clock.today())
        told = contacts.set_caf_contacts(register, annexe_3, session.settings)
        _tell(session, told)
        deliver_now(session, register)


@app.command("show")
def show(
    context: typer.Context,
    format_: FormatOption = Format.TEXT,
    output: Annotated[
        Path | None,
        typer.Option(help="Also write the annexe 3 as a PDF to this file. Never overwritten.", metavar="FILE.pdf"),
    ] = None,
) -> None:
    """The Caf's contacts."""
    from provisioner.cli import as_json, as_text
    from provisioner.cli.files import save_new
    from provisioner.operations.contacts import known_contacts
    from provisioner.operations.notices import annexe_3_file

    with exit_status(), session_of(context).register("caf show") as register:
        known = known_contacts(register, None)
        if output is not None:
            if known is None:
                typer.echo("No contact of the Caf is recorded: provisioner caf contacts.", err=True)
                raise typer.Exit(Exit.REFUSED)
            save_new(output, annexe_3_file(known).content)
    if format_ is Format.JSON:
        typer.echo(json.dumps(as_json.contacts(known), ensure_ascii=False, indent=2))
    else:
        as_text.contacts(known, 3)


def _tell(session: Session, told: Told) -> None:
    session.say("Contacts of the Caf recorded." if told.is_new else "Contacts of the Caf: nothing new.")
    if told.without_contact:
        session.say(
            f"No contact is known for: {', '.join(told.without_contact)}. "
            "To give them the annexe 3 yourself: provisioner caf show --output FILE.pdf."
        )
