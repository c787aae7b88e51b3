"""The second link, cut off or killed between its intention and its outcome: each person gets it exactly once (P2)."""

from __future__ import annotations

import subprocess
import sys
import time

import pytest

from tests.faults.conftest import BEFORE, FAULTY, Scene, address
from tests.faults.test_kill import KILLED, ended
from tests.shared.office import PROVISIONER
from tests.shared.oracle import Story, tells
from tests.shared.proxy import Answer, Call, Dropped, Fault, Faults, drop_after, drop_before

DAY_3 = "2026-06-19"
LINK = r"/execute-actions-email"
REPEAT = ("invitation", "repeat", "--by", "Claire Martin", "--format", "json")

#: The run begun and ended, what Keycloak tells of older links, the three links before and after.
COMMITS = 5

STORY = Story(open=frozenset(map(address, BEFORE)), closed=frozenset(), mails=dict.fromkeys(map(address, BEFORE), 2))


def _invite(scene: Scene) -> None:
    """The first links, once long enough ago for Keycloak's clock to tell them from what follows."""
    scene.apply_first()
    directory = scene.office.directory()
    sent_before = directory.server_time()
    while (directory.server_time() - sent_before).total_seconds() < 3:
        time.sleep(0.1)
    directory.close()


def _then_all_is_told(scene: Scene) -> None:
    assert scene.office.sync(today=DAY_3)["done"] == []
    for _ in range(2):
        answer = scene.office.run(*REPEAT, today=DAY_3)
        assert answer.status == 0, answer
    assert answer.json["done"] == []
    tells(scene.office, STORY, today=DAY_3)


def _start(scene: Scene, *program: str, **environment: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, *program, *REPEAT],
        env={**scene.office.environment, **scene.through_proxy(PROVISIONER_TODAY=DAY_3), **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


@pytest.mark.rule("P2")
@pytest.mark.parametrize("when", ["before", "after"])
def test_killed_while_second_links_are_sent_nobody_gets_a_third_e_mail(scene: Scene, when: str) -> None:
    _invite(scene)
    running: list[subprocess.Popen[bytes]] = []

    def kill(call: Call) -> Answer:
        if when == "after":
            call.forward()
        running[0].kill()
        raise Dropped

    scene.proxy.faults = Faults(LINK, ("PUT",), kill, lambda number: number == 2)
    running.append(_start(scene, *PROVISIONER))
    err = ended(scene, running[0])
    scene.proxy.faults = Faults()
    assert running[0].returncode == KILLED, err
    _then_all_is_told(scene)


@pytest.mark.rule("P2")
@pytest.mark.parametrize("at", range(1, COMMITS + 2))
def test_killed_at_a_commit_of_the_register_each_second_link_leaves_once(scene: Scene, at: int) -> None:
    _invite(scene)
    running = _start(scene, str(FAULTY), KILL_AT_COMMIT=str(at))
    err = ended(scene, running)
    assert running.returncode == (KILLED if at <= COMMITS else 0), f"the number of commits has changed: {err!r}"
    _then_all_is_told(scene)


@pytest.mark.rule("P2")
@pytest.mark.parametrize("fault", [drop_before, drop_after])
def test_a_second_link_whose_answer_is_lost_leaves_once(scene: Scene, fault: Fault) -> None:
    _invite(scene)
    scene.proxy.faults = Faults(LINK, ("PUT",), fault, lambda number: number == 2)
    answer = scene.office.run(*REPEAT, today=DAY_3, PROVISIONER_KEYCLOAK__URL=scene.proxy.url)
    scene.proxy.faults = Faults()
    assert (answer.status, len(answer.json["done"]), len(answer.json["failed"])) == (3, 2, 1), answer
    _then_all_is_told(scene)
