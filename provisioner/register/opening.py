"""Opening the register: made, or brought to this version of the software, when needed."""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sqlalchemy import Connection, Engine, create_engine, event, inspect, make_url, text

from provisioner.clock import Clock
from provisioner.register.database import Register, RegisterUnavailable, translated
from provisioner.register.journal import Actor
from provisioner.register.lease import TRUST
from provisioner.settings import Settings

if TYPE_CHECKING:
    import psycopg

#: The migration that this version of the software needs; Alembic brings an older register to it.
REVISION = "0008"

#: For libpq: a server that does not answer, or that the network has lost, is away after so long; its own default is
#: minutes to hours.
PATIENCE = {
    "connect_timeout": 10,  # seconds
    "tcp_user_timeout": 20_000,  # milliseconds
    "keepalives_idle": 10,
    "keepalives_interval": 5,
    "keepalives_count": 2,
}

#: Names the advisory lock of a migration on PostgreSQL.
_MIGRATION_LOCK = 0x6D696772


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
    return Register(_engine(settings), clock, actor) if is_there(settings) else None


def is_there(settings: Settings) -> bool:
    """Whether there is a register where the settings say; nothing is made.

    Raises:
        RegisterUnavailable: it cannot be looked at.
    """
    file = sqlite_file(settings)
    with translated(OSError):
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
        engine = create_engine(settings.database_url, hide_parameters=True, pool_pre_ping=True, connect_args=PATIENCE)
        _prepare_postgresql(engine, settings.database.lock_lost_seconds)
        return engine
    timeout = {"timeout": settings.database.busy_seconds}
    engine = create_engine(settings.database_url, hide_parameters=True, connect_args=timeout)
    _prepare_sqlite(engine)
    return engine


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
