"""`caf …`: the Caf's own contacts, and the pages that it owes for data protection."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from provisioner.cli.exits import Exit
from provisioner.cli.files import save_new
from provisioner.cli.options import CONTACT, By, Dated, Format, Habilitations
from provisioner.cli.printing import print_answer
from provisioner.cli.session import Session, session_of
from provisioner.domain.convention import Role
from provisioner.views.sentences import Sentence

if TYPE_CHECKING:
    from provisioner.views.registre import Registre

app = typer.Typer()


@app.command()
def contacts(
    ctx: typer.Context,
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

    session = session_of(ctx)
    typed = {
        Role.HABILITATIONS: habilitations,
        Role.SECURITE: securite,
        Role.TECHNIQUE: technique,
        Role.PROTECTION_DONNEES: protection_donnees,
    }
    given = {role: text for role, text in typed.items() if text is not None}
    with session.register() as register:
        annexe_3 = read_contacts(given, on, session.clock.today())
        told = set_caf_contacts(register, annexe_3, session.settings, by)
        session.say(Sentence.CONTACTS_OF_CAF if told.is_new else Sentence.CONTACTS_OF_CAF_KNOWN)
        if annexe_3.unnamed:
            session.say(unnamed_roles(annexe_3.unnamed))
        if told.without_contact:
            session.say(Sentence.NO_CONTACT_FOR_ANNEXE_3.of(codes=", ".join(told.without_contact)))
        session.deliver_now(register, by)


@app.command()
def show(
    ctx: typer.Context,
    format_: Format = "text",
    output: Annotated[
        Path | None,
        typer.Option(help="Also write the annexe 3 as a PDF to this file. Never overwritten.", metavar="FILE.pdf"),
    ] = None,
) -> None:
    """The Caf's contacts."""
    from provisioner.operations.contacts import known_contacts
    from provisioner.operations.notices import annexe_3_file
    from provisioner.views.answers.partners import ContactsAnswer

    session = session_of(ctx)
    with session.register() as register:
        known = known_contacts(register, None)
    if output is not None:
        if known is None:
            typer.echo(Sentence.NO_CAF_CONTACT, err=True)
            raise typer.Exit(Exit.REFUSED)
        save_new(output, annexe_3_file(known).content)
    print_answer(ContactsAnswer.of(known, 3), format_)


_Page = Annotated[Path, typer.Option(help="The page, to open and print. Never overwritten.", metavar="FILE.html")]


@app.command()
def registre(ctx: typer.Context, output: _Page) -> None:
    """Write the filled-in sheet for the register of processing activities (GDPR 30), in French."""
    session = session_of(ctx)
    _write_page(session, output, lambda registre: registre.sheet())


@app.command()
def mentions(ctx: typer.Context, output: _Page) -> None:
    """Write the information notice for the persons concerned (GDPR 13, 14), in French."""
    session = session_of(ctx)
    _write_page(session, output, lambda registre: registre.notice())


def _write_page(session: Session, output: Path, page_of: Callable[[Registre], str]) -> None:
    """What is left to be completed by hand is said beside it."""
    from provisioner.operations.contacts import known_contacts
    from provisioner.views.registre import Registre

    with session.register(make=False) as register:
        registre = Registre(session.settings, known_contacts(register, None), session.clock.today())
    save_new(output, page_of(registre).encode(), mode=0o600)
    if registre.lacking:
        session.say(Sentence.TO_COMPLETE.of(file=output, what=", ".join(registre.lacking)))
