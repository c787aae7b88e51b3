"""The drop folders: can they be used, and what waits in them."""

from __future__ import annotations

import os
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from provisioner.domain.dropped_file import is_passing
from provisioner.operations.doctor.lines import Line, attention, ok, wanting
from provisioner.operations.folders import Folders
from provisioner.register import Register, dropped_files
from provisioner.settings import Settings

_LATE_HOURS = 1


def folder_lines(settings: Settings, register: Register, now: datetime) -> Iterator[Line]:
    """Whether each folder can be written in, and since when the oldest file waits."""
    root = Folders.of(settings)
    if not os.access(root.inbox, os.F_OK):
        yield ok("inbox", "There is no drop folder yet; `provisioner serve` makes it.")
        return
    tops = [one for one in (root.inbox, root.outbox, root.refused) if one.is_dir()]
    closed = [one for one in tops if not _is_open(one)]
    closed += [
        one
        for top in tops
        if top not in closed
        for one in top.iterdir()
        if one.is_dir() and not is_passing(one.name) and not _is_open(one)
    ]
    if closed:
        names = ", ".join(sorted(str(one.relative_to(root.root)) for one in closed))
        yield wanting(
            "inbox", f"Not to be used by this user: {names}.", "Let it read and write there: docs/service.md."
        )
        return
    with register.read() as connection:
        waiting = [one.seen_at for one in dropped_files.known(connection) if one.key]
    hours = (now - min(waiting, default=now)).total_seconds() / 3600
    found = f"{len(waiting)} files wait in the drop folder, the oldest for {max(0.0, hours):.0f} hours."
    if hours > _LATE_HOURS:
        yield attention("inbox", found, "Is `provisioner serve` running? `/health/ready` says which jobs fail.")
    else:
        yield ok("inbox", found)


def _is_open(folder: Path) -> bool:
    return os.access(folder, os.R_OK | os.W_OK | os.X_OK)
