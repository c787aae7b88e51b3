"""A person's data erased before their day, on a named decision: what goes, what stays, when nothing may go."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from provisioner.domain.access.change import Action, DriftKind
from provisioner.domain.annexe.document import Document
from provisioner.domain.erasure import Erasure
from provisioner.domain.errors import Refusal, Refused
from provisioner.domain.retention import KeptRecords
from provisioner.keycloak.errors import KeycloakError
from provisioner.operations import erasure, retention
from provisioner.operations.containment import contain, release
from provisioner.operations.context import RunResult
from provisioner.operations.erasure import erase, what_goes
from provisioner.operations.holds import pause
from provisioner.operations.journal import Sought, journal_entries, verify_journal
from provisioner.register import RegisterUnavailable, connections, holds
from provisioner.views.answers.erasure import ErasureAnswer
from tests.fakes.failing import FailMode, Killed
from tests.fakes.faults import Commits, Fault
from tests.fakes.memory_office import MemoryOffice, no_bar, reading
from tests.shared.examples import LYS, annexe, email
from tests.shared.office import valid

START, CLOSED, TODAY = date(2026, 6, 16), date(2026, 9, 1), date(2026, 9, 15)
ALL = dict.fromkeys(("leroy", "petit"), date(2026, 6, 10))
ANNEXES = {
    b"all": annexe(ALL, on=START),
    b"departure": annexe({"leroy": ALL["leroy"]}, {"petit": date(2026, 8, 31)}, on=CLOSED),
}
WHO = ("Claire Martin", "demande du 14 septembre")
PETIT = email("petit")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[MemoryOffice]:
    """leroy is open, petit was closed two weeks ago."""
    office = MemoryOffice(tmp_path / "office", read=reading(ANNEXES))
    office.add_partner(LYS.code, "agglo-lys.example")
    for day, name in ((START, b"all"), (CLOSED, b"departure")):
        office.on(day)
        office.apply(Document(name="1.csv", content=name), LYS.code)
    office.on(TODAY)
    yield office
    office.close()


def _erase(office: MemoryOffice, who: str = "petit") -> tuple[Erasure, RunResult]:
    return erase(office.context, email(who), *WHO, no_bar)


def _is_erased(office: MemoryOffice) -> None:
    """The account is gone in Keycloak and in the register; the habilitation is there with its decision, once."""
    assert [account.email for account in office.directory.accounts.values()] == [email("leroy")]
    records = office.context.register.records()
    assert (records.accounts[PETIT].destroyed_on, records.accounts[PETIT].keycloak_id) == (TODAY, None)
    assert [habilitation.email for habilitation in records.habilitations] == [email("leroy"), PETIT]
    with office.context.register.read() as connection:
        assert len(connections.destroyed(connection)) == 1
    rows = [row for page in journal_entries(office.context.register, Sought(action="erasure")) for row in page]
    assert [(row.decided_by, row.details) for row in rows] == [(WHO[0], {"reason": WHO[1]})]
    assert verify_journal(office.context.register).bad is None


@pytest.mark.rule("D5")
@pytest.mark.rule("D1")
def test_the_account_goes_before_its_day_and_what_must_stay_is_named_with_its_day(office: MemoryOffice) -> None:
    before = len(office.directory.accounts)
    goes = what_goes(office.context, PETIT)
    assert len(office.directory.accounts) == before
    erasure, result = _erase(office)
    assert (erasure, result.failed, len(result.done)) == (goes, [], 1)
    _is_erased(office)
    answer = ErasureAnswer.of(PETIT, erasure, dry_run=False)
    plain = valid(answer.model_dump(mode="json"), "person_erase")
    assert [line["what"] for line in plain["erased"]] == ["account", "connections"]
    (kept,) = plain["kept"]
    assert (kept["what"], kept["rule"], kept["partner"], kept["until"]) == (
        "habilitation",
        "D2",
        LYS.code,
        "2028-08-31",
    )
    again, result = _erase(office)
    assert (again.account, result.done) == (None, [])
    assert ErasureAnswer.of(PETIT, again, dry_run=False).erased == ()
    _is_erased(office)
    office.sync()
    _is_erased(office)


@pytest.mark.rule("D5")
@pytest.mark.rule("D1")
def test_an_account_that_another_hand_enabled_is_closed_first_and_told(office: MemoryOffice) -> None:
    for account in office.directory.accounts.values():
        account.enabled = True
    _, result = _erase(office)
    assert [change.action for change in result.done] == [Action.CLOSE, Action.DESTROY]
    assert result.plan is not None
    assert [(drift.kind, drift.email) for drift in result.plan.drift] == [(DriftKind.ENABLED_BY_HAND, PETIT)]
    _is_erased(office)


@pytest.mark.rule("D5")
@pytest.mark.rule("D7")
def test_nothing_is_erased_of_who_is_open_kept_contained_paused_or_unknown(office: MemoryOffice) -> None:
    def refusal(who: str = "petit") -> Refusal:
        with pytest.raises(Refused) as refused:
            _erase(office, who)
        return refused.value.code

    assert refusal("leroy") is Refusal.ERASE_OPEN
    assert refusal("nobody") is Refusal.NO_SUCH_PERSON
    register = office.context.register
    for partner, person in ((None, PETIT), (LYS.code, None), (None, None)):
        number = retention.keep(register, partner, person, "Paul Henry", "litige", date(2026, 10, 1))
        assert refusal() is Refusal.ERASE_ON_HOLD
        retention.release(register, number, "Paul Henry", "fini")
    contain(office.context, [LYS.code], "Paul Henry", "vol de codes", "Claire Martin", no_bar)
    assert refusal() is Refusal.ERASE_CONTAINED
    release(office.context, LYS.code, "Paul Henry", "fini")
    pause(register, LYS.code, "contrôle", None, "Paul Henry")
    assert refusal() is Refusal.ERASE_PAUSED
    assert len(office.directory.accounts) == 2
    assert not list(journal_entries(register, Sought(action="erasure")))


@pytest.mark.rule("D5")
@pytest.mark.rule("D7")
def test_a_hold_of_a_moment_just_before_the_account_goes_is_told_and_nothing_is_said_to_be_erased(
    office: MemoryOffice, monkeypatch: pytest.MonkeyPatch
) -> None:
    def for_a_moment(_connection: object) -> KeptRecords:
        monkeypatch.undo()
        return KeptRecords(all=True)

    _record = erasure._record

    def then(*arguments: Any) -> None:
        _record(*arguments)
        monkeypatch.setattr(holds, "kept_from_destruction", for_a_moment)

    monkeypatch.setattr(erasure, "_record", then)
    with pytest.raises(Refused) as refused:
        _erase(office)
    assert refused.value.code is Refusal.ERASE_ON_HOLD
    assert len(office.directory.accounts) == 2
    _erase(office)
    _is_erased(office)


@pytest.mark.rule("D5")
@pytest.mark.parametrize("mode", ["before", "after", "crash-before", "crash-after"])
def test_each_call_to_keycloak_fails_and_the_same_command_goes_on(
    office: MemoryOffice, tmp_path: Path, mode: FailMode
) -> None:
    for number in range(1, 20):
        twin = office.copied_to(tmp_path / str(number))
        twin.directory.fail(number, mode, for_good=False, reads_too=True)
        with suppress(Killed, KeycloakError):
            _erase(twin)
        is_broken = twin.directory.has_failed
        twin.reopen()
        _erase(twin)
        _is_erased(twin)
        twin.close()
        if not is_broken:
            assert number > 2
            return
    raise AssertionError("more calls than were tried")


@pytest.mark.rule("D5")
@pytest.mark.parametrize("how", ["commit-fails", "commit-kills", "commit-then-killed"])
def test_each_commit_fails_and_the_same_command_goes_on(office: MemoryOffice, tmp_path: Path, how: str) -> None:
    for number in range(1, 20):
        twin = office.copied_to(tmp_path / str(number))
        commits = Commits(twin.context.register.engine, Fault(number, how, False))
        with suppress(Killed, RegisterUnavailable):
            _erase(twin)
        is_broken = commits.has_failed
        commits.end()
        twin.reopen()
        _erase(twin)
        _is_erased(twin)
        twin.close()
        if not is_broken:
            assert number > 2
            return
    raise AssertionError("more commits than were tried")
