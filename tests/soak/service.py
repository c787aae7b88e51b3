"""The service that lives through a history, and what strikes it."""

from __future__ import annotations

import json
import resource
import shutil
import sqlite3
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from provisioner.sandbox.keycloak import Keycloak
from provisioner.sandbox.process import free_ports
from tests.serve.serving import until
from tests.shared import proxy as faulty
from tests.shared.office import Office
from tests.shared.proxy import Answer, Call, Dropped, Faults, FaultyProxy
from tests.shared.sink import FaultyMailbox
from tests.soak.history import Fault
from tests.soak.service_main import write

_MAIN = Path(__file__).with_name("service_main.py")
_ROOT = Path(__file__).parents[2]

_WRITES = ("POST", "PUT", "DELETE")

#: Keycloak's faults: which calls they concern, what is done to them, and whether to all that follow as well.
_KEYCLOAK: dict[str, tuple[str, tuple[str, ...], faulty.Fault, bool]] = {
    "drop_before": (r"^/admin/", _WRITES, faulty.drop_before, True),
    "drop_after": (r"^/admin/", _WRITES, faulty.drop_after, False),
    "status_500": (r"^/admin/", _WRITES, faulty.status(500), False),
    "status_503": (r"^/admin/", _WRITES, faulty.status(503), True),
    "cut_body": (r"^/admin/", ("GET",), faulty.cut_body, False),
    "empty_page": (r"/users\?", ("GET",), faulty.empty_page, False),
}


@dataclass(frozen=True)
class Sample:
    """What a process takes once it is quiet, after so many rounds of its jobs."""

    rounds: int
    rss_kib: int
    files: int
    threads: int


class Service:
    """`provisioner serve` behind the proxy, on the soak's clock, started again when it was killed."""

    def __init__(self, office: Office, proxy: FaultyProxy) -> None:
        self.office, self.proxy, self.home = office, proxy, office.home
        self.log_file = self.home / "serve.log"
        self.asked = 0
        self.lives: list[list[Sample]] = []
        self.start()

    def start(self) -> None:
        self.ask()
        (port,) = free_ports(1)
        ours = {
            "PROVISIONER_KEYCLOAK__URL": self.proxy.url,
            "PROVISIONER_SERVICE__LISTEN": f"127.0.0.1:{port}",
            "PROVISIONER_SERVICE__SYNC_MINUTES": "1440",
            "PROVISIONER_SERVICE__POLL_SECONDS": "0.5",
            "PROVISIONER_SERVICE__NOTICES_SECONDS": "86400",
            "PROVISIONER_DATABASE__BUSY_SECONDS": "0.5",
            "PROVISIONER_LOG__LEVEL": "INFO",
            "SOAK_DIR": str(self.home),
            "PYTHONPATH": str(_ROOT),
        }
        self.process = subprocess.Popen(
            [sys.executable, str(_MAIN), "--quiet", "serve"],
            env={**self.office.environment, **ours},
            cwd=self.home,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
        )
        threading.Thread(target=self._keep_log, args=[self.process], daemon=True).start()
        self.lives.append([])

    def _keep_log(self, process: subprocess.Popen[bytes]) -> None:
        """Through a pipe, so that a full disk for the register is none for the log."""
        assert process.stderr is not None
        with self.log_file.open("ab", buffering=0) as file, process.stderr:
            shutil.copyfileobj(process.stderr, file, 1)

    def end(self) -> None:
        self.process.terminate()
        self.process.wait(30)

    def ask(self) -> None:
        """Every job that is due is to run now."""
        self.asked += 1
        write(self.home / "asked", str(self.asked))

    @property
    def is_alive(self) -> bool:
        return self.process.poll() is None

    def failing(self) -> list[str] | None:
        """The jobs that failed in the round that was asked for last; None while it goes on."""
        try:
            state = json.loads((self.home / "state").read_text())
        except FileNotFoundError:
            return None
        return list(state["failing"]) if state["asked"] == str(self.asked) else None

    def until_quiet(self) -> list[str]:
        until(lambda: not self.is_alive or self.failing() is not None, "the service is quiet", 300)
        assert self.is_alive, self.log_file.read_text("utf-8")[-3000:]
        return self.failing() or []

    def sample(self) -> None:
        of_process = Path(f"/proc/{self.process.pid}")
        status = dict(line.split(":", 1) for line in (of_process / "status").read_text().splitlines())
        files = len(list((of_process / "fd").iterdir()))
        self.lives[-1].append(
            Sample(len(self.lives[-1]), int(status["VmRSS"].split()[0]), files, int(status["Threads"]))
        )

    @property
    def told(self) -> str:
        """How it is, in a line."""
        last = self.lives[-1][-1]
        calls = len(self.proxy.calls)
        return f"life {len(self.lives)}, round {last.rounds}, {last.rss_kib} KiB, {last.files} files, {calls} calls"


