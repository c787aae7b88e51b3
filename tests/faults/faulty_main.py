"""Runs provisioner with a fault in its register: killed at its N-th commit, or the disk full at its N-th write.

Windows of events are smaller where `EVENT_ROWS` says so, so that a few hundred events take several commits.

A full disk is faked here at the statement that a test names: the real one cannot be filled at a chosen line.
"""

import os
import signal
import sqlite3
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import OperationalError

from provisioner.cli import main
from provisioner.keycloak import events

KILL_AT_COMMIT = int(os.environ.pop("KILL_AT_COMMIT", "0"))
FAIL_AT_WRITE = int(os.environ.pop("FAIL_AT_WRITE", "0"))
events.ROWS = int(os.environ.pop("EVENT_ROWS", events.ROWS))  # a window of events is a unit of work
seen = {"commit": 0, "write": 0}


@event.listens_for(Engine, "commit")
def _commit(_connection: object) -> None:
    seen["commit"] += 1
    if seen["commit"] == KILL_AT_COMMIT:
        os.kill(os.getpid(), signal.SIGKILL)


@event.listens_for(Engine, "before_cursor_execute")
def _write(_connection: object, _cursor: object, statement: str, *_more: Any) -> None:
    if statement.split(maxsplit=1)[0] in {"INSERT", "UPDATE", "DELETE"}:
        seen["write"] += 1
        if FAIL_AT_WRITE and seen["write"] >= FAIL_AT_WRITE:
            raise OperationalError(None, None, sqlite3.OperationalError("database or disk is full"))


main()
