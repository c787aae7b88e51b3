"""A wall clock that jumps: every date would be wrong, so nothing is done until a person has looked."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from provisioner.operations import holding
from provisioner.operations.context import Tools
from provisioner.register import Register, outbox
from provisioner.service.scheduler import Service
from provisioner.settings import Settings
from tests.serve.parts import HOUR, Hands, Runs, job, runner


@pytest.mark.parametrize("jump", [2 * HOUR, -2 * HOUR, timedelta(days=3650)])
def test_a_clock_that_jumps_pauses_everything_until_a_person_resumes(
    settings: Settings, register: Register, jump: timedelta
) -> None:
    hands, runs = Hands(), Runs()
    one = runner(settings, register, hands)
    service, counting = Service(one, [job(runs)]), job(runs)
    service.start(paused=True)
    one.run(counting)
    hands.wall += jump
    with capture_logs() as log:
        service.tick()
        service.tick()
    assert [(line["event"], line["seconds"]) for line in log] == [("clock.jumped", jump.total_seconds())]
    assert service.scheduler.get_job("job").next_run_time == hands.wall
    (pause,) = register.records().holds
    assert (pause.kind, pause.partner, pause.reason, pause.until) == ("pause", None, "clock", None)
    assert one.run(counting) == hands.wall + timedelta(seconds=10)
    assert runs.count == 1
    holding.resume(register, None, "Claire Martin")
    assert one.run(counting) == hands.wall + HOUR
    assert runs.count == 2
    service.shut_down()


def test_a_jump_is_seen_by_whatever_looks_first_and_nothing_runs(settings: Settings, register: Register) -> None:
    hands, runs = Hands(), Runs()
    one = runner(settings, register, hands)
    hands.wall += 2 * HOUR
    one.run(job(runs))
    assert runs.count == 0
    assert one.jumps == 1


def test_a_jump_stops_the_run_under_way(settings: Settings, register: Register) -> None:
    hands = Hands()
    one = runner(settings, register, hands)

    def long(tools: Tools) -> None:
        hands.wall += 2 * HOUR
        one.look_at_clock()
        assert tools.stop.is_set()

    one.run(job(long))
    assert one.standing["job"].reason == "good"


def test_sleep_and_a_clock_set_right_are_no_jumps(settings: Settings, register: Register) -> None:
    hands, runs = Hands(), Runs()
    one = runner(settings, register, hands)
    hands.passes(8 * HOUR)
    one.run(job(runs))
    hands.wall += timedelta(minutes=50)
    one.run(job(runs))
    assert runs.count == 2


def test_after_a_jump_nothing_runs_before_the_pause_is_recorded(
    settings: Settings, register: Register, tmp_path: Path
) -> None:
    hands, runs = Hands(), Runs()
    one = runner(settings, register, hands)
    other = sqlite3.connect(tmp_path / "provisioner.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    hands.wall += 2 * HOUR
    one.run(job(runs))
    other.execute("ROLLBACK")
    other.close()
    assert register.records().holds == ()
    one.run(job(runs))
    assert len(register.records().holds) == 1
    assert runs.count == 0


def test_a_notice_that_failed_while_the_clock_was_wrong_is_tried_once_it_is_right(register: Register) -> None:
    hands = Hands()
    register.clock = hands.clock
    hands.wall += timedelta(days=3650)
    with register.work() as work:
        outbox.begin(work, outbox.put(work, "held", None, "<1@caf.example>", outbox.Parcel("a@caf.example", b"")))
    hands.wall -= timedelta(days=3650)
    with register.read() as connection:
        assert len(outbox.due(connection, hands.wall)) == 1
