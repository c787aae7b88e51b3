"""What an annexe 1 says once read, and what may be found wrong with it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date
from enum import StrEnum

from provisioner.domain.people import EmailAddress, Person


class Severity(StrEnum):
    """How much a finding matters: an error refuses its row, a warning is shown, an info is told."""

    ERROR = "error"
    WARNING = "warning"
    INFO = "info"


class Column(StrEnum):
    """The columns of both lists, by the name of their field in JSON."""

    LAST_NAME = "last_name"
    FIRST_NAMES = "first_names"
    FUNCTION = "function"
    EMAIL = "email"
    REQUESTED_ON = "requested_on"
    ENDED_ON = "ended_on"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing to say of a document, without its words (those are in `texts`).

    `list` is 1 or 2, `row` counts that list's filled rows from 1; both are None for the whole document.
    `value` is the cell as written; `suggestion` the whole corrected cell. `details` are typed values
    that the words need (dates, names of columns, another row's number; several are a tuple). `who` and `sheet_row`
    say whose row it is, and the number that a spreadsheet shows beside it; no log may show them.
    """

    code: str
    severity: Severity
    list: int | None = None
    row: int | None = None
    column: Column | None = None
    value: str | None = None
    suggestion: str | None = None
    details: Mapping[str, object] = field(default_factory=dict)
    who: str | None = field(default=None, repr=False)
    sheet_row: int | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Row:
    """A filled row as read: a value is None where its cell is empty or cannot be read (a finding says so).

    `on` is the request's date in list 1, the end's date in list 2. `written` has the address and the date as they
    stand in the document, for a finding to quote. `sheet_row` is the number that a spreadsheet shows beside the row,
    None where there is none.
    """

    list: int
    row: int
    last_name: str | None
    first_names: str | None
    function: str | None
    email: EmailAddress | None
    on: date | None
    written: Mapping[Column, str] = field(default_factory=dict, compare=False)
    sheet_row: int | None = field(default=None, compare=False)

    def as_written(self, column: Column) -> str | None:
        """The address or the date as the document has it, else as it was read."""
        on = self.on.isoformat() if self.on else None
        return self.written.get(column) or (self.email if column is Column.EMAIL else on)

    @property
    def who(self) -> str | None:
        """The name as it was read, last name first; None where there is none."""
        return " ".join(filter(None, (self.last_name, self.first_names))) or None

    @property
    def date_column(self) -> Column:
        """The column that `on` comes from."""
        return Column.REQUESTED_ON if self.list == 1 else Column.ENDED_ON

    @property
    def person(self) -> Person:
        """The row's person. Only for rows without error in list 1, or with at least an address in list 2."""
        assert self.email is not None
        return Person(self.last_name or "", self.first_names or "", self.function or "", self.email)


@dataclass(frozen=True, slots=True)
class Surplus:
    """What was found in a document beyond the findings that are kept of it (`too-many-findings`).

    `counts` has how many, by severity and code; errors are counted together, without a code. `refused` are the rows
    (list, row) with an error, whether it was kept or not.
    """

    counts: Mapping[tuple[Severity, str], int] = field(default_factory=dict)
    refused: frozenset[tuple[int, int]] = frozenset()


@dataclass(frozen=True, slots=True)
class Annexe:
    """A document as read: its date of transmission and its rows, good and bad, with the reader's findings."""

    transmitted_on: date | None
    rows: tuple[Row, ...]
    findings: tuple[Finding, ...]
    surplus: Surplus = field(default_factory=Surplus)

    def of_list(self, number: int) -> tuple[Row, ...]:
        """The rows of list 1 or 2."""
        return tuple(row for row in self.rows if row.list == number)


def has_error(findings: Iterable[Finding]) -> bool:
    """Whether one of the findings is an error (A10: such an annexe changes nothing)."""
    return any(finding.severity is Severity.ERROR for finding in findings)
