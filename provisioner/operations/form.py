"""A form of annexe 1 filled in from what the register knows: sent back as it is, it changes nothing."""

from __future__ import annotations

from datetime import date

from provisioner.documents.form import Entry, Form
from provisioner.domain.calendar import add_months
from provisioner.domain.habilitation import Habilitation, State
from provisioner.domain.judge import CLOSED_FOR_MONTHS
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Records


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
