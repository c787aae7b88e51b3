"""What goes wrong in a run: the directory or the register's commit fails or is where the process dies, once."""

from __future__ import annotations

import sqlite3
from dataclasses import dataclass

from hypothesis import strategies as st
from sqlalchemy import Engine, event
from sqlalchemy.exc import OperationalError

from tests.fakes.failing import FailMode, Killed


@dataclass(frozen=True)
class Fault:
    """The `at`-th write or commit of the next run fails."""

    at: int
    where: FailMode | str
    for_good: bool = False

    @property
    def is_commit(self) -> bool:
        return self.where in _COMMITS


_COMMITS = ("commit-fails", "commit-kills", "commit-then-killed")
FAULTS = st.none() | st.builds(
    Fault,
    at=st.sampled_from([1, 1, 2, 2, 3, 3, 4, 5, 7]),
    where=st.sampled_from(["crash-after", "crash-before", "after", "before", *_COMMITS]),
    for_good=st.sampled_from([False, False, True]),
)


class Commits:
    """Counts a register's commits and fails at one; a dead process commits nothing more."""

    def __init__(self, engine: Engine, fault: Fault) -> None:
        self.fault, self.count, self.engine = fault, 0, engine
        self.has_failed = False
        event.listen(engine, "commit", self._commit)

    def _commit(self, _connection: object) -> None:
        self.count += 1
        at, where = self.fault.at, self.fault.where
        if where == "commit-then-killed":
            if self.count > at:
                self.has_failed = True
                raise Killed
        elif where == "commit-kills" and self.count >= at:
            self.has_failed = True
            raise Killed
        elif self.count == at or (self.fault.for_good and self.count > at):
            self.has_failed = True
            raise OperationalError(None, None, sqlite3.OperationalError("database or disk is full"))

    def end(self) -> None:
        event.remove(self.engine, "commit", self._commit)
