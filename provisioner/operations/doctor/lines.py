"""What an examination is made of: one line a thing, with its verdict and what to do. Never a person's data."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """How a thing is; the worst line is the verdict of the whole."""

    OK = "ok"
    ATTENTION = "attention"
    WANTING = "wanting"


@dataclass(frozen=True, slots=True)
class Line:
    """One thing that was looked at. `check` is its code, `found` a sentence, `todo` what to do when it is not well.

    `partner` is whose it is, when it is one partner's. `is_unreachable`: a system that is needed does not answer.
    """

    check: str
    verdict: Verdict
    found: str
    todo: str | None = None
    partner: str | None = None
    is_unreachable: bool = False


def ok(check: str, found: str, *, partner: str | None = None) -> Line:
    """It is as it should be."""
    return Line(check, Verdict.OK, found, None, partner)


def attention(check: str, found: str, todo: str, *, partner: str | None = None) -> Line:
    """It works, and somebody should know."""
    return Line(check, Verdict.ATTENTION, found, todo, partner)


def wanting(check: str, found: str, todo: str, *, partner: str | None = None) -> Line:
    """It is not as it has to be."""
    return Line(check, Verdict.WANTING, found, todo, partner)


def unreachable(check: str, found: str, todo: str) -> Line:
    """A system that is needed does not answer."""
    return Line(check, Verdict.WANTING, found, todo, None, is_unreachable=True)
