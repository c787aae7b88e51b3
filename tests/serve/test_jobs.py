"""How jobs are run, without a Keycloak: one at a time, a failure told once, missed runs made up, clocks that jump."""

from __future__ import annotations

import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from unittest.mock import MagicMock

import pytest
from apscheduler.events import EVENT_JOB_MAX_INSTANCES, EVENT_JOB_SUBMITTED
from structlog.testing import capture_logs

from provisioner.clock import Clock
from provisioner.keycloak.errors import KeycloakUnavailable
from provisioner.operations.context import Context
from provisioner.register import LockHeld, Register, RegisterUnavailable, engine, open_register, run_lock
from provisioner.register.marks import set_mark
from provisioner.service import runner as running
from provisioner.service import scheduler
from provisioner.service.jobs import JOBS, Every, daily
from provisioner.service.runner import Runner
from provisioner.service.scheduler import Service
from provisioner.settings import Settings
from tests.serve.parts import HOUR, Hands, Runs, job, runner
from tests.serve.serving import until
from tests.shared.pace import PATIENCE, slowness


def test_a_job_that_fails_stops_no_other_and_is_told_once_without_what_it_says(
    settings: Settings, register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "_FIRST_WAIT", timedelta(seconds=0.02))
    broken, good = Runs(*[ValueError("Marie Dupont <marie@agglo-lys.example>")] * 3), Runs()
    often = Every(0.02)
    service = Service(runner(settings, register), [job(broken, often, "broken"), job(good, often, "good")])
    with capture_logs() as log:
        service.start()
        until(lambda: broken.count > 4 and good.count > 4, "both ran on")
        assert service.shut_down()
    told = [line for line in log if line.get("event") in ("job.failed", "job.recovered")]
    assert [(line["event"], line["failures"]) for line in told] == [("job.failed", 1), ("job.recovered", 3)]
    assert (told[0]["reason"], told[0]["error"]) == ("defect", "ValueError")
    assert "marie" not in str(log).lower()


def test_no_two_jobs_run_at_once(settings: Settings, register: Register) -> None:
    under_way, seen = threading.Lock(), Runs()

    def alone(context: Context) -> None:
        assert under_way.acquire(blocking=False), "two at once"
        time.sleep(0.01)  # so that a second one would meet it
        under_way.release()
        seen(context)

    job_runner = runner(settings, register)
    often = Every(0.001)
    service = Service(job_runner, [job(alone, often, name) for name in "abc"])
    service.start()
    until(lambda: seen.count > 30, "thirty runs")
    assert service.shut_down()
    assert {name: state.failures for name, state in job_runner.states.items()} == dict.fromkeys("abc", 0)


def test_runs_missed_while_the_machine_slept_are_made_up_once(settings: Settings, register: Register) -> None:
    runs = Runs()
    service = Service(runner(settings, register), [job(runs)])
    service.start()
    until(lambda: runs.count == 1, "the first run")
    service.run_soon("job", -5 * HOUR)
    service.tick()
    until(lambda: runs.count == 2, "the missed run")
    assert service.scheduler.get_job("job").next_run_time > datetime.now(UTC) + timedelta(minutes=59)
    assert service.shut_down()


def test_a_job_that_is_asked_for_while_it_runs_runs_once_more(settings: Settings, register: Register) -> None:
    runs, may_end = Runs(), threading.Event()

    def until_told(context: Context) -> None:
        runs(context)
        assert may_end.wait(PATIENCE)

    service = Service(runner(settings, register), [job(until_told)])
    skipped: list[str] = []
    service.scheduler.add_listener(lambda event: skipped.append(event.job_id), EVENT_JOB_MAX_INSTANCES)
    service.start()
    until(lambda: runs.count == 1, "the first run")
    service.run_soon("job")
    until(lambda: skipped == ["job"], "APScheduler left it out")
    may_end.set()
    until(lambda: runs.count == 2, "the run that was asked for, not in an hour")
    assert service.shut_down()
    assert runs.count == 2


def test_a_clock_put_forward_by_years_lists_no_run_that_it_missed() -> None:
    years_ago, now = datetime(1970, 1, 1, tzinfo=UTC), datetime(2026, 9, 2, 10, tzinfo=UTC)
    assert Every(10).get_next_fire_time(years_ago, now) == now + timedelta(seconds=10)


def test_the_drop_folder_is_looked_at_and_everything_due_is_done_as_often_as_is_set(settings: Settings) -> None:
    now = datetime(2026, 9, 2, 10, tzinfo=UTC)
    due = {job.name: job.trigger(settings).get_next_fire_time(now, now) for job in JOBS}
    assert due == {
        "inbox": now + timedelta(seconds=10),
        "sync": now + timedelta(minutes=15),
        "sweep": at(3, 1),
        "invitations": at(3, 6),
        "notices": now + timedelta(seconds=60),
        "connections": now + timedelta(seconds=60),
        "connections-sweep": at(3, 1),
    }


