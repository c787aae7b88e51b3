"""What commands about documents share: reading the file, printing the answer, its exit status."""

from __future__ import annotations

import json
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from provisioner.cli.session import Exit, Format, Session

if TYPE_CHECKING:
    from provisioner.domain.check import Document
    from provisioner.operations.tools import Outcome


def document_of(file: Path) -> Document:
    """The file as it is."""
    from provisioner.domain.check import Document

    return Document(name=file.name, content=file.read_bytes())


def day_of_reception(given: datetime | None, today: date) -> date:
    """The day on which the Caf received it; today unless said.

    Raises:
        typer.BadParameter: it is still to come.
    """
    if given is not None and given.date() > today:
        raise typer.BadParameter("--received-on is later than today")
    return given.date() if given else today


def print_json(answer: Any) -> None:
    """An answer for a script, on stdout."""
    typer.echo(json.dumps(answer, ensure_ascii=False, indent=2))


def print_outcome(session: Session, outcome: Outcome, format_: Format, *, done: bool) -> None:
    """A plan, or what was done of it; what concerns a decision is said beside it, on stderr."""
    if format_ is Format.JSON:
        from provisioner.cli import as_json

        print_json(as_json.outcome(outcome, done=done))
    else:
        from provisioner.cli import as_text

        as_text.outcome(outcome, done=done)
    for sentence in _beside(outcome, done=done):
        session.say(sentence)


def _beside(outcome: Outcome, *, done: bool) -> list[str]:
    from provisioner.domain.change import plan_id
    from provisioner.operations.tools import Verdict
    from provisioner.texts.renames import refused_rename

    said = [refused_rename(one) for one in outcome.refused_renames]
    if outcome.check is not None and outcome.plan is not None and not (done or outcome.plan.changes):
        said.append(f"Plan {plan_id(())} : rien à changer.")
    if outcome.left_out:
        rows = ", ".join(str(row.row) for row in outcome.left_out)
        said.append(f"Lignes de la liste 2 laissées de côté : {rows}.")
    if outcome.verdict is Verdict.DIFFERENT:
        said.append(
            "Cette annexe est déjà validée avec d'autres décisions : relancez sans décision, ou annexe reject. "
            "Rien n'a été modifié."
        )
    if outcome.notices is not None and outcome.notices.failed:
        said.append(f"Avis non envoyés, gardés pour la prochaine fois : {outcome.notices.waiting}.")
    if outcome.broken:
        said.append(
            f"Mis à l'écart après un défaut du logiciel (journal technique : partner.set_aside) : "
            f"{', '.join(sorted(outcome.broken))}. Les autres partenaires ont été traités."
        )
    said += [
        f"L'annexe {one.id} ({one.partner}) n'a pas été appliquée : ce qu'elle changerait n'est plus ce qui avait "
        f"été validé. À examiner de nouveau : plan --annexe {one.id}, puis annexe approve."
        for one in outcome.sent_back
    ]
    return said


def status_of(outcome: Outcome) -> Exit:
    """The exit status of `apply` and `sync`."""
    from provisioner.operations.tools import Verdict

    if outcome.outcome.failed or (outcome.notices is not None and outcome.notices.failed):
        return Exit.FAILED
    incomplete = bool(outcome.left_out or outcome.sent_back or outcome.broken)
    refused = incomplete or outcome.verdict not in (None, Verdict.APPLIED)
    held = outcome.plan is not None and bool(outcome.plan.blocked)
    return Exit.REFUSED if refused or held else Exit.DONE
