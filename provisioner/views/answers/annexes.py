"""`annexe …`: what the register keeps of an annexe 1, and what was decided about it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Self

from pydantic import Field, InstanceOf, WithJsonSchema

from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.kept import KeptAnnexe, Status
from provisioner.domain.calendar import day_of
from provisioner.views.annexes import decided, list_2_alone, list_2_applied, standing, typed
from provisioner.views.answers import Answer, Day, ListAnswer, Number, PlanId, RowAnswer, Sha256, beside
from provisioner.views.answers.checks import CheckAnswer
from provisioner.views.answers.plans import PlanAnswer
from provisioner.views.dates import french_date, in_cell
from provisioner.views.shown import Line, Part, Tone


class AnnexeLine(RowAnswer):
    """An annexe that the register keeps. `approved_by` is whose approval it has now, null without one."""

    annexe: Number
    partner: str
    status: Status
    transmitted_on: Day | None
    received_on: Day
    sha256: Sha256
    approved_by: str | None
    standing: str = beside("")

    @classmethod
    def of(cls, annexe: KeptAnnexe) -> AnnexeLine:
        by = annexe.approved_by if annexe.status in (Status.APPROVED, Status.APPLIED) else None
        return AnnexeLine.read(annexe, annexe=annexe.id, approved_by=by, standing=standing(annexe))

    def cells(self) -> tuple[str | None, ...]:
        days = map(in_cell, (self.transmitted_on, self.received_on))
        return str(self.annexe), self.partner, self.standing, *days, self.approved_by


class AnnexesAnswer(ListAnswer[AnnexeLine]):
    """`annexe list`: the one in force of each partner, and those under way."""

    TITLE = "Annexes 1"
    COLUMNS = ("N°", "Partenaire", "État", "Transmise le", "Reçue le", "Validée par")
    EMPTY = "Aucune annexe n'est gardée."


class List2Applied(Answer):
    """What was done of its list 2 alone (A4)."""

    applied_on: Day
    approved_by: str | None


class DecisionsAnswer(Answer):
    """What was decided beside the document when it was approved; `all` stands for everybody who is not named."""

    keep: tuple[str, ...]
    close: tuple[str, ...]
    waive: Mapping[str, str] = Field(description="The reason for each waived row of list 1.")
    rename: Mapping[str, str] = Field(description="The new address for an old one.")
    closures_only: bool
    allow: tuple[str, ...]


class AnnexeAnswer(AnnexeLine):
    """`annexe show`: one annexe, its last check, and the decisions taken when it was approved."""

    sent_by: str | None
    replaced_on: Day | None = Field(
        description="When a list made from the register took the place of the partner's document (D2)."
    )
    original_sha256: Sha256 | None = Field(description="The digest of that document.")
    list_2: List2Applied | None
    check: CheckAnswer
    decisions: DecisionsAnswer | None
    kept: InstanceOf[KeptAnnexe] | None = beside(None)

    @classmethod
    def whole(cls, annexe: KeptAnnexe) -> Self:
        """All that is kept of it."""
        applied_at, decisions = annexe.list_2_applied_at, annexe.approved_decisions
        list_2 = applied_at and List2Applied(applied_on=day_of(applied_at), approved_by=annexe.list_2_approved_by)
        return cls.read(
            AnnexeLine.of(annexe),
            sent_by=annexe.sent_by,
            replaced_on=annexe.replaced_on,
            original_sha256=annexe.original_sha256,
            list_2=list_2 or None,
            check=CheckAnswer.of(annexe.check),
            decisions=DecisionsAnswer(**decisions.as_plain()) if decisions else None,
            kept=annexe,
        )

    def shown(self) -> Iterator[Part]:
        yield AnnexesAnswer((self,)).table()
        annexe = self.kept
        if annexe is None:
            return
        yield Line(f"Fichier {annexe.file_name}, empreinte {annexe.sha256}")
        if annexe.replaced_on is not None:
            established = f"État établi par la Caf le {french_date(annexe.replaced_on)}"
            yield Line(f"{established} ; ce n'est pas le document du partenaire ({annexe.original_sha256}), détruit")
        if annexe.list_2_applied_at:
            yield Line(f"Déjà fait : {list_2_applied(annexe)}.")
        if annexe.sent_by:
            yield Line(f"Envoyée par {annexe.sent_by}")
        if annexe.source_sha256:
            yield Line(f"Saisie d'après le document numérisé {annexe.source_name}, empreinte {annexe.source_sha256}")
        for finding in self.check.findings:
            yield from finding.shown()
        yield from map(Line, decided(annexe.approved_decisions or Decisions()))


class SubmittedAnswer(Answer):
    """`annexe submit`: what was kept, and the plan that an approval would name, null while there is none."""

    annexe: Number
    status: Annotated[Status, WithJsonSchema({"enum": ["refused", "checked", "approved"]})]
    plan_id: PlanId | None
    check: CheckAnswer
    parts: tuple[Any, ...] = beside(())

    @classmethod
    def of(
        cls,
        annexe: KeptAnnexe,
        plan: PlanAnswer,
        *,
        plan_id: str | None,
        list_2_plan_id: str | None,
        lacks_decisions: bool,
        renames: Mapping[str, str],
    ) -> Self:
        """What was kept, and what can be done now: `renames` are the changes of address that may be meant."""
        check = CheckAnswer.of(annexe.check)
        parts = [*check.shown(), *(plan.plan_shown() if plan.has_plan else ())]
        parts += _next_steps(annexe, plan_id, list_2_plan_id, renames, lacks_decisions=lacks_decisions)
        return cls(annexe=annexe.id, status=annexe.status, plan_id=plan_id, check=check, parts=tuple(parts))

    def shown(self) -> tuple[Part, ...]:
        return self.parts


def _next_steps(
    annexe: KeptAnnexe,
    plan_id: str | None,
    list_2_plan_id: str | None,
    renames: Mapping[str, str],
    *,
    lacks_decisions: bool,
) -> Iterator[Part]:
    yield Line(f"Annexe {annexe.id} : {standing(annexe)}.", Tone.TITLE)
    if lacks_decisions:
        decisions = "--keep-absent ou --close-absent pour chaque personne absente des deux listes"
        yield Line(f"Pour voir son plan : {typed('plan', '--annexe', annexe.id)}, avec {decisions}")
    for old, new in renames.items():
        renamed = typed("plan", "--annexe", annexe.id, "--rename", f"{old}={new}")
        yield Line(f"S'il s'agit de la même personne : {renamed}")
    if annexe.status is Status.CHECKED and plan_id:
        approval = typed("annexe", "approve", annexe.id, "--plan", plan_id)
        yield Line(f'Pour la valider : {approval} --by "NOM"')
    if list_2_plan_id:
        words = ("annexe", "approve", annexe.id, "--closures-only", "--plan", list_2_plan_id)
        yield Line(f'{list_2_alone(*map(str, words))} --by "NOM"')
    if annexe.status is Status.CHECKED:
        yield Line(f"Sans décision d'ici le {french_date(annexe.kept_until)}, elle sera détruite (A2).")
