"""The clock: the real one, or one moved to another day for trials and tests."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from urllib.parse import urlsplit

from provisioner.domain.calendar import PARIS, day_of
from provisioner.domain.errors import Refusal, Refused
from provisioner.settings import PREFIX, Settings, SettingsError, is_this_machine

_TODAY = re.compile(r"^(\d{4}-\d{2}-\d{2})(?:T(\d{2}:\d{2}))?$")


def _real_now() -> datetime:
    return datetime.now(UTC)


@dataclass(frozen=True, slots=True)
class Clock:
    """Tells the moment and the day in Paris. `moved_by` is not zero only in trials (PROVISIONER_TODAY)."""

    moved_by: timedelta = timedelta(0)
    real_now: Callable[[], datetime] = field(default=_real_now, repr=False)

    def now(self) -> datetime:
        """The moment, in UTC."""
        return self.real_now() + self.moved_by

    def today(self) -> date:
        """The day in Paris."""
        return day_of(self.now())

    @property
    def is_moved(self) -> bool:
        """Whether this is not the real clock."""
        return self.moved_by != timedelta(0)

    def as_of(self, day: date) -> Clock:
        """The same time of day on another day, for answers that change nothing (`--as-of`)."""
        return Clock(self.moved_by + _distance(self.now(), day, None), self.real_now)


def make_clock(settings: Settings) -> Clock:
    """The clock that the settings ask for.

    Raises:
        SettingsError: PROVISIONER_TODAY is not a date, or Keycloak is not on this machine.
    """
    if settings.today is None:
        return Clock()
    written = _TODAY.match(settings.today)
    try:
        if not written:
            raise ValueError
        day, at = date.fromisoformat(written[1]), time.fromisoformat(written[2]) if written[2] else None
    except ValueError:
        raise SettingsError((f"{PREFIX}TODAY", Refused(Refusal.TODAY_EXPECTED))) from None
    if not is_this_machine(urlsplit(settings.keycloak.url).hostname):
        raise SettingsError((f"{PREFIX}TODAY", Refused(Refusal.TRIALS_ONLY)))
    return Clock(_distance(_real_now(), day, at))


def _distance(now: datetime, day: date, at: time | None) -> timedelta:
    """From now to the same time of that day in Paris, or to that time when one is given."""
    time_of_day = at or now.astimezone(PARIS).time().replace(tzinfo=None)
    return datetime.combine(day, time_of_day, PARIS).astimezone(UTC) - now
