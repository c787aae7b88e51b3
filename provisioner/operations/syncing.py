"""`sync`: everything that is due now, approved annexes first; and `plan`, which only says so."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from time import perf_counter

import structlog

from provisioner.domain.access.account import Snapshot
from provisioner.domain.access.change import Action
from provisioner.domain.access.plan import Plan, join_plans, make_plan, plan_in_unknown_realm
from provisioner.domain.annexe.document import Document
from provisioner.domain.annexe.kept import KeptAnnexe
from provisioner.domain.calendar import day_of
from provisioner.domain.gates import most_partners
from provisioner.domain.hold import HoldKind
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Records
from provisioner.operations.annexe_notices import remind_of_waiting, tell_sent_back
from provisioner.operations.applying import carry_out, enter_approved, is_held
from provisioner.operations.context import Outcome, ProgressBar, Tools, Verdict
from provisioner.operations.errors import SyncFirst, UnknownRealm
from provisioner.operations.hold_notices import remind
from provisioner.operations.holding import hold_or_drop, tell_ages
from provisioner.operations.journal import watch_journal
from provisioner.operations.looking import learn_passwords, look, look_again
from provisioner.operations.preparing import Prepared, Request, prepare
from provisioner.operations.quarantine import attempt, set_aside
from provisioner.operations.sending import Delivered, deliver
from provisioner.register import annexes, run_lock
from provisioner.register.marks import GROUP_ROOT, LAST_GOOD_SYNC, set_mark
from provisioner.views.check_json import check_as_json

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Decided:
    """An approved annexe as this run finds it: its plan as approved, held by a limit, or another one by now."""

    annexe: KeptAnnexe
    prepared: Prepared
    verdict: Verdict

    def replaces(self, other: KeptAnnexe) -> bool:
        """Whether its application destroys that one (A2)."""
        is_applied = self.verdict is Verdict.APPLIED and self.annexe.is_approved_whole
        return is_applied and self.annexe.partner == other.partner and other.is_superseded_by(self.annexe)


def plan_due(tools: Tools, partners: Collection[str], email: EmailAddress | None = None) -> Outcome:
    """What `sync` would do now; changes nothing."""
    records = tools.register.records()
    chosen = _scope(records, partners)
    try:
        snapshot = look(records, tools.directory, chosen)
    except UnknownRealm:
        return Outcome(as_of=tools.clock.today(), plan=plan_in_unknown_realm(chosen), verdict=Verdict.UNKNOWN_REALM)
    broken: set[str] = set()
    decided = [] if email else _decide(tools, records, snapshot, chosen, _after, broken)
    if decided:
        records = _after(decided[-1])
        snapshot = learn_passwords(tools.directory, snapshot, records)
    plan = _only(_plan(tools, records, snapshot, chosen, decided, broken), email)
    return Outcome(as_of=tools.clock.today(), plan=plan, sent_back=_sent_back(decided), broken=frozenset(broken))


def sync(
    tools: Tools,
    partners: Collection[str],
    bar: ProgressBar,
    email: EmailAddress | None = None,
    *,
    at_once: bool = True,
    whole_journal: bool = False,
) -> Outcome:
    """Everything that is due now, for these partners or all; for one person, approved annexes wait.

    With `at_once`, for a person who waits, what failed lately is tried before its time: notices, and what is in
    quarantine. At the end the journal is verified from its last verified head on, or whole (`whole_journal`).

    Raises:
        LockHeld: another run is under way.
        KeycloakError, RegisterUnavailable: a system failed; run again.
    """
    with run_lock(tools.register, tools.settings):
        records = tools.register.records()
        chosen = _scope(records, partners)
        try:
            snapshot = look(records, tools.directory, chosen)
        except UnknownRealm:
            return _hold_all(tools, records, chosen, email, at_once=at_once)
        broken: set[str] = set()
        decided = [] if email else _decide(tools, records, snapshot, chosen, lambda one: _record(tools, one), broken)
        before, records = records, tools.register.records()
        snapshot = look_again(tools.directory, snapshot, before, records)
        snapshot = learn_passwords(tools.directory, snapshot, records)
        plan = _only(_plan(tools, records, snapshot, chosen, decided, broken), email)
        if at_once:
            plan = replace(plan, resting=())
        if email is None:
            _keep_holds(tools, records, plan, [code for code in chosen if code not in broken])
        done = carry_out(tools, records, snapshot, plan, bar)
        set_aside(tools, records, plan, done, chosen, broken, email=email)
        notices = _conclude(tools, chosen, at_once=at_once)
        if not (done.failed or broken or partners or email):
            _mark_good(tools, snapshot)
        return Outcome(
            as_of=tools.clock.today(),
            plan=plan,
            outcome=done,
            sent_back=_sent_back(decided),
            notices=notices,
            broken=frozenset(broken),
            journal=watch_journal(tools.register, whole=whole_journal),
        )


def _hold_all(
    tools: Tools, records: Records, partners: Collection[str], email: EmailAddress | None, *, at_once: bool
) -> Outcome:
    """In another realm nothing is done: the hold is kept and told, and this is no good sync."""
    log.error("realm.unknown")
    plan = plan_in_unknown_realm(partners)
    if email is None:
        _keep_holds(tools, records, plan, partners)
    notices = _conclude(tools, partners, at_once=at_once)
    return Outcome(as_of=tools.clock.today(), plan=plan, notices=notices, verdict=Verdict.UNKNOWN_REALM)


def _conclude(tools: Tools, partners: Collection[str], *, at_once: bool) -> Delivered:
    """What closes nobody comes last: what is kept too long goes, and whoever has to know is told."""
    records, today = tools.register.records(), tools.clock.today()
    _destroy_overdue(tools, [code for code in partners if not records.is_paused(code, today)])
    tell_ages(tools, records)
    remind(tools)
    remind_of_waiting(tools)
    return deliver(tools.register, tools.settings, tools.clock, tools.stop, at_once=at_once)


def _scope(records: Records, partners: Collection[str]) -> list[str]:
    return sorted(partners or records.partners)


def _only(plan: Plan, email: EmailAddress | None) -> Plan:
    return plan if email is None else plan.only(lambda one: one.is_about(email) or one.action is Action.GROUP)


def _decide(
    tools: Tools,
    records: Records,
    snapshot: Snapshot,
    partners: Sequence[str],
    settle: Callable[[Decided], Records],
    broken: set[str],
) -> list[Decided]:
    """The annexes that wait approved, in the order of their approval, each on the register that the last one left.

    `settle` gives the register after one that is to be applied, recorded or only worked out. `broken` is given the
    partners of those that a defect of ours kept from being worked out.

    Where more partners have one than may be closed at together, all are worked out first, to count those that end an
    access: none is entered before that is known.
    """
    with tools.register.read() as connection:
        pending = [one for one in annexes.kept(connection) if one.is_pending and one.partner in partners]
        documents = {one.id: annexes.document(connection, one.id) for one in pending}
    closing: frozenset[str] = frozenset()
    if len({one.partner for one in pending}) > most_partners(records):
        worked_out = _decide_each(tools, records, snapshot, pending, documents, closing, _after, broken)
        closing = frozenset(one.annexe.partner for one in worked_out if one.prepared.ends_an_access)
    return _decide_each(tools, records, snapshot, pending, documents, closing, settle, broken)


def _decide_each(
    tools: Tools,
    records: Records,
    snapshot: Snapshot,
    pending: Sequence[KeptAnnexe],
    documents: Mapping[int, Document],
    closing: frozenset[str],
    settle: Callable[[Decided], Records],
    broken: set[str],
) -> list[Decided]:
    decided: list[Decided] = []
    for one in sorted(pending, key=lambda one: (one.approved_number or 0, one.id)):
        if any(each.replaces(one) for each in decided):
            continue
        settled = attempt(
            one.partner,
            broken,
            partial(_decide_one, tools, records, snapshot, one, documents[one.id], closing, settle),
        )
        if settled is not None:
            found, records = settled
            decided.append(found)
    return decided


def _decide_one(
    tools: Tools,
    records: Records,
    snapshot: Snapshot,
    one: KeptAnnexe,
    document: Document,
    closing: frozenset[str],
    settle: Callable[[Decided], Records],
) -> tuple[Decided, Records] | None:
    """The annexe as this run finds it, and the register after it; None when it is not for this run."""
    assert one.decisions is not None
    request = Request(
        document=document,
        partner=one.partner,
        by=one.approved_by or "",
        decisions=one.decisions,
        received_on=one.received_on,
        sent_by=one.sent_by,
        decided_on=day_of(one.approved_at) if one.approved_at is not None else None,
    )
    try:
        prepared = prepare(tools, request, records, snapshot, closing)
        found = Decided(one, prepared, _verdict(one, prepared))
        return found, settle(found)
    except SyncFirst:  # this run records what is there; the next one applies
        log.warning("annexe.waits", annexe=one.id, partner=one.partner)
    except annexes.DecidedMeanwhile:
        log.info("annexe.decided_meanwhile", annexe=one.id, partner=one.partner)
    return None


def _after(one: Decided) -> Records:
    """The register once that annexe is in it, or as it was when it is not to be applied."""
    return one.prepared.after if one.verdict is Verdict.APPLIED else one.prepared.before


def _verdict(one: KeptAnnexe, prepared: Prepared) -> Verdict:
    if prepared.plan is None or prepared.plan_id != one.plan_id:
        return Verdict.CHANGED
    return Verdict.HELD if is_held(prepared.plan) else Verdict.APPLIED


def _record(tools: Tools, one: Decided) -> Records:
    """The annexe's content in the register, or its hold, or its return to whoever looks at it again."""
    with tools.register.work() as work:
        if one.verdict is Verdict.CHANGED:
            check = one.prepared.check
            annexes.send_back(work, one.annexe, valid=check.is_valid, check=check_as_json(check))
            whose = one.prepared.before.partners[one.annexe.partner]
            tell_sent_back(work, tools.settings, one.annexe, whose)
        else:
            assert one.prepared.plan is not None
            with work.because_of(one.annexe.decision):
                enter_approved(work, tools.settings, one.annexe, one.prepared, one.prepared.plan)
    log.info("annexe.decided", annexe=one.annexe.id, partner=one.annexe.partner, verdict=one.verdict)
    return tools.register.records()


