"""Two services on one PostgreSQL and one realm: one is killed or frozen at its work, the other ends it."""

from __future__ import annotations

import os
import random
import signal
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from functools import partial

import pytest

from tests.serve.serving import Serving, until
from tests.shared import approvals
from tests.shared.console import Console
from tests.shared.office import Office, annexe_csv
from tests.shared.oracle import Story, tells
from tests.shared.pace import PATIENCE
from tests.shared.postgres import Postgres
from tests.shared.proxy import Answer, Call, Dropped, Faults, FaultyProxy

TODAY = "2026-09-02"
LOST_AFTER = 6.0
PARTNERS = ("agglo-lys", "ville-aire")
NEW, GONE = 8, 2

#: Each seed is one story; another one is told by SEEDS="7 8" in the environment.
SEEDS = os.environ.get("SEEDS", "1").split()


@dataclass
class Blow:
    """What befalls the service that makes this write, counted over both, and what becomes of the write."""

    at: int
    how: signal.Signals
    write: str

    def fall(self, process: int, call: Call) -> Answer:
        """The call is under way when its caller stops."""
        os.kill(process, self.how)
        if self.write == "never arrives":
            raise Dropped
        answer = call.forward()
        if self.write == "answer is lost":
            raise Dropped
        return answer


class Instance:
    """One service with its own way to Keycloak, started again when it was killed."""

    def __init__(self, office: Office, name: str, pair: Pair) -> None:
        self.office, self.name = office, name
        self.proxy = FaultyProxy(office.settings.keycloak.url)
        self.proxy.faults = Faults(r"^/admin/", ("POST", "PUT", "DELETE"), partial(pair.write, self))
        self.writes: list[str] = []
        self.start()

    def start(self) -> None:
        through = {"PROVISIONER_KEYCLOAK__URL": self.proxy.url, "PROVISIONER_KEYCLOAK__THREADS": "4"}
        self.serving = Serving(self.office, through, today=TODAY, name=self.name)

    def good_syncs(self) -> float:
        return self.serving.metric('provisioner_job_runs_total{job="sync",outcome="good"}') or 0

    def until_good_sync(self, beyond: float, what: str) -> None:
        until(lambda: self.good_syncs() > beyond, f"{self.name}: {what}")

    def end(self) -> None:
        self.serving.__exit__()
        self.proxy.stop()


@dataclass
class Pair:
    """Both, and the blow that waits for whichever works."""

    instances: list[Instance] = field(default_factory=list)
    blow: Blow | None = None
    struck: Instance | None = None
    written: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)

    def write(self, instance: Instance, call: Call) -> Answer:
        with self.lock:
            self.written += 1
            instance.writes.append(f"{call.method} {call.path}")
            blow, is_now = self.blow, self.blow is not None and self.written == self.blow.at
            if is_now:
                self.blow, self.struck = None, instance
        return blow.fall(instance.serving.process.pid, call) if blow and is_now else call.forward()

    def awaits(self, blow: Blow) -> None:
        with self.lock:
            self.blow, self.struck, self.written = blow, None, 0

    def other(self, instance: Instance) -> Instance:
        return self.instances[1 - self.instances.index(instance)]


@pytest.fixture
def pair(office: Office, postgres: Postgres) -> Iterator[Pair]:
    with ExitStack() as stack:
        office.environment["PROVISIONER_DATABASE__URL"] = postgres.new_database()
        office.environment["PROVISIONER_DATABASE__LOCK_LOST_SECONDS"] = str(LOST_AFTER)
        # Whoever takes over judges an e-mail that Keycloak may still be sending for the one that was killed.
        office.environment["PROVISIONER_INVITATION__SETTLE_SECONDS"] = "10"
        pair = Pair()
        for name in ("first", "second"):  # on an empty database, both at once
            pair.instances.append(Instance(office, name, pair))
            stack.callback(pair.instances[-1].end)
        for instance in pair.instances:
            instance.until_good_sync(0, "its first sync")
        yield pair


