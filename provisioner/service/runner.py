"""One run of one job: what it needs is opened, what goes wrong is told once, and when to try again is worked out."""

from __future__ import annotations

import random
import secrets
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import structlog

from provisioner.clock import Clock
from provisioner.keycloak.directory import Directory
from provisioner.operations.context import Tools
from provisioner.register import Register, RegisterUnavailable, check_lease, reading, writing
from provisioner.service.failures import Unfinished, error_of, reason_of
from provisioner.service.jobs import Did, Job
from provisioner.service.jumps import JumpWatch
from provisioner.service.paused import is_paused_by_clock, pause_because_of_clock
from provisioner.service.schedules import Daily, Schedule
from provisioner.settings import Settings

if TYPE_CHECKING:
    from provisioner.service.metrics import Metrics

log = structlog.get_logger()

#: How long a job waits for a command's run: it comes again, and a stop must not wait for it.
_LOCK_WAIT_SECONDS = 2.0

#: After the first failure, doubled after each further one; each wait is between half of that and the whole.
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=4), timedelta(minutes=15)

#: How soon to look again whether a person ended the pause that a clock's jump set.
_PAUSED_WAIT = timedelta(seconds=10)


@dataclass(slots=True)
class Standing:
    """How a job stands. `reason` is why it fails, `good` for one that does not, None before its first run."""

    reason: str | None = None
    in_a_row: int = 0
    failing_since: float = 0.0


class Runner:
    """Runs jobs, one at a time, in whatever thread calls it. `stop` may be called from any other."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        register: Register,
        metrics: Metrics,
        jumps: JumpWatch | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        wait = min(settings.lock_wait_seconds, _LOCK_WAIT_SECONDS)
        self.settings = settings.model_copy(update={"lock_wait_seconds": wait})
        self.clock, self.register, self.metrics = clock, register, metrics
        self._jumps = jumps or JumpWatch()
        self.jumps = 0
        self._is_to_pause = False
        self.jitter = jitter
        self.standing: dict[str, Standing] = {}
        self.answered_at: float | None = None
        self.is_stopping = False
        self._lock = threading.Lock()
        self._tools: Tools | None = None
        self._directory: Directory | None = None
        self._counted = 0

    def schedule(self, job: Job) -> Schedule:
        """The job's schedule, as it is set."""
        return job.schedule(self.settings.service)

    def first(self, job: Job) -> datetime:
        """When to run it for the first time: at once, unless it is daily and was done.

        Raises:
            RegisterUnavailable: it does not say when the job was last done.
        """
        schedule, last = self.schedule(job), None
        if isinstance(schedule, Daily):
            with self.register.read() as connection:
                last = reading.mark(connection, _mark(job))
        return schedule.first(self.clock.now(), datetime.fromisoformat(last) if last else None)

    def run(self, job: Job) -> datetime:
        """One run; gives when the next one is due. Never raises what a job raises."""
        with structlog.contextvars.bound_contextvars(run=secrets.token_hex(4), job=job.name):
            begun, begun_at = time.monotonic(), self.clock.now()
            try:
                if not self.may_run():
                    return self.clock.now() + _PAUSED_WAIT
                if (due := self.first(job)) > self.clock.now():
                    if self._standing(job).in_a_row:  # another instance did it
                        self._good(job, Did(), time.monotonic() - begun)
                    return due
                what = self._carry_out(job)
                if isinstance(self.schedule(job), Daily):
                    with self.register.work() as work:
                        writing.set_mark(work, _mark(job), begun_at.isoformat(timespec="seconds"))
            except Exception as error:
                if self.is_stopping and isinstance(error, Unfinished):
                    log.info("job.stopped")
                    return self.clock.now()
                return self._failed(job, error, time.monotonic() - begun)
            self._good(job, what, time.monotonic() - begun)
            return max(self.schedule(job).after(begun_at), self.clock.now())

    def look_at_clock(self) -> None:
        """A clock that jumped pauses everything until `resume`, and ends the run under way."""
        moved = self._jumps.look()
        if moved is not None:
            self._is_to_pause = True
            self._end_run()
            self.jumps += 1
            log.error("clock.jumped", seconds=round(moved.total_seconds()))
        if self._is_to_pause:
            with suppress(RegisterUnavailable):  # then nothing runs, and it is tried again at the next look
                pause_because_of_clock(self.register)
                self._is_to_pause = False

    def may_run(self) -> bool:
        """Whether work may be done.

        Raises:
            RegisterUnavailable: it does not say.
        """
        self.look_at_clock()
        return not (self.is_stopping or self._is_to_pause or is_paused_by_clock(self.register))

    def stop(self) -> None:
        """Ends the run under way after the effect in hand; no other begins."""
        self.is_stopping = True
        self._end_run()

    def count_calls(self) -> int:
        """Calls that the run under way made to Keycloak; the metrics are told of the new ones."""
        with self._lock:
            if self._directory is None:
                return 0
            made = self._directory.calls
            self.metrics.called(made - self._counted)
            self._counted = made
            return made

    def _end_run(self) -> None:
        with self._lock:
            if self._tools is not None:
                self._tools.stop.set()

    def _carry_out(self, job: Job) -> Did:
        tools = self._open()
        try:
            what = job.run(tools) or Did()
            if self.count_calls():
                self.answered_at = time.monotonic()
        finally:
            self.count_calls()
            with self._lock:
                self._tools = self._directory = None
            tools.directory.close()
        self.metrics.did(what)
        if what.failed:
            raise Unfinished(what.failed)
        return what

    def _open(self) -> Tools:
        """What a run works with: a directory of its own, so that it begins with a new token."""
        with self._lock:
            self._counted = 0
            self._directory = Directory(self.settings.keycloak, guard=check_lease)
            self._tools = Tools(
                settings=self.settings,
                clock=self.clock,
                register=self.register,
                directory=self._directory,
                measure=self.metrics.measure,
            )
            if self.is_stopping:
                self._tools.stop.set()
            return self._tools

    def _standing(self, job: Job) -> Standing:
        return self.standing.get(job.name, Standing())

    def _failed(self, job: Job, error: Exception, seconds: float) -> datetime:
        reason, was = reason_of(error), self._standing(job)
        since = was.failing_since if was.in_a_row else time.monotonic()
        now = self.standing[job.name] = Standing(reason, was.in_a_row + 1, since)
        self.metrics.ran(job.name, reason, now.in_a_row, seconds, self.clock.now().timestamp())
        if was.reason != reason:
            log.warning("job.failed", reason=reason, failures=now.in_a_row, **error_of(error))
        # A holder that is frozen loses the lock; whoever waits takes over at once.
        return self.clock.now() + self._wait(1 if reason == "lock" else now.in_a_row)

    def _good(self, job: Job, what: Did, seconds: float) -> None:
        was = self._standing(job)
        self.standing[job.name] = Standing("good")
        self.metrics.ran(job.name, "good", 0, seconds, self.clock.now().timestamp())
        if was.in_a_row:
            away = round(time.monotonic() - was.failing_since)
            log.info("job.recovered", failures=was.in_a_row, seconds=away)
        tell = log.info if what.is_something else log.debug
        changes = {f"{action}_{outcome}": count for (action, outcome), count in what.changes.items()}
        tell("job.done", seconds=round(seconds, 2), **changes)

    def _wait(self, in_a_row: int) -> timedelta:
        whole: timedelta = min(_FIRST_WAIT * 2 ** min(in_a_row - 1, 20), _LONGEST_WAIT)
        return whole * (0.5 + self.jitter() / 2)


def _mark(job: Job) -> str:
    return f"job.{job.name}"
