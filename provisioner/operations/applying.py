"""`apply`: a document checked, planned, confirmed, recorded and made true in one go."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from provisioner.domain.access.account import Snapshot
from provisioner.domain.access.change import Action, Limit
from provisioner.domain.access.habilitation import State
from provisioner.domain.access.plan import Plan, make_plan
from provisioner.domain.annexe.kept import KeptAnnexe
from provisioner.domain.records import Records
from provisioner.operations.annexe_notices import tell_applied
from provisioner.operations.context import Outcome, ProgressBar, Tools, Verdict
from provisioner.operations.decide import decided
from provisioner.operations.effects import Effects
from provisioner.operations.errors import UnknownRealm
from provisioner.operations.hold_notices import remind
from provisioner.operations.holding import closures_in, hold_or_drop
from provisioner.operations.journal import watch_journal
from provisioner.operations.links import Mailing
from provisioner.operations.looking import look_again
from provisioner.operations.pool import Done, Failure, GivenUp
from provisioner.operations.preparing import Prepared, Request, in_unknown_realm, prepare, with_approved_decisions
from provisioner.operations.quarantine import set_aside
from provisioner.operations.sending import deliver
from provisioner.register import Work, annexes, holds, run_lock
from provisioner.register.habilitations import save_habilitations
from provisioner.settings import Settings
from provisioner.views.check_json import check_as_json

#: Shows what was prepared to a person, who gives back the request with the decisions taken, or None.
Confirm = Callable[[Prepared, Request], Request | None]


@decided
def apply_document(tools: Tools, request: Request, bar: ProgressBar, confirm: Confirm | None) -> Outcome:
    """Checks, plans, asks, records the approval and makes it true.

    Without `confirm` the request is taken as confirmed. The lock is not held while a person reads: what they saw is
    compared with what is found after.

    Raises:
        LockHeld: another run is under way.
        KeycloakError, RegisterUnavailable: a system failed; run again.
    """
    try:
        return _apply_document(tools, request, bar, confirm)
    except UnknownRealm:
        return in_unknown_realm(tools, request)


def _apply_document(tools: Tools, request: Request, bar: ProgressBar, confirm: Confirm | None) -> Outcome:
    today = tools.clock.today()
    merged = with_approved_decisions(tools, request)
    if merged is None:
        return prepare(tools, request).answer(today, Verdict.DIFFERENT)
    request = merged
    if confirm is not None:
        seen = prepare(tools, request)
        if seen.verdict is Verdict.REFUSED:
            return seen.answer(today)
        answer = confirm(seen, request)
        if answer is None:
            return seen.answer(today, Verdict.DECLINED)
        request = answer
    with run_lock(tools.register, tools.settings):
        prepared = prepare(tools, request)
        if prepared.plan is None:
            return prepared.answer(today)
        if request.expects not in (None, prepared.plan.ids):
            return prepared.answer(today, Verdict.CHANGED)
        outcome = _apply(tools, prepared, prepared.plan, bar)
        remind(tools)
        notices = deliver(tools.register, tools.settings, tools.clock, tools.stop, at_once=True)
        return replace(outcome, notices=notices, journal=watch_journal(tools.register))


def _apply(tools: Tools, prepared: Prepared, plan: Plan, bar: ProgressBar) -> Outcome:
    """Records the approval with either the hold or the content, then makes the content true."""
    today = tools.clock.today()
    with tools.register.work() as work:
        verdict = record(work, tools.settings, prepared, plan)
    if verdict is Verdict.HELD:
        return prepared.answer(today, Verdict.HELD)
    records = tools.register.records()
    partner, allowed = prepared.request.partner, prepared.request.decisions.allow
    snapshot = look_again(tools.directory, prepared.snapshot, prepared.before, records)
    due = make_plan(records, snapshot, tools.clock.now(), [partner], tools.limits, allowed)
    # Who applies waits for the answer; and what was approved keeps its id.
    plan = replace(due, resting=(), documents=plan.documents, brought=plan.brought)
    done = carry_out(tools, records, snapshot, plan, bar)
    set_aside(tools, records, plan, done, [partner])
    touched = {change.email for change in plan.changes} | {change.new_email for change in plan.changes}
    mine = records.of_partner(partner)
    kept = tuple(one for one in mine if one.state is State.OPEN and one.email not in touched)
    return replace(prepared.answer(today, Verdict.APPLIED), plan=plan, outcome=done, kept=kept)


def record(work: Work, settings: Settings, prepared: Prepared, plan: Plan) -> Verdict:
    """In one transaction: the document, its approval, and either what holds the plan or the annexe's content."""
    request = prepared.request
    assert prepared.plan_id is not None
    one = annexes.by_id(work.connection, _keep(work, prepared))
    assert one is not None
    approval = annexes.Approval(
        by=request.by,
        plan_id=prepared.plan_id,
        decisions=request.decisions,
        check=check_as_json(prepared.whole_check),
    )
    decision = annexes.approve(work, one, approval)
    approved = annexes.by_id(work.connection, one.id)
    assert approved is not None
    with work.because_of(decision):
        return enter_approved(work, settings, approved, prepared, plan)


