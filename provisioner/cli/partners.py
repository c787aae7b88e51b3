"""`partner add|set|show|list|contacts`: the register of conventions."""

from __future__ import annotations

from datetime import date
from typing import Annotated

import typer

from provisioner.cli.options import By, Code, Dated, Format, FormatOption, Habilitations, Securite, day
from provisioner.cli.options import name as name_option
from provisioner.cli.printing import print_answer
from provisioner.cli.session import session_of
from provisioner.domain.convention import Role

app = typer.Typer(help="The register of conventions.", no_args_is_help=True)


def _name(text: str) -> str:
    """A partner's name as it was typed: never blank; what may not stand in it is refused, not put right."""
    name_option(text)
    return text


Day = Annotated[date | None, typer.Option(metavar="DATE", parser=day)]
_DOMAIN = typer.Option("--domain", help="An e-mail domain of the partner's own; may be repeated.")
_ADDRESS = typer.Option(
    "--address", metavar="EMAIL", help="A person's exact address, for a partner without a domain; may be repeated."
)


@app.command()
def add(
    context: typer.Context,
    code: Code,
    name: Annotated[str, typer.Option(help="The partner's name.", metavar="NAME", parser=_name)],
    domain: Annotated[list[str] | None, _DOMAIN] = None,
    address: Annotated[list[str] | None, _ADDRESS] = None,
    signed_on: Day = None,
    ctg_end: Day = None,
    by: By = "partner add",
) -> None:
    """Register a partner and its convention. Until the signature is entered nothing opens."""
    from provisioner.operations.partners import Given, add_partner

    session = session_of(context)
    given = Given(name=name, domains=domain, addresses=address, signed_on=signed_on, ctg_end=ctg_end)
    with session.register(by) as register:
        add_partner(register, code, given, session.settings.documents)
    session.say(f"Partner {code} registered.")


@app.command("set")
def set_(
    context: typer.Context,
    code: Code,
    by: By,
    name: Annotated[str | None, typer.Option(help="The partner's name.", metavar="NAME", parser=_name)] = None,
    domain: Annotated[list[str] | None, _DOMAIN] = None,
    address: Annotated[list[str] | None, _ADDRESS] = None,
    no_domain: Annotated[bool, typer.Option("--no-domain", help="No domain is declared any more.")] = False,
    no_address: Annotated[bool, typer.Option("--no-address", help="No exact address is declared any more.")] = False,
    signed_on: Day = None,
    ctg_end: Day = None,
) -> None:
    """Change a partner's record: what is given, and nothing else. Domains and addresses are replaced as a whole."""
    from provisioner.operations.partners import Given, set_partner

    if (domain and no_domain) or (address and no_address):
        raise typer.BadParameter("given and taken away at once: --domain with --no-domain, or the same of addresses")
    given = Given(
        name=name,
        domains=[] if no_domain else domain or None,
        addresses=[] if no_address else address or None,
        signed_on=signed_on,
        ctg_end=ctg_end,
    )
    session = session_of(context)
    with session.register(by) as register:
        set_partner(register, code, given, session.settings.documents)
    session.say(f"Partner {code} changed.")


@app.command()
def show(context: typer.Context, code: Code, format_: FormatOption = Format.TEXT) -> None:
    """One partner: its convention, its domains, its contacts, its habilitations."""
    from provisioner.operations.contacts import known_contacts
    from provisioner.views.answers.partners import PartnerAnswer

    session = session_of(context)
    with session.register("partner show", code) as register:
        records = register.records()
        contacts = known_contacts(register, code)
    print_answer(PartnerAnswer.of(records.partners[code], records, contacts, session.clock.today()), format_)


@app.command("list")
def list_(context: typer.Context, format_: FormatOption = Format.TEXT) -> None:
    """Every partner."""
    from provisioner.views.answers.partners import PartnersAnswer

    with session_of(context).register("partner list") as register:
        records = register.records()
    print_answer(PartnersAnswer.of(records), format_)


@app.command()
def contacts(
    context: typer.Context,
    code: Code,
    on: Dated,
    habilitations: Habilitations,
    securite: Securite,
    by: By = "partner contacts",
) -> None:
    """Record a partner's annexe 2: its contacts, replaced as a whole."""
    from provisioner.operations.contacts import read_contacts, set_partner_contacts

    session = session_of(context)
    given = {Role.HABILITATIONS: habilitations, Role.SECURITE: securite}
    with session.register(by) as register:
        is_new = set_partner_contacts(register, code, read_contacts(given, on, session.clock.today()))
    session.say(f"Contacts of {code} recorded." if is_new else f"Contacts of {code}: nothing new.")
