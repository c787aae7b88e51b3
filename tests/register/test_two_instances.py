"""Two instances on one PostgreSQL: one works, one waits; who was frozen does nothing more."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from sqlalchemy import text

from provisioner.clock import Clock
from provisioner.register import LockHeld, lock_holder, open_register, run_lock
from provisioner.register.journal import head
from provisioner.settings import Settings, load_settings
from tests.shared.pace import PATIENCE, slowness
from tests.shared.postgres import Postgres

LOST_AFTER = 6.0
_numbers = itertools.count(1)

#: Takes the lock and says each half second whether it would still act.
HOLDER = """
import sys, time
from provisioner.clock import Clock
from provisioner.register import open_register, run_lock
from provisioner.settings import load_settings
settings = load_settings()
register = open_register(settings, Clock())
with run_lock(register, settings, "test") as lease:
    print("holding", flush=True)
    while lease.is_held:
        time.sleep(0.05)
    print("lost", flush=True)
print("ended", flush=True)
"""

#: Takes the lock and is in the middle of a write until it is told to go on.
WRITER = """
from provisioner.clock import Clock
from provisioner.register import LockLost, RegisterUnavailable, open_register, run_lock
from provisioner.settings import load_settings
settings = load_settings()
register = open_register(settings, Clock())
try:
    with run_lock(register, settings, "test"), register.work("test") as work:
        work.journal("too late")
        print("holding", flush=True)
        input()
except (LockLost, RegisterUnavailable):
    print("kept out", flush=True)
"""


@pytest.fixture
def environment(postgres: Postgres, tmp_path: Path) -> dict[str, str]:
    return {
        "PROVISIONER_DATABASE__URL": postgres.new_database(),
        "PROVISIONER_DATABASE__LOCK_LOST_SECONDS": str(LOST_AFTER),
        "PROVISIONER_DATA_DIR": str(tmp_path),
        "PROVISIONER_LOCK_WAIT_SECONDS": "0.5",
    }


@pytest.fixture
def holder(environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Another instance, which has the lock."""
    with another_instance(environment, HOLDER) as started:
        yield started


@pytest.fixture
def writer(environment: dict[str, str]) -> Iterator[subprocess.Popen[str]]:
    """Another instance, which has the lock and writes."""
    with another_instance(environment, WRITER) as started:
        yield started


@contextmanager
def another_instance(environment: dict[str, str], program: str) -> Iterator[subprocess.Popen[str]]:
    """A process that does this, once it has the lock."""
    load_and_open(environment)
    started = subprocess.Popen(
        [sys.executable, "-c", program],
        env={**os.environ, **environment},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert started.stdout is not None
    assert started.stdout.readline() == "holding\n"
    yield started
    started.send_signal(signal.SIGCONT)
    started.kill()
    started.communicate()


def load_and_open(environment: dict[str, str]) -> Settings:
    settings = load_settings(environment=environment)
    open_register(settings, Clock()).close()
    return settings


def seconds_until(settings: Settings, longest: float) -> float:
    """How long it takes this instance to have the lock."""
    register = open_register(settings, Clock())
    began = time.monotonic()
    while time.monotonic() - began < longest:
        try:
            with run_lock(register, settings, "test"):
                waited = time.monotonic() - began
        except LockHeld:
            continue
        register.close()
        return waited
    raise AssertionError("the lock was never given")


def test_the_second_instance_waits_and_is_told_who_works(
    holder: subprocess.Popen[str], environment: dict[str, str]
) -> None:
    settings = load_settings(environment=environment)
    register = open_register(settings, Clock())
    time.sleep(LOST_AFTER + 1)  # longer than a frozen one would keep it: this one is alive
    with (
        pytest.raises(LockHeld, match="Another run holds the lock: connection"),
        run_lock(register, settings, "test"),
    ):
        pass
    register.close()
    assert holder.poll() is None


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGSTOP])
def test_who_is_killed_or_frozen_is_replaced_and_does_nothing_more(
    holder: subprocess.Popen[str], environment: dict[str, str], how: signal.Signals
) -> None:
    holder.send_signal(how)
    assert seconds_until(load_settings(environment=environment), PATIENCE) < LOST_AFTER + 5 * slowness()
    holder.send_signal(signal.SIGCONT)
    out, _ = holder.communicate(timeout=PATIENCE)
    assert out == ("lost\nended\n" if how == signal.SIGSTOP else "")


def test_who_is_frozen_amid_a_write_keeps_nobody_from_writing_and_its_own_is_not_kept(
    writer: subprocess.Popen[str], environment: dict[str, str]
) -> None:
    writer.send_signal(signal.SIGSTOP)
    settings = load_settings(environment=environment)
    assert seconds_until(settings, PATIENCE) < LOST_AFTER + 5 * slowness()
    register, started_at = open_register(settings, Clock()), time.monotonic()
    with register.work("test") as work:
        work.journal("in time")
    assert time.monotonic() - started_at < LOST_AFTER
    writer.send_signal(signal.SIGCONT)
    out, _ = writer.communicate("\n", timeout=PATIENCE)
    assert out == "kept out\n"
    with register.read() as connection:
        assert head(connection).entry == 1
    register.close()


def test_two_that_start_at_once_on_an_empty_database_both_work(environment: dict[str, str]) -> None:
    command = [sys.executable, "-m", "provisioner", "status"]
    both = [subprocess.Popen(command, env={**os.environ, **environment}, stdout=subprocess.DEVNULL) for _ in range(2)]
    assert [process.wait(PATIENCE) for process in both] == [0, 0]


def test_a_session_that_postgresql_ended_is_left_without_an_error(environment: dict[str, str]) -> None:
    register = open_register(load_and_open(environment), Clock())
    with run_lock(register, load_settings(environment=environment), "test") as lease:
        with register.engine.connect() as other:
            ended = "SELECT count(pg_terminate_backend(pid)) FROM pg_locks WHERE locktype = 'advisory' AND granted"
            assert other.execute(text(ended)).scalar() == 1
        deadline = time.monotonic() + LOST_AFTER
        while lease.is_held and time.monotonic() < deadline:
            time.sleep(0.02)
        assert not lease.is_held
    with run_lock(register, load_settings(environment=environment), "test") as lease:
        assert lease.is_held
    register.close()


def test_a_lock_given_back_leaves_the_session_as_it_was(environment: dict[str, str]) -> None:
    settings = load_and_open(environment)
    register = open_register(settings, Clock())
    for _ in range(3):
        with run_lock(register, settings, "test") as lease:
            assert lease.is_held
    time.sleep(LOST_AFTER + 1)
    assert register.records().habilitations == ()
    register.close()


def test_a_run_on_another_database_of_the_same_server_is_nobody_s_here(
    holder: subprocess.Popen[str], environment: dict[str, str], postgres: Postgres
) -> None:
    other = {**environment, "PROVISIONER_DATABASE__URL": postgres.new_database()}
    for where, is_held in ((environment, True), (other, False)):
        settings = load_and_open(where)
        register = open_register(settings, Clock())
        assert (lock_holder(register, settings) is not None) is is_held
        register.close()
    assert holder.poll() is None
