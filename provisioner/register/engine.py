"""The database under the register: how its connections are made, and what they say when they fail."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, event, insert, inspect, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from provisioner.clock import Clock
from provisioner.register.errors import RegisterUnavailable
from provisioner.register.tables import metadata, sequence
from provisioner.settings import Settings

if TYPE_CHECKING:
    import psycopg

#: The migration that this version of the software needs; Alembic brings an older register to it.
REVISION = "0015"

#: For libpq: a server that does not answer, or that the network has lost, is away after so long; its own default is
#: minutes to hours.
PATIENCE = {
    "connect_timeout": 10,  # seconds
    "tcp_user_timeout": 20_000,  # milliseconds
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
}

#: How long the holder of the run's lock trusts PostgreSQL's last answer, as a part of the time after which PostgreSQL
#: gives its lock to another.
TRUST = 5 / 9

#: Names the advisory lock of a migration on PostgreSQL.
_MIGRATION_LOCK = 0x6D696772


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
        raise RegisterUnavailable(f"{cause}.") from error


def sqlite_file(settings: Settings) -> Path | None:
    """The register's file; None when it is on a server."""
    url = make_url(settings.database_url)
    return Path(url.database or "") if url.get_backend_name() == "sqlite" else None


def make_engine(settings: Settings) -> Engine:
    """Connections to the register that the settings name; nothing is made there."""
    if sqlite_file(settings) is None:
        engine = create_engine(settings.database_url, hide_parameters=True, pool_pre_ping=True, connect_args=PATIENCE)
        _prepare_postgresql(engine, settings.database.lock_lost_seconds)
        return engine
    timeout = {"timeout": settings.database.busy_seconds}
    engine = create_engine(settings.database_url, hide_parameters=True, connect_args=timeout)
    prepare_sqlite(engine)
    return engine


def prepare_sqlite(engine: Engine) -> None:
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
        return _revision(connection)


def _revision(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def migrate(engine: Engine, clock: Clock) -> None:
    """Makes the tables as they are now, or brings an older register to this version."""
    from alembic import command
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).with_name("migrations")))
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":  # two instances may start at once
            connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _MIGRATION_LOCK})
        config.attributes |= {"connection": connection, "clock": clock}
        if _revision(connection) is not None:
            command.upgrade(config, "head")
        else:
            metadata.create_all(connection)
            connection.execute(insert(sequence).values(id=1, last=0))
            command.stamp(config, "head")
