"""Reading in a child process with bounds: a hostile file costs a process, never the service."""

from __future__ import annotations

import math
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import PurePath
from typing import IO, TYPE_CHECKING

from provisioner.documents.answer import LONGEST_ANSWER, NotAnAnswer, from_lines
from provisioner.documents.blocks import Unreadable
from provisioner.documents.walls import hide

if TYPE_CHECKING:
    from provisioner.domain.annexe.document import Annexe
    from provisioner.settings import DocumentSettings

_MIB = 2**20

#: What starts the process that reads.
CHILD = (sys.executable, "-I", "-m", "provisioner.documents.child")

#: The longest line of an answer that is listened to, in bytes.
_LONGEST_LINE = _MIB

#: How much of a file's beginning tells what will read it.
_HEAD = 4


def read_bounded(content: bytes, name: str, limits: DocumentSettings) -> Annexe:
    """The annexe that the file holds, read and understood elsewhere.

    Raises:
        Unreadable: the file is refused, or its reading died or was late.
    """
    if not content:
        raise Unreadable("empty")
    if len(content) > limits.max_mib * _MIB:
        raise Unreadable("too-large")
    bounds = (
        limits.memory_mib * _MIB,
        math.ceil(limits.seconds),
        limits.max_unpacked_mib * _MIB,
        limits.max_rows,
        limits.max_findings,
        limits.max_pages,
    )
    hide()
    child = subprocess.Popen(
        # Only the extension is passed on: the rest of a name is nobody's business, and may hold anything.
        [*CHILD, _extension(name), content[:_HEAD].hex(), *map(str, bounds)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={},  # our environment holds secrets
        start_new_session=True,
    )
    with _ended(child, limits.seconds):
        assert child.stdin is not None
        assert child.stdout is not None
        with suppress(BrokenPipeError), child.stdin:
            child.stdin.write(content)
        try:
            return from_lines(_lines(child.stdout), limits.max_rows, limits.max_findings)
        except NotAnAnswer:
            pass
    raise Unreadable("too-long" if child.returncode < 0 else "failed")  # killed: memory or time


@contextmanager
def _ended(child: subprocess.Popen[bytes], seconds: float) -> Iterator[None]:
    """Ends the child and whatever it may have started: when it is late, and at the end of the block."""

    def kill() -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, signal.SIGKILL)

    late = threading.Timer(seconds, kill)
    late.start()
    is_whole = False
    try:
        yield
        is_whole = True
    finally:
        if child.stdout is not None:
            child.stdout.close()
        if not is_whole:
            kill()
        os.waitid(os.P_PID, child.pid, os.WEXITED | os.WNOWAIT)  # not reaped: its number stays its own until the end
        late.cancel()
        late.join()
        kill()
        child.wait()


def _lines(answer: IO[bytes]) -> Iterator[bytes]:
    """The lines of an answer, up to the longest that is listened to.

    Raises:
        NotAnAnswer: it is longer.
    """
    left = LONGEST_ANSWER
    while line := answer.readline(_LONGEST_LINE):
        left -= len(line)
        if left < 0 or not line.endswith(b"\n"):
            raise NotAnAnswer
        yield line


def _extension(name: str) -> str:
    suffix = PurePath(name.replace("\0", "")).suffix.lower()
    return f"file{suffix}" if suffix[1:].isascii() and suffix[1:].isalnum() else "file"
