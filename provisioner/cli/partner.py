"""`partner …`: conventions, contacts, and the accounts that were there before."""

from __future__ import annotations

import re
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import Annotated

import typer

from provisioner.cli import containment
from provisioner.cli.asking import progress_bar
from provisioner.cli.exits import Exit
from provisioner.cli.options import (
    DAY,
    EMAIL,
    EXISTING,
    TEXT,
    By,
    Code,
    Dated,
    DryRun,
    Format,
    Habilitations,
    ListFormat,
    Reason,
    Securite,
    address,
)
from provisioner.cli.options import name as name_option
from provisioner.cli.printing import print_answer
from provisioner.cli.run import status_of
from provisioner.cli.session import session_of
from provisioner.domain.convention import MAX_NOTICE_DAYS, Role
from provisioner.domain.people import EmailAddress
from provisioner.views.sentences import Sentence, closes

app = typer.Typer()
app.add_typer(containment.app)


def _name(text: str) -> str:
    """A partner's name as it was typed: never blank; what may not stand in it is refused, not put right."""
    name_option(text)
    return text


SignedOn = Annotated[date | None, typer.Option(help="The day of the last signature.", **DAY)]
CtgEnd = Annotated[date | None, typer.Option(help="The last day of the CTG, where an amendment moved it.", **DAY)]
NoticeDays = Annotated[
    int | None,
    typer.Option(
        help="Before a tacit renewal, as the signed paper says.", metavar="DAYS", min=0, max=MAX_NOTICE_DAYS
    ),
]
_DOMAIN = typer.Option("--domain", metavar="DOMAIN", help="An e-mail domain of the partner's own; may be repeated.")
_ADDRESS = typer.Option(
    "--address", metavar="EMAIL", help="A person's exact address, for a partner without a domain; may be repeated."
)


@app.command()
def add(
    ctx: typer.Context,
    code: Code,
    name: Annotated[str, typer.Option(help="The partner's name.", metavar="NAME", parser=_name)],
    domain: Annotated[list[str] | None, _DOMAIN] = None,
    address: Annotated[list[str] | None, _ADDRESS] = None,
    signed_on: SignedOn = None,
    ctg_end: CtgEnd = None,
    notice_days: NoticeDays = None,
    by: By = "partner add",
) -> None:
    """Register a partner and its convention. Until the signature is entered nothing opens."""
    from provisioner.operations.partners import Given, add_partner

    session = session_of(ctx)
    given = Given(
        name=name,
        domains=domain,
        addresses=address,
        signed_on=signed_on,
        ctg_end=ctg_end,
        notice_days=notice_days,
    )
    with session.register() as register:
        add_partner(register, code, given, session.settings.documents, by)
    session.say(Sentence.PARTNER_ADDED.of(code=code))


@app.command("set")
def set_(
    ctx: typer.Context,
    code: Code,
    by: By,
    name: Annotated[str | None, typer.Option(help="The partner's name.", metavar="NAME", parser=_name)] = None,
    domain: Annotated[list[str] | None, _DOMAIN] = None,
    address: Annotated[list[str] | None, _ADDRESS] = None,
    no_domain: Annotated[bool, typer.Option("--no-domain", help="No domain is declared any more.")] = False,
    no_address: Annotated[bool, typer.Option("--no-address", help="No exact address is declared any more.")] = False,
    signed_on: SignedOn = None,
    ctg_end: CtgEnd = None,
    reference: Annotated[str | None, typer.Option(help="What the signed convention is filed under.", **TEXT)] = None,
    document: Annotated[
        Path | None,
        typer.Option(help="The signed convention: its digest is kept, not the file.", metavar="FILE", **EXISTING),
    ] = None,
    notice_days: NoticeDays = None,
    no_notice_days: Annotated[
        bool, typer.Option("--no-notice-days", help="The days of notice are not known any more.")
    ] = False,
) -> None:
    """Change a partner's record: what is given, and nothing else. Domains and addresses are replaced as a whole."""
    from provisioner.operations.partners import Given, set_partner

    if (domain and no_domain) or (address and no_address) or (notice_days is not None and no_notice_days):
        raise typer.BadParameter("given and taken away at once: an option together with its --no-…")
    given = Given(
        name=name,
        domains=[] if no_domain else domain or None,
        addresses=[] if no_address else address or None,
        signed_on=signed_on,
        ctg_end=ctg_end,
        reference=reference,
        document_sha256=None if document is None else sha256(document.read_bytes()).hexdigest(),
        notice_days=notice_days,
        forgets_notice_days=no_notice_days,
    )
    session = session_of(ctx)
    with session.register() as register:
        set_partner(register, code, given, session.settings.documents, by)
    session.say(Sentence.PARTNER_CHANGED.of(code=code))


@app.command()
def show(ctx: typer.Context, code: Code, format_: Format = "text") -> None:
    """One partner: its convention, its domains, its contacts, its habilitations."""
    from provisioner.domain.records import Scope
    from provisioner.operations.contacts import known_contacts
    from provisioner.views.answers.partners import PartnerAnswer

    session = session_of(ctx)
    with session.register(code) as register:
        records = register.records(Scope(frozenset({code})))
        contacts = known_contacts(register, code)
    print_answer(PartnerAnswer.of(records.partners[code], records, contacts, session.clock.today()), format_)


@app.command("list")
def list_(ctx: typer.Context, format_: ListFormat = "text") -> None:
    """Every partner."""
    from provisioner.register import counts, holds
    from provisioner.register.partners import all_partners
    from provisioner.views.answers.partners import PartnersAnswer

    with session_of(ctx).register() as register, register.read() as connection:
        partners, contained = all_partners(connection), holds.containments(connection)
        answer = PartnersAnswer.of(partners.values(), contained, counts.open_by_partner(connection))
    print_answer(answer, format_)


