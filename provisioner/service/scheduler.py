"""The life of `serve`: jobs by their schedules, a tick that watches them, and an end within a few seconds."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_EXECUTED
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.schedulers.background import BackgroundScheduler

from provisioner.register import RegisterUnavailable
from provisioner.service.jobs import Job
from provisioner.service.notify import notify
from provisioner.service.runner import Runner

log = structlog.get_logger()

#: How often everything is looked at.
TICK_SECONDS = 1.0

#: How old the last tick may be.
_LIVE_SECONDS = 30.0

#: How long a run under way has to end the effect in hand once the service is asked to stop.
GRACE_SECONDS = 8.0

#: How long nothing may move before the jobs are taken to be stuck: longer than any one call or document may take.
STUCK_SECONDS = 600.0


class Service:
    """Runs each job when it is due, one at a time."""

    def __init__(self, runner: Runner, jobs: Sequence[Job]) -> None:
        self.runner, self.jobs = runner, {job.name: job for job in jobs}
        self.stopping = threading.Event()
        self.looking = threading.Lock()
        self.ticked_at = time.monotonic()
        self._idle = threading.Event()
        self._idle.set()
        self._runs = 0
        self._jumps = runner.jumps
        self.is_stuck = False
        self._sign: object = None
        self._moved_at = time.monotonic()
        # One worker, so one job at a time; due while it runs is due once at its end; late is never too late.
        self.scheduler = BackgroundScheduler(
            executors={"default": ThreadPoolExecutor(1)},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone=UTC,
        )
        logging.getLogger("apscheduler").setLevel(logging.CRITICAL)  # the runner tells what happens, in our words
        self.scheduler.add_listener(self._ended, EVENT_JOB_EXECUTED | EVENT_JOB_ERROR)

    def run(self) -> bool:
        """Works until `stopping` is set; whether the run under way then ended in time."""
        while not self.stopping.wait(TICK_SECONDS):
            self.tick()
        return self.shut_down()

    def start(self, *, paused: bool = False) -> None:
        """Begins, with every job on its first day."""
        for name in self.jobs:
            self.runner.metrics.know(name)
        self.scheduler.start(paused=paused)
        self.reschedule()

    def reschedule(self) -> None:
        """Every job that is not under way, from now on."""
        for job in self.jobs.values():
            try:
                due = self.runner.first(job)
            except RegisterUnavailable:
                due = self.runner.clock.now()  # its run says so, and tries again
            self._add(job.name, due)

    def tick(self) -> None:
        """Looks at the clock and at the jobs, and tells the system's manager while they go on."""
        self.ticked_at = time.monotonic()
        self.runner.look_at_clock()
        if self.runner.jumps != self._jumps:
            self._jumps = self.runner.jumps
            self.reschedule()
        self.scheduler.wakeup()  # after a sleep of the machine, or a clock set right, it would wait on
        self.is_stuck = self._does_nothing_move()
        if not self.is_stuck:
            notify("WATCHDOG=1")

    @property
    def is_live(self) -> bool:
        """Whether it still ticks, and jobs go on."""
        return not self.is_stuck and time.monotonic() - self.ticked_at < _LIVE_SECONDS

    @property
    def is_busy(self) -> bool:
        """Whether a run is under way."""
        return not self._idle.is_set()

    def _does_nothing_move(self) -> bool:
        """For long: a run without a call to Keycloak or a write, or jobs that are due and that nobody runs."""
        sign = (self._runs, self.runner.count_calls(), self.runner.register.commits)
        is_quiet = self._idle.is_set() and not self._is_overdue()
        if is_quiet or sign != self._sign:
            self._sign, self._moved_at = sign, time.monotonic()
        return time.monotonic() - self._moved_at > STUCK_SECONDS

    def shut_down(self) -> bool:
        """Ends the effect in hand and stops; False when a run had to be left as it was."""
        notify("STOPPING=1")
        log.info("service.stopping")
        self.runner.stop()
        self.scheduler.shutdown(wait=False)
        return self._idle.wait(GRACE_SECONDS)

    def _run(self, name: str) -> datetime:
        self._idle.clear()
        try:
            return self.runner.run(self.jobs[name])
        finally:
            self._runs += 1
            self._idle.set()

    def _ended(self, event: Any) -> None:
        """A run ended and said when the next one is due. Only now may it be due again: not while it is under way."""
        due = event.retval or self.runner.clock.now() + timedelta(minutes=1)
        if not self.runner.is_stopping:
            self._add(event.job_id, due)

    def _add(self, name: str, due: datetime) -> None:
        """`due` is by our clock, which may be moved (PROVISIONER_TODAY); APScheduler's is the real one."""
        real = due - self.runner.clock.moved_by
        self.scheduler.add_job(self._run, "date", run_date=real, args=[name], id=name, replace_existing=True)

    def _is_overdue(self) -> bool:
        late = datetime.now(UTC) - timedelta(seconds=STUCK_SECONDS)
        return any(one.next_run_time is not None and one.next_run_time < late for one in self.scheduler.get_jobs())
