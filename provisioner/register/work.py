"""The one unit of work through which everything is written: its facts and their journal entries together."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Executable, select, update

from provisioner.clock import Clock
from provisioner.domain.journal import Head
from provisioner.register import journal
from provisioner.register.journal import Machine
from provisioner.register.tables import sequence

# Made once: what each unit of work asks.
_TAKE_NUMBER = update(sequence).values(last=sequence.c.last + 1).returning(sequence.c.last)
_LAST_NUMBER = select(sequence.c.last).where(sequence.c.id == 1)


class Work:
    """A unit of work of `by`: its writes and their journal entries are committed together, or not at all."""

    def __init__(self, connection: Connection, machine: Machine, by: str, clock: Clock) -> None:
        self.connection = connection
        self.clock = clock
        self._chain = journal.Chain(connection, machine, by, clock)
        self.cause: int | None = None
        self._rows: dict[Executable, list[dict[str, Any]]] = {}
        self._number: int | None = None
        #: whether it has noted that something was destroyed (`marks.rewrite_due`)
        self.leaves_bytes = False

    @property
    def now(self) -> datetime:
        """The moment, for the facts that are recorded."""
        return self.clock.now()

    @property
    def number(self) -> int:
        """Its place among all units of work: greater than that of each one before it, whatever the clock says.

        Each one takes it, so that a read tells whether anything was written since another (`last_number`).
        """
        if self._number is None:
            self._number = int(self.connection.execute(_TAKE_NUMBER).scalar_one())
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
        beside: Collection[int] = (),
        left: Head | None = None,
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
            beside: the entries whose personal data were destroyed with what it tells.
            left: the end of another journal that was left behind, where it is known.
        """
        facts = {
            "action": action,
            "partner": partner,
            "habilitation": habilitation,
            "annexe": annexe,
            "rule": rule,
            "cause": self.cause if cause is None else cause,
            "beside": sorted(beside) or None,
            "left": str(left) if left is not None else None,
        }
        return self._chain.append(facts, details or {}, by, at)

    def write_journal(self) -> None:
        """Writes the entries that it has so far, for whoever looks for what the journal says."""
        self._chain.write()

    def put(self, statement: Executable, **row: Any) -> None:
        """Has a statement of many rows executed at the end, once for all its rows: what a run writes by hundreds."""
        self._rows.setdefault(statement, []).append(row)

    def end(self) -> None:
        """Writes what waits; the transaction is committed after it."""
        _ = self.number
        for statement, rows in self._rows.items():
            self.connection.execute(statement, rows)
        self._chain.write()


def last_number(connection: Connection) -> int:
    """The number of the last unit of work that was kept."""
    return int(connection.execute(_LAST_NUMBER).scalar_one())
