"""What `status` and the metrics count in SQL is what the rules say of the whole register, on either database."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

from provisioner.clock import Clock
from provisioner.domain.access.invitations import Obstacle, due_again, password_was_seen, unused
from provisioner.operations.service_status import service_status
from provisioner.register import Register, open_register
from provisioner.register.counts import accounts_with_unused_link
from provisioner.register.database import read_records
from provisioner.register.reviews import all_reviews
from provisioner.settings import load_settings
from tests.register.conftest import NewDatabase
from tests.register.random_rows import NOW, TODAY, fill, forget
from tests.shared.counting import counted, figures

HISTORIES = 120


@pytest.fixture
def register(new_database: NewDatabase) -> Iterator[Register]:
    register = open_register(load_settings(environment=new_database()), Clock(real_now=lambda: NOW))
    yield register
    register.close()


def test_status_counts_what_the_rules_say_of_the_whole_register(register: Register) -> None:
    seen: dict[str, set[Any]] = {}
    for seed in range(HISTORIES):
        with register.engine.begin() as connection:
            forget(connection)
            fill(connection, random.Random(seed))
        with register.read() as connection:
            expected = counted(read_records(connection), all_reviews(connection), TODAY)
        assert figures(service_status(register)) == expected, f"history {seed}"
        for name in ("open", "invitations_owed", "invitations_uncertain", "late_reviews"):
            seen.setdefault(name, set()).add(expected[name])
    assert all(len(numbers) > 2 for numbers in seen.values()), "the histories differ in what is counted"


@pytest.mark.rule("P2")
def test_whoever_may_be_due_a_further_link_or_has_used_none_of_three_is_among_those_without_an_answer(
    register: Register,
) -> None:
    asked, everybody = 0, 0
    for seed in range(HISTORIES):
        with register.engine.begin() as connection:
            forget(connection)
            fill(connection, random.Random(seed))
        with register.read() as connection:
            records, with_unused_link = read_records(connection), accounts_with_unused_link(connection)
        silent = [i for i in unused(records) if i.obstacle(records, NOW) is Obstacle.GIVEN_UP]
        wanted = {records.accounts[i.habilitation.email].id for i in [*due_again(records, NOW), *silent]}
        assert wanted <= with_unused_link, f"history {seed}"
        seen = {account.id for email, account in records.accounts.items() if password_was_seen(records, email)}
        assert with_unused_link.isdisjoint(seen), f"history {seed}"
        asked, everybody = asked + len(with_unused_link), everybody + len(records.accounts)
    assert 0 < asked < everybody / 3, "few are asked about"
