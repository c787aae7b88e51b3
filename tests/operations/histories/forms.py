"""Annexes 1 as partners fill them in: from the current state with some rows changed, or last year's again."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Literal

from hypothesis import strategies as st

from provisioner.domain.annexe.document import Annexe, Document, Row
from provisioner.domain.annexe.judge import judged
from provisioner.domain.people import EmailAddress
from provisioner.settings import DocumentSettings
from tests.operations.histories.model import Access

PARTNERS = ("lys", "sources")
DOMAIN = "commun.example"
NAMES = ("Arnaud", "Bertin", "Collet", "Dumont", "Evrard", "Fabre")
ADMINISTRATOR = EmailAddress(f"admin@{DOMAIN}")


def address(person: int, *, other: bool = False) -> EmailAddress:
    """A person's address, or the one that they change to."""
    return EmailAddress(f"{NAMES[person].lower()}{'.bis' if other else ''}@{DOMAIN}")


ADDRESSES = [address(person, other=other) for person in range(len(NAMES)) for other in (False, True)]

What = Literal["as-is", "out", "asked", "ended", "both", "moved", "again"]


@dataclass(frozen=True)
class Line:
    """What a partner writes of one person; the days are counted from today."""

    what: What
    asked: int
    ended: int
    function: str


_PAST_OR_FUTURE = st.sampled_from([-1, 0, 1, -40, 3, 15, -400])
_LINES = st.builds(
    Line,
    what=st.sampled_from(
        ["as-is", "as-is", "as-is", "asked", "asked", "ended", "ended", "out", "both", "moved", "again"]
    ),
    asked=_PAST_OR_FUTURE,
    ended=_PAST_OR_FUTURE,
    function=st.sampled_from(["agent", "agent", "chef"]),
)
FORMS = st.tuples(*[_LINES for _ in NAMES])

#: Everybody is asked for, or nearly: the first day of an office.
FIRST_FORMS = st.tuples(
    *[st.builds(Line, st.sampled_from(["asked"] * 5 + ["out"]), _PAST_OR_FUTURE, st.just(0), st.just("agent"))] * 6
)


@dataclass(frozen=True)
class Answer:
    """What a person decides who is shown an annexe."""

    absent: Literal["keep", "close", "one", "none"] = "keep"
    waives: bool = True
    closures_only: bool = False


ANSWERS = st.builds(
    Answer,
    absent=st.sampled_from(["keep", "close", "close", "one", "none"]),
    waives=st.sampled_from([True, True, False]),
    closures_only=st.sampled_from([False, False, False, True]),
)


@dataclass(frozen=True)
class Reception:
    """An annexe that comes in."""

    partner: str
    lines: tuple[Line, ...]
    sent: int
    administrator: bool
    answer: Answer
    is_applied: bool


RECEPTIONS = st.builds(
    Reception,
    partner=st.sampled_from(PARTNERS),
    lines=FORMS,
    sent=st.sampled_from([0, 0, 0, -5, 1]),
    administrator=st.sampled_from([False] * 12 + [True]),
    answer=ANSWERS,
    is_applied=st.sampled_from([True, True, False]),
)


def fill_in(
    partner: str,
    lines: tuple[Line, ...],
    today: date,
    transmitted_on: date,
    accesses: Mapping[str, list[Access]],
    *,
    administrator: bool,
) -> Document:
    """A document. `accesses` are the partner's by address, oldest first."""
    lists: tuple[list[Any], list[Any]] = ([], [])
    for person, line in enumerate(lines):
        mine = [(email, accesses.get(email, [])) for email in (address(person), address(person, other=True))]
        email, known = max(
            mine, key=lambda candidate: (any(not access.is_closed for access in candidate[1]), len(candidate[1]))
        )
        last = known[-1] if known else None
        asked, ended = _dates(line, last, today)
        if line.what == "moved":
            email = next(other for other, _ in mine if other != email)
        for rows, on in zip(lists, (asked, ended), strict=True):
            if on is not None:
                rows.append([NAMES[person], "Alex", line.function, email, on.isoformat()])
    if administrator:
        lists[0].append(["Admin", "Alex", "agent", ADMINISTRATOR, today.isoformat()])
    content = {"partner": partner, "transmitted_on": transmitted_on.isoformat(), "lists": lists}
    return Document(name="annexe1.json", content=json.dumps(content).encode())


def _dates(line: Line, last: Access | None, today: date) -> tuple[date | None, date | None]:
    """The request's date and the end's, each if that list has the person."""
    asked, ended = (today + timedelta(days=days) for days in (line.asked, line.ended))
    request = last.requested if last and (line.what == "again" or not last.is_closed) else None
    return {
        "asked": (asked, None),
        "ended": (None, ended),
        "both": (asked, ended),
        "again": (request, None),
        "as-is": (request, last.last if last else None),
        "moved": (request or asked, last.last if last else None),
    }.get(line.what, (None, None))


def read_form(content: bytes, _name: str, _limits: DocumentSettings) -> Annexe:
    """What the document says, judged alone as the reader's child does it: reading an office file is tested elsewhere,
    and takes ten times as long as the rest.
    """
    said = json.loads(content)
    rows = tuple(
        Row(number, place, last, first, function, EmailAddress(email), date.fromisoformat(on))
        for number, rows in enumerate(said["lists"], start=1)
        for place, (last, first, function, email, on) in enumerate(rows, start=1)
    )
    return judged(Annexe(date.fromisoformat(said["transmitted_on"]), rows, ()))
