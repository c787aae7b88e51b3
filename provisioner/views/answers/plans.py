"""`plan`, `apply`, `sync` and the decisions about one person: what would change or was changed, and why."""

from __future__ import annotations

import shlex
from collections import Counter
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
from provisioner.views.access import person
from provisioner.views.answers import Answer, Day, PlanId, Rule, absent_when_none, beside
from provisioner.views.answers.checks import FindingLine, finding_lines, renames_proposed
from provisioner.views.dates import french_date, in_cell
from provisioner.views.holds import blocked_reason
from provisioner.views.outcomes import Counted, counted_as
from provisioner.views.reasons import changed_data, drift_reason, reason, to_do, what
from provisioner.views.shown import Line, Part, Table, Tone
from provisioner.views.template import template


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
    to_do: str = beside("")
    who: str = beside("")
    data: tuple[str, ...] = beside(())
    counted: Counted | None = beside(None)

    @classmethod
    def of(cls, change: Change) -> Self:
        habilitation = change.habilitation
        return cls.read(
            change,
            habilitation=habilitation.id if habilitation else None,
            reason=reason(change),
            what=what(change),
            to_do=to_do(change),
            who=_whose(change),
            data=tuple(changed_data(change)),
            counted=counted_as(change),
        )

    @property
    def why(self) -> str:
        """What it changes, then the reason with its rule."""
        return "\n".join([*self.data, f"{self.reason.rstrip('.')} ({self.rule})"])


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
        is_allowed = blocked.can_be_allowed and blocked.limit is not Limit.DESTRUCTIONS
        override = f"--allow {blocked.plan_id}" if is_allowed else None
        return cls.read(blocked, override=override, reason=blocked_reason(blocked))


