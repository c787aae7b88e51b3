"""Any history ends well: random annexes, approvals, days, hands and crashes against the convention's own model."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule

from provisioner.domain.access.plan import Plan
from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.document import Document
from provisioner.domain.annexe.kept import Status
from provisioner.domain.errors import Refused
from provisioner.domain.people import EmailAddress
from provisioner.operations.adoption import adopt
from provisioner.operations.check import Request
from provisioner.operations.context import Ending, RunResult
from provisioner.operations.decide import apply_document, approve, reject
from provisioner.operations.holds import release
from provisioner.operations.partners import end_convention, reinstate_convention
from provisioner.operations.persons import carry_out, reopen, suspend
from provisioner.operations.prepare import prepare
from provisioner.operations.receive import request_of, submit
from provisioner.operations.run import plan_due, sync
from tests.fakes.faults import FAULTS, Fault
from tests.fakes.memory_office import no_bar
from tests.operations.histories.deciding import decide
from tests.operations.histories.forms import (
    ADDRESSES,
    ANSWERS,
    FIRST_FORMS,
    PARTNERS,
    RECEPTIONS,
    Answer,
    Line,
    Reception,
    fill_in,
)
from tests.operations.histories.plans import holds_nothing_back, told
from tests.operations.histories.world import World

CHOSEN = st.integers(0, 5)
PARTNER = st.sampled_from(PARTNERS)
BY, WHY = "Claire Martin", "essai"


class AnyHistory(RuleBasedStateMachine):
    """One office from its first day on."""

    world: World

    @initialize(limit=st.sampled_from([100, 100, 0]), lines=FIRST_FORMS)
    def begin(self, limit: int, lines: tuple[Line, ...]) -> None:
        self.world = World(limit)
        self.receive(Reception(PARTNERS[0], lines, 0, False, Answer(), True), None)

    def teardown(self) -> None:
        if hasattr(self, "world"):
            with self.world.closing:
                self.world.verify_journal()

    # Documents.

    @rule(reception=RECEPTIONS, fault=FAULTS)
    def receive(self, reception: Reception, fault: Fault | None) -> None:
        self.world.fault = fault
        today = self.world.today
        sent_on = today + timedelta(days=reception.sent)
        known = self.world.accesses(reception.partner)
        document = fill_in(
            reception.partner, reception.lines, today, sent_on, known, administrator=reception.administrator
        )
        self.world.documents.append(document)
        if reception.is_applied:
            self._apply(document, reception.partner, reception.answer)
        else:
            self.world.run(lambda: self._submit(document, reception.partner))
        self._run_again(fault)

    @rule(reception=RECEPTIONS, fault=FAULTS)
    def receive_and_sync(self, reception: Reception, fault: Fault | None) -> None:
        self.receive(reception, fault)
        self.sync([], None)

    @precondition(lambda self: self.world.documents)
    @rule(which=CHOSEN, partner=PARTNER, answer=ANSWERS)
    def use_an_old_form_again(self, which: int, partner: str, answer: Answer) -> None:
        documents = self.world.documents
        self._apply(documents[which % len(documents)], partner, answer)

    def _submit(self, document: Document, partner: str) -> None:
        submit(self.world.office.context, document, partner, self.world.today)

    def _apply(self, document: Document, partner: str, answer: Answer) -> None:
        request = decide(self.world.office.context, self._request(document, partner), answer)
        context = self.world.office.context
        before = prepare(context, request)
        outcome = self.world.run(lambda: apply_document(self.world.office.context, request, no_bar, None))
        if outcome is None:
            return
        if before.plan is None:
            assert outcome.ending is before.ending or outcome.ending is Ending.DIFFERENT
        elif outcome.ending in (Ending.APPLIED, Ending.HELD):
            self._was_done(before.plan, outcome)
        if outcome.ending is Ending.HELD and outcome.plan is not None and answer.waives:
            allowed = replace(request.decisions, allow=frozenset(outcome.plan.ids.values()))
            let_go = replace(request, decisions=allowed)
            again = self.world.run(lambda: apply_document(self.world.office.context, let_go, no_bar, None))
            assert again is not None
            assert again.ending is Ending.APPLIED

    def _request(self, document: Document, partner: str) -> Request:
        today = self.world.today
        return Request(document=document, partner=partner, by=BY, decisions=Decisions(), received_on=today)

    @precondition(lambda self: self.world.waiting(Status.CHECKED, Status.REFUSED))
    @rule(which=CHOSEN, answer=ANSWERS, is_wrong=st.sampled_from([False] * 5 + [True]))
    def approve(self, which: int, answer: Answer, is_wrong: bool) -> None:
        context = self.world.office.context
        waiting = self.world.waiting(Status.CHECKED, Status.REFUSED)
        number = waiting[which % len(waiting)]
        request = decide(context, request_of(context, number, BY, Decisions()), answer)
        plan_id = prepare(context, request).plan_id

        def act() -> RunResult:
            return approve(
                self.world.office.context, number, "0" * 8 if is_wrong else plan_id or "", BY, request.decisions
            )

        outcome = self.world.run(act)
        if outcome is not None:
            is_approved = outcome.ending is Ending.APPLIED
            assert is_approved == (plan_id is not None and not is_wrong)

    @precondition(lambda self: self.world.waiting(Status.CHECKED, Status.REFUSED, Status.APPROVED))
    @rule(which=CHOSEN)
    def reject(self, which: int) -> None:
        waiting = self.world.waiting(Status.CHECKED, Status.REFUSED, Status.APPROVED)
        number = waiting[which % len(waiting)]
        self._may_be_refused(
            lambda: reject(self.world.office.context.register, self.world.office.settings, number, BY, WHY)
        )

    def _may_be_refused(self, act: object) -> RunResult | None:
        def attempt() -> RunResult | None:
            try:
                result = act()  # type: ignore[operator]
            except Refused:
                return None
            return result if isinstance(result, RunResult) else None

        return self.world.run(attempt)

    # Days, runs and faults.

    @rule(days=st.sampled_from([1, 1, 2, 0, 5, 40]))
    def days_pass(self, days: int) -> None:
        self.world.office.hand_clock.advance(timedelta(days=days))

    @rule(offset=st.sampled_from([-1, 0, 1]), which=CHOSEN)
    def the_day_comes(self, offset: int, which: int) -> None:
        """The day before something is due, that day, the day after."""
        plan = plan_due(self.world.office.context, []).plan
        assert plan is not None
        days = sorted({change.due_on for change in plan.later if change.due_on is not None})
        if days:
            ahead = (days[which % len(days)] - self.world.today).days + offset
            self.world.office.hand_clock.advance(timedelta(days=max(0, ahead)))

    @rule(partners=st.sampled_from([[], [], [], ["lys"], ["sources"]]), fault=FAULTS)
    def sync(self, partners: list[str], fault: Fault | None) -> None:
        for partner in PARTNERS:
            self.world.compare_part(partner)
        self.world.compare_unsettled()
        self.world.fault = fault
        expected = plan_due(self.world.office.context, partners)
        assert expected.plan is not None
        outcome = self.world.run(lambda: sync(self.world.office.context, partners, no_bar))
        if outcome is None:
            self._run_again(fault)
            return
        self._was_done(expected.plan, outcome)
        assert outcome.sent_back == expected.sent_back
        if not partners:
            self.world.settled(outcome)

    def _run_again(self, fault: Fault | None) -> None:
        """After a fault the next run comes before anything else (test_known_histories.py says why)."""
        if fault is not None:
            self.sync([], None)

    def _was_done(self, expected: Plan, outcome: RunResult) -> None:
        """What `plan` said is what was done."""
        assert outcome.plan is not None
        done = [*outcome.done, *(failure.change for failure in outcome.failed)]
        if outcome.ending is not Ending.HELD:
            assert told(done) == told(expected.free)
        assert outcome.plan.blocked == expected.blocked
        holds_nothing_back(outcome)

    @precondition(lambda self: self.world.held())
    @rule()
    def let_a_held_plan_go(self) -> None:
        name = self.world.held()[0]
        self._may_be_refused(lambda: release(self.world.office.context.register, name, BY, WHY))
        plan = plan_due(self.world.office.context, []).plan
        assert plan is not None
        assert not [blocked for blocked in plan.blocked if blocked.plan_id == name and blocked.figure is not None]

    # Persons and partners by name.

    @precondition(lambda self: self.world.emails())
    @rule(which=CHOSEN, fault=FAULTS)
    def suspend(self, which: int, fault: Fault | None) -> None:
        self.world.fault = fault
        email = self.world.chosen_email(which)

        def act() -> RunResult:
            context = self.world.office.context
            return carry_out(context, suspend(context, email, BY, WHY), email, no_bar)

        self._may_be_refused(act)
        self._run_again(fault)

    @precondition(lambda self: self.world.emails())
    @rule(which=CHOSEN, new_password=st.booleans(), fault=FAULTS)
    def reopen(self, which: int, new_password: bool, fault: Fault | None) -> None:
        self.world.fault = fault
        email = self.world.chosen_email(which)

        def act() -> RunResult:
            context = self.world.office.context
            return carry_out(context, reopen(context, email, BY, WHY, new_password=new_password), email, no_bar)

        self._may_be_refused(act)
        self._run_again(fault)

    @precondition(lambda self: self.world.adopted < 2)
    @rule(email=st.sampled_from(ADDRESSES), partner=PARTNER)
    def adopt(self, email: EmailAddress, partner: str) -> None:
        """An account that was there before us."""
        self.world.adopted += 1
        realm = self.world.realm
        if realm.with_address(email) is None:
            realm.change_names(realm.add_foreign_account(email), "Ancien", "Alex")
        self._may_be_refused(lambda: adopt(self.world.office.context, partner, [email], BY, WHY, no_bar)[1])

    @precondition(lambda self: not self.world.has_announced_end())
    @rule(partner=PARTNER, days=st.sampled_from([0, 3, 30, 60]))
    def end_convention(self, partner: str, days: int) -> None:
        on = self.world.today + timedelta(days=days)
        self._may_be_refused(lambda: end_convention(self.world.office.context.register, partner, on, "test", WHY))

    @precondition(lambda self: self.world.has_announced_end())
    @rule(partner=PARTNER)
    def reinstate_convention(self, partner: str) -> None:
        self._may_be_refused(lambda: reinstate_convention(self.world.office.context.register, partner, "test", WHY))

    @precondition(lambda self: self.world.ids())
    @rule(which=CHOSEN, is_used=st.booleans())
    def person_comes(self, which: int, is_used: bool) -> None:
        realm, ids = self.world.realm, self.world.ids()
        email = realm.accounts[ids[which % len(ids)]].email
        if is_used:
            realm.set_password_by_link(email)
        realm.log_in(email)

    @precondition(lambda self: self.world.ids())
    @rule(which=CHOSEN, what=st.sampled_from(["disable", "disable", "enable", "names", "mark", "delete"]))
    def somebody_in_the_console(self, which: int, what: str) -> None:
        world, ids = self.world, self.world.ids()
        id = ids[which % len(ids)]
        match what:
            case "disable":
                if world.realm.accounts[id].enabled and not world.is_to_be_reopened(id):
                    world.cut_by_hand.add(id)
                world.realm.set_enabled(id, False)
            case "enable":
                world.cut_by_hand.discard(id)
                world.realm.set_enabled(id, True)
            case "names":
                world.realm.change_names(id, "Autre", "Nom")
            case "mark":
                world.realm.remove_mark(id)
            case "delete":
                world.realm.delete_account(id)


_PROFILE = settings.get_profile("long" if os.environ.get("HYPOTHESIS_PROFILE") == "long" else "histories")


@pytest.mark.rule("A10")
class TestAnyHistory(AnyHistory.TestCase):  # type: ignore[misc, valid-type]
    settings = _PROFILE
