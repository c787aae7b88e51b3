"""What the register says of how things are, read when Prometheus asks and at most every few seconds."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from provisioner.clock import Clock
from provisioner.domain.access.habilitation import State
from provisioner.domain.annexe.kept import Status
from provisioner.domain.hold import Hold, HoldKind
from provisioner.domain.records import Records
from provisioner.operations.holding import Standing, standing
from provisioner.operations.sending import waiting
from provisioner.register import Register, RegisterUnavailable
from provisioner.service.paused import is_clock_pause

#: How old an answer may be: reading a large register at each question would cost more than it tells.
_FRESH_SECONDS = 5

#: How long to wait for another question's answer: a database that hangs keeps one of them, and not all.
LOOK_SECONDS = 2.0

#: An account with several habilitations counts once, as the first of these that one of them is in.
_STATES = (State.OPEN, State.SUSPENDED, State.PLANNED, State.CLOSED)


class RegisterGauges(Collector):
    """Gauges made from the register. While it cannot be read only `provisioner_register_up` is there, at 0."""

    def __init__(self, register: Register, clock: Clock) -> None:
        self._register, self._clock = register, clock
        self._lock = threading.Lock()
        self._read_at = float("-inf")
        self._last: list[Metric] = []

    def collect(self) -> Iterator[Metric]:
        """What Prometheus asks for."""
        if not self._lock.acquire(timeout=LOOK_SECONDS):
            yield _up(0)
            return
        try:
            if time.monotonic() - self._read_at > _FRESH_SECONDS:
                self._last = self._read()
                self._read_at = time.monotonic()
            yield from self._last
        finally:
            self._lock.release()

    def _read(self) -> list[Metric]:
        try:
            records, found = self._register.records(), standing(self._register)
            notices = waiting(self._register).waiting
        except RegisterUnavailable:
            return [_up(0)]
        return [
            _up(1),
            _accounts(records),
            _gauge("partners", "Conventions in the register.", found.partners),
            _gauge("annexes_waiting", "Annexes to decide upon or to be applied.", len(found.waiting)),
            _gauge(
                "annexe_undecided_oldest_seconds", "Since the oldest waits; 0: none does.", self._undecided(found)
            ),
            _gauge("links_owed", "First links that are owed and not sent.", found.invitations_owed),
            _gauge("notices_waiting", "Notices that wait for the mail server.", notices),
            _gauge("journal_wanting", "1 while the journal was found wanting.", found.journal is not None),
            *self._holds(found.holds),
            *self._ages(found),
        ]

    def _holds(self, holds: tuple[Hold, ...]) -> Iterator[Metric]:
        now = self._clock.now()
        count = Counter(one.kind for one in holds)
        held = GaugeMetricFamily("provisioner_held", "What is held, by kind.", labels=["kind"])
        oldest = GaugeMetricFamily("provisioner_held_oldest_seconds", "Age of the oldest; 0: none.", labels=["kind"])
        for kind in HoldKind:
            held.add_metric([kind.value], count[kind])
            ages = [(now - one.since).total_seconds() for one in holds if one.kind is kind]
            oldest.add_metric([kind.value], max(ages, default=0.0))
        yield held
        yield oldest
        yield _gauge("quarantined", "Persons and partners in quarantine.", count[HoldKind.QUARANTINE])
        yield _gauge(
            "clock_paused", "1 while everything is paused by a clock's jump.", any(map(is_clock_pause, holds))
        )

    def _undecided(self, found: Standing) -> float:
        """How long the annexe that has waited longest has waited for a person's decision."""
        since = [annexe.checked_at for annexe in found.waiting if annexe.status is Status.CHECKED]
        return max(((self._clock.now() - at).total_seconds() for at in since), default=0.0)

    def _ages(self, found: Standing) -> Iterator[Metric]:
        """Without a good sync so far there is no age: alerts look at `absent` too."""
        last = found.last_good_sync
        if last is not None:
            age = (self._clock.now() - last).total_seconds()
            yield _gauge("last_good_sync_age_seconds", "Since everything due was last done.", age)


def _accounts(records: Records) -> Metric:
    count: Counter[State] = Counter()
    for habilitations in records.by_account().values():
        states = {records.state_of(one) for one in habilitations}
        count[next(state for state in _STATES if state in states)] += 1
    family = GaugeMetricFamily("provisioner_accounts", "Accounts by state.", labels=["state"])
    for state in _STATES:
        family.add_metric([state.value], count[state])
    return family


def _up(value: float) -> Metric:
    return _gauge("register_up", "Whether the register can be read.", value)


def _gauge(name: str, what: str, value: float) -> Metric:
    return GaugeMetricFamily(f"provisioner_{name}", what, value=value)
