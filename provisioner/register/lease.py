"""The right to act, while a pass holds the run's lock."""

from __future__ import annotations

import time

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
