"""The right to act, while a pass holds the run's lock. It is the pass's own: no other thread meets it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

#: How often the holder shows PostgreSQL that it lives, and how long it trusts the last answer, as parts of the time
#: after which PostgreSQL gives its lock to another.
BEAT, TRUST = 1 / 9, 5 / 9


class LockHeld(Exception):
    """Another run is under way and did not end in time; the message says which."""


class LockLost(LockHeld):
    """The lock was lost amid a pass: this process was frozen or cut off, and another may be at work since."""


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
            raise LockLost("The lock was lost: another instance may be at work. This one stopped; run again later.")


#: The lease of the pass that this thread works for. The threads of a pass's pool run in a copy of its context, so
#: they see it too. A thread that records a decision beside the pass has a context of its own, and sees none.
_OF_THIS_PASS: ContextVar[Lease | None] = ContextVar("lease", default=None)


@contextmanager
def held_by_this_pass(lease: Lease) -> Iterator[None]:
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
