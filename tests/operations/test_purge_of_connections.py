"""Until when connections are kept: their own age limit, the account's day, and a hold on destruction (D1, D7)."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from provisioner.domain.annexe.document import Document
from provisioner.domain.connections.record import ConnectionRecord, ConsoleRecord
from provisioner.operations import controls
from provisioner.operations.connections import purge
from provisioner.operations.journal import verify_journal
from provisioner.register import connections, holds
from provisioner.register.tables import account, connection_record, console_record, control, partner
from tests.fakes.memory_office import MemoryOffice, reading
from tests.shared.examples import LYS, annexe, email

OPENED, CLOSED = date(2026, 6, 16), date(2026, 7, 1)
DUE = date(2027, 1, 1)  # 6 months after the closure: nothing is destroyed on that day, everything on the next
ANNEXES = {
    b"1": annexe({"leroy": date(2026, 6, 10), "vasseur": date(2026, 6, 10)}, on=OPENED),
    b"2": annexe({"leroy": date(2026, 6, 10)}, {"vasseur": date(2026, 6, 30)}, on=CLOSED),
}


@pytest.fixture
def office(tmp_path: Path) -> MemoryOffice:
    """leroy is open, vasseur was closed on 1 July; both logged in on 20 June, vasseur tried again on 2 July."""
    office = MemoryOffice(tmp_path, read=reading(ANNEXES))
    office.add_partner(LYS.code, "agglo-lys.example")
    for day, content in ((OPENED, b"1"), (CLOSED, b"2")):
        office.on(day)
        office.apply(Document(name="1.csv", content=content), LYS.code)
    with office.context.work() as work:
        numbers = connections.accounts_by_email(work.connection)
        for name in ("leroy", "vasseur"):
            connections.store(work, [_login(name, numbers[email(name)], date(2026, 6, 20))])
        connections.store(work, [_login("again", numbers[email("vasseur")], date(2026, 7, 2), "user_disabled")])
        act = {"operation": "update", "resource": "user", "account": numbers[email("vasseur")]}
        connections.store_console(work, [ConsoleRecord(id="act", at=_at(date(2026, 6, 20)), **act)])  # type: ignore[arg-type]
    office.on(date(2026, 7, 3))
    controls.judge(office.context)
    return office


def _at(day: date) -> datetime:
    return datetime.combine(day, time(10), UTC)


def _login(id_: str, number: int, day: date, outcome: str | None = None) -> ConnectionRecord:
    return ConnectionRecord(
        id=id_, at=_at(day), kind="login", outcome=outcome, account=number, address="192.0.2.7", client="cooperation"
    )


def _purged(office: MemoryOffice, day: date) -> tuple[Collection[str], Collection[str], list[date | None]]:
    """After the runs and the purge of that day: the records, the facts of controls by person, the days of the last
    logins.
    """
    for today in (day - timedelta(days=1), day):
        office.on(today)
        office.sync()
    purge(office.context)
    purge(office.context)  # again, as after a kill
    with office.context.register.read() as connection:
        records = [*connection.execute(select(connection_record.c.id).order_by(connection_record.c.id)).scalars()]
        records += connection.execute(select(console_record.c.id)).scalars()
        about = select(account.c.email).join(control, control.c.account == account.c.id)
        facts = set(connection.execute(about.where(control.c.code == "closed-attempt")).scalars())
        last = select(account.c.last_login_on).order_by(account.c.email)
        days = list(connection.execute(last).scalars())
    assert verify_journal(office.context.register).bad is None
    return records, facts, days


@pytest.mark.rule("D1")
def test_nothing_of_a_closed_accounts_connections_is_left_after_its_day_and_an_old_record_leaves_its_last_day(
    office: MemoryOffice,
) -> None:
    login = date(2026, 6, 20)
    everything = (["again", "leroy", "vasseur", "act"], {email("vasseur")}, [login, login])
    assert _purged(office, DUE) == everything
    assert _purged(office, DUE + timedelta(days=1)) == (["leroy", "act"], set(), [login, None])
    assert _purged(office, login + timedelta(days=365)) == (["leroy", "act"], set(), [login, None])
    assert _purged(office, login + timedelta(days=366)) == ([], set(), [login, None])


@pytest.mark.rule("D7")
@pytest.mark.parametrize("partners", [[], [LYS.code]])
def test_a_hold_on_destruction_keeps_the_records_and_their_facts(office: MemoryOffice, partners: list[str]) -> None:
    office.on(DUE)
    with office.context.work() as work:
        holds.keep_for_incident(work, 1, "Mot de passe divulgué", partners, [])
    login = date(2026, 6, 20)
    records, facts, days = _purged(office, login + timedelta(days=400))
    assert ({*records} >= {"again", "leroy", "vasseur", "act"}, facts, days) == (
        True,
        {email("vasseur")},
        [login, login],
    )


@pytest.mark.rule("D7")
def test_a_hold_on_a_partner_keeps_what_was_done_to_its_group_in_the_console(office: MemoryOffice) -> None:
    office.add_partner("sivom", "sivom.example")
    with office.context.work() as work:
        for code in (LYS.code, "sivom"):
            work.connection.execute(
                partner.update().where(partner.c.code == code).values(group_id=f"group-of-{code}")
            )
            at, path = _at(date(2026, 6, 20)), f"groups/group-of-{code}"
            act = ConsoleRecord(id=code, at=at, operation="delete", resource="group", path=path)
            connections.store_console(work, [act])
        holds.keep(work, LYS.code, None, "Claire Martin", "Contentieux", date(2027, 12, 1))
    records, _, _ = _purged(office, date(2027, 8, 1))
    assert LYS.code in records
    assert "sivom" not in records


@pytest.mark.rule("D1")
def test_a_clock_that_jumps_a_year_ahead_destroys_no_record_that_day(office: MemoryOffice) -> None:
    everything = _purged(office, DUE - timedelta(days=1))
    office.on(DUE + timedelta(days=365))
    office.sync()
    assert purge(office.context) == {}
    with office.context.register.read() as connection:
        assert len(connection.execute(select(connection_record.c.id)).all()) == len(everything[0]) - 1


@pytest.mark.rule("D4")
def test_a_login_that_was_read_before_its_account_was_known_is_told_as_the_accounts(office: MemoryOffice) -> None:
    day = date(2026, 7, 3)
    with office.context.work() as work:
        ids = connections.accounts_by_keycloak_id(work.connection)
        leroy = connections.accounts_by_email(work.connection)[email("leroy")]
        (user,) = (user for user, number in ids.items() if number == leroy)
        connections.store(work, [replace(_login("adopted", leroy, day), account=None, user=user)])
        connections.attach(work)
    assert office.context.register.records().accounts[email("leroy")].last_login_on == day
