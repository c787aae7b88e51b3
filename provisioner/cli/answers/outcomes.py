"""What `plan`, `apply`, `sync` and the decisions about one person answer."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import TYPE_CHECKING, Any

from rich.console import RenderableType

from provisioner.cli.answers.checks import finding_lines, renames_proposed
from provisioner.cli.answers.values import day, french, who
from provisioner.cli.exits import Exit
from provisioner.cli.printing import Answer, line, print_answer, table
from provisioner.domain.access.change import Action, Change
from provisioner.domain.access.habilitation import Habilitation
from provisioner.domain.access.plan import Plan
from provisioner.domain.annexe.document import Check, Severity
from provisioner.domain.gates import Blocked
from provisioner.operations.context import Ending, RunResult
from provisioner.operations.pool import AccessStillOpen, Failure
from provisioner.views import outcomes
from provisioner.views.change_json import change_as_json
from provisioner.views.check_json import findings_as_json
from provisioner.views.holds import known_failure, still_open_reason
from provisioner.views.journal import wanting_sentence
from provisioner.views.reasons import blocked_reason, drift_reason, realm_fault, reason, what
from provisioner.views.renames import refused_rename

if TYPE_CHECKING:
    from provisioner.cli.session import Session


def print_outcome(session: Session, outcome: RunResult, format_: str, *, done: bool) -> None:
    """A plan, or what was done of it; what concerns a decision is said beside it, on stderr."""
    print_answer(what_was_done(outcome) if done else planned(outcome), format_)
    for sentence in _beside(outcome, done=done):
        session.say(sentence)
    if outcome.journal is not None:
        session.say(wanting_sentence(outcome.journal))
    for fault in outcome.realm_faults:
        session.say(realm_fault(fault, session.settings.keycloak.url))


def status_of(outcome: RunResult) -> Exit:
    """The exit status of `apply` and `sync`."""
    of_systems = [failure for failure in outcome.failed if failure not in outcome.set_aside]
    if of_systems or (outcome.notices is not None and outcome.notices.failed):
        return Exit.FAILED
    incomplete = bool(outcome.left_out or outcome.sent_back or outcome.broken or outcome.set_aside)
    refused = incomplete or outcome.journal is not None or outcome.ending not in (None, Ending.APPLIED)
    held = outcome.plan is not None and bool(outcome.plan.blocked)
    return Exit.REFUSED if refused or held else Exit.DONE


def status_of_plan(outcome: RunResult) -> Exit:
    """1 only for what is wrong in the document or with a decision about it."""
    has_error = outcome.check is not None and not outcome.check.is_valid
    return Exit.REFUSED if has_error or outcome.is_refused else Exit.DONE


def planned(outcome: RunResult) -> Answer:
    """`plan`: what would change, and why."""
    plan = outcome.plan
    lines = chain(_document(outcome), plan_lines(plan) if plan else ())
    return Answer(_json(outcome, {"changes": _changes_json(plan.changes) if plan else []}), lines)


def what_was_done(outcome: RunResult) -> Answer:
    """`apply`, `sync`: what was done of a plan, and what was not."""
    failed = [{**change_as_json(one.change), "error": _error(one)} for one in outcome.failed]
    return Answer(_json(outcome, {"done": _changes_json(outcome.done), "failed": failed}), _done_lines(outcome))


def _done_lines(outcome: RunResult) -> Iterator[RenderableType]:
    yield from _document(outcome)
    yield from _changes("Fait", outcome.done)
    failed = ((what(one.change), _who(one.change), _error(one)) for one in outcome.failed)
    yield from table("Non fait", ("Quoi", "Qui", "Erreur"), failed)
    if outcome.kept:
        names = ", ".join(f"{one.person.first_names} {one.person.last_name}" for one in outcome.kept)
        yield line(f"Accès conservés sans changement : {names}.")
    if outcome.plan is not None:
        yield from _later(outcome.plan)
    yield line(ending(outcome), style="bold")


def _error(failure: Failure) -> str:
    """What failed; an access that is still open with what to do about it."""
    if isinstance(failure.cause, AccessStillOpen):
        return still_open_reason(failure.cause.why, failure.cause.answer)
    return known_failure(failure.error)


def ending(outcome: RunResult) -> str:
    """The last sentence: what became of the whole."""
    refusal = outcomes.REFUSALS.get(outcome.ending or "")
    if refusal is not None:
        return refusal
    if outcome.failed:
        return outcomes.INCOMPLETE
    done = sum(1 for one in outcome.done if one.action is not Action.GROUP)
    return outcomes.ended(done, waits=bool(outcome.plan and outcome.plan.waiting))


def plan_lines(plan: Plan) -> Iterator[RenderableType]:
    """What would change, with the plans' ids."""
    yield from _changes("À faire maintenant", plan.changes)
    if not (plan.changes or plan.blocked):
        yield line(outcomes.NOTHING_TO_DO)
    for code, id_ in plan.ids.items():
        yield line(f"Plan {id_} ({code})", style="dim")
    yield from _later(plan)


