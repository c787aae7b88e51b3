"""`partner …` and `caf …`: conventions, contacts, and the accounts that were there before."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from datetime import date
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from provisioner.cli.asking import confirmed, progress_bar
from provisioner.cli.exits import Exit
from provisioner.cli.files import save_new
from provisioner.cli.options import (
    CONTACT,
    By,
    Code,
    Dated,
    DryRun,
    Format,
    FormatOption,
    Habilitations,
    ListFormat,
    ListFormatOption,
    NewPassword,
    Reason,
    Second,
    Securite,
    address,
    day,
    reason,
)
from provisioner.cli.options import name as name_option
from provisioner.cli.printing import print_answer
from provisioner.cli.run import status_of
from provisioner.cli.session import Session, session_of
from provisioner.domain.convention import Role
from provisioner.domain.people import EmailAddress
from provisioner.views.sentences import Sentence, closes

if TYPE_CHECKING:
    from provisioner.operations.context import Context
    from provisioner.views.registre import Registre

app = typer.Typer(help="The register of conventions.", no_args_is_help=True)
caf = typer.Typer(
    help="The Caf's own contacts, and the pages that it owes for data protection.", no_args_is_help=True
)


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
    ctx: typer.Context,
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

    session = session_of(ctx)
    given = Given(name=name, domains=domain, addresses=address, signed_on=signed_on, ctg_end=ctg_end)
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
    signed_on: Day = None,
    ctg_end: Day = None,
    reference: Annotated[
        str | None, typer.Option(help="What the signed convention is filed under.", metavar="TEXT", parser=reason)
    ] = None,
    document: Annotated[
        Path | None,
        typer.Option(
            help="The signed convention: its digest is kept, not the file.",
            exists=True,
            dir_okay=False,
            metavar="FILE",
        ),
    ] = None,
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
        reference=reference,
        document_sha256=None if document is None else sha256(document.read_bytes()).hexdigest(),
    )
    session = session_of(ctx)
    with session.register() as register:
        set_partner(register, code, given, session.settings.documents, by)
    session.say(Sentence.PARTNER_CHANGED.of(code=code))


@app.command()
def show(ctx: typer.Context, code: Code, format_: FormatOption = Format.TEXT) -> None:
    """One partner: its convention, its domains, its contacts, its habilitations."""
    from provisioner.operations.contacts import known_contacts
    from provisioner.views.answers.partners import PartnerAnswer

    session = session_of(ctx)
    with session.register(code) as register:
        records = register.records()
        contacts = known_contacts(register, code)
    print_answer(PartnerAnswer.of(records.partners[code], records, contacts, session.clock.today()), format_)


@app.command("list")
def list_(ctx: typer.Context, format_: ListFormatOption = ListFormat.TEXT) -> None:
    """Every partner."""
    from provisioner.views.answers.partners import PartnersAnswer

    with session_of(ctx).register() as register:
        records = register.records()
    print_answer(PartnersAnswer.of(records), format_)


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
    on: Annotated[date, typer.Option(help="Its last day, today or later.", metavar="DATE", parser=day)],
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


@app.command("import")
def import_(
    ctx: typer.Context,
    file: Annotated[
        Path, typer.Argument(help="The partners: docs/partners.md.", exists=True, dir_okay=False, metavar="FILE.toml")
    ],
    by: By = "partner import",
    dry_run: DryRun = False,
    format_: FormatOption = Format.TEXT,
) -> None:
    """Register or change many partners from one file: all of it, or nothing."""
    from provisioner.operations.partner_import import import_partners
    from provisioner.views.answers.partners import ImportedAnswer

    session = session_of(ctx)
    with session.register() as register:
        imported = import_partners(register, file.read_bytes(), session.settings.documents, by, dry_run=dry_run)
    print_answer(ImportedAnswer.read(imported), format_)
    if dry_run:
        session.say(Sentence.NOTHING_WRITTEN)


@app.command()
def adopt(
    ctx: typer.Context,
    code: Code,
    email: Annotated[
        list[EmailAddress],
        typer.Option(help="The account's address; may be repeated.", metavar="EMAIL", parser=address),
    ],
    by: By,
    reason: Reason,
    dry_run: DryRun = False,
    format_: FormatOption = Format.TEXT,
) -> None:
    """Take over accounts that existed before: mark and group, no e-mail. All of them or none."""
    from provisioner.operations import adoption
    from provisioner.views.answers.partners import CandidateLine, CandidatesAnswer

    session, status = session_of(ctx), Exit.DONE
    with session.context(by, code, read_only=dry_run) as context:
        if dry_run:
            candidates = adoption.candidates(context, code, email)
        else:
            candidates, result = adoption.adopt(context, code, email, by, reason, progress_bar(session.quiet))
            status = status_of(result)
    is_refused = not all(candidate.can_be_adopted for candidate in candidates)
    are_adopted = status is Exit.DONE and not (dry_run or is_refused)
    lines = [CandidateLine.of(candidate, candidate.account) for candidate in candidates]
    print_answer(CandidatesAnswer.of(lines, are_adopted=are_adopted), format_)
    if is_refused:
        session.say(Sentence.NOTHING_ADOPTED)
        status = Exit.REFUSED
    elif status is not Exit.DONE:
        session.say(Sentence.ADOPTION_RECORDED)
    raise typer.Exit(status)


@caf.command("contacts")
def caf_contacts(
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


@caf.command("show")
def caf_show(
    ctx: typer.Context,
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


@caf.command("registre")
def caf_registre(ctx: typer.Context, output: _Page) -> None:
    """Write the filled-in sheet for the register of processing activities (GDPR 30), in French."""
    session = session_of(ctx)
    _write_page(session, output, lambda registre: registre.sheet())


@caf.command("mentions")
def caf_mentions(ctx: typer.Context, output: _Page) -> None:
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


@app.command()
def suspend(
    ctx: typer.Context,
    code: Code,
    by: By,
    reason: Reason,
    second: Second = None,
    format_: FormatOption = Format.TEXT,
) -> None:
    """Cut every open access of the partner at once, until `partner reopen`. No data clock starts.

    More than 2 partners, or more than 20 % of all open accounts, within 24 hours need a second name.
    """
    from provisioner.operations import containment
    from provisioner.operations.answers import contained_answer

    session, status = session_of(ctx), Exit.FAILED
    with session.context(by, code) as context:
        containment.refuse_without_second(context, [code], by, second)
        confirm_containment(session, context, [code], asks=format_ is Format.TEXT)
        containment.record(context, [code], by, reason, second)
        try:
            contained = containment.cut(context, [code], progress_bar(session.quiet))
            print_answer(contained_answer(contained, code), format_)
            session.say_unknown(context.register, None)
            status = status_of(contained.result)
        finally:
            if status is not Exit.DONE:
                session.say(Sentence.DECISION_RECORDED)
    raise typer.Exit(status)


def confirm_containment(session: Session, context: Context, codes: Sequence[str], *, asks: bool) -> None:
    """Says what a containment of these partners would cut, other partners' accesses too, and asks on a terminal.

    Raises:
        typer.Exit: it is not confirmed.
    """
    from provisioner.operations.containment import reach_of

    reach = reach_of(context, codes)
    session.say(Sentence.TO_CONTAIN.of(codes=", ".join(codes), count=len(reach.emails)))
    for email, partners in sorted(reach.also_of.items()):
        session.say(Sentence.ALSO_OF.of(email=email, partners=", ".join(partners)))
    if asks and sys.stdin.isatty() and not confirmed(Sentence.ASK_TO_CONTAIN, default=False):
        session.say(Sentence.NOT_CONFIRMED)
        raise typer.Exit(Exit.REFUSED)


@app.command()
def reopen(
    ctx: typer.Context,
    code: Code,
    by: By,
    reason: Reason,
    new_password: NewPassword = False,
    format_: FormatOption = Format.TEXT,
) -> None:
    """Give back what `partner suspend` cut and may be open today, as it was; then do all that is due for the partner.

    What ended meanwhile stays closed, and who was suspended by name stays suspended.
    """
    from provisioner.operations import containment
    from provisioner.operations.answers import released_answer

    session, status = session_of(ctx), Exit.FAILED
    with session.context(by, code) as context:
        reopened = containment.release(context, code, by, reason, new_password=new_password)
        try:
            released = containment.carry_out(context, code, reopened, progress_bar(session.quiet))
            print_answer(released_answer(released), format_)
            session.say_unknown(context.register, None)
            status = status_of(released.result)
        finally:
            if status is not Exit.DONE:
                session.say(Sentence.DECISION_RECORDED)
    raise typer.Exit(status)
