"""Several at work on one register on PostgreSQL: each reads one moment of it, and none waits for another for ever."""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from sqlalchemy import event, text

from provisioner.clock import Clock
from provisioner.domain.access.change import Action
from provisioner.domain.access.plan import make_plan
from provisioner.domain.convention import Partner
from provisioner.domain.gates import Limits
from provisioner.keycloak.directory import Directory
from provisioner.operations import persons
from provisioner.operations.context import Context
from provisioner.register import Register, habilitations, open_register
from provisioner.register.habilitations import save_habilitations
from provisioner.register.partners import add_record
from provisioner.settings import Settings, load_settings
from tests.fakes.memory_directory import MemoryDirectory
from tests.shared.examples import LYS, habilitation, snapshot
from tests.shared.pace import PATIENCE
from tests.shared.postgres import Postgres

NOW = datetime(2026, 9, 2, 8, tzinfo=UTC)
_numbers = itertools.count(1)


@pytest.fixture
def settings(postgres: Postgres, tmp_path: Path) -> Settings:
    url = postgres.new_database()
    return load_settings(environment={"PROVISIONER_DATABASE__URL": url, "PROVISIONER_DATA_DIR": str(tmp_path)})


@pytest.fixture
def register(settings: Settings) -> Iterator[Register]:
    opened = open_register(settings, Clock(real_now=lambda: NOW))
    with opened.work("test") as work:
        add_record(work, Partner(code=LYS.code, name=LYS.name, domains=LYS.domains, signed_on=LYS.signed_on))
    yield opened
    opened.close()


@pytest.fixture
def other(register: Register, settings: Settings) -> Iterator[Register]:
    """The same register, as another process has it open."""
    opened = open_register(settings, Clock(real_now=lambda: NOW))
    yield opened
    opened.close()


def until(is_so: Callable[[], bool], seconds: float = PATIENCE) -> None:
    deadline = time.monotonic() + seconds
    while not is_so():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def ask_for(register: Register, name: str) -> None:
    """An annexe asks for this person."""
    before = register.records()
    asked = habilitation(name, requested_on=date(2026, 9, 1))
    with register.work("test") as work:
        save_habilitations(work, before, before.with_habilitations([*before.habilitations, asked]))


def between_two_statements_of_a_read(register: Register, table: str, do: Callable[[], None]) -> None:
    """Does it once, just before the next read's statement about that table."""
    waiting = [do]

    def _before(_connection: object, _cursor: object, statement: str, *_more: Any) -> None:
        if waiting and f"FROM {table}" in statement:
            waiting.pop()()

    event.listen(register.engine, "before_cursor_execute", _before)


@pytest.mark.rule("A1")
def test_a_plan_made_while_an_annexe_is_entered_sees_all_of_it_or_nothing(
    register: Register, other: Register
) -> None:
    ask_for(other, "leroy")
    between_two_statements_of_a_read(register, "account", lambda: ask_for(other, "nguyen"))
    records = register.records()
    plan = make_plan(records, snapshot(), NOW, [LYS.code], Limits(5, 20))
    opened = [change.email for change in plan.changes if change.action is Action.OPEN]
    assert opened == ["leroy@agglo-lys.example"]
    assert len(register.records().habilitations) == 2


def test_a_run_that_records_an_effect_and_a_person_who_suspends_do_not_stop_each_other(
    register: Register, other: Register, settings: Settings
) -> None:
    ask_for(register, "leroy")
    (planned,) = register.records().habilitations
    opened = replace(planned, opened_at=NOW)
    directory = cast(Directory, MemoryDirectory(lambda: NOW))
    context = Context(settings=settings, clock=other.clock, register=other, directory=directory, by="test")

    def is_waited_for() -> bool:
        with register.engine.connect() as looking:
            return bool(looking.execute(text("SELECT count(*) FROM pg_locks WHERE NOT granted")).scalar())

    with ThreadPoolExecutor(1) as beside:
        with register.work("test") as work:
            habilitations.opened(work, opened, Action.OPEN, "A1")
            suspended = beside.submit(
                persons.suspend, context, opened.email, by="Claire Martin", reason="téléphone perdu"
            )
            until(is_waited_for)
            habilitations.account_written(work, opened.email, "id-1", "0" * 64)
        assert suspended.result(timeout=PATIENCE) == [LYS.code]
    records = register.records()
    assert records.accounts[opened.email].keycloak_id == "id-1"
    assert opened.email in records.suspended