@dataclass(frozen=True, slots=True, kw_only=True)
class Documented:
    """What a document has to do with a plan: its check, and the persons in neither list who lack a decision."""

    check: Check | None = None
    undecided: Sequence[Habilitation] = ()

    def shown(self) -> Iterator[Part]:
        findings = self.check.findings if self.check is not None else ()
        for line in finding_lines(finding for finding in findings if finding.severity is not Severity.INFO):
            yield from line.shown()
        renames = renames_proposed(self.check) if self.check is not None else {}
        yield Table(
            "Personnes absentes des deux listes, à décider",
            ("Nom", "Adresse", "Décision à donner"),
            [(absent.person.name, absent.email, _choice(absent, renames)) for absent in self.undecided],
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
    held: int = beside(0)

    @classmethod
    def of(cls, as_of: date, plan: Plan | None, document: Documented) -> Self:
        """A plan with its words; none where the document is refused or lacks a decision."""
        changes = _changes(plan.changes if plan is not None else ())
        held = sum(_counts(_changes(plan.held)).values()) if plan is not None else 0
        return cls(**_facts(as_of, plan, document), changes=changes, has_plan=plan is not None, held=held)

    def shown(self) -> Iterator[Part]:
        """What the document has to do with it, then what would change, with the plans' ids."""
        yield from self.document.shown()
        if self.has_plan:
            yield from self.plan_shown()

    def plan_shown(self) -> Iterator[Part]:
        """What would change: how much of what, then each person."""
        if self.changes:
            yield Line(outcomes.to_do(_counts(self.changes), self.held), Tone.TITLE)
        elif not self.blocked_by:
            yield Line(outcomes.NOTHING_TO_DO)
        yield _table("À faire maintenant", "À faire", self.changes)
        for line in self.plans:
            yield Line(f"Plan {line.plan_id} ({line.partner or 'destructions'})", Tone.FAINT)
        yield from _beside(self.later, self.drift, self.blocked_by)

    def page(self) -> str:
        about = [line.partner or "destructions" for line in self.plans] if len(self.plans) == 1 else []
        about += [self.document.check.file] if self.document.check is not None else []
        title = Line(f"Plan au {french_date(self.as_of)}" + (f" : {', '.join(about)}" if about else ""))
        return template("shown.html").render(title=title, parts=list(self.shown()))


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
    held: tuple[ChangeLine, ...] = beside(())
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
        held = plan.held if plan is not None else ()
        return cls(
            **_facts(as_of, plan, document),
            done=_changes(made),
            failed=tuple(not_made),
            kept=tuple(access.person.name for access in kept),
            held=_changes(held),
            ending=refusal or ending(made, has_failed=bool(not_made), waits=bool(held)),
        )

    def shown(self) -> Iterator[Part]:
        """What the document has to do with it, how much was done and was not, each person, and how it ended."""
        yield from self.document.shown()
        if self.done or self.failed or self.held:
            failures = sum(_counts(self.failed).values()) or len(self.failed)
            counts = outcomes.done(_counts(self.done), failures, sum(_counts(self.held).values()))
            yield Line(counts, Tone.WARNING if self.failed else Tone.TITLE)
        yield _table("Ce qui a été fait", "Fait", self.done)
        failed = [(line.to_do, line.who, line.error) for line in self.failed]
        yield Table("Ce qui n'a pas pu être fait", ("À faire", "Qui", "Cause"), failed)
        yield _table("Ce qui est en suspens", "À faire", self.held)
        if self.kept:
            yield Line(f"Accès conservés sans changement : {', '.join(self.kept)}.")
        yield from _beside(self.later, self.drift, self.blocked_by)
        yield Line(self.ending, Tone.TITLE)


def ending(changes: Iterable[Change], *, has_failed: bool, waits: bool) -> str:
    """The last sentence on a run: what became of the whole."""
    if has_failed:
        return outcomes.INCOMPLETE
    has_changed = any(change.action is not Action.GROUP for change in changes)
    return outcomes.ended(has_changed=has_changed, waits=waits)


def _counts(lines: Iterable[ChangeLine]) -> Counter[Counted]:
    """How many of each kind; the e-mail that goes with an opening is no change of its own to a reader."""
    return Counter(line.counted for line, _ in _by_person(lines) if line.counted is not None)


def _by_person(lines: Iterable[ChangeLine]) -> Iterator[tuple[ChangeLine, ChangeLine | None]]:
    """The changes, each opening with the e-mail that goes with it: a new person is one line."""
    all_ = list(lines)
    invitations = {(line.partner, line.email): line for line in all_ if line.action is Action.INVITE}
    opened = {(line.partner, line.email) for line in all_ if line.action in (Action.OPEN, Action.REOPEN)}
    for line in all_:
        key = (line.partner, line.email)
        if line.action is not Action.INVITE:
            yield line, invitations.get(key) if key in opened else None
        elif key not in opened:
            yield line, None


def _whose(change: Change) -> str:
    """The person in a cell, of a new address with both; else the partner."""
    if change.habilitation is None:
        return change.partner
    if change.action is Action.RENAME:
        return f"{change.habilitation.person.name}\n{change.email}\n→ {change.new_email}"
    return person(change.habilitation)


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


_TONES = {
    Counted.OPENED: Tone.GOOD,
    Counted.REOPENED: Tone.GOOD,
    Counted.CLOSED: Tone.ERROR,
    Counted.SUSPENDED: Tone.ERROR,
    Counted.DESTROYED: Tone.ERROR,
    Counted.CHANGED: Tone.WARNING,
}


def _table(title: str, column: str, changes: Iterable[ChangeLine]) -> Table:
    """Changes as they are to be made, or, in the column « Fait », as they were."""
    rows, tones = [], []
    for line, invitation in _by_person(changes):
        said = [
            change.what if column == "Fait" else change.to_do for change in (line, invitation) if change is not None
        ]
        rows.append((" et ".join(said), line.who, line.why))
        tones.append(_TONES.get(line.counted, Tone.PLAIN) if line.counted is not None else Tone.PLAIN)
    return Table(title, (column, "Qui", "Pourquoi"), rows, tones=tones)


def _beside(
    later: Iterable[ChangeLine], drift: Iterable[DriftLine], blocked: Iterable[BlockedLine]
) -> Iterator[Part]:
    planned = [(in_cell(line.due_on), line.to_do, line.who, line.reason) for line in later]
    yield Table("À faire plus tard", ("Le", "À faire", "Qui", "Pourquoi"), planned)
    drifted = [(line.partner, line.email or "le groupe", line.reason) for line in drift]
    yield Table("Écarts constatés", ("Partenaire", "Qui", "Constat"), drifted)
    for sentence in dict.fromkeys(line.reason for line in blocked):  # one sentence, be it that of every partner
        yield Line(f"En suspens : {sentence}", Tone.WARNING)


def _choice(absent: Habilitation, renames: dict[str, str]) -> str:
    email = shlex.quote(absent.email)
    choices = [f"--keep-absent {email}", f"ou --close-absent {email}"]
    if new := renames.get(absent.email):
        choices.append(f"ou, si c'est la même personne, --rename {shlex.quote(f'{absent.email}={new}')}")
    return "\n".join(choices)
