"""The page that goes back to the partner: what was read in an annexe 1, what is refused, what to correct."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from html import escape
from itertools import accumulate, takewhile
from typing import NamedTuple, TypeVar

from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.details import Said
from provisioner.domain.annexe.document import MORE, Check, Column, Finding, Row, Severity, has_error
from provisioner.views.answers.checks import FindingLine, finding_lines
from provisioner.views.dates import in_french
from provisioner.views.findings import COLUMNS, LISTS, PERSON_COLUMNS, unaccounted_for_the_partner
from provisioner.views.shown import printable
from provisioner.views.template import template

#: How many characters of each table the page shows: all of any list that a person would look through. A document with
#: 50,000 rows makes no page that nobody can open.
_MOST_SHOWN = 300_000

#: About what a row of a table takes beside its values.
_ROW = 250

#: How each severity is told, in a word.
SEVERITIES = {Severity.ERROR: "Erreur", Severity.WARNING: "Attention", Severity.INFO: "Information"}

#: A8: the partner must not learn who else has an account, nor that a waiver was given for it.
OF_SOMEBODY_ELSE = frozenset({"address-of-other-partner", "address-not-managed"})

#: What only the Caf can look into: not for the partner's page, which it may be about (A11), nor an account that
#: another hand has made in the console (A3).
FOR_THE_CAF = frozenset({"sender-unknown", "account-made-again"})

_DATES = {1: "Date de demande", 2: "Date de fin"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What the page tells of a check: `partner` is a name, `checked_on` its day. `outcome` says what became of the
    annexe; without it, the page says that a check is no approval. `decisions` are those of its approval.
    """

    check: Check
    partner: str | None
    checked_on: date
    outcome: str | None = None
    decisions: Decisions | None = None

    @property
    def told(self) -> tuple[Finding, ...]:
        """The findings as the page tells them."""
        return tuple(for_the_partner(self.check.findings, self.decisions))

    @property
    def error_count(self) -> int:
        """How many errors the page tells."""
        return sum(finding.severity is Severity.ERROR and finding.code != MORE for finding in self.told)

    @property
    def has_more_errors(self) -> bool:
        """Whether there are errors beyond those that it tells one by one."""
        return any(finding.severity is Severity.ERROR and finding.code == MORE for finding in self.check.findings)

    @property
    def leaves_something_to_the_caf(self) -> bool:
        """Whether the partner is asked to wait for the Caf about somebody (A8)."""
        return any(finding.code in OF_SOMEBODY_ELSE for finding in self.told)


class _Cell(NamedTuple):
    """A cell of the document: as it was read, else as it is written there. `doubt`: the worst that is found in it."""

    column: Column
    title: str
    text: date | str
    doubt: Severity | None


class _ShownRow(NamedTuple):
    """A row as the document has it, and each finding beside it with its value where no cell shows it."""

    row: Row
    cells: tuple[_Cell, ...]
    errors: int
    is_refused: bool
    findings: tuple[tuple[FindingLine, str], ...]


class _List(NamedTuple):
    """A list in the order of its document: its rows that the page shows, and how many it does not."""

    caption: str
    titles: tuple[str, ...]
    rows: tuple[_ShownRow, ...]
    more: int


_Shown = TypeVar("_Shown", FindingLine, Row)


def report_page(report: Report) -> str:
    """The whole page as HTML: no script, nothing from outside, every value shown as text."""
    check, findings = report.check, report.told
    lines = _fitting(finding_lines(_worst_first(findings)), lambda line: (line.value, line.message))
    by_row = _by_row(lines)
    errors = Counter((finding.list, finding.row) for finding in findings if finding.severity is Severity.ERROR)
    lists = [_list(report, number, by_row, errors) for number in (1, 2)]
    beside = {(row.row.list, row.row.row) for list_ in lists for row in list_.rows}
    return template("report.html").render(
        file=printable(check.file),
        sha256=check.sha256,
        partner=report.partner,
        checked_on=report.checked_on,
        transmitted_on=check.annexe.transmitted_on,
        is_valid=not has_error(findings),
        error_count=report.error_count,
        has_more_errors=report.has_more_errors,
        outcome=report.outcome,
        has_findings=bool(lines),
        lines=[line for line in lines if (line.list, line.row) not in beside],
        more_lines=len(findings) - len(lines),
        lists=lists,
        columns=COLUMNS,
        severities=SEVERITIES,
        shown=_shown,
    )


