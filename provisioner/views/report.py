"""The page that goes back to the partner: what was read in an annexe 1, what is refused, what to correct."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from html import escape
from typing import Self, TypeVar

from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.details import Said
from provisioner.domain.annexe.document import Annexe, Check, Finding, Row, Severity, has_error
from provisioner.views.dates import french_date
from provisioner.views.findings import message, place, unaccounted_for_the_partner
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

#: What stands for the errors that are only counted.
MORE = "too-many-findings"

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
        return sum(
            one.severity is Severity.ERROR and one.code != MORE
            for one in for_the_partner(self.findings, self.decisions)
        )

    @property
    def has_more_errors(self) -> bool:
        """Whether there are errors beyond those that it tells one by one."""
        return any(one.severity is Severity.ERROR and one.code == MORE for one in self.findings)

    @property
    def leaves_something_to_the_caf(self) -> bool:
        """Whether the partner is asked to wait for the Caf about somebody (A8)."""
        return any(one.code in OF_SOMEBODY_ELSE for one in for_the_partner(self.findings, self.decisions))


@dataclass(frozen=True, slots=True)
class _Note:
    """A finding in words."""

    severity: Severity
    word: str
    where: str
    value: str
    message: str

    @property
    def length(self) -> int:
        """About how many characters of the page it takes."""
        return _ROW + len(escape(self.value)) + len(escape(self.message))


@dataclass(frozen=True, slots=True)
class _Line:
    """A row as it was read; `errors` says what becomes of it."""

    row: Row
    on: str
    errors: int
    is_refused: bool

    @property
    def length(self) -> int:
        """About how many characters of the page it takes."""
        texts = (self.row.last_name, self.row.first_names, self.row.function, self.row.email)
        return _ROW + sum(len(escape(text or "")) for text in texts)


@dataclass(frozen=True, slots=True)
class _List:
    caption: str
    date_title: str
    lines: tuple[_Line, ...]
    more: int


_T = TypeVar("_T", _Note, _Line)


def report_page(report: Report) -> str:
    """The whole page as HTML: no script, nothing from outside, every value shown as text."""
    findings = tuple(for_the_partner(report.findings, report.decisions))
    errors = Counter((one.list, one.row) for one in findings if one.severity is Severity.ERROR)
    notes = list(_fitting(map(_note, _worst_first(findings))))
    transmitted_on = report.annexe.transmitted_on
    return template("report.html").render(
        file=_visible(report.file),
        sha256=report.sha256,
        partner=report.partner,
        checked_on=french_date(report.checked_on),
        transmitted_on=french_date(transmitted_on) if transmitted_on else None,
        is_valid=not has_error(findings),
        error_count=report.error_count,
        has_more_errors=report.has_more_errors,
        outcome=report.outcome,
        notes=notes,
        more_notes=len(findings) - len(notes),
        lists=[_list(report, number, errors) for number in (1, 2)],
    )


def _list(report: Report, number: int, errors: Counter[tuple[int | None, int | None]]) -> _List:
    rows = report.annexe.of_list(number)
    lines = tuple(_fitting(_line(row, errors, report.refused) for row in rows))
    return _List(*_LISTS[number], lines, len(rows) - len(lines))


def _fitting(shown: Iterable[_T]) -> Iterator[_T]:
    """As many of these as the page has room for."""
    room = _MOST_SHOWN
    for one in shown:
        room -= one.length
        if room < 0:
            return
        yield one


def for_the_partner(findings: Iterable[Finding], decisions: Decisions | None = None) -> Iterator[Finding]:
    """The findings as they go back to the partner, once the annexe is approved with its decisions: without what is
    for the Caf alone, nor what tells of somebody else (A8's once a row, none where it was waived).
    """
    told = set()
    for one in findings:
        if one.code in FOR_THE_CAF:
            continue
        if one.code in OF_SOMEBODY_ELSE:
            if one.severity is not Severity.ERROR or (one.list, one.row) in told:
                continue
            told.add((one.list, one.row))
        if one.code == "unaccounted-for":
            yield replace(one, details=Said(unaccounted_for_the_partner(one, decisions)))
        else:
            yield one


def _worst_first(findings: Iterable[Finding]) -> list[Finding]:
    """Errors, then warnings, then what is only told; in the order of reading within each."""
    order = list(SEVERITIES)
    return sorted(findings, key=lambda one: order.index(one.severity))


def _note(one: Finding) -> _Note:
    where = place(one)
    where = where[0].upper() + where[1:]
    return _Note(one.severity, SEVERITIES[one.severity], where, _shown(one.value or ""), message(one))


def _line(row: Row, errors: Counter[tuple[int | None, int | None]], refused: frozenset[tuple[int, int]]) -> _Line:
    at = (row.list, row.row)
    return _Line(row, french_date(row.on) if row.on else "", errors[at], at in refused or errors[at] > 0)


def _shown(value: str) -> str:
    """The value of a finding; a date that the rules quote is written as French people do."""
    try:
        return french_date(date.fromisoformat(value))
    except ValueError:
        return value


def _visible(name: str) -> str:
    """A file's name with every character that does not show made one that does."""
    return "".join(one if one.isprintable() else "\N{REPLACEMENT CHARACTER}" for one in name)