def at(day: int, hour: int, minute: int = 0, month: int = 9) -> datetime:
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


THREE = daily("03:00")


@pytest.mark.parametrize(
    ("now", "last_good", "is_late"),
    [
        (at(2, 10), None, True),
        (at(2, 10), at(1, 1), True),
        (at(2, 10), at(2, 1), False),
        (at(2, 0, 59), at(1, 1), False),
        (at(2, 0, 59), at(31, 0, month=8), True),
        (at(2, 10), at(2, 11), True),  # done by a clock that was set right since
    ],
)
def test_a_daily_job_missed_while_the_service_was_off_runs_at_its_start_and_else_on_its_time(
    settings: Settings, register: Register, now: datetime, last_good: datetime | None, is_late: bool
) -> None:
    runs = Runs()
    if last_good is not None:
        runner(settings, register, Hands(last_good)).run(job(runs, THREE))
    runner(settings, register, Hands(now)).run(job(runs, THREE))
    assert runs.count == (last_good is not None) + is_late


@pytest.mark.parametrize(
    ("time_of_day", "begun", "due"),
    [
        ("03:00", at(28, 2, month=3), at(29, 1, month=3)),  # summer time: an hour earlier in UTC
        ("02:30", at(28, 2, month=3), at(29, 1, 30, month=3)),  # 02:30 does not exist: 03:30
        ("03:00", at(24, 12, month=10), at(25, 2, month=10)),
        ("02:30", at(24, 12, month=10), at(25, 0, 30, month=10)),  # twice: both, and the second finds all done
    ],
)
def test_a_daily_job_runs_each_day_when_the_clocks_change(time_of_day: str, begun: datetime, due: datetime) -> None:
    assert daily(time_of_day).get_next_fire_time(begun, begun).astimezone(UTC) == due


def test_a_daily_job_that_was_done_is_not_done_again_by_the_next_start(
    settings: Settings, register: Register
) -> None:
    runs, hands = Runs(), Hands()
    nightly = job(runs, THREE)
    for _ in range(2):
        assert runner(settings, register, hands).run(nightly) is None
    assert runs.count == 1
    hands.passes(24 * HOUR)
    runner(settings, register, hands).run(nightly)
    assert runs.count == 2


@pytest.mark.parametrize("error", [KeycloakUnavailable("away"), RegisterUnavailable("away")])
def test_a_system_that_is_away_is_told_once_and_asked_each_minute_so_that_work_goes_on_soon_after_it_is_back(
    settings: Settings, register: Register, error: Exception
) -> None:
    tried, away = runner(settings, register, Hands()), job(Runs(*[error] * 12))
    with capture_logs() as log:
        waits = [tried.run(away) for _ in range(13)]
    assert waits[:4] == [timedelta(seconds=seconds) for seconds in (4, 8, 16, 32)]
    assert waits[4:] == [*[timedelta(minutes=1)] * 8, None]
    told = [(line["event"], line["failures"]) for line in log if line["event"] != "job.done"]
    assert told == [("job.failed", 1), ("job.recovered", 12)]


def test_who_stands_by_takes_over_within_a_minute_from_one_that_is_frozen(
    settings: Settings, register: Register
) -> None:
    other, waiting = runner(settings, register, Hands()), job(Runs(*[LockHeld("held by Claire Martin")] * 5))
    with capture_logs() as log:
        waits = [(other.run(waiting) or HOUR).total_seconds() for _ in range(5)]
    assert settings.database.lock_lost_seconds + other.settings.lock_wait_seconds + max(waits) < 60
    assert [line["reason"] for line in log] == ["lock"]
    assert "Claire" not in str(log)


@pytest.mark.parametrize("ends", [Runner.stop, Runner.end_run], ids=["the-service-stops", "the-clock-jumped"])
def test_a_daily_job_that_was_cut_short_runs_at_the_next_start(
    settings: Settings, register: Register, ends: Callable[[Runner], None]
) -> None:
    hands, again = Hands(), Runs()
    stopped = runner(settings, register, hands)
    with capture_logs() as log:
        assert stopped.run(job(lambda _context: ends(stopped), THREE)) is None
    assert [line["event"] for line in log] == ["job.stopped"]
    assert "job" not in stopped.states, "it went neither well nor badly"
    runner(settings, register, hands).run(job(again, THREE))
    assert again.count == 1


def test_a_daily_job_that_the_other_instance_did_fails_no_more(settings: Settings, register: Register) -> None:
    hands = Hands()
    waits, works = runner(settings, register, hands), runner(settings, register, hands)
    waits.run(job(Runs(LockHeld("held")), THREE))
    assert waits.states["job"].failures == 1
    works.run(job(Runs(), THREE))
    again = Runs()
    assert waits.run(job(again, THREE)) is None
    assert (waits.states["job"].failures, again.count) == (0, 0)


