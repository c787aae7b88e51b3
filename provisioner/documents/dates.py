"""Dates as French people write them, by a strict grammar: day first, always, and nothing guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta, timezone
from enum import Enum, auto
from functools import lru_cache
from typing import Any, NamedTuple

from provisioner.documents.text import HYPHENS
from provisioner.domain.calendar import PARIS
from provisioner.domain.people import fold

#: The years that a date of an annexe may have, and the last one that two digits stand for.
FIRST_YEAR, LAST_YEAR, LAST_SHORT_YEAR = 2000, 2100, 2079

#: The longest text that is looked at for a date, in characters.
_LONGEST = 100

#: Spreadsheets count days from here (for dates after February 1900).
DAY_ZERO = date(1899, 12, 30)

_MOST_MONTHS, _MOST_DAYS = 12, 31

#: The end of a day that belongs to the next one. Programs that count from 1899 lose the 9 min 21 s by which the time
#: of Paris differed from that of Greenwich then: 31/08 at midnight becomes 30/08 at 23:59:39. Rounding does the same.
_NEXT_DAY = timedelta(hours=23, minutes=59)

_MONTHS = (
    "janvier|janv|jan|jnv",
    "fevrier|fevr|fev|feb",
    "mars|mar",
    "avril|avr|apr",
    "mai|may",
    "juin|jun",
    "juillet|juill|juil|jul|jllt",
    "aout|aou|aug",
    "septembre|septemb|sept|sep",
    "octobre|octob|oct",
    "novembre|novemb|nov",
    "decembre|decemb|dec",
)
_MONTH_NUMBER = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split("|")}
_WEEKDAYS = ("lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche")
_WEEKDAY = "|".join(rf"{name}|{name[:3]}\.?" for name in _WEEKDAYS)

_LEAD = (
    rf"(?:(?P<weekday>{_WEEKDAY}),? )?"
    r"(?:(?:a compter du|a partir du|depuis le|des le|le|du|au) )?(?:(?P<weekday_too>"
    rf"{_WEEKDAY}),? )?"
)
_TIME = (
    r"(?:[ t,]+(?:a )?(?P<hour>\d{1,2})[:h](?P<minute>\d{2})?(?::(?P<second>\d{2})(?:[.,]\d+)?)?"
    r"(?: ?(?P<zone>z|utc|gmt|[+\-]\d{2}(?::?\d{2})?))?)?"
)
_NUMERIC = re.compile(
    rf"{_LEAD}(?P<day>\d{{1,2}})(?:er)? ?(?P<sep>[/.\-\s]) ?(?P<month>\d{{1,2}}) ?(?P=sep) ?"
    rf"(?P<year>\d{{4}}|\d{{2}}){_TIME}",
    re.ASCII,
)
_LETTERS = re.compile(
    rf"{_LEAD}(?P<day>\d{{1,2}})(?: ?er)?[ .\-/]*(?P<month>{'|'.join(_MONTHS)})\.?[ .\-/]*"
    rf"(?P<year>\d{{4}}|\d{{2}}){_TIME}",
    re.ASCII,
)
_ISO = re.compile(rf"(?P<year>\d{{4}})[\-/.](?P<month>\d{{1,2}})[\-/.](?P<day>\d{{1,2}}){_TIME}", re.ASCII)

#: Left over from a form's « le 1er … » or a handwritten « le »: the date that follows is the one that was meant.
_STRAY = re.compile(r"(?:(?:le )?1er|date ?:|l[ea]? ?:) ?(?=\S)")

_SLASHED = re.compile(r"(?:[^:]{0,100}:)?\s*(\d{1,2}) ?[/-] ?(\d{1,2}) ?[/-]", re.ASCII)
_SERIAL = re.compile(r"(?P<days>\d{5})(?:[.,](?P<part>\d+))?", re.ASCII)


class Order(Enum):
    """How a document writes its numeric dates. Beside one that is month first, those that could be either are not
    read; the one itself is, unless others are day first: then it is a slip of the hand.
    """

    DAY_FIRST = auto()
    MONTH_FIRST = auto()
    EITHER = auto()


class DateRead(NamedTuple):
    """A date that was read; `repaired`: not as written, so that somebody should look."""

    day: date
    repaired: bool = False


@lru_cache(1_000)  # a list has many persons and few dates
def read_date(text: str, *, order: Order = Order.DAY_FIRST) -> DateRead | None:
    """The date that a cell means (A6), or None when none can be read with certainty.

    Numeric dates are day first, unless the document's `order` is another. Two digits of a year are of this century,
    up to 2079. Brackets and outer punctuation do not count. Read and counted as repaired: a number of days, as a
    spreadsheet shows a date without its format; a date after a stray « 1er »; one with a time of the day; an instant,
    whose day is that of Paris; one whose weekday is another.
    """
    plain = _plain(text)
    if written := _match(plain):
        return _in_order(written, order)
    if serial := _SERIAL.fullmatch(plain):
        time = timedelta(days=float(f"0.{serial['part'] or 0}"))
        day = _rounded(DAY_ZERO + timedelta(days=int(serial["days"])), time)
        return DateRead(day, repaired=True) if FIRST_YEAR <= day.year <= LAST_YEAR else None
    if (stray := _STRAY.match(plain)) and (written := _match(plain[stray.end() :])):
        return _repaired(_in_order(written, order))
    return None


def find_date(text: str, *, order: Order = Order.DAY_FIRST) -> DateRead | None:
    """The date that a text is, or that it starts with where it goes on, such as « 15/06/2026 Signature : »."""
    words = text[: 2 * _LONGEST].split()
    beginnings = (" ".join(words[:count]) for count in range(min(len(words), 6), 0, -1))
    return next((read for part in (text, *beginnings) if (read := read_date(part, order=order))), None)


def order_of(texts: Iterable[str]) -> Order:
    """In which order a document writes its dates, told by those that can be read in one only, such as 08/31/2026.

    A date counts that is a text of its own, or what follows a colon. Quick: every cell of a document is asked.
    """
    is_day_first = is_month_first = False
    for text in texts:
        slashed = _SLASHED.match(text)
        if slashed is None:
            continue
        first, second = int(slashed[1]), int(slashed[2])
        is_told = 1 <= min(first, second) <= _MOST_MONTHS < max(first, second) <= _MOST_DAYS
        if is_told and _NUMERIC.fullmatch(_plain(text[slashed.start(1) :])):
            is_day_first, is_month_first = is_day_first or first > second, is_month_first or first < second
    if not is_month_first:
        return Order.DAY_FIRST
    return Order.EITHER if is_day_first else Order.MONTH_FIRST


def _plain(text: str) -> str:
    """The text for matching; empty where it is too long for a date."""
    text = text.strip()
    return "" if len(text) > _LONGEST else fold(HYPHENS.sub("-", text)).strip(" []().,;:*_")


def _match(plain: str) -> re.Match[str] | None:
    return _NUMERIC.fullmatch(plain) or _LETTERS.fullmatch(plain) or _ISO.fullmatch(plain)


def _in_order(written: re.Match[str], order: Order) -> DateRead | None:
    parts = written.groupdict()
    if order is Order.DAY_FIRST or written.re is not _NUMERIC:
        return _read(parts)
    day, month = int(parts["day"]), int(parts["month"])
    if parts["sep"] in "/-" and day != month and max(day, month) <= _MOST_MONTHS:
        return None  # it would be another date, were it month first
    if order is Order.MONTH_FIRST and month > _MOST_MONTHS:
        return _repaired(_read({**parts, "day": parts["month"], "month": parts["day"]}))
    return _read(parts)


def _repaired(read: DateRead | None) -> DateRead | None:
    return read and read._replace(repaired=True)


def _read(parts: dict[str, Any]) -> DateRead | None:
    try:
        day = date(_year(parts["year"]), _month(parts["month"]), int(parts["day"]))
        time = _time(parts)
        if zone := parts["zone"]:
            instant = datetime(day.year, day.month, day.day, tzinfo=_zone(zone)) + time
            paris = instant.astimezone(PARIS)
            day, time = paris.date(), timedelta(hours=paris.hour, minutes=paris.minute, seconds=paris.second)
        read = _rounded(day, time)
    except (ValueError, OverflowError):
        return None
    weekday = parts.get("weekday") or parts.get("weekday_too")
    is_repaired = bool(zone or time or (weekday and weekday[:3] != _WEEKDAYS[day.weekday()][:3]))
    return DateRead(read, is_repaired) if FIRST_YEAR <= read.year <= LAST_YEAR else None


def _year(text: str) -> int:
    year = int(text)
    if len(text) == len("2026"):
        return year
    if year > LAST_SHORT_YEAR - 2000:
        raise ValueError("two digits for a year that is long gone")
    return 2000 + year


def _month(text: str) -> int:
    return _MONTH_NUMBER.get(text) or int(text)


def _time(parts: dict[str, Any]) -> timedelta:
    hours, minutes, seconds = (int(parts[name] or 0) for name in ("hour", "minute", "second"))
    if hours >= 24 or minutes >= 60 or seconds >= 60:
        raise ValueError("no time of a day")
    return timedelta(hours=hours, minutes=minutes, seconds=seconds)


def _zone(text: str) -> timezone:
    digits = text[1:].replace(":", "")
    if not digits.isdigit():
        return UTC
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    return timezone(-offset if text[0] == "-" else offset)


def _rounded(day: date, time: timedelta) -> date:
    return day + timedelta(days=1) if time >= _NEXT_DAY else day
