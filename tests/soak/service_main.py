"""Runs `provisioner serve` on a clock that is moved while it runs, and does everything due when it is asked to.

PROVISIONER_TODAY is read once, at the start: a process that lives through two years needs its own hands on the clock.
Everything else is the service as it is. `SOAK_DIR` holds `clock`, `asked` and `state`, see `Hands`.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from unittest.mock import patch

from provisioner.cli import main as provisioner
from provisioner.clock import Clock
from provisioner.service import scheduler


class MovedClock(Clock):
    """The real clock, moved by as many seconds as its file says."""

    def __init__(self, file: Path) -> None:
        object.__setattr__(self, "real_now", lambda: datetime.now(UTC))
        object.__setattr__(self, "file", file)

    @property
    def moved_by(self) -> timedelta:
        file: Path = object.__getattribute__(self, "file")
        return timedelta(seconds=float(file.read_text()))


def write(file: Path, text: str) -> None:
    """In one go: whoever reads it at the same time finds the old or the new."""
    unfinished = file.with_suffix(".part")
    unfinished.write_text(text)
    unfinished.rename(file)


def main() -> None:
    home = Path(os.environ.pop("SOAK_DIR"))
    clock = MovedClock(home / "clock")
    tick = scheduler.Service.tick
    done, parent = "", os.getppid()

    def tick_and_tell(service: scheduler.Service) -> None:
        nonlocal done
        tick(service)
        if os.getppid() != parent:
            service.stopping.set()  # nobody plays any more
        asked = (home / "asked").read_text()
        # The drop folder is looked at all the time, and its look may find a command's run under way.
        due = {job.id: job.next_run_time for job in service.scheduler.get_jobs() if job.id != "inbox"}
        if service.is_busy:
            return
        if asked != done:
            done = asked
            for name in service.jobs:
                service.run_soon(name)
        elif min(due.values()) > datetime.now(UTC) + timedelta(seconds=1):
            failing = [name for name, state in service.runner.states.items() if state.failures and name in due]
            write(home / "state", json.dumps({"asked": asked, "failing": failing}))

    with (
        patch("provisioner.clock.make_clock", lambda _settings: clock),
        patch("provisioner.service.scheduler.TICK_SECONDS", 0.05),
        patch.object(scheduler.Service, "tick", tick_and_tell),
    ):
        provisioner()


if __name__ == "__main__":
    main()