@app.command()
def contacts(
    ctx: typer.Context,
    code: Code,
    on: Dated,
    habilitations: Habilitations,
    securite: Securite,
    by: By = "partner contacts",
) -> None:
    """Record a partner's annexe 2: its contacts, replaced as a whole."""
    from provisioner.operations.contacts import read_contacts, set_partner_contacts

    session = session_of(ctx)
    given = {Role.HABILITATIONS: habilitations, Role.SECURITE: securite}
    with session.register() as register:
        is_new = set_partner_contacts(register, code, read_contacts(given, on, session.clock.today()), by)
    said = Sentence.CONTACTS_OF_PARTNER if is_new else Sentence.CONTACTS_OF_PARTNER_KNOWN
    session.say(said.of(code=code))


@app.command()
def end(
    ctx: typer.Context,
    code: Code,
    on: Annotated[date, typer.Option(help="Its last day, today or later.", **DAY)],
    reason: Reason,
    by: By,
) -> None:
    """End a convention early. Its accesses close on the day after its last day."""
    from provisioner.operations.partners import end_convention

    session = session_of(ctx)
    with session.register() as register:
        closing = end_convention(register, code, on, by, reason)
    closed = closes(closing.accesses, closing.on)
    session.say(Sentence.CONVENTION_ENDS.of(code=code, day=closing.last_day, closing=closed))


@app.command()
def reinstate(ctx: typer.Context, code: Code, by: By, reason: Reason) -> None:
    """Take an early end back, up to its very day."""
    from provisioner.operations.partners import reinstate_convention

    session = session_of(ctx)
    with session.register() as register:
        closing = reinstate_convention(register, code, by, reason)
    closed = closes(closing.accesses, closing.on)
    session.say(Sentence.CONVENTION_GOES_ON.of(code=code, day=closing.instead_of, closing=closed))


@app.command()
def remove(ctx: typer.Context, code: Code, by: By, reason: Reason) -> None:
    """Take a partner out of the register that was entered by mistake: without habilitation, annexe or hold."""
    from provisioner.operations.partners import remove_partner

    session = session_of(ctx)
    with session.register() as register:
        remove_partner(register, code, by, reason)
    session.say(Sentence.PARTNER_REMOVED.of(code=code))


@app.command("import")
def import_(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="The partners: docs/partners.md.", metavar="FILE.toml", **EXISTING)],
    by: By = "partner import",
    dry_run: DryRun = False,
    format_: Format = "text",
) -> None:
    """Register or change many partners from one file: all of it, or nothing."""
    from provisioner.operations.partner_import import import_partners

    session = session_of(ctx)
    with session.register() as register:
        imported = import_partners(register, file.read_bytes(), session.settings.documents, by, dry_run=dry_run)
    print_answer(imported, format_)
    if dry_run:
        session.say(Sentence.NOTHING_WRITTEN)


@app.command()
def adopt(
    ctx: typer.Context,
    code: Code,
    by: By,
    reason: Reason,
    email: Annotated[
        list[EmailAddress] | None, typer.Option(help="The account's address; may be repeated.", **EMAIL)
    ] = None,
    file: Annotated[Path | None, typer.Option(help="A list: one address a line.", metavar="LIST", **EXISTING)] = None,
    dry_run: DryRun = False,
    format_: Format = "text",
) -> None:
    """Take over accounts that existed before: mark and group, no e-mail. All of them or none."""
    from provisioner.operations import adoption
    from provisioner.views.answers.partners import CandidatesAnswer

    emails = list(dict.fromkeys([*(email or ()), *(_addresses_of(file) if file is not None else ())]))
    if not emails:
        raise typer.BadParameter("give --email or --file, with one address at least")
    session, status = session_of(ctx), Exit.DONE
    with session.context(by, code, read_only=dry_run) as context:
        if dry_run:
            candidates = adoption.candidates(context, code, emails)
        else:
            candidates, result = adoption.adopt(context, code, emails, by, reason, progress_bar(session.quiet))
            status = status_of(result)
    is_refused = not all(candidate.can_be_adopted for candidate in candidates)
    are_adopted = status is Exit.DONE and not (dry_run or is_refused)
    print_answer(CandidatesAnswer.of(candidates, are_adopted), format_)
    if is_refused:
        session.say(Sentence.NOTHING_ADOPTED)
        status = Exit.REFUSED
    elif status is not Exit.DONE:
        session.say(Sentence.ADOPTION_RECORDED)
    raise typer.Exit(status)


def _addresses_of(file: Path) -> list[EmailAddress]:
    """The addresses of a list, one a line; an empty line and one that begins with `#` say nothing. Of a table's line,
    as a spreadsheet writes it, the first cell.

    Raises:
        typer.BadParameter: it is no text, or a line is no address: nothing is looked up.
    """
    try:
        lines = [re.split("[;,\t]", line)[0].strip(' "') for line in file.read_text("utf-8-sig").splitlines()]
    except (OSError, UnicodeDecodeError):
        raise typer.BadParameter(f"{file} cannot be read as text in UTF-8") from None
    given = {number: line for number, line in enumerate(lines, 1) if line and not line.startswith("#")}
    addresses, wrong = [], []
    for number, line in given.items():
        try:
            addresses.append(address(line))
        except typer.BadParameter:
            wrong.append(str(number))
    if wrong:
        raise typer.BadParameter(f"{file}: not an address in line {', '.join(wrong)}")
    return addresses
