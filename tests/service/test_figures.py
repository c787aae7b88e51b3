"""What a user waits for and what a machine must have."""

from __future__ import annotations

import os
import subprocess
import sys
import time

from tests.service.office import FIRST, FIRST_DAY, PARTNER, PROVISIONER, Office

KIB = 1024


def test_a_form_of_four_rows_is_checked_in_under_a_second_start_included(office: Office) -> None:
    times = []
    for _ in range(4):
        begun = time.perf_counter()
        assert office.run("check", FIRST, today=FIRST_DAY, program=PROVISIONER).status == 0
        times.append(time.perf_counter() - begun)
    assert min(times) < 1, times


def test_applying_an_annexe_stays_under_150_mib(office: Office) -> None:
    office.add_partner()
    arguments = ("apply", str(FIRST), "--partner", PARTNER, "--approved-by", "Claire Martin", "--yes")
    running = subprocess.Popen(
        [sys.executable, *PROVISIONER, *arguments],
        env={**office.environment, "PROVISIONER_TODAY": FIRST_DAY},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
    )
    _, status, used = os.wait4(running.pid, 0)
    running.returncode = os.waitstatus_to_exitcode(status)
    assert running.returncode == 0
    assert used.ru_maxrss / KIB < 150
