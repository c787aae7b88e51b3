"""What the service tells Prometheus: numbers without a person, a partner or an address.

`Metrics` counts what this process did since its start. `RegisterGauges` reads how things are from the register, when
Prometheus asks.
"""

from __future__ import annotations

import collections
import threading
import time
from collections.abc import Iterator, Mapping
from datetime import datetime
from itertools import product

from prometheus_client import (
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    ProcessCollector,
    disable_created_metrics,
    generate_latest,
)
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from provisioner import __version__
from provisioner.clock import Clock
from provisioner.domain.access.change import Action
from provisioner.domain.access.habilitation import State
from provisioner.domain.annexe.kept import Status
from provisioner.domain.connections.control import ControlState, Severity
from provisioner.domain.connections.controls import CONTROLS
from provisioner.domain.connections.record import Coverage, Stream
from provisioner.domain.hold import Hold, HoldKind
from provisioner.operations.incidents import known_incidents
from provisioner.operations.notice_delivery import waiting
from provisioner.operations.service_status import ServiceStatus, service_status
from provisioner.register import Register, RegisterUnavailable, connections, controls
from provisioner.service.clock_watch import is_clock_pause
from provisioner.service.jobs import Counts

#: How old an answer may be: reading a large register at each question would cost more than it tells.
_FRESH_SECONDS = 5

#: How long to wait for another question's answer: a database that hangs keeps one of them, and not all.
LOOK_SECONDS = 2.0


class Metrics:
    """Numbers since the start, in a registry of their own. Every series stands there from the start, at 0."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # they double the lines: all began at the start
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        info = Gauge("provisioner_build_info", "1; which version runs.", ["version"], registry=self.registry)
        info.labels(__version__).set(1)
        self._changes = self._counter("changes", "Changes in Keycloak, made or failed.", "action", "outcome")
        self._emails = self._counter("emails", "Links and notices, sent or failed.", "kind", "outcome")
        self._events = self._counter("events", "Events of Keycloak that were stored, by list.", "list")
        self._runs = self._counter("job_runs", "Runs of each job: good, or what failed.", "job", "outcome")
        self._calls = self._counter("keycloak_calls", "HTTP calls to Keycloak.")
        self._failures = self._job_gauge("job_failures_in_a_row", "Runs that failed since the last good one.")
        self._seconds = self._job_gauge("job_last_duration_seconds", "How long the job's last run took.")
        self._good_at = self._job_gauge("job_last_success_timestamp_seconds", "End of the last good run; 0: none.")
        self._planning = Histogram(
            "provisioner_planning_seconds", "How long working out a plan took.", registry=self.registry
        )
        for action, outcome in product(Action, ("done", "failed", "set-aside")):
            self._changes.labels(action.value, outcome)
        for kind, outcome in product(("link", "notice"), ("sent", "failed")):
            self._emails.labels(kind, outcome)
        for stream in Stream:
            self._events.labels(stream)

    def know(self, job: str) -> None:
        """Has a job's series begin, at 0."""
        self._runs.labels(job, "good")
        for gauge in (self._failures, self._seconds, self._good_at):
            gauge.labels(job)

    def ran(self, job: str, outcome: str, failures: int, seconds: float, at: float) -> None:
        """A run ended at that Unix time, after so many `seconds`: good, or the so many-eth in a row that failed."""
        self._runs.labels(job, outcome).inc()
        self._failures.labels(job).set(failures)
        self._seconds.labels(job).set(seconds)
        if failures == 0:
            self._good_at.labels(job).set(at)

    def did(self, counts: Counts) -> None:
        """What a run did."""
        for (what, outcome), count in counts.items():
            if what == "event":
                self._events.labels(outcome).inc(count)
            elif what != "notice":
                self._changes.labels(what, outcome).inc(count)
            if what in ("notice", Action.INVITE):
                kind = "notice" if what == "notice" else "link"
                self._emails.labels(kind, "sent" if outcome in ("sent", "done") else "failed").inc(count)

    def called(self, count: int) -> None:
        """So many more calls to Keycloak."""
        self._calls.inc(count)

    def measure(self, what: str, seconds: float) -> None:
        """How long something took (`Context.measure`)."""
        if what == "plan":
            self._planning.observe(seconds)

    def text(self) -> bytes:
        """Everything, as Prometheus reads it."""
        return generate_latest(self.registry)

    def _counter(self, name: str, what: str, *labels: str) -> Counter:
        return Counter(f"provisioner_{name}", what, labels, registry=self.registry)

    def _job_gauge(self, name: str, what: str) -> Gauge:
        return Gauge(f"provisioner_{name}", what, ["job"], registry=self.registry)


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
            yield _is_up(False)
            return
        try:
            if time.monotonic() - self._read_at > _FRESH_SECONDS:
                self._last = list(self._read())
                self._read_at = time.monotonic()
            yield from self._last
        finally:
            self._lock.release()

    def _read(self) -> Iterator[Metric]:
        try:
            status = service_status(self._register)
            notices, open_incidents = waiting(self._register).waiting, known_incidents(self._register, only_open=True)
            with self._register.read() as connection:
                counts = controls.counts(connection)
                coverages = {stream: connections.coverage(connection, stream) for stream in Stream}
        except RegisterUnavailable:
            yield _is_up(False)
            return
        yield _is_up(True)
        yield _accounts(status.accounts)
        yield _gauge("partners", "Conventions in the register.", status.partners)
        yield _gauge("annexes_waiting", "Annexes to decide upon or to be applied.", len(status.waiting))
        yield _gauge("annexe_undecided_oldest_seconds", "Since the oldest waits; 0: none.", self._undecided(status))
        yield self._waits_for_person(status, sum(_raised(counts)), len(open_incidents))
        yield _gauge("links_owed", "First links that are owed and not sent.", status.invitations_owed)
        yield _gauge("notices_waiting", "Notices that wait for the mail server.", notices)
        yield _gauge("journal_wanting", "1 while the journal was found wanting.", status.journal is not None)
        yield from self._holds(status.holds)
        yield _gauge("incidents_open", "Incidents that nobody has closed.", len(open_incidents))
        yield _gauge("reviews_late", "Partners that are late with their yearly review.", status.late_reviews)
        since = [self._since(incident.aware_since) for incident in open_incidents if incident.cnil_notified is None]
        what = "Since the oldest one without a word on its notification to the CNIL was known; 0: none."
        yield _gauge("incident_unnotified_oldest_seconds", what, max(since, default=0.0))
        yield _controls(counts)
        yield from _reading(coverages)
        if status.last_good_sync is not None:  # without one there is no age: alerts look at `absent` too
            age = self._since(status.last_good_sync)
            yield _gauge("last_good_sync_age_seconds", "Since everything due was last done.", age)

    def _waits_for_person(self, status: ServiceStatus, raised: int, incidents: int) -> Metric:
        """What goes on only once a person has decided, looked or called."""
        kinds = collections.Counter(hold.kind for hold in status.holds)
        waits = {
            "annexe": sum(annexe.status is Status.CHECKED for annexe in status.waiting),
            "plan": kinds[HoldKind.LIMIT],
            "pause": kinds[HoldKind.PAUSE],
            "suspension": kinds[HoldKind.SUSPENSION],
            "containment": kinds[HoldKind.CONTAINMENT],
            "uncertain-link": status.invitations_uncertain,
            "control": raised,
            "incident": incidents,
            "review": status.late_reviews,
        }
        family = GaugeMetricFamily(
            "provisioner_waits_for_person", "What waits for a person, by what.", labels=["what"]
        )
        for what, count in waits.items():
            family.add_metric([what], count)
        return family

    def _holds(self, holds: tuple[Hold, ...]) -> Iterator[Metric]:
        now = self._clock.now()
        counts = collections.Counter(hold.kind for hold in holds)
        held = GaugeMetricFamily("provisioner_held", "What is held, by kind.", labels=["kind"])
        oldest = GaugeMetricFamily("provisioner_held_oldest_seconds", "Age of the oldest; 0: none.", labels=["kind"])
        for kind in HoldKind:
            if kind is HoldKind.RETENTION:  # keeps no change waiting: the incident's own gauges tell of it
                continue
            held.add_metric([kind.value], counts[kind])
            ages = [(now - hold.since).total_seconds() for hold in holds if hold.kind is kind]
            oldest.add_metric([kind.value], max(ages, default=0.0))
        yield held
        yield oldest
        yield _gauge("quarantined", "Persons and partners in quarantine.", counts[HoldKind.QUARANTINE])
        is_paused = any(map(is_clock_pause, holds))
        yield _gauge("clock_paused", "1 while everything is paused by a clock's jump.", is_paused)

    def _since(self, at: datetime) -> float:
        return (self._clock.now() - at).total_seconds()

    def _undecided(self, status: ServiceStatus) -> float:
        """How long the annexe that has waited longest has waited for a person's decision."""
        since = [annexe.checked_at for annexe in status.waiting if annexe.status is Status.CHECKED]
        return max(map(self._since, since), default=0.0)


