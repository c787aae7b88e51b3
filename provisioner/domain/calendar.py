"""Days and moments: delays of the convention (31 August + 6 months = 28 February); a day is Europe/Paris's."""

from __future__ import annotations

from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

_SATURDAY = 5


def add_months(day: date, months: int) -> date:
    """The same day of the month so many months later (or earlier), or that month's last day."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def add_working_days(day: date, count: int) -> date:
    """The so many-th working day after a day, Monday to Friday. Public holidays count as working days."""
    while count:
        day += timedelta(days=1)
        count -= day.weekday() < _SATURDAY
    return day


#: How often somebody is reminded of what is due.
REMINDED_EVERY = timedelta(days=30)


def reminder_day(due_on: date, today: date) -> date:
    """The newest day, by today, on which a reminder is planned: the due day, and every 30 days before and after it.

    The day names the reminder, so one makes up for several days without a run.
    """
    return due_on + REMINDED_EVERY * ((today - due_on) // REMINDED_EVERY)


PARIS = ZoneInfo("Europe/Paris")


def day_of(moment: datetime) -> date:
    """The day in Paris at that moment."""
    return moment.astimezone(PARIS).date()


def start_of(day: date) -> datetime:
    """The moment at which that day begins in Paris."""
    return datetime.combine(day, time(), PARIS).astimezone(UTC)
