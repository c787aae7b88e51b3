"""What the controls rest on is read alike from both databases."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import insert

from provisioner.clock import Clock
from provisioner.domain.connections.record import ConnectionRecord
from provisioner.register import connections, evidence, open_register
from provisioner.register import tables as t
from provisioner.settings import load_settings
from tests.register.conftest import NewDatabase

NOON = datetime(2026, 9, 10, 10, 0, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.mark.rule("L1")
def test_new_records_come_with_those_of_the_days_before_and_a_foreign_login_once_a_day(
    new_database: NewDatabase,
) -> None:
    register = open_register(load_settings(environment=new_database()), Clock())

    def store(*records: tuple[str, datetime, str, int | None, str | None]) -> int:
        given = [
            ConnectionRecord(id=id_, at=at, kind=kind, account=account, user=user, address=f"192.0.2.{len(id_)}")
            for id_, at, kind, account, user in records
        ]
        with register.work("test") as work:
            connections.store(work, given)
            return work.number

    with register.work("test") as work:
        accounts = [{"id": n, "email": f"{n}@lys.example"} for n in (1, 2)]
        work.connection.execute(insert(t.account), accounts)
    first = store(
        ("a", NOON - 9 * DAY, "login", 1, None),
        ("b", NOON - 8 * DAY, "update_credential", 1, None),
        ("c", NOON - DAY, "login", 2, None),
        ("d", NOON - DAY, "login", None, "u1"),
    )
    last = store(
        ("e", NOON, "login", 1, None),
        ("f", NOON + DAY, "login", None, "u1"),
        ("g", NOON, "login", None, "u1"),
        ("h", NOON + timedelta(hours=1), "login", None, "u1"),
        ("i", NOON, "client_login", None, "u2"),
    )
    with register.read() as connection:
        assert evidence.last_number(connection) == last
        chunks = evidence.new_since(connection, first)
        assert chunks == [{1: NOON}]
        records = evidence.records_around(connection, chunks[0])
        assert {account: [record.id for record in of_account] for account, of_account in records.items()} == {
            1: ["b", "e"]
        }
        others = evidence.new_of_others(connection, first)
        assert {user: [record.id for record in theirs] for user, theirs in others.items()} == {"u1": ["g", "f"]}
        assert evidence.addresses_of(connection, [1]) == {1: frozenset({"192.0.2.1"})}
        assert evidence.most_shown_since(connection, NOON - DAY) == (2, "192.0.2.1", 2)
        assert evidence.most_shown_since(connection, NOON + DAY) == (0, None, 0)
        assert evidence.passwords_made(connection, [1, 2]) == {1: NOON - 8 * DAY}
    register.close()
