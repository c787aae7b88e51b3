"""An old copy put back revives nobody: what was destroyed since is destroyed again before anything else (D rules)."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import suppress
from copy import deepcopy
from dataclasses import replace
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from provisioner.domain.access.change import Action
from provisioner.domain.annexe.document import Document
from provisioner.domain.connections.record import ConsoleRecord, EventStore, Stream
from provisioner.domain.destruction_list import ListLine
from provisioner.domain.errors import Refusal, Refused
from provisioner.keycloak.errors import KeycloakRefused
from provisioner.keycloak.events import AdminEvent, UserEvent, Window
from provisioner.operations import connections, controls, partners, retention
from provisioner.operations.attestations import issue, request
from provisioner.operations.backup import back_up
from provisioner.operations.context import RunResult
from provisioner.operations.destruction_list import note_destroyed
from provisioner.operations.holds import pause, resume
from provisioner.operations.journal import journal_head, verify_journal
from provisioner.operations.restore import Asked, Restored, restore
from provisioner.operations.run import plan_due
from provisioner.register import RegisterUnavailable, attestations, habilitations
from provisioner.register import connections as rows
from provisioner.register.marks import DESTROY_AGAIN, mark
from provisioner.register.tables import console_record
from provisioner.settings import BackupSettings
from provisioner.views.reasons import reason
from tests.fakes.failing import FailMode, Killed
from tests.fakes.faults import Commits, Fault
from tests.fakes.memory_directory import MemoryDirectory
from tests.fakes.memory_office import MemoryOffice, reading
from tests.shared.examples import LYS, annexe, email

START, CLOSED, D1, D2 = date(2026, 6, 16), date(2026, 9, 1), date(2027, 3, 2), date(2028, 9, 1)
ALL = dict.fromkeys(("leroy", "vasseur"), date(2026, 6, 10))
THREE = {**ALL, "nguyen": date(2026, 6, 10)}
ANNEXES = {
    b"three": annexe(THREE, on=START),
    b"departures": annexe(
        {"leroy": ALL["leroy"]}, {"vasseur": date(2026, 8, 31), "nguyen": date(2026, 8, 31)}, on=CLOSED
    ),
    b"all": annexe(ALL, on=START),
    b"departure": annexe({"leroy": ALL["leroy"]}, {"vasseur": date(2026, 8, 31)}, on=CLOSED),
    b"petit": annexe({"leroy": ALL["leroy"], "petit": D1}, on=D1),
    b"return": annexe({"leroy": ALL["leroy"], "vasseur": D1}, on=D1),
}
DAY = timedelta(days=1)


class Past:
    """An office whose vasseur was closed on 1 September 2026, with copies from before and after that, and the realm
    as it was before.
    """

    def __init__(self, home: Path, first: bytes = b"all", departure: bytes = b"departure") -> None:
        self.office = office = MemoryOffice(home / "office", read=reading(ANNEXES))
        self.list = home / "list.jsonl"
        backup = BackupSettings(list_file=self.list)
        office.settings = office.settings.model_copy(update={"backup": backup})
        office.reopen()
        office.add_partner(LYS.code, "agglo-lys.example")
        self.copies = {name: home / f"{name}.sqlite3" for name in ("empty", "open", "closed")}
        office.on(START)
        back_up(office.settings, office.context.clock, self.copies["empty"])
        for day, content, copy in ((START, first, "open"), (CLOSED, departure, "closed")):
            office.on(day)
            office.apply(Document(name="1.csv", content=content), LYS.code)
            self.back_up(copy)
            if copy == "open":
                self.realm = deepcopy(office.directory.accounts)

    def sync(self, day: date) -> list[tuple[str, str | None]]:
        """What that day's `sync` destroyed."""
        self.office.on(day)
        return self.destroyed(self.office.sync())

    @staticmethod
    def destroyed(result: RunResult) -> list[tuple[str, str | None]]:
        assert result.failed == []
        return [(change.rule, change.email) for change in result.done if change.action is Action.DESTROY]

    def restore(self, copy: str) -> Restored:
        return restore(self.office.settings, self.office.context.clock, Asked(file=self.copies[copy]))

    def back_up(self, copy: str) -> None:
        file = self.copies.setdefault(copy, self.list.parent / f"{copy}.sqlite3")
        back_up(self.office.settings, self.office.context.clock, file)

    def put_back_both(self, copy: str) -> None:
        """The register by that copy, and Keycloak by its own, of before the departures."""
        self.restore(copy)
        self.office.directory.accounts = deepcopy(self.realm)

    def apply(self, content: bytes) -> None:
        assert not self.office.apply(Document(name="2.csv", content=content), LYS.code).is_refused

    def enabled(self) -> set[str]:
        return {account.email for account in self.office.directory.accounts.values() if account.enabled}

    def is_settled(self) -> None:
        plan = plan_due(self.office.context, []).plan
        assert plan is not None
        assert plan.changes == ()
        assert verify_journal(self.office.context.register).bad is None


