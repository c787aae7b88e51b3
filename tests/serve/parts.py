"""A job, a runner and clocks for tests that need no Keycloak."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from apscheduler.triggers.base import BaseTrigger

from provisioner.clock import Clock
from provisioner.operations.context import Context
from provisioner.register import Register
from provisioner.service.clock_watch import ClockWatch
from provisioner.service.jobs import Counts, Every, Job
from provisioner.service.metrics import Metrics
from provisioner.service.runner import Runner
from provisioner.settings import Settings

HOUR = timedelta(hours=1)


@dataclass
class Hands:
    """A wall clock and the time since boot, moved by a test."""

    wall: datetime = datetime(2026, 9, 2, 10, tzinfo=UTC)
    boot: float = 1000.0

    def passes(self, time: timedelta) -> None:
        self.wall += time
        self.boot += time.total_seconds()

    @property
    def clock(self) -> Clock:
        return Clock(real_now=lambda: self.wall)

    def watch(self, register: Register) -> ClockWatch:
        return ClockWatch(register, self._seconds, lambda: self.boot)

    def _seconds(self) -> float:
        return self.wall.timestamp()


def runner(settings: Settings, register: Register, hands: Hands | None = None) -> Runner:
    if hands is None:
        return Runner(settings, Clock(), register, Metrics(), jitter=lambda: 0.0)
    return Runner(settings, hands.clock, register, Metrics(), hands.watch(register), lambda: 1.0)


def job(run: Callable[[Context], Counts | None], trigger: BaseTrigger | None = None, name: str = "job") -> Job:
    return Job(name, lambda _settings: trigger or Every(3600), run)


class Runs:
    """A job that counts its runs, and fails as it is told."""

    def __init__(self, *errors: Exception | None) -> None:
        self.errors = list(errors)
        self.count = 0

    def __call__(self, _tools: Context) -> None:
        self.count += 1
        if self.errors and (error := self.errors.pop(0)) is not None:
            raise error
