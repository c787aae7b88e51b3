"""Opening the register, and the one unit of work through which everything is written."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, Executable, create_engine, event, inspect, make_url, text, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from provisioner.clock import Clock
from provisioner.domain.journal import Head
from provisioner.domain.records import Records
from provisioner.register import journal, reading
from provisioner.register.journal import Actor
from provisioner.register.lease import TRUST, check_lease
from provisioner.register.tables import sequence
from provisioner.settings import Settings

if TYPE_CHECKING:
    import psycopg

#: The migration that this version of the software needs; Alembic brings an older register to it.
REVISION = "0008"

#: For libpq: a server that does not answer, or that the network has lost, is away after so long; its own default is
#: minutes to hours.
_PATIENCE = {
    "connect_timeout": 10,  # seconds
    "tcp_user_timeout": 20_000,  # milliseconds
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
}

#: Names the advisory lock of a migration on PostgreSQL.
_MIGRATION_LOCK = 0x6D696772


class RegisterUnavailable(Exception):
    """The register cannot be read or written; nothing of the unit of work was kept."""


class Work:
    """A unit of work: its writes and their journal entries are committed together, or not at all."""

    def __init__(self, connection: Connection, actor: Actor, clock: Clock) -> None:
        self.connection = connection
        self.clock = clock
        self._chain = journal.Chain(connection, actor, clock)
        self.cause: int | None = None
        self._rows: dict[Executable, list[dict[str, Any]]] = {}
        self._number: int | None = None

    @property
    def now(self) -> datetime:
        """The moment, for the facts that are recorded."""
        return self.clock.now()

    @property
    def number(self) -> int:
        """Its place among all units of work: greater than that of each one before it, whatever the clock says."""
        if self._number is None:
            taken = update(sequence).values(last=sequence.c.last + 1).returning(sequence.c.last)
            self._number = int(self.connection.execute(taken).scalar_one())
        return self._number

    @property
    def head(self) -> Head:
        """The journal's newest entry, those of this unit of work included."""
        return self._chain.head

    @contextmanager
    def because_of(self, decision: int | None) -> Iterator[None]:
        """What is done inside follows from that decision: each entry names it, unless it names another."""
        before, self.cause = self.cause, decision
        try:
            yield
        finally:
            self.cause = before

    def journal(
        self,
        action: str,
        *,
        partner: str | None = None,
        habilitation: int | None = None,
        annexe: int | None = None,
        rule: str | None = None,
        details: dict[str, Any] | None = None,
        cause: int | None = None,
        by: str | None = None,
        at: datetime | None = None,
    ) -> int:
        """Appends an entry; gives its number, by which what follows from a decision names it.

        Args:
            action: what happened, as `texts.journal` has words for it.
            partner: whose partner's it is.
            habilitation: which one's it is.
            annexe: which one's it is.
            rule: by which rule of the convention.
            details: what may hold personal data: it stays beside the chain.
            cause: the number of the entry that is the decision which this one follows from.
            by: who decided, when it is not who acts.
            at: the moment, when it is recorded elsewhere too; else now.
        """
        facts = {
            "action": action,
            "partner": partner,
            "habilitation": habilitation,
            "annexe": annexe,
            "rule": rule,
            "cause": self.cause if cause is None else cause,
        }
        return self._chain.append(facts, details or {}, by, at)

    def put(self, statement: Executable, **row: Any) -> None:
        """Has a statement of many rows executed at the end, once for all its rows: what a run writes by hundreds."""
        self._rows.setdefault(statement, []).append(row)

    def end(self) -> None:
        """Writes what waits; the transaction is committed after it."""
        for statement, rows in self._rows.items():
            self.connection.execute(statement, rows)
        self._chain.write()


