"""A security incident: who told of it, since when one knew, what GDPR 33 asks, what was done (L2)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from provisioner.domain.people import EmailAddress

#: How long after the moment of awareness the CNIL is to be notified (GDPR 33).
NOTIFY_WITHIN = timedelta(hours=72)


class Origin(StrEnum):
    """Which side tells of it."""

    CAF = "caf"
    PARTNER = "partner"


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """What is recorded of an incident. `aware_since` is the moment from which GDPR 33 counts.

    `nature` to `persons_told` are what GDPR 33 asks for, None until somebody says it: `numbers` is how many persons
    and records, `cnil_notified` the day of the notification or why there was none, `persons_told` the day.
    """

    id: int
    origin: Origin
    aware_since: datetime
    what: str
    declared_at: datetime
    declared_by: str
    decision: int | None = None
    nature: str | None = None
    categories: str | None = None
    numbers: str | None = None
    effects: str | None = None
    measures: str | None = None
    cnil_notified: str | None = None
    persons_told: str | None = None
    told_at: datetime | None = None
    closed_at: datetime | None = None
    closed_by: str | None = None
    closing_text: str | None = None
    partners: tuple[str, ...] = ()
    emails: tuple[EmailAddress, ...] = ()

    @property
    def notify_before(self) -> datetime:
        """By when the CNIL is to be notified."""
        return self.aware_since + NOTIFY_WITHIN

    @property
    def is_open(self) -> bool:
        """Whether nobody has closed it."""
        return self.closed_at is None