@pytest.fixture
def past(tmp_path: Path) -> Iterator[Past]:
    past = Past(tmp_path)
    yield past
    past.office.close()


@pytest.mark.rule("D1")
@pytest.mark.parametrize("copy", ["open", "closed"])
def test_an_account_that_was_destroyed_is_destroyed_again_first_and_opened_by_nobody(past: Past, copy: str) -> None:
    assert past.sync(D1 - DAY) == []
    assert past.sync(D1) == [("D1", email("vasseur"))]
    mails = len(past.office.directory.mails)
    done = past.restore(copy)
    assert (len(done.since.destroyed), len(done.since.keycloak_ids)) == (1, 1)
    assert past.sync(D1) == [("D1", email("vasseur"))], "at once, without a forecast"
    account = past.office.context.register.records().accounts[email("vasseur")]
    assert (account.keycloak_id, account.destroyed_on) == (None, D1)
    assert len(past.office.directory.mails) == mails
    past.is_settled()
    assert past.sync(D1 + DAY) == []


@pytest.mark.rule("D2")
def test_a_person_whose_habilitation_was_destroyed_leaves_the_register_again(past: Past) -> None:
    for day in (D1 - DAY, D1, D2 - DAY, D2):
        past.sync(day)
    assert email("vasseur") not in past.office.context.register.records().accounts
    past.restore("closed")
    assert email("vasseur") in past.office.context.register.records().accounts
    assert past.sync(D2) == [("D1", email("vasseur")), ("D2", email("vasseur"))]
    assert email("vasseur") not in past.office.context.register.records().accounts
    past.is_settled()
    assert past.restore("closed").since.destroyed != (), "a second time too"
    assert past.sync(D2 + DAY) == [("D1", email("vasseur")), ("D2", email("vasseur"))]


@pytest.mark.rule("D1")
def test_killed_after_a_destruction_and_before_its_line_the_list_is_mended_by_the_next_run(past: Past) -> None:
    past.sync(D1 - DAY)
    before = past.list.read_text()
    past.sync(D1)
    past.list.write_text(before + past.list.read_text()[len(before) :][:25])  # what a killed process leaves
    past.sync(D1)
    done = past.restore("closed")
    assert [destroyed.rule for destroyed in done.since.destroyed] == ["D1"]


@pytest.mark.rule("D1")
def test_who_is_given_an_access_after_the_restore_is_not_taken_for_who_was_destroyed(past: Past) -> None:
    past.sync(D1 - DAY)
    past.sync(D1)
    past.restore("empty")  # it knows no habilitation: the next two would have leroy's number and vasseur's
    past.apply(b"petit")  # as what came since is applied again before the first `sync`
    assert past.sync(D1) == []
    assert past.enabled() == {email("leroy"), email("petit")}
    past.is_settled()


@pytest.mark.rule("D1")
def test_who_returned_since_and_is_applied_again_keeps_the_access(past: Past) -> None:
    past.sync(D1 - DAY)
    past.sync(D1)
    past.apply(b"return")
    past.restore("closed")
    past.apply(b"return")
    assert past.sync(D1 + DAY) == []
    assert past.enabled() == {email("leroy"), email("vasseur")}
    past.is_settled()


@pytest.mark.rule("D1")
def test_what_the_list_lacks_as_it_was_out_of_reach_is_taken_from_the_register_in_place(past: Past) -> None:
    past.sync(D1 - DAY)
    before = past.list.read_text()
    past.sync(D1)
    past.list.write_text(before)
    assert [destroyed.rule for destroyed in past.restore("closed").since.destroyed] == ["D1"]


