"""The main use cases: what would be done (`plan`), an annexe applied (`apply`), what is due (`sync`)."""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from typing import Any

from provisioner.clock import Clock
from provisioner.domain.change import Action, Change, Limit
from provisioner.domain.check import Check, Document
from provisioner.domain.decisions import Decisions
from provisioner.domain.entry import enter, unaccounted_for
from provisioner.domain.habilitation import Habilitation, State
from provisioner.domain.limits import Limits
from provisioner.domain.people import EmailAddress
from provisioner.domain.plan import Plan, make_plan
from provisioner.domain.records import Records
from provisioner.domain.snapshot import Snapshot
from provisioner.operations.checking import check_for_partner
from provisioner.operations.effects import Done, Effects
from provisioner.operations.looking import look
from provisioner.operations.mailing import Mailing
from provisioner.operations.ports import DirectoryPort
from provisioner.register import Register, Work, annexes, run_lock, writing
from provisioner.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Tools:
    """What a use case works with, made once by its caller."""

    settings: Settings
    clock: Clock
    register: Register
    directory: DirectoryPort
    stop: threading.Event = field(default_factory=threading.Event)

    @property
    def limits(self) -> Limits:
        """The safety limits that are set."""
        return Limits(self.settings.limits.closures, self.settings.limits.closures_percent)


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """An annexe to apply, and what the person who approves it decided.

    `expects` are the plan ids that this person saw, when they were shown.
    """

    document: Document
    partner: str
    by: str
    decisions: Decisions
    received_on: date
    allowed: frozenset[str] = frozenset()
    expects: Mapping[str, str] | None = None


class Verdict(StrEnum):
    """How a request ended."""

    REFUSED = "refused"
    UNDECIDED = "undecided"
    DECLINED = "declined"
    CHANGED = "changed"
    HELD = "held"
    APPLIED = "applied"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prepared:
    """A document beside the plan that it would make; no plan when it has an error or lacks a decision."""

    check: Check
    plan: Plan | None
    undecided: tuple[Habilitation, ...]
    before: Records
    after: Records
    snapshot: Snapshot


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What a use case answers: the plan, what was done of it, and the document's findings if there is one."""

    as_of: date
    plan: Plan | None
    outcome: Done = field(default_factory=Done)
    check: Check | None = None
    undecided: tuple[Habilitation, ...] = ()
    kept: tuple[Habilitation, ...] = ()
    verdict: Verdict | None = None


#: Shows how far a run is: given the number of changes, gives what to call for each that is settled.
ProgressBar = Callable[[int], AbstractContextManager[Callable[[], None]]]


def plan_document(tools: Tools, request: Request) -> Outcome:
    """What `apply` would do with this document now; changes nothing."""
    prepared = prepare(tools, request)
    return Outcome(as_of=tools.clock.today(), plan=prepared.plan, check=prepared.check, undecided=prepared.undecided)


def plan_due(tools: Tools, partners: Collection[str], email: EmailAddress | None = None) -> Outcome:
    """What `sync` would do now; changes nothing."""
    records = tools.register.records()
    chosen = _scope(records, partners)
    snapshot = look(records, tools.directory, chosen)
    plan = make_plan(records, snapshot, tools.clock.now(), chosen, tools.limits)
    return Outcome(as_of=tools.clock.today(), plan=_only(plan, email))


def apply_document(
    tools: Tools, request: Request, bar: ProgressBar, confirm: Callable[[Prepared, Request], Request | None] | None
) -> Outcome:
    """Checks, plans, asks, records the approval and makes it true.

    `confirm` shows what was prepared and gives back the request with the decisions taken, or None; without it
    the request is taken as confirmed. The lock is not held while a person reads: what they saw is compared with
    what is found after.

    Raises:
        LockHeld: another run is under way.
        KeycloakError, RegisterUnavailable: a system failed; run again.
    """
    if confirm is not None:
        seen = prepare(tools, request)
        if not seen.check.is_valid:
            return _answer(tools, seen, Verdict.REFUSED)
        answer = confirm(seen, request)
        if answer is None:
            return _answer(tools, seen, Verdict.DECLINED)
        request = answer
    with run_lock(tools.register, tools.settings):
        prepared = prepare(tools, request)
        if not prepared.check.is_valid:
            return _answer(tools, prepared, Verdict.REFUSED)
        if prepared.plan is None:
            return _answer(tools, prepared, Verdict.UNDECIDED)
        if request.expects not in (None, prepared.plan.ids):
            return _answer(tools, prepared, Verdict.CHANGED)
        return _apply(tools, request, prepared, prepared.plan, bar)


def sync(tools: Tools, partners: Collection[str], bar: ProgressBar, email: EmailAddress | None = None) -> Outcome:
    """Everything that is due now, for these partners or all.

    Raises:
        LockHeld: another run is under way.
        KeycloakError, RegisterUnavailable: a system failed; run again.
    """
    with run_lock(tools.register, tools.settings):
        records = tools.register.records()
        chosen = _scope(records, partners)
        snapshot = look(records, tools.directory, chosen)
        plan = make_plan(records, snapshot, tools.clock.now(), chosen, tools.limits)
        done = _carry_out(tools, records, snapshot, _only(plan, email), bar)
        return Outcome(as_of=tools.clock.today(), plan=plan, outcome=done)


