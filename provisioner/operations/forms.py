"""The documents that go back to the partner: a form filled in, the report on an annexe."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import date

from provisioner.documents.form import Entry, Form
from provisioner.domain.access.habilitation import State
from provisioner.domain.annexe.document import CLOSED_FOR_MONTHS, MORE, Annexe, Check
from provisioner.domain.annexe.kept import KeptAnnexe
from provisioner.domain.calendar import add_months, day_of
from provisioner.domain.convention import Partner
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Records
from provisioner.operations.check import Reader
from provisioner.register import Register, annexes
from provisioner.register.partners import all_partners
from provisioner.settings import DocumentSettings
from provisioner.views.report import Report


def form_of(records: Records, code: str, today: date, remarks: Mapping[EmailAddress, str] | None = None) -> Form:
    """The partner's form: who has or is to have an access (A1), whose access ends or ended lately (A3).

    An open access whose end is announced stands in list 2 only (A4): in list 1 alone it would be kept. A planned one
    with its end stands in both. Of several closures of one address only the last counts, and only while that
    address is asked for no more. `remarks` stand beside the names of list 1.
    """
    asked: list[Entry] = []
    ended: dict[EmailAddress, Entry] = {}
    habilitations = records.as_due_on(today).of_partner(code)
    live = {habilitation.email for habilitation in habilitations if habilitation.state is not State.CLOSED}
    two_years_ago = add_months(today, -CLOSED_FOR_MONTHS)
    for habilitation in habilitations:
        email, end = habilitation.email, habilitation.end
        is_closed = habilitation.state is State.CLOSED
        if not is_closed and (end is None or habilitation.state is State.PLANNED):
            asked.append(Entry(habilitation.person, habilitation.requested_on, (remarks or {}).get(email, "")))
        if end is not None and not (is_closed and email in live):
            ended.pop(email, None)  # the last one counts, and stands last
            if not is_closed or end.on > two_years_ago:
                ended[email] = Entry(habilitation.person, end.on)
    return Form(records.partners[code].name, tuple(asked), tuple(ended.values()))


def report_on(
    register: Register, limits: DocumentSettings, kept: KeptAnnexe, read: Reader, outcome: str | None = None
) -> tuple[Partner, Report]:
    """The partner and the report. The document is read again: its check keeps no row that has an error."""
    with register.read() as connection:
        document = annexes.document(connection, kept.id)
        partner = all_partners(connection, [kept.partner])[kept.partner]
    annexe = read(document.content, document.name, limits)
    are_counted = any(finding.code == MORE for finding in kept.check.findings)
    refused = _refused(annexe, kept.check) if are_counted else frozenset()
    check = replace(kept.check, file=document.name, sha256=kept.sha256, annexe=annexe, refused=refused)
    return partner, Report(
        check=check,
        partner=partner.name,
        checked_on=day_of(kept.checked_at),
        outcome=outcome,
        decisions=kept.approved_decisions,
    )


def _refused(annexe: Annexe, check: Check) -> frozenset[tuple[int, int]]:
    """The rows that a check did not accept, whatever it says of them: some errors are only counted."""
    accepted = {(row.list, row.row) for row in check.annexe.rows}
    return frozenset((row.list, row.row) for row in annexe.rows) - accepted