@pytest.fixture
def two(tmp_path: Path) -> Iterator[Past]:
    """vasseur and nguyen were closed and their accounts destroyed; leroy is open."""
    past = Past(tmp_path, b"three", b"departures")
    past.sync(D1 - DAY)
    assert len(past.sync(D1)) == 2
    yield past
    past.office.close()


COPIES = ("empty", "open", "closed")


def is_done(past: Past, copy: str) -> None:
    """Nobody is there but leroy; of both others Keycloak's ids are kept, so that no event of theirs is stored."""
    assert (
        past.enabled() == {account.email for account in past.office.directory.accounts.values()} == {email("leroy")}
    )
    ids = {account.id for account in past.realm.values() if account.email != email("leroy")}
    with past.office.context.register.read() as connection:
        assert rows.destroyed(connection) == ids
        assert mark(connection, DESTROY_AGAIN) == ""
    if copy != "empty":
        accounts = past.office.context.register.records().accounts
        assert {accounts[email(name)].destroyed_on for name in ("vasseur", "nguyen")} == {D1}
    past.is_settled()


@pytest.mark.rule("D1")
@pytest.mark.parametrize("copy", ["empty", "open"])
@pytest.mark.parametrize("mode", ["before", "crash-after"])
def test_each_write_fails_once_or_is_our_death_the_rest_is_done_and_the_next_run_finishes(
    two: Past, copy: str, mode: FailMode
) -> None:
    mails = len(two.office.directory.mails)
    for number in range(1, 40):
        two.put_back_both(copy)
        two.office.directory.fail(number, mode)
        with suppress(Killed):
            two.office.sync()
            assert len(two.office.directory.accounts) <= 2, "the other account is destroyed all the same"
        is_broken = two.office.directory.has_failed
        two.office.reopen()
        two.office.sync()
        is_done(two, copy)
        assert len(two.office.directory.mails) == mails
        if not is_broken:
            assert number > 2, "no write was broken"
            return
    raise AssertionError("the run has more writes than were tried")


@pytest.mark.rule("D1")
@pytest.mark.parametrize("how", ["commit-fails", "commit-then-killed"])
def test_each_commit_fails_or_is_our_death_and_the_next_run_finishes(two: Past, how: str) -> None:
    for number in range(1, 40):
        two.put_back_both("open")
        commits = Commits(two.office.context.register.engine, Fault(number, how))
        with suppress(Killed, RegisterUnavailable):
            two.office.sync()
        commits.end()
        two.office.reopen()
        two.office.sync()
        is_done(two, "open")
        if not commits.has_failed:
            assert number > 2
            return
    raise AssertionError("the run has more commits than were tried")


class Events:
    """What Keycloak would tell of our own account's writes: each method's operation and path."""

    _TOLD: Mapping[str, tuple[str, str]] = {
        "disable": ("update", "users/{}"),
        "update_account": ("update", "users/{}"),
        "end_sessions": ("action", "users/{}/logout"),
        "destroy": ("delete", "users/{}"),
    }

    def __init__(self, directory: MemoryDirectory, monkeypatch: pytest.MonkeyPatch) -> None:
        self.directory, self.records = directory, list[ConsoleRecord]()
        for name, (operation, path) in self._TOLD.items():
            monkeypatch.setattr(directory, name, self._telling(getattr(directory, name), operation, path))
        monkeypatch.setattr(directory, "events", self, raising=False)

    def _telling(self, method: Any, operation: str, path: str) -> Any:
        def told(id: str, *arguments: Any, **named: Any) -> None:
            method(id, *arguments, **named)
            self.add(operation, path.format(id), id)

        return told

    def add(self, operation: str, path: str, user: str) -> None:
        at, number = self.directory.server_time(), f"e{len(self.records)}"
        record = ConsoleRecord(id=number, at=at, operation=operation, resource="user", path=path, user=user)
        self.records.append(replace(record, actor="service-account"))

    def stores(self) -> Mapping[Stream, EventStore]:
        return dict.fromkeys(Stream, EventStore(is_on=True))

    def of_users(self, since: datetime, until: datetime | None = None) -> Iterator[Window[UserEvent]]:
        yield Window(since, until, [])

    def of_administrators(self, since: datetime, until: datetime | None = None) -> Iterator[Window[AdminEvent]]:
        yield Window(since, until, [AdminEvent(record) for record in self.records if record.at >= since])


def stored(past: Past) -> set[str]:
    """The events of the console that the register keeps."""
    with past.office.context.register.read() as connection:
        return set(connection.execute(select(console_record.c.id)).scalars())


