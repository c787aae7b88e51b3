"""The controls read few accounts of an office, and see what they would see of all; on either database."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from provisioner.clock import Clock
from provisioner.domain.connections.controls.unused import LINK_UNUSED, NEVER_USED, UNUSED
from provisioner.domain.connections.record import Stream
from provisioner.keycloak.directory import Directory
from provisioner.operations import person_controls
from provisioner.operations.context import Context
from provisioner.operations.person_controls import judge_accesses, judge_sessions, observed
from provisioner.register import open_register
from provisioner.register.connections import set_read_until
from provisioner.settings import load_settings
from tests.register.conftest import NewDatabase
from tests.register.random_rows import ACCOUNTS, NOW, fill, forget

HISTORIES = 120


@pytest.fixture
def context(new_database: NewDatabase) -> Iterator[Context]:
    """Everything was read since 250 days ago; every account has a session."""
    settings = load_settings(environment=new_database())
    clock = Clock(real_now=lambda: NOW)
    register = open_register(settings, clock)
    with register.work("test") as work:
        set_read_until(work, Stream.CONNECTIONS, NOW, NOW - timedelta(days=250))
    directory = cast(Directory, SimpleNamespace(has_session=lambda _id: True))
    yield Context(settings=settings, clock=clock, register=register, directory=directory, by="test")
    register.close()


def histories(context: Context) -> Iterator[int]:
    for seed in range(HISTORIES):
        with context.register.engine.begin() as connection:
            forget(connection)
            fill(connection, random.Random(seed))
        yield seed


@pytest.mark.rule("D4")
@pytest.mark.rule("P2")
def test_an_access_that_nobody_uses_is_seen_though_who_logged_in_lately_is_not_read(context: Context) -> None:
    codes = set()
    for seed in histories(context):
        of_all = {_told(observation) for observation in observed(context, range(1, ACCOUNTS + 1))}
        assert {_told(observation) for observation in judge_accesses(context).observations} == of_all, (
            f"history {seed}"
        )
        codes |= {code for code, *_ in of_all}
    assert codes == {NEVER_USED.code, UNUSED.code, LINK_UNUSED.code}


@pytest.mark.rule("A3")
def test_a_session_after_a_closure_is_seen_though_only_who_was_cut_lately_is_read(
    context: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    lately, counts = timedelta(hours=6), set()
    for seed in histories(context):
        with monkeypatch.context() as of_all:
            of_all.setattr(person_controls, "closed_or_cut_since", lambda *_: frozenset(range(1, ACCOUNTS + 1)))
            expected = {_told(seen) for seen in judge_sessions(context, lately).observations}
        assert {_told(seen) for seen in judge_sessions(context, lately).observations} == expected, f"history {seed}"
        counts.add(len(expected))
    assert len(counts) > 2


def _told(observation: Any) -> tuple[Any, ...]:
    return observation.control.code, observation.key, observation.since, observation.account, observation.facts
