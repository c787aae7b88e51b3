"""List 2 judged alone: a departure never waits for the correction of other rows (A4, `--closures-only`)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from provisioner.domain.access.habilitation import State
from provisioner.domain.annexe.details import Table
from provisioner.domain.annexe.document import Annexe, Check, Finding, Row, Severity
from provisioner.domain.annexe.enter import enter
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Records

#: Errors about the whole document that do not keep a departure waiting: they concern openings.
_ABOUT_OPENINGS = frozenset({"convention-not-active"})


@dataclass(frozen=True, slots=True)
class Closures:
    """What of list 2 can be approved alone: the rows that close, those left out, the findings that matter.

    `is_refused` when something about the whole document or about list 2 itself stands against it.
    """

    rows: tuple[Row, ...]
    left_out: tuple[Row, ...]
    findings: tuple[Finding, ...]
    is_refused: bool


def judge_closures(check: Check, records: Records, partner: str, today: date) -> Closures:
    """The rows of list 2 without error; somebody who is in list 1 too only if the full approval would close now."""
    annexe = check.annexe
    about = tuple(f for f in check.findings if f.list != 1 and f.code not in _ABOUT_OPENINGS | {"unaccounted-for"})
    is_refused = any(
        finding.row is None and (finding.severity is Severity.ERROR or finding.code == "list-missing")
        for finding in about
        if finding.code != "too-many-findings" and not _stands_below_list_2(finding)
    )
    if is_refused:
        return Closures((), annexe.of_list(2), about, is_refused=True)
    sound = [row for row in check.accepted(2) if row.email is not None and row.on is not None]
    in_list_1 = {row.email for row in annexe.of_list(1)}
    now, later = _ending(annexe, records, partner, today)
    rows = tuple(row for row in sound if row.email not in in_list_1 or row.email in now)
    past = {row.row for row in sound if row.email in in_list_1 - now - later}  # an access that ended before
    taken = {row.row for row in rows} | past
    left_out = tuple(row for row in annexe.of_list(2) if row.row not in taken)
    return Closures(rows, left_out, about, is_refused=False)


def _stands_below_list_2(finding: Finding) -> bool:
    """Whether a finding is about a table below list 2, which has no part in it."""
    table = finding.details
    return finding.code == "table-not-understood" and isinstance(table, Table) and 2 in table.after


def _ending(
    annexe: Annexe, records: Records, partner: str, today: date
) -> tuple[frozenset[EmailAddress], frozenset[EmailAddress]]:
    """Of those in both lists, whose access the whole annexe would close today, and whose later."""
    both = {row.email for row in annexe.of_list(1)} & {row.email for row in annexe.of_list(2)}
    readable = tuple(row for row in annexe.rows if row.email in both and row.on is not None)
    entered = enter(records, partner, Annexe(annexe.transmitted_on, readable, ()), today)
    ends = {habilitation.id: habilitation.end for habilitation in records.of_partner(partner)}
    over = {habilitation.id for habilitation in records.of_partner(partner) if habilitation.is_over_on(today)}
    habilitations = [
        habilitation
        for habilitation in entered.of_partner(partner)
        if habilitation.email in both and habilitation.state is State.OPEN and habilitation.id not in over
    ]
    now = frozenset(habilitation.email for habilitation in habilitations if habilitation.is_ending_on(today))
    changed = frozenset(h.email for h in habilitations if h.end is not None and h.end != ends[h.id])
    return now, changed - now
