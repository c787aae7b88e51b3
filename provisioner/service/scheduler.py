"""The life of `serve`: APScheduler runs the jobs at their times, a tick watches them, the end takes a few seconds."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import structlog
from apscheduler.events import EVENT_JOB_ERROR, EVENT_JOB_EXECUTED
from apscheduler.executors.pool import ThreadPoolExecutor
from apscheduler.jobstores.base import JobLookupError
from apscheduler.schedulers.background import BackgroundScheduler

from provisioner.register import RegisterUnavailable
from provisioner.service.jobs import Job
from provisioner.service.runner import Runner

log = structlog.get_logger()

#: The names of the workers.
_DEFAULT, _BESIDE = "default", "beside"

#: How often everything is looked at.
TICK_SECONDS = 1.0

#: How old the last tick may be.
_LIVE_SECONDS = 30.0

#: How long a run under way has to end the effect in hand once the service is asked to stop.
GRACE_SECONDS = 8.0

#: How long nothing may move before the jobs are taken to be stuck: longer than any one call or document may take.
STUCK_SECONDS = 600.0


class _Worker(ThreadPoolExecutor):  # type: ignore[misc]
    """One thread that tells of a run before it can begin: APScheduler's own event may come when it has ended."""

    def __init__(self, on_begin: Callable[[str], None]) -> None:
        super().__init__(max_workers=1)
        self._on_begin = on_begin

    def _do_submit_job(self, job: Any, run_times: list[datetime]) -> None:
        self._on_begin(job.id)
        super()._do_submit_job(job, run_times)


class _Lane:
    """One worker, so one job at a time, with what it does and when something of it last moved."""

    def __init__(self, runner: Runner) -> None:
        self.runner = runner
        self.under_way = self.runs = 0
        self._sign: object = None
        self._moved_at = time.monotonic()

    def is_stuck(self, is_overdue: bool) -> bool:
        """Nothing moves for long: a run without a call to Keycloak or a write, or jobs due that nobody runs."""
        sign = (self.runs, self.runner.count_calls(), self.runner.register.commits)
        is_quiet = self.under_way == 0 and not is_overdue
        if is_quiet or sign != self._sign:
            self._sign, self._moved_at = sign, time.monotonic()
        return time.monotonic() - self._moved_at > STUCK_SECONDS


