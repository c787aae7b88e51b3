"""Histories that once ended badly, each as short as it can be: found by tests/stateful."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner.domain.people import EmailAddress
from provisioner.operations.adoption import adopt
from provisioner.operations.syncing import plan_due
from tests.fakes.memory_office import MemoryOffice, no_bar
from tests.stateful.forms import DOMAIN, PARTNERS, read_form

LYS, SOURCES = PARTNERS
ALICE = EmailAddress(f"alice@{DOMAIN}")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[MemoryOffice]:
    office = MemoryOffice(tmp_path, read=read_form)
    for code in PARTNERS:
        office.add_partner(code, DOMAIN)
    yield office
    office.close()


@pytest.mark.rule("A8")
def test_an_adopted_account_without_a_function_is_written_once(office: MemoryOffice) -> None:
    id = office.directory.add_foreign_account(ALICE)
    office.directory.change_names(id, "Carpentier", "Alice")
    adopt(office.tools, LYS, [ALICE], "Claire Martin", "ancien compte", no_bar)
    plan = plan_due(office.tools, []).plan
    assert plan is not None
    assert plan.changes == ()
