"""One run at a time: a file lock beside a SQLite register, an advisory lock in PostgreSQL."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from sqlalchemy import text

from provisioner.register.database import Register, translated
from provisioner.settings import Settings

#: Names the advisory lock of a run on PostgreSQL.
_RUN_LOCK = 0x72756E
_POLL_SECONDS = 0.1


class LockHeld(Exception):
    """Another run is under way and did not end in time; the message says which."""


@contextmanager
def run_lock(register: Register, settings: Settings) -> Iterator[None]:
    """Holds the right to write in Keycloak, for one pass.

    Waits `lock_wait_seconds` for another run to end; the system gives the lock back when a holder dies.

    Raises:
        LockHeld: another run still holds it.
    """
    if register.engine.dialect.name == "postgresql":
        with _advisory_lock(register, settings.lock_wait_seconds):
            yield
    else:
        with _file_lock(settings.data_dir / "provisioner.lock", register.actor.by, settings.lock_wait_seconds):
            yield


@contextmanager
def _file_lock(path: Path, who: str, wait_seconds: float) -> Iterator[None]:
    with path.open("a+") as file:
        _wait(lambda: _try_flock(file), wait_seconds, lambda: path.read_text().strip())
        file.truncate(0)
        file.write(f"process {os.getpid()} ({who})")
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def _try_flock(file: IO[str]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _advisory_lock(register: Register, wait_seconds: float) -> Iterator[None]:
    engine = register.engine.execution_options(isolation_level="AUTOCOMMIT")
    with translated(), engine.connect() as connection:
        key = {"key": _RUN_LOCK}
        holder = text(
            "SELECT 'connection ' || pid || ' from ' || coalesce(client_addr::text, 'this host') FROM pg_locks"
            " JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' AND objid = :key AND granted LIMIT 1"
        )
        _wait(
            lambda: bool(connection.execute(text("SELECT pg_try_advisory_lock(:key)"), key).scalar()),
            wait_seconds,
            lambda: str(connection.execute(holder, key).scalar()),
        )
        try:
            yield
        finally:
            connection.execute(text("SELECT pg_advisory_unlock(:key)"), key)


def _wait(take: Callable[[], bool], wait_seconds: float, holder: Callable[[], str]) -> None:
    deadline = time.monotonic() + wait_seconds
    while not take():
        if time.monotonic() >= deadline:
            raise LockHeld(f"Another run holds the lock: {holder() or 'unknown'}. Nothing was done; run again later.")
        time.sleep(_POLL_SECONDS)