def _scope(records: Records, partners: Collection[str]) -> list[str]:
    return sorted(partners or records.partners)


def _only(plan: Plan, email: EmailAddress | None) -> Plan:
    if email is None:
        return plan
    kept = [one for one in plan.changes if one.email == email or one.action is Action.GROUP]
    return replace(plan, changes=tuple(kept), later=tuple(one for one in plan.later if one.email == email))


def prepare(tools: Tools, request: Request) -> Prepared:
    """Reads everything and works out what the request would change; changes nothing."""
    records = tools.register.records()
    snapshot = look(records, tools.directory, [request.partner])
    today = tools.clock.today()
    check = check_for_partner(
        request.document,
        request.partner,
        records,
        today,
        tools.settings.documents,
        snapshot=snapshot,
        received_on=request.received_on,
        decisions=request.decisions,
    )
    plan, undecided, after = None, tuple[Habilitation, ...](), records
    if check.is_valid:
        absent = unaccounted_for(records, request.partner, check.annexe)
        undecided = tuple(one for one in absent if not request.decisions.settles(one.email))
        after = enter(records, request.partner, check.annexe, today, request.decisions, check.waived)
    if check.is_valid and not undecided:
        plan = make_plan(after, snapshot, tools.clock.now(), [request.partner], tools.limits, request.allowed)
    return Prepared(check=check, plan=plan, undecided=undecided, before=records, after=after, snapshot=snapshot)


def _answer(tools: Tools, prepared: Prepared, verdict: Verdict) -> Outcome:
    return Outcome(
        as_of=tools.clock.today(),
        plan=prepared.plan,
        check=prepared.check,
        undecided=prepared.undecided,
        verdict=verdict,
    )


def _apply(tools: Tools, request: Request, prepared: Prepared, plan: Plan, bar: ProgressBar) -> Outcome:
    """Records the approval with either the hold or the content, then makes the content true."""
    if _record(tools, request, prepared, plan) is Verdict.HELD:
        return _answer(tools, prepared, Verdict.HELD)
    records = tools.register.records()
    now = tools.clock.now()
    fresh = make_plan(records, prepared.snapshot, now, [request.partner], tools.limits, request.allowed)
    done = _carry_out(tools, records, prepared.snapshot, fresh, bar)
    touched = {change.email for change in fresh.changes}
    mine = records.of_partner(request.partner)
    return Outcome(
        as_of=tools.clock.today(),
        plan=fresh,
        outcome=done,
        check=prepared.check,
        kept=tuple(one for one in mine if one.state is State.OPEN and one.email not in touched),
        verdict=Verdict.APPLIED,
    )


def _record(tools: Tools, request: Request, prepared: Prepared, plan: Plan) -> Verdict:
    """In one transaction: the approval, and either what holds the plan or the annexe's content."""
    held = [one for one in plan.blocked if one.limit is not Limit.PASSWORD_POLICY]
    closures = [one.habilitation.id for one in plan.changes if one.action is Action.CLOSE and one.habilitation]
    covers = [id_ for id_ in closures if id_ is not None]
    with tools.register.work() as work:
        id_ = _approve(work, request, prepared, plan)
        for one in held:
            writing.hold_limit(work, request.partner, one.plan_id, one.limit, covers)
        if held:
            return Verdict.HELD
        writing.save_habilitations(work, prepared.before, prepared.after)
        annexes.applied(work, id_, request.partner)
        let_go = request.allowed & set(plan.ids.values())
        for plan_id in let_go:
            writing.release_limit(work, request.partner, plan_id, request.by, "--allow", covers)
        if not let_go:
            writing.drop_limit(work, request.partner)
        return Verdict.APPLIED


def _approve(work: Work, request: Request, prepared: Prepared, plan: Plan) -> int:
    transmitted_on = prepared.check.annexe.transmitted_on
    assert transmitted_on is not None
    decisions = _plain_decisions(request.decisions)
    return annexes.approve(
        work,
        request.partner,
        request.document.sha256,
        prepared.check.file,
        request.document.content,
        transmitted_on,
        request.received_on,
        annexes.Approval(by=request.by, plan_id=plan.ids.get(request.partner), decisions=decisions),
    )


def _plain_decisions(decisions: Decisions) -> dict[str, Any]:
    return {
        "keep": ["all"] * decisions.keep_all + sorted(decisions.keep),
        "close": ["all"] * decisions.close_all + sorted(decisions.close),
        "waive": {str(row): reason for row, reason in sorted(decisions.waive.items())},
    }


def _carry_out(tools: Tools, records: Records, snapshot: Snapshot, plan: Plan, bar: ProgressBar) -> Done:
    """Makes true what nothing holds: closures before openings, and the e-mails in a pass of their own."""
    done = Done()
    if not plan.free:
        return done
    threads = tools.settings.keycloak.threads
    effects = Effects(tools.register, tools.directory, records, snapshot, threads, tools.stop)
    effects.begin(plan.free)
    accounts: Sequence[Change] = [one for one in plan.free if one.action is not Action.INVITE]
    links = [one for one in plan.free if one.action is Action.INVITE]
    with bar(len(plan.free)) as settled:
        effects.carry_out(accounts, done, settled)
        if links:
            redirect = tools.settings.platform.url
            mailing = Mailing(effects, tools.register.records(), tools.settings.invitation, redirect)
            mailing.carry_out(links, done, settled)
    return done
