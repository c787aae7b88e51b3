"""The operations on a register and a directory in memory; killed or cut off at each write, they end the same."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from functools import cache
from pathlib import Path
from typing import get_args

import pytest

from provisioner.documents import read_annexe
from provisioner.domain.access.change import Action
from provisioner.domain.annexe.document import Annexe, Document
from provisioner.domain.people import EmailAddress
from provisioner.operations.context import Ending, RunResult
from provisioner.settings import DocumentSettings
from tests.fakes.failing import FailMode, Killed
from tests.fakes.memory_office import MemoryOffice

SAMPLES = Path(__file__).parents[1] / "data" / "samples"
PARTNER, DOMAIN = "agglo-lys", "agglo-lys.example"
FIRST, SECOND = (
    Document(name=name, content=(SAMPLES / name).read_bytes())
    for name in ("01-premiere-demande.docx", "02-ajouts-et-cloture.xlsx")
)
FIRST_DAY, SECOND_DAY = date(2026, 6, 16), date(2026, 9, 2)
FOUR = {"alice.carpentier", "alexandre.leroy", "annesophie.delattre", "brigitte.vasseur"}
MODES: tuple[FailMode, ...] = get_args(FailMode)


@cache
def _read_once(content: bytes, name: str, limits: DocumentSettings) -> Annexe:
    """In a process of its own, for real; after that what it gave is remembered."""
    return read_annexe(content, name, limits)


@pytest.fixture
def office(tmp_path: Path) -> Iterator[MemoryOffice]:
    office = MemoryOffice(tmp_path, read=_read_once)
    office.add_partner(PARTNER, DOMAIN)
    yield office
    office.close()


def done(outcome: RunResult) -> list[tuple[Action, str]]:
    """What was done, kind by kind; within a kind, calls may end in any order."""
    order = {action: number for number, action in enumerate(Action)}
    named = [(change.action, (change.email or "").partition("@")[0]) for change in outcome.done]
    kinds = [action for action, _ in named]
    assert kinds == sorted(kinds, key=lambda action: order[action])
    return sorted(named, key=lambda change: (order[change[0]], change[1]))


def open_names(office: MemoryOffice) -> set[str]:
    return {account.email.partition("@")[0] for account in office.directory.accounts.values() if account.enabled}


def mailed(office: MemoryOffice) -> list[str]:
    return sorted(mail.to.partition("@")[0] for mail in office.directory.mails)


@pytest.mark.rule("A1")
@pytest.mark.rule("A3")
def test_two_annexes_open_update_and_close_what_they_say(office: MemoryOffice) -> None:
    office.on(FIRST_DAY)
    first = office.apply(FIRST, PARTNER)
    assert first.ending is Ending.APPLIED
    assert [action for action, _ in done(first)] == [Action.GROUP, *[Action.OPEN] * 4, *[Action.INVITE] * 4]
    assert open_names(office) == FOUR
    assert mailed(office) == sorted(FOUR)
    assert office.directory.set_password_by_link(EmailAddress(f"alexandre.leroy@{DOMAIN}"))
    assert office.directory.log_in(EmailAddress(f"brigitte.vasseur@{DOMAIN}")) is False

    office.on(SECOND_DAY)
    second = office.apply(SECOND, PARTNER)
    assert done(second) == [
        (Action.CLOSE, "brigitte.vasseur"),
        (Action.UPDATE, "alexandre.leroy"),
        (Action.OPEN, "emilie.nguyen"),
        (Action.OPEN, "sean.obrien"),
        (Action.INVITE, "emilie.nguyen"),
        (Action.INVITE, "sean.obrien"),
    ]
    everybody = {*FOUR, "emilie.nguyen", "sean.obrien"}
    assert open_names(office) == everybody - {"brigitte.vasseur"}
    assert office.directory.members(PARTNER) == {f"{name}@{DOMAIN}" for name in everybody}
    assert office.directory.log_in(EmailAddress(f"alexandre.leroy@{DOMAIN}"))
    leroy = office.directory.find(EmailAddress(f"alexandre.leroy@{DOMAIN}"))
    assert leroy is not None
    assert leroy.attributes["fonction"] == ("directeur adjoint",)

    office.directory.read_only = True
    assert done(office.apply(SECOND, PARTNER)) == []
    assert done(office.sync()) == []
    assert mailed(office) == sorted(everybody)


@pytest.mark.parametrize("mode", MODES)
def test_cut_off_or_killed_at_any_write_the_next_run_ends_the_work_and_mails_nobody_twice(
    tmp_path: Path, mode: FailMode
) -> None:
    for number in range(1, 30):
        office = MemoryOffice(tmp_path / str(number), read=_read_once)
        office.add_partner(PARTNER, DOMAIN)
        office.on(FIRST_DAY)
        office.directory.fail(number, mode)
        with suppress(Killed):
            office.apply(FIRST, PARTNER)
        was_hit = office.directory.has_failed
        office.reopen()
        office.sync()
        assert (open_names(office), mailed(office)) == (FOUR, sorted(FOUR)), number
        office.directory.read_only = True
        assert done(office.sync()) == []
        office.close()
        if not was_hit:
            break
    # A group, 4 accounts and 4 links were each hit once.
    assert number == 10


def test_a_partner_that_is_cut_off_for_good_waits_for_the_next_run(office: MemoryOffice) -> None:
    office.on(FIRST_DAY)
    office.directory.fail(3, for_good=True)
    outcome = office.apply(FIRST, PARTNER)
    assert len(outcome.failed) == 7
    assert mailed(office) == []
    office.reopen()
    office.sync()
    assert (open_names(office), mailed(office)) == (FOUR, sorted(FOUR))
