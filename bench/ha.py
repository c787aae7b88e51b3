"""How long work rests when something dies, and what is lost: real `serve` processes, one or two on one PostgreSQL.

Under load (an annexe of many persons being opened, a dropped file, an approved end, a `person suspend`) one thing
is struck: the instance at work is killed or frozen, or PostgreSQL or Keycloak is killed. Each process is started
again as deploy/provisioner.service has systemd do it: 15 s after its death, and killed where it gave no sign for
60 s. Servers are started again at once. At the end of each round the oracle of the tests compares register,
Keycloak, mails and journal. Each round has a realm, a register and services of its own.

`python bench/ha.py --rounds 3 --persons 100`
"""

from __future__ import annotations

import argparse
import itertools
import json
import os
import re
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import threading
import time
import traceback
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from bench.contenders import children, family
from bench.place import person_name, whole
from provisioner.domain.people import EmailAddress
from provisioner.keycloak.realm import apply_realm
from provisioner.logs import configure_logging
from provisioner.sandbox.keycloak import Keycloak, start_keycloak
from tests.serve.serving import Serving, until
from tests.shared import approvals
from tests.shared.mailbox import Mailbox
from tests.shared.office import PATIENT, PROVISIONER, Office, annexe_csv
from tests.shared.oracle import Story, tells
from tests.shared.pace import PATIENCE, slowness
from tests.shared.postgres import Postgres, for_keycloak, start_postgres
from tests.shared.proxy import Answer, Call, Faults, FaultyProxy
from tests.shared.realms import settings_of_realm

TODAY = "2026-09-20"
UNIT = Path(__file__).parents[1] / "deploy" / "provisioner.service"

#: The town has accesses: one is to end, one is to be suspended. The city's are being opened. One drops a file.
TOWN, CITY, DROPS = "mairie", "ville", "depot"
ENDED, CUT, *STAYING = (person_name(50_000 + number) for number in range(10))

KILLED, FROZEN, DATABASE, KEYCLOAK = "instance killed", "instance frozen", "PostgreSQL killed", "Keycloak killed"
SERVER_BLOWS = (DATABASE, KEYCLOAK)
#: The same with all well: what two instances do a second against one.
NOTHING = "nothing"
BLOWS = (NOTHING, KILLED, FROZEN, *SERVER_BLOWS)

#: `sync` is due this often, so that a round does not wait for it.
_SYNC_MINUTES = "0.1"


def await_(is_so: Callable[[], Any], what: str) -> Any:
    """What `is_so` gives once it is true: the more this machine has to do, the longer it may take."""
    return until(is_so, what, PATIENCE * max(slowness(), os.getloadavg()[0] / (os.cpu_count() or 1)))


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
        self._manager = f"provisioner-ha-{os.getpid()}-{office.settings.keycloak.realm}-{name}"
        self._socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self._socket.settimeout(0.2)
        self._socket.bind(f"\0{self._manager}")
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
        run, before = self.run, self.serving.metric(series) or 0

        def has_gone_well() -> bool:  # counted from 0 again by a process that was started again
            return (self.serving.metric(series) or 0) > (before if self.run == run else 0)

        await_(has_gone_well, f"{self.name}: a good sync")

    def end(self) -> None:
        """Ends it for good."""
        self._ending.set()
        self._watch.join()
        self.serving.__exit__()
        self.proxy.stop()
        self._socket.close()

    def _start(self) -> None:
        ours = {"KEYCLOAK__URL": self.proxy.url, "SERVICE__SYNC_MINUTES": _SYNC_MINUTES}
        environment = {f"PROVISIONER_{key}": value for key, value in ours.items()}
        environment["NOTIFY_SOCKET"] = f"@{self._manager}"
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
    """What one blow cost, in seconds from it; None: not to be told here, or never seen."""

    blow: str
    instances: int
    persons: int
    at_write: int = 0
    #: the machine's, when the blow fell and at the end
    loads: tuple[float, ...] = ()
    #: the server that was killed is ready again
    ready: float | None = None
    #: the first effect in Keycloak that began after it
    effect: float | None = None
    #: the end that was approved at the moment of the blow is done: disabled in Keycloak
    closing: float | None = None
    #: `person suspend`, typed again until it says yes; how the first try ended
    suspend: float | None = None
    suspend_first: int = 0
    #: everybody is open and has an e-mail
    all_done: float | None = None
    #: accounts opened a second, from the first call to the last answer
    opened_a_second: float | None = None
    #: writes of the frozen one once it woke up
    woken_writes: int | None = None
    mails_twice: int = 0
    mails_missing: int = 0
    #: what was awaited in vain, or where register, Keycloak, mails and journal do not tell one story
    differs: str = ""


