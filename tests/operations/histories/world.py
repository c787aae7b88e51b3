"""The office whose history is told: every run goes through `run`, after which all that can be read is compared."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from contextlib import ExitStack
from datetime import date, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import select

from provisioner.domain.access.habilitation import State
from provisioner.domain.access.plan import make_plan
from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.document import Document
from provisioner.domain.annexe.kept import Status
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Records, Scope
from provisioner.keycloak.errors import KeycloakError
from provisioner.operations.context import RunResult
from provisioner.operations.journal import verify_journal
from provisioner.operations.look import look, look_at, look_at_unsettled
from provisioner.operations.run import plan_due
from provisioner.operations.service_status import service_status
from provisioner.register import RegisterUnavailable, annexes
from provisioner.register.database import read_records
from provisioner.register.habilitations import access_rows, owed_a_link
from provisioner.register.reviews import all_reviews
from provisioner.register.tables import journal_detail, journal_entry
from tests.fakes.failing import Killed
from tests.fakes.faults import Commits, Fault
from tests.fakes.memory_office import MemoryOffice
from tests.operations.histories.forms import ADDRESSES, ADMINISTRATOR, DOMAIN, PARTNERS, read_form
from tests.operations.histories.model import Access, Model
from tests.operations.histories.plans import told
from tests.shared import settling
from tests.shared.counting import counted, figures


class World:
    """The office, the model that it is held to, and what a history needs to remember."""

    def __init__(self, limit: int) -> None:
        self.closing = ExitStack()
        home = Path(self.closing.enter_context(TemporaryDirectory()))
        self.office = MemoryOffice(home / "office", read=read_form, closures=limit)
        self.closing.callback(self.close)
        for code in PARTNERS:
            self.office.add_partner(code, DOMAIN)
        self.realm = self.office.directory
        admin = self.realm.add_foreign_account(ADMINISTRATOR, roles=["admin"])
        self.realm.change_names(admin, "Martin", "Claire")
        self.realm.set_attribute(admin, "telephone", ["0321"])
        self.administrator = (admin, self.realm.accounts[admin].remote())
        self.model = Model({code: partner.last_day for code, partner in self.records().partners.items()})
        self.documents: list[Document] = []
        self.fault: Fault | None = None
        self.adopted = 0
        #: ids of the accounts that another hand disabled and nobody reopened by name
        self.cut_by_hand: set[str] = set()
        self._entry = 0
        self._emails: dict[int | None, EmailAddress] = {}
        self._approved: dict[int, Decisions] = {}
        self._digests: dict[int, str] = {}
        self.follow()

    @property
    def today(self) -> date:
        return self.office.context.clock.today()

    def records(self) -> Records:
        return self.office.context.register.records()

    def accesses(self, partner: str) -> dict[str, list[Access]]:
        by_email: dict[str, list[Access]] = {}
        for access in self.model.accesses:
            if access.partner == partner:
                by_email.setdefault(access.email, []).append(access)
        return by_email

    def close(self) -> None:
        self.office.close()

    # What a rule can choose from.

    def waiting(self, *statuses: Status) -> list[int]:
        return [annexe.id for annexe in self.kept if annexe.status in statuses]

    def held(self) -> list[str]:
        return [hold.plan_id for hold in self.seen.holds if hold.plan_id is not None]

    def has_announced_end(self) -> bool:
        return any(partner.ends_on is not None for partner in self.seen.partners.values())

    def emails(self) -> list[EmailAddress]:
        return sorted({habilitation.email for habilitation in self.model.live()} | self.model.suspended)

    def chosen_email(self, which: int) -> EmailAddress:
        return self.emails()[which % len(self.emails())]

    def ids(self) -> list[str]:
        """Every account but the administrator's."""
        return [id for id in self.realm.accounts if id != self.administrator[0]]

    def verify_journal(self) -> None:
        assert verify_journal(self.office.context.register).bad is None

    # Runs.

    def run(self, act: Callable[[], RunResult | None]) -> RunResult | None:
        """Does it with the fault that is due, if any; None when it ended in that fault."""
        self.office.hand_clock.advance(timedelta(minutes=1))
        fault, self.fault = self.fault, None
        before = {id for id, account in self.realm.accounts.items() if account.enabled}
        commits = None
        if fault is not None:
            commits = Commits(self.office.context.register.engine, fault) if fault.is_commit else None
            self.realm.fail(None if commits else fault.at, fault.where, for_good=fault.for_good)  # type: ignore[arg-type]
        outcome: RunResult | None = None
        was_killed = False
        try:
            outcome = act()
        except Killed:
            assert fault is not None
            was_killed = True
        except (KeycloakError, RegisterUnavailable):
            assert fault is not None
        if commits:
            commits.end()
        if was_killed:
            self.office.reopen()
        self.realm.restart()
        self.follow()
        for id, account in self.realm.accounts.items():
            if account.enabled and id not in before:
                assert id not in self.cut_by_hand, f"{account.email} was disabled by hand"
                assert self._may_be_enabled(id), f"{account.email} was enabled"
            if not account.enabled and id in before:
                self.cut_by_hand.discard(id)
        if fault is None and outcome is not None:
            foreign = {account.email for id, account in self.realm.accounts.items() if not self._is_ours(id)}
            failed = [failure for failure in outcome.failed if failure.change.email not in foreign]
            assert not failed, failed
        return None if fault is not None else outcome

    def _is_ours(self, id: str) -> bool:
        known = any(account.keycloak_id == id for account in self.seen.accounts.values())
        return known or self.realm.accounts[id].remote().is_marked

    def is_to_be_reopened(self, id: str) -> bool:
        """Whether somebody decided it by name, and no run has done it yet."""
        return any(
            account.reopening is not None for account in self.seen.accounts.values() if account.keycloak_id == id
        )

    def _may_be_enabled(self, id: str) -> bool:
        known = [email for email, account in self.seen.accounts.items() if account.keycloak_id == id]
        emails = known or [self.realm.accounts[id].email]
        return any(self.model.may_be_enabled(email, self.today) for email in emails)

    # What the journal tells of decisions goes into the model; what it tells of effects is held against it.

    def follow(self) -> None:
        """Brings the model up to date, and compares the register with it."""
        with self.office.context.register.read() as connection:
            rows = connection.execute(
                select(journal_entry.c.entry, journal_entry.c.body, journal_detail.c.data)
                .join(journal_detail, journal_detail.c.entry == journal_entry.c.entry, isouter=True)
                .where(journal_entry.c.entry > self._entry)
                .order_by(journal_entry.c.entry)
            ).all()
            self.seen = records = read_records(connection)
            self.kept = annexes.kept(connection)
            reviews = all_reviews(connection)
        assert figures(service_status(self.office.context.register)) == counted(records, reviews, self.today)
        self.model.last_days = {code: partner.last_day for code, partner in records.partners.items()}
        self._emails = {habilitation.id: habilitation.email for habilitation in records.habilitations}
        for row in rows:
            self._entry = row.entry
            self._tell(json.loads(row.body), json.loads(row.data or "{}"))
        self._compare(records)

    def compare_part(self, partner: str) -> None:
        """What concerns one partner, read by itself, leads to the plan that the whole leads to for that partner."""
        context, partners, whole = self.office.context, [partner], self.seen
        scope = Scope(frozenset(partners), frozenset(ADDRESSES[:2]))
        part, snapshot = look_at(context, scope)
        assert part == whole.part(part.scope or scope)
        again = whole.with_part(part)
        assert (again.accounts, again.habilitations) == (whole.accounts, whole.habilitations)
        assert {*again.attempts} == {*whole.attempts}
        assert {hold.id for hold in again.holds} == {hold.id for hold in whole.holds}
        now, limits = context.clock.now(), context.limits
        of_whole = make_plan(whole, look(whole, context.directory, partners), now, partners, limits)
        assert make_plan(part, snapshot, now, partners, limits) == of_whole

    def compare_unsettled(self) -> None:
        """A plan about everybody, made of those alone who are not settled, is the plan made of the whole."""
        context, whole = self.office.context, self.seen
        with context.register.read() as connection:
            assert {*access_rows(connection)} == {*settling.access_rows(whole)}
            assert owed_a_link(connection) == settling.owed_a_link(whole)
        rest, snapshot = look_at_unsettled(context, PARTNERS, whole)
        assert rest.scope is not None
        assert rest == whole.part(rest.scope)
        now, limits = context.clock.now(), context.limits
        of_whole = make_plan(whole, look(whole, context.directory, PARTNERS), now, PARTNERS, limits)
        assert make_plan(rest, snapshot, now, PARTNERS, limits) == of_whole

    def _tell(self, entry: dict[str, Any], details: dict[str, Any]) -> None:
        action, partner, email = entry["action"], entry["partner"], self._emails.get(entry["habilitation"])
        match action:
            case "annexe.submitted":
                self._digests[details["annexe"]] = details["annexe_sha256"]
                self._approved.pop(details["annexe"], None)
            case "annexe.approved" | "annexe.closures_approved":
                assert details["annexe_sha256"] == self._digests[details["annexe"]]
                self._approved[details["annexe"]] = Decisions.from_plain(details["decisions"])
            case "annexe.rejected" | "annexe.sent_back":
                self._approved.pop(details["annexe"], None)
            case "annexe.applied" | "annexe.closures_applied":
                decisions = self._approved[details["annexe"]]
                digest = self._digests[details["annexe"]]
                document = next(document for document in self.documents if document.sha256 == digest)
                annexe = read_form(document.content, "", self.office.settings.documents)
                if action == "annexe.applied":
                    self.model.applied(partner, annexe, decisions, self.today)
                else:
                    self.model.closures_applied(partner, annexe, self.today)
            case "adoption" if entry["habilitation"] not in {access.id for access in self.model.accesses}:
                opened = Access(partner, details["email"], self.today, is_opened=True)
                self.model.accesses.append(opened)
            case "suspension":
                assert email is not None
                self.model.suspended.add(email)
            case "reopening":
                assert email is not None
                self._forget_cut(email)
            case "account.renamed" if details["old"] in self.model.suspended:
                self.model.suspended.remove(details["old"])
                self.model.suspended.add(details["new"])

    def _forget_cut(self, email: EmailAddress) -> None:
        """A reopening by name, or a closure after which the account is as any other closed one."""
        account = self.seen.accounts[email].keycloak_id
        self.cut_by_hand -= {
            id for id, remote in self.realm.accounts.items() if id == account or remote.email == email
        }

    def _compare(self, records: Records) -> None:
        """The register's facts are the model's; what changed there was due."""
        model, today = self.model, self.today
        self.model.suspended &= set(records.suspended)
        assert self.model.suspended == set(records.suspended)
        by_id: dict[int | None, Access] = {access.id: access for access in model.accesses if access.id is not None}
        for habilitation in records.habilitations:
            access = by_id.pop(habilitation.id, None)
            last = habilitation.end.on if habilitation.end else None
            if access is None:
                facts = (habilitation.partner, habilitation.email, habilitation.requested_on)
                new = [access for access in model.accesses if access.id is None and access.facts[:3] == facts]
                assert new, f"nobody asked for {facts}"
                access = new[0]
                access.id = habilitation.id
            if habilitation.state is State.OPEN and not access.is_opened:
                assert model.may_open(access, today), f"{access} was opened"
                before = [habilitation for habilitation in model.live(access.email) if habilitation.is_opened]
                if before and all(model.must_close(habilitation, today) for habilitation in before):
                    self._forget_cut(access.email)  # what is over is as closed, be its closing still to come
                access.is_opened = True
            if habilitation.state is State.CLOSED and not access.is_closed:
                assert model.must_close(access, today), f"{access} was closed"
                assert last in (access.last, model.last_days[habilitation.partner])
                access.is_closed, access.last = True, last
                if not any(habilitation.is_opened for habilitation in model.live(access.email)):
                    self._forget_cut(access.email)
                access.is_opened = habilitation.opened_at is not None
            in_register = (habilitation.partner, habilitation.email, habilitation.requested_on, last)
            assert access.facts == in_register, f"{access} is {in_register} in the register"
        lost = [*by_id.values(), *(access for access in model.accesses if access.id is None)]
        assert not lost, f"{lost} are not in the register"
        id, administrator = self.administrator
        assert self.realm.accounts[id].remote() == administrator
        assert len(self.realm.mails) <= len(records.attempts), "more e-mails than attempts"

    # After a run of everything in which nothing failed.

    def settled(self, outcome: RunResult) -> None:
        """Keycloak is what the model wants, and nothing is left to do but what waits for somebody."""
        plan = plan_due(self.office.context, []).plan
        assert plan is not None
        assert outcome.plan is not None
        if outcome.plan.blocked:
            return  # what was done elsewhere may change a held annexe's plan: it is sent back, and lets others go
        failed = told([failure.change for failure in outcome.failed])
        left_to_do = [change for change in told(plan.free) if change not in failed]
        assert not left_to_do, f"left to do: {left_to_do}"
        records, model, today = self.seen, self.model, self.today
        held = {blocked.partner for blocked in plan.blocked} | {failure.change.partner for failure in outcome.failed}
        if held:
            return
        for access in model.live():
            assert not model.must_close(access, today), f"{access} is not closed"
            account = records.accounts[EmailAddress(access.email)]
            remote = self.realm.accounts.get(account.keycloak_id or "") or self.realm.with_address(access.email)
            is_cut = remote is not None and remote.id in self.cut_by_hand
            if not access.is_opened and not self._waits(records, access.email) and not is_cut:
                assert not model.may_open(access, today), f"{access} is not open"
            if access.is_opened and remote is not None and access.email not in model.suspended and not is_cut:
                assert remote.enabled, f"{access} is disabled"
        for id, remote in self.realm.accounts.items():
            if id != self.administrator[0] and remote.remote().is_marked and not self._may_be_open(records, id):
                assert not remote.enabled, f"{remote.email} is enabled"
                assert not remote.sessions, f"{remote.email} has a session"
        sent = Counter(attempt.sent_at is not None for attempt in records.attempts)
        assert sent[True] == len(self.realm.mails)

    def _may_be_open(self, records: Records, id: str) -> bool:
        known = [email for email, account in records.accounts.items() if account.keycloak_id == id]
        emails = known or [self.realm.accounts[id].email]
        return any(
            habilitation.is_opened and habilitation.email not in self.model.suspended
            for e in emails
            for habilitation in self.model.live(e)
        )

    def _waits(self, records: Records, email: str) -> bool:
        """Whether a link that was sent to the account is alive: an access that is asked for again waits for it."""
        ids = {habilitation.id for habilitation in records.habilitations if habilitation.email == email}
        now = self.office.context.clock.now()
        mine = [attempt for attempt in records.attempts if attempt.habilitation in ids]
        return any(attempt.intended_at + attempt.lifespan > now for attempt in mine)
