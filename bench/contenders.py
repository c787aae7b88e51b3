"""What our work is compared with: the calls that it makes, sent by `wrk` at once, and a run's time and processor."""

from __future__ import annotations

import os
import re
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from keycloak import KeycloakAdmin, KeycloakOpenID

from bench.place import Place
from tests.shared.proxy import Answer, Call, Faults, FaultyProxy

_GENERATOR = Path(__file__).with_name("generator.lua")
_LONGEST_SECONDS = 3600

#: What the e-mail with the link asks of a person.
ACTIONS = ["VERIFY_EMAIL", "UPDATE_PASSWORD"]


@dataclass(frozen=True)
class Run:
    """One contender's work: `units` of it, the seconds on the wall, and the seconds of processor of its own process
    and of the servers.
    """

    units: int
    seconds: float
    client: float
    keycloak: float
    postgres: float

    def each(self, what: str) -> float:
        """Seconds of that for one unit."""
        return float(getattr(self, what)) / self.units


class Meter:
    """Processor of a tree of processes, those that ended and were waited for included."""

    def __init__(self, word: str) -> None:
        """The tree under the child of ours that has this word in its command; none where it runs in a container."""
        self.roots = [child for child in children(os.getpid()) if word in Path(f"/proc/{child}/cmdline").read_text()]

    def seconds(self) -> float:
        """Used so far."""
        return sum(map(self._of, self.roots)) / os.sysconf("SC_CLK_TCK")

    def _of(self, process: int) -> int:
        try:
            fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
        except (FileNotFoundError, ProcessLookupError):
            return 0
        return sum(map(int, fields[11:15])) + sum(map(self._of, children(process)))


def children(process: int) -> list[int]:
    """The processes that it started and that are still there; none once it is gone."""
    try:
        tasks = [task.read_text() for task in Path(f"/proc/{process}/task").glob("*/children")]
    except (FileNotFoundError, ProcessLookupError):
        return []
    return [int(child) for task in tasks for child in task.split()]


def family(process: int) -> Iterator[int]:
    """All the processes that it started, and those that these started."""
    for child in children(process):
        yield child
        yield from family(child)


class Meters(NamedTuple):
    """Both servers', and ours."""

    keycloak: Meter
    postgres: Meter

    def run(self, units: int, action: Callable[[], object]) -> Run:
        """Does it and measures it; what was `Sent` knows its own seconds."""
        before, began = self._read(), time.perf_counter()
        sent = action()
        seconds = sent.seconds if isinstance(sent, Sent) else time.perf_counter() - began
        client, keycloak, postgres = (now - then for now, then in zip(self._read(), before, strict=True))
        return Run(units, seconds, client, keycloak, postgres)

    def _read(self) -> tuple[float, float, float]:
        own = os.times()
        ours = own.user + own.system + own.children_user + own.children_system
        return ours, self.keycloak.seconds(), self.postgres.seconds()


class Request(NamedTuple):
    """One call. `{1}` in path or body stands for the first account that the same calls make."""

    method: str
    path: str
    body: str
    status: int

    def having(self, words: Mapping[str, str]) -> Request:
        """The same about something else: each word that is a key becomes its value."""

        def exchanged(text: str) -> str:
            return re.sub(r"%40|\{\d+\}|[\w-]+", lambda word: words.get(word[0], word[0]), text)

        return self._replace(path=exchanged(self.path), body=exchanged(self.body))


@dataclass
class Recording:
    """The calls that our work makes of Keycloak, in rounds: those about one account come one after the other."""

    rounds: list[list[Request]] = field(default_factory=list)
    _made: dict[str, str] = field(default_factory=dict)
    _next_round: Counter[str] = field(default_factory=Counter)

    @property
    def calls(self) -> int:
        """How many they are."""
        return sum(map(len, self.rounds))

    def add(self, call: Call, answer: Answer) -> None:
        """One more."""
        about = re.search(r"/users/([0-9a-f-]{36})", call.path)
        number = self._next_round[about[1]] if about else 0
        if answer.status == 201:
            headers = {name.lower(): value for name, value in answer.headers}
            about = re.search(r"/([^/]+)$", headers["location"])
            assert about is not None
            self._made[about[1]] = f"{{{len(self._made) + 1}}}"
        if about:
            self._next_round[about[1]] = number + 1
        while len(self.rounds) <= number:
            self.rounds.append([])
        asked = Request(call.method, call.path, call.body.decode(), answer.status)
        self.rounds[number].append(asked.having(self._made))


