"""What a user waits for and what a machine must have."""

from __future__ import annotations

import resource
import subprocess
import sys
import time

from tests.shared.office import FIRST, FIRST_DAY, PARTNER, PROVISIONER, Office

KIB = 1024

#: What any such command loads: how fast the machine is.
ALONE = "import typer.rich_utils, rich.markdown"


def test_a_form_of_four_rows_is_checked_in_under_a_second_or_in_proportion_on_a_busy_machine(office: Office) -> None:
    pairs = []
    for _ in range(4):
        begun = time.perf_counter()
        assert office.run("check", FIRST, today=FIRST_DAY, program=PROVISIONER).status == 0
        checked = time.perf_counter()
        subprocess.run([sys.executable, "-c", ALONE], check=True)
        pairs.append((checked - begun, time.perf_counter() - checked))
    ours, alone = map(min, zip(*pairs, strict=True))
    assert ours < max(1, 7 * alone), pairs


def processor_seconds(*arguments: str) -> float:
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    subprocess.run([sys.executable, *arguments], stdout=subprocess.DEVNULL, check=True)
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    return after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def test_the_help_is_there_in_under_0_4_seconds_or_in_proportion_on_a_busy_machine() -> None:
    pairs = [(processor_seconds(*PROVISIONER, "--help"), processor_seconds("-c", ALONE)) for _ in range(5)]
    ours, alone = map(min, zip(*pairs, strict=True))
    assert ours < max(0.4, 3.5 * alone), pairs


#: Runs a command and prints its peak memory. A process of its own: a child's peak begins with its parent's.
MEASURING = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def test_applying_an_annexe_stays_under_150_mib(office: Office) -> None:
    office.add_partner()
    apply = ("apply", str(FIRST), "--partner", PARTNER, "--approved-by", "Claire Martin", "--yes")
    measured = subprocess.run(
        [sys.executable, "-c", MEASURING, sys.executable, *PROVISIONER, *apply],
        env={**office.environment, "PROVISIONER_TODAY": FIRST_DAY},
        stdout=subprocess.PIPE,
        check=True,
    )
    assert int(measured.stdout) / KIB < 150
