"""What the words of a finding need beside its code, its place and its value: a small class a family of codes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from provisioner.domain.people import EmailAddress, Person


@dataclass(frozen=True, slots=True)
class WhyUnreadable:
    """Why a document cannot be read, by its code; the drop folder in which it lay, where that is why."""

    reason: str
    folder: str | None = None


@dataclass(frozen=True, slots=True)
class Flaw:
    """What exactly is wrong, where one code tells several flaws (`several` persons, `hidden`, `ditto` …).

    `characters` are those that a text may not have.
    """

    what: str
    characters: str | None = None


@dataclass(frozen=True, slots=True)
class ReadAs:
    """What a cell was read as, though it was written otherwise: a day, or a text."""

    day: date | None = None
    text: str | None = None


@dataclass(frozen=True, slots=True)
class ListGuess:
    """The list, 1 or 2, that a table looks like."""

    number: int


@dataclass(frozen=True, slots=True)
class Table:
    """A table that is in no list: the lists that stand above it."""

    after: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class OnDay:
    """The day that it is about: the one written in the row, or the end of the access before."""

    day: date


@dataclass(frozen=True, slots=True)
class ConventionDates:
    """Why no access may be open: the convention ended on that day, or begins on that one; neither: not signed."""

    ended_on: date | None = None
    signed_on: date | None = None


@dataclass(frozen=True, slots=True)
class OtherRow:
    """The other row, or person with an open access, that is the same one or perhaps is."""

    email: EmailAddress | None = None
    list: int | None = None
    row: int | None = None


@dataclass(frozen=True, slots=True)
class BothLists:
    """The row of list 1 for a person who is in list 2 too, and the two dates that do not go together."""

    other_row: int
    requested_on: date
    ended_on: date


@dataclass(frozen=True, slots=True)
class Transmissions:
    """The annexe's date of transmission, and that of the annexe in force."""

    transmitted_on: date
    current: date


@dataclass(frozen=True, slots=True)
class Sender:
    """Whether annexe 2 names somebody who is to send the annexe 1."""

    is_named: bool


@dataclass(frozen=True, slots=True)
class Count:
    """How many: accesses that would close, days too late, findings that are not shown (`of`: the code of these)."""

    count: int
    of: str | None = None


@dataclass(frozen=True, slots=True)
class Absent:
    """A person whom the lists leave out: their end if they are closed, the new address that may be theirs if not."""

    person: Person
    ended_on: date | None = None
    renamed_to: EmailAddress | None = None


@dataclass(frozen=True, slots=True)
class Said:
    """A sentence, in place of any details: one of a check that version 0.3 or older kept, or one for the partner."""

    sentence: str


Details = (
    WhyUnreadable
    | Flaw
    | ReadAs
    | ListGuess
    | Table
    | OnDay
    | ConventionDates
    | OtherRow
    | BothLists
    | Transmissions
    | Sender
    | Count
    | Absent
    | Said
)

#: The details that a finding with that code has, or may have; other codes have none.
DETAILS: Mapping[str, type[Details]] = {
    "unreadable-document": WhyUnreadable,
    "cell-missing": Flaw,
    "email-invalid": Flaw,
    "date-invalid": Flaw,
    "suspicious-characters": Flaw,
    "struck-or-hidden": Flaw,
    "row-not-understood": Flaw,
    "date-repaired": ReadAs,
    "ditto-expanded": ReadAs,
    "column-ambiguous": ListGuess,
    "table-not-understood": Table,
    "transmission-date-future": OnDay,
    "date-future": OnDay,
    "closure-too-old": OnDay,
    "request-older-than-closure": OnDay,
    "returning": OnDay,
    "convention-not-active": ConventionDates,
    "duplicate-person": OtherRow,
    "possible-duplicate": OtherRow,
    "in-both-lists": BothLists,
    "stale-annexe": Transmissions,
    "same-date": Transmissions,
    "sender-unknown": Sender,
    "closes-everyone": Count,
    "late-departure": Count,
    "too-many-findings": Count,
    "closure-missing": Absent,
    "unaccounted-for": Absent,
}