@contextmanager
def recording(place: Place) -> Iterator[tuple[Place, Recording]]:
    """The same place by a way on which every call of the Admin API is written down, one after the other."""
    proxy, recorded, one_at_a_time = FaultyProxy(place.settings.keycloak.url), Recording(), threading.Lock()

    def record(call: Call) -> Answer:
        answer = call.forward()
        with one_at_a_time:
            recorded.add(call, answer)
        return answer

    proxy.faults = Faults(r"^/admin/", fault=record)
    try:
        yield place.at(proxy.url), recorded
    finally:
        proxy.stop()


class Sent(NamedTuple):
    """The seconds from the first call to the last answer."""

    seconds: float


def send(place: Place, rounds: Iterable[Sequence[Request]], words: Mapping[str, str] | None = None) -> Sent:
    """Sends each round by wrk, about what the `words` say, with as many connections as we have threads.

    Raises:
        RuntimeError: the answers were not those that we had.
    """
    token, seconds, known, made = _token(place), 0.0, dict(words or {}), 0
    for requests in rounds:
        took, ids = _send_round(place, token, [request.having(known) for request in requests])
        seconds += took
        known |= {f"{{{number}}}": id_ for number, id_ in enumerate(ids, made + 1)}
        made += len(ids)
    return Sent(seconds)


def _send_round(place: Place, token: str, requests: Sequence[Request]) -> tuple[float, list[str]]:
    file = place.directory / "requests"
    file.write_text("".join(f"{request.method}\t{request.path}\t{request.body}\n" for request in requests), "utf-8")
    # As many connections as calls at most: wrk takes it for an error when Keycloak closes an idle one.
    connections = str(min(place.settings.keycloak.threads, len(requests)))
    command = ["wrk", "-t", "1", "-c", connections, "-d", f"{_LONGEST_SECONDS}s", "--timeout", "60s"]
    done = subprocess.run(
        [*command, "-s", str(_GENERATOR), place.settings.keycloak.url],
        env={**os.environ, "BENCH_TOKEN": token, "BENCH_REQUESTS": str(file)},
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"wrk failed: {done.stdout}{done.stderr}")
    seconds, statuses, ids = done.stdout.split("\n")[-4:-1]
    had, expected = Counter(statuses.split()), Counter(str(request.status) for request in requests)
    if had != expected:
        raise RuntimeError(f"wrk had {had}, we had {expected}, for {[request.path for request in requests]}")
    return float(seconds), ids.split()


def plain_admin(place: Place) -> KeycloakAdmin:
    """python-keycloak as its README shows it, as our service account."""
    settings = place.settings.keycloak
    return KeycloakAdmin(
        server_url=f"{settings.url}/",
        realm_name=settings.realm,
        client_id=settings.client_id,
        client_secret_key=place.secret,
    )


def mail_query(place: Place) -> dict[str, str]:
    """What the e-mail with the link is asked for with."""
    settings = place.settings
    return {
        "lifespan": str(round(settings.invitation.lifespan_hours * 3600)),
        "client_id": "cooperation",
        "redirect_uri": settings.platform.url,
    }


def _token(place: Place) -> str:
    settings = place.settings.keycloak
    service = KeycloakOpenID(
        server_url=f"{settings.url}/",
        realm_name=settings.realm,
        client_id=settings.client_id,
        client_secret_key=place.secret,
    )
    return str(service.token(grant_type="client_credentials")["access_token"])