def _plan(
    tools: Tools,
    records: Records,
    snapshot: Snapshot,
    partners: Sequence[str],
    decided: Sequence[Decided],
    broken: set[str],
) -> Plan:
    """What is due; where a limit holds an approved annexe, its whole plan stands for its partner."""
    held = {one.annexe.partner: one.prepared.plan for one in decided if one.verdict is Verdict.HELD}
    allowed = {name for one in decided if one.annexe.decisions for name in one.annexe.decisions.allow}
    others = [code for code in partners if code not in held]

    def planned(codes: Sequence[str]) -> Plan:
        return make_plan(records, snapshot, tools.clock.now(), codes, tools.limits, allowed)

    begun = perf_counter()
    try:
        plan = planned(others)
    except Exception:  # one partner's data is to blame: the others' closures do not wait for it
        plan = planned([code for code in others if attempt(code, broken, partial(planned, [code])) is not None])
    tools.measure("plan", perf_counter() - begun)
    return join_plans([plan, *(one for one in held.values() if one is not None)])


def _keep_holds(tools: Tools, records: Records, plan: Plan, partners: Collection[str]) -> None:
    """What a limit holds of this plan is kept for a person to look at; written only when something changes."""
    was_held = {one.partner for one in records.holds if one.kind is HoldKind.LIMIT and one.partner in partners}
    if plan.blocked or was_held:
        with tools.register.work() as work:
            hold_or_drop(work, tools.settings, plan, partners)


def _mark_good(tools: Tools, snapshot: Snapshot) -> None:
    with tools.register.work() as work:
        if snapshot.root_id is not None:
            set_mark(work, GROUP_ROOT, snapshot.root_id)
        set_mark(work, LAST_GOOD_SYNC, tools.clock.now().isoformat(timespec="seconds"))


def _sent_back(decided: Sequence[Decided]) -> tuple[KeptAnnexe, ...]:
    return tuple(one.annexe for one in decided if one.verdict is Verdict.CHANGED)


def _destroy_overdue(tools: Tools, partners: Collection[str]) -> None:
    """A2: what was never applied goes 30 days after its outcome."""
    today = tools.clock.today()
    with tools.register.read() as connection:
        overdue = [one for one in annexes.kept(connection) if one.partner in partners and not one.is_kept_on(today)]
    if overdue:
        with tools.register.work() as work:
            for one in overdue:
                annexes.destroy(work, one)
