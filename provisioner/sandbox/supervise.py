"""Runs one program and ends it when this process is told to, or when the parent is no more, however it died.
On SIGHUP the program is ended and begun again.

Run as a file by `process.py`, never imported: it must start fast and stand alone.
`supervise.py PARENT_PID DISCARD PROGRAM [ARGUMENT…]`: DISCARD is the directory to remove at the end, or empty.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from types import FrameType

POLL_SECONDS = 0.5
GRACE_SECONDS = 10


class _EndRequested(Exception):
    pass


class _RestartRequested(Exception):
    pass


def _on_signal(number: int, _frame: FrameType | None) -> None:
    raise _RestartRequested if number == signal.SIGHUP else _EndRequested


def main(parent: int, command: list[str]) -> int:
    """The program's exit status, or 0 when it was ended by us."""
    signal.signal(signal.SIGTERM, _on_signal)
    signal.signal(signal.SIGHUP, _on_signal)
    child = _start(command)
    try:
        while os.getppid() == parent:
            try:
                return child.wait(POLL_SECONDS)
            except subprocess.TimeoutExpired:
                continue
            except _RestartRequested:
                _end(child)
                child = _start(command)
    except _EndRequested:
        pass
    finally:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)
        _end(child)
    return 0


def _start(command: list[str]) -> subprocess.Popen[bytes]:
    return subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)


def _end(child: subprocess.Popen[bytes]) -> None:
    # SIGINT is PostgreSQL's "fast" shutdown (SIGTERM would wait for its clients); Java stops on it as well.
    for number in (signal.SIGINT, signal.SIGKILL):
        try:
            os.killpg(child.pid, number)
            child.wait(GRACE_SECONDS)
        except ProcessLookupError:
            break
        except subprocess.TimeoutExpired:
            continue


if __name__ == "__main__":
    try:
        sys.exit(main(int(sys.argv[1]), sys.argv[3:]))
    finally:
        if sys.argv[2]:
            shutil.rmtree(sys.argv[2], ignore_errors=True)
