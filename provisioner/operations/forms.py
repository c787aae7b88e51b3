"""The documents that go back to the partner: a form filled in, the report on an annexe."""

from __future__ import annotations

from datetime import date

from provisioner.documents.form import Entry, Form
from provisioner.domain.access.habilitation import Habilitation, State
from provisioner.domain.annexe.document import Annexe, Check
from provisioner.domain.annexe.judge import CLOSED_FOR_MONTHS
from provisioner.domain.annexe.kept import KeptAnnexe
from provisioner.domain.calendar import add_months, day_of
from provisioner.domain.convention import Partner
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Records
from provisioner.operations.context import Reader
from provisioner.register import Register, annexes
from provisioner.settings import DocumentSettings
from provisioner.views.report import MORE, Report


def form_of(records: Records, code: str, today: date) -> Form:
    """The partner's form: who has or is to have an access (A1), whose access ends or ended lately (A3).

    An open access whose end is announced stands in list 2 only (A4): in list 1 alone it would be kept. A planned one
    with its end stands in both. Of several closures of one address only the last counts, and only while that
    address is asked for no more.
    """
    asked: list[Entry] = []
    ended: dict[EmailAddress, Entry] = {}
    mine = records.as_due_on(today).of_partner(code)
    present = {one.email for one in mine if one.state is not State.CLOSED}
    two_years_ago = add_months(today, -CLOSED_FOR_MONTHS)
    for one in mine:
        if one.state is State.CLOSED:
            if one.email not in present and one.end is not None:
                _replace(ended, one, one.end.on if one.end.on > two_years_ago else None)
            continue
        if one.end is None or one.state is State.PLANNED:
            asked.append(Entry(one.person, one.requested_on))
        if one.end is not None:
            _replace(ended, one, one.end.on)
    return Form(records.partners[code].name, tuple(asked), tuple(ended.values()))


def _replace(ended: dict[EmailAddress, Entry], one: Habilitation, on: date | None) -> None:
    ended.pop(one.email, None)
    if on is not None:
        ended[one.email] = Entry(one.person, on)


def report_on(
    register: Register, limits: DocumentSettings, one: KeptAnnexe, read: Reader, outcome: str | None = None
) -> tuple[Partner, Report]:
    """The partner and the report. The document is read again: its check keeps no row that has an error."""
    with register.read() as connection:
        document = annexes.document(connection, one.id)
    partner = register.records().partners[one.partner]
    annexe = read(document.content, document.name, limits)
    findings = one.check.findings
    report = Report(
        file=document.name,
        sha256=one.sha256,
        partner=partner.name,
        checked_on=day_of(one.checked_at),
        annexe=annexe,
        findings=findings,
        outcome=outcome,
        decisions=one.approved_decisions,
        refused=_refused(annexe, one.check) if any(finding.code == MORE for finding in findings) else frozenset(),
    )
    return partner, report


def _refused(annexe: Annexe, check: Check) -> frozenset[tuple[int, int]]:
    """The rows that a check did not accept, whatever it says of them: some errors are only counted."""
    accepted = {(row.list, row.row) for row in check.annexe.rows}
    return frozenset((row.list, row.row) for row in annexe.rows) - accepted
