"""One run at a time: a file lock beside a SQLite register, an advisory lock in PostgreSQL.

Whoever holds it has a lease, which is the pass's own: no other thread meets it.
"""

from __future__ import annotations

import fcntl
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import Path
from typing import IO, TYPE_CHECKING

from sqlalchemy import Connection, text
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from provisioner.domain.errors import Refusal
from provisioner.register.engine import TRUST, sqlite_file, translated
from provisioner.register.errors import LockHeld, LockLost
from provisioner.settings import Settings

if TYPE_CHECKING:
    from provisioner.register.database import Register

#: How often the holder shows PostgreSQL that it lives, as a part of the time that it gives its lock.
_BEAT = 1 / 9

#: Names the advisory lock of a run on PostgreSQL.
_RUN_LOCK = 0x72756E
_POLL_SECONDS = 0.1
#: How long a holder may be without its name, who may be frozen before it is written; then it is told as nobody known.
_NAMELESS_SECONDS = 2.0
_NAMELESS = "?"
_HOLDER = text(
    "SELECT 'connection ' || pid || ' from ' || coalesce(client_addr::text, 'this host') FROM pg_locks"
    " JOIN pg_stat_activity USING (pid) WHERE locktype = 'advisory' AND objid = :key AND granted"
    # Another database of the same server may be another Caf's register, with a lock of the same name.
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) LIMIT 1"
)


class Lease:
    """The right itself, while it lasts: a process that was frozen may wake up after it lost it.

    `trusted_seconds` is how long after the database's last word the holder may still act; None for a file lock,
    which is its process's as long as that lives.
    """

    def __init__(self, trusted_seconds: float | None) -> None:
        self._trusted_seconds = trusted_seconds
        self._confirmed_at = time.monotonic()
        self._lost = False

    def renew(self, asked_at: float) -> None:
        """The database confirmed it, asked at that moment of the monotonic clock."""
        self._confirmed_at = asked_at

    def lose(self) -> None:
        """The database says that it is another's, or does not answer: for good."""
        self._lost = True

    @property
    def is_held(self) -> bool:
        """Whether the next effect may be made."""
        if self._lost or self._trusted_seconds is None:
            return not self._lost
        return time.monotonic() - self._confirmed_at < self._trusted_seconds

    def check(self) -> None:
        """Before each effect.

        Raises:
            LockLost: it may not be made.
        """
        if not self.is_held:
            raise LockLost


#: The lease of the pass that this thread works for. The threads of a pass's pool run in a copy of its context, so
#: they see it too. A thread that records a decision beside the pass has a context of its own, and sees none.
_OF_THIS_PASS: ContextVar[Lease | None] = ContextVar("lease", default=None)


@contextmanager
def _held_by_this_pass(lease: Lease) -> Iterator[None]:
    """Makes what this thread does from now on, until the end of the block, a part of the pass that has the lease."""
    before = _OF_THIS_PASS.set(lease)
    try:
        yield
    finally:
        _OF_THIS_PASS.reset(before)


def may_act() -> bool:
    """Whether the next effect may be made: always, outside of a pass."""
    lease = _OF_THIS_PASS.get()
    return lease is None or lease.is_held


def check_lease() -> None:
    """Before each effect of a pass, and before each of its commits.

    Raises:
        LockLost: the pass has lost the run's lock.
    """
    lease = _OF_THIS_PASS.get()
    if lease is not None:
        lease.check()


@contextmanager
def run_lock(register: Register, settings: Settings, by: str) -> Iterator[Lease]:
    """Holds the right to act, for one pass: what this thread and the pool of the pass do until the end of the block.

    Waits `lock_wait_seconds` for another run to end; the system gives the lock back when a holder dies, and
    PostgreSQL within a minute when it is frozen or out of reach. Whoever waits for us beside a file is told `by`.

    Raises:
        LockHeld: another run still holds it.
        RegisterUnavailable: the database, or the lock's file, cannot be used.
    """
    if register.engine.dialect.name == "postgresql":
        locked = _advisory_lock(register, settings.lock_wait_seconds, settings.database.lock_lost_seconds)
    else:
        locked = _file_lock(_lock_file(settings), by, settings.lock_wait_seconds)
    with locked as lease, _held_by_this_pass(lease):
        yield lease


