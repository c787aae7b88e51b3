"""An old copy put back revives nobody: what was destroyed since is destroyed again before anything else (D rules)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date, timedelta
from pathlib import Path

import pytest

from provisioner.domain.access.change import Action
from provisioner.domain.annexe.document import Annexe, Document
from provisioner.operations.backup import back_up
from provisioner.operations.context import RunResult
from provisioner.operations.journal import verify_journal
from provisioner.operations.restore import Asked, Restored, restore
from provisioner.operations.run import plan_due
from provisioner.settings import BackupSettings, DocumentSettings
from tests.fakes.failing import Killed
from tests.fakes.faults import Commits, Fault
from tests.fakes.memory_office import MemoryOffice
from tests.shared.examples import LYS, annexe, email

START, CLOSED, D1, D2 = date(2026, 6, 16), date(2026, 9, 1), date(2027, 3, 2), date(2028, 9, 1)
ALL = dict.fromkeys(("leroy", "vasseur"), date(2026, 6, 10))
ANNEXES = {
    b"all": annexe(ALL, on=START),
    b"departure": annexe({"leroy": ALL["leroy"]}, {"vasseur": date(2026, 8, 31)}, on=CLOSED),
    b"petit": annexe({"leroy": ALL["leroy"], "petit": D1}, on=D1),
    b"return": annexe({"leroy": ALL["leroy"], "vasseur": D1}, on=D1),
}
DAY = timedelta(days=1)


def _read(content: bytes, _name: str, _limits: DocumentSettings) -> Annexe:
    return ANNEXES[content]


class Past:
    """An office whose vasseur was closed on 1 September 2026, with copies from before and after that."""

    def __init__(self, home: Path) -> None:
        self.office = office = MemoryOffice(home / "office", read=_read)
        self.list = home / "list.jsonl"
        backup = BackupSettings(list_file=self.list)
        office.settings = office.settings.model_copy(update={"backup": backup})
        office.reopen()
        office.add_partner(LYS.code, "agglo-lys.example")
        self.copies = {name: home / f"{name}.sqlite3" for name in ("empty", "open", "closed")}
        office.on(START)
        back_up(office.settings, office.context.clock, self.copies["empty"])
        for day, content, copy in ((START, b"all", "open"), (CLOSED, b"departure", "closed")):
            office.on(day)
            office.apply(Document(name="1.csv", content=content), LYS.code)
            back_up(office.settings, office.context.clock, self.copies[copy])

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
    assert (len(done.again.gone), len(done.again.keycloak_ids)) == (1, 1)
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
    assert past.restore("closed").again.gone != (), "a second time too"
    assert past.sync(D2 + DAY) == [("D1", email("vasseur")), ("D2", email("vasseur"))]


@pytest.mark.rule("D1")
def test_killed_after_a_destruction_and_before_its_line_the_list_is_mended_by_the_next_run(past: Past) -> None:
    past.sync(D1 - DAY)
    before = past.list.read_text()
    past.sync(D1)
    past.list.write_text(before + past.list.read_text()[len(before) :][:25])  # what a killed process leaves
    past.sync(D1)
    done = past.restore("closed")
    assert [gone.rule for gone in done.again.gone] == ["D1"]


@pytest.mark.rule("D1")
def test_killed_at_each_commit_the_next_run_ends_it(past: Past) -> None:
    past.sync(D1 - DAY)
    past.sync(D1)
    for at in range(1, 6):
        past.restore("closed")
        commits = Commits(past.office.context.register.engine, Fault(at, "commit-kills"))
        with suppress(Killed):
            past.sync(D1)
        commits.end()
        past.office.reopen()
        past.sync(D1)
        assert past.office.context.register.records().accounts[email("vasseur")].destroyed_on == D1
        past.is_settled()


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
    assert [gone.rule for gone in past.restore("closed").again.gone] == ["D1"]
