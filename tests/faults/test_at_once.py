"""Several runs at once, and a register that cannot be written: one acts, the others say so."""

from __future__ import annotations

import sqlite3
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from tests.faults.conftest import FAULTY, STORY, TODAY, Scene
from tests.faults.oracle import tells
from tests.service.office import PROVISIONER


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
    assert all(answer.status == 0 or "holds the lock: process" in answer.err for answer in answers), answers
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


@pytest.mark.parametrize("at", range(1, 26, 3))
def test_a_disk_that_is_full_at_a_write_rolls_back_or_ends_complete(scene: Scene, at: int) -> None:
    scene.apply_first()
    answer = scene.apply_second((str(FAULTY),), FAIL_AT_WRITE=str(at))
    assert answer.status in (0, 3), answer
    if answer.status == 3:
        assert "full" in answer.err
        assert "Traceback" not in answer.err
    scene.apply_until_done()
    tells(scene.office, STORY, today=TODAY)
