"""What `annexe …` answers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from rich.console import RenderableType

from provisioner.cli.answers.checks import check_lines, renames_proposed
from provisioner.cli.answers.outcomes import plan_lines
from provisioner.cli.answers.values import day, french
from provisioner.cli.printing import Answer, line, table
from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.kept import KeptAnnexe, Status
from provisioner.domain.calendar import day_of
from provisioner.operations.receive import Submitted
from provisioner.views.annexes import decided, list_2_alone, list_2_applied, standing, typed
from provisioner.views.dates import french_date


def submitted(made: Submitted) -> Answer:
    """`annexe submit`: what was kept, and what an approval would do; its plan's id while nothing is against it."""
    one, plan_id = made.annexe, made.prepared.plan_id
    return Answer(
        {"annexe": one.id, "status": one.status.value, "plan_id": plan_id, "check": one.check},
        _submitted_lines(made),
    )


def _submitted_lines(made: Submitted) -> Iterator[RenderableType]:
    one, prepared = made.annexe, made.prepared
    yield from check_lines(prepared.check)
    if prepared.plan is not None:
        yield from plan_lines(prepared.plan)
    yield line(f"Annexe {one.id} : {standing(one)}.", style="bold")
    if prepared.undecided:
        decisions = "--keep-absent ou --close-absent pour chaque personne absente des deux listes"
        yield line(f"Pour voir son plan : {typed('plan', '--annexe', one.id)}, avec {decisions}")
    for old, new in renames_proposed(prepared.check).items():
        renamed = typed("plan", "--annexe", one.id, "--rename", f"{old}={new}")
        yield line(f"S'il s'agit de la même personne : {renamed}")
    if one.status is Status.CHECKED and prepared.plan_id:
        approval = typed("annexe", "approve", one.id, "--plan", prepared.plan_id, "--by", "NOM")
        yield line(f"Pour la valider : {approval}")
    if made.list_2_plan_id:
        yield line(
            list_2_alone(
                "annexe", "approve", str(one.id), "--closures-only", "--plan", made.list_2_plan_id, "--by", "NOM"
            )
        )
    if one.status is Status.CHECKED:
        yield line(f"Sans décision d'ici le {french_date(one.kept_until)}, elle sera détruite (A2).")


def annexes(found: Sequence[KeptAnnexe]) -> Answer:
    """`annexe list`: a line each."""
    columns = ("N°", "Partenaire", "État", "Transmise le", "Reçue le", "Validée par")
    rows = map(_row, found)
    return Answer(
        [annexe_as_json(one) for one in found],
        table("Annexes 1", columns, rows, empty="Aucune annexe n'est gardée."),
    )


def annexe(one: KeptAnnexe) -> Answer:
    """`annexe show`: one annexe, its findings and its decisions."""
    decisions = one.approved_decisions
    shown = {
        "sent_by": one.sent_by,
        "list_2": _list_2(one),
        "check": one.check,
        "decisions": decisions.as_plain() if decisions else None,
    }
    return Answer({**annexe_as_json(one), **shown}, _annexe_lines(one))


def _annexe_lines(one: KeptAnnexe) -> Iterator[RenderableType]:
    yield from annexes([one]).text
    yield line(f"Fichier {one.file_name}, empreinte {one.sha256}")
    if one.list_2_applied_at:
        yield line(f"Trace : {list_2_applied(one)}.")
    if one.sent_by:
        yield line(f"Envoyée par {one.sent_by}")
    if one.source_sha256:
        yield line(f"Saisie d'après un document numérisé, empreinte {one.source_sha256}")
    for finding in one.check.get("findings", []):
        where = [f"{word} {finding[key]}" for key, word in (("list", "liste"), ("row", "ligne")) if finding[key]]
        yield line(f"- {', '.join(where) + ' : ' if where else ''}{finding['message']}")
    yield from map(line, decided(one.approved_decisions or Decisions()))


def _list_2(one: KeptAnnexe) -> dict[str, Any] | None:
    """What was done of its list 2 alone (A4)."""
    if one.list_2_applied_at is None:
        return None
    return {"applied_on": day(day_of(one.list_2_applied_at)), "approved_by": one.list_2_approved_by}


def _row(one: KeptAnnexe) -> tuple[str | None, ...]:
    days = (french(one.transmitted_on), french(one.received_on))
    return str(one.id), one.partner, standing(one), *days, one.approved_by


def annexe_as_json(one: KeptAnnexe) -> dict[str, Any]:
    """A line of `annexe list`, and of what waits."""
    return {
        "annexe": one.id,
        "partner": one.partner,
        "status": one.status.value,
        "transmitted_on": day(one.transmitted_on),
        "received_on": day(one.received_on),
        "sha256": one.sha256,
        "approved_by": one.approved_by if one.status in (Status.APPROVED, Status.APPLIED) else None,
    }
