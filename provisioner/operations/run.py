"""One pass: look, decide the approved annexes, plan, keep what is held, carry out, set aside, conclude.

`plan_due` only looks and plans, `sync` does all that is due, `decide.apply_document` begins with a document.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from functools import partial
from time import perf_counter
from typing import Self

import structlog

from provisioner.domain.access.account import Snapshot
from provisioner.domain.access.change import Action
from provisioner.domain.access.plan import (
    NOTHING,
    Plan,
    join_plans,
    make_plan,
    plan_in_unknown_realm,
    with_destructions,
)
from provisioner.domain.errors import Refusal, Refused
from provisioner.domain.hold import Hold, HoldKind
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Records, Scope
from provisioner.domain.retention import FORECAST_DAYS, conventions_due_by, due, to_announce
from provisioner.keycloak.errors import KeycloakError
from provisioner.logs import place_of
from provisioner.operations import reviews
from provisioner.operations.after_restore import destroy_again
from provisioner.operations.approved import Approved, decide_annexes, record_approved
from provisioner.operations.caf_review import remind as remind_of_caf_review
from provisioner.operations.context import Context, Ending, ProgressBar, RunResult
from provisioner.operations.convention_life import follow_conventions
from provisioner.operations.destroying import Destroying, destroy_what_aged
from provisioner.operations.destruction_list import note_destroyed
from provisioner.operations.effects import Effects
from provisioner.operations.errors import UnknownRealm
from provisioner.operations.holds import hold_or_drop, quarantine_failures, tell_ages
from provisioner.operations.incidents import remind as remind_of_incidents
from provisioner.operations.inviting import Inviting
from provisioner.operations.journal_watch import watch_journal
from provisioner.operations.look import learn_passwords, look, look_again, look_at, look_at_more, look_at_unsettled
from provisioner.operations.notice_delivery import deliver
from provisioner.operations.notices import remind, remind_of_waiting
from provisioner.operations.pool import GivenUp
from provisioner.register import LockHeld, RegisterUnavailable, annexes, retention, run_lock
from provisioner.register.database import OFFICE
from provisioner.register.habilitations import scope_of
from provisioner.register.marks import GROUP_ROOT, LAST_GOOD_SYNC, set_mark

log = structlog.get_logger()


class Pass:
    """What one run works on (`records`, `snapshot`), what it has learnt (the `approved` annexes, the partners that a
    defect of ours has `broken`) and its `result`.

    It is about `partners`, all when none is named, or about one person of theirs (`email`); then approved annexes
    wait. One that is about some reads no more of the register and of Keycloak than what concerns them, and the
    persons named beside them (`emails`); or it is given what it reads (`scope`). With `at_once`, for a person who
    waits, what failed lately is tried before its time: notices, and what is in quarantine. `of_unsettled`: one that
    is about everybody keeps nothing of the accounts for which nothing is due (`domain.access.settled`), unless an
    annexe waits to be decided.
    """

    records: Records
    snapshot: Snapshot
    #: the register as far as it tells what is destroyed in these days
    aging: Records
    #: whether it destroys what is due: a pass about everybody does, last of all
    destroys = False
    #: whether it holds the run's lock
    is_alone = False

    def __init__(
        self,
        context: Context,
        partners: Collection[str] = (),
        *,
        email: EmailAddress | None = None,
        emails: Iterable[EmailAddress] = (),
        scope: Scope | None = None,
        at_once: bool = True,
        of_unsettled: bool = False,
    ) -> None:
        self.context, self.email, self.at_once, self.of_unsettled = context, email, at_once, of_unsettled
        self.partners = sorted(partners)
        named = frozenset(emails) if email is None else frozenset({email, *emails})
        assert scope is None or not (partners or named)
        #: what it reads of the register and of Keycloak; None: everything
        self.scope = Scope(frozenset(partners), named) if partners or named else scope
        self.approved: list[Approved] = []
        self.broken: set[str] = set()
        #: whose account is still to be destroyed again after a restore: nothing else is done for them
        self.left_alone: frozenset[EmailAddress] = frozenset()
        self.result = RunResult(as_of=context.clock.today())
        self._last_read: Records | None = None

    @contextmanager
    def alone(self) -> Iterator[Self]:
        """Holds the run's lock until the end of the block: no other pass is under way.

        Raises:
            LockHeld: another one is.
        """
        with run_lock(self.context.register, self.context.settings, self.context.by):
            self.is_alone = True
            yield self.begin()

    def begin(self) -> Self:
        """Reads the register. Without the lock for what only looks, and for a suspension, which waits for no pass.

        Raises:
            Refused: it is about one person, who is unknown.
        """
        if self.email is not None and not self.partners:
            with self.context.register.read() as connection:
                self.scope = scope_of(connection, self.email)
            self.partners = sorted(self.scope.partners)
        if self.scope is None and self.of_unsettled and not self._annexes_wait():
            self.scope = OFFICE
        self.records = self.read()
        if self.is_about_everybody:
            self.partners = self.partners or sorted(self.records.partners)
        if self.email is not None and self.email not in self.records.by_account():
            raise Refused(Refusal.NO_SUCH_PERSON, email=self.email)
        return self

    @property
    def is_about_everybody(self) -> bool:
        """Whether it is about no partner and no person in particular."""
        return self.scope is None or self.scope.is_of_office

    def _annexes_wait(self) -> bool:
        """Whether an annexe was approved and waits to be decided: it may be about anybody."""
        with self.context.register.read() as connection:
            return any(annexe.is_pending for annexe in annexes.under_way(connection))

    def read(self) -> Records:
        """The register as it is now, as far as the pass is about it: read again only when it was written since."""
        self._last_read = self.context.register.records(self.scope, self._last_read)
        return self._last_read

    @property
    def plan(self) -> Plan:
        """What it would do, once that is known."""
        return self.result.plan or NOTHING

    def look(self) -> None:
        """Reads Keycloak, and proves that the read is whole.

        Raises:
            UnknownRealm: it is another realm; the plan says so and nothing else.
            KeycloakError: nothing may be concluded.
        """
        try:
            if self.scope is None:
                self.snapshot = look(self.records, self.context.directory, self.partners)
            elif self.scope.is_of_office:
                before = self.records.number
                self.records, self.snapshot = look_at_unsettled(self.context, self.partners, self.records)
                self.scope, self._last_read = self.records.scope, self.records
                if not self.is_alone and self.records.number != before:
                    self.look_at_everything()  # another run may have written what was read before
            else:
                just_read = self.records if self.records.scope == self.scope else None
                self.records, self.snapshot = look_at(self.context, self.scope, just_read)
                self.scope = self.records.scope
        except UnknownRealm:
            self.result.plan = plan_in_unknown_realm(self.partners)
            self.result.ending = Ending.UNKNOWN_REALM
            raise

    def look_at_everything(self) -> None:
        """Reads everything after all, and not what concerns its partners alone, or whoever is not settled."""
        if self.scope is not None:
            self.scope = None
            self.records = self.read()
            self.look()

    def widen(self, emails: Iterable[EmailAddress]) -> None:
        """Looks at these persons too."""
        if self.scope is not None and not self.scope.emails.issuperset(more := frozenset(emails)):
            self.scope = replace(self.scope, emails=self.scope.emails | more)
            self.look()

    def look_again(self) -> None:
        """Reads the register anew, after what was written there by this pass or beside it, and what that may have
        changed in Keycloak.
        """
        before, self.records = self.records, self.read()
        if self.scope is not None and self.scope.is_of_office:
            self._look_at_held(self.scope)
        snapshot = look_again(self.context.directory, self.snapshot, before, self.records)
        self.snapshot = learn_passwords(self.context.directory, snapshot, self.records)

    def _look_at_held(self, scope: Scope) -> None:
        """Looks at whoever was settled and is held by now: `person suspend` waits for no run."""
        held = {hold.email for hold in self.records.holds if hold.email is not None}
        if new := held - self.records.accounts.keys() - scope.emails:
            self.scope = replace(scope, emails=scope.emails | new)
            self.records = self.read()
            self.snapshot = look_at_more(self.context.directory, self.snapshot, self.records, new)

    def decide_annexes(self, *, record: bool) -> None:
        """Decides the annexes that wait approved; without `record`, what they leave is only worked out."""
        if self.email is not None:
            return
        settle = partial(record_approved, self) if record else (lambda approved: approved.after)
        self.approved, records = decide_annexes(self, settle)
        self.result.sent_back = tuple(a.annexe for a in self.approved if a.ending is Ending.CHANGED)
        if self.approved and not record:
            self.records = records
            self.snapshot = learn_passwords(self.context.directory, self.snapshot, self.records)

    def make_plan(self) -> None:
        """Plans what is due; where a limit holds an approved annexe, its whole plan stands for its partner."""
        held = {a.annexe.partner: a.prepared.plan for a in self.approved if a.ending is Ending.HELD}
        others = [code for code in self.partners if code not in held]
        started_at = perf_counter()
        try:
            plan = self._planned(others)
        except Exception:  # one partner's data is to blame: the others' closures do not wait for it
            sound = []
            for code in others:
                with self.part_of(code):
                    self._planned([code])
                    sound.append(code)
            plan = self._planned(sound)
        self.context.measure("plan", perf_counter() - started_at)
        plan = join_plans([plan, *(plan for plan in held.values() if plan is not None)])
        if self.destroys:
            self.aging = self._read_aging()
            today = self.context.clock.today()
            plan = with_destructions(plan, self.aging, today, self.context.limits, self.left_alone)
        if self.email is not None:
            email = self.email
            plan = plan.only(lambda change: change.is_about(email) or change.action is Action.GROUP)
        plan = plan.only(lambda change: change.email not in self.left_alone)
        self.result.plan = replace(plan, quarantines=self.resting)

    def _read_aging(self) -> Records:
        """What there is of the partners at which something is to be destroyed by the last day that is announced."""
        if self.scope is None:
            return self.records
        until = self.context.clock.today() + timedelta(days=FORECAST_DAYS)
        with self.context.register.read() as connection:
            codes = retention.partners_aging(connection, until)
        codes |= conventions_due_by(self.records.partners.values(), until)
        return self.context.register.records(Scope(frozenset(codes), is_of_office=True), self.records)

    @property
    def resting(self) -> tuple[Hold, ...]:
        """What is in quarantine and not to be tried again yet."""
        now = self.context.clock.now()
        return () if self.at_once else tuple(hold for hold in self.records.holds if hold.rests(now))

    def _planned(self, partners: Sequence[str]) -> Plan:
        allowed = {name for approved in self.approved for name in approved.prepared.request.decisions.allow}
        now, limits = self.context.clock.now(), self.context.limits
        return make_plan(self.records, self.snapshot, now, partners, limits, allowed)

    @contextmanager
    def part_of(self, partner: str) -> Iterator[None]:
        """One partner's part of the pass: a defect of ours is then this partner's alone.

        Raises:
            KeycloakError, RegisterUnavailable, LockHeld: a system failed, which is everybody's.
        """
        try:
            yield
        except (KeycloakError, RegisterUnavailable, LockHeld):
            raise
        except Exception as error:  # whatever it is, the other partners' closures do not wait for it
            self.broken.add(partner)
            self.result.broken = frozenset(self.broken)
            log.error("partner.set_aside", partner=partner, error=type(error).__name__, at=place_of(error))

    def keep_holds(self) -> None:
        """Keeps what a limit holds of this plan for a person to look at; written only when something changes."""
        if self.email is not None:
            return
        partners: list[str | None] = [code for code in self.partners if code not in self.broken]
        partners += [None] if self.destroys else []
        was_held = {hold.partner for hold in self.records.holds if hold.kind is HoldKind.LIMIT}
        if self.plan.blocked or was_held.intersection(partners):
            with self.context.work() as work:
                hold_or_drop(work, self.context.settings, self.plan, partners)

    def announce(self) -> None:
        """Says what it and the runs of the next days will destroy: what no earlier run said waits for another day."""
        if not self.destroys:
            return
        today, forecast = self.context.clock.today(), self.records.forecast
        announced = to_announce(due(self.aging), today)
        if forecast.recorded_on != today or {d.item for d in announced} != forecast.items.keys():
            with self.context.work() as work:
                retention.announce(work, forecast, announced, today)

    def carry_out(self, bar: ProgressBar) -> None:
        """Makes true what nothing holds: closures before openings, and the e-mails in a pass of their own."""
        free = self.plan.free
        if not free:
            return
        with closing(Effects(self.context, self.records, self.snapshot)) as effects, bar(len(free)) as settled:
            begun = effects.begin(free)
            effects.carry_out([c for c in free if c.action is not Action.INVITE], self.result, settled)
            if owed := [c for c in free if c.action is Action.INVITE]:
                Inviting(effects, self.read(), self.result, settled).carry_out(owed)
            Destroying(self, effects, settled).carry_out([c for c in free if c.action is Action.DESTROY])
            effects.end(begun)
        failed = self.result.failed  # what was not tried since a named person suspended the person is no failure
        failed[:] = [f for f in failed if not (isinstance(f.cause, GivenUp) and effects.is_overtaken(f.change))]

    def quarantine_failures(self, judged: Collection[str] | None = None, *, are_repeats: bool = False) -> None:
        """Keeps the failures that are one person's or one partner's alone (see `holds.quarantine_failures`)."""
        quarantine_failures(self, self.partners if judged is None else judged, are_repeats=are_repeats)

    def conclude(self, *, whole_journal: bool = False) -> None:
        """What closes nobody comes last: what is kept too long goes, whoever has to know is told, and the journal is
        verified from its last verified head on, or whole.
        """
        context = self.context
        note_destroyed(context.register, context.settings)
        records = self.read()
        destroy_what_aged(context, records, self.partners, whole=self.destroys)
        tell_ages(context, records)
        remind(context)
        remind_of_waiting(context, self.partners)
        reviews.settle(context, records, self.partners)
        reviews.withdraw_moot(context)
        if self.destroys:
            reviews.pass_on_refused(context)
            reviews.remind_due(context, records)
        remind_of_incidents(context.register, context.settings, context.by)
        remind_of_caf_review(context.register, context.settings, context.by)
        follow_conventions(context, self.partners)
        self.deliver()
        self.result.journal = watch_journal(context, whole=whole_journal)

    def deliver(self) -> None:
        """Sends the notices that are due."""
        context = self.context
        self.result.notices = deliver(
            context.register, context.settings, context.by, context.stop, at_once=self.at_once
        )


def plan_due(context: Context, partners: Collection[str], email: EmailAddress | None = None) -> RunResult:
    """What `sync` would do now, run by a person; changes nothing."""
    return look_ahead(context, partners, email=email).result


def look_ahead(
    context: Context,
    partners: Collection[str],
    *,
    email: EmailAddress | None = None,
    emails: Iterable[EmailAddress] = (),
) -> Pass:
    """A pass that has planned what `sync` would do now, and does nothing of it."""
    run = Pass(context, partners, email=email, emails=emails, of_unsettled=True).begin()
    try:
        run.look()
    except UnknownRealm:
        return run
    run.decide_annexes(record=False)
    run.destroys = run.is_about_everybody
    run.make_plan()
    return run


def sync(
    context: Context,
    partners: Collection[str],
    bar: ProgressBar,
    email: EmailAddress | None = None,
    *,
    at_once: bool = True,
    whole_journal: bool = False,
) -> RunResult:
    """Everything that is due now, for these partners or all, or for one person. See `Pass` for `at_once`.

    In another realm nothing is done: the hold is kept and told, and this is no good sync.
    """
    with Pass(context, partners, email=email, at_once=at_once, of_unsettled=True).alone() as run:
        try:
            run.look()
        except UnknownRealm:
            log.error("realm.unknown")
            run.keep_holds()
            run.conclude()
            return run.result
        if destroy_again(run, bar):
            run.look()
        run.decide_annexes(record=True)
        run.look_again()
        run.destroys = not (partners or email)
        run.make_plan()
        run.keep_holds()
        run.announce()
        run.carry_out(bar)
        run.quarantine_failures()
        run.conclude(whole_journal=whole_journal)
        if not (run.result.failed or run.broken or partners or email):
            _mark_good(context, run.snapshot)
        return run.result


def _mark_good(context: Context, snapshot: Snapshot) -> None:
    with context.work() as work:
        if snapshot.root_id is not None:
            set_mark(work, GROUP_ROOT, snapshot.root_id)
        set_mark(work, LAST_GOOD_SYNC, context.clock.now().isoformat(timespec="seconds"))