class Register:
    """The database. Every write goes through `work`, every read through `read`."""

    def __init__(self, engine: Engine, clock: Clock, actor: Actor) -> None:
        self.engine = engine
        self.clock = clock
        self.actor = actor
        self._reads = _reads_of(engine)
        #: how many units of work were kept
        self.commits = 0

    @contextmanager
    def work(self, by: str | None = None) -> Iterator[Work]:
        """A unit of work, in the name of `by`, or of whom the register was opened for.

        One is written at a time: the journal's lock comes first, so none waits for another's rows.

        Raises:
            RegisterUnavailable: the database is locked, full, read-only or out of reach; nothing was kept.
            LockLost: the pass that this is a part of has lost the run's lock; nothing was kept.
        """
        with translated(), self.engine.begin() as connection:
            check_lease()
            journal.lock(connection)
            actor = self.actor if by is None else replace(self.actor, by=by)
            work = Work(connection, actor, self.clock)
            yield work
            work.end()
            check_lease()
        self.commits += 1

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A read that keeps no writer waiting. All its statements see the register at one moment.

        Raises:
            RegisterUnavailable: as for `work`.
        """
        with translated(), self.engine.connect().execution_options(**self._reads) as connection:
            yield connection

    def records(self) -> Records:
        """The whole register as plain data."""
        with self.read() as connection:
            return reading.records(connection)

    def close(self) -> None:
        """Gives the connections back."""
        self.engine.dispose()


def open_register(settings: Settings, clock: Clock, actor: Actor) -> Register:
    """The register named by the settings, created or brought to this version when needed.

    Raises:
        RegisterUnavailable: it cannot be opened.
    """
    with translated(OSError):
        if (file := sqlite_file(settings)) is not None:
            settings.data_dir.mkdir(parents=True, exist_ok=True)
            if not file.exists():
                file.touch(0o600)  # names and addresses: for its owner alone, whatever the umask
        engine = _engine(settings)
        at = revision(engine)
        if at is not None and at > REVISION:
            engine.dispose()
            raise RegisterUnavailable(
                f"The register was made by a newer version of the software: its revision is {at}, ours {REVISION}. "
                "Nothing was done. Use that version, or a newer one."
            )
        if at != REVISION:
            _migrate(engine)
    return Register(engine, clock, actor)


def open_as_is(settings: Settings, clock: Clock, actor: Actor) -> Register | None:
    """The register as it stands, neither made nor brought to this version: for whoever only looks at it or copies it.

    None when there is none yet.

    Raises:
        RegisterUnavailable: it cannot be opened.
    """
    file = sqlite_file(settings)
    with translated(OSError):
        if file is not None and not file.exists():
            return None
        engine = _engine(settings)
        if revision(engine) is None:
            engine.dispose()
            return None
    return Register(engine, clock, actor)


def is_there(settings: Settings) -> bool:
    """Whether there is a register where the settings say; nothing is made.

    Raises:
        RegisterUnavailable: it cannot be looked at.
    """
    file = sqlite_file(settings)
    with translated():
        if file is not None and not file.exists():
            return False
        engine = _engine(settings)
        try:
            return revision(engine) is not None
        finally:
            engine.dispose()


def sqlite_file(settings: Settings) -> Path | None:
    """The register's file; None when it is on a server."""
    url = make_url(settings.database_url)
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def _engine(settings: Settings) -> Engine:
    if sqlite_file(settings) is None:
        engine = create_engine(
            settings.database_url, hide_parameters=True, pool_pre_ping=True, connect_args=_PATIENCE
        )
        _prepare_postgresql(engine, settings.database.lock_lost_seconds)
        return engine
    timeout = {"timeout": settings.database.busy_seconds}
    engine = create_engine(settings.database_url, hide_parameters=True, connect_args=timeout)
    _prepare_sqlite(engine)
    return engine


def _reads_of(engine: Engine) -> dict[str, Any]:
    """What makes a connection's transaction a read of one moment. SQLite's is one by itself, once it has read."""
    if engine.dialect.name == "postgresql":
        return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    return {"reads_only": True}


def _prepare_sqlite(engine: Engine) -> None:
    """A rollback journal flushed at each commit, foreign keys held, deleted data overwritten (design: register)."""

    @event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # ours to begin, below
        for pragma in ("foreign_keys=ON", "synchronous=FULL", "secure_delete=ON", "journal_mode=DELETE"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        reads_only = connection.get_execution_options().get("reads_only")
        connection.exec_driver_sql("BEGIN" if reads_only else "BEGIN IMMEDIATE")


def _prepare_postgresql(engine: Engine, lost_seconds: float) -> None:
    """A transaction of a process that is frozen in it ends before another has the run's lock: it would keep the
    journal's lock for as long, and could be committed after.
    """

    @event.listens_for(engine, "connect")
    def _connect(connection: psycopg.Connection[Any], _record: object) -> None:
        connection.autocommit = True
        connection.execute(f"SET idle_in_transaction_session_timeout = {round(lost_seconds * TRUST * 1000)}")
        connection.autocommit = False


def revision(engine: Engine) -> str | None:
    """The migration that the register is at; None when there is no register."""
    with engine.connect().execution_options(reads_only=True) as connection:
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _migrate(engine: Engine) -> None:
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "provisioner.register:migrations")
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":  # two instances may start at once
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        config.attributes["connection"] = connection
        command.upgrade(config, "head")


@contextmanager
def translated(*more: type[Exception]) -> Iterator[None]:
    """Turns what a database says into one sentence, without the data of the statement.

    `more` are errors that are the register's too where only its own files are used; within a unit of work an OSError
    is somebody else's.
    """
    ours: tuple[type[Exception], ...] = (DBAPIError, PoolTimeout, *more)
    try:
        yield
    except ours as error:
        cause = error.orig if isinstance(error, DBAPIError) else error
        raise RegisterUnavailable(f"The register cannot be used: {cause}.") from error
