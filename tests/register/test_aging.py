"""What is due for destruction is found at the partners at which something may be, and nothing is passed over."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pytest
from sqlalchemy import insert

from provisioner.clock import Clock
from provisioner.domain.calendar import add_months
from provisioner.domain.records import Scope
from provisioner.domain.retention import conventions_due_by, done_from, due
from provisioner.register import Register, open_register
from provisioner.register import tables as t
from provisioner.register.retention import partners_aging
from provisioner.settings import load_settings
from tests.register.conftest import NewDatabase

TODAY = date(2027, 8, 31)
PARTNERS = [f"p{number}" for number in range(40)]


def around(rng: random.Random, months: int) -> date:
    return add_months(TODAY, -months) + timedelta(days=rng.randrange(-6, 7))


def access(rng: random.Random, *, was_destroyed: bool) -> dict[str, Any]:
    """The facts of an access that was closed around a day that counts, or of one that is open."""
    facts = {"last_name": "Leroy", "first_names": "Alex", "function": "agent", "requested_on": date(2024, 2, 1)}
    facts |= {"transmitted_on": date(2024, 2, 1), "opened_at": datetime(2024, 2, 1, tzinfo=UTC)}
    ended_on, closed_on = around(rng, rng.choice([24, 24, 12])), around(rng, 24 if was_destroyed else 6)
    closed_at = datetime.combine(closed_on, time(rng.randrange(24)), UTC)
    is_open = rng.random() < 0.15
    end = {"ended_on": ended_on, "end_rule": "A3", "end_recorded_on": ended_on, "closed_at": closed_at}
    return facts if is_open else facts | end


@pytest.fixture
def register(new_database: NewDatabase) -> Iterator[Register]:
    """Closures around the days on which accounts, habilitations and conventions are due."""
    rng, register = random.Random(1), open_register(load_settings(environment=new_database()), Clock())
    with register.engine.begin() as connection:
        for code in PARTNERS:
            ends_on = around(rng, 24) if rng.random() < 0.6 else None
            signed = {"signed_on": date(2024, 1, 1), "ctg_end": date(2030, 12, 31), "ends_on": ends_on}
            connection.execute(insert(t.partner).values(code=code, name=code, **signed))
        for number in range(60):
            destroyed_on = date(2026, 1, 1) if rng.random() < 0.3 else None
            known = {"email": f"n{number}@lys.example", "destroyed_on": destroyed_on}
            connection.execute(insert(t.account).values(id=number, **known))
            for partner in rng.sample(PARTNERS[:30], rng.choice([1, 1, 2])):
                facts = access(rng, was_destroyed=destroyed_on is not None)
                connection.execute(insert(t.habilitation).values(partner=partner, account=number, **facts))
    yield register
    register.close()


@pytest.mark.rule("D1")
@pytest.mark.rule("D2")
@pytest.mark.rule("C4")
def test_what_is_due_by_a_day_is_due_of_the_partners_that_age_alone(register: Register) -> None:
    whole, is_part, seen = register.records(), False, set()
    for day in (TODAY + timedelta(days=days) for days in range(-10, 11)):
        with register.read() as connection:
            codes = partners_aging(connection, day) | conventions_due_by(whole.partners.values(), day)
        part = register.records(Scope(frozenset(codes), is_of_office=True))
        of_part, of_whole = ([d for d in due(of) if done_from(d.due_on) <= day] for of in (part, whole))
        assert of_part == of_whole
        assert part.account_count == whole.account_count == 60
        is_part |= len(part.accounts) < 60
        seen |= {d.kind for d in of_whole}
    assert is_part
    assert len(seen) == 3
