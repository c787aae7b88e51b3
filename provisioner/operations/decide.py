"""A named person decides about an annexe 1: approved or rejected, recorded before it acts; or applied in one go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from provisioner.documents import read_annexe
from provisioner.domain.access.habilitation import State
from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.kept import Status
from provisioner.domain.errors import Refusal, Refused
from provisioner.operations.approved import Approved, enter_approved
from provisioner.operations.check import Request, scope_of
from provisioner.operations.context import Context, Ending, ProgressBar, RunResult, decided
from provisioner.operations.errors import UnknownRealm
from provisioner.operations.forms import report_on
from provisioner.operations.notices import drop_held, tell_rejected
from provisioner.operations.prepare import Prepared, in_unknown_realm, prepare
from provisioner.operations.receive import find, request_of, submission_of, with_approved_decisions
from provisioner.operations.run import Pass
from provisioner.register import Register, Work, annexes
from provisioner.settings import Settings

#: Shows what was prepared to a person, who gives back the request with the decisions taken, or None.
Confirm = Callable[[Prepared, Request], Request | None]


@decided
def approve(context: Context, annexe_id: int, plan_id: str, by: str, decisions: Decisions) -> RunResult:
    """Binds a named person to the annexe's digest and to its plan; the next `sync` applies.

    Raises:
        Refused: there is none, or it is decided upon already; nothing is recorded.
        KeycloakError, RegisterUnavailable: a system failed, nothing is recorded.
    """
    annexe = find(context.register, annexe_id)
    if annexe.status not in (Status.CHECKED, Status.REFUSED):
        if annexe.status is Status.APPROVED and annexe.approved_by is not None:
            raise Refused(Refusal.ANNEXE_APPROVED, number=annexe_id, by=annexe.approved_by)
        raise Refused(Refusal.ANNEXE_DECIDED, number=annexe_id, status=annexe.status)
    prepared = prepare(context, request_of(context, annexe_id, by, decisions))
    today = context.clock.today()
    if prepared.plan_id is None:
        return prepared.answer(today)
    if prepared.plan_id != plan_id:
        return prepared.answer(today, Ending.CHANGED)
    with context.register.work(by) as work:
        annexes.approve(work, annexe, _approval(prepared, plan_id))
    return prepared.answer(today, Ending.APPLIED)


@decided
def reject(register: Register, settings: Settings, annexe_id: int, by: str, reason: str) -> str:
    """Records that an annexe will not be applied, and tells the partner's contact, but not the reason; what a limit
    held for it is dropped. Gives the partner's code.

    Raises:
        Refused: there is none, or it is decided upon already; nothing is recorded.
    """
    annexe = find(register, annexe_id)
    if annexe.status in (Status.APPLIED, Status.REJECTED) and not annexe.is_pending:
        raise Refused(Refusal.NOTHING_TO_REJECT, number=annexe_id, status=annexe.status)
    partner, report = report_on(register, settings.documents, annexe, read_annexe)
    with register.work(by) as work:
        annexes.reject(work, annexe, by, reason)
        drop_held(work, annexe.partner)
        tell_rejected(work, settings, partner, report, annexe.received_on)
    return annexe.partner


@decided
def apply_document(context: Context, request: Request, bar: ProgressBar, confirm: Confirm | None) -> RunResult:
    """Checks, plans, asks, records the approval and makes it true.

    Without `confirm` the request is taken as confirmed. The lock is not held while a person reads: what they saw is
    compared with what is found after.
    """
    context, today = context.acting(request.by), context.clock.today()
    annexe = context.read(request.document.content, request.document.name, context.settings.documents)
    context = context.having_read(annexe)
    try:
        merged = with_approved_decisions(context, request)
        if merged is None:
            return prepare(context, request).answer(today, Ending.DIFFERENT)
        request = merged
        if confirm is not None:
            seen = prepare(context, request)
            if seen.ending is Ending.REFUSED:
                return seen.answer(today)
            confirmed = confirm(seen, request)
            if confirmed is None:
                return seen.answer(today, Ending.DECLINED)
            request = confirmed
        run = Pass(context, [request.partner], emails=scope_of(request, annexe).emails)
        with run.alone():
            return _apply(run, request, bar)
    except UnknownRealm:
        return in_unknown_realm(context, request)


def _apply(run: Pass, request: Request, bar: ProgressBar) -> RunResult:
    """The pass that begins with a document: its approval is recorded together with its hold or its content."""
    context, today = run.context, run.context.clock.today()
    run.look()
    prepared = prepare(context, request, run.records, run.snapshot)
    if prepared.plan is None:
        return prepared.answer(today)
    if request.expects not in (None, prepared.plan.ids):
        return prepared.answer(today, Ending.CHANGED)
    with context.work() as work:
        approved = _approve_now(work, prepared)
        enter_approved(work, context.settings, approved)
    run.approved, run.snapshot = [approved], prepared.snapshot
    run.result = prepared.answer(today, approved.ending)
    run.look_again()
    run.make_plan()
    # What was approved keeps its id.
    run.result.plan = replace(run.plan, documents=prepared.plan.documents, brought=prepared.plan.brought)
    run.keep_holds()
    run.carry_out(bar)
    run.quarantine_failures()
    if approved.ending is Ending.APPLIED:
        touched = {change.email for change in run.plan.changes} | {change.new_email for change in run.plan.changes}
        open_here = [h for h in run.records.of_partner(request.partner) if h.state is State.OPEN]
        run.result.kept = tuple(habilitation for habilitation in open_here if habilitation.email not in touched)
    run.conclude()
    return run.result


def _approve_now(work: Work, prepared: Prepared) -> Approved:
    """A document that was submitted is kept as it was, with its scan; a new one is kept now."""
    assert prepared.plan is not None
    assert prepared.plan_id is not None
    request = prepared.request
    annexe = annexes.by_digest(work.connection, request.partner, request.document.sha256)
    if annexe is None:
        annexe = find(work, annexes.submit(work, submission_of(prepared)))
    else:
        annexes.received(work, annexe, request.received_on, request.sent_by)
        annexe = find(work, annexe.id)
    decision = annexes.approve(work, annexe, _approval(prepared, prepared.plan_id))
    ending = Ending.HELD if prepared.plan.is_held else Ending.APPLIED
    return Approved(annexe=find(work, annexe.id), prepared=prepared, ending=ending, decision=decision)


def _approval(prepared: Prepared, plan_id: str) -> annexes.Approval:
    request, check = prepared.request, prepared.whole_check
    return annexes.Approval(by=request.by, plan_id=plan_id, decisions=request.decisions, check=check)
