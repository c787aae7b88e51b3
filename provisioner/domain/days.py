"""Moments and days: a moment is an aware UTC datetime, a day is Europe/Paris's (convention, D: calendar)."""

from __future__ import annotations

from datetime import date, datetime
from zoneinfo import ZoneInfo

PARIS = ZoneInfo("Europe/Paris")


def day_of(moment: datetime) -> date:
    """The day in Paris at that moment."""
    return moment.astimezone(PARIS).date()
