"""The ways out of the process that reads a document, tried from within: what `doctor` tells is seen, not assumed.

Started as `python -m provisioner.documents.escapes`: the process shuts itself in as the reader does, tries each way,
and says on stdout which walls stand and which ways were open. Nothing is changed on a way that is open.
"""

from __future__ import annotations

import ctypes
import json
import os
import resource
import socket
import subprocess
import sys
import tempfile
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from provisioner.documents.walls import Walls, hide, shut_in

#: What starts the process that tries.
CHILD = (sys.executable, "-I", "-m", "provisioner.documents.escapes")

_SECONDS = 30
_PTRACE_SEIZE = 0x4206
_LENGTH = 1

#: The last way ends the process that takes it: what comes in its place says this.
PROGRAM = "a program"


class Tried(NamedTuple):
    """Which walls stand, and the ways out that were open nevertheless, by what they lead to."""

    walls: Walls
    open: tuple[str, ...]


def try_ways_out() -> Tried:
    """Starts a process that shuts itself in and tries.

    Raises:
        OSError: it could not be started, or did not answer.
    """
    hide()
    try:
        process = subprocess.run(
            CHILD,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            env={},
            timeout=_SECONDS,
            start_new_session=True,
            check=False,
        )
        said, *more = process.stdout.decode().splitlines()
        landlock, is_filtered, ways = json.loads(said)
    except (ValueError, subprocess.SubprocessError) as error:
        raise OSError(f"the process that tries did not answer: {type(error).__name__}") from error
    return Tried(Walls(int(landlock), bool(is_filtered)), (*map(str, ways), *more))


def main() -> None:
    """What the started process does."""
    parent, home = os.getppid(), tempfile.gettempdir()
    ways = ways_through_python(parent, f"{home}/provisioner-way-out-{os.getpid()}")
    libc = ctypes.CDLL(None, use_errno=True)
    walls = shut_in()
    opened = [name for name, way in ways.items() if is_open(way)]
    opened += [name for name, way in ways_through_libc(libc, parent).items() if is_open(way)]
    sys.stdout.write(json.dumps([*walls, opened]) + "\n")
    sys.stdout.flush()
    with suppress(OSError):
        os.execv(sys.executable, [sys.executable, "-I", "-c", f"print({PROGRAM!r})"])  # noqa: S606
    os._exit(0)


def ways_through_python(parent: int, path: str) -> Mapping[str, Callable[[], object]]:
    """The ways through Python, each by what would be reached."""
    return {
        "a file": lambda: os.close(os.open(sys.executable, os.O_RDONLY)),
        "a folder": lambda: list(Path("/").iterdir()),
        "a new file": lambda: _file_made_and_removed(Path(path)),
        "a new folder": lambda: _folder_made_and_removed(Path(path)),
        "the parent's environment": lambda: os.close(os.open(f"/proc/{parent}/environ", os.O_RDONLY)),
        "the parent's memory through /proc": lambda: os.close(os.open(f"/proc/{parent}/mem", os.O_RDONLY)),
        "the network": lambda: socket.socket(socket.AF_INET, socket.SOCK_STREAM).close(),
        "the network by datagrams": lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM).close(),
        "a socket of this machine": lambda: socket.socket(socket.AF_UNIX).close(),
        "a pair of sockets": socket.socketpair,
        "a signal to the parent": lambda: os.kill(parent, 0),
        "a signal to the parent's group": lambda: os.killpg(os.getpgid(parent), 0),
        "the parent's limits": lambda: resource.prlimit(parent, resource.RLIMIT_CORE),
        "another process": _forked,
    }


def ways_through_libc(libc: ctypes.CDLL, parent: int) -> Mapping[str, Callable[[], object]]:
    """The ways that Python has no word for."""
    return {
        "tracing the parent": lambda: _seized(libc, parent),
        "the parent's memory": lambda: _read_memory(libc, parent),
    }


def is_open(way: Callable[[], object]) -> bool:
    """Whether it leads out: it is taken."""
    try:
        way()
    except (OSError, RuntimeError):
        return False
    return True


def _file_made_and_removed(path: Path) -> None:
    os.close(os.open(path, os.O_CREAT | os.O_WRONLY | os.O_EXCL, 0o600))
    path.unlink()


def _folder_made_and_removed(path: Path) -> None:
    path.mkdir()
    path.rmdir()


def _forked() -> None:
    child = os.fork()
    if child == 0:
        os._exit(0)
    os.waitpid(child, 0)


def _seized(libc: ctypes.CDLL, process: int) -> None:
    """Seizing stops nothing, and ends with this process."""
    if libc.ptrace(ctypes.c_long(_PTRACE_SEIZE), ctypes.c_long(process), None, None) != 0:
        raise OSError(ctypes.get_errno(), "ptrace")


def _read_memory(libc: ctypes.CDLL, process: int) -> None:
    """EPERM: the way is shut. Any other answer: it is open, though nothing lies at that address."""
    here = ctypes.create_string_buffer(_LENGTH)
    into = (ctypes.c_size_t * 2)(ctypes.addressof(here), _LENGTH)
    out_of = (ctypes.c_size_t * 2)(_LENGTH, _LENGTH)
    read = libc.process_vm_readv(ctypes.c_long(process), into, ctypes.c_ulong(1), out_of, ctypes.c_ulong(1), 0)
    if read < 0 and ctypes.get_errno() in (1, 38):
        raise OSError(ctypes.get_errno(), "process_vm_readv")


if __name__ == "__main__":
    main()
