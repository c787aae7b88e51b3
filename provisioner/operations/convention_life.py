"""What the life of a convention brings by itself: warnings (C1, C3), the certificate at its end (C5), reminders.

A containment or a pause of the partner stops none of it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from datetime import date, timedelta
from typing import NamedTuple

from sqlalchemy import Connection

from provisioner.domain.convention import Partner, Role, by_partner
from provisioner.domain.convention_life import (
    CERTIFICATE_DAYS,
    AskedDocument,
    Coming,
    ConventionWarning,
    is_moot,
    owes_certificate,
    warnings_on,
)
from provisioner.domain.notice import Side
from provisioner.operations.context import Context
from provisioner.operations.notices import tell
from provisioner.operations.requests import ROLES, ask_no_more, kind_of, tell_request
from provisioner.register import Work, notices, requests
from provisioner.register.partners import all_partners, contacts_of
from provisioner.settings import Settings

_KINDS = {Coming.RENEWAL: "convention-renewal", Coming.CTG_END: "convention-end"}

#: The Caf itself, where the code of a partner may stand.
_CAF = None


def follow_conventions(context: Context, partners: Collection[str] | None = None) -> None:
    """Tells whoever is to know of a renewal or an end to come, asks for the certificate on the day after the last
    one, reminds of what was asked, for these partners or all: one unit of work a partner, where there is anything to
    tell.
    """
    today = context.clock.today()
    with context.register.read() as connection:
        asked = by_partner(requests.all_requests(connection))
        due = [
            code
            for code, partner in all_partners(connection, partners).items()
            if _is_due(connection, partner, asked.get(code, ()), today)
        ]
    for code in due:
        if context.stop.is_set():
            return
        with context.work() as work:
            partner = all_partners(work.connection, [code])[code]
            _settle_certificate(work, context.settings, partner)
            for request in requests.all_requests(work.connection, code):
                if request.is_open:
                    tell_request(work, context.settings, partner, request)
            for warning in warnings_on(partner, today):
                _warn(work, context.settings, partner, warning)


class _Notice(NamedTuple):
    """A notice that somebody should have by now: of which kind, to whom, on which occasion."""

    kind: str
    to: str | None
    roles: tuple[Role, ...]
    occasion: str


def _is_due(connection: Connection, partner: Partner, asked: Sequence[AskedDocument], today: date) -> bool:
    """Whether anything is to be recorded or told: no lock is taken for nothing."""
    is_moved = owes_certificate(partner, asked, today) or any(is_moot(r, partner, today) for r in asked)
    return is_moved or any(_is_owed(connection, partner, notice) for notice in _notices(partner, asked, today))


def _notices(partner: Partner, asked: Sequence[AskedDocument], today: date) -> Iterator[_Notice]:
    for request in asked:
        if request.is_open:
            yield _Notice(kind_of(request, today), partner.code, ROLES, request.occasion(today))
    for warning in warnings_on(partner, today):
        for to in (partner.code, _CAF) if warning.coming is Coming.CTG_END else (_CAF,):
            yield _Notice(_KINDS[warning.coming], to, (Role.HABILITATIONS,), warning.occasion)


def _is_owed(connection: Connection, partner: Partner, notice: _Notice) -> bool:
    side = Side.CAF if notice.to is _CAF else Side.PARTNER
    told = notices.is_told(connection, notice.kind, partner.code, side, notice.roles, notice.occasion)
    return not told and contacts_of(connection, notice.to) is not None


def _settle_certificate(work: Work, settings: Settings, partner: Partner) -> None:
    """C5: asked for once the convention has ended, and no more where it goes on after all."""
    today, asked = work.clock.today(), requests.all_requests(work.connection, partner.code)
    for request in asked:
        if is_moot(request, partner, today):
            ask_no_more(work, settings, request, None)
    if owes_certificate(partner, asked, today):
        requests.ask(work, partner.code, None, today + timedelta(days=CERTIFICATE_DAYS), partner.last_day)


def _warn(work: Work, settings: Settings, partner: Partner, warning: ConventionWarning) -> None:
    """C1: the Caf is told of a renewal. C3: both parties are warned of the end."""
    today = work.clock.today()
    kind = _KINDS[warning.coming]
    values: dict[str, object] = {"on": warning.on, "days": (warning.on - today).days}
    occasion, replaces = warning.occasion, warning.occasions
    if warning.coming is Coming.RENEWAL:
        period = partner.period_on(warning.on)
        assert period is not None
        assert warning.notice_by is not None
        values |= {
            "until": period[1],
            "last_day": warning.on - timedelta(days=1),
            "notice_by": warning.notice_by,
            "notice_days": partner.notice_days,
            "is_too_late": warning.notice_by < today,
        }
    else:
        told = tell(work, settings, kind, partner.code, partner, values, occasion=occasion, replaces=replaces)
        values["partner_is_told"] = bool(told)
    tell(work, settings, kind, _CAF, partner, values, occasion=occasion, replaces=replaces)
