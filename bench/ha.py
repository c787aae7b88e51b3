"""How long work rests when something dies, and what is lost: real `serve` processes, one or two on one PostgreSQL.

Under load (an annexe of many persons being opened, a dropped file, an approved end, a `person suspend`) one thing
is struck: the instance at work is killed or frozen, or PostgreSQL or Keycloak is killed. Each process is started
again as deploy/provisioner.service has systemd do it: 15 s after its death, and killed where it gave no sign for
60 s. Servers are started again at once. At the end of each round the oracle of the tests compares register,
Keycloak, mails and journal.

`python bench/ha.py --rounds 3 --persons 100 --json build/ha.json`
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import re
import secrets
import signal
import socket
import statistics
import sys
import tempfile
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.place import person_name
from provisioner.domain.people import EmailAddress
from provisioner.keycloak.realm import apply_realm
from provisioner.logs import configure_logging
from provisioner.sandbox.keycloak import Keycloak, start_keycloak
from provisioner.settings import load_settings
from tests.serve.serving import Serving, until
from tests.shared import approvals
from tests.shared.mailbox import Mailbox
from tests.shared.office import PROVISIONER, Office, annexe_csv
from tests.shared.oracle import Story, tells
from tests.shared.postgres import Postgres, for_keycloak, start_postgres
from tests.shared.proxy import Answer, Call, Faults, FaultyProxy

TODAY = "2026-09-20"
UNIT = Path(__file__).parents[1] / "deploy" / "provisioner.service"

#: The town whose persons end and are suspended, and the one that drops files.
TOWN, DROPS = "mairie", "depot"

KILLED, FROZEN, DATABASE, KEYCLOAK = "instance killed", "instance frozen", "PostgreSQL killed", "Keycloak killed"
SERVER_BLOWS = (DATABASE, KEYCLOAK)
BLOWS = (KILLED, FROZEN, *SERVER_BLOWS)

#: The longest that anything is waited for.
_PATIENCE = 400.0

#: `sync` is due this often, so that a round does not wait for it; an e-mail that was cut off is judged after so long.
_SYNC_MINUTES, _SETTLE_SECONDS = "0.1", "20"


def unit_seconds(key: str) -> float:
    """What the unit says of a time, which it writes as `15s`."""
    said = re.search(rf"^{key}=(\d+)s$", UNIT.read_text("utf-8"), re.MULTILINE)
    assert said is not None, key
    return float(said[1])


@dataclass(frozen=True)
class Write:
    """A call of an instance that changed something in Keycloak."""

    began: float
    ended: float
    instance: str
    what: str


class Instance:
    """One `serve` with its own way to Keycloak, watched as systemd watches it."""

    def __init__(self, office: Office, name: str) -> None:
        self.office, self.name = office, name
        self.proxy = FaultyProxy(office.settings.keycloak.url)
        self.proxy.faults = Faults(r"^/admin/", ("POST", "PUT", "DELETE"), self._write)
        self.writes: list[Write] = []
        self.starts = 0
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.settimeout(0.2)
        self._socket.bind(str(office.home / f"{name}.notify"))
        self._ending = threading.Event()
        self._start()
        self._watch = threading.Thread(target=self._supervise, daemon=True)
        self._watch.start()

    @property
    def run(self) -> str:
        """Names its process: another one once it was started again."""
        return f"{self.name}.{self.starts}"

    def until_good_sync(self) -> None:
        """Waits for a run that began from now on and went well."""
        series = 'provisioner_job_runs_total{job="sync",outcome="good"}'
        pid, before = self.serving.process.pid, self.serving.metric(series) or 0

        def has_gone_well() -> bool:  # counted from 0 again by a process that was started again
            return (self.serving.metric(series) or 0) > (before if self.serving.process.pid == pid else 0)

        until(has_gone_well, f"{self.name}: a good sync", _PATIENCE)

    def end(self) -> None:
        """Ends it for good."""
        self._ending.set()
        self._watch.join()
        self.serving.__exit__()
        self.proxy.stop()
        self._socket.close()

    def _start(self) -> None:
        ours = {"KEYCLOAK__URL": self.proxy.url, "SERVICE__SYNC_MINUTES": _SYNC_MINUTES}
        ours |= {"INVITATION__SETTLE_SECONDS": _SETTLE_SECONDS}
        environment = {f"PROVISIONER_{key}": value for key, value in ours.items()}
        environment["NOTIFY_SOCKET"] = self._socket.getsockname()
        self.serving = Serving(self.office, environment, today=TODAY, name=self.name)
        self.starts += 1
        self._heard_at: float | None = None

    def _supervise(self) -> None:
        rest, patience = unit_seconds("RestartSec"), unit_seconds("WatchdogSec")
        while not self._ending.is_set():
            try:
                self._socket.recv(4096)
                self._heard_at = time.monotonic()
            except TimeoutError:
                pass
            if self.serving.process.poll() is not None:
                if not self._ending.wait(rest):
                    self._start()
            elif self._heard_at is not None and time.monotonic() - self._heard_at > patience:
                self.serving.process.send_signal(signal.SIGABRT)
                self.serving.process.send_signal(signal.SIGCONT)
                self.serving.process.wait()

    def _write(self, call: Call) -> Answer:
        began, run = time.monotonic(), self.run
        answer = call.forward()
        if 200 <= answer.status < 300:
            self.writes.append(Write(began, time.monotonic(), run, f"{call.method} {call.path.partition('?')[0]}"))
        return answer


@dataclass
class Round:
    """What one blow cost, in seconds from it; None: not to be told here."""

    blow: str
    instances: int
    persons: int
    at_write: int
    load: float
    #: the server that was killed is ready again
    ready: float | None = None
    #: the first effect in Keycloak that began after it
    effect: float = 0
    #: the end that was approved at the moment of the blow is done: disabled in Keycloak
    closing: float = 0
    #: `person suspend`, typed again until it says yes; how the first try ended
    suspend: float = 0
    suspend_first: int = 0
    #: everybody is open and has an e-mail
    all_done: float = 0
    #: writes of the frozen one once it woke up
    woken_writes: int | None = None
    mails_twice: int = 0
    mails_missing: int = 0
    #: where register, Keycloak, mails and journal do not tell one story
    differs: str = ""


@dataclass(frozen=True)
class Load:
    """What is under way when the blow falls: since when, the account that is to end, the annexe and the plan that say
    so, who is to be suspended, and how many e-mails there are once all is done.
    """

    begun: float
    path: str
    annexe: int
    plan: str
    cut: str
    mails: int


@dataclass
class World:
    """One office with its services, and the story that must be true of it."""

    office: Office
    keycloak: Keycloak
    postgres: Postgres
    persons: int
    instances: list[Instance] = field(default_factory=list)
    rounds: int = 0
    twice: int = 0
    open: set[str] = field(default_factory=set)
    closed: set[str] = field(default_factory=set)
    suspended: set[str] = field(default_factory=set)
    partners: list[str] = field(default_factory=lambda: [TOWN, DROPS])
    waiting: list[str] = field(default_factory=list)

    def prepare(self, rounds: int) -> None:
        """The town with persons who are open, two for each round and as many who stay."""
        for code in self.partners:
            self.office.add_partner(code, f"{code}.example")
        self.waiting = [person_name(50_000 + number) for number in range(2 * rounds + 8)]
        self.open |= {f"{name}@{TOWN}.example" for name in self.waiting}
        self._approve(self._submit(TOWN, self.waiting, "2026-09-01"))
        until(lambda: len(self.office.mails()) == len(self.open), "the town's persons are open", _PATIENCE)

    def strike(self, blow: str) -> Round:
        """One round: load, the blow, and how all ends."""
        load = self._load()
        at_work = max(self.instances, key=lambda each: each.writes[-1].ended if each.writes else 0.0)
        process, dead = at_work.serving.process, "" if blow in SERVER_BLOWS else at_work.run
        outcome = Round(blow, len(self.instances), self.persons, self._written(load.begun), os.getloadavg()[0])
        struck = since = time.monotonic()
        if blow in SERVER_BLOWS:
            server: Postgres | Keycloak = self.postgres if blow == DATABASE else self.keycloak
            option = "port" if blow == DATABASE else "--http-port"
            kill_and_start_again(f"{option}={urlsplit(server.url).port}")
        else:
            process.send_signal(signal.SIGKILL if blow == KILLED else signal.SIGSTOP)
        officers = [
            threading.Thread(target=self._suspend, args=(load.cut, struck, outcome)),
            threading.Thread(target=self._insist, args=self._approval(load)),
        ]
        for officer in officers:
            officer.start()
        if blow in SERVER_BLOWS:
            until(server.is_ready, f"{blow}: ready again", _PATIENCE)
            since = time.monotonic()
            outcome.ready = since - struck
        outcome.effect = until(lambda: self._writes(since, but_for=dead), "an effect", _PATIENCE)[0].ended - struck
        closings = until(lambda: self._writes(load.begun, f"PUT {load.path}"), "the closing", _PATIENCE)
        outcome.closing = closings[0].ended - struck
        until(lambda: len(self.office.mails()) >= load.mails, "everybody's e-mail", _PATIENCE)
        outcome.all_done = time.monotonic() - struck
        for officer in officers:
            officer.join()
        woken_at = time.monotonic()
        if blow == FROZEN and at_work.run == dead:  # not yet killed by its watchdog
            process.send_signal(signal.SIGCONT)
        self._settle()
        if blow == FROZEN:
            outcome.woken_writes = sum(write.instance == dead for write in self._writes(woken_at))
        self._compare(outcome)
        return outcome

    def _load(self) -> Load:
        """Work under way: many openings, and an end, a suspension and a file that come amid it."""
        self.rounds += 1
        code = f"ville-{self.rounds}"
        self.office.add_partner(code, f"{code}.example")
        self.partners.append(code)
        people = [person_name(self.rounds * 1000 + number) for number in range(self.persons)]
        ended, cut = (f"{self.waiting.pop()}@{TOWN}.example" for _ in range(2))
        path = self._path_of(ended)
        self.open.remove(ended)
        self.closed.add(ended)
        asked = self._names(self.open | self.suspended, TOWN)
        due = self._submit(TOWN, asked, f"2026-09-{1 + self.rounds:02}")
        plan = approvals.plan_id(self.office, due, today=TODAY)
        for instance in self.instances:
            instance.until_good_sync()
        begun = time.monotonic()
        self._approve(self._submit(code, people, "2026-09-01"))
        self.open |= {f"{name}@{code}.example" for name in people}
        until(lambda: self._written(begun) > self.persons // 2, "a good part is open", _PATIENCE)
        dropped = self.office.home / "data" / "inbox" / DROPS / f"envoi-{self.rounds}.csv"
        annexe_csv(dropped, {person_name(60_000 + self.rounds): "2026-06-10"}, {}, "2026-09-01", f"{DROPS}.example")
        self.open.remove(cut)
        self.suspended.add(cut)
        return Load(begun, path, due, plan, cut, len(self.open | self.closed | self.suspended))

    def _settle(self) -> None:
        """Every instance lives and has nothing left to do."""
        is_live: Callable[[Instance], bool] = lambda each: each.serving.ask("/health/live")[0] == 200  # noqa: E731
        until(lambda: all(map(is_live, self.instances)), "all live", _PATIENCE)
        for _ in range(2):  # the first one may have begun before the last decision
            for instance in self.instances:
                instance.until_good_sync()

    def _compare(self, outcome: Round) -> None:
        counts = Counter(mail.to for mail in self.office.mails())
        everybody = self.open | self.closed | self.suspended
        outcome.mails_twice = sum(counts[address] - 1 for address in everybody if counts[address] > 1) - self.twice
        self.twice += outcome.mails_twice
        outcome.mails_missing = sum(counts[address] == 0 for address in everybody)
        story = Story(
            frozenset(self.open),
            frozenset(self.closed),
            dict.fromkeys(everybody, 1),
            tuple(code for code in self.partners if code != DROPS),  # nobody is approved there: it has no group
            frozenset(self.suspended),
        )
        folders = self.office.home / "data"
        try:
            until(lambda: len(list((folders / "outbox" / DROPS).glob("*.json"))) == self.rounds, "the reports", 60)
            assert not list((folders / "refused").rglob("*.csv")), "a dropped file was refused"
            tells(self.office, story, today=TODAY)
        except AssertionError as error:
            outcome.differs = str(error)[:2000] or traceback.format_exc()[-2000:]

    def _writes(self, since: float, what: str = "", but_for: str = "") -> list[Write]:
        """What was written since then, in the order in which it ended."""
        every = [write for instance in self.instances for write in list(instance.writes)]
        chosen = [each for each in every if each.began >= since and each.instance != but_for and what in each.what]
        return sorted(chosen, key=lambda write: write.ended)

    def _written(self, since: float) -> int:
        return len(self._writes(since))

    def _path_of(self, address: str) -> str:
        directory = self.office.directory()
        accounts = directory.snapshot({TOWN: None}).accounts.values()
        (found,) = [account for account in accounts if account.email == EmailAddress(address)]
        directory.close()
        return f"/admin/realms/{self.office.settings.keycloak.realm}/users/{found.id}"

    @staticmethod
    def _names(addresses: set[str], code: str) -> list[str]:
        return sorted(address.partition("@")[0] for address in addresses if address.endswith(f"@{code}.example"))

    def _submit(self, code: str, asked: list[str], day: str) -> int:
        file = self.office.home / f"{code}-{day}.csv"
        ended = dict.fromkeys(self._names(self.closed, code), "2026-08-31")
        annexe_csv(file, dict.fromkeys(asked, "2026-06-10"), ended, day, f"{code}.example")
        return int(approvals.submit(self.office, file, today=TODAY, partner=code)["annexe"])

    def _approve(self, annexe: int) -> None:
        approvals.approve(self.office, annexe, today=TODAY)

    def _suspend(self, address: str, struck: float, outcome: Round) -> None:
        outcome.suspend_first = self._insist("person", "suspend", address, "--reason", "Essai")
        outcome.suspend = time.monotonic() - struck

    def _approval(self, load: Load) -> tuple[str, ...]:
        return ("annexe", "approve", str(load.annexe), "--plan", load.plan)

    def _insist(self, *command: str) -> int:
        """A command as an officer types it, again for as long as it takes; how the first try ended."""
        begun, statuses = time.monotonic(), list[int]()
        while not statuses or (statuses[-1] and time.monotonic() - begun < _PATIENCE):
            answer = self.office.run(*command, "--by", approvals.BY, today=TODAY, program=PROVISIONER)
            statuses.append(answer.status)
            time.sleep(1 if answer.status else 0)
        return statuses[0]


def kill_and_start_again(word: str) -> None:
    """Kills a server of the sandbox with all its processes, and starts it again at once.

    Its supervisor, which would take its end for the last one, sleeps meanwhile.
    """
    (supervisor,) = [pid for pid in _children(os.getpid()) if word in _command(pid)]
    os.kill(supervisor, signal.SIGSTOP)
    family = list(_family(supervisor))
    for pid in family:
        os.kill(pid, signal.SIGKILL)
    until(lambda: not any(_lives(pid) for pid in family), "all its processes are gone")
    os.kill(supervisor, signal.SIGHUP)
    os.kill(supervisor, signal.SIGCONT)


def _children(parent: int) -> list[int]:
    tasks = Path(f"/proc/{parent}/task").glob("*/children")
    return [int(pid) for task in tasks for pid in task.read_text().split()]


def _family(parent: int) -> Iterator[int]:
    for pid in _children(parent):
        yield pid
        yield from _family(pid)


def _command(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/cmdline").read_text().split("\0")


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


@contextmanager
def world(keycloak: Keycloak, mailbox: Mailbox, home: Path, name: str, count: int, chosen: Any) -> Iterator[World]:
    """A realm, a register on a PostgreSQL of its own and so many instances."""
    with ExitStack() as stack:
        directory = home / name
        directory.mkdir()
        postgres = stack.enter_context(start_postgres(log_file=directory / "postgres.log"))
        variables = {
            "KEYCLOAK__URL": keycloak.url,
            "KEYCLOAK__REALM": name,
            "KEYCLOAK__CLIENT_SECRET": secrets.token_urlsafe(16),
            "KEYCLOAK__ADMIN_USERNAME": keycloak.admin_username,
            "KEYCLOAK__ADMIN_PASSWORD": keycloak.admin_password,
            "SMTP__HOST": mailbox.host,
            "SMTP__PORT": str(mailbox.port),
            "SMTP__FROM": "ne-pas-repondre@caf.example",
            "PLATFORM__URL": "https://ctg.caf.fr/",
            "DATA_DIR": str(directory / "data"),
        }
        settings = load_settings(environment={f"PROVISIONER_{key}": value for key, value in variables.items()})
        configure_logging(settings.log)
        apply_realm(settings)
        office = Office(settings, mailbox, directory)
        office.environment["PROVISIONER_DATABASE__URL"] = postgres.new_database()
        office.environment["PROVISIONER_INVITATION__SETTLE_SECONDS"] = _SETTLE_SECONDS
        made = World(office, keycloak, postgres, chosen.persons)
        for which in ("first", "second")[:count]:
            made.instances.append(Instance(office, which))
            stack.callback(made.instances[-1].end)
        made.prepare(len(chosen.blows))
        yield made


def main() -> int:
    """Runs everything; 0 unless something was lost or done twice."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=3, help="of each blow, with one and with two instances")
    parser.add_argument("--persons", type=int, default=100, help="of the annexe that is being opened")
    parser.add_argument("--instances", type=int, nargs="*", default=[1, 2])
    parser.add_argument("--blows", nargs="*", choices=BLOWS, default=BLOWS)
    parser.add_argument("--json", type=Path, help="where every round is written down")
    chosen = parser.parse_args()
    rounds: list[Round] = []
    with tempfile.TemporaryDirectory(prefix="provisioner-ha-") as temporary, ExitStack() as stack:
        home = Path(temporary)
        mailbox = stack.enter_context(Mailbox(home / "mails"))
        postgres = stack.enter_context(start_postgres(log_file=home / "postgres.log"))
        database = for_keycloak(postgres.new_database())
        keycloak = stack.enter_context(start_keycloak(log_file=home / "keycloak.log", database=database))
        if keycloak.how != "local JVM":
            sys.exit(
                "A Keycloak in a container is not killed by this script: stop the engine, have Java 17 and Maven."
            )
        for number, count in itertools.product(range(chosen.rounds), chosen.instances):
            with world(keycloak, mailbox, home, f"round-{number + 1}-{count}", count, chosen) as made:
                for blow in chosen.blows:
                    rounds.append(made.strike(blow))
                    print(rounds[-1], flush=True)
                    if chosen.json:
                        chosen.json.parent.mkdir(parents=True, exist_ok=True)
                        chosen.json.write_text(json.dumps([asdict(each) for each in rounds], indent=1) + "\n")
    print(f"\n{table(rounds)}")
    return int(any(each.mails_twice or each.mails_missing or each.differs for each in rounds))


