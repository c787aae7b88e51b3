"""One run of one job: what it needs is opened, what goes wrong is told once, and when to try again is worked out."""

from __future__ import annotations

import ctypes
import gc
import random
import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

import structlog
from apscheduler.triggers.base import BaseTrigger
from apscheduler.triggers.cron import CronTrigger

from provisioner.clock import Clock
from provisioner.domain.errors import SystemFailed
from provisioner.keycloak.directory import Directory
from provisioner.logs import place_of
from provisioner.operations.context import Context
from provisioner.operations.errors import UnknownRealm
from provisioner.register import LockHeld, Register, check_lease
from provisioner.register.marks import mark, set_mark
from provisioner.service import BY
from provisioner.service.clock_watch import ClockWatch
from provisioner.service.jobs import Counts, Job, failed_changes
from provisioner.service.metrics import Metrics
from provisioner.settings import Settings

log = structlog.get_logger()

#: How long a job waits for a command's run: it comes again, and a stop must not wait for it.
_LOCK_WAIT_SECONDS = 2.0

#: After the first failure, doubled after each further one; each wait is between half of that and the whole.
_FIRST_WAIT, _LONGEST_WAIT = timedelta(seconds=4), timedelta(minutes=15)

#: A system that is away is asked at least this often: it costs little, and what is due waits for the answer.
_LONGEST_AWAY = timedelta(minutes=1)

#: How soon to look again whether a person ended the pause that a clock's jump set.
_PAUSED_WAIT = timedelta(seconds=10)


class Unfinished(Exception):
    """Some of the changes that were due could not be made; they stay due. Each is told in the log by itself."""

    def __init__(self, count: int) -> None:
        super().__init__(f"{count} changes could not be made")


class Stopped(Exception):
    """The run was to end before its end: the service stops, or the clock jumped."""


@dataclass(slots=True)
class JobState:
    """How a job goes. `reason` is why it fails, `good` for one that does not, None before its first run."""

    reason: str | None = None
    failures: int = 0  # in a row
    failing_since: float = 0.0


