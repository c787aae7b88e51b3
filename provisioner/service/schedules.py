"""When a job is due: every so often, or once a day at a time of day in Paris."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from provisioner.domain.calendar import PARIS, day_of


@dataclass(frozen=True, slots=True)
class Every:
    """So long after the last beginning; at once when it never ran."""

    interval: timedelta

    def first(self, now: datetime, _last_good: datetime | None) -> datetime:
        """When to run for the first time since the service's start."""
        return now

    def after(self, begun: datetime) -> datetime:
        """When to run again after a good run that began then."""
        return begun + self.interval


@dataclass(frozen=True, slots=True)
class Daily:
    """Once a day at that time of day in Paris; where the clocks skip it, an hour later, where twice, the first."""

    at: time

    def first(self, now: datetime, last_good: datetime | None) -> datetime:
        """At once when the latest time passed without a good run, so that a missed one is made up, once. A good run
        that is still to come was one by a clock that was wrong: it does not count.
        """
        today = self._on(day_of(now))
        latest = today if today <= now else self._on(day_of(now) - timedelta(days=1))
        is_missed = last_good is None or not latest <= last_good <= now
        return now if is_missed else self.after(now)

    def after(self, begun: datetime) -> datetime:
        """The next such time strictly after."""
        today = self._on(day_of(begun))
        return today if today > begun else self._on(day_of(begun) + timedelta(days=1))

    def _on(self, day: date) -> datetime:
        return datetime.combine(day, self.at, PARIS).astimezone(UTC)


Schedule = Every | Daily
