"""Second and third links, sent by the real operations on a register: each leaves once, whatever is cut off."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any, get_args

import pytest

from provisioner.cli.asking import progress_bar
from provisioner.domain.access.invitations import MOST_LINKS, InvitationState
from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.people import EmailAddress
from provisioner.operations import invitations, persons
from provisioner.operations.context import RunResult
from provisioner.register import journal
from tests.fakes.failing import FailMode, Killed
from tests.fakes.memory_office import MemoryOffice, no_bar
from tests.fakes.memory_realm import Account
from tests.operations.test_decided_beside_a_run import BY, LEROY, LYS, annexe

DAY = timedelta(days=1)
NGUYEN = EmailAddress("nguyen@agglo-lys.example")
FIRST_DAY = date(2026, 6, 16)


@contextmanager
def two_invited(home: Path) -> Iterator[MemoryOffice]:
    """An office on 16 June, where two persons were just sent their first link."""
    office = MemoryOffice(home)
    office.add_partner(LYS, "agglo-lys.example")
    office.on(FIRST_DAY)
    office.apply(annexe(("leroy", "nguyen")), LYS)
    try:
        yield office
    finally:
        office.close()


def repeat(office: MemoryOffice) -> RunResult:
    return invitations.repeat_due(office.context, progress_bar(True))


def each_day(office: MemoryOffice, first: int, end: int) -> None:
    """From that day after the first one to before that other: what the service does."""
    for number in range(first, end):
        office.on(FIRST_DAY + number * DAY)
        office.sync()
        repeat(office)


def leroy_used_the_link(office: MemoryOffice) -> Account:
    """And that was seen; her account."""
    assert office.directory.set_password_by_link(LEROY)
    office.on(FIRST_DAY + 4 * DAY)
    repeat(office)
    account = office.directory.with_address(LEROY)
    assert account is not None
    return account


@pytest.mark.rule("P2")
def test_day_after_day_the_links_go_on_days_0_3_and_10_until_a_password_is_made(tmp_path: Path) -> None:
    with two_invited(tmp_path) as office:
        sent: dict[EmailAddress, list[int]] = {LEROY: [], NGUYEN: []}
        for number in range(40):
            office.on(FIRST_DAY + number * DAY)
            office.sync()
            repeat(office)
            repeat(office)
            for mail in office.directory.mails[sum(map(len, sent.values())) :]:
                sent[mail.to].append(number)
            if number == 3:
                assert office.directory.set_password_by_link(NGUYEN)
        assert sent == {LEROY: [0, 3, 10], NGUYEN: [0, 3]}
        states = {
            invitation.habilitation.email: state.value for invitation, state in invitations.invited(office.context)
        }
        assert states == {LEROY: "given-up", NGUYEN: "used"}


@pytest.mark.rule("P2")
def test_who_has_used_a_link_is_asked_about_once_and_it_is_in_the_journal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with two_invited(tmp_path) as office:
        assert office.directory.set_password_by_link(LEROY)
        assert office.directory.set_password_by_link(NGUYEN)
        has_password, asked = office.directory.has_password, list[str]()

        def asked_of(id_: str) -> bool:
            asked.append(id_)
            return has_password(id_)

        monkeypatch.setattr(office.directory, "has_password", asked_of)
        each_day(office, 1, 40)
        assert len(asked) == len(set(asked)) == 2
        states = [state for _, state in invitations.invited(office.context)]
        assert states == [InvitationState.USED] * 2
        assert len(asked) == 2, "the list does not ask either"
        with office.context.register.read() as connection:
            rows = journal.of_actions(connection, ["invite.used"])
        assert [row.entry.facts["rule"] for row in rows] == ["P2", "P2"]


@pytest.mark.rule("P2")
def test_whose_password_was_taken_away_after_the_link_was_used_gets_another_link_on_a_persons_word_only(
    tmp_path: Path,
) -> None:
    with two_invited(tmp_path) as office:
        leroy_used_the_link(office).has_password = False  # as an administrator does in the console
        mails = len(office.directory.mails)
        office.on(date(2026, 6, 26))
        repeat(office)
        assert [mail.to for mail in office.directory.mails[mails:]] == [NGUYEN]
        invitations.repeat_one(office.context, LEROY, progress_bar(True))
        assert [mail.to for mail in office.directory.mails[mails:]] == [NGUYEN, LEROY]


@pytest.mark.rule("P2")
@pytest.mark.parametrize("mode", ["mail", *get_args(FailMode)])
def test_the_link_that_a_person_asked_for_and_that_did_not_leave_goes_on_by_itself_though_an_earlier_one_was_used(
    tmp_path: Path, mode: Any
) -> None:
    with two_invited(tmp_path) as office:
        leroy_used_the_link(office).has_password = False  # as an administrator does in the console
        office.directory.mail_works = mode != "mail"
        if mode != "mail":
            office.directory.fail(1, mode)
        with suppress(Killed):
            invitations.repeat_one(office.context, LEROY, progress_bar(True))
        assert office.directory.has_failed or not office.directory.mail_works
        office.directory.mail_works = True
        office.reopen()
        each_day(office, 5, 40)
        assert len(office.directory.mails_to(LEROY)) == MOST_LINKS
        assert not any(attempt.is_unsettled for attempt in office.context.register.records().attempts)


@pytest.mark.rule("P2")
@pytest.mark.rule("A4")
def test_whose_password_went_for_a_reopening_that_a_suspension_overtook_gets_links_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with two_invited(tmp_path) as office:
        leroy_used_the_link(office)
        decided = persons.reopen(office.context, LEROY, BY, "mot de passe lu", new_password=True)
        end_sessions = office.directory.end_sessions

        def suspended_meanwhile(id_: str) -> None:
            end_sessions(id_)
            monkeypatch.setattr(office.directory, "end_sessions", end_sessions)
            persons.suspend(office.context, LEROY, BY, "téléphone volé")

        monkeypatch.setattr(office.directory, "end_sessions", suspended_meanwhile)
        persons.carry_out(office.context, decided, LEROY, no_bar)
        office.sync()
        again = persons.reopen(office.context, LEROY, BY, "retrouvé", new_password=False)
        persons.carry_out(office.context, again, LEROY, no_bar)
        each_day(office, 5, 40)
        assert len(office.directory.mails_to(LEROY)) == MOST_LINKS


@pytest.mark.rule("P2")
@pytest.mark.rule("A8")
def test_an_account_made_again_in_the_console_is_asked_about_by_itself(tmp_path: Path) -> None:
    with two_invited(tmp_path) as office:
        account = leroy_used_the_link(office)
        marks = dict(account.attributes)
        office.directory.delete_account(account.id)
        other = office.directory.accounts[office.directory.add_foreign_account(LEROY)]
        other.attributes, other.enabled = marks, True
        each_day(office, 5, 40)
        assert len(office.directory.mails_to(LEROY)) == MOST_LINKS


@pytest.mark.rule("P2")
@pytest.mark.rule("A8")
def test_a_new_round_through_an_access_that_closes_since_is_not_taken_for_the_one_that_was_used(
    tmp_path: Path,
) -> None:
    with closing(MemoryOffice(tmp_path)) as office:
        for code, day in ((LYS, "2026-06-26"), ("sources", "2026-06-10")):
            office.add_partner(code, "agglo-lys.example")
            office.on(FIRST_DAY)
            office.apply(annexe(("leroy",), start=day), code, Decisions(waive={1: "les deux"}))
        assert office.directory.set_password_by_link(LEROY), "through the second one"
        each_day(office, 1, 12)
        decision = persons.reopen(office.context, LEROY, BY, "mot de passe lu", new_password=True)
        persons.carry_out(office.context, decision, LEROY, no_bar)
        office.on(date(2026, 6, 29))
        office.apply(annexe((), ("leroy",), "2026-06-29", "2026-06-28"), LYS)
        before = len(office.directory.mails)
        each_day(office, 14, 60)
        assert len(office.directory.mails) > before
        assert [state.value for _, state in invitations.invited(office.context)] == ["given-up"]


@pytest.mark.rule("P2")
@pytest.mark.parametrize("mode", get_args(FailMode))
def test_cut_off_or_killed_while_sending_again_each_person_gets_each_link_once(
    tmp_path: Path, mode: FailMode
) -> None:
    for at in (1, 2):
        with two_invited(tmp_path / str(at)) as office:
            office.hand_clock.now = datetime.combine(date(2026, 6, 19), time(8), UTC)
            office.directory.fail(at, mode)
            with suppress(Killed):
                repeat(office)
            assert office.directory.has_failed
            office.reopen()
            office.sync()
            assert len(office.directory.mails) <= 4
            repeat(office)
            repeat(office)
            assert sorted(mail.to for mail in office.directory.mails) == [LEROY, LEROY, NGUYEN, NGUYEN]
            assert not any(attempt.is_unsettled for attempt in office.context.register.records().attempts)
