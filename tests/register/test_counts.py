"""What `status` and the metrics count in SQL is what the rules say of the whole register, on either database."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Connection, insert

from provisioner.clock import Clock
from provisioner.domain.hold import HoldKind
from provisioner.operations.service_status import service_status
from provisioner.register import Register, open_register
from provisioner.register import tables as t
from provisioner.register.database import read_records
from provisioner.register.reviews import all_reviews
from provisioner.settings import load_settings
from tests.register.conftest import NewDatabase
from tests.shared.counting import counted, figures

TODAY = date(2028, 3, 1)
NOW = datetime(2028, 3, 1, 9, tzinfo=UTC)
HISTORIES, PARTNERS, ACCOUNTS = 60, 6, 8


@pytest.fixture
def register(new_database: NewDatabase) -> Iterator[Register]:
    register = open_register(load_settings(environment=new_database()), Clock(real_now=lambda: NOW))
    yield register
    register.close()


def test_status_counts_what_the_rules_say_of_the_whole_register(register: Register) -> None:
    seen: dict[str, set[Any]] = {}
    for seed in range(HISTORIES):
        with register.engine.begin() as connection:
            _forget(connection)
            _fill(connection, random.Random(seed))
        with register.read() as connection:
            expected = counted(read_records(connection), all_reviews(connection), TODAY)
        assert figures(service_status(register)) == expected, f"history {seed}"
        for name in ("open", "invitations_owed", "invitations_uncertain", "late_reviews"):
            seen.setdefault(name, set()).add(expected[name])
    assert all(len(numbers) > 2 for numbers in seen.values()), "the histories differ in what is counted"


def _forget(connection: Connection) -> None:
    for table in (t.review, t.hold, t.invitation, t.habilitation, t.account, t.partner):
        connection.execute(table.delete())


def _fill(connection: Connection, chance: random.Random) -> None:
    """Some partners and accounts of any kind; of each access any number of attempts at its link."""
    codes = [f"p{number}" for number in range(PARTNERS)]
    for code in codes:
        connection.execute(insert(t.partner).values(**_partner(code, chance)))
        for due_on in chance.sample([None, date(2026, 3, 1), date(2027, 3, 1)], chance.randint(0, 3)):
            settled_on = chance.choice([None, _day(chance, 800)])
            connection.execute(insert(t.review).values(partner=code, due_on=due_on, settled_on=settled_on))
        if chance.random() < 0.2:
            _hold(connection, HoldKind.CONTAINMENT, chance, partner=code)
    number = 0
    for account in range(1, ACCOUNTS + 1):
        connection.execute(insert(t.account).values(id=account, email=f"a{account}@lys.example"))
        if chance.random() < 0.3:
            _hold(connection, HoldKind.SUSPENSION, chance, account=account)
        for code in chance.sample(codes, chance.randint(0, 3)):
            number += 1
            connection.execute(insert(t.habilitation).values(id=number, **_access(code, account, chance)))
            for attempt in range(1, chance.randint(0, 3) + 1):
                connection.execute(insert(t.invitation).values(**_attempt(number, attempt, chance)))


def _partner(code: str, chance: random.Random) -> dict[str, Any]:
    return {
        "code": code,
        "name": code,
        "signed_on": chance.choice([None, _day(chance, 900), _day(chance, 400), TODAY - timedelta(days=366)]),
        "ctg_end": date(2030, 12, 31),
        "ends_on": chance.choice([None, None, _day(chance, 30), TODAY + timedelta(days=20)]),
    }


def _access(code: str, account: int, chance: random.Random) -> dict[str, Any]:
    opened_at = chance.choice([None, NOW, NOW, NOW])
    due = chance.choice([None, chance.randint(1, 20)]) if opened_at else None
    return {
        "partner": code,
        "account": account,
        "last_name": "Leroy",
        "first_names": "Alexandre",
        "function": "agent",
        "requested_on": TODAY,
        "transmitted_on": TODAY,
        "opened_at": opened_at,
        "opened_number": 1 if opened_at else None,
        "link_due_at": NOW if due else None,
        "link_due_number": due * 1000 if due else None,
        "closed_at": chance.choice([None, None, NOW]) if opened_at else None,
    }


def _attempt(habilitation: int, attempt: int, chance: random.Random) -> dict[str, Any]:
    became = chance.choice(["sent_at", "failed_at", "uncertain_at", None])
    return {
        "habilitation": habilitation,
        "attempt": attempt,
        "tries": 1,
        "intended_at": NOW,
        # no two in one write, as no two go to one account at once
        "intended_number": chance.randint(1, 20) * 1000 + habilitation * 10 + attempt,
        "keycloak_time": NOW,
        "lifespan_seconds": timedelta(days=1),
        "events_kept": True,
        **({became: NOW} if became else {}),
    }


def _hold(connection: Connection, kind: HoldKind, chance: random.Random, **of: Any) -> None:
    released_at = chance.choice([None, None, NOW])
    row = {"kind": kind, "reason": "essai", "since": NOW, "since_number": 1, "released_at": released_at}
    connection.execute(insert(t.hold).values(**row, **of))


def _day(chance: random.Random, most: int) -> date:
    return TODAY - timedelta(days=chance.randint(0, most))
