"""`caf contacts|show`: annexe 3, the Caf's own contacts, which every partner is sent."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from provisioner.cli.exits import Exit
from provisioner.cli.files import save_new
from provisioner.cli.notices import NO_CAF_CONTACT, deliver_now
from provisioner.cli.options import CONTACT, By, Dated, Format, FormatOption, Habilitations
from provisioner.cli.printing import print_answer
from provisioner.cli.session import session_of
from provisioner.domain.convention import Role

app = typer.Typer(help="The Caf's own contacts.", no_args_is_help=True)


@app.command()
def contacts(
    context: typer.Context,
    on: Dated,
    habilitations: Habilitations,
    securite: Annotated[str | None, typer.Option(help="Who is responsible for security.", metavar=CONTACT)] = None,
    technique: Annotated[str | None, typer.Option(help="Who helps with technical problems.", metavar=CONTACT)] = None,
    protection_donnees: Annotated[
        str | None, typer.Option(help="The data-protection officer.", metavar=CONTACT)
    ] = None,
    by: By = "caf contacts",
) -> None:
    """Record the Caf's annexe 3, replaced as a whole, and send it to every partner's contact.

    A bare address is a shared mailbox without a name. Only the one for habilitations is needed; what would go to
    another one that is not named goes there.
    """
    from provisioner.operations.contacts import read_contacts, set_caf_contacts
    from provisioner.views.conventions import unnamed_roles

    session = session_of(context)
    typed = {
        Role.HABILITATIONS: habilitations,
        Role.SECURITE: securite,
        Role.TECHNIQUE: technique,
        Role.PROTECTION_DONNEES: protection_donnees,
    }
    given = {role: text for role, text in typed.items() if text is not None}
    with session.register(by) as register:
        annexe_3 = read_contacts(given, on, session.clock.today())
        told = set_caf_contacts(register, annexe_3, session.settings)
        session.say("Contacts of the Caf recorded." if told.is_new else "Contacts of the Caf: nothing new.")
        if annexe_3.unnamed:
            session.say(unnamed_roles(annexe_3.unnamed))
        if told.without_contact:
            session.say(
                f"No contact is known for: {', '.join(told.without_contact)}. "
                "To give them the annexe 3 yourself: provisioner caf show --output FILE.pdf."
            )
        deliver_now(session, register)


@app.command()
def show(
    context: typer.Context,
    format_: FormatOption = Format.TEXT,
    output: Annotated[
        Path | None,
        typer.Option(help="Also write the annexe 3 as a PDF to this file. Never overwritten.", metavar="FILE.pdf"),
    ] = None,
) -> None:
    """The Caf's contacts."""
    from provisioner.operations.contacts import known_contacts
    from provisioner.operations.notices import annexe_3_file
    from provisioner.views.answers.partners import ContactsAnswer

    session = session_of(context)
    with session.register("caf show") as register:
        known = known_contacts(register, None)
    if output is not None:
        if known is None:
            typer.echo(NO_CAF_CONTACT, err=True)
            raise typer.Exit(Exit.REFUSED)
        save_new(output, annexe_3_file(known).content)
    print_answer(ContactsAnswer.of(known, 3), format_)
