"""`plan`, `apply`, `sync` and the decisions about one person: what would change or was changed, and why."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Annotated, Any, Self

from pydantic import InstanceOf, WithJsonSchema

from provisioner.domain.access.change import Action, Change, Drift, DriftKind, plan_id
from provisioner.domain.access.habilitation import Habilitation
from provisioner.domain.access.plan import NOTHING, Plan
from provisioner.domain.annexe.document import Check, Severity
from provisioner.domain.gates import Blocked, Limit
from provisioner.domain.people import EmailAddress
from provisioner.views import outcomes
from provisioner.views.answers import Answer, Day, PlanId, Rule, absent_when_none, beside
from provisioner.views.answers.checks import FindingLine, finding_lines, renames_proposed
from provisioner.views.dates import in_cell
from provisioner.views.holds import blocked_reason
from provisioner.views.reasons import drift_reason, reason, what
from provisioner.views.shown import Line, Part, Table, Tone


class ChangeLine(Answer):
    """One change: whose, by which rule, due since when, and why. `due_on` is the rule's date and never today."""

    action: Action
    partner: str
    habilitation: int | None
    email: EmailAddress | None
    rule: Rule
    due_on: Day | None
    reason: str
    new_email: EmailAddress | None = absent_when_none(description="A rename's, whose `email` is the old one.")
    what: str = beside("")
    who: str = beside("")

    @classmethod
    def of(cls, change: Change) -> Self:
        """A change with its words."""
        habilitation = change.habilitation
        return cls.read(
            change,
            habilitation=habilitation.id if habilitation else None,
            reason=reason(change),
            what=what(change),
            who=person(habilitation) if habilitation else change.partner,
        )

    @property
    def why(self) -> str:
        """The reason with its rule."""
        return f"{self.reason} ({self.rule})"


class FailedLine(ChangeLine):
    """A change that was not made, and what stood against it."""

    error: str

    @classmethod
    def failed(cls, change: Change, error: str) -> Self:
        """The change with what failed."""
        return cls.read(ChangeLine.of(change), error=error)


class PlanLine(Answer):
    """A partner's plan: what an override or an approval names. Destructions are one plan, without a partner."""

    partner: str | None
    plan_id: PlanId


class DriftLine(Answer):
    """What another hand changed in Keycloak; no `email` where it is the partner's group."""

    kind: DriftKind
    partner: str
    email: EmailAddress | None
    reason: str

    @classmethod
    def of(cls, drift: Drift) -> Self:
        """A drift with its words."""
        return cls.read(drift, reason=drift_reason(drift))


class BlockedLine(Answer):
    """What holds a partner's plan, or a part of it; the figures are null where a person cannot let it go. Only
    `held release` lets destructions go: `override` is null, and so is `partner`.
    """

    partner: str | None
    plan_id: PlanId
    limit: Limit
    figure: int | None
    allowed: int | None
    override: Annotated[str, WithJsonSchema({"type": "string", "pattern": "^--allow [0-9a-f]{8}$"})] | None
    reason: str

    @classmethod
    def of(cls, blocked: Blocked) -> Self:
        """A limit with its words."""
        is_allowed = blocked.can_be_allowed and blocked.limit is not Limit.DESTRUCTIONS
        override = f"--allow {blocked.plan_id}" if is_allowed else None
        return cls.read(blocked, override=override, reason=blocked_reason(blocked))


@dataclass(frozen=True, slots=True, kw_only=True)
class Documented:
    """What a document has to do with a plan: its check, and the persons in neither list who lack a decision."""

    check: Check | None = None
    undecided: Sequence[Habilitation] = ()

    def shown(self) -> Iterator[Part]:
        """The findings that matter, and the decisions to give."""
        findings = self.check.findings if self.check is not None else ()
        for line in finding_lines(finding for finding in findings if finding.severity is not Severity.INFO):
            yield from line.shown()
        renames = renames_proposed(self.check) if self.check is not None else {}
        yield Table(
            "Personnes absentes des deux listes, à décider",
            ("Nom", "Adresse", "Décision à donner"),
            [(_name(absent), absent.email, _choice(absent, renames)) for absent in self.undecided],
        )


class PlanAnswer(Answer):
    """`plan`, `sync --dry-run`: what would change, and why."""

    as_of: Day
    plans: tuple[PlanLine, ...]
    changes: tuple[ChangeLine, ...]
    later: tuple[ChangeLine, ...]
    drift: tuple[DriftLine, ...]
    blocked_by: tuple[BlockedLine, ...]
    findings: tuple[FindingLine, ...]
    document: InstanceOf[Documented] = beside(Documented())
    has_plan: bool = beside(True)

    @classmethod
    def of(cls, as_of: date, plan: Plan | None, document: Documented) -> Self:
        """A plan with its words; none where the document is refused or lacks a decision."""
        changes = _changes(plan.changes if plan is not None else ())
        return cls(**_facts(as_of, plan, document), changes=changes, has_plan=plan is not None)

    def shown(self) -> Iterator[Part]:
        """What the document has to do with it, then what would change, with the plans' ids."""
        yield from self.document.shown()
        if self.has_plan:
            yield from self.plan_shown()

    def plan_shown(self) -> Iterator[Part]:
        """What would change."""
        yield _table("À faire maintenant", self.changes)
        if not (self.changes or self.blocked_by):
            yield Line(outcomes.NOTHING_TO_DO)
        for line in self.plans:
            yield Line(f"Plan {line.plan_id} ({line.partner or 'destructions'})", Tone.FAINT)
        yield from _beside(self.later, self.drift, self.blocked_by)


