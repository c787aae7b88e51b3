"""What an annexe 1 says once read, what may be found wrong with it, and how many findings are kept."""

from __future__ import annotations

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import StrEnum
from functools import cached_property

from provisioner.domain.annexe.details import DETAILS, Count, Details, Said
from provisioner.domain.people import EmailAddress, Person

#: Months for which a closure stays in list 2 (A3).
CLOSED_FOR_MONTHS = 24


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
    """One thing to say of a document, without its words (those are in `views`).

    `list` is 1 or 2, `row` counts that list's filled rows from 1; both are None for the whole document.
    `value` is the cell as written; `suggestion` the whole corrected cell. `details` are what the words need beside
    these, of the class that the code has. `waived`: a named person waived it (A7, A8). `who` and `sheet_row` say
    whose row it is, and the number that a spreadsheet shows beside it; no log may show them.
    """

    code: str
    severity: Severity
    list: int | None = None
    row: int | None = None
    column: Column | None = None
    value: str | None = None
    suggestion: str | None = None
    details: Details | None = None
    waived: bool = False
    who: str | None = field(default=None, repr=False)
    sheet_row: int | None = field(default=None, repr=False)

    def __post_init__(self) -> None:
        details = self.details
        assert details is None or isinstance(details, Said) or type(details) is DETAILS.get(self.code), self.code


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


@dataclass(frozen=True, kw_only=True)
class Document:
    """A received file: its bytes and its base name."""

    name: str
    content: bytes

    @cached_property
    def sha256(self) -> str:
        """The digest that an approval binds (A10)."""
        return hashlib.sha256(self.content).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """What was read in a document and what was found wrong with it.

    `refused` are the rows (list, row) with an error, also where it is among the findings that were only counted.
    """

    file: str
    sha256: str
    partner: str | None
    annexe: Annexe
    findings: tuple[Finding, ...]
    refused: frozenset[tuple[int, int]] = frozenset()

    @property
    def is_valid(self) -> bool:
        """Whether no finding is an error (A10)."""
        return not has_error(self.findings)

    def accepted(self, number: int) -> tuple[Row, ...]:
        """The rows of a list that have no error."""
        told = {(finding.list, finding.row) for finding in self.findings if finding.severity is Severity.ERROR}
        refused = self.refused | told
        return tuple(row for row in self.annexe.of_list(number) if (row.list, row.row) not in refused)

    @property
    def waived(self) -> Mapping[EmailAddress, frozenset[str]]:
        """For each address of list 1, the finding codes that were waived."""
        waived: dict[EmailAddress, frozenset[str]] = {}
        emails = {row.row: row.email for row in self.annexe.of_list(1)}
        for finding in self.findings:
            email = emails.get(finding.row or 0)
            if finding.waived and email is not None:
                waived[email] = waived.get(email, frozenset()) | {finding.code}
        return waived


def placed(findings: Iterable[Finding], annexe: Annexe) -> tuple[Finding, ...]:
    """The findings with the person whose row each is about, and that row's number in its sheet."""
    rows = {(row.list, row.row): row for row in annexe.rows}
    return tuple(_placed(finding, rows.get((finding.list or 0, finding.row or 0))) for finding in findings)


def _placed(finding: Finding, row: Row | None) -> Finding:
    return finding if row is None else replace(finding, who=row.who, sheet_row=row.sheet_row)


_COLUMNS = {column: position for position, column in enumerate(Column)}

#: A finding that needs the register, though the document's judge makes it.
_OF_THE_REGISTER = frozenset({"email-domain"})

#: What is counted together: all errors, and of the others those of one code.
_Kind = tuple[Severity, str]


def reading_order(finding: Finding) -> tuple[int, int, int]:
    """The whole document first, then by list, row and column."""
    column = -1 if finding.column is None else _COLUMNS[finding.column]
    return finding.list or 0, finding.row or 0, column


class Kept:
    """The first findings of a document in the order of reading; the others are counted.

    Of 50,000 findings that come in, no more than some hundreds are held at any moment.
    """

    def __init__(self, most: int, before: Surplus | None = None) -> None:
        """`most` errors are kept, and of the others `most` of each code; `before` was left out earlier."""
        before = before or Surplus()
        self._most = most
        self._kept: dict[_Kind, list[Finding]] = defaultdict(list)
        self._last: dict[_Kind, tuple[bool, int, int, int]] = {}
        self._whole: list[Finding] = []
        self._counts = Counter(before.counts)
        self._refused = set(before.refused)

    def add(self, findings: Iterable[Finding]) -> None:
        """More findings of the document. What somebody waived is a decision and is never cut."""
        for finding in findings:
            if finding.code in _OF_THE_REGISTER or finding.waived:
                self.add_whole([finding])
                continue
            is_error = self._note(finding)
            kind = (finding.severity, "" if is_error else finding.code)
            if kind in self._last and _order_of_keeping(finding) >= self._last[kind]:
                self._counts[kind] += 1
                continue
            self._kept[kind].append(finding)
            if len(self._kept[kind]) > 2 * self._most:
                self._cut(kind)

    def add_whole(self, findings: Iterable[Finding]) -> None:
        """Findings that are never cut: those known from the register or from Keycloak."""
        for finding in findings:
            self._note(finding)
            self._whole.append(finding)

    def findings(self) -> tuple[Finding, ...]:
        """Those that are kept, in the order of reading."""
        for kind in self._kept:
            self._cut(kind)
        kept = [finding for part in self._kept.values() for finding in part]
        return tuple(sorted((*kept, *self._whole), key=reading_order))

    def surplus(self) -> Surplus:
        """Those that are not."""
        self.findings()
        return Surplus(dict(self._counts), frozenset(self._refused))

    def _note(self, finding: Finding) -> bool:
        """Notes the row that an error refuses; whether it is one."""
        is_error = finding.severity is Severity.ERROR
        if is_error and finding.list is not None and finding.row is not None:
            self._refused.add((finding.list, finding.row))
        return is_error

    def _cut(self, kind: _Kind) -> None:
        kept = self._kept[kind]
        kept.sort(key=_order_of_keeping)
        if len(kept) > self._most:
            self._counts[kind] += len(kept) - self._most
            del kept[self._most :]
            self._last[kind] = _order_of_keeping(kept[-1])


def _order_of_keeping(finding: Finding) -> tuple[bool, int, int, int]:
    """What concerns the whole document or a whole list comes before what concerns a row."""
    return finding.row is not None, *reading_order(finding)


def capped(annexe: Annexe, most: int) -> Annexe:
    """The annexe with the first findings only; the others are counted in its surplus."""
    kept = Kept(most, annexe.surplus)
    kept.add(annexe.findings)
    return replace(annexe, findings=kept.findings(), surplus=kept.surplus())


#: The code that stands for findings that are only counted.
MORE = "too-many-findings"


def counted(counts: Mapping[_Kind, int]) -> tuple[Finding, ...]:
    """One finding for all errors that are not shown, and one for those of each other code, with their severity."""
    return tuple(
        Finding(MORE, severity, details=Count(count, code or None))
        for (severity, code), count in sorted(counts.items())
        if count
    )
