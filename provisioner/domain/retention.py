"""Until when personal data are kept (D rules): the day on which each destruction is due.

What is due on a day is done on the day after, never before: `done_from` says that day.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

from provisioner.domain.access.habilitation import Habilitation
from provisioner.domain.calendar import add_months
from provisioner.domain.convention import Partner

#: D1: how long an account's data are kept once its last access is closed, in months.
ACCOUNT_MONTHS = 6
#: D2: how long a closed habilitation's data are kept, in months.
HABILITATION_MONTHS = 24
#: C4: how long the data of annexes 1 and 2 are kept once the convention has ended, in months.
CONVENTION_MONTHS = 24
#: How long an access may be suspended before somebody is asked what is to become of it, in months.
SUSPENSION_MONTHS = 6


def account_due_on(habilitations: Sequence[Habilitation]) -> date | None:
    """The day on which an account's data are due for destruction (D1), given all the habilitations of that account.

    None while one of them is not closed, suspended ones included: nothing runs then. It counts from the day of the
    last real closure, so a date of the past in a cell never shortens it.
    """
    closures = [habilitation.closed_on for habilitation in habilitations if habilitation.closed_on is not None]
    if not closures or len(closures) < len(habilitations):
        return None
    return account_due_on_closure(max(closures))


def account_due_on_closure(closed_on: date) -> date:
    """The same, given the day on which the account's last access was closed."""
    return add_months(closed_on, ACCOUNT_MONTHS)


def habilitation_due_on(habilitation: Habilitation, of_account: Sequence[Habilitation]) -> date | None:
    """The day on which a habilitation's data are due for destruction (D2); None while it is not closed.

    2 years from its `ended_on`, never before its account (D1). `of_account` are all the habilitations of that
    account, this one included. Where another of them keeps the account alive, this one has its own clock (A8):
    then it only never goes before 6 months from its own closure.
    """
    if habilitation.end is None or habilitation.closed_on is None:
        return None
    account = account_due_on(of_account) or add_months(habilitation.closed_on, ACCOUNT_MONTHS)
    return max(add_months(habilitation.end.on, HABILITATION_MONTHS), account)


def convention_due_on(partner: Partner) -> date | None:
    """The day on which what the convention gathered is due for destruction (C4): 2 years from its last day.

    None when it was never signed. An end announced or taken back, or an amendment, moves it.
    """
    return None if partner.signed_on is None else add_months(partner.last_day, CONVENTION_MONTHS)


def suspension_alarm_on(since: date) -> date:
    """The day from which a suspension is old enough to be asked about; nothing is ever due for destruction by it."""
    return add_months(since, SUSPENSION_MONTHS)


def done_from(due_on: date) -> date:
    """The first day on which what is due on that day may be done."""
    return due_on + timedelta(days=1)