@pytest.mark.parametrize(
    "spoil", [Path.mkdir, lambda path: path.symlink_to("/dev/full")], ids=["rights", "disk full"]
)
def test_a_lock_that_cannot_be_written_is_a_system_that_fails(
    settings: Settings, register: Register, spoil: Callable[[Path], None]
) -> None:
    job_runner = runner(settings, register)
    spoil(settings.data_dir / "provisioner.lock")

    def locked(context: Context) -> None:
        with run_lock(context.register, context.settings, "test"):
            raise AssertionError

    job_runner.run(job(locked))
    assert job_runner.states["job"].reason == "register"


def test_a_job_that_fails_for_another_reason_than_before_says_so(settings: Settings, register: Register) -> None:
    job_runner, reasons = runner(settings, register), [KeycloakUnavailable("away"), LockHeld("held"), None]
    fails = job(Runs(*reasons))
    with capture_logs() as log:
        for _ in reasons:
            job_runner.run(fails)
    assert [line.get("reason") for line in log if line["event"] == "job.failed"] == ["keycloak", "lock"]


def test_changes_that_could_not_be_made_are_tried_again_soon(settings: Settings, register: Register) -> None:
    unfinished = job(lambda _tools: {("open", "failed"): 2, ("notice", "failed"): 1})
    with capture_logs() as log:
        assert runner(settings, register, Hands()).run(unfinished) == timedelta(seconds=4)
    assert [(line["reason"], line["error"]) for line in log] == [("unfinished", "2 changes could not be made")]


def test_asked_to_stop_the_run_under_way_ends_and_none_begins(settings: Settings, register: Register) -> None:
    begun, after = threading.Event(), Runs()

    def long(context: Context) -> None:
        begun.set()
        assert context.stop.wait(PATIENCE)

    service = Service(runner(settings, register), [job(long, name="long"), job(after, name="after")])
    service.start()
    assert begun.wait(PATIENCE)
    assert service.is_busy
    assert service.shut_down()
    assert after.count == 0


def test_a_run_handed_over_is_waited_for_even_when_the_word_of_its_begin_comes_late(
    settings: Settings, register: Register
) -> None:
    begun, end = threading.Event(), threading.Event()

    def long(_context: Context) -> None:
        begun.set()
        assert end.wait(PATIENCE)

    service = Service(runner(settings, register), [job(long)])
    dispatch, asked_while_it_runs = service.scheduler._dispatch_event, []

    def dispatch_late(event: Any) -> None:
        if event.code == EVENT_JOB_SUBMITTED:
            assert begun.wait(PATIENCE)
            asked_while_it_runs.append(service.is_busy)
            end.set()
        dispatch(event)

    service.scheduler._dispatch_event = dispatch_late
    service.start()
    until(lambda: asked_while_it_runs, "the word of its begin")
    assert service.shut_down()
    assert asked_while_it_runs == [True]
    assert not service.is_busy


_ASKED_AT_ANY_MOMENT = """
import os, signal, threading
from provisioner.service.serving import on_signal
asked = threading.Event()
for _ in range(20):
    asked.clear()
    with on_signal(asked.set):
        threading.Timer(0.001, os.kill, (os.getpid(), signal.SIGTERM)).start()
        while not asked.wait(0):
            pass
"""


def test_a_signal_ends_it_whatever_it_comes_amid() -> None:
    subprocess.run([sys.executable, "-c", _ASKED_AT_ANY_MOMENT], check=True, timeout=PATIENCE)


def test_a_run_that_does_not_end_in_time_is_left(
    settings: Settings, register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "GRACE_SECONDS", 0.1)
    begun, end = threading.Event(), threading.Event()

    def deaf(_tools: Context) -> None:
        begun.set()
        end.wait(PATIENCE)

    service = Service(runner(settings, register), [job(deaf)])
    service.start()
    assert begun.wait(PATIENCE)
    assert not service.shut_down()
    end.set()
    until(lambda: not service.is_busy, "its end")


