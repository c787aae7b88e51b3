"""A server process that never outlives us, its log in a file, and the wait until it is ready."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Mapping
from pathlib import Path

_SUPERVISOR = Path(__file__).with_name("supervise.py")
_POLL_SECONDS = 0.1
_TAIL_LINES = 20


class SandboxError(Exception):
    """A server cannot be had; the message says what to install or shows the end of its log."""


class ServerProcess:
    """A program under `supervise.py`: ended by `stop()`, or soon after this process died, SIGKILL included."""

    def __init__(
        self,
        command: list[str],
        log_file: Path,
        *,
        environment: Mapping[str, str] | None = None,
        discard: Path | None = None,
    ) -> None:
        """The directory `discard` is removed when the program has ended."""
        self.log_file = log_file
        with log_file.open("ab") as log:
            self._supervisor = subprocess.Popen(
                [sys.executable, "-I", "-S", str(_SUPERVISOR), str(os.getpid()), str(discard or ""), *command],
                env={**os.environ, **(environment or {})},
                cwd="/",
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )

    @property
    def is_running(self) -> bool:
        """Whether the program still runs."""
        return self._supervisor.poll() is None

    def restart(self) -> None:
        """Has the program ended and begun again, with the same files; returns before it has ended."""
        self._supervisor.send_signal(signal.SIGHUP)

    def stop(self) -> None:
        """Ends the program and waits for its end; harmless when it has ended."""
        self._supervisor.terminate()
        self._supervisor.wait()


def wait_until(
    ready: Callable[[], bool], still_running: Callable[[], bool], what: str, log_file: Path, seconds: float
) -> None:
    """Waits until `ready()` is true.

    Raises:
        SandboxError: `what` ended, or was not ready in time; with the end of its log.
    """
    deadline = time.monotonic() + seconds
    while not ready():
        if not still_running():
            raise SandboxError(f"{what} ended at its start. The end of {log_file}:\n{tail(log_file)}")
        if time.monotonic() > deadline:
            raise SandboxError(
                f"{what} was not ready after {seconds:.0f} s. The end of {log_file}:\n{tail(log_file)}"
            )
        time.sleep(_POLL_SECONDS)


def tail(log_file: Path) -> str:
    """The last lines of a log."""
    with log_file.open(encoding="utf-8", errors="replace") as lines:
        return "".join(deque(lines, _TAIL_LINES)).rstrip()


def free_ports(count: int) -> list[int]:
    """Ports of 127.0.0.1 that nobody listens on now (somebody else may still take one before its use)."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports: list[int] = [server.getsockname()[1] for server in sockets]
    for server in sockets:
        server.close()
    return ports
