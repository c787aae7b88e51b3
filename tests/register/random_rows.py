"""A register of any facts: some partners, accounts, accesses, attempts at a link, reviews and holds, by chance."""

from __future__ import annotations

import random
from datetime import UTC, date, datetime, timedelta
from typing import Any

from sqlalchemy import Connection, insert

from provisioner.domain.hold import HoldKind
from provisioner.register import tables as t

TODAY = date(2028, 3, 1)
NOW = datetime(2028, 3, 1, 9, tzinfo=UTC)
PARTNERS, ACCOUNTS = 6, 8


def forget(connection: Connection) -> None:
    for table in (t.connection_record, t.review, t.hold, t.invitation, t.habilitation, t.account, t.partner):
        connection.execute(table.delete())


def fill(connection: Connection, chance: random.Random) -> None:
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
        row = {"id": account, "email": f"a{account}@lys.example", "keycloak_id": f"k{account}"}
        row["password_seen_number"] = chance.choice([None, chance.randint(1, 25) * 1000])
        connection.execute(insert(t.account).values(**row, last_login_on=chance.choice([None, _day(chance, 400)])))
        if chance.random() < 0.3:
            made = {"id": f"e{account}", "kind": "update_credential", "account": account, "number": 1}
            connection.execute(insert(t.connection_record).values(**made, at=_moment(chance, 200)))
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
    opened_at = chance.choice([None, *(_moment(chance, 300) for _ in range(3))])
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
        "closed_at": chance.choice([None, None, _moment(chance, 1)]) if opened_at else None,
        "adopted_on": chance.choice([None, None, None, _day(chance, 100)]),
    }


def _attempt(habilitation: int, attempt: int, chance: random.Random) -> dict[str, Any]:
    became = chance.choice([*["sent_at"] * 3, *["uncertain_at"] * 2, "failed_at", None])
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
        **({became: _moment(chance, 100)} if became else {}),
        **({"told_at": NOW} if became == "sent_at" and chance.random() < 0.1 else {}),
    }


def _hold(connection: Connection, kind: HoldKind, chance: random.Random, **of: Any) -> None:
    released_at = chance.choice([None, None, NOW])
    row = {"kind": kind, "reason": "essai", "since": NOW, "since_number": 1, "released_at": released_at}
    row["effective_at"] = chance.choice([None, _moment(chance, 1)])
    connection.execute(insert(t.hold).values(**row, **of))


def _day(chance: random.Random, most: int) -> date:
    return TODAY - timedelta(days=chance.randint(0, most))


def _moment(chance: random.Random, most: int) -> datetime:
    """Within so many days before now."""
    return NOW - chance.random() * timedelta(days=most)
