"""Histories that once ended badly, each as short as it can be: found by test_any_history.py."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import suppress
from datetime import date
from pathlib import Path

import pytest

from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.document import Document
from provisioner.domain.people import EmailAddress
from provisioner.operations.adoption import adopt
from provisioner.operations.errors import SyncFirst
from provisioner.operations.persons import suspend
from provisioner.operations.run import plan_due
from tests.fakes.failing import Killed
from tests.fakes.memory_office import MemoryOffice, no_bar
from tests.operations.histories.forms import DOMAIN, PARTNERS, read_form

LYS, SOURCES = PARTNERS
ALICE, BRUNO = EmailAddress(f"alice@{DOMAIN}"), EmailAddress(f"bruno@{DOMAIN}")


@pytest.fixture
def office(tmp_path: Path) -> Iterator[MemoryOffice]:
    office = MemoryOffice(tmp_path, read=read_form)
    for code in PARTNERS:
        office.add_partner(code, DOMAIN)
    yield office
    office.close()


def annexe(asked: dict[str, str], ended: dict[str, str] | None = None, *, on: str = "2026-06-16") -> Document:
    """An annexe of the form that forms.py reads."""
    lists = [
        [["Carpentier", "Alice", "agent", email, day] for email, day in rows.items()] for rows in (asked, ended or {})
    ]
    return Document(name="annexe1.json", content=json.dumps({"transmitted_on": on, "lists": lists}).encode())


def states(office: MemoryOffice) -> list[tuple[str, str, str]]:
    """Each access's partner, state and request's date."""
    return [
        (habilitation.partner, habilitation.state.value, habilitation.requested_on.isoformat())
        for habilitation in office.context.register.records().habilitations
    ]


@pytest.mark.rule("A8")
def test_an_adopted_account_without_a_function_is_written_once(office: MemoryOffice) -> None:
    id = office.directory.add_foreign_account(ALICE)
    office.directory.change_names(id, "Carpentier", "Alice")
    adopt(office.context, LYS, [ALICE], "Claire Martin", "ancien compte", no_bar)
    plan = plan_due(office.context, []).plan
    assert plan is not None
    assert plan.changes == ()


@pytest.mark.rule("A4")
def test_a_request_not_opened_yet_that_is_ended_and_asked_for_again_waits_for_its_new_day(
    office: MemoryOffice,
) -> None:
    office.on(date(2026, 6, 16))
    office.apply(annexe({ALICE: "2026-06-17"}), LYS)
    office.on(date(2026, 6, 20))
    office.apply(annexe({ALICE: "2026-06-21"}, {ALICE: "2026-06-19"}, on="2026-06-20"), LYS)
    assert states(office) == [(LYS, "planned", "2026-06-21")]
    office.on(date(2026, 6, 21))
    office.sync()
    assert states(office) == [(LYS, "open", "2026-06-21")]


@pytest.mark.rule("A4")
def test_list_2_alone_closes_an_access_and_leaves_the_return_that_list_1_asks_for(office: MemoryOffice) -> None:
    office.on(date(2026, 6, 16))
    office.apply(annexe({ALICE: "2026-06-10"}), LYS)
    office.on(date(2026, 6, 20))
    office.apply(annexe({ALICE: "2026-07-01"}, {ALICE: "2026-06-20"}, on="2026-06-20"), LYS)
    assert states(office) == [(LYS, "open", "2026-06-10"), (LYS, "planned", "2026-07-01")]
    again = annexe({ALICE: "2026-07-01"}, {ALICE: "2026-06-19"}, on="2026-06-20")
    office.apply(again, LYS, Decisions(closures_only=True))
    assert states(office) == [(LYS, "closed", "2026-06-10"), (LYS, "planned", "2026-07-01")]


@pytest.mark.rule("A8")
def test_an_access_at_a_second_partner_whose_group_could_not_be_made_is_opened_by_the_next_run(
    office: MemoryOffice,
) -> None:
    office.on(date(2026, 6, 16))
    office.apply(annexe({ALICE: "2026-06-10"}), LYS)
    office.directory.fail(1, "before")
    office.apply(annexe({ALICE: "2026-06-11"}), SOURCES, Decisions(waive={1: "two posts"}))
    assert states(office) == [(LYS, "open", "2026-06-10"), (SOURCES, "planned", "2026-06-11")]
    office.sync()
    assert states(office) == [(LYS, "open", "2026-06-10"), (SOURCES, "open", "2026-06-11")]
    assert office.directory.members(SOURCES) == {ALICE}
    plan = plan_due(office.context, []).plan
    assert plan is not None
    assert plan.changes == ()


@pytest.mark.rule("A8")
def test_a_second_partners_group_that_somebody_deleted_is_made_again(office: MemoryOffice) -> None:
    office.on(date(2026, 6, 16))
    office.apply(annexe({ALICE: "2026-06-10"}), LYS)
    office.apply(annexe({ALICE: "2026-06-11"}), SOURCES, Decisions(waive={1: "two posts"}))
    office.directory.delete_group(next(id for id, path in office.directory.groups.items() if path.endswith(SOURCES)))
    office.sync()
    assert office.directory.members(SOURCES) == {ALICE}


@pytest.mark.rule("A1")
def test_an_account_made_by_a_run_that_died_is_not_left_enabled_when_its_request_is_withdrawn(
    office: MemoryOffice,
) -> None:
    office.on(date(2026, 6, 16))
    office.directory.fail(2, "crash-after")
    with suppress(Killed):
        office.apply(annexe({ALICE: "2026-06-10"}), LYS)
    office.reopen()
    with pytest.raises(SyncFirst):
        office.apply(annexe({BRUNO: "2026-06-10"}), LYS)
    office.sync()
    undecided = office.apply(annexe({BRUNO: "2026-06-10"}), LYS)
    assert [habilitation.email for habilitation in undecided.undecided] == [ALICE]
    office.apply(annexe({BRUNO: "2026-06-10"}), LYS, Decisions(close_all=True))
    assert {account.email for account in office.directory.accounts.values() if account.enabled} == {BRUNO}


@pytest.mark.rule("A4")
def test_an_account_made_by_a_run_that_died_is_cut_when_the_person_is_suspended(office: MemoryOffice) -> None:
    office.on(date(2026, 6, 16))
    office.directory.fail(2, "crash-after")
    with suppress(Killed):
        office.apply(annexe({ALICE: "2026-06-10"}), LYS)
    office.reopen()
    suspend(office.context, ALICE, "Claire Martin", "stolen")
    office.sync()
    assert [account.enabled for account in office.directory.accounts.values()] == [False]
    assert office.sync().done == []


@pytest.mark.rule("P2")
def test_an_account_that_is_made_again_brings_a_link(office: MemoryOffice) -> None:
    office.on(date(2026, 6, 16))
    office.apply(annexe({ALICE: "2026-06-10"}), LYS)
    office.directory.delete_account(next(iter(office.directory.accounts)))
    office.apply(annexe({ALICE: "2026-06-11"}), SOURCES, Decisions(waive={1: "two posts"}))
    office.sync()
    assert len(office.directory.accounts) == 0 or len(office.directory.mails_to(ALICE)) == 2