def _document(outcome: RunResult) -> Iterator[RenderableType]:
    if outcome.check is not None:
        yield from finding_lines(one for one in outcome.check.findings if one.severity is not Severity.INFO)
    yield from table(
        "Personnes absentes des deux listes, à décider",
        ("Nom", "Adresse", "Décision à donner"),
        (_undecided(one, outcome.check) for one in outcome.undecided),
    )


def _undecided(one: Habilitation, check: Check | None) -> tuple[str, ...]:
    email = shlex.quote(one.email)
    choice = f"--keep-absent {email} ou --close-absent {email}"
    if new := (renames_proposed(check) if check else {}).get(one.email):
        choice += f" ou, si c'est la même personne, --rename {shlex.quote(f'{one.email}={new}')}"
    return f"{one.person.first_names} {one.person.last_name}", one.email, choice


def _later(plan: Plan) -> Iterator[RenderableType]:
    later = ((french(one.due_on), what(one), _who(one), reason(one)) for one in plan.later)
    yield from table("Prévu", ("Le", "Quoi", "Qui", "Pourquoi"), later)
    drift = ((one.partner, one.email or "le groupe", drift_reason(one)) for one in plan.drift)
    yield from table("Écarts constatés", ("Partenaire", "Qui", "Constat"), drift)
    for held in dict.fromkeys(map(blocked_reason, plan.blocked)):  # one sentence, be it that of every partner
        yield line(f"En suspens : {held}", style="bold yellow")


def _changes(title: str, changes: Iterable[Change]) -> Iterator[RenderableType]:
    rows = ((what(one), _who(one), f"{reason(one)} ({one.rule})") for one in changes)
    yield from table(title, ("Quoi", "Qui", "Pourquoi"), rows)


def _who(change: Change) -> str:
    return who(change.habilitation) if change.habilitation else change.partner


def _json(outcome: RunResult, changes: dict[str, Any]) -> dict[str, Any]:
    """The JSON of a plan and of what was done: the same but for the changes."""
    plan = outcome.plan or Plan((), (), (), ())
    return {
        "as_of": day(outcome.as_of),
        "plans": [{"partner": code, "plan_id": id_} for code, id_ in plan.ids.items()],
        **changes,
        "later": _changes_json(plan.later),
        "drift": [
            {"kind": one.kind.value, "partner": one.partner, "email": one.email, "reason": drift_reason(one)}
            for one in plan.drift
        ],
        "blocked_by": [_blocked(one) for one in plan.blocked],
        "findings": findings_as_json(outcome.check.findings) if outcome.check else [],
    }


def _changes_json(changes: Iterable[Change]) -> list[dict[str, Any]]:
    return [change_as_json(one) for one in changes]


def _blocked(one: Blocked) -> dict[str, Any]:
    return {
        "partner": one.partner,
        "plan_id": one.plan_id,
        "limit": one.limit.value,
        "figure": one.figure,
        "allowed": one.allowed,
        "override": f"--allow {one.plan_id}" if one.can_be_allowed else None,
        "reason": blocked_reason(one),
    }


def _beside(outcome: RunResult, *, done: bool) -> Iterator[str]:
    yield from map(refused_rename, outcome.refused_renames)
    if outcome.check is not None and outcome.plan is not None and not (done or outcome.plan.changes):
        yield from (outcomes.empty_plan(id_) for id_ in outcome.plan.ids.values())
    if outcome.left_out:
        yield outcomes.left_out(row.row for row in outcome.left_out)
    if outcome.ending is Ending.DIFFERENT:
        yield outcomes.OTHER_DECISIONS
    if outcome.notices is not None and outcome.notices.failed:
        yield outcomes.unsent_notices(outcome.notices.waiting)
    if outcome.broken:
        yield outcomes.set_aside(outcome.broken)
    yield from (outcomes.sent_back(one.id, one.partner) for one in outcome.sent_back)
