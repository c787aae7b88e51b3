"""An answer was lost and Keycloak's events cannot tell: no second e-mail, but a question to a person (P2)."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing, suppress
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from provisioner.cli.asking import progress_bar
from provisioner.domain.access.invitations import Obstacle
from provisioner.domain.errors import Refused
from provisioner.domain.people import EmailAddress
from provisioner.operations import invitations
from provisioner.operations.context import RunResult
from provisioner.operations.service_status import service_status
from tests.fakes.failing import FailMode, Killed
from tests.fakes.memory_office import MemoryOffice
from tests.operations.test_decided_beside_a_run import annexe

LYS = "agglo-lys"
LEROY = EmailAddress("leroy@agglo-lys.example")

#: Of a first annexe that asks for one person: the account's creation, then the link.
CREATION, LINK = 1, 2


@pytest.fixture
def office(tmp_path: Path) -> Iterator[MemoryOffice]:
    made = MemoryOffice(tmp_path)
    made.add_partner(LYS, "agglo-lys.example")
    made.on(date(2026, 6, 16))
    made.directory.place_group(LYS)
    yield made
    made.close()


def apply_and_lose(office: MemoryOffice, mode: FailMode) -> None:
    """The annexe is applied, and nobody hears how the sending of the link ended."""
    office.directory.fail(LINK, mode)
    with suppress(Killed):
        office.apply(annexe(("leroy",)), LYS)
    assert office.directory.has_failed
    office.hand_clock.advance(timedelta(minutes=5))
    office.reopen()


def turned_off(office: MemoryOffice) -> None:
    office.directory.keep_events(False)


def turned_off_and_on(office: MemoryOffice) -> None:
    office.directory.keep_events(False)
    office.directory.keep_events(True)


def cleared(office: MemoryOffice) -> None:
    office.directory.clear_events()


def never_while_the_register_is_held(office: MemoryOffice, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keycloak's clock is asked, which may be a call, only while nobody else waits for the register."""
    server_time = office.directory.server_time

    def asked() -> datetime:
        with closing(sqlite3.connect(office.settings.data_dir / "provisioner.sqlite3", timeout=0)) as another:
            another.execute("BEGIN IMMEDIATE")
        return server_time()

    monkeypatch.setattr(office.directory, "server_time", asked)


def failures(outcome: RunResult) -> list[str]:
    return [failure.change.action.value for failure in outcome.failed]


#: What hides whether the link left. Events that were turned off after it left still tell that it did.
HIDDEN = [
    *((cleared, mode) for mode in ("before", "after", "crash-before", "crash-after")),
    *((lost, mode) for lost in (turned_off, turned_off_and_on) for mode in ("before", "crash-before")),
]


@pytest.mark.rule("P2")
@pytest.mark.parametrize(("lost", "mode"), HIDDEN)
def test_no_second_email_leaves_when_keycloaks_events_cannot_tell_about_the_first(
    office: MemoryOffice, lost: Callable[[MemoryOffice], None], mode: FailMode
) -> None:
    apply_and_lose(office, mode)
    lost(office)
    has_left = len(office.directory.mails)
    assert failures(office.sync()) == ["invite"]
    for _ in range(3):
        office.hand_clock.advance(timedelta(days=4))
        assert failures(office.sync()) == []
        invitations.repeat_due(office.context, progress_bar(True))
    assert len(office.directory.mails) == has_left
    assert [state.value for _, state in invitations.invited(office.context)] == ["uncertain"]
    shown = service_status(office.context.register)
    assert (shown.invitations_owed, shown.invitations_uncertain) == (0, 1)


@pytest.mark.rule("P2")
@pytest.mark.parametrize("mode", ["before", "after"])
def test_a_persons_word_settles_it_and_the_link_goes_on_as_any_other(office: MemoryOffice, mode: FailMode) -> None:
    apply_and_lose(office, mode)
    cleared(office)
    office.sync()
    has_left = len(office.directory.mails)
    invitations.repeat_one(office.context, LEROY, progress_bar(True))
    assert len(office.directory.mails) == has_left + 1
    assert [state.value for _, state in invitations.invited(office.context)] == ["sent"]
    with pytest.raises(Refused, match=Obstacle.STILL_WORKS):
        invitations.repeat_one(office.context, LEROY, progress_bar(True))
    assert service_status(office.context.register).invitations_uncertain == 0


@pytest.mark.rule("P2")
def test_a_person_who_used_the_link_needs_no_word(office: MemoryOffice) -> None:
    apply_and_lose(office, "crash-after")
    cleared(office)
    office.sync()
    assert office.directory.set_password_by_link(LEROY)
    assert [state.value for _, state in invitations.invited(office.context)] == ["used"]
    with pytest.raises(Refused, match=Obstacle.USED):
        invitations.repeat_one(office.context, LEROY, progress_bar(True))


@pytest.mark.rule("P2")
def test_events_that_were_off_when_the_link_was_sent_prove_nothing_once_they_are_on(office: MemoryOffice) -> None:
    office.directory.keep_events(False)
    apply_and_lose(office, "after")
    office.directory.events_on = True  # since before, as far as Keycloak can say
    assert failures(office.sync()) == ["invite"]
    assert len(office.directory.mails) == 1


@pytest.mark.rule("P2")
def test_events_that_are_kept_still_tell_that_nothing_left(office: MemoryOffice) -> None:
    apply_and_lose(office, "crash-before")
    assert failures(office.sync()) == []
    assert [mail.to for mail in office.directory.mails] == [LEROY]


@pytest.mark.rule("P2")
def test_a_register_put_back_from_before_an_opening_mails_nobody_whom_cleared_events_cannot_tell_of(
    office: MemoryOffice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copy = (tmp_path / "provisioner.sqlite3").read_bytes()
    office.apply(annexe(("leroy",)), LYS)
    office.close()
    (tmp_path / "provisioner.sqlite3").write_bytes(copy)
    office.open()
    cleared(office)
    office.hand_clock.advance(timedelta(minutes=5))
    never_while_the_register_is_held(office, monkeypatch)
    assert failures(office.apply(annexe(("leroy",)), LYS)) == ["invite"]
    assert [mail.to for mail in office.directory.mails] == [LEROY]
    assert [state.value for _, state in invitations.invited(office.context)] == ["uncertain"]
