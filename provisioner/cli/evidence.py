"""`evidence`: one encrypted zip that answers an auditor for a partner and a year."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from provisioner.cli.asking import PasswordFile, new_password
from provisioner.cli.files import can_be_given, saving
from provisioner.cli.options import By, Format, Partner, Reason
from provisioner.cli.printing import print_answer
from provisioner.cli.session import session_of

app = typer.Typer()


@app.command()
def evidence(
    ctx: typer.Context,
    partner: Partner,
    year: Annotated[int, typer.Option(help="The year that it is about.", metavar="YEAR", min=2000, max=2100)],
    audience: Annotated[
        Literal["caf", "partner"], typer.Option("--for", help="Who receives it: what is told depends on it.")
    ],
    by: By,
    reason: Reason,
    output: Annotated[Path, typer.Option(help="The zip: a new file, for its owner alone.", metavar="FILE.zip")],
    password_file: PasswordFile = None,
    format_: Format = "text",
) -> None:
    """One encrypted zip for a partner and a year: accesses, changes, decisions, and the journal's entries that prove
    them. To whom it goes, why, and its digest are in the journal. Needs no Keycloak.
    """
    from provisioner.domain.convention import Audience
    from provisioner.operations.evidence_file import make
    from provisioner.views.answers.evidence import EvidenceAnswer

    session = session_of(ctx)
    if year > session.clock.today().year:
        raise typer.BadParameter("--year is still to come")
    can_be_given(output)
    password = new_password(password_file)
    with session.register(partner, make=False) as register, saving(output, mode=0o600) as file:
        made = make(register, file, password, partner, year, Audience(audience), by, reason)
    print_answer(EvidenceAnswer.of(made.evidence, file=output.name, sha256=made.sha256, entry=made.entry), format_)
