"""What an examination is made of: one line a thing, with its level and what to do. Never a person's data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from provisioner.views.doctor import Found


class Level(StrEnum):
    """How a thing is; the worst line's level is that of the whole."""

    OK = "ok"
    ATTENTION = "attention"  # it works, and somebody should know
    WANTING = "wanting"  # it is not as it has to be


@dataclass(frozen=True, slots=True)
class DoctorLine:
    """One thing that was looked at. `check` is its code, `found` a sentence, `todo` what to do when it is not well.

    `partner` is whose it is, when it is one partner's. `is_unreachable`: a system that is needed does not answer.
    """

    check: str
    level: Level
    found: str
    todo: str | None = None
    partner: str | None = None
    is_unreachable: bool = False


def judged(
    check: str,
    is_well: bool,
    well: str,
    ill: str,
    todo: str,
    *,
    level: Level = Level.WANTING,
    partner: str | None = None,
) -> DoctorLine:
    """One of two sentences: `ok` with the one, or this level with the other and what to do."""
    return ok(check, well, partner) if is_well else DoctorLine(check, level, ill, todo, partner)


def ok(check: str, found: str, partner: str | None = None) -> DoctorLine:
    """It is as it should be."""
    return DoctorLine(check, Level.OK, found, None, partner)


def attention(check: str, found: str, todo: str, partner: str | None = None) -> DoctorLine:
    """It works, and somebody should know."""
    return DoctorLine(check, Level.ATTENTION, found, todo, partner)


def wanting(check: str, found: str, todo: str, partner: str | None = None) -> DoctorLine:
    """It is not as it has to be."""
    return DoctorLine(check, Level.WANTING, found, todo, partner)


def unreachable(check: str, error: Exception, todo: str) -> DoctorLine:
    """A system that is needed does not answer."""
    return DoctorLine(check, Level.WANTING, quoted(error), todo, None, is_unreachable=True)


def quoted(error: Exception) -> str:
    """The cause of a failure, in its own words."""
    return Found.CAUSE.of(cause=" ".join(str(error).split()).rstrip("."))