@pytest.mark.rule("P2")
@pytest.mark.parametrize("seed", SEEDS)
def test_whoever_works_is_killed_or_frozen_and_the_other_ends_it_without_doing_anything_twice(
    office: Office, pair: Pair, seed: str
) -> None:
    chance = random.Random(seed)
    asked: dict[str, dict[str, str]] = {code: {} for code in PARTNERS}
    ended: dict[str, dict[str, str]] = {code: {} for code in PARTNERS}
    for code in PARTNERS:
        office.add_partner(code, f"{code}.example")
    for number, how in enumerate((signal.SIGSTOP, signal.SIGKILL, signal.SIGSTOP)):
        code = PARTNERS[number % 2]
        gone = chance.sample(sorted(asked[code]), GONE) if asked[code] else []
        ended[code] |= dict.fromkeys(gone, "2026-08-31")
        asked[code] |= {f"{name}{number}": "2026-06-10" for name in "abcdefgh"}
        asked[code] = {name: day for name, day in asked[code].items() if name not in gone}
        write = chance.choice(["never arrives", "answer is lost", "arrives"])
        blow = Blow(chance.randint(1, 2 * NEW + 2 * len(gone)), how, write)
        sys.stdout.write(f"seed {seed}, annexe {number + 1}: {blow}\n")
        pair.awaits(blow)
        _approve(office, code, asked[code], ended[code], f"2026-09-0{1 + number // 2}")
        _taken_over(pair, how)
    for instance in pair.instances:
        assert instance.serving.end()[0] == 0
    people = {address(code, name) for code in PARTNERS for name in asked[code]}
    closed = {address(code, name) for code in PARTNERS for name in ended[code]}
    _nothing_twice(office, closed)
    mails = dict.fromkeys(people | closed, 1)
    del office.environment["PROVISIONER_DATABASE__LOCK_LOST_SECONDS"]  # whoever looks may take its time
    tells(office, Story(frozenset(people), frozenset(closed), mails, PARTNERS), today=TODAY)


def address(code: str, name: str) -> str:
    return f"{name}@{code}.example"


def _approve(office: Office, code: str, asked: dict[str, str], ended: dict[str, str], day: str) -> None:
    file = annexe_csv(office.home / f"{code}.csv", asked, ended, day, f"{code}.example")
    number = approvals.submit(office, file, today=TODAY, partner=code)["annexe"]
    approvals.approve(office, number, today=TODAY)


def _taken_over(pair: Pair, how: signal.Signals) -> None:
    """The other one ends the work; who wakes up then writes nothing, says so, and stands by."""
    until(lambda: pair.struck, "the blow")
    struck = pair.struck
    assert struck is not None
    other = pair.other(struck)
    other.until_good_sync(other.good_syncs(), "has taken over and ended the work")
    if how == signal.SIGKILL:
        struck.serving.process.wait(PATIENCE)
        struck.start()
        struck.until_good_sync(0, "stands by once started again")
        return
    wrote, told = len(struck.writes), len(struck.serving.events("job.failed"))
    struck.serving.process.send_signal(signal.SIGCONT)
    until(lambda: len(struck.serving.events("job.failed")) > told, "it says that it stopped")
    assert struck.serving.events("job.failed")[-1]["reason"] == "lock"
    struck.until_good_sync(struck.good_syncs(), "stands by")
    assert struck.writes[wrote:] == []


def _nothing_twice(office: Office, closed: set[str]) -> None:
    """By Keycloak's own events: one creation and one e-mail a person; a state is written again for nobody. Who is
    closed is written twice: disabled alone, then the rest (A3).
    """
    console = Console(office)
    events = console.connection.get(f"{console.realm}/admin-events", max=-1)
    users = console.connection.get(f"{console.realm}/users", max=-1, briefRepresentation="true")
    console.connection.close()
    twice = {("UPDATE", f"users/{user['id']}") for user in users if user["email"] in closed}
    counts = Counter(
        (event["operationType"], event["resourcePath"]) for event in events if event["resourceType"] == "USER"
    )
    assert [call for call, count in counts.items() if count > 1 + (call in twice)] == []
