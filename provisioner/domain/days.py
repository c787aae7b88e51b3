"""Moments and days: a moment is an aware UTC datetime, a day is Europe/Paris's (convention, D: calendar)."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


def day_of(moment: datetime) -> date:
    """The day in Paris at that moment."""
    return moment.astimezone(PARIS).date()


def start_of(day: date) -> datetime:
    """The moment at which that day begins in Paris."""
    return datetime.combine(day, time(), PARIS).astimezone(UTC)
