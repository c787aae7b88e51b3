"""What `serve` keeps in memory: at rest after its first runs, after scrapes and pages, and at most in between."""

from __future__ import annotations

import os
import re
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.contenders import family
from bench.place import Place
from provisioner.register.marks import LAST_GOOD_SYNC, mark
from provisioner.sandbox.process import free_ports

#: How long the first runs may take: they read everything.
_PATIENCE = 3600

#: The daily jobs of the service, which run at its start where they never have.
_DAILY = ("sweep", "invitations", "connections-sweep")

_SCRAPES = 5

#: Longer than an answer of the metrics is given again.
_BETWEEN_SCRAPES = 5.5

#: Sizes in MiB: `rss` and `pss` of all processes of the service.
Sizes = dict[str, float]


def measure_serve(place: Place) -> dict[str, Sizes]:
    """The sizes at each moment. `most` is the greatest that the service's own process has been."""
    (port,) = free_ports(1)
    with serving(place, port) as process:
        _await_rest(process, place)
        time.sleep(_BETWEEN_SCRAPES)
        moments = {"rest": sizes(process.pid)}
        for _ in range(_SCRAPES):
            get(port, "/metrics")
            time.sleep(_BETWEEN_SCRAPES)
        moments["scraped"] = sizes(process.pid)
        for path in ("/health/live", "/health/ready"):
            get(port, path)
        return moments | {"pages": sizes(process.pid), "most": {"rss": _of(process.pid, "status", "VmHWM")}}


@contextmanager
def serving(place: Place, port: int) -> Iterator[subprocess.Popen[bytes]]:
    """A service of its own process, with its default times."""
    environment = {**os.environ, **place.environment, "PROVISIONER_SERVICE__LISTEN": f"127.0.0.1:{port}"}
    command = [sys.executable, "-m", "provisioner", "serve"]
    with subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL) as process:
        try:
            yield process
        finally:
            process.terminate()


def sizes(pid: int) -> Sizes:
    """Of that process and all that it started."""
    processes = [pid, *family(pid)]
    return {
        name: sum(_of(process, "smaps_rollup", name.capitalize()) for process in processes) for name in ("rss", "pss")
    }


def get(port: int, path: str) -> None:
    """Asks for a page, whatever the answer."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=120) as answer:
            answer.read()
    except urllib.error.HTTPError:
        pass


def told(moments: dict[str, Sizes], persons: int) -> str:
    """The sizes in a line."""
    words = [f"{name} {size['rss']:.0f} ({size.get('pss', 0):.0f})" for name, size in moments.items()]
    return f"memory of `serve` with {persons} persons, MiB of RSS (PSS): {', '.join(words)}"


def _has_run(place: Place) -> bool:
    with place.context() as context, context.register.read() as connection:
        return all(mark(connection, name) for name in (LAST_GOOD_SYNC, *(f"job.{job}" for job in _DAILY)))


def _await_rest(process: subprocess.Popen[bytes], place: Place) -> None:
    deadline = time.monotonic() + _PATIENCE
    while not _has_run(place):
        if process.poll() is not None or time.monotonic() > deadline:
            raise RuntimeError("The service does not come to rest.")
        time.sleep(1)


def _of(pid: int, file: str, name: str) -> float:
    line = re.search(rf"^{name}:\s*(\d+) kB", Path(f"/proc/{pid}/{file}").read_text("ascii"), re.MULTILINE)
    assert line is not None
    return int(line[1]) / 1024