def refuse(_id: str) -> None:
    raise KeycloakRefused("asked to by a test", 400)


@pytest.mark.rule("L1")
@pytest.mark.rule("D1")
@pytest.mark.parametrize("copy", COPIES)
def test_our_own_writes_are_known_as_ours_and_no_event_of_a_destroyed_account_is_stored(
    two: Past, copy: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    two.put_back_both(copy)
    context = two.office.context
    events = Events(two.office.directory, monkeypatch)
    leroy = next(account.id for account in two.realm.values() if account.email == email("leroy"))
    unknown = {account.id for account in two.realm.values()} - {leroy}
    controls.judge(context)  # what came before the first look is not judged
    with monkeypatch.context() as refusing:
        refusing.setattr(two.office.directory, "destroy", refuse)
        assert {failure.change.email for failure in two.office.sync().failed} == {email("vasseur"), email("nguyen")}
    connections.pull(context)
    assert controls.judge(context) == [], "closed, and not destroyed yet"
    before = stored(two)
    done = two.office.sync().done
    assert {record.user for record in events.records} == unknown
    if copy == "empty":
        assert {reason(change) for change in done} == {"Compte déjà détruit, revenu avec une sauvegarde."}
    connections.pull(context)
    assert controls.judge(context) == []
    assert stored(two) == before, "none of what was done to an account that is destroyed"
    is_done(two, copy)
    events.add("update", f"users/{leroy}", leroy)
    connections.pull(context)
    assert [control.code for control in controls.judge(context)] == ["own-account-write"], "a write of another hand"


@pytest.mark.rule("D7")
@pytest.mark.rule("D1")
@pytest.mark.parametrize("copy", ["open", "closed"])
def test_what_is_on_hold_is_closed_and_waits_alone_and_nothing_is_done_twice(two: Past, copy: str) -> None:
    two.put_back_both(copy)
    register = two.office.context.register
    why = {"by": "Claire Martin", "reason": "contentieux"}
    number = retention.keep(register, None, email("nguyen"), **why, review_on=date(2027, 6, 1))
    assert two.sync(D1) == [("D1", email("vasseur"))]
    assert two.enabled() == {email("leroy")}, "a hold keeps the data, and leaves nobody in"
    assert {account.email for account in two.office.directory.accounts.values()} == {email("leroy"), email("nguyen")}
    head = journal_head(register)
    assert two.sync(D1) == []
    assert journal_head(register) == head
    retention.release(register, number, **why)
    assert two.sync(D1) == [("D1", email("nguyen"))]
    is_done(two, copy)


@pytest.mark.rule("D2")
@pytest.mark.rule("D7")
def test_who_is_on_hold_is_closed_with_the_end_that_the_copy_is_too_old_to_know(past: Past) -> None:
    for day in (D1 - DAY, D1, D2 - DAY, D2):
        past.sync(day)
    past.put_back_both("open")
    register = past.office.context.register
    retention.keep(register, None, email("vasseur"), "Claire Martin", "contentieux", review_on=date(2028, 12, 1))
    assert past.sync(D2) == []
    (vasseur,) = (h for h in register.records().habilitations if h.email == email("vasseur"))
    assert vasseur.end is not None
    assert (vasseur.end.on, vasseur.end.rule) == (date(2026, 8, 31), "A3"), "not the day of the restore"


@pytest.mark.rule("C4")
def test_a_convention_that_was_destroyed_is_destroyed_again_with_its_last_habilitation(past: Past) -> None:
    past.office.on(D1)
    why = {"by": "Claire Martin", "reason": "dénonciation"}
    partners.end_convention(past.office.context.register, LYS.code, date(2027, 4, 30), **why)
    past.back_up("ended")
    last = date(2029, 5, 1)
    for day in (D1, date(2027, 5, 1), date(2027, 11, 1), D2, last):
        past.sync(day - DAY)
        done = past.sync(day)
    assert done == [("D2", email("leroy")), ("C4", None)]
    past.restore("ended")
    rules = [rule for rule, _ in past.sync(last)]
    assert rules == ["D1", "D1", "D2", "D2", "C4"]
    records = past.office.context.register.records()
    assert (records.habilitations, records.current, records.partners[LYS.code].destroyed_on) == ((), {}, last)
    past.is_settled()


@pytest.mark.rule("D3")
def test_a_certificate_that_was_issued_after_the_copy_is_issued_by_nobody_again_and_its_number_is_given_to_no_other(
    past: Past,
) -> None:
    office = past.office
    number = request(office.context.register, LYS.code, email("vasseur"), "Claire Martin")[0].id
    past.copies["requested"] = past.list.with_name("requested.sqlite3")
    back_up(office.settings, office.context.clock, past.copies["requested"])
    for day in (D1 - DAY, D1):
        past.sync(day)
    with office.context.work() as work:
        known = attestations.by_id(work.connection, number)
        assert known is not None
        attestations.issue(work, known, known.habilitations, b"%PDF-1.7")
    note_destroyed(office.context.register, office.settings)
    for copy, is_there in (("requested", True), ("closed", False)):
        office.close()
        (office.settings.data_dir / "provisioner.sqlite3").unlink()  # the list alone knows it
        past.restore(copy)
        office.reopen()
        with pytest.raises(Refused) as refused:
            issue(office.context, number)
        assert refused.value.code is (Refusal.CERTIFICATE_LOST if is_there else Refusal.NO_SUCH_ATTESTATION)
        with office.context.work() as work:
            assert attestations.request(work, LYS.code, {2: 2}, D1).id == number + 1
        assert verify_journal(office.context.register).bad is None


@pytest.mark.rule("D1")
def test_of_the_list_the_last_line_alone_is_read_after_a_destruction(past: Past) -> None:
    past.sync(D1 - DAY)
    (line,) = past.list.read_text().splitlines()[-1:]
    past.list.write_text(f"of years ago {'x' * 10_000}\n{line}\n")
    past.sync(D1)
    years_ago, *lines = past.list.read_text().splitlines()
    assert years_ago.startswith("of years ago")
    assert lines[0] == line
    assert [destroyed.rule for written in lines[1:] for destroyed in ListLine.read(written).destroyed] == ["D1"]


@pytest.mark.rule("D1")
def test_who_returned_before_the_copy_keeps_the_access_though_the_list_was_out_of_reach_then(past: Past) -> None:
    past.sync(D1 - DAY)
    before = past.list.read_text()
    past.sync(D1)
    past.apply(b"return")
    past.back_up("returned")
    pause(past.office.context.register, LYS.code, "audit", None, "Claire Martin")
    resume(past.office.context.register, LYS.code, "Claire Martin")
    past.list.write_text(before)
    past.sync(D1 + DAY)  # what the list lacks is written in one line, of before and of after the copy
    past.restore("returned")
    assert past.sync(D1 + 2 * DAY) == []
    assert past.enabled() == {email("leroy"), email("vasseur")}
    past.is_settled()


@pytest.mark.rule("D1")
@pytest.mark.rule("D3")
@pytest.mark.parametrize("copy", ["requested", "open"])
def test_without_the_list_what_the_register_in_place_knows_is_destroyed_again_and_certified_once(
    past: Past, copy: str
) -> None:
    office = past.office
    number = request(office.context.register, LYS.code, email("vasseur"), "Claire Martin")[0].id
    past.back_up("requested")
    for day in (D1 - DAY, D1):
        past.sync(day)
    with office.context.work() as work:
        known = attestations.by_id(work.connection, number)
        assert known is not None
        attestations.issue(work, known, known.habilitations, b"%PDF-1.7")
    asked = Asked(file=past.copies[copy], without_list=True, by="Claire Martin")
    for _ in range(2):
        restore(office.settings, office.context.clock, asked)
        assert past.sync(D1 + DAY) == [("D1", email("vasseur"))]
        with pytest.raises(Refused) as refused:
            issue(office.context, number)
        is_there = copy == "requested"
        assert refused.value.code is (Refusal.CERTIFICATE_LOST if is_there else Refusal.NO_SUCH_ATTESTATION)
        past.is_settled()


@pytest.mark.rule("P2")
def test_after_an_older_copy_was_put_back_nobody_is_known_to_have_a_password(tmp_path: Path) -> None:
    past = Past(tmp_path)
    register = past.office.context.register
    with register.work("test") as work:
        habilitations.password_seen(work, email("leroy"))
    past.back_up("seen")
    assert register.records().accounts[email("leroy")].password_seen_number is not None
    past.restore("seen")
    past.office.reopen()
    assert past.office.context.register.records().accounts[email("leroy")].password_seen_number is None