def enter_approved(work: Work, settings: Settings, one: KeptAnnexe, prepared: Prepared, plan: Plan) -> Verdict:
    """What an approval leads to: a hold where a limit stands against its plan, else its content in the register;
    the contacts are told of either. To be called inside `Work.because_of` the approval.

    Raises:
        DecidedMeanwhile: the annexe is not as it was seen any more.
    """
    partner, decisions = prepared.request.partner, prepared.request.decisions
    hold_or_drop(work, settings, plan, [partner])
    if is_held(plan):
        return Verdict.HELD
    save_habilitations(work, prepared.before, prepared.after)
    if decisions.closures_only:
        annexes.closures_applied(work, one, prepared.request.by)
    else:
        annexes.applied(work, one)
    tell_applied(work, settings, one, prepared, plan)
    for name in decisions.allow & set(plan.ids.values()):
        holds.release_plan(work, partner, name, prepared.request.by, "--allow", closures_in(plan, partner))
    return Verdict.APPLIED


def is_held(plan: Plan) -> bool:
    """Whether the plan waits as a whole; a weak password policy only holds openings, its annexe is applied."""
    return any(one.limit is not Limit.PASSWORD_POLICY for one in plan.blocked)


def _keep(work: Work, prepared: Prepared) -> int:
    """The annexe's number. A document that was submitted is kept as it was, with its scan; a new one is kept now."""
    request, check = prepared.request, prepared.whole_check
    known = annexes.by_digest(work.connection, request.partner, request.document.sha256)
    if known is not None:
        annexes.received(work, known, request.received_on, request.sent_by)
        return known.id
    submission = annexes.Submission(
        partner=request.partner,
        document=request.document,
        source=request.source,
        received_on=request.received_on,
        sent_by=request.sent_by,
        transmitted_on=check.annexe.transmitted_on,
        valid=check.is_valid,
        check=check_as_json(check),
    )
    return annexes.submit(work, submission)


def carry_out(tools: Tools, records: Records, snapshot: Snapshot, plan: Plan, bar: ProgressBar) -> Done:
    """Makes true what nothing holds: closures before openings, and the e-mails in a pass of their own."""
    done = Done()
    if not plan.free:
        return done
    threads = tools.settings.keycloak.threads
    effects = Effects(tools.register, tools.directory, records, snapshot, threads, tools.stop)
    effects.begin(plan.free)
    accounts = [one for one in plan.free if one.action is not Action.INVITE]
    links = [one for one in plan.free if one.action is Action.INVITE]
    with bar(len(plan.free)) as settled:
        effects.carry_out(accounts, done, settled)
        if links:
            redirect = tools.settings.platform.url
            mailing = Mailing(effects, tools.register.records(), tools.settings.invitation, redirect)
            mailing.carry_out(links, done, settled)
    done.failed[:] = [failure for failure in done.failed if not _is_overtaken(effects, failure)]
    return done


def _is_overtaken(effects: Effects, failure: Failure) -> bool:
    """Whether it was not tried since a named person suspended the person meanwhile."""
    return isinstance(failure.cause, GivenUp) and effects.is_overtaken(failure.change)
