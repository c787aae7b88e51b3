"""Files that cost more than their share, in the drop folder of a real service: answered while it goes on working."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from tests.documents.costly import COSTLY
from tests.serve.serving import Serving, until
from tests.shared.office import PARTNER, Office, valid
from tests.shared.pace import slowness

TODAY = "2026-09-02"
OFTEN = {"PROVISIONER_SERVICE__POLL_SECONDS": "0.2", "PROVISIONER_SERVICE__SYNC_MINUTES": "60"}
MIB = 2**20

#: Of each kind of cost, the one that takes the least of a test's time.
KINDS = (
    "a letter under 600,000 marks",
    "an annexe of 5,000 digits",
    "300 cells of commas in a list",
    "49,990 rows full of errors",
    "20,000 merges of a whole sheet",
    "a sheet's name of 5 million characters",
)

#: The service's memory may grow by so much while it reads what costs most.
MOST_MORE = 60 * MIB


def test_files_that_cost_more_than_their_share_are_answered_while_the_service_lives_and_stops(office: Office) -> None:
    office.add_partner()
    data = office.home / "data"
    inbox, outbox = data / "inbox" / PARTNER, data / "outbox" / PARTNER
    with Serving(office, OFTEN, today=TODAY) as serving:
        until(inbox.is_dir, "the partner's folder")
        serving.until_ready()
        at_rest, register = _memory(serving, "VmHWM"), _size_of_register(data)
        files = [COSTLY[kind](False) for kind in KINDS]
        for file in files:
            (inbox / file.name).write_bytes(file.content)
        reports = [outbox / f"{file.name}.rapport" for file in files]
        until(lambda: _lives(serving) and all(_is_there(report) for report in reports), "the reports", 240)
        until(lambda: _lives(serving) and not any(inbox.iterdir()), "an empty inbox")
        assert _memory(serving, "VmHWM") - at_rest < MOST_MORE
        assert _size_of_register(data) - register < sum(len(file.content) for file in files) + len(files) * MIB
        for report in reports:
            told: Any = valid(json.loads(report.with_name(f"{report.name}.json").read_text("utf-8")), "report")
            assert told["status"] == ("checked" if told["valid"] else "refused")
            assert len(told["findings"]) <= 201
            assert report.with_name(f"{report.name}.html").stat().st_size < MIB

        last = COSTLY["49,990 rows full of errors"](True)
        (inbox / "last.csv").write_bytes(last.content)
        (reader,) = until(lambda: _children(serving), "a reader at work")
        status, seconds = serving.end()
        assert status in (0, 3)
        assert seconds < 10 * slowness()
        until(lambda: not Path(f"/proc/{reader}/exe").exists(), "the reader's end")


def _is_there(report: Path) -> bool:
    return all(report.with_name(f"{report.name}.{end}").exists() for end in ("json", "html"))


def _lives(serving: Serving) -> bool:
    assert serving.ask("/health/live")[0] == 200
    return True


def _memory(serving: Serving, what: str) -> int:
    lines = Path(f"/proc/{serving.process.pid}/status").read_text().splitlines()
    return next(int(line.split()[1]) for line in lines if line.startswith(what)) * 1024


def _children(serving: Serving) -> list[str]:
    tasks = Path(f"/proc/{serving.process.pid}/task").glob("*/children")
    return [child for task in tasks for child in task.read_text().split()]


def _size_of_register(data: Path) -> int:
    return sum(file.stat().st_size for file in data.glob("provisioner.sqlite3*"))
