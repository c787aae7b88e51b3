"""The register: opened, read at one moment, and written through one kind of unit of work."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import Connection, Engine

from provisioner.clock import Clock
from provisioner.domain.access.settled import Settling, is_steady
from provisioner.domain.annexe.decisions import name_said
from provisioner.domain.errors import Refusal
from provisioner.domain.records import Records, Scope
from provisioner.register import annexes, counts, habilitations, holds, invitations, journal, partners, retention
from provisioner.register.engine import (
    REVISION,
    make_engine,
    migrate,
    revision,
    sqlite_file,
    translated,
)
from provisioner.register.errors import RegisterUnavailable
from provisioner.register.journal import Machine
from provisioner.register.lock import check_lease
from provisioner.register.marks import GROUP_ROOT, REALM_ID, REWRITE_DUE, mark, marks, rewritten
from provisioner.register.work import Work, last_number
from provisioner.settings import Settings

#: What is about no account.
OFFICE = Scope(is_of_office=True)


class Register:
    """The database. Every write goes through `work`, every read through `read`."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self.engine = engine
        self.clock = clock
        self.machine = Machine.here()
        self._reads = _reads_of(engine)
        #: how many units of work were kept
        self.commits = 0

    @contextmanager
    def work(self, by: str) -> Iterator[Work]:
        """A unit of work in the name of `by`: a person, or the command or service that acts by itself.

        One is written at a time: the journal's lock comes first, so none waits for another's rows.

        Raises:
            WrongUsage: it is no name: nothing is written in nobody's name.
            RegisterUnavailable: the database is locked, full, read-only or out of reach; nothing was kept.
            LockLost: the pass that this is a part of has lost the run's lock; nothing was kept.
        """
        name_said(by)
        with translated(), self.engine.begin() as connection:
            check_lease()
            journal.lock(connection)
            work = Work(connection, self.machine, by, self.clock)
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

    def watch(self) -> Watch:
        """For a question that a run puts before each of its effects."""
        options = {"isolation_level": "AUTOCOMMIT"} if self.engine.dialect.name == "postgresql" else self._reads
        return Watch(self.engine, options)

    def records(self, scope: Scope | None = None, known: Records | None = None) -> Records:
        """The register as plain data: the whole, or what belongs to that scope. What `known`, a read of before, has
        of it is good for as long as nothing was written since.
        """
        with self.read() as connection:
            is_good = known is not None and known.number == last_number(connection)
            if known is not None and is_good and known.scope == scope:
                return known
            return read_records(connection, scope, known if is_good else None)

    def settling(self, today: date, known: Records) -> tuple[Records, Settling]:
        """What the register has beside accounts, and what tells whose account is settled on that day. `known` is a
        read of before.
        """
        with self.read() as connection:
            is_good = known.number == last_number(connection)
            office = read_records(connection, OFFICE, known if is_good else None)
            steady = {code for code, partner in office.partners.items() if is_steady(partner, today)}
            held = {hold.email for hold in office.holds if hold.email is not None}
            owed = habilitations.owed_a_link(connection)
            return office, Settling(habilitations.access_rows(connection), steady, held, owed)

    def rewrite(self) -> None:
        """Writes SQLite's file anew if something was destroyed since it was last done: `secure_delete` overwrites
        what is deleted, and not what it was copied from when its page was filled or emptied before. Killed amid it,
        the file is as it was and it is still due. On PostgreSQL the server's own vacuum does it
        (docs/production.md).

        Raises:
            RegisterUnavailable: the database is locked or out of reach, or the disk has no room for a second copy.
        """
        with self.read() as connection:
            due = mark(connection, REWRITE_DUE)
        if not due:
            return
        if self.engine.dialect.name == "sqlite":
            with translated(sqlite3.Error), closing(self.engine.raw_connection()) as raw:
                raw.cursor().execute("VACUUM")
        with self.work("rewrite") as work:
            rewritten(work, due)

    def close(self) -> None:
        """Gives the connections back."""
        self.engine.dispose()


class Watch:
    """A connection that is kept for one question, which the threads of a run put again and again.

    Each answer is of the moment at which it is asked for. `Register.read` tries its connection, begins a transaction
    and ends it, which takes three times the processor of the question.
    """

    def __init__(self, engine: Engine, options: dict[str, Any]) -> None:
        self._engine, self._options = engine, options
        self._one_at_a_time = threading.Lock()
        self._connection: Connection | None = None

    @contextmanager
    def read(self) -> Iterator[Connection]:
        """A read of one statement.

        Raises:
            RegisterUnavailable: as for `Register.work`. The next read connects anew.
        """
        with self._one_at_a_time, translated():
            if self._connection is None:
                self._connection = self._engine.connect().execution_options(**self._options)
            try:
                yield self._connection
                self._connection.rollback()
            except BaseException:
                self.close()
                raise

    def close(self) -> None:
        """Gives the connection back."""
        connection, self._connection = self._connection, None
        if connection is not None:
            connection.close()


