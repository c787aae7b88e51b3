"""What is shown of a plan, of what was done and of an annexe that was submitted: to a command and to a page alike."""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.operations.containment import Contained, Released
from provisioner.operations.context import Ending, RunResult
from provisioner.operations.pool import AccessStillOpen, Failure
from provisioner.operations.prepare import Prepared
from provisioner.operations.receive import Submitted
from provisioner.views import outcomes
from provisioner.views.answers.annexes import SubmittedAnswer
from provisioner.views.answers.checks import renames_proposed
from provisioner.views.answers.containment import ContainedAnswer, ReleasedAnswer
from provisioner.views.answers.plans import Documented, PlanAnswer, RunAnswer
from provisioner.views.holds import failure_sentence, still_open_reason
from provisioner.views.journal import wanting_sentence
from provisioner.views.reasons import realm_fault
from provisioner.views.refusals import refused_rename
from provisioner.views.sentences import Sentence


def plan_answer(result: RunResult) -> PlanAnswer:
    """What would change, and why."""
    return PlanAnswer.of(result.as_of, result.plan, Documented(check=result.check, undecided=result.undecided))


def prepared_answer(prepared: Prepared) -> PlanAnswer:
    """The plan of a document that is not decided upon yet."""
    return plan_answer(prepared.answer(prepared.request.received_on))


def run_answer(result: RunResult) -> RunAnswer:
    """What was done of a plan, and what was not."""
    return RunAnswer.of(
        result.as_of,
        result.plan,
        Documented(check=result.check, undecided=result.undecided),
        done=result.done,
        failed=[(failure.change, _error(failure)) for failure in result.failed],
        kept=result.kept,
        refusal=outcomes.REFUSALS.get(result.ending or ""),
    )


def contained_answer(contained: Contained, code: str) -> ContainedAnswer:
    """What was cut of a partner, and what was not."""
    return ContainedAnswer.contained(run_answer(contained.result), contained, code, contained.also_of)


def released_answer(released: Released) -> ReleasedAnswer:
    """What was given back of a partner."""
    return ReleasedAnswer.read(run_answer(released.result), released)


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


def said_beside(result: RunResult, keycloak_url: str, *, done: bool) -> Iterator[str]:
    """What is said beside a plan, or what was done of it: what concerns a decision, and what is to be mended."""
    yield from map(refused_rename, result.refused_renames)
    if result.check is not None and result.plan is not None and not (done or result.plan.changes):
        yield from map(outcomes.empty_plan, result.plan.ids.values())
    if result.left_out:
        yield outcomes.left_out(row.row for row in result.left_out)
    if result.ending is Ending.DIFFERENT:
        yield outcomes.OTHER_DECISIONS
    if result.notices is not None and result.notices.sent:
        yield Sentence.NOTICES_SENT.of(count=result.notices.sent)
    if result.notices is not None and result.notices.failed:
        yield outcomes.unsent_notices(result.notices.waiting)
    if result.broken:
        yield outcomes.quarantined(result.broken)
    yield from (outcomes.sent_back(annexe.id, annexe.partner) for annexe in result.sent_back)
    if result.journal is not None:
        yield wanting_sentence(result.journal)
    yield from (realm_fault(fault, keycloak_url) for fault in result.realm_faults)