class Service:
    """Runs each job when it is due, one at a time; those that are `beside` in a worker of their own."""

    def __init__(self, runner: Runner, jobs: Sequence[Job]) -> None:
        self.runner, self.jobs = runner, {job.name: job for job in jobs}
        self.stopping = threading.Event()
        self.ticked_at = time.monotonic()
        self.is_stuck = False
        self._lanes = {_DEFAULT: _Lane(runner), _BESIDE: _Lane(runner.beside())}
        self._jumps_seen = runner.clock_watch.jumps
        self._ended = threading.Condition()
        self._asked: set[str] = set()  # to be run soon, and not begun since
        # Due again while it runs is due next time; late is never too late.
        self.scheduler = BackgroundScheduler(
            executors={name: _Worker(self._on_begin) for name in self._lanes},
            job_defaults={"coalesce": True, "max_instances": 1, "misfire_grace_time": None},
            timezone=UTC,
        )
        logging.getLogger("apscheduler").setLevel(logging.CRITICAL)  # the runner tells what happens, in our words
        self.scheduler.add_listener(self._on_end, EVENT_JOB_EXECUTED | EVENT_JOB_ERROR)

    def run(self) -> bool:
        """Works until `stopping` is set; whether the run under way then ended in time."""
        while not self.stopping.wait(TICK_SECONDS):
            self.tick()
        return self.shut_down()

    def start(self) -> None:
        """Begins. A daily job whose time passed without a good run is late, and APScheduler makes it up, once."""
        for job in self.jobs.values():
            self.runner.metrics.know(job.name)
            try:
                due = self.runner.due(job)
            except RegisterUnavailable:
                due = datetime.now(UTC)  # its run says so, and is tried again
            lane, trigger = self._lane_of(job), self.runner.trigger(job)
            self.scheduler.add_job(self._run, trigger, args=[job], id=job.name, next_run_time=due, executor=lane)
        self.scheduler.start()

    def run_soon(self, name: str, wait: timedelta = timedelta()) -> None:
        """Has a job run after this wait, and then by its trigger from there on; one that runs now, once more."""
        self._asked.add(name)
        with suppress(JobLookupError):  # the service has ended
            self.scheduler.modify_job(name, next_run_time=datetime.now(UTC) + wait)

    def tick(self) -> None:
        """Looks at the clock and at the jobs, and tells the system's manager while they go on."""
        self.ticked_at = time.monotonic()
        self.runner.clock_watch.look()
        if self.runner.clock_watch.jumps != self._jumps_seen:
            self._jumps_seen = self.runner.clock_watch.jumps
            for lane in self._lanes.values():
                lane.runner.end_run()
            for name in self.jobs:  # their times are of the clock before
                self.run_soon(name)
        self.scheduler.wakeup()  # after a sleep of the machine, or a clock set right, it would wait on
        late = self._late_lanes()
        stuck = {name: lane.is_stuck(name in late) for name, lane in self._lanes.items()}
        self.is_stuck = any(stuck.values())
        if not self.is_stuck:
            notify("WATCHDOG=1")

    @property
    def is_live(self) -> bool:
        """Whether it still ticks, and jobs go on."""
        return not self.is_stuck and time.monotonic() - self.ticked_at < _LIVE_SECONDS

    @property
    def is_busy(self) -> bool:
        """Whether a run is under way, or waits for the end of another."""
        return any(lane.under_way for lane in self._lanes.values())

    def shut_down(self) -> bool:
        """Ends the effect in hand and stops; False when a run had to be left as it was."""
        notify("STOPPING=1")
        log.info("service.stopping")
        for lane in self._lanes.values():
            lane.runner.stop()
        self.scheduler.shutdown(wait=False)
        with self._ended:
            return self._ended.wait_for(lambda: not self.is_busy, GRACE_SECONDS)

    def _lane_of(self, job: Job) -> str:
        return _BESIDE if job.beside else _DEFAULT

    def _run(self, job: Job) -> timedelta | None:
        self._asked.discard(job.name)
        return self._lanes[self._lane_of(job)].runner.run(job)

    def _on_begin(self, name: str) -> None:
        with self._ended:
            self._lanes[self._lane_of(self.jobs[name])].under_way += 1

    def _on_end(self, event: Any) -> None:
        """A run ended, and gave how soon to try it again; one that raised is our defect."""
        lane = self._lanes[self._lane_of(self.jobs[event.job_id])]
        with self._ended:
            lane.under_way -= 1
            lane.runs += 1
            self._ended.notify_all()
        wait = timedelta(minutes=1) if event.exception else event.retval
        if wait is None and event.job_id in self._asked:  # APScheduler leaves out a run that is due during another
            wait = timedelta()
        if wait is not None:
            self.run_soon(event.job_id, wait)

    def _late_lanes(self) -> set[str]:
        """The workers that have jobs due for long, and run none of them."""
        late = datetime.now(UTC) - timedelta(seconds=STUCK_SECONDS)
        jobs = self.scheduler.get_jobs()
        return {job.executor for job in jobs if job.next_run_time is not None and job.next_run_time < late}


def notify(state: str, environment: Mapping[str, str] = os.environ) -> None:
    """Tells systemd a state (`READY=1`, `STOPPING=1`, `WATCHDOG=1`) by a datagram of sd_notify(3).

    A NOTIFY_SOCKET that begins with `@` is an abstract socket. A manager that cannot be told is no reason to fail.
    """
    name = environment.get("NOTIFY_SOCKET", "")
    if not name.startswith(("/", "@")):
        return
    address = "\0" + name[1:] if name.startswith("@") else name
    with suppress(OSError), socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC) as manager:
        manager.setblocking(False)
        manager.sendto(state.encode(), address)
