"""Several runs at once, and a register that cannot be written: one acts, the others say so."""

from __future__ import annotations

import itertools
import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from tests.faults.conftest import COMMITS, FAULTY, STORY, TODAY, Scene, Stage
from tests.shared.office import PROVISIONER
from tests.shared.oracle import tells


def test_three_applies_of_the_same_file_at_once_mail_each_person_once(scene: Scene) -> None:
    scene.apply_first()
    with ThreadPoolExecutor(3) as pool:
        answers = [future.result() for future in [pool.submit(scene.apply_second, PROVISIONER) for _ in range(3)]]
    assert [answer.status for answer in answers] == [0, 0, 0], answers
    assert sorted(bool(answer.json["done"]) for answer in answers) == [False, False, True]
    tells(scene.office, STORY, today=TODAY)


def test_a_run_that_cannot_have_the_lock_says_who_holds_it(scene: Scene) -> None:
    scene.apply_first()
    impatient: dict[str, Any] = {"PROVISIONER_LOCK_WAIT_SECONDS": "0"}
    with ThreadPoolExecutor(4) as pool:
        runs = [pool.submit(scene.apply_second, PROVISIONER, **impatient) for _ in range(3)]
        runs.append(
            pool.submit(
                lambda: scene.office.run("sync", "--format", "json", today=TODAY, program=PROVISIONER, **impatient)
            )
        )
        answers = [run.result() for run in runs]
    assert 0 in [answer.status for answer in answers]
    assert all(answer.status == 0 or "passage est en cours : « process" in answer.err for answer in answers), answers
    scene.apply_until_done()
    tells(scene.office, STORY, today=TODAY)


def test_a_locked_database_is_told_and_the_next_run_goes_on(scene: Scene) -> None:
    scene.apply_first()
    other = sqlite3.connect(scene.office.home / "data" / "provisioner.sqlite3", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    answer = scene.apply_second(PROVISIONER_DATABASE__BUSY_SECONDS="1")
    other.execute("ROLLBACK")
    other.close()
    assert answer.status == 3, answer
    assert "locked" in answer.err
    scene.apply_until_done()
    tells(scene.office, STORY, today=TODAY)


def test_a_disk_that_is_full_at_a_write_rolls_back_or_ends_complete(stage: Stage) -> None:
    for at in itertools.count(1, 5):
        stage.next_partner()
        answer = stage.apply_second((str(FAULTY),), FAIL_AT_WRITE=str(at))
        assert answer.status in (0, 3), answer
        assert (answer.status == 3) == ("full" in answer.err), answer
        assert "Traceback" not in answer.err
        stage.apply_until_done()
        if answer.status == 0:
            break
    tells(stage.office, stage.story, today=TODAY)
    assert at > 2 * COMMITS, "each commit holds two writes or more: the fault never met some of them"
