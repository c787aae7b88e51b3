"""What the service costs when nothing changes: how long an unchanged sync takes, and how much memory `serve` keeps.

`python bench/rest.py --partners 20 --persons 100`: so many partners, each with so many open accesses. Keycloak's user
cache counts most: it is emptied before each sync that is called cold, as it is after Keycloak's own start.
"""

from __future__ import annotations

import argparse
import os
import re
import subprocess
import sys
import tempfile
import time
import urllib.request
from contextlib import nullcontext
from pathlib import Path

from keycloak import KeycloakAdmin

from bench.contenders import ours
from bench.place import Place, open_servers
from provisioner.keycloak.connection import administrator_connection
from provisioner.keycloak.directory import Directory
from provisioner.logs import configure_logging
from provisioner.operations.context import Context
from provisioner.operations.run import sync
from provisioner.sandbox.process import free_ports

_TIMES, _SYNCS = 5, 8
_HOPED_SECONDS, _HOPED_MIB = 3.0, 160


def main() -> int:
    """Runs everything; 0 unless something failed, whatever the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--partners", type=int, default=20)
    parser.add_argument("--persons", type=int, default=100, help="of each partner")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="provisioner-bench-") as home, open_servers(Path(home)) as servers:
        place = servers.new_place()
        configure_logging(place.settings.log)
        for _ in range(chosen.partners):
            ours(place, place.new_work(chosen.persons))
        print(f"\nAT REST, {chosen.partners * chosen.persons} persons of {chosen.partners} partners")
        for cache in ("warm", "cold"):
            _print_syncs(cache, [_unchanged(place, cold=cache == "cold") for _ in range(_TIMES)])
        print(f"  memory of `serve` after {_SYNCS} syncs   {_resident_mib(place):.0f} MiB   hoped for: {_HOPED_MIB}")
    return 0


def _unchanged(place: Place, *, cold: bool) -> tuple[float, float, int]:
    """Seconds on the wall and of our processor, and calls, of a sync that has nothing to do."""
    if cold:
        connection = administrator_connection(place.settings.keycloak)
        KeycloakAdmin(connection=connection).clear_user_cache()
        connection.close()
    register, directory = place.register(), Directory(place.settings.keycloak)
    context = Context(settings=place.settings, clock=place.clock, register=register, directory=directory, by="bench")
    began, cpu = time.perf_counter(), time.process_time()
    outcome = sync(context, [], lambda _count: nullcontext(lambda: None))
    figures = time.perf_counter() - began, time.process_time() - cpu, directory.calls
    if outcome.done or outcome.failed:
        raise RuntimeError("There was something to do.")
    directory.close()
    register.close()
    return figures


def _print_syncs(cache: str, runs: list[tuple[float, float, int]]) -> None:
    seconds, cpu, calls = (list(column) for column in zip(*runs, strict=True))
    spread = f"best {min(seconds):.2f} s, worst {max(seconds):.2f} s, our processor {min(cpu):.2f} s"
    print(f"  unchanged sync, users {cache} in Keycloak   {spread}, {calls[0]} calls   hoped for: {_HOPED_SECONDS} s")


def _resident_mib(place: Place) -> float:
    """What `serve` keeps in memory after several syncs."""
    (port,) = free_ports(1)
    ours = {"PROVISIONER_SERVICE__LISTEN": f"127.0.0.1:{port}", "PROVISIONER_SERVICE__SYNC_MINUTES": "0.01"}
    with subprocess.Popen(
        [sys.executable, "-m", "provisioner", "serve"],
        env={**os.environ, **place.environment, **ours},
        stderr=subprocess.DEVNULL,
    ) as process:
        deadline = time.monotonic() + 600
        while _good_syncs(port) < _SYNCS:
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                raise RuntimeError("The service does not sync.")
            time.sleep(0.5)
        status = Path(f"/proc/{process.pid}/status").read_text("ascii")
        process.terminate()
    found = re.search(r"VmRSS:\s*(\d+) kB", status)
    assert found is not None
    return int(found[1]) / 1024


def _good_syncs(port: int) -> float:
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=5) as answer:
            text = answer.read().decode()
    except OSError:
        return 0
    found = re.search(r'^provisioner_job_runs_total{job="sync",outcome="good"} (\S+)$', text, re.MULTILINE)
    return float(found[1]) if found else 0


if __name__ == "__main__":
    sys.exit(main())
