"""Killed at any line and run again: nothing lost, nobody let in, no e-mail twice."""

from __future__ import annotations

import itertools
import os
import signal
import subprocess
import sys

import pytest

from provisioner.domain.people import EmailAddress
from tests.faults.conftest import COMMITS, EFFECTS, FAULTY, STORY, TODAY, Scene, Stage, address
from tests.shared.oracle import tells
from tests.shared.pace import PATIENCE
from tests.shared.proxy import Answer, Call, Dropped, Faults

KILLED = -signal.SIGKILL


def _start(scene: Scene, *program: str, **environment: str) -> subprocess.Popen[bytes]:
    arguments = ("apply", str(scene.second), "--partner", scene.code, "--approved-by", "Claire Martin", "--yes")
    return _run(scene, *program, *arguments, **environment)


def _run(scene: Scene, *command: str, today: str = TODAY, **environment: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, *command],
        env={**scene.office.environment, **scene.through_proxy(PROVISIONER_TODAY=today), **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def ended(scene: Scene, running: subprocess.Popen[bytes]) -> bytes:
    """Its errors, once it has ended and Keycloak has ended what it was asked for."""
    _, errors = running.communicate(timeout=PATIENCE)
    scene.proxy.until_idle()
    return errors


def _killing(scene: Scene, at: int) -> int:
    """Runs `apply` and kills it once its N-th write in Keycloak is done, before it has the answer."""
    running: list[subprocess.Popen[bytes]] = []

    def kill(call: Call) -> Answer:
        call.forward()
        running[0].kill()
        raise Dropped

    scene.proxy.faults = Faults(r"^/admin/", ("POST", "PUT", "DELETE"), kill, lambda number: number == at)
    running.append(_start(scene, "-m", "provisioner"))
    err = ended(scene, running[0])
    scene.proxy.faults = Faults()
    assert running[0].returncode in (0, KILLED), err
    return running[0].returncode


@pytest.mark.parametrize("at", range(1, EFFECTS + 2))
def test_killed_at_an_effect_in_keycloak_the_next_run_ends_the_work(scene: Scene, at: int) -> None:
    """Killed before it, too, in memory: tests/operations/test_every_call_fails.py."""
    scene.apply_first()
    status = _killing(scene, at)
    assert (status == 0) == (at > EFFECTS), "the number of effects has changed: say so here"
    scene.apply_until_done()
    tells(scene.office, STORY, today=TODAY)


def test_killed_at_a_commit_of_the_register_the_next_run_ends_the_work(stage: Stage) -> None:
    for at in itertools.count(1):
        stage.next_partner()
        running = _start(stage, str(FAULTY), KILL_AT_COMMIT=str(at))
        err = ended(stage, running)
        assert running.returncode in (0, KILLED), err
        stage.apply_until_done()
        if running.returncode == 0:
            break
    tells(stage.office, stage.story, today=TODAY)
    assert at > COMMITS, "the fault never met some of the commits"


def test_sigterm_ends_the_effect_in_hand_and_stops(scene: Scene) -> None:
    scene.apply_first()
    running: list[subprocess.Popen[bytes]] = []

    def ask_to_stop(call: Call) -> Answer:
        os.kill(running[0].pid, signal.SIGTERM)
        return call.forward()

    scene.proxy.faults = Faults(r"/users/[^/]+$", ("PUT",), ask_to_stop, lambda number: number == 1)
    running.append(_start(scene, "-m", "provisioner"))
    ended(scene, running[0])
    assert running[0].returncode == 3
    scene.proxy.faults = Faults()
    scene.apply_until_done()
    tells(scene.office, STORY, today=TODAY)


@pytest.mark.rule("D1")
@pytest.mark.parametrize("is_deleted", [False, True])
def test_killed_at_the_deletion_of_an_account_the_next_run_ends_the_destruction(
    scene: Scene, is_deleted: bool
) -> None:
    scene.apply_first()
    scene.apply_until_done()
    scene.office.sync(today="2027-03-02")
    running: list[subprocess.Popen[bytes]] = []

    def kill(call: Call) -> Answer:
        if is_deleted:
            call.forward()
        running[0].kill()
        raise Dropped

    scene.proxy.faults = Faults(r"/users/[^/]+$", ("DELETE",), kill, lambda number: number == 1)
    running.append(_run(scene, "-m", "provisioner", "sync", today="2027-03-03"))
    ended(scene, running[0])
    assert running[0].returncode == KILLED
    scene.proxy.faults = Faults()
    (done,) = scene.office.sync(today="2027-03-03")["done"]
    assert (done["action"], done["rule"], done["email"]) == ("destroy", "D1", address("vasseur"))
    directory = scene.office.directory()
    assert directory.find(EmailAddress(address("vasseur"))) is None
    directory.close()
    assert scene.office.plan(today="2027-03-03")["changes"] == []
    assert scene.office.run("journal", "verify", today="2027-03-03").status == 0
