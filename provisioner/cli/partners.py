"""`partner add|set|show|list`: the register of conventions."""

from __future__ import annotations

import json
from datetime import date, datetime
from typing import Annotated

import typer

from provisioner.cli.session import Format, FormatOption, exit_status, session_of
from provisioner.domain.convention import DEFAULT_CTG_END, Partner

app = typer.Typer(help="The register of conventions.", no_args_is_help=True)

Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], metavar="DATE")]
Code = Annotated[str, typer.Argument(help="The partner's code: 1 to 64 of a-z, 0-9 and -.", metavar="CODE")]
Domains = Annotated[
    list[str] | None, typer.Option("--domain", help="An e-mail domain of the partner; may be repeated.")
]
Name = Annotated[str, typer.Option("--name", help="The partner's name.")]
By = Annotated[str, typer.Option("--by", help="Who decides.", metavar="NAME")]


@app.command("add")
def add(
    context: typer.Context,
    code: Code,
    name: Name,
    domain: Annotated[list[str], typer.Option("--domain", help="An e-mail domain of the partner; may be repeated.")],
    signed_on: Day = None,
    ctg_end: Day = None,
    by: By = "partner add",
) -> None:
    """Register a partner and its convention. Until the signature is entered nothing opens."""
    from provisioner.operations import partners

    with exit_status(), session_of(context).register(by) as register:
        partner = Partner(
            code=code,
            name=name,
            domains=partners.canonical_domains(domain),
            signed_on=_day(signed_on),
            ctg_end=_day(ctg_end) or DEFAULT_CTG_END,
        )
        partners.add_partner(register, partner)
    session_of(context).say(f"Partner {code} registered.")


@app.command("set")
def set_(
    context: typer.Context,
    code: Code,
    by: By,
    name: Annotated[str | None, typer.Option("--name", help="The partner's name.")] = None,
    domain: Domains = None,
    signed_on: Day = None,
    ctg_end: Day = None,
) -> None:
    """Change a partner's record: what is given, and nothing else. Domains are replaced as a whole."""
    from provisioner.operations import partners

    with exit_status(), session_of(context).register(by) as register:
        partners.set_partner(
            register, code, name=name, domains=domain or (), signed_on=_day(signed_on), ctg_end=_day(ctg_end)
        )
    session_of(context).say(f"Partner {code} changed.")


@app.command("show")
def show(context: typer.Context, code: Code, format_: FormatOption = Format.TEXT) -> None:
    """One partner: its convention, its domains, its contacts, its habilitations."""
    from provisioner.cli import as_json, as_text
    from provisioner.operations.contacts import known_contacts
    from provisioner.operations.partners import partner_of

    with exit_status(), session_of(context).register("partner show") as register:
        partner = partner_of(register, code)
        records = register.records()
        contacts = known_contacts(register, code)
    if format_ is Format.JSON:
        typer.echo(json.dumps(as_json.partner(partner, records, contacts), ensure_ascii=False, indent=2))
    else:
        as_text.partner(partner, records, contacts, session_of(context).clock.today())


@app.command("list")
def list_(context: typer.Context, format_: FormatOption = Format.TEXT) -> None:
    """Every partner."""
    from provisioner.cli import as_json, as_text

    with exit_status(), session_of(context).register("partner list") as register:
        records = register.records()
    if format_ is Format.JSON:
        typer.echo(json.dumps(as_json.partners(records), ensure_ascii=False, indent=2))
    else:
        as_text.partners(records)


def _day(moment: datetime | None) -> date | None:
    return moment.date() if moment else None
