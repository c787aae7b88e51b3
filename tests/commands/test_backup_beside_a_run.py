"""`backup` while annexes are applied: each copy is one moment of the register."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import Any

from tests.shared.office import PARTNER, Office, annexe_csv, valid


def test_a_copy_made_while_annexes_are_applied_is_whole_and_verifies(office: Office, tmp_path: Path) -> None:
    office.add_partner()
    names = [f"agent{chr(97 + first)}{chr(97 + second)}" for first in range(4) for second in range(26)]
    annexes = [
        annexe_csv(tmp_path / f"{day}.csv", dict.fromkeys(names[: 26 * day], "2026-06-10"), {}, f"2026-09-0{day}")
        for day in range(1, 5)
    ]
    ended = threading.Event()
    answers: list[int] = []

    def work() -> None:
        for file in annexes:
            command = ("apply", file, "--partner", PARTNER, "--approved-by", "Claire Martin", "--yes")
            answers.append(office.run(*command, program=("-m", "provisioner"), today="2026-09-10").status)
        ended.set()

    worker = threading.Thread(target=work)
    worker.start()
    heads: list[tuple[Path, Any]] = []
    while not ended.is_set() or not heads:
        output = tmp_path / f"copy-{len(heads)}.sqlite3"
        copied = office.run("backup", "--output", output, "--format", "json", program=("-m", "provisioner"))
        assert copied.status == 0, copied.err
        heads.append((output, valid(copied.json, "backup")))
    worker.join()
    assert answers == [0, 0, 0, 0]
    assert len({head["entry"] for _, head in heads}) > 1, "copies were made while entries came"
    for output, head in heads:
        copy = f"sqlite:///{output}"
        taken = f"{head['entry']}:{head['sha256']}"
        verified = office.run("journal", "verify", "--head", taken, PROVISIONER_DATABASE__URL=copy)
        assert verified.status == 0, verified.out
        assert office.run("journal", "verify", "--head", taken).status == 0, "and it is in the register's own chain"
