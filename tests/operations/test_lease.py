"""A pass that has lost the run's lock does nothing more; a decision recorded beside it is not the pass's."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path

import pytest

from provisioner.domain.hold import HoldKind
from provisioner.operations.holds import pause
from provisioner.register import LockLost, check_lease, may_act, run_lock
from provisioner.register import holds as rows
from tests.fakes.memory_office import MemoryOffice


@pytest.fixture
def office(tmp_path: Path) -> Iterator[MemoryOffice]:
    made = MemoryOffice(tmp_path)
    made.add_partner("agglo-lys", "agglo-lys.example")
    made.on(date(2026, 6, 16))
    yield made
    made.close()


def _pause(office: MemoryOffice) -> None:
    pause(office.context.register, "agglo-lys", "inondation", None, "Claire Martin")


def test_a_decision_of_another_thread_is_recorded_while_a_pass_finds_its_lock_lost(office: MemoryOffice) -> None:
    register = office.context.register
    with run_lock(register, office.settings, "test") as lease:
        lease.lose()
        assert not may_act()
        with pytest.raises(LockLost), register.work("test"):
            raise AssertionError("the pass wrote without its lock")
        with ThreadPoolExecutor(1) as beside:
            beside.submit(_pause, office).result()
            beside.submit(check_lease).result()  # what a call to Keycloak asks before it is sent
    assert [hold.kind for hold in register.records().holds] == [HoldKind.PAUSE]


def test_a_lock_lost_amid_a_write_takes_the_write_back(office: MemoryOffice) -> None:
    register = office.context.register

    def lose_it() -> None:
        with run_lock(register, office.settings, "test") as lease, register.work("test") as work:
            rows.pause(work, "agglo-lys", "trop tard", None, "Claire Martin")
            lease.lose()

    with pytest.raises(LockLost):
        lose_it()
    assert register.records().holds == ()
    _pause(office)  # the pass is over: its lease is no more
    assert [hold.kind for hold in register.records().holds] == [HoldKind.PAUSE]
