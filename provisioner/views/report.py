"""The page that goes back to the partner: what was read in an annexe 1, what is refused, what to correct."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from html import escape
from itertools import accumulate, takewhile
from typing import NamedTuple, Self, TypeVar

from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.details import Said
from provisioner.domain.annexe.document import MORE, Annexe, Check, Finding, Row, Severity, has_error
from provisioner.views.answers.checks import FindingLine, finding_lines
from provisioner.views.dates import french_date
from provisioner.views.findings import unaccounted_for_the_partner
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

_LISTS = {
    1: ("Liste 1 : accès demandés ou ouverts", "Date de demande"),
    2: ("Liste 2 : accès à clôturer ou clôturés depuis moins de 2 ans", "Date de fin"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """What the page tells. `file` is a base name, `partner` a name, `checked_on` the day of the check.
    `refused` are the rows (list, row) with an error, also where it is only counted.
    `outcome` says what became of the annexe; without it, the page says that a check is no approval.
    `decisions` are those of its approval.
    """

    file: str
    sha256: str
    partner: str | None
    checked_on: date
    annexe: Annexe
    findings: tuple[Finding, ...]
    outcome: str | None = None
    decisions: Decisions | None = None
    refused: frozenset[tuple[int, int]] = frozenset()

    @classmethod
    def of(cls, check: Check, partner: str | None, checked_on: date) -> Self:
        """The report on a check."""
        return cls(
            file=check.file,
            sha256=check.sha256,
            partner=partner,
            checked_on=checked_on,
            annexe=check.annexe,
            findings=check.findings,
            refused=check.refused,
        )

    @property
    def error_count(self) -> int:
        """How many errors the page tells."""
        told = for_the_partner(self.findings, self.decisions)
        return sum(finding.severity is Severity.ERROR and finding.code != MORE for finding in told)

    @property
    def has_more_errors(self) -> bool:
        """Whether there are errors beyond those that it tells one by one."""
        return any(finding.severity is Severity.ERROR and finding.code == MORE for finding in self.findings)

    @property
    def leaves_something_to_the_caf(self) -> bool:
        """Whether the partner is asked to wait for the Caf about somebody (A8)."""
        return any(finding.code in OF_SOMEBODY_ELSE for finding in for_the_partner(self.findings, self.decisions))


class _List(NamedTuple):
    """A list as it was read: its rows that the page shows, and how many it does not."""

    caption: str
    date_title: str
    rows: tuple[Row, ...]
    more: int


_Shown = TypeVar("_Shown", FindingLine, Row)


def report_page(report: Report) -> str:
    """The whole page as HTML: no script, nothing from outside, every value shown as text."""
    findings = tuple(for_the_partner(report.findings, report.decisions))
    errors = Counter((finding.list, finding.row) for finding in findings if finding.severity is Severity.ERROR)
    lines = _fitting(finding_lines(_worst_first(findings)), lambda line: (line.value, line.message))
    return template("report.html").render(
        file=_visible(report.file),
        sha256=report.sha256,
        partner=report.partner,
        checked_on=report.checked_on,
        transmitted_on=report.annexe.transmitted_on,
        is_valid=not has_error(findings),
        error_count=report.error_count,
        has_more_errors=report.has_more_errors,
        outcome=report.outcome,
        lines=lines,
        more_lines=len(findings) - len(lines),
        lists=[_list(report, number) for number in (1, 2)],
        errors=errors,
        refused=report.refused,
        severities=SEVERITIES,
        shown=_shown,
    )


def _list(report: Report, number: int) -> _List:
    rows = report.annexe.of_list(number)
    shown = _fitting(rows, lambda row: (row.last_name, row.first_names, row.function, row.email))
    return _List(*_LISTS[number], shown, len(rows) - len(shown))


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
    try:
        return french_date(date.fromisoformat(value or ""))
    except ValueError:
        return value or ""


def _visible(name: str) -> str:
    """A file's name with every character that does not show made one that does."""
    return "".join(sign if sign.isprintable() else "\N{REPLACEMENT CHARACTER}" for sign in name)