def _accounts(counts: Mapping[State, int]) -> Metric:
    family = GaugeMetricFamily("provisioner_accounts", "Accounts by state.", labels=["state"])
    for state in State:
        family.add_metric([state.value], counts.get(state, 0))
    return family


def _controls(counts: Mapping[tuple[str, Severity, ControlState], int]) -> Metric:
    labels = ["code", "severity", "state"]
    family = GaugeMetricFamily("provisioner_controls", "What the connection controls found.", labels=labels)
    standing = {(code, control.severity, ControlState.RAISED): 0 for code, control in CONTROLS.items()}
    for (code, severity, state), count in (standing | dict(counts)).items():
        family.add_metric([code, severity.value, state.value], count)
    return family


def _raised(counts: Mapping[tuple[str, Severity, ControlState], int]) -> Iterator[int]:
    return (count for (_, _, state), count in counts.items() if state is ControlState.RAISED)


def _reading(coverages: Mapping[Stream, Coverage]) -> Iterator[Metric]:
    read = GaugeMetricFamily(
        "provisioner_events_read_until_timestamp_seconds",
        "Up to when Keycloak's events were read, by its clock; 0: never.",
        labels=["list"],
    )
    holes = GaugeMetricFamily(
        "provisioner_events_holes", "Spans of which Keycloak's events are missing.", labels=["list"]
    )
    for stream, coverage in coverages.items():
        read.add_metric([stream], coverage.read_until.timestamp() if coverage.read_until else 0.0)
        holes.add_metric([stream], len(coverage.holes))
    yield read
    yield holes


def _is_up(is_up: bool) -> Metric:
    return _gauge("register_up", "Whether the register can be read.", is_up)


def _gauge(name: str, what: str, value: float) -> Metric:
    return GaugeMetricFamily(f"provisioner_{name}", what, value=value)
