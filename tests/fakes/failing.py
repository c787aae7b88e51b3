"""How the directory in memory is made to fail: at one call, before or after its effect, once or for good."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Literal

from provisioner.keycloak.errors import KeycloakUnavailable, WriteForbidden

#: When a call fails: before its effect or after it, with an error or with the death of the process.
FailMode = Literal["before", "after", "crash-before", "crash-after"]


class Killed(BaseException):
    """The process is dead: every call raises this until `restart`."""


class Failing:
    """Counts the calls, those that may write apart, and fails when it is told to.

    With `fail_at` N, the N-th call that may write fails as `fail_mode` says (`has_failed` then), and with
    `fails_for_good` every call after it too. With `counts_reads` it is the N-th call of any kind. Which call is the
    N-th is certain only with one thread.
    """

    def __init__(self) -> None:
        self.calls = 0
        self.writes = 0
        self.read_only = False
        self.fail_at: int | None = None
        self.fail_mode: FailMode = "before"
        self.fails_for_good = False
        self.counts_reads = False
        self.has_failed = False
        self._is_dead = self._is_away = False
        self._lock = threading.RLock()

    def fail(
        self, at: int | None, mode: FailMode = "before", *, for_good: bool = False, reads_too: bool = False
    ) -> None:
        """Has the call fail that is the `at`-th from now of those that may write, or of all; None: none fails any
        more.
        """
        with self._lock:
            self.writes, self.has_failed = 0, False
            self.fail_at, self.fail_mode, self.fails_for_good = at, mode, for_good
            self.counts_reads = reads_too

    def restart(self) -> None:
        """A new process, a network that is back: nothing fails any more."""
        with self._lock:
            self.fail(None)
            self._is_dead = self._is_away = False

    def _live(self) -> None:
        if self._is_dead:
            raise Killed

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._lock:
            self._answering()
            if not self.counts_reads:
                yield
                return
            is_hit = self._is_hit()
            if is_hit and self.fail_mode.endswith("before"):
                self._fail()
            yield
            if is_hit:
                self._fail()

    def _answering(self) -> None:
        self.calls += 1
        self._live()
        if self._is_away:
            raise KeycloakUnavailable("Keycloak does not answer: asked to by a test.")

    def _is_hit(self) -> bool:
        self.writes += 1
        return self.writes == self.fail_at

    @contextmanager
    def _writing(self, lost: type[KeycloakUnavailable] = KeycloakUnavailable) -> Iterator[None]:
        """One effect, all or nothing; `lost` is what an answer that does not come is called."""
        with self._lock:
            if self.read_only:
                raise WriteForbidden("A write during a run that only looks.")
            try:
                self._answering()
                is_hit = self._is_hit()
                if is_hit and self.fail_mode.endswith("before"):
                    self._fail()
                yield
                if is_hit:
                    self._fail()
            except KeycloakUnavailable as error:
                if error.status is not None or isinstance(error, lost):
                    raise
                raise lost(str(error)) from error

    def _fail(self) -> None:
        self.has_failed = True
        if self.fail_mode.startswith("crash"):
            self._is_dead = True
            raise Killed
        self._is_away = self.fails_for_good
        raise KeycloakUnavailable("Keycloak does not answer: asked to by a test.")
