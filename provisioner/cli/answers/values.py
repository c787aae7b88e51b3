"""Values that stand in several answers."""

from __future__ import annotations

from datetime import date, datetime

from provisioner.domain.access.habilitation import Habilitation
from provisioner.domain.calendar import PARIS
from provisioner.views.dates import french_date


def day(on: date | None) -> str | None:
    """A date in JSON."""
    return on.isoformat() if on else None


def moment(at: datetime | None) -> str | None:
    """A moment in JSON, with its offset."""
    return at.astimezone(PARIS).isoformat(timespec="seconds") if at else None


def french(on: date | None) -> str:
    """A date in a cell, which may be empty."""
    return french_date(on) if on else ""


def short(on: date | None) -> str:
    """The same, where cells are many."""
    return f"{on:%d/%m/%Y}" if on else ""


def who(one: Habilitation) -> str:
    """A person in a cell."""
    return f"{one.person.first_names} {one.person.last_name}\n{one.email}"
