"""Dates as French people write them, by a strict grammar: day first, always, and nothing guessed."""

from __future__ import annotations

import re
from datetime import date, timedelta
from typing import NamedTuple

from provisioner.domain.likeness import fold

#: The years that a date of an annexe may have.
FIRST_YEAR, LAST_YEAR = 2000, 2079

#: Spreadsheets count days from here (for dates after February 1900).
_DAY_ZERO = date(1899, 12, 30)

_MONTHS = (
    "janvier|janv|jan",
    "fevrier|fevr|fev",
    "mars",
    "avril|avr",
    "mai",
    "juin",
    "juillet|juil",
    "aout",
    "septembre|sept|sep",
    "octobre|oct",
    "novembre|nov",
    "decembre|dec",
)
_MONTH_NUMBER = {name: number for number, names in enumerate(_MONTHS, 1) for name in names.split("|")}

_LEAD = r"(?:(?:lundi|mardi|mercredi|jeudi|vendredi|samedi|dimanche),? )?(?:(?:a compter du|a partir du|le|du|au) )?"
_TIME = r"(?:[ t,]+(?:a )?\d{1,2}[:h]\d{2}(?::\d{2}(?:\.\d+)?)?z?)?"
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

_SERIAL = re.compile(r"\d{5}(?:\.\d+)?", re.ASCII)


class DateRead(NamedTuple):
    """A date that was read; `repaired`: not as written, so that somebody should look."""

    day: date
    repaired: bool = False


def read_date(text: str) -> DateRead | None:
    """The date that a cell means (A6), or None when none can be read with certainty.

    Numeric dates are day first, never month first. Two digits of a year are of this century, up to 2079. Brackets
    and outer punctuation do not count. A number of days, as a spreadsheet shows a date without its format, is
    read and counts as repaired; so does a date after a stray « 1er ».
    """
    plain = re.sub(r"[\u2010-\u2015\u2212]", "-", fold(text)).strip(" []().,;:*_")
    if found := _read(plain):
        return DateRead(found)
    if _SERIAL.fullmatch(plain):
        return _checked_repair(_DAY_ZERO + timedelta(days=int(plain[:5])))
    stray = _STRAY.match(plain)
    return _checked_repair(_read(plain[stray.end() :])) if stray else None


def find_date(text: str) -> DateRead | None:
    """The date at the start of a text that goes on, such as « 15/06/2026 Signature : »."""
    words = text.split()
    for count in range(min(len(words), 6), 0, -1):
        if found := read_date(" ".join(words[:count])):
            return found
    return None


def _read(plain: str) -> date | None:
    for form in (_NUMERIC, _LETTERS, _ISO):
        if found := form.fullmatch(plain):
            month = found["month"]
            return _day(int(found["year"]), _MONTH_NUMBER.get(month) or int(month), int(found["day"]))
    return None


def _day(year: int, month: int, day: int) -> date | None:
    year += 2000 if year < 100 else 0
    try:
        found = date(year, month, day)
    except ValueError:
        return None
    return found if FIRST_YEAR <= year <= LAST_YEAR else None


def _checked_repair(day: date | None) -> DateRead | None:
    return DateRead(day, repaired=True) if day and FIRST_YEAR <= day.year <= LAST_YEAR else None