class Runner:
    """Runs jobs, one at a time, in whatever thread calls it. `stop` and `end_run` may be called from any other."""

    def __init__(
        self,
        settings: Settings,
        clock: Clock,
        register: Register,
        metrics: Metrics,
        clock_watch: ClockWatch | None = None,
        jitter: Callable[[], float] = random.random,
    ) -> None:
        wait = min(settings.lock_wait_seconds, _LOCK_WAIT_SECONDS)
        self.settings = settings.model_copy(update={"lock_wait_seconds": wait})
        self.clock, self.register, self.metrics = clock, register, metrics
        self.clock_watch = clock_watch or ClockWatch(register)
        self.jitter = jitter
        self.states: dict[str, JobState] = {}
        self.answered_at: float | None = None
        self.is_stopping = False
        self._lock = threading.Lock()
        self._context: Context | None = None
        self._directory: Directory | None = None
        self._counted = 0

    def beside(self) -> Runner:
        """Another one, whose runs wait for none of this one's; what it writes is counted by itself."""
        register = Register(self.register.engine, self.clock)
        runner = Runner(self.settings, self.clock, register, self.metrics, self.clock_watch, self.jitter)
        runner.states = self.states  # how all jobs go is told in one place
        return runner

    def trigger(self, job: Job) -> BaseTrigger:
        """When it runs, as it is set."""
        return job.trigger(self.settings)

    def due(self, job: Job) -> datetime:
        """Since when a daily job's next run after the last good one has been due, or when it will be; any other job's
        is due now. By the real clock, as its trigger is.

        Raises:
            RegisterUnavailable: it does not say when the job was last done.
        """
        now = self.clock.real_now()
        if not self._is_daily(job):
            return now
        with self.register.read() as connection:
            good = mark(connection, _mark(job))
        last_good = datetime.fromisoformat(good) - self.clock.moved_by if good else None
        if last_good is None or last_good > now:  # one that is still to come was done by a clock that was wrong
            return now
        due: datetime = self.trigger(job).get_next_fire_time(last_good, last_good)
        return due

    def run(self, job: Job) -> timedelta | None:
        """One run; gives how soon to try again, None when the next one is its trigger's. Raises nothing."""
        wait = self._run(job)
        give_back_memory()
        return wait

    def _run(self, job: Job) -> timedelta | None:
        with structlog.contextvars.bound_contextvars(run=secrets.token_hex(4), job=job.name):
            started, started_at = time.monotonic(), self.clock.now()
            try:
                if self.is_stopping:
                    return None
                if not self.clock_watch.lets_work():
                    return _PAUSED_WAIT
                if self.due(job) > self.clock.real_now():  # another instance did it
                    if self._state(job).failures:
                        self._succeeded(job, {}, time.monotonic() - started)
                    return None
                counts = self._carry_out(job)
                if self._is_daily(job):
                    with self.register.work(BY) as work:
                        set_mark(work, _mark(job), started_at.isoformat(timespec="seconds"))
            except Stopped:
                log.info("job.stopped")
                return None
            except Exception as error:
                return self._failed(job, error, time.monotonic() - started)
            self._succeeded(job, counts, time.monotonic() - started)
            return None

    def stop(self) -> None:
        """Ends the run under way after the effect in hand; no other begins."""
        self.is_stopping = True
        self.end_run()

    def end_run(self) -> None:
        """Ends the run under way after the effect in hand."""
        with self._lock:
            if self._context is not None:
                self._context.stop.set()

    def count_calls(self) -> int:
        """Calls that the run under way made to Keycloak; the metrics are told of the new ones."""
        with self._lock:
            if self._directory is None:
                return 0
            made = self._directory.calls
            self.metrics.called(made - self._counted)
            self._counted = made
            return made

    def _carry_out(self, job: Job) -> Counts:
        """What the run did.

        Raises:
            Stopped: it was to end. What it left out stays due.
            Unfinished: it could not make all changes.
        """
        context = self._open()
        try:
            counts = job.run(context) or {}
            if self.count_calls():
                self.answered_at = time.monotonic()
        finally:
            self.count_calls()
            with self._lock:
                self._context = self._directory = None
            context.directory.close()
        self.metrics.did(counts)
        if context.stop.is_set():
            raise Stopped
        if failed := failed_changes(counts):
            raise Unfinished(failed)
        return counts

    def _open(self) -> Context:
        """What a run works with: a directory of its own, so that it begins with a new token."""
        with self._lock:
            self._counted = 0
            self._directory = Directory(self.settings.keycloak, guard=check_lease)
            self._context = Context(
                settings=self.settings,
                clock=self.clock,
                register=self.register,
                directory=self._directory,
                by=BY,
                measure=self.metrics.measure,
            )
            if self.is_stopping:
                self._context.stop.set()
            return self._context

    def _is_daily(self, job: Job) -> bool:
        return isinstance(self.trigger(job), CronTrigger)

    def _state(self, job: Job) -> JobState:
        return self.states.get(job.name, JobState())

    def _failed(self, job: Job, error: Exception, seconds: float) -> timedelta:
        before, reason = self._state(job), reason_of(error)
        since = before.failing_since if before.failures else time.monotonic()
        state = self.states[job.name] = JobState(reason, before.failures + 1, since)
        self.metrics.ran(job.name, reason, state.failures, seconds, self.clock.now().timestamp())
        if before.reason != reason:
            log.warning("job.failed", reason=reason, failures=state.failures, **_told_of(error))
        # A holder of the lock that is frozen loses it; whoever waits takes over at once.
        doublings = 0 if reason == "lock" else min(state.failures - 1, 20)
        longest = _LONGEST_AWAY if isinstance(error, SystemFailed) else _LONGEST_WAIT
        whole: timedelta = min(_FIRST_WAIT * 2**doublings, longest)
        return whole * (0.5 + self.jitter() / 2)

    def _succeeded(self, job: Job, counts: Counts, seconds: float) -> None:
        before = self._state(job)
        self.states[job.name] = JobState("good")
        self.metrics.ran(job.name, "good", 0, seconds, self.clock.now().timestamp())
        if before.failures:
            away = round(time.monotonic() - before.failing_since)
            log.info("job.recovered", failures=before.failures, seconds=away)
        tell = log.info if counts else log.debug
        tell("job.done", seconds=round(seconds, 2), **{"_".join(key): count for key, count in counts.items()})


def give_back_memory() -> None:
    """What a run that read everything leaves behind goes, and goes back to the system.

    What holds each other, as a failure and the calls that it came through, waits for a collection, which comes late
    (`COLLECTED_AFTER`): of 200,000 persons some 80 MiB. glibc would keep another 70; other C libraries have
    nothing of the kind.
    """
    gc.collect()
    if (trim := getattr(ctypes.CDLL(None), "malloc_trim", None)) is not None:
        trim(0)


def reason_of(error: Exception) -> str:
    """What failed, in one word for counting: a system, the lock, the realm; anything unforeseen is our defect."""
    if isinstance(error, LockHeld):
        return "lock"
    if isinstance(error, SystemFailed):
        return error.system.value
    return {UnknownRealm: "realm", Unfinished: "unfinished"}.get(type(error), "defect")


def _told_of(error: Exception) -> dict[str, str]:
    """What may stand in the log of an error.

    The message of a held lock names who holds it, and what a defect says may hold anything: of these only where it
    was raised is told. A database may add the values to its first line's sentence.
    """
    if type(error) is LockHeld:
        return {}
    if isinstance(error, SystemFailed | UnknownRealm | Unfinished):
        return {"error": str(error).partition("\n")[0]}
    return {"error": type(error).__name__, "at": place_of(error)}


def _mark(job: Job) -> str:
    return f"job.{job.name}"