class RunAnswer(Answer):
    """`apply`, `sync`: what was done of a plan, and what was not. A held plan's changes stand in neither."""

    as_of: Day
    plans: tuple[PlanLine, ...]
    done: tuple[ChangeLine, ...]
    failed: tuple[FailedLine, ...]
    later: tuple[ChangeLine, ...]
    drift: tuple[DriftLine, ...]
    blocked_by: tuple[BlockedLine, ...]
    findings: tuple[FindingLine, ...]
    document: InstanceOf[Documented] = beside(Documented())
    kept: tuple[str, ...] = beside(())
    ending: str = beside("")

    @classmethod
    def of(
        cls,
        as_of: date,
        plan: Plan | None,
        document: Documented,
        *,
        done: Iterable[Change],
        failed: Iterable[tuple[Change, str]],
        kept: Iterable[Habilitation],
        refusal: str | None,
    ) -> Self:
        """A run with its words. `kept` are the absent persons whose access goes on unchanged, `refusal` says why
        nothing was done.
        """
        made, not_made = tuple(done), [FailedLine.failed(change, error) for change, error in failed]
        waits = plan is not None and bool(plan.held)
        return cls(
            **_facts(as_of, plan, document),
            done=_changes(made),
            failed=tuple(not_made),
            kept=tuple(map(_name, kept)),
            ending=refusal or ending(made, has_failed=bool(not_made), waits=waits),
        )

    def shown(self) -> Iterator[Part]:
        """What the document has to do with it, what was done and what was not, and what became of the whole."""
        yield from self.document.shown()
        yield _table("Fait", self.done)
        failed = [(line.what, line.who, line.error) for line in self.failed]
        yield Table("Non fait", ("Quoi", "Qui", "Erreur"), failed)
        if self.kept:
            yield Line(f"Accès conservés sans changement : {', '.join(self.kept)}.")
        yield from _beside(self.later, self.drift, self.blocked_by)
        yield Line(self.ending, Tone.TITLE)


def ending(changes: Iterable[Change], *, has_failed: bool, waits: bool) -> str:
    """The last sentence on a run: what became of the whole."""
    if has_failed:
        return outcomes.INCOMPLETE
    return outcomes.ended(sum(change.action is not Action.GROUP for change in changes), waits=waits)


def person(habilitation: Habilitation) -> str:
    """A person in a cell."""
    return f"{_name(habilitation)}\n{habilitation.email}"


def _name(habilitation: Habilitation) -> str:
    return f"{habilitation.person.first_names} {habilitation.person.last_name}"


def _changes(changes: Iterable[Change]) -> tuple[ChangeLine, ...]:
    return tuple(map(ChangeLine.of, changes))


def _facts(as_of: date, plan: Plan | None, document: Documented) -> dict[str, Any]:
    """What the answers on a plan and on a run have in common; there is no plan where the document is refused."""
    plan = plan or NOTHING
    return {
        "as_of": as_of,
        "plans": _plans(plan),
        "later": _changes(plan.later),
        "drift": tuple(map(DriftLine.of, plan.drift)),
        "blocked_by": tuple(map(BlockedLine.of, plan.blocked)),
        "findings": finding_lines(document.check.findings) if document.check is not None else (),
        "document": document,
    }


def _plans(plan: Plan) -> tuple[PlanLine, ...]:
    ids: list[tuple[str | None, str]] = [*plan.ids.items()]
    if plan.destructions:
        ids.append((None, plan_id("", plan.destructions)))
    return tuple(PlanLine(partner=code, plan_id=id_) for code, id_ in ids)


def _table(title: str, changes: Iterable[ChangeLine]) -> Table:
    return Table(title, ("Quoi", "Qui", "Pourquoi"), [(line.what, line.who, line.why) for line in changes])


def _beside(
    later: Iterable[ChangeLine], drift: Iterable[DriftLine], blocked: Iterable[BlockedLine]
) -> Iterator[Part]:
    planned = [(in_cell(line.due_on), line.what, line.who, line.reason) for line in later]
    yield Table("Prévu", ("Le", "Quoi", "Qui", "Pourquoi"), planned)
    drifted = [(line.partner, line.email or "le groupe", line.reason) for line in drift]
    yield Table("Écarts constatés", ("Partenaire", "Qui", "Constat"), drifted)
    for sentence in dict.fromkeys(line.reason for line in blocked):  # one sentence, be it that of every partner
        yield Line(f"En suspens : {sentence}", Tone.WARNING)


def _choice(absent: Habilitation, renames: dict[str, str]) -> str:
    email = shlex.quote(absent.email)
    choice = f"--keep-absent {email} ou --close-absent {email}"
    if new := renames.get(absent.email):
        choice += f" ou, si c'est la même personne, --rename {shlex.quote(f'{absent.email}={new}')}"
    return choice