class Strikes:
    """Faults, each at the N-th write of the service in Keycloak after it was asked."""

    def __init__(self, service: Service, keycloak: Keycloak, mailbox: FaultyMailbox) -> None:
        self.service, self.keycloak, self.mailbox = service, keycloak, mailbox
        self.hit: Counter[str] = Counter()
        self.database = service.home / "data" / "provisioner.sqlite3"

    def work(self, fault: Fault | None) -> list[str]:
        """A round of the service, struck by the fault if any, and then another one without it."""
        if fault is not None:
            self._strike(fault)
        self.service.ask()
        failing = self.service.until_quiet()
        self.service.sample()
        return failing

    def _strike(self, fault: Fault) -> None:
        self._let_keycloak_tell_links_apart()
        happened = threading.Event()
        lift: list[Callable[[], object]] = []

        def at_write(call: Call) -> Answer:
            answer = None if (fault.kind, fault.detail) == ("kill", "before") else call.forward()
            lift.append(getattr(self, f"_{fault.kind}")())
            happened.set()
            if answer is None or fault.kind == "kill":
                raise Dropped
            return answer

        pattern, methods, act, goes_on = _KEYCLOAK.get(fault.detail, (r"^/admin/", _WRITES, at_write, False))

        def noted(call: Call) -> Answer:
            happened.set()
            return act(call)

        def is_meant(number: int) -> bool:
            return number == fault.at or (goes_on and number > fault.at)

        self.service.proxy.faults = Faults(pattern, methods, noted, is_meant)
        self.service.ask()
        until(lambda: not self.service.is_alive or self.service.failing() is not None, f"{fault}", 300)
        self.service.proxy.faults = Faults()
        for each in lift:
            each()
        self.hit[fault.kind] += happened.is_set()
        if not self.service.is_alive:
            self.service.start()

    def _let_keycloak_tell_links_apart(self) -> None:
        """Days pass in seconds here: a link that is in doubt is told from an earlier one by Keycloak's own clock."""
        files = sorted(self.mailbox.directory.glob("*.eml"))
        until(lambda: not files or time.time() - files[-1].stat().st_mtime > 3, "the last e-mail is 3 s old")

    def _kill(self) -> Callable[[], object]:
        self.service.process.kill()
        return self.service.process.wait

    def _restart(self) -> Callable[[], object]:
        """Keycloak ends while the service works."""
        restart = threading.Thread(target=self.keycloak.restart)
        restart.start()
        return restart.join

    def _mail(self) -> Callable[[], object]:
        """The mail server refuses everybody."""
        self.mailbox.refuses_all = True
        return lambda: setattr(self.mailbox, "refuses_all", False)

    def _locked(self) -> Callable[[], object]:
        """Another connection writes for as long as the service bears it."""
        other = sqlite3.connect(self.database, isolation_level=None, check_same_thread=False)
        other.execute("BEGIN IMMEDIATE")
        return other.close

    def _full(self) -> Callable[[], object]:
        """The kernel refuses to write beyond the middle of the register's file: no disk here can be filled for one
        process only, and this one is refused at any line, in the middle of a commit included.
        """
        pid, unlimited = self.service.process.pid, resource.RLIM_INFINITY
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (self.database.stat().st_size // 2, unlimited))
        return lambda: resource.prlimit(pid, resource.RLIMIT_FSIZE, (unlimited, unlimited))
