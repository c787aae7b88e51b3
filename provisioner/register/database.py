"""The register, and the one unit of work through which everything is written."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Engine, Executable, update
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from provisioner.clock import Clock
from provisioner.domain.journal import Head
from provisioner.domain.records import Records
from provisioner.register import journal, reading
from provisioner.register.journal import Actor
from provisioner.register.lease import check_lease
from provisioner.register.tables import sequence


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


def _reads_of(engine: Engine) -> dict[str, Any]:
    """What makes a connection's transaction a read of one moment. SQLite's is one by itself, once it has read."""
    if engine.dialect.name == "postgresql":
        return {"isolation_level": "REPEATABLE READ", "postgresql_readonly": True}
    return {"reads_only": True}


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
