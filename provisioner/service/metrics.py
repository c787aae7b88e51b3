"""What the service measures of itself, for Prometheus: numbers without a person, a partner or an address."""

from __future__ import annotations

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

from provisioner.domain.access.change import Action
from provisioner.service.jobs import Did


class Metrics:
    """Numbers since the start, in a registry of their own. Every series stands there from the start, at 0."""

    def __init__(self) -> None:
        disable_created_metrics()  # type: ignore[no-untyped-call]  # they double the lines: all began at the start
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self._changes = self._counter("changes", "Changes in Keycloak, made or failed.", "action", "outcome")
        self._emails = self._counter("emails", "Links and notices, sent or failed.", "kind", "outcome")
        self._runs = self._counter("job_runs", "Runs of each job: good, or what failed.", "job", "outcome")
        self._calls = self._counter("keycloak_calls", "HTTP calls to Keycloak.")
        self._in_a_row = self._gauge("job_failures_in_a_row", "Runs that failed since the last good one.")
        self._seconds = self._gauge("job_last_duration_seconds", "How long the job's last run took.")
        self._good_at = self._gauge("job_last_success_timestamp_seconds", "End of the last good run; 0: none yet.")
        self._planning = Histogram(
            "provisioner_planning_seconds", "How long working out a plan took.", registry=self.registry
        )
        for action, outcome in product(Action, ("done", "failed", "set-aside")):
            self._changes.labels(action.value, outcome)
        for kind, outcome in product(("link", "notice"), ("sent", "failed")):
            self._emails.labels(kind, outcome)

    def know(self, job: str) -> None:
        """Has a job's series begin, at 0."""
        self._runs.labels(job, "good")
        for gauge in (self._in_a_row, self._seconds, self._good_at):
            gauge.labels(job)

    def ran(self, job: str, outcome: str, in_a_row: int, seconds: float, at: float) -> None:
        """A run ended at that Unix time, after so many `seconds`: good, or the so many-eth in a row that failed."""
        self._runs.labels(job, outcome).inc()
        self._in_a_row.labels(job).set(in_a_row)
        self._seconds.labels(job).set(seconds)
        if in_a_row == 0:
            self._good_at.labels(job).set(at)

    def did(self, what: Did) -> None:
        """What a run did."""
        for (action, outcome), count in what.changes.items():
            self._changes.labels(action, outcome).inc(count)
            if action == Action.INVITE:
                self._emails.labels("link", "sent" if outcome == "done" else "failed").inc(count)
        if what.notices is not None:
            self._emails.labels("notice", "sent").inc(what.notices.sent)
            self._emails.labels("notice", "failed").inc(what.notices.failed)

    def called(self, count: int) -> None:
        """So many more calls to Keycloak."""
        self._calls.inc(count)

    def measure(self, what: str, seconds: float) -> None:
        """How long something took (`Tools.measure`)."""
        if what == "plan":
            self._planning.observe(seconds)

    def text(self) -> bytes:
        """Everything, as Prometheus reads it."""
        return generate_latest(self.registry)

    def _counter(self, name: str, what: str, *labels: str) -> Counter:
        return Counter(f"provisioner_{name}", what, labels, registry=self.registry)

    def _gauge(self, name: str, what: str) -> Gauge:
        return Gauge(f"provisioner_{name}", what, ["job"], registry=self.registry)