def test_a_run_in_which_nothing_moves_for_long_is_told_to_whoever_watches(
    settings: Settings, register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    told: list[str] = []
    monkeypatch.setattr(scheduler, "notify", told.append)
    monkeypatch.setattr(scheduler, "STUCK_SECONDS", 0.2)
    end = threading.Event()

    def hangs(_tools: Context) -> None:
        end.wait(PATIENCE)

    service = Service(runner(settings, register), [job(hangs)])
    service.start()

    def is_dead() -> Any:
        service.tick()
        return not service.is_live

    until(is_dead, "stuck")
    pings = len(told)
    service.tick()
    assert len(told) == pings > 0
    end.set()
    until(lambda: not service.is_busy, "its end")
    service.tick()
    assert service.is_live
    assert service.shut_down()


def test_a_run_that_sends_notices_for_long_is_not_taken_to_be_stuck(
    settings: Settings, register: Register, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(scheduler, "STUCK_SECONDS", 0.2)
    begun, end = threading.Event(), threading.Event()

    def long(_tools: Context) -> None:
        begun.set()
        end.wait(PATIENCE)

    service = Service(runner(settings, register), [job(long)])
    service.start()
    assert begun.wait(PATIENCE)
    for _ in range(3):
        service.tick()
        time.sleep(0.3)  # longer than nothing may move
        with register.work("test"):
            pass  # as each notice is recorded, without a call to Keycloak
        service.tick()
        assert service.is_live
    end.set()
    assert service.shut_down()


def test_a_database_that_takes_the_connection_and_says_nothing_is_away(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(engine.PATIENCE, "connect_timeout", 2)  # the least that libpq takes
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"postgresql+psycopg://nobody@127.0.0.1:{silent.getsockname()[1]}/register"
        silent_settings = settings.model_copy(update={"database": settings.database.model_copy(update={"url": url})})
        started_at = time.monotonic()
        with pytest.raises(RegisterUnavailable):
            open_register(silent_settings, Clock())
    assert time.monotonic() - started_at < 10 * slowness()


def test_what_fails_in_a_pass_is_not_the_locks_database_and_its_message_stays_out_of_the_log(
    settings: Settings, register: Register
) -> None:
    """A fake: a PostgreSQL that says yes."""
    postgresql = MagicMock()
    postgresql.dialect.name = "postgresql"
    postgresql.execution_options.return_value.connect.return_value.__exit__.return_value = None
    failing_register = MagicMock(spec=Register, engine=postgresql)

    def locked(_tools: Context) -> None:
        with run_lock(failing_register, settings, "test"):
            raise PermissionError(13, "Permission denied", "inbox/agglo-lys/depart-dupont.docx")

    job_runner = runner(settings, register)
    with capture_logs() as log:
        job_runner.run(job(locked))
    assert job_runner.states["job"].reason == "defect"
    assert "dupont" not in str(log)


def test_a_job_beside_the_others_runs_while_one_of_them_takes_long(settings: Settings, register: Register) -> None:
    begun, ended, beside = threading.Event(), threading.Event(), Runs()

    def long(_context: Context) -> None:
        begun.set()
        assert ended.wait(PATIENCE)

    often = Every(0.05)
    jobs = [job(long, name="long"), replace(job(beside, often, name="beside"), beside=True)]
    service = Service(runner(settings, register), jobs)
    service.start()
    assert begun.wait(PATIENCE)
    until(lambda: beside.count > 2, "it runs")
    ended.set()
    assert service.shut_down()


@pytest.mark.parametrize("hangs_beside", [False, True])
def test_a_job_that_hangs_is_seen_though_those_in_the_other_worker_go_on(
    settings: Settings, register: Register, monkeypatch: pytest.MonkeyPatch, hangs_beside: bool
) -> None:
    monkeypatch.setattr(scheduler, "STUCK_SECONDS", 0.5)
    begun, ended = threading.Event(), threading.Event()

    def hang(_context: Context) -> None:
        begun.set()
        ended.wait(PATIENCE)

    def write(context: Context) -> None:
        with context.work() as work:
            set_mark(work, "essai", "1")

    hanging = replace(job(hang, name="hanging"), beside=hangs_beside)
    writing = replace(job(write, Every(0.05), name="writing"), beside=not hangs_beside)
    service = Service(runner(settings, register), [hanging, writing])
    service.start()
    assert begun.wait(PATIENCE)

    def is_seen() -> bool:
        service.tick()
        return service.is_stuck

    until(is_seen, "it is seen")
    ended.set()
    assert service.shut_down()


@pytest.mark.parametrize("fails", [False, True])
def test_what_a_run_has_read_is_given_back_to_the_system(
    settings: Settings, register: Register, *, fails: bool
) -> None:
    kept: list[bytes] = []

    def read_much(_context: Context) -> None:
        pages: list[object] = [bytes(2000) for _ in range(100_000)]
        pages.append(pages)  # what holds itself waits for a collection
        kept.append(bytes(2000))  # above them: what the C library frees by itself ends here
        try:
            raise KeycloakUnavailable("away")
        except KeycloakUnavailable as error:
            failure = error  # it holds this frame, which holds it
        if fails:
            raise failure
        del pages, failure

    job_runner, mib_before = runner(settings, register), _resident_mib()
    job_runner.run(job(read_much, Every(60), "reader"))
    assert job_runner.states["reader"].failures == int(fails)
    assert _resident_mib() - mib_before < 100, "of 190 MiB"


def _resident_mib() -> float:
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmRSS:")[2].split()[0]) / 1024