def _reads_of(engine: Engine) -> dict[str, Any]:
    """What makes a connection's transaction a read of one moment. SQLite's is one by itself, once it has read."""
    if engine.dialect.name == "postgresql":
        return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    return {"reads_only": True}


def open_register(settings: Settings, clock: Clock) -> Register:
    """The register named by the settings, created or brought to this version when needed.

    Raises:
        RegisterUnavailable: it cannot be opened.
    """
    with translated(OSError):
        if (file := sqlite_file(settings)) is not None:
            settings.data_dir.mkdir(parents=True, exist_ok=True)
            if not file.exists():
                file.touch(0o600)  # names and addresses: for its owner alone, whatever the umask
        engine = make_engine(settings)
        at = revision(engine)
        if at is not None and at > REVISION:
            engine.dispose()
            cause = f"The register was made by a newer version: its revision is {at}, ours {REVISION}."
            raise RegisterUnavailable(cause, Refusal.NEWER_REGISTER, found=at, ours=REVISION)
        if at != REVISION:
            migrate(engine, clock)
    return Register(engine, clock)


def open_as_is(settings: Settings, clock: Clock) -> Register | None:
    """The register as it stands, neither made nor brought to this version: for whoever only looks at it or copies it.

    None when there is none yet.

    Raises:
        RegisterUnavailable: it cannot be opened.
    """
    return Register(make_engine(settings), clock) if is_there(settings) else None


@contextmanager
def current_register(settings: Settings, clock: Clock) -> Iterator[Register | None]:
    """The register as it stands, where there is one and it is of this version, else None: what an older one holds
    cannot be read as this version reads it.

    Raises:
        RegisterUnavailable: it cannot be opened.
    """
    register = open_as_is(settings, clock)
    if register is None:
        yield None
        return
    with closing(register):
        yield register if revision(register.engine) == REVISION else None


def is_there(settings: Settings) -> bool:
    """Whether there is a register where the settings say; nothing is made.

    Raises:
        RegisterUnavailable: it cannot be looked at.
    """
    file = sqlite_file(settings)
    with translated(OSError):
        if file is not None and not file.exists():
            return False
        engine = make_engine(settings)
        try:
            return revision(engine) is not None
        finally:
            engine.dispose()


def read_records(connection: Connection, scope: Scope | None = None, same: Records | None = None) -> Records:
    """Everything that the rules may ask of the register, or of what belongs to that scope (`Records.part`). What is
    about no account is taken of a read of before that is the `same`, where that has it.
    """
    numbers = None if scope is None else habilitations.numbers_in(connection, scope)
    known = habilitations.habilitations_of(connection, numbers)
    is_of_office = scope is None or scope.is_of_office
    codes = None if scope is None or is_of_office else scope.partners | {h.partner for h in known}
    accounts, ids = habilitations.accounts_of(connection, numbers), {habilitation.id for habilitation in known}
    attempts = invitations.attempts_for(connection, None if scope is None else ids)
    if scope is not None and scope.is_of_office and same is not None and same.is_of_office:
        return replace(same, accounts=accounts, habilitations=known, attempts=attempts, scope=scope)
    released = holds.released_ends(connection, codes)
    is_part, ids_there = codes is not None, marks(connection, REALM_ID, GROUP_ROOT)
    return Records(
        partners=partners.all_partners(connection, codes),
        accounts=accounts,
        habilitations=known,
        attempts=attempts,
        current=annexes.current(connection, codes),
        senders=partners.senders(connection, codes),
        holds=holds.kept(connection) if codes is None else holds.kept_about(connection, codes, numbers or ()),
        released=frozenset(end for end in released if end[0] in ids) if is_part else released,
        let_go=holds.let_go(connection, codes),
        destructions_let_go=frozenset() if is_part else holds.destructions_let_go(connection),
        kept=holds.kept_from_destruction(connection),
        forecast=retention.forecast(connection, days_only=is_part),
        realm_id=ids_there.get(REALM_ID),
        root_id=ids_there.get(GROUP_ROOT),
        scope=scope,
        partners_in_all=None if scope is None else partners.count_of_partners(connection),
        accounts_in_all=counts.every_account(connection) if scope is not None and is_of_office else None,
        number=last_number(connection),
    )
