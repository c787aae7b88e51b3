"""What is shown of a plan, of what was done and of an annexe that was submitted: to a command and to a page alike."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from provisioner.operations.context import Ending, RunResult
from provisioner.operations.doctor import Examination
from provisioner.operations.holds import ServiceStatus
from provisioner.operations.pool import AccessStillOpen, Failure
from provisioner.operations.prepare import Prepared
from provisioner.operations.receive import Submitted
from provisioner.views import outcomes
from provisioner.views.answers.annexes import SubmittedAnswer
from provisioner.views.answers.checks import renames_proposed
from provisioner.views.answers.holds import StatusAnswer
from provisioner.views.answers.plans import Documented, PlanAnswer, RunAnswer
from provisioner.views.answers.system import DoctorAnswer, DoctorLineAnswer
from provisioner.views.holds import failure_sentence, still_open_reason
from provisioner.views.journal import wanting_sentence
from provisioner.views.reasons import realm_fault
from provisioner.views.refusals import refused_rename


def plan_answer(outcome: RunResult) -> PlanAnswer:
    """What would change, and why."""
    return PlanAnswer.of(outcome.as_of, outcome.plan, Documented(check=outcome.check, undecided=outcome.undecided))


def prepared_answer(prepared: Prepared) -> PlanAnswer:
    """The plan of a document that is not decided upon yet."""
    return plan_answer(prepared.answer(prepared.request.received_on))


def run_answer(outcome: RunResult) -> RunAnswer:
    """What was done of a plan, and what was not."""
    return RunAnswer.of(
        outcome.as_of,
        outcome.plan,
        Documented(check=outcome.check, undecided=outcome.undecided),
        done=outcome.done,
        failed=[(failure.change, _error(failure)) for failure in outcome.failed],
        kept=outcome.kept,
        refusal=outcomes.REFUSALS.get(outcome.ending or ""),
    )


def _error(failure: Failure) -> str:
    """What failed; an access that is still open with what to do about it."""
    if isinstance(failure.cause, AccessStillOpen):
        return still_open_reason(failure.cause.why, failure.cause.answer)
    return failure_sentence(failure.error)


def submitted_answer(submitted: Submitted) -> SubmittedAnswer:
    """What was kept, and what can be done now."""
    prepared = submitted.prepared
    return SubmittedAnswer.of(
        submitted.annexe,
        prepared_answer(prepared),
        plan_id=prepared.plan_id,
        list_2_plan_id=submitted.list_2_plan_id,
        lacks_decisions=bool(prepared.undecided),
        renames=renames_proposed(prepared.check),
    )


def said_beside(outcome: RunResult, keycloak_url: str, *, done: bool) -> Iterator[str]:
    """What is said beside a plan, or what was done of it: what concerns a decision, and what is to be mended."""
    yield from map(refused_rename, outcome.refused_renames)
    if outcome.check is not None and outcome.plan is not None and not (done or outcome.plan.changes):
        yield from map(outcomes.empty_plan, outcome.plan.ids.values())
    if outcome.left_out:
        yield outcomes.left_out(row.row for row in outcome.left_out)
    if outcome.ending is Ending.DIFFERENT:
        yield outcomes.OTHER_DECISIONS
    if outcome.notices is not None and outcome.notices.failed:
        yield outcomes.unsent_notices(outcome.notices.waiting)
    if outcome.broken:
        yield outcomes.set_aside(outcome.broken)
    yield from (outcomes.sent_back(annexe.id, annexe.partner) for annexe in outcome.sent_back)
    if outcome.journal is not None:
        yield wanting_sentence(outcome.journal)
    yield from (realm_fault(fault, keycloak_url) for fault in outcome.realm_faults)


def status_answer(status: ServiceStatus, now: datetime) -> StatusAnswer:
    """How things are."""
    return StatusAnswer.of(status, status.waiting, status.holds, now)


def doctor_answer(examination: Examination) -> DoctorAnswer:
    """What was looked at; what another system says may have line ends."""
    lines = [
        DoctorLineAnswer.read(
            line,
            verdict=line.level,
            found=" ".join(line.found.split()),
            todo=" ".join(line.todo.split()) if line.todo else None,
        )
        for line in examination.lines
    ]
    return DoctorAnswer(
        verdict=examination.level,
        reachable=not examination.is_unreachable,
        settings=examination.settings,
        lines=tuple(lines),
    )
