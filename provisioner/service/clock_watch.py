"""A wall clock that jumps: every date of the rules would be wrong, so everything is paused until a person has looked.

The wall clock is watched against the time since boot, which nobody can set. The pause is one of everything, with the
reason `clock`; `provisioner resume` ends it.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from contextlib import suppress

import structlog

from provisioner.domain.hold import Hold, HoldKind
from provisioner.operations.holds import pause
from provisioner.register import Register, RegisterUnavailable, holds
from provisioner.service import BY

log = structlog.get_logger()

#: The reason of such a pause.
CLOCK = "clock"

#: A move of more than this between two looks is a jump; less is a clock that is being set right.
_TOLERANCE_SECONDS = 3600


def seconds_since_boot() -> float:
    """Seconds that nobody can set, the time asleep included where the system tells it (Linux)."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))


class ClockWatch:
    """Pauses everything when the wall clock moved otherwise than the time since boot, from one look to the next.

    `jumps` counts how often it did. Any thread may look.
    """

    def __init__(
        self,
        register: Register,
        wall: Callable[[], float] = time.time,
        since_boot: Callable[[], float] = seconds_since_boot,
    ) -> None:
        """Both clocks give seconds."""
        self._register, self._wall, self._since_boot = register, wall, since_boot
        self._lock = threading.Lock()
        self._booted_at = wall() - since_boot()
        self._has_to_pause = False
        self.jumps = 0

    def look(self) -> None:
        """Sees a jump and records the pause. Where the register cannot be written, the next look does."""
        with self._lock:
            booted_at = self._wall() - self._since_boot()
            moved, self._booted_at = booted_at - self._booted_at, booted_at
            if abs(moved) > _TOLERANCE_SECONDS:
                self._has_to_pause = True
                self.jumps += 1
                log.error("clock.jumped", seconds=round(moved))
            if self._has_to_pause:
                with suppress(RegisterUnavailable):
                    if not is_paused_by_clock(self._register):  # a person's pause may have an end
                        pause(self._register, None, CLOCK, None, BY)
                    self._has_to_pause = False

    def lets_work(self) -> bool:
        """Whether work may be done, after another look.

        Raises:
            RegisterUnavailable: it does not say whether everything is paused.
        """
        self.look()
        return not (self._has_to_pause or is_paused_by_clock(self._register))


def is_clock_pause(hold: Hold) -> bool:
    """Whether this is the pause of everything because of the clock."""
    return hold.kind is HoldKind.PAUSE and hold.partner is None and hold.reason == CLOCK


def is_paused_by_clock(register: Register) -> bool:
    """Whether everything waits for somebody to look at the clock."""
    with register.read() as connection:
        return holds.everybodys_pause(connection) == CLOCK
