"""The list that takes the place of a partner's annexe 1 once a person has left it (D2)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from provisioner.domain.annexe.document import Check, Column, Document, Row
from provisioner.views.dates import in_cell
from provisioner.views.findings import COLUMNS, LISTS, PERSON_COLUMNS
from provisioner.views.shown import Table
from provisioner.views.template import template

#: What the file is called. The partner's own name for it may name a person.
STATE_NAME = "etat-annexe-1.html"


def state_document(partner: str, check: Check, original_sha256: str, today: date) -> Document:
    """The list as a page. `partner` is the partner's name, `check` what is left of the annexe's rows."""
    lists = [_table(number, check.annexe.of_list(number)) for number in (1, 2)]
    said = {"partner": partner, "transmitted_on": check.annexe.transmitted_on, "original_sha256": original_sha256}
    page = template("annexe-state.html").render(lists=lists, established_on=today, **said)
    return Document(name=STATE_NAME, content=page.encode())


def _table(number: int, rows: Iterable[Row]) -> Table:
    columns = (*PERSON_COLUMNS, Column.REQUESTED_ON if number == 1 else Column.ENDED_ON)
    cells = [
        (row.last_name or "", row.first_names or "", row.function or "", row.email or "", in_cell(row.on))
        for row in rows
    ]
    return Table(LISTS[number], tuple(COLUMNS[column] for column in columns), cells)