def table(rounds: list[Round]) -> str:
    """Median and worst seconds, as a table of Markdown."""
    columns = ("struck", "instances", "server ready again", "next effect", "an end then approved", "`person suspend`")
    lines = [f"| {' | '.join((*columns, 'all done', 'lost', 'mails twice'))} |", "|" + "---|" * 9]
    for blow, count in dict.fromkeys((each.blow, each.instances) for each in rounds):
        these = [each for each in rounds if (each.blow, each.instances) == (blow, count)]
        figures: list[Callable[[Round], float | None]] = [
            lambda each: each.ready,
            lambda each: each.effect,
            lambda each: each.closing,
            lambda each: each.suspend,
            lambda each: each.all_done,
        ]
        cells = [_spread([of(each) for each in these]) for of in figures]
        lost = sum(each.mails_missing + bool(each.differs) for each in these)
        lines.append(
            f"| {blow} | {count} | {' | '.join(cells)} | {lost} | {sum(each.mails_twice for each in these)} |"
        )
    return "\n".join(lines)


def _spread(figures: list[float | None]) -> str:
    seconds = [figure for figure in figures if figure is not None]
    return f"{statistics.median(seconds):.0f} s ({max(seconds):.0f})" if seconds else ""


if __name__ == "__main__":
    sys.exit(main())