def lock_holder(register: Register, settings: Settings) -> str | None:
    """Who holds the run's lock now; None when it is free. Nobody is kept from it for longer than the look.

    Raises:
        RegisterUnavailable: the database, or the lock's file, cannot be read.
    """
    with translated(OSError):
        if register.engine.dialect.name == "postgresql":
            with register.engine.connect() as connection:
                return _session_that_holds(connection)
        try:
            file = _lock_file(settings).open()
        except FileNotFoundError:
            return None
        with file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return file.read().strip() or _NAMELESS
    return None


def _lock_file(settings: Settings) -> Path:
    """Beside the register itself: whoever uses the same file uses the same lock, whatever its data directory."""
    register = sqlite_file(settings)
    assert register is not None
    return register.with_suffix(".lock")


@contextmanager
def _file_lock(path: Path, who: str, wait_seconds: float) -> Iterator[Lease]:
    with translated(OSError):
        file = path.open("ab", buffering=0)
    with file:
        with translated(OSError):
            _wait(lambda: _try_flock(file), wait_seconds, lambda: path.read_text().strip())
            file.truncate(0)
            file.write(f"process {os.getpid()} ({who})".encode())
        try:
            yield Lease(None)
        finally:
            file.truncate(0)


def _try_flock(file: IO[bytes]) -> bool:
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


@contextmanager
def _advisory_lock(register: Register, wait_seconds: float, lost_seconds: float) -> Iterator[Lease]:
    engine = register.engine.execution_options(isolation_level="AUTOCOMMIT")
    with translated():
        connection = engine.connect()
    with connection:  # what fails in the pass itself is not the database's
        lease, ended = Lease(lost_seconds * TRUST), threading.Event()
        beating = threading.Thread(target=_beat, args=(connection, lease, lost_seconds * _BEAT, ended), daemon=True)
        try:
            with translated():
                # In milliseconds; before the lock is had, which a process frozen in between would keep for ever.
                connection.execute(text(f"SET idle_session_timeout = {round(lost_seconds * 1000)}"))
                _wait(
                    lambda: _try_advisory_lock(connection, lease),
                    wait_seconds,
                    lambda: _session_that_holds(connection),
                )
            beating.start()
            yield lease
        finally:
            ended.set()
            if beating.ident is not None:
                beating.join()
            _give_back(connection)


def _try_advisory_lock(connection: Connection, lease: Lease) -> bool:
    asked_at = time.monotonic()
    is_ours = connection.execute(text("SELECT pg_try_advisory_lock(:key)"), {"key": _RUN_LOCK}).scalar()
    lease.renew(asked_at)
    return bool(is_ours)


def _session_that_holds(connection: Connection) -> str | None:
    holder = connection.execute(_HOLDER, {"key": _RUN_LOCK}).scalar()
    return None if holder is None else str(holder)


def _beat(connection: Connection, lease: Lease, every_seconds: float, ended: threading.Event) -> None:
    """Keeps the session alive, until the pass ends or the database says no."""
    while not ended.wait(every_seconds):
        asked_at = time.monotonic()
        try:
            connection.execute(text("SELECT 1"))
        except DBAPIError:
            lease.lose()
            return
        lease.renew(asked_at)


def _give_back(connection: Connection) -> None:
    """Ends the session's hold, or the session itself where it no longer answers."""
    try:
        connection.execute(text("SET idle_session_timeout = 0"))
        connection.execute(text("SELECT pg_advisory_unlock_all()"))
    except SQLAlchemyError:  # once a beat failed it is not the driver's error but SQLAlchemy's own
        connection.invalidate()


def _wait(take: Callable[[], bool], wait_seconds: float, holder: Callable[[], str | None]) -> None:
    """A run that has just begun has not written its name yet, one that has just ended has none: tried once more."""
    deadline = time.monotonic() + wait_seconds
    while not take():
        late = time.monotonic() - deadline
        if late >= 0 and ((by := holder()) or late >= _NAMELESS_SECONDS):
            by = by or _NAMELESS
            raise LockHeld(f"Another run holds the lock: {by}.", Refusal.LOCK_HELD, holder=by)
        time.sleep(_POLL_SECONDS)
