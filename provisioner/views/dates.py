"""Dates as French people read them."""

from __future__ import annotations

from datetime import date, datetime
from typing import Self

from provisioner.domain.calendar import PARIS

_MONTHS = (
    "janvier",
    "février",
    "mars",
    "avril",
    "mai",
    "juin",
    "juillet",
    "août",
    "septembre",
    "octobre",
    "novembre",
    "décembre",
)


class Written(str):
    """A date as people read it; a spreadsheet is given `iso`, which it can sort."""

    __slots__ = ("iso",)
    iso: str

    def __new__(cls, text: str, iso: str) -> Self:
        written = super().__new__(cls, text)
        written.iso = iso
        return written


def french_date(day: date) -> str:
    """« 31 août 2026 », and « 1er septembre 2026 » for the first of a month."""
    number = "1er" if day.day == 1 else str(day.day)
    return Written(f"{number} {_MONTHS[day.month - 1]} {day.year}", f"{day:%Y-%m-%d}")


def french_month(day: date) -> str:
    """« août 2026 »."""
    return f"{_MONTHS[day.month - 1]} {day.year}"


def french_moment(at: datetime) -> str:
    """« 17 juin 2026 à 10 h 05 », in Paris."""
    here = at.astimezone(PARIS)
    return Written(f"{french_date(here.date())} à {here.hour} h {here.minute:02}", here.isoformat(timespec="seconds"))


def in_cell(day: date | None) -> str:
    """The same in a cell, which may be empty."""
    return french_date(day) if day else ""


def in_french(value: str) -> str:
    """A date as French people read it, any other text as it is."""
    try:
        return french_date(date.fromisoformat(value))
    except ValueError:
        return value


def short(day: date | None) -> str:
    """« 31/08/2026 », where cells are many."""
    return Written(f"{day:%d/%m/%Y}", f"{day:%Y-%m-%d}") if day else ""