_ByRow = Mapping[tuple[int | None, int | None], Sequence[FindingLine]]


def _by_row(lines: Iterable[FindingLine]) -> _ByRow:
    """What stands beside each row, by list and number."""
    by_row: defaultdict[tuple[int | None, int | None], list[FindingLine]] = defaultdict(list)
    for line in lines:
        by_row[line.list, line.row].append(line)
    return by_row


def _list(report: Report, number: int, by_row: _ByRow, errors: Mapping[tuple[int | None, int | None], int]) -> _List:
    titles = (*(COLUMNS[column] for column in PERSON_COLUMNS), _DATES[number])
    rows = report.check.annexe.of_list(number)
    fitting = _fitting(rows, lambda row: (row.last_name, row.first_names, row.function, row.email))
    shown = []
    for row in fitting:
        place = row.list, row.row
        findings = by_row.get(place, ())
        cells = _cells(row, titles, findings)
        told = {(cell.column, str(cell.text)) for cell in cells}
        beside = tuple((line, _value_beside(line, told)) for line in findings)
        shown.append(_ShownRow(row, cells, errors.get(place, 0), place in report.check.refused, beside))
    return _List(LISTS[number], titles, tuple(shown), len(rows) - len(fitting))


def _cells(row: Row, titles: Iterable[str], findings: Sequence[FindingLine]) -> tuple[_Cell, ...]:
    """The row's cells. The findings come worst first."""
    columns = (*PERSON_COLUMNS, row.date_column)
    read = (row.last_name, row.first_names, row.function, row.email, row.on)
    cells = []
    for column, title, value in zip(columns, titles, read, strict=True):
        lines = [line for line in findings if line.column is column]
        written = next((line.value for line in lines if line.value), "")
        doubt = next((line.severity for line in lines), None)
        cells.append(_Cell(column, title, value or written, None if doubt is Severity.INFO else doubt))
    return tuple(cells)


def _value_beside(line: FindingLine, told: Collection[tuple[Column | None, str]]) -> str:
    return "" if (line.column, line.value or "") in told else _shown(line.value)


def _fitting(all_: Sequence[_Shown], texts: Callable[[_Shown], Iterable[str | None]]) -> tuple[_Shown, ...]:
    """As many of these as the page has room for, by about how many characters each takes."""
    lengths = accumulate(_ROW + sum(len(escape(text or "")) for text in texts(shown)) for shown in all_)
    return tuple(
        shown for shown, _ in takewhile(lambda pair: pair[1] <= _MOST_SHOWN, zip(all_, lengths, strict=True))
    )


def for_the_partner(findings: Iterable[Finding], decisions: Decisions | None = None) -> Iterator[Finding]:
    """The findings as they go back to the partner, once the annexe is approved with its decisions: without what is
    for the Caf alone, nor what tells of somebody else (A8's once a row, none where it was waived).
    """
    told = set()
    for finding in findings:
        if finding.code in FOR_THE_CAF:
            continue
        if finding.code in OF_SOMEBODY_ELSE:
            if finding.severity is not Severity.ERROR or (finding.list, finding.row) in told:
                continue
            told.add((finding.list, finding.row))
        if finding.code == "unaccounted-for":
            yield replace(finding, details=Said(unaccounted_for_the_partner(finding, decisions)))
        else:
            yield finding


def _worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Errors, then warnings, then what is only told; in the order of reading within each."""
    order = list(SEVERITIES)
    return sorted(findings, key=lambda finding: order.index(finding.severity))


def _shown(value: str | None) -> str:
    """The value of a finding; a date that the rules quote is written as French people do."""
    return in_french(value or "")
