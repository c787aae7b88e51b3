"""Which of Keycloak's events are kept, and as whose: the register is asked about those that a window names."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from provisioner.domain.annexe.document import Document
from provisioner.domain.connections.record import ConnectionRecord, EventStore, Stream
from provisioner.keycloak.events import AdminEvent, UserEvent, Window
from provisioner.operations import connections
from provisioner.register.tables import account, connection_record
from tests.fakes.memory_office import MemoryOffice, reading
from tests.shared.examples import LYS, annexe, email

TODAY = date(2026, 6, 16)


@dataclass
class Events:
    """Keycloak's list of these."""

    users: list[UserEvent] = field(default_factory=list)

    def stores(self) -> Mapping[Stream, EventStore]:
        return dict.fromkeys(Stream, EventStore(is_on=True))

    def of_users(self, since: datetime, until: datetime | None = None) -> Iterator[Window[UserEvent]]:
        yield Window(since, until, self.users)

    def of_administrators(self, since: datetime, until: datetime | None = None) -> Iterator[Window[AdminEvent]]:
        yield Window(since, until, [])


@pytest.mark.rule("L1")
def test_a_typed_name_finds_the_account_and_one_that_no_database_takes_stops_no_reading(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    office = MemoryOffice(tmp_path, read=reading({b"1": annexe({"leroy": TODAY}, on=TODAY)}))
    office.add_partner(LYS.code, "agglo-lys.example")
    office.on(TODAY)
    office.apply(Document(name="1.csv", content=b"1"), LYS.code)
    at, failed = office.context.clock.now(), "user_not_found"
    typed = (f" {email('leroy').upper()} ", "le\0roy", "le\ud800roy", "")
    tries = [ConnectionRecord(id=f"e{n}", at=at, kind="login", outcome=failed) for n in range(len(typed))]
    events = Events([UserEvent(record, name) for record, name in zip(tries, typed, strict=True)])
    monkeypatch.setattr(office.directory, "events", events, raising=False)
    connections.pull(office.context)
    with office.context.register.read() as connection:
        number = connection.execute(select(account.c.id).where(account.c.email == email("leroy"))).scalar_one()
        kept = connection.execute(select(connection_record.c.id, connection_record.c.account)).all()
    assert {tuple(row) for row in kept} == {("e0", number), ("e1", None), ("e2", None), ("e3", None)}
    office.close()
