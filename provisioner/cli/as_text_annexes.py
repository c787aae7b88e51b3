"""The annexes that the register keeps, for a person at a terminal."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from rich.text import Text

from provisioner.cli.as_text import check, new_console, new_table, plain, plan
from provisioner.domain.decisions import Decisions
from provisioner.domain.kept_annexe import KeptAnnexe, Status
from provisioner.texts.dates import french_date

if TYPE_CHECKING:
    from provisioner.operations.submission import Submitted

_STATUSES = {
    Status.REFUSED: "refusée",
    Status.CHECKED: "contrôlée, sans erreur",
    Status.APPROVED: "validée",
    Status.APPLIED: "appliquée",
    Status.REJECTED: "rejetée",
}


def submitted(one: Submitted) -> None:
    """What was kept, and what an approval would do."""
    console = new_console()
    check(one.prepared.check)
    if one.prepared.plan is not None:
        plan(console, one.prepared.plan)
    console.print(Text(f"Annexe {one.annexe.id} : {_STATUSES[one.annexe.status]}.", style="bold"))
    if one.prepared.undecided:
        decisions = "--keep-absent ou --close-absent pour chaque personne absente des deux listes"
        console.print(Text(f"Pour voir son plan : plan --annexe {one.annexe.id}, avec {decisions}"))
    if one.annexe.status is Status.CHECKED and one.prepared.plan_id:
        console.print(
            Text(f"Pour la valider : annexe approve {one.annexe.id} --plan {one.prepared.plan_id} --by NOM")
        )


def annexes(found: Iterable[KeptAnnexe]) -> None:
    """A line each."""
    table = new_table("Annexes 1", "N°", "Partenaire", "État", "Transmise le", "Reçue le", "Validée par")
    for one in found:
        transmitted = french_date(one.transmitted_on) if one.transmitted_on else ""
        days = (transmitted, french_date(one.received_on))
        table.add_row(*plain(str(one.id), one.partner, _STATUSES[one.status], *days, one.approved_by))
    new_console().print(table)


def annexe(one: KeptAnnexe) -> None:
    """One annexe, its findings and its decisions."""
    console = new_console()
    annexes([one])
    console.print(*plain(f"Fichier {one.file_name}, empreinte {one.sha256}"))
    if one.source_sha256:
        console.print(*plain(f"Saisie d'après un document numérisé, empreinte {one.source_sha256}"))
    for finding in one.check.get("findings", []):
        where = [
            f"liste {finding['list']}" if finding["list"] else "",
            f"ligne {finding['row']}" if finding["row"] else "",
        ]
        place = ", ".join(part for part in where if part)
        console.print(*plain(f"- {place + ' : ' if place else ''}{finding['message']}"))
    for sentence in _decisions(one.approved_decisions or Decisions()):
        console.print(*plain(sentence))


def _decisions(one: Decisions) -> Iterable[str]:
    if one.closures_only:
        yield "Validation de la liste 2 seule."
    kept, closed = sorted(one.keep), sorted(one.close)
    if kept or one.keep_all:
        yield f"Accès conservés : {', '.join([*kept, *['tous les autres'] * one.keep_all])}."
    if closed or one.close_all:
        yield f"Accès clôturés : {', '.join([*closed, *['tous les autres'] * one.close_all])}."
    yield from (f"Dérogation, ligne {row} : {reason}" for row, reason in sorted(one.waive.items()))
    yield from (f"Changement d'adresse : {old} → {new}" for old, new in sorted(one.rename.items()))
