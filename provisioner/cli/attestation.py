"""`attestation …`: certificates of destruction, requested, issued, verified (D3)."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Annotated

import typer

from provisioner.cli.exits import Exit
from provisioner.cli.files import can_be_given, save_new
from provisioner.cli.options import (
    EMAIL,
    EXISTING,
    NUMBER,
    ByAnybody,
    Format,
    ListFormat,
    OnePartner,
    Partner,
)
from provisioner.cli.printing import print_answer
from provisioner.cli.session import session_of
from provisioner.domain.errors import Refusal, Refused
from provisioner.domain.people import EmailAddress

app = typer.Typer()
key = typer.Typer(help="The key that seals them.", no_args_is_help=True)
app.add_typer(key, name="key")


@app.command()
def request(
    ctx: typer.Context,
    partner: Partner,
    email: Annotated[
        EmailAddress | None, typer.Option(help="Only this person; default: all that can be asked for.", **EMAIL)
    ] = None,
    by: ByAnybody = "attestation request",
    format_: Format = "text",
) -> None:
    """Record a partner's request, within 6 months of the closures: the destruction itself answers it."""
    from provisioner.operations.attestations import request as record
    from provisioner.views.answers.attestations import RequestedAnswer

    with session_of(ctx).register() as register:
        known, is_new = record(register, partner, email, by)
    answer = RequestedAnswer(attestation=known.id, count=len(known.habilitations), is_new=is_new)
    print_answer(answer, format_)


@app.command()
def issue(
    ctx: typer.Context,
    number: Annotated[int, typer.Argument(help="Its number, as `attestation list` prints it.", **NUMBER)],
    output: Annotated[Path, typer.Option(help="The PDF: a new file, never in place of another.", metavar="FILE.pdf")],
    format_: Format = "text",
) -> None:
    """Write a certificate, once all that it is about is destroyed. Issued before, it is the same file again."""
    from provisioner.operations import attestations
    from provisioner.views.answers.attestations import IssuedAnswer

    session = session_of(ctx)
    can_be_given(output)
    with session.context("attestation issue", read_only=True) as context:
        issued = attestations.issue(context, number)
    document = issued.attestation.document
    assert document is not None
    save_new(output, document)
    known = issued.attestation
    count, sha256 = len(known.habilitations), known.sha256
    print_answer(IssuedAnswer.read(issued, attestation=number, count=count, sha256=sha256), format_)


@app.command("list")
def list_(ctx: typer.Context, partner: OnePartner = None, format_: ListFormat = "text") -> None:
    """Every request, oldest first: how far it is, and from when on its certificate can be issued."""
    from provisioner.operations.attestations import all_progress
    from provisioner.views.answers.attestations import AttestationsAnswer

    with session_of(ctx).register(partner) as register:
        known = all_progress(register, partner)
    print_answer(AttestationsAnswer.of(known), format_)


@app.command()
def verify(
    ctx: typer.Context,
    file: Annotated[Path, typer.Argument(help="The PDF.", metavar="FILE.pdf", **EXISTING)],
    certificate: Annotated[
        Path | None,
        typer.Option(help="The Caf's certificate, as PEM; default: the one that is set.", metavar="FILE", **EXISTING),
    ] = None,
    format_: Format = "text",
) -> None:
    """Whether a file is a certificate as it was sealed (0) or not (1). It needs no register and no Keycloak."""
    from provisioner.documents.attestation import Seal, UnfitKey, look_at_seal
    from provisioner.settings import PREFIX
    from provisioner.views.answers.attestations import SealAnswer

    certificate = certificate or session_of(ctx).settings.attestation.certificate_file
    if certificate is None:
        raise Refused(Refusal.NO_SEAL_SET, settings=f"{PREFIX}ATTESTATION__CERTIFICATE_FILE")
    content = file.read_bytes()
    try:
        found = look_at_seal(content, certificate.read_bytes())
    except (UnfitKey, OSError):
        raise Refused(Refusal.CERTIFICATE_UNFIT, file=str(certificate)) from None
    is_genuine = found is Seal.GENUINE
    answer = SealAnswer(genuine=is_genuine, found=found, sha256=hashlib.sha256(content).hexdigest())
    print_answer(answer, format_)
    raise typer.Exit(Exit.DONE if is_genuine else Exit.REFUSED)


@key.command("new")
def key_new(
    ctx: typer.Context,
    name: Annotated[str, typer.Option(help="Whose seal it is, as a PDF reader shows it.", metavar="NAME")] = "Caf",
    format_: Format = "text",
) -> None:
    """Make a key and its certificate where the settings say; nothing is ever overwritten."""
    from provisioner.documents.attestation import fingerprint, new_key
    from provisioner.operations.attestations import seal_files
    from provisioner.views.answers.attestations import KeyAnswer

    session = session_of(ctx)
    key_file, certificate_file = seal_files(session.settings.attestation)
    written, certificate = new_key(name, session.clock.now())
    save_new(key_file, written, mode=0o600)
    save_new(certificate_file, certificate)
    answer = KeyAnswer(key=str(key_file), certificate=str(certificate_file), sha256=fingerprint(certificate))
    print_answer(answer, format_)
