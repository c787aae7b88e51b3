"""What fails for one person or one partner alone does not hold up the rest, and is tried again by itself."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog
from sqlalchemy import select

from provisioner.domain.access.account import WantedAccount
from provisioner.domain.access.change import Action, Change
from provisioner.domain.access.plan import make_plan
from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.document import Annexe, Document
from provisioner.domain.convention import ANNEXE_3, Contact, Contacts
from provisioner.domain.hold import LONGEST_REST, SHORTEST_REST, Hold, HoldKind
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Records
from provisioner.keycloak.errors import KeycloakError, KeycloakRefused, KeycloakUnavailable, MailFailed
from provisioner.operations import holds
from provisioner.operations.contacts import set_caf_contacts
from provisioner.operations.context import Ending, RunResult
from provisioner.operations.decide import approve
from provisioner.operations.doctor.register import hold_lines
from provisioner.operations.holds import pause, tell_ages
from provisioner.operations.invitations import repeat_due
from provisioner.operations.journal import Sought, journal_entries
from provisioner.operations.notices import remind
from provisioner.operations.receive import submit
from provisioner.operations.run import plan_due, sync
from provisioner.operations.service_status import service_status
from provisioner.register.marks import LAST_GOOD_SYNC, mark
from provisioner.register.tables import notice
from provisioner.service.jobs import counts_of, failed_changes
from provisioner.views.answers.holds import HeldAnswer
from tests.fakes.memory_directory import MemoryDirectory
from tests.fakes.memory_office import MemoryOffice, no_bar, reading
from tests.shared.examples import LYS, annexe, email

FIRST_DAY, DUE = date(2026, 6, 16), date(2026, 9, 2)
BEGAN = datetime(2026, 9, 2, 8, tzinfo=UTC)
OTHER = "sivom"

_annexes: dict[bytes, Annexe] = {}


class Desk:
    """An office in memory and a service that synchronises it; calls about some addresses fail.

    A fake: no real Keycloak can be made to fail for one person and not for the next.
    """

    def __init__(self, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.office = MemoryOffice(home, read=reading(_annexes))
        self.realm = self.office.directory
        for code in (LYS.code, OTHER):
            self.office.add_partner(code, "agglo-lys.example")
        self.office.on(FIRST_DAY)
        self.bad: dict[EmailAddress, KeycloakError | Exception] = {}
        for name in ("open_account", "update_account", "update_attributes", "disable", "send_invitation"):
            monkeypatch.setattr(self.realm, name, self._failing(name))
        monkeypatch.setattr(holds, "mail_server_answers", lambda context, _well: context.directory.mail_works)

    def _failing(self, name: str) -> object:
        call = getattr(MemoryDirectory, name)

        def failing(*arguments: object, **more: object) -> object:
            wanted = next((argument for argument in arguments if isinstance(argument, WantedAccount)), None)
            known = self.realm.accounts.get(str(arguments[0]))
            whose = wanted.email if wanted else known.email if known else None
            if whose in self.bad:
                raise self.bad[whose]
            return call(self.realm, *arguments, **more)

        return failing

    def ask(self, asked: dict[str, date], ended: dict[str, date] | None = None, partner: str = LYS.code) -> None:
        content = f"{len(_annexes)}".encode()
        _annexes[content] = annexe(asked, ended, on=self.office.context.clock.today())
        outcome = self.office.apply(Document(name="a.csv", content=content), partner)
        assert outcome.ending is Ending.APPLIED, outcome

    def serve(self, later: timedelta = timedelta(0)) -> RunResult:
        """What the service does once so much time has passed."""
        self.office.hand_clock.advance(later)
        return sync(self.office.context, [], no_bar, at_once=False)

    @property
    def quarantines(self) -> dict[str | None, str]:
        return {
            quarantine.email or quarantine.partner: quarantine.reason
            for quarantine in service_status(self.office.context.register).quarantines
        }

    @property
    def open(self) -> set[EmailAddress]:
        return {account.email for account in self.realm.accounts.values() if account.enabled}

    def is_good(self) -> bool:
        with self.office.context.register.read() as connection:
            return mark(connection, LAST_GOOD_SYNC) == self.office.context.clock.now().isoformat(timespec="seconds")


@pytest.fixture
def desk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Desk]:
    desk = Desk(tmp_path, monkeypatch)
    yield desk
    desk.office.close()


def tried(outcome: RunResult) -> list[tuple[str, str | None]]:
    return [(failure.change.action, failure.change.email) for failure in outcome.failed]


def test_one_bad_person_is_set_aside_and_the_others_are_opened(desk: Desk) -> None:
    desk.ask(dict.fromkeys(("leroy", "nguyen", "vasseur"), DUE))
    desk.bad[email("nguyen")] = KeycloakRefused("error-person-name-invalid-character", 400)
    desk.office.on(DUE)
    outcome = desk.serve()
    assert desk.open == {email("leroy"), email("vasseur")}
    assert desk.quarantines == {email("nguyen"): "error-person-name-invalid-character"}
    # Told and counted, but no reason for the service to try everything again in a few seconds.
    assert failed_changes(counts_of(outcome)) == 0
    assert counts_of(outcome)[Action.OPEN, "set-aside"] == 1
    # The link goes with the account: neither is tried again before its time, and what rests is no failure.
    assert tried(desk.serve(timedelta(seconds=30))) == []
    assert desk.is_good()
    (hold,) = service_status(desk.office.context.register).quarantines
    assert [change.action for change in hold.changes] == ["open", "invite"]


def test_it_is_tried_again_each_time_its_age_has_doubled_and_ends_once_it_goes_well(desk: Desk) -> None:
    desk.ask({"nguyen": DUE})
    desk.bad[email("nguyen")] = KeycloakRefused("no", 400)
    desk.office.on(DUE)
    desk.serve()
    minutes = [number for number in range(1, 40) if tried(desk.serve(timedelta(minutes=1)))]
    assert minutes == [1, 2, 4, 8, 16, 32]
    desk.bad.clear()
    assert [change.action for change in desk.serve(timedelta(minutes=30)).done] == [Action.OPEN, Action.INVITE]
    assert desk.quarantines == {}
    pages = journal_entries(desk.office.context.register, Sought())
    actions = [row.entry.facts["action"] for page in pages for row in page]
    assert actions.count("quarantine") == actions.count("quarantine.ended") == 1


def test_who_waits_for_the_answer_has_it_tried_at_once(desk: Desk) -> None:
    desk.ask({"nguyen": DUE})
    desk.bad[email("nguyen")] = KeycloakRefused("no", 400)
    desk.office.on(DUE)
    desk.serve()
    desk.bad.clear()
    planned = plan_due(desk.office.context, []).plan
    assert planned is not None
    assert planned.held == ()
    outcome = desk.office.sync()
    assert (outcome.failed, outcome.done) == ([], list(planned.free))  # what `plan` said is what was done
    assert (desk.open, desk.quarantines) == ({email("nguyen")}, {})


@pytest.mark.rule("A3")
def test_what_keycloak_refuses_to_write_of_a_closed_account_is_tried_again_until_it_is_written(desk: Desk) -> None:
    desk.ask({"leroy": FIRST_DAY, "vasseur": FIRST_DAY})
    refused = [KeycloakRefused("error-user-attribute-required", 400)]
    write = desk.realm.update_account

    def refuse(id: str, wanted: WantedAccount, **more: bool) -> None:
        if wanted.email == email("leroy") and refused:
            raise refused[0]
        write(id, wanted, **more)

    desk.realm.update_account = refuse  # type: ignore[method-assign]
    desk.office.on(DUE)
    desk.ask({"vasseur": FIRST_DAY}, {"leroy": FIRST_DAY})
    assert (desk.open, desk.quarantines) == ({email("vasseur")}, {})
    outcome = desk.serve()
    assert (tried(outcome), list(desk.quarantines)) == ([(Action.UPDATE, email("leroy"))], [email("leroy")])
    assert outcome.failed == outcome.quarantined
    refused.clear()
    done = desk.serve(timedelta(days=1)).done
    assert [(change.action, change.email) for change in done] == [(Action.UPDATE, email("leroy"))]
    (closed,) = (account for account in desk.realm.accounts.values() if account.email == email("leroy"))
    assert closed.attributes["date_fin_habilitation"] == (FIRST_DAY.isoformat(),)
    assert (tried(desk.serve(timedelta(days=1))), desk.quarantines) == ([], {})


@pytest.mark.rule("D1")
def test_a_closure_is_tried_in_each_run(desk: Desk) -> None:
    desk.ask({"leroy": FIRST_DAY, "vasseur": FIRST_DAY})
    desk.bad[email("leroy")] = KeycloakRefused("no", 400)
    desk.ask({"vasseur": FIRST_DAY}, {"leroy": FIRST_DAY})
    desk.office.on(DUE)
    for _ in range(3):
        assert tried(desk.serve(timedelta(seconds=5))) == [(Action.CLOSE, email("leroy"))]
    assert list(desk.quarantines) == [email("leroy")]


def test_persons_whose_calls_get_no_answer_do_not_keep_the_others_from_being_tried(desk: Desk) -> None:
    names = ["aubry", "blanc", "colin", "durand", "evrard", "fabre", "zola"]
    desk.ask(dict.fromkeys(names, DUE))
    for name in names[:-1]:
        desk.bad[email(name)] = KeycloakUnavailable("Keycloak does not answer.", 503)
    desk.office.on(DUE)
    for _ in range(3):
        desk.serve(timedelta(seconds=1))
    assert desk.open == {email("zola")}


def test_keycloak_away_puts_nobody_in_quarantine(desk: Desk) -> None:
    desk.ask(dict.fromkeys(("leroy", "nguyen"), DUE))
    desk.office.on(DUE)
    desk.realm.fail(1, for_good=True)
    outcome = desk.serve()
    assert outcome.failed
    assert (desk.quarantines, failed_changes(counts_of(outcome))) == ({}, 5)  # a group, two accounts, two links


def test_keycloak_that_goes_away_amid_a_run_puts_nobody_in_quarantine(desk: Desk) -> None:
    desk.ask(dict.fromkeys(("aubry", "blanc", "colin", "durand", "evrard"), DUE))
    desk.office.on(DUE)
    desk.realm.fail(3, for_good=True)
    outcome = desk.serve()
    assert (len(outcome.done), desk.quarantines) == (2, {})


@pytest.mark.rule("P2")
def test_a_mail_server_that_goes_away_amid_a_run_puts_nobody_in_quarantine(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.ask(dict.fromkeys(("aubry", "blanc", "colin", "durand", "evrard"), DUE))
    desk.office.on(DUE)
    call = desk.realm.send_invitation

    def only_the_first(*arguments: Any) -> None:
        desk.realm.mail_works = not desk.realm.mails
        call(*arguments)

    monkeypatch.setattr(desk.realm, "send_invitation", only_the_first)
    desk.serve()
    assert (len(desk.realm.mails), desk.quarantines) == (1, {})


def test_a_group_that_cannot_be_made_sets_the_partner_aside_and_fails_no_job(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.ask(dict.fromkeys(("leroy", "nguyen"), DUE))
    desk.ask({"vasseur": DUE}, partner=OTHER)
    desk.office.on(DUE)
    call = desk.realm.place_group

    def failing(code: str, *known: str | None) -> str:
        if code == LYS.code:
            raise KeycloakRefused("no", 400)
        return call(code, *known)

    monkeypatch.setattr(desk.realm, "place_group", failing)
    outcome = desk.serve()
    assert (desk.open, desk.quarantines) == ({email("vasseur")}, {LYS.code: "no"})
    assert failed_changes(counts_of(outcome)) == 0
    monkeypatch.undo()
    desk.serve(timedelta(minutes=1))
    assert (len(desk.open), desk.quarantines) == (3, {})


def test_rights_that_the_service_account_lost_are_no_persons_failure(desk: Desk) -> None:
    desk.ask({"leroy": DUE})
    desk.bad[email("leroy")] = KeycloakRefused("HTTP 403 Forbidden", 403)
    desk.office.on(DUE)
    assert tried(desk.serve())
    assert desk.quarantines == {}


@pytest.mark.rule("P2")
def test_an_address_that_takes_no_e_mail_is_set_aside_once_anothers_left(desk: Desk) -> None:
    desk.ask(dict.fromkeys(("leroy", "nguyen"), DUE))
    desk.office.on(DUE)
    desk.realm.mail_works = False  # no e-mail leaves: nobody is to blame
    desk.serve()
    assert (desk.open, desk.quarantines) == ({email("leroy"), email("nguyen")}, {})
    desk.realm.mail_works = True
    desk.bad[email("leroy")] = MailFailed("Failed to send execute actions email", 500)
    desk.serve(timedelta(minutes=1))
    assert [mail.to for mail in desk.realm.mails] == [email("nguyen")]
    assert list(desk.quarantines) == [email("leroy")]


@pytest.mark.rule("P2")
def test_a_second_link_that_an_address_does_not_take_is_tried_again_each_day_and_gets_louder(desk: Desk) -> None:
    desk.ask(dict.fromkeys(("leroy", "nguyen"), FIRST_DAY))
    desk.bad[email("leroy")] = MailFailed("Failed to send execute actions email", 500)
    for day in (3, 4, 5):
        desk.office.on(FIRST_DAY + timedelta(days=day))
        outcome = repeat_due(desk.office.context, no_bar, at_once=False)
        assert counts_of(outcome)[Action.INVITE, "set-aside"] == 1
        assert failed_changes(counts_of(outcome)) == 0, "the service would try it again in a few seconds"
        assert outcome.done == [] or day == 3
        desk.serve()  # it is not sync's to try, nor to end
    (hold,) = service_status(desk.office.context.register).quarantines
    assert (hold.email, hold.since.date()) == (email("leroy"), FIRST_DAY + timedelta(days=3))
    desk.bad.clear()
    repeat_due(desk.office.context, no_bar, at_once=False)
    assert (desk.quarantines, len(desk.realm.mails)) == ({}, 4)


@pytest.mark.rule("P2")
def test_a_second_link_in_quarantine_is_forgotten_once_the_person_has_a_password_or_the_access_ends(
    desk: Desk,
) -> None:
    desk.ask(dict.fromkeys(("leroy", "nguyen", "vasseur"), FIRST_DAY))
    for name in ("leroy", "nguyen"):
        desk.bad[email(name)] = MailFailed("Failed to send execute actions email", 500)
    day = FIRST_DAY + timedelta(days=3)
    desk.office.on(day)
    repeat_due(desk.office.context, no_bar, at_once=False)
    assert desk.quarantines.keys() == {email("leroy"), email("nguyen")}
    (leroy,) = (id_ for id_, account in desk.realm.accounts.items() if account.email == email("leroy"))
    desk.realm.send_link_by_hand(leroy, 3600)
    assert desk.realm.set_password_by_link(email("leroy"))
    desk.ask(dict.fromkeys(("leroy", "vasseur"), FIRST_DAY), {"nguyen": day - timedelta(days=1)})
    desk.bad.clear()
    desk.office.on(day + timedelta(days=1))
    desk.serve(timedelta(minutes=30))
    assert desk.quarantines.keys() == {email("leroy")}
    repeat_due(desk.office.context, no_bar, at_once=False)
    assert desk.quarantines == {}


def test_a_pause_ends_no_quarantine(desk: Desk) -> None:
    desk.ask({"leroy": DUE})
    desk.bad[email("leroy")] = KeycloakRefused("no", 400)
    desk.office.on(DUE)
    desk.serve()
    pause(desk.office.context.register, LYS.code, "test", None, "Anne Martin")
    desk.serve(timedelta(minutes=30))
    assert list(desk.quarantines) == [email("leroy")]


def test_a_pause_that_ended_by_itself_is_told_as_held_no_more(desk: Desk) -> None:
    register = desk.office.context.register
    desk.office.on(DUE)
    pause(register, LYS.code, "test", DUE, "Anne Martin")
    told = []
    for day in (DUE, DUE + timedelta(days=1)):
        desk.office.on(day)
        now, records = desk.office.context.clock.now(), register.records()
        lines = [line for line in hold_lines(records, now) if line.todo]
        told.append((len(service_status(register).holds), len(HeldAnswer.at(now, records).rows), len(lines)))
    assert told == [(1, 1, 1), (0, 0, 0)]


def test_a_defect_met_at_one_person_is_that_persons_alone(desk: Desk) -> None:
    desk.ask(dict.fromkeys(("leroy", "nguyen"), DUE))
    desk.bad[email("leroy")] = KeyError("Leroy")
    desk.office.on(DUE)
    desk.serve()
    assert desk.open == {email("nguyen")}
    (reason,) = desk.quarantines.values()
    assert reason.startswith("defect: KeyError at ")
    assert "Leroy" not in reason


def test_a_partner_that_cannot_be_planned_does_not_hold_up_the_others(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.ask({"leroy": DUE})
    desk.ask({"nguyen": DUE}, partner=OTHER)
    desk.office.on(DUE)

    def failing(records: Records, snapshot: object, now: object, partners: list[str], *more: object) -> object:
        if OTHER in partners:
            raise AssertionError(str(records.accounts))
        return make_plan(records, snapshot, now, partners, *more)  # type: ignore[arg-type]

    monkeypatch.setattr("provisioner.operations.run.make_plan", failing)
    with structlog.testing.capture_logs() as told:
        outcome = desk.serve()
    assert outcome.broken == {OTHER}
    assert desk.open == {email("leroy")}
    assert desk.quarantines == {OTHER: "defect"}
    assert not desk.is_good()
    (line,) = (line for line in told if line["event"] == "partner.set_aside")
    assert "nguyen" not in str(line)
    monkeypatch.undo()
    assert desk.serve().failed == []
    assert (desk.open, desk.quarantines) == ({email("leroy"), email("nguyen")}, {})


def test_a_quarantine_ends_by_no_run_that_did_not_look_at_the_persons_partners(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.ask({"leroy": DUE})
    desk.bad[email("leroy")] = KeycloakRefused("no", 400)
    desk.office.on(DUE)
    desk.serve()
    (before,) = service_status(desk.office.context.register).quarantines

    def failing(records: object, snapshot: object, now: object, partners: list[str], *more: object) -> object:
        if LYS.code in partners:
            raise AssertionError
        return make_plan(records, snapshot, now, partners, *more)  # type: ignore[arg-type]

    with monkeypatch.context() as broken:
        broken.setattr("provisioner.operations.run.make_plan", failing)
        desk.serve(timedelta(minutes=1))
    assert desk.quarantines == {email("leroy"): "no", LYS.code: "defect"}
    sync(desk.office.context, [OTHER], no_bar)
    desk.serve()
    (after,) = service_status(desk.office.context.register).quarantines
    assert (after.email, after.since) == (email("leroy"), before.since)


def test_an_annexe_that_cannot_be_worked_out_does_not_hold_up_the_other_partners(desk: Desk) -> None:
    desk.ask({"leroy": DUE})
    desk.ask({"vasseur": DUE}, partner=OTHER)
    desk.office.on(DUE)
    content = b"cannot be read any more"
    _annexes[content] = annexe({"leroy": DUE, "nguyen": DUE}, on=DUE)
    submitted = submit(desk.office.context, Document(name="b.csv", content=content), LYS.code)
    assert submitted.prepared.plan_id is not None
    approve(desk.office.context, submitted.annexe.id, submitted.prepared.plan_id, "Claire Martin", Decisions())
    del _annexes[content]
    assert desk.serve().broken == {LYS.code}
    assert desk.open == {email("leroy"), email("vasseur")}


def test_it_is_told_louder_with_its_age(desk: Desk) -> None:
    desk.ask({"nguyen": DUE})
    desk.bad[email("nguyen")] = KeycloakRefused("no", 400)
    desk.office.on(DUE)
    desk.serve()
    levels = []
    for days in (0, 1, 7):
        desk.office.on(DUE + timedelta(days=days))
        with structlog.testing.capture_logs() as told:
            tell_ages(desk.office.context, desk.office.context.register.records())
            remind(desk.office.context)
        levels.append([(line["event"], line["log_level"]) for line in told])
        assert "nguyen" not in str(told)
    # From the first day on the Caf's contact is to be told; here none is known.
    no_contact = ("notice.no_contact", "warning")
    assert levels == [
        [("hold.open", "warning")],
        [("hold.open", "warning"), no_contact],
        [("hold.open", "error"), no_contact],
    ]


def test_a_notice_that_takes_the_place_of_one_that_has_not_left_tells_all_of_it(desk: Desk) -> None:
    register, caf = desk.office.context.register, EmailAddress("droits@caf.example")
    people = tuple(Contact(role, "Claire Martin", caf) for role in ANNEXE_3)
    set_caf_contacts(register, Contacts(FIRST_DAY, people), desk.office.settings, "test")
    desk.ask({"leroy": DUE, "nguyen": DUE + timedelta(days=1)})
    desk.bad = {email(name): KeycloakRefused("no", 400) for name in ("leroy", "nguyen")}
    for days in range(3):
        desk.office.on(DUE + timedelta(days=days))
        desk.serve()
    with register.read() as connection:
        owed = select(notice.c.content).where(notice.c.kind == "quarantine", notice.c.withdrawn_at.is_(None))
        (waits,) = connection.execute(owed).scalars()
    assert all(f"{name}@agglo-lys.example".encode() in waits for name in ("leroy", "nguyen"))


def test_a_rest_lasts_from_a_minute_to_six_hours() -> None:
    for age, rest in ((0, SHORTEST_REST), (60, timedelta(hours=1)), (60 * 24 * 30, LONGEST_REST)):
        last = BEGAN + timedelta(minutes=age)
        hold = Hold(kind=HoldKind.QUARANTINE, reason="no", since=BEGAN, partner=LYS.code, tried_at=last)
        assert hold.rests(last + rest - timedelta(seconds=1))
        assert not hold.rests(last + rest)
        assert not hold.rests(last - timedelta(seconds=1)), "the clock was wrong: it would rest until then"


def test_a_whole_partners_quarantine_keeps_its_openings_waiting_and_no_closure() -> None:
    hold = Hold(kind=HoldKind.QUARANTINE, reason="no", since=BEGAN, partner=LYS.code)
    for action in Action:
        assert hold.holds(Change(action=action, partner=LYS.code, rule="A1")) == (action is not Action.CLOSE)
        assert not hold.holds(Change(action=action, partner=OTHER, rule="A1"))
