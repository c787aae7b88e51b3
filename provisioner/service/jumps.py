"""A wall clock that jumps: every date of the rules would be wrong, so it is watched against the time since boot."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from datetime import timedelta

#: A move of more than this between two looks is a jump; less is a clock that is being set right.
TOLERANCE = timedelta(hours=1)


def seconds_since_boot() -> float:
    """Seconds that nobody can set, the time asleep included where the system tells it (Linux)."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class JumpWatch:
    """Tells when the wall clock moved otherwise than the time since boot, from one look to the next."""

    def __init__(
        self, wall: Callable[[], float] = time.time, since_boot: Callable[[], float] = seconds_since_boot
    ) -> None:
        """Both give seconds."""
        self._wall, self._since_boot = wall, since_boot
        self._lock = threading.Lock()
        self._boot = wall() - since_boot()

    def look(self) -> timedelta | None:
        """By how much it jumped since the last look; None when it did not."""
        with self._lock:
            boot = self._wall() - self._since_boot()
            moved = timedelta(seconds=boot - self._boot)
            self._boot = boot
        return moved if abs(moved) > TOLERANCE else None
