"""The life of a convention: what is told before a renewal (C1) and the end (C3), what is asked of a partner (C5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from provisioner.domain.calendar import add_months, reminder_day
from provisioner.domain.convention import MAX_NOTICE_DAYS, PERIOD_MONTHS, Partner
from provisioner.domain.retention import is_destroyed

#: How long before the last day for a notice the Caf is told a first time, in days.
BEFOREHAND_DAYS = 30

#: How long before the end of the CTG both parties are warned (C3), in months.
WARNED_MONTHS = (6, 3, 1)

#: How often a partner is reminded of a document from its due day on, and how long it has for the certificate of C5.
CERTIFICATE_DAYS = 30


class Coming(StrEnum):
    """What is to come of a convention."""

    RENEWAL = "renewal"  #: a tacit renewal, of which the Caf is told
    CTG_END = "ctg-end"  #: the end of the CTG, and of the convention with it, of which both parties are warned


@dataclass(frozen=True, slots=True)
class ConventionWarning:
    """Something to come that somebody is to be told of.

    `on` is the first day of the new period, or the convention's last day. `due_on` is the day on which it was to be
    told. `notice_by` is the last day on which notice may be given before the renewal.
    """

    coming: Coming
    on: date
    due_on: date
    notice_by: date | None = None

    @property
    def occasion(self) -> str:
        """Its key: it is told once. Other dates, by an amendment or other days of notice, are another occasion."""
        return f"{self.occasions}{self.due_on}"

    @property
    def occasions(self) -> str:
        """How the keys of all the warnings of that renewal or end begin."""
        return f"{self.coming} {self.on} "


def warnings_on(partner: Partner, today: date) -> tuple[ConventionWarning, ...]:
    """What is to be told of the convention by that day and is not over yet.

    Days on which nothing could be told are made up for by one warning: of several that are due for one renewal or
    end, it is the last.
    """
    if not partner.is_active_on(today):
        return ()
    return (*_of_renewals(partner, today), *_of_end(partner, today))


def _of_renewals(partner: Partner, today: date) -> Iterator[ConventionWarning]:
    if partner.notice_days is None:
        return
    notice, beforehand = timedelta(days=partner.notice_days), timedelta(days=BEFOREHAND_DAYS)
    for day in _renewals(partner, today, today + timedelta(days=MAX_NOTICE_DAYS) + beforehand):
        notice_by = day - notice
        due_on = _last_of((notice_by - beforehand, notice_by), today)
        if due_on is not None:
            yield ConventionWarning(Coming.RENEWAL, day, due_on, notice_by)


def _renewals(partner: Partner, first: date, last: date) -> Iterator[date]:
    """The days between these two on which the convention is renewed: the first ones of its periods but the first."""
    assert partner.signed_on is not None
    for year in range(first.year, last.year + 1):
        day = add_months(partner.signed_on, (year - partner.signed_on.year) * PERIOD_MONTHS)
        if day > partner.signed_on and first <= day <= min(last, partner.last_day):
            yield day


def _of_end(partner: Partner, today: date) -> Iterator[ConventionWarning]:
    """Nothing where one side ended the convention before the end of the CTG."""
    if partner.last_day < partner.ctg_end:
        return
    due_on = _last_of((add_months(partner.ctg_end, -months) for months in WARNED_MONTHS), today)
    if due_on is not None:
        yield ConventionWarning(Coming.CTG_END, partner.ctg_end, due_on)


def _last_of(days: Iterable[date], today: date) -> date | None:
    return max((day for day in days if day <= today), default=None)


class RequestState(StrEnum):
    """How a request for a document stands."""

    ASKED = "asked"
    LATE = "late"
    ANSWERED = "answered"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True, kw_only=True)
class AskedDocument:
    """A document that the Caf asks of a partner, and what was recorded of the answer (art. 2.1, C5).

    `what` is what is asked for; None for the certificate of destruction of C5, and then `convention_end` is the last
    day of the convention that it is about. `answered_on` is the date of the document, `sha256` its file's digest.
    """

    id: int
    partner: str
    what: str | None
    asked_on: date
    due_on: date
    convention_end: date | None = None
    answered_on: date | None = None
    signatory: str | None = None
    sha256: str | None = None
    file_name: str | None = None
    withdrawn_on: date | None = None

    @property
    def is_certificate(self) -> bool:
        """Whether it is the partner's own certificate of destruction (C5)."""
        return self.convention_end is not None

    @property
    def is_open(self) -> bool:
        """Whether the partner still has to answer."""
        return self.answered_on is None and self.withdrawn_on is None

    def state_on(self, today: date) -> RequestState:
        """How it stands on that day; on its due day it is not late yet."""
        if self.withdrawn_on is not None:
            return RequestState.WITHDRAWN
        if self.answered_on is not None:
            return RequestState.ANSWERED
        return RequestState.LATE if today > self.due_on else RequestState.ASKED

    def days_late(self, today: date) -> int:
        """How many days the answer is overdue, 0 where it is not."""
        return max((today - self.due_on).days, 0) if self.is_open else 0

    def told_for(self, today: date) -> date:
        """The day whose notice the partner should have by now: that of the request, the due day, or one of those that
        follow every 30 days.
        """
        return self.asked_on if today < self.due_on else reminder_day(self.due_on, today)

    @property
    def occasions(self) -> str:
        """How the keys of all its notices begin."""
        return f"request {self.id} "

    def occasion(self, today: date) -> str:
        """The key of that notice: it is told once."""
        return f"{self.occasions}{self.told_for(today)}"


def owes_certificate(partner: Partner, requests: Iterable[AskedDocument], today: date) -> bool:
    """Whether the certificate of destruction is to be asked for (C5): from the day after the convention's last day
    on, once, until what the convention gathered is destroyed (C4).
    """
    if partner.signed_on is None or today <= partner.last_day or is_destroyed(partner):
        return False
    return partner.last_day not in {request.convention_end for request in requests}


def is_moot(request: AskedDocument, partner: Partner, today: date) -> bool:
    """Whether a certificate that was asked for is not owed any more: an amendment or a new signature makes the
    convention go on.
    """
    return request.is_certificate and request.is_open and today <= partner.last_day