@dataclass
class Scene:
    """One office with its services, and how the blow went."""

    office: Office
    keycloak: Keycloak
    postgres: Postgres
    instances: list[Instance]
    outcome: Round

    @property
    def story(self) -> Story:
        """What must be true in the end."""
        names = [person_name(number) for number in range(self.outcome.persons)]
        opened = {*_addresses(STAYING, TOWN), *_addresses(names, CITY)}
        ended, cut = _addresses([ENDED], TOWN), _addresses([CUT], TOWN)
        mails = dict.fromkeys({*opened, *ended, *cut}, 1)
        # nobody is approved at the partner that drops a file: it has no group
        return Story(frozenset(opened), frozenset(ended), mails, (TOWN, CITY), frozenset(cut))

    def play(self) -> None:
        """The load, the blow, and how all ends."""
        for code in (TOWN, CITY, DROPS):
            self.office.add_partner(code, f"{code}.example")
        approvals.approve(self.office, self._submit(TOWN, [ENDED, CUT, *STAYING], [], "2026-09-01"), today=TODAY)
        await_(lambda: len(self.office.mails()) == 2 + len(STAYING), "the town's persons are open")
        end = self._submit(TOWN, [CUT, *STAYING], [ENDED], "2026-09-02")
        approval = ("annexe", "approve", str(end), "--plan", approvals.plan_id(self.office, end, today=TODAY))
        path = self._path_of(*_addresses([ENDED], TOWN))
        for instance in self.instances:
            instance.until_good_sync()
        begun = time.monotonic()
        names = [person_name(number) for number in range(self.outcome.persons)]
        approvals.approve(self.office, self._submit(CITY, names, [], "2026-09-01"), today=TODAY)
        await_(lambda: len(self._writes(begun)) > len(names) // 2, "a good part is open")
        dropped = self.office.home / "data" / "inbox" / DROPS / "envoi.csv"
        annexe_csv(dropped, {person_name(60_000): "2026-06-10"}, {}, "2026-09-01", f"{DROPS}.example")
        self.outcome.at_write = len(self._writes(begun))
        with ThreadPoolExecutor() as officers:
            self._strike(officers, begun, approval, path)
        openings = self._writes(begun, f"POST {path.rpartition('/')[0]}")
        self.outcome.opened_a_second = len(openings) / (openings[-1].ended - openings[0].began)
        self._compare()

    def _strike(self, officers: ThreadPoolExecutor, begun: float, approval: tuple[str, ...], path: str) -> None:
        outcome, blow = self.outcome, self.outcome.blow
        at_work = max(self.instances, key=lambda each: each.writes[-1].ended if each.writes else 0.0)
        process, dead = at_work.serving.process, at_work.run if blow in (KILLED, FROZEN) else ""
        outcome.loads = (os.getloadavg()[0],)
        struck = since = time.monotonic()
        if blow in SERVER_BLOWS:
            server: Postgres | Keycloak = self.postgres if blow == DATABASE else self.keycloak
            option = "port" if blow == DATABASE else "--http-port"
            kill_and_start_again(f"{option}={urlsplit(server.url).port}")
        elif dead:
            process.send_signal(signal.SIGKILL if blow == KILLED else signal.SIGSTOP)
        (cut,) = _addresses([CUT], TOWN)
        suspending = officers.submit(self._insist, "person", "suspend", cut, "--reason", "Essai")
        # approved by a try whose answer was lost, it is refused from then on
        approving = officers.submit(self._insist, *approval, or_once=lambda: outcome.closing is not None)
        if blow in SERVER_BLOWS:
            await_(server.is_ready, f"{blow}: ready again")
            since = time.monotonic()
            outcome.ready = since - struck
        outcome.effect = await_(lambda: self._writes(since, but_for=dead), "an effect")[0].ended - struck
        closings = await_(lambda: self._writes(begun, f"PUT {path}"), "the closing")
        outcome.closing = closings[0].ended - struck
        await_(lambda: len(self.office.mails()) >= len(self.story.everybody), "everybody's e-mail")
        outcome.all_done = time.monotonic() - struck
        outcome.suspend_first, said_yes_at = suspending.result()
        outcome.suspend = said_yes_at - struck
        approving.result()
        woken_at = time.monotonic()
        if blow == FROZEN and at_work.run == dead:  # not yet killed by its watchdog
            process.send_signal(signal.SIGCONT)
        await_(lambda: all(each.serving.ask("/health/live")[0] == 200 for each in self.instances), "all live")
        for instance in self.instances * 2:  # the first one may have begun before the last decision
            instance.until_good_sync()
        if blow == FROZEN:
            outcome.woken_writes = sum(write.instance == dead for write in self._writes(woken_at))

    def _compare(self) -> None:
        counts = Counter(mail.to for mail in self.office.mails())
        self.outcome.mails_twice = sum(count - 1 for count in counts.values())
        self.outcome.mails_missing = sum(counts[address] == 0 for address in self.story.everybody)
        folders = self.office.home / "data"
        await_(lambda: list((folders / "outbox" / DROPS).glob("*.json")), "the dropped file's report")
        assert not list((folders / "refused").rglob("*.csv")), "the dropped file was refused"
        tells(self.office, self.story, today=TODAY)

    def _writes(self, since: float, what: str = "", but_for: str = "") -> list[Write]:
        """What was written since then, in the order in which it ended."""
        every = [write for instance in self.instances for write in list(instance.writes)]
        chosen = [each for each in every if each.began >= since and each.instance != but_for and what in each.what]
        return sorted(chosen, key=lambda write: write.ended)

    def _path_of(self, address: str) -> str:
        directory = self.office.directory()
        accounts = directory.snapshot({TOWN: None}).accounts.values()
        (found,) = [account for account in accounts if account.email == EmailAddress(address)]
        directory.close()
        return f"/admin/realms/{self.office.settings.keycloak.realm}/users/{found.id}"

    def _submit(self, code: str, asked: list[str], ended: list[str], day: str) -> int:
        file = self.office.home / f"{code}-{day}.csv"
        rows = dict.fromkeys(asked, "2026-06-10"), dict.fromkeys(ended, "2026-08-31")
        annexe_csv(file, *rows, day, f"{code}.example")
        return int(approvals.submit(self.office, file, today=TODAY, partner=code)["annexe"])

    def _insist(self, *command: str, or_once: Callable[[], bool] = lambda: False) -> tuple[int, float]:
        """A command as an officer types it, again until it says yes: the first try's status, the last one's end."""
        statuses: list[int] = []

        def says_yes() -> bool:
            answer = self.office.run(*command, "--by", approvals.BY, today=TODAY, program=PROVISIONER)
            statuses.append(answer.status)
            time.sleep(1 if answer.status else 0)
            return answer.status == 0 or or_once()

        await_(says_yes, " ".join(command[:2]))
        return statuses[0], time.monotonic()


def _addresses(names: list[str], code: str) -> list[str]:
    return [f"{name}@{code}.example" for name in names]


def kill_and_start_again(word: str) -> None:
    """Kills a server of the sandbox with all its processes, and starts it again at once.

    Its supervisor, which would take its end for the last one, sleeps meanwhile, and so does the server: a process
    that it makes after they were counted would outlive it, and PostgreSQL refuses to start beside one.
    """
    (supervisor,) = [pid for pid in children(os.getpid()) if word in _command(pid)]
    for pid in (supervisor, *children(supervisor)):
        os.kill(pid, signal.SIGSTOP)
    theirs = list(family(supervisor))
    for pid in theirs:
        os.kill(pid, signal.SIGKILL)
    until(lambda: not any(_lives(pid) for pid in theirs), "all its processes are gone")
    os.kill(supervisor, signal.SIGHUP)
    os.kill(supervisor, signal.SIGCONT)


def _command(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/cmdline").read_text().split("\0")


def _lives(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def strike(keycloak: Keycloak, home: Path, outcome: Round) -> None:
    """One round in a realm of its own; what fails in it is told in the outcome."""
    home.mkdir()
    with ExitStack() as stack:
        mailbox = stack.enter_context(Mailbox(home / "mails"))
        postgres = stack.enter_context(start_postgres(log_file=home / "postgres.log"))
        settings = settings_of_realm(keycloak, mailbox, home.name, home / "data")
        configure_logging(settings.log)
        apply_realm(settings)
        office = Office(settings, mailbox, home)
        for name in (*PATIENT, "PROVISIONER_INVITATION__SETTLE_SECONDS"):  # as it is installed
            del office.environment[name]
        office.environment["PROVISIONER_DATABASE__URL"] = postgres.new_database()
        scene = Scene(office, keycloak, postgres, [], outcome)
        for which in ("first", "second")[: outcome.instances]:
            scene.instances.append(Instance(office, which))
            stack.callback(scene.instances[-1].end)
        try:
            scene.play()
        except (AssertionError, subprocess.TimeoutExpired):
            outcome.differs = traceback.format_exc()
        outcome.loads += (os.getloadavg()[0],)


def main() -> int:
    """Runs everything; 0 unless something was lost or done twice."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=whole(1), default=3, help="of each blow, with one and with two instances")
    parser.add_argument("--persons", type=whole(2), default=100, help="of the annexe that is being opened")
    parser.add_argument("--instances", type=whole(1, 2), nargs="*", default=[1, 2])
    parser.add_argument("--blows", nargs="*", choices=BLOWS, default=BLOWS)
    parser.add_argument("--home", type=Path, default="build/ha", help="made anew: rounds.json and all logs")
    chosen = parser.parse_args()
    home = chosen.home.resolve()
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    rounds: list[Round] = []
    with start_postgres(log_file=home / "postgres.log") as postgres:
        database = for_keycloak(postgres.new_database())
        with start_keycloak(log_file=home / "keycloak.log", database=database) as keycloak:
            if keycloak.how != "local JVM":
                sys.exit("It does not kill a Keycloak in a container: stop the engine, have Java 17 and Maven.")
            for _, blow, count in itertools.product(range(chosen.rounds), chosen.blows, chosen.instances):
                rounds.append(Round(blow, count, chosen.persons))
                strike(keycloak, home / f"round-{len(rounds)}", rounds[-1])
                print(rounds[-1], flush=True)
                (home / "rounds.json").write_text(json.dumps([asdict(each) for each in rounds], indent=1) + "\n")
    print(f"\n{table(rounds)}")
    return int(any(each.mails_twice or each.mails_missing or each.differs for each in rounds))


def table(rounds: list[Round]) -> str:
    """Median and worst seconds, as a table of Markdown."""
    columns = ["struck", "instances", "server ready again", "next effect", "the end done", "`person suspend` done"]
    columns += ["all done", "opened a second", "e-mails missing", "twice", "differs"]
    lines = [f"| {' | '.join(columns)} |", "|" + "---|" * len(columns)]
    for blow, count in dict.fromkeys((each.blow, each.instances) for each in rounds):
        these = [each for each in rounds if (each.blow, each.instances) == (blow, count)]
        seconds = ("ready", "effect", "closing", "suspend", "all_done")
        cells = [_spread([getattr(each, what) for each in these]) for what in seconds]
        rates = [each.opened_a_second for each in these if each.opened_a_second is not None]
        cells.append(f"{statistics.median(rates):.1f}" if rates else "")
        cells += [str(sum(getattr(each, what) for each in these)) for what in ("mails_missing", "mails_twice")]
        lines.append(f"| {blow} | {count} | {' | '.join(cells)} | {sum(bool(each.differs) for each in these)} |")
    return "\n".join(lines)


def _spread(figures: list[float | None]) -> str:
    seconds = [figure for figure in figures if figure is not None]
    return f"{statistics.median(seconds):.0f} s ({max(seconds):.0f})" if seconds else ""


if __name__ == "__main__":
    sys.exit(main())
