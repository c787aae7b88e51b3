"""The service in a process of its own, for tests: started, asked, waited for, ended."""

from __future__ import annotations

import json
import re
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any

from provisioner.sandbox.process import free_ports
from tests.shared.office import PROVISIONER, Office
from tests.shared.pace import PATIENCE

#: Often enough for a test not to wait for it.
OFTEN = {
    "PROVISIONER_SERVICE__SYNC_MINUTES": "0.01",
    "PROVISIONER_SERVICE__NOTICES_SECONDS": "0.5",
    "PROVISIONER_LOG__LEVEL": "INFO",
    "PROVISIONER_LOG__FORMAT": "json",
}


def until(is_so: Callable[[], Any], what: str, seconds: float = PATIENCE) -> Any:
    """What `is_so` gives once it is true."""
    deadline = time.monotonic() + seconds
    while not (answer := is_so()):
        assert time.monotonic() < deadline, f"awaited in vain: {what}"
        time.sleep(0.05)
    return answer


class Serving:
    """`provisioner serve` of an office. Its log is a file; leaving the block kills what is left of it."""

    def __init__(
        self,
        office: Office,
        environment: Mapping[str, str] = MappingProxyType({}),
        *,
        today: str,
        name: str = "serve",
    ) -> None:
        (port,) = free_ports(1)
        self.url = f"http://127.0.0.1:{port}"
        self.log_file = office.home / f"{name}.log"
        listen = {"PROVISIONER_SERVICE__LISTEN": f"127.0.0.1:{port}", "PROVISIONER_TODAY": today}
        with self.log_file.open("ab") as out:
            self.process = subprocess.Popen(
                [sys.executable, *PROVISIONER, "--quiet", "serve"],
                env={**office.environment, **OFTEN, **listen, **environment},
                cwd=office.home,
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=out,
            )

    def __enter__(self) -> Serving:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()

    def ask(self, path: str) -> tuple[int, str]:
        """The status and text of a page; 0 while nobody listens."""
        try:
            with urllib.request.urlopen(f"{self.url}{path}", timeout=60) as answer:
                return answer.status, answer.read().decode()
        except urllib.error.HTTPError as error:
            return error.code, error.read().decode()
        except OSError:
            return 0, ""

    def is_ready(self) -> bool:
        assert self.process.poll() is None, self.log_file.read_text("utf-8")
        return self.ask("/health/ready")[0] == 200

    def until_ready(self, *, ready: bool = True) -> None:
        until(lambda: self.is_ready() is ready, f"ready: {ready}")

    def metric(self, series: str) -> float | None:
        """The value of a series, as it is written."""
        value = re.search(rf"^{re.escape(series)} (\S+)$", self.ask("/metrics")[1], re.MULTILINE)
        return float(value[1]) if value else None

    def end(self, number: int = signal.SIGTERM) -> tuple[int, float]:
        """Asks it to end; its exit status and how many seconds it took."""
        began = time.monotonic()
        self.process.send_signal(number)
        status = self.process.wait(PATIENCE)
        return status, time.monotonic() - began

    def events(self, *names: str) -> list[Any]:
        """The log's lines of these kinds, or all."""
        lines = [json.loads(line) for line in self.log_file.read_text("utf-8").splitlines()]
        return [line for line in lines if not names or line["event"] in names]
