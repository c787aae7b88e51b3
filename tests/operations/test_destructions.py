"""Each destruction on its day, announced the day before, whatever another clock of the same person says (C4, D rules).

The directory is in memory and the register real: years of one office in seconds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from datetime import date, timedelta
from pathlib import Path

import pytest

from provisioner.domain.access.change import Action
from provisioner.domain.annexe.document import Annexe, Document
from provisioner.domain.gates import Limit
from provisioner.keycloak.errors import KeycloakError
from provisioner.operations import holds, partners
from provisioner.operations.context import RunResult
from provisioner.operations.journal import verify_journal
from provisioner.operations.run import plan_due
from provisioner.register import RegisterUnavailable
from provisioner.settings import DocumentSettings
from tests.fakes.failing import FailMode, Killed
from tests.fakes.faults import Commits, Fault
from tests.fakes.memory_office import MemoryOffice
from tests.shared.examples import LYS, annexe

START, CLOSED = date(2026, 6, 16), date(2026, 9, 1)
ALL = dict.fromkeys(("leroy", "vasseur", "petit"), date(2026, 6, 10))
STAYING = {"leroy": ALL["leroy"]}
ANNEXES = {
    b"all": annexe(ALL, on=START),
    b"departures": annexe(STAYING, {"vasseur": date(2026, 8, 31), "petit": date(2026, 2, 28)}, on=CLOSED),
}
DAY = timedelta(days=1)

#: What a run destroyed: its rule and whose data.
Destroyed = list[tuple[str, str | None]]


def _read(content: bytes, _name: str, _limits: DocumentSettings) -> Annexe:
    return ANNEXES[content]


@pytest.fixture
def office(tmp_path: Path) -> Iterator[MemoryOffice]:
    """leroy is open; vasseur and petit were closed on 1 September 2026, petit by a date of the past."""
    office = MemoryOffice(tmp_path / "office", read=_read)
    office.add_partner(LYS.code, "agglo-lys.example")
    for day, name in ((START, b"all"), (CLOSED, b"departures")):
        office.on(day)
        office.apply(Document(name="1.csv", content=name), LYS.code)
    yield office
    office.close()


def destroyed(result: RunResult) -> Destroyed:
    """In the order of the rules; those of one rule by name."""
    gone = [change for change in result.done if change.action is Action.DESTROY]
    names = [(change.rule, change.email and change.email.partition("@")[0]) for change in gone]
    return sorted(names, key=lambda name: (["D1", "D2", "C4"].index(name[0]), name[1] or ""))


def sync_on(office: MemoryOffice, day: date) -> Destroyed:
    """What that day's `sync` destroys: what the plan said; nothing is left to do after it, and the journal is whole."""
    office.on(day)
    planned = plan_due(office.context, []).plan
    result = office.sync()
    assert planned is not None
    assert sorted(change.line for change in result.done) == sorted(change.line for change in planned.free), day
    assert result.failed == []
    after = plan_due(office.context, []).plan
    assert after is not None
    assert after.free == (), day
    assert verify_journal(office.context.register).bad is None, day
    return destroyed(result)


def days_of(office: MemoryOffice, first: date, last: date) -> dict[date, Destroyed]:
    """Each day from the first to the last on which something was destroyed."""
    days = [first + DAY * number for number in range((last - first).days + 1)]
    return {day: gone for day in days if (gone := sync_on(office, day))}


@pytest.mark.rule("D1")
@pytest.mark.rule("D2")
def test_an_account_goes_the_day_after_6_months_and_the_habilitation_the_day_after_2_years(
    office: MemoryOffice,
) -> None:
    due = date(2027, 3, 1)  # of both accounts, and petit's date of the past shortens nothing
    both = [("D1", "petit"), ("D1", "vasseur")]
    assert days_of(office, due - 2 * DAY, due + 2 * DAY) == {due + DAY: both}
    assert {account.email.partition("@")[0] for account in office.directory.accounts.values()} == {"leroy"}
    assert days_of(office, date(2028, 2, 26), date(2028, 3, 1)) == {date(2028, 2, 29): [("D2", "petit")]}
    assert days_of(office, date(2028, 8, 30), date(2028, 9, 2)) == {date(2028, 9, 1): [("D2", "vasseur")]}
    records = office.context.register.records()
    assert [habilitation.email.partition("@")[0] for habilitation in records.habilitations] == ["leroy"]
    assert [email.partition("@")[0] for email in records.accounts] == ["leroy"]
