"""Where the time of a run goes, measured by wrapping what it calls: each second is counted once."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any
from unittest.mock import patch

from provisioner.documents import read_annexe
from provisioner.operations.check import Reader
from provisioner.operations.effects import Effects
from provisioner.operations.inviting import Inviting
from provisioner.operations.run import Pass
from provisioner.register import Register, Work

REST = "judging, planning, opening what is needed"
READING = "reading the document"
LOOK = "looking at Keycloak"
ENTERING = "entering the register"
CREATING = "creating accounts"
MAILING = "mailing"
COMMITS = "register: commits"
_BOOKS = {CREATING: "register: writing accounts", MAILING: "register: writing e-mails"}
PARTS = (READING, LOOK, REST, ENTERING, CREATING, _BOOKS[CREATING], MAILING, _BOOKS[MAILING], COMMITS)


class Stopwatch:
    """Seconds of the main thread by part; a part inside another is taken out of it."""

    def __init__(self) -> None:
        self.seconds = dict.fromkeys(PARTS, 0.0)
        self.commits = 0
        self._under_way = [REST]
        self._since = time.perf_counter()

    @contextmanager
    def part(self, name: str) -> Iterator[None]:
        """What happens inside counts for this part."""
        self._turn()
        self._under_way.append(name)
        try:
            yield
        finally:
            self._turn()
            self._under_way.pop()

    def stop(self) -> float:
        """Ends the watch; all its seconds together."""
        self._turn()
        return sum(self.seconds.values())

    def _turn(self) -> None:
        now = time.perf_counter()
        self.seconds[self._under_way[-1]] += now - self._since
        self._since = now

    @property
    def read(self) -> Reader:
        """The reader of documents, its time counted apart."""
        return self.watched(READING, read_annexe)

    def watched(self, name: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function, its time counted for that part."""

        @wraps(function)
        def call(*arguments: Any, **options: Any) -> Any:
            with self.part(name):
                return function(*arguments, **options)

        return call

    def watch_commits(self, register: Register) -> None:
        """Counts this register's commits apart."""
        dialect = register.engine.dialect
        commit = self.watched(COMMITS, dialect.do_commit)

        def counted(connection: Any) -> None:
            self.commits += 1
            commit(connection)

        dialect.do_commit = counted  # type: ignore[method-assign, assignment]

    def work_of(self, work: Callable[..., Any]) -> Callable[..., Any]:
        """`Register.work`, its time counted as books kept during the part under way."""

        @contextmanager
        def watched(register: Register, by: str) -> Iterator[Work]:
            with self.part(_BOOKS.get(self._under_way[-1], ENTERING)), work(register, by) as under_way:
                yield under_way

        return watched


@contextmanager
def watch() -> Iterator[Stopwatch]:
    """Watches the operations that are called inside; their `Context` is given `stopwatch.read`."""
    stopwatch = Stopwatch()
    wrapped = stopwatch.watched
    with (
        patch.object(Pass, "look", wrapped(LOOK, Pass.look)),
        patch.object(Pass, "look_again", wrapped(LOOK, Pass.look_again)),
        patch.object(Effects, "carry_out", wrapped(CREATING, Effects.carry_out)),
        patch.object(Inviting, "carry_out", wrapped(MAILING, Inviting.carry_out)),
        patch.object(Register, "work", stopwatch.work_of(Register.work)),
    ):
        yield stopwatch
