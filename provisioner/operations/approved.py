"""The annexes that wait approved, as a pass finds them: to be applied, held, or sent back (A10)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import structlog

from provisioner.domain.access.plan import Plan
from provisioner.domain.annexe.document import Annexe, Document
from provisioner.domain.annexe.kept import KeptAnnexe
from provisioner.domain.calendar import day_of
from provisioner.domain.gates import most_partners
from provisioner.domain.records import Records
from provisioner.operations.check import Request, scope_of
from provisioner.operations.context import Ending
from provisioner.operations.errors import SyncFirst
from provisioner.operations.holds import closures_in, hold_or_drop
from provisioner.operations.look import learn_user_names
from provisioner.operations.notices import tell_applied, tell_sent_back
from provisioner.operations.prepare import Prepared, prepare
from provisioner.register import DecidedMeanwhile, Work, annexes, holds
from provisioner.register.habilitations import save_habilitations
from provisioner.settings import Settings

if TYPE_CHECKING:
    from provisioner.operations.run import Pass

log = structlog.get_logger()

#: Gives the register, as far as an approved annexe is about it, after that annexe: written, or only worked out.
Record = Callable[["Approved"], Records]

#: An approved annexe, the request that was approved, and what was read in the document.
_Waiting = tuple[KeptAnnexe, Request, Annexe]


@dataclass(frozen=True, slots=True, kw_only=True)
class Approved:
    """An approved annexe as a pass finds it: to be applied, held, or another plan than the approved one by now.

    `decision` is the journal's entry of the approval.
    """

    annexe: KeptAnnexe
    prepared: Prepared
    ending: Ending
    decision: int | None

    @property
    def after(self) -> Records:
        """The register once the annexe is in it, or as it was when it is not to be applied."""
        return self.prepared.after if self.ending is Ending.APPLIED else self.prepared.before

    def replaces(self, other: KeptAnnexe) -> bool:
        """Whether its application destroys that one (A2)."""
        is_applied = self.ending is Ending.APPLIED and self.annexe.is_approved_whole
        return is_applied and self.annexe.partner == other.partner and other.is_superseded_by(self.annexe)


def decide_annexes(run: Pass, record: Record) -> tuple[list[Approved], Records]:
    """The annexes that wait approved, worked out in the order of their approval, each on the register that the one
    before it left.

    Where more partners have one than may be closed at together, all are worked out first, to count those that end an
    access: none is entered before that is known. Each is worked out on the part of the register that it is about.

    Gives the register as they leave it, too.
    """
    with run.context.register.read() as connection:
        kept = annexes.under_way(connection, None if run.is_about_everybody else run.partners)
        pending = [annexe for annexe in kept if annexe.is_pending and annexe.partner in run.partners]
        pending.sort(key=lambda annexe: (annexe.approved_number or 0, annexe.id))
        documents = [annexes.document(connection, annexe.id) for annexe in pending]
    if pending and run.is_about_everybody:
        run.look_at_everything()  # an annexe may be about anybody
    waiting: list[_Waiting] = []
    for annexe, document in zip(pending, documents, strict=True):
        with run.part_of(annexe.partner):
            read = run.context.read(document.content, document.name, run.context.settings.documents)
            waiting.append((annexe, _request_of(annexe, document), read))
    run.widen(email for _, request, read in waiting for email in scope_of(request, read).emails)
    closing: frozenset[str] = frozenset()
    if len({annexe.partner for annexe in pending}) > most_partners(run.records):
        rehearsed, _ = _decide_in_turn(run, waiting, closing, lambda approved: approved.after)
        closing = frozenset(approved.annexe.partner for approved in rehearsed if approved.prepared.ends_an_access)
    return _decide_in_turn(run, waiting, closing, record)


def _decide_in_turn(
    run: Pass, waiting: Sequence[_Waiting], closing: frozenset[str], record: Record
) -> tuple[list[Approved], Records]:
    decided: list[Approved] = []
    records = run.records
    for annexe, request, read in waiting:
        if any(earlier.replaces(annexe) for earlier in decided):
            continue
        with run.part_of(annexe.partner):
            try:
                context, part = run.context.having_read(read), _part_for(run, records, request, read)
                approved = _as_found(annexe, prepare(context, request, part, run.snapshot, closing))
                records = records.with_part(record(approved))
                decided.append(approved)
            except SyncFirst:  # this run records what is there; the next one applies
                log.warning("annexe.waits", annexe=annexe.id, partner=annexe.partner)
            except DecidedMeanwhile:
                log.info("annexe.decided_meanwhile", annexe=annexe.id, partner=annexe.partner)
    return decided, records


def _part_for(run: Pass, records: Records, request: Request, read: Annexe) -> Records:
    """The part of the register that the annexe is about, as `look_at` finds it for an approval: with the account that
    has one of its addresses in Keycloak, whosever it is.
    """
    scope, threads = scope_of(request, read), run.context.settings.keycloak.threads
    run.snapshot = learn_user_names(run.context.directory, run.snapshot, scope.emails, threads)
    holders = (account.id for email in scope.emails for account in run.snapshot.holders(email))
    return records.part(replace(scope, keycloak_ids=frozenset(holders)))


def _request_of(annexe: KeptAnnexe, document: Document) -> Request:
    """The request that was approved, for the pass that applies it."""
    assert annexe.decisions is not None
    assert annexe.approved_at is not None
    request = Request.about(annexe, document, annexe.approved_by or "", annexe.decisions)
    return replace(request, decided_on=day_of(annexe.approved_at))


def _as_found(annexe: KeptAnnexe, prepared: Prepared) -> Approved:
    ending, plan = Ending.CHANGED, prepared.plan
    if plan is not None and _is_approved(plan, annexe):
        ending = Ending.HELD if plan.is_held else Ending.APPLIED
    return Approved(annexe=annexe, prepared=prepared, ending=ending, decision=annexe.decision)


def _is_approved(plan: Plan, annexe: KeptAnnexe) -> bool:
    """Whether it is the plan that was approved. A suspension decided by name since then is no change of it: it waits
    for nobody, and an approved departure does not wait for it (A4).
    """
    without_suspensions = plan.only(lambda change: not change.is_suspension)
    return annexe.plan_id in (plan.ids[annexe.partner], without_suspensions.ids[annexe.partner])


def record_approved(run: Pass, approved: Approved) -> Records:
    """Enters the annexe's content in the register, or its hold, or its return to whoever looks at it again."""
    annexe, prepared = approved.annexe, approved.prepared
    with run.context.work() as work:
        if approved.ending is Ending.CHANGED:
            check = prepared.check
            annexes.send_back(work, annexe, valid=check.is_valid, check=check)
            tell_sent_back(work, run.context.settings, annexe, prepared.before.partners[annexe.partner])
        else:
            enter_approved(work, run.context.settings, approved)
    log.info("annexe.decided", annexe=annexe.id, partner=annexe.partner, ending=approved.ending)
    return run.context.register.records(prepared.before.scope)


def enter_approved(work: Work, settings: Settings, approved: Approved) -> None:
    """What an approval leads to: a hold where a limit stands against its plan, else its content in the register. The
    contacts are told of either.

    Raises:
        DecidedMeanwhile: the annexe is not as it was seen any more.
    """
    prepared, annexe = approved.prepared, approved.annexe
    request, plan = prepared.request, prepared.plan
    assert plan is not None
    with work.because_of(approved.decision):
        hold_or_drop(work, settings, plan, [annexe.partner])
        if approved.ending is Ending.HELD:
            return
        save_habilitations(work, prepared.before, prepared.after, annexe.received_on)
        if request.decisions.closures_only:
            annexes.closures_applied(work, annexe, request.by)
        else:
            annexes.applied(work, annexe)
        tell_applied(work, settings, annexe, prepared, plan)
        for name in request.decisions.allow & set(plan.ids.values()):
            covers = closures_in(plan.of_each_partner()[annexe.partner])
            holds.release_plan(work, annexe.partner, name, request.by, "--allow", covers)
