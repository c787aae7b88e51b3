"""A wall clock that jumps: every date would be wrong, so nothing is done until a person has looked."""

from __future__ import annotations

import sqlite3
from datetime import timedelta
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from provisioner.domain.convention import Role
from provisioner.domain.notice import Side
from provisioner.operations import holds
from provisioner.operations.context import Context
from provisioner.register import Register, notices
from provisioner.service import runner
from provisioner.service.scheduler import Service
from provisioner.settings import Settings
from tests.serve.parts import HOUR, Hands, Runs, job
from tests.serve.parts import runner as runner_of
from tests.serve.serving import until


@pytest.mark.parametrize("jump", [2 * HOUR, -2 * HOUR, timedelta(days=3650)])
def test_a_clock_that_jumps_pauses_everything_until_a_person_resumes(
    settings: Settings, register: Register, monkeypatch: pytest.MonkeyPatch, jump: timedelta
) -> None:
    hands, runs = Hands(), Runs()
    monkeypatch.setattr(runner, "_PAUSED_WAIT", timedelta(seconds=0.01))
    service = Service(runner_of(settings, register, hands), [job(runs)])
    service.start()
    until(lambda: runs.count == 1, "the first run")
    hands.wall += jump
    with capture_logs() as log:
        service.tick()
        service.tick()
    jumps = [line for line in log if line["event"] != "job.done"]  # the end of the first run may come only now
    assert [(line["event"], line["seconds"]) for line in jumps] == [("clock.jumped", jump.total_seconds())]
    (pause,) = register.records().holds
    assert (pause.kind, pause.partner, pause.reason, pause.until) == ("pause", None, "clock", None)
    assert runs.count == 1
    holds.resume(register, None, "Claire Martin")
    until(lambda: runs.count == 2, "it is done now, not in an hour")
    assert service.shut_down()


def test_a_jump_is_seen_by_whatever_looks_first_and_nothing_runs(settings: Settings, register: Register) -> None:
    hands, runs = Hands(), Runs()
    runs_it = runner_of(settings, register, hands)
    hands.wall += 2 * HOUR
    assert runs_it.run(job(runs)) == timedelta(seconds=10)
    assert runs.count == 0
    assert runs_it.clock_watch.jumps == 1


def test_a_jump_stops_the_run_under_way(settings: Settings, register: Register) -> None:
    hands = Hands()
    service = Service(runner_of(settings, register, hands), [])
    service.start()

    def long(context: Context) -> None:
        hands.wall += 2 * HOUR
        service.tick()
        assert context.stop.is_set()

    with capture_logs() as log:
        service.runner.run(job(long))
    assert [line["event"] for line in log] == ["clock.jumped", "job.stopped"]
    assert service.runner.states == {}, "it went neither well nor badly"
    assert service.shut_down()


def test_sleep_and_a_clock_set_right_are_no_jumps(settings: Settings, register: Register) -> None:
    hands, runs = Hands(), Runs()
    runs_it = runner_of(settings, register, hands)
    hands.passes(8 * HOUR)
    runs_it.run(job(runs))
    hands.wall += timedelta(minutes=50)
    runs_it.run(job(runs))
    assert runs.count == 2


def test_after_a_jump_nothing_runs_before_the_pause_is_recorded(
    settings: Settings, register: Register, tmp_path: Path
) -> None:
    hands, runs = Hands(), Runs()
    runs_it = runner_of(settings, register, hands)
    other = sqlite3.connect(tmp_path / "provisioner.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    hands.wall += 2 * HOUR
    runs_it.run(job(runs))
    other.execute("ROLLBACK")
    other.close()
    assert register.records().holds == ()
    runs_it.run(job(runs))
    assert len(register.records().holds) == 1
    assert runs.count == 0


def test_a_notice_that_failed_while_the_clock_was_wrong_is_tried_once_it_is_right(register: Register) -> None:
    hands = Hands()
    register.clock = hands.clock
    hands.wall += timedelta(days=3650)
    with register.work("test") as work:
        to = notices.Addressee(Side.CAF, Role.HABILITATIONS)
        notices.put(work, "held", None, "<1@caf.example>", notices.Envelope("a@caf.example", b""), to)
        (notice,) = notices.due(work.connection, None)
        notices.begin(work, notice)
    hands.wall -= timedelta(days=3650)
    with register.read() as connection:
        assert len(notices.due(connection, hands.wall)) == 1
