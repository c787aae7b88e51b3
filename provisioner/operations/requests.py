"""Documents that are asked of a partner: asked, reminded of, recorded, or asked for no more (art. 2.1, C5).

A containment or a pause of the partner stops none of this: what it signed goes on. Nothing here needs Keycloak.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from provisioner.domain.annexe.decisions import name_said, reason_said
from provisioner.domain.annexe.document import Document
from provisioner.domain.convention import Partner, Role
from provisioner.domain.convention_life import AskedDocument
from provisioner.domain.errors import Refusal, Refused, WrongUsage
from provisioner.domain.notice import Side
from provisioner.operations.context import decided
from provisioner.operations.notices import tell
from provisioner.operations.partners import no_such_partner
from provisioner.register import Register, Work, holds, notices, requests
from provisioner.register.partners import all_partners
from provisioner.settings import DocumentSettings, Settings
from provisioner.views.requests import what_words

#: The kinds of their notices.
ASKED, REMINDED, WITHDRAWN = "document-asked", "document-reminder", "document-withdrawn"

#: The partner's contacts who are told.
ROLES = (Role.HABILITATIONS, Role.SECURITE)


@dataclass(frozen=True, slots=True)
class Recorded:
    """A request as it stands now; `is_new`: it was not recorded so before; `is_told`: the partner has a contact."""

    request: AskedDocument
    is_new: bool = True
    is_told: bool = True


@decided
def ask(register: Register, settings: Settings, partner: str, what: str, due_on: date, by: str) -> Recorded:
    """Asks a partner for a document that shows its compliance, and owes it the notice. The same request again, while
    it is open, is the same one.

    Raises:
        WrongUsage: no partner has that code, or nothing is said of what.
        Refused: the day is not to come.
    """
    what = reason_said(what)
    with register.work(by) as work:
        partners = all_partners(work.connection)
        about = partners.get(partner)
        if about is None:
            raise no_such_partner(partner, partners)
        if due_on <= work.clock.today():
            raise Refused(Refusal.DUE_PAST, on=due_on)
        for known in requests.all_requests(work.connection, partner):
            if known.is_open and (known.what, known.due_on) == (what, due_on):
                return Recorded(known, is_new=False)
        request = _request(work, requests.ask(work, partner, what, due_on))
        return Recorded(request, is_told=tell_request(work, settings, about, request))


def kind_of(request: AskedDocument, today: date) -> str:
    """The kind of the notice that the partner should have by that day."""
    return ASKED if request.told_for(today) == request.asked_on else REMINDED


def tell_request(work: Work, settings: Settings, partner: Partner, request: AskedDocument) -> bool:
    """Owes the partner the notice that it should have by today, once. Gives whether anybody can be told."""
    today = work.clock.today()
    kind = kind_of(request, today)
    values = {
        "what": what_words(request),
        "is_certificate": request.is_certificate,
        "is_reminder": kind == REMINDED,
        "asked_on": request.asked_on,
        "due_on": request.due_on,
        "is_late": request.days_late(today) > 0,
        "last_day": request.convention_end,
    }
    occasion = request.occasion(today)
    if kind == REMINDED and not notices.is_told(work.connection, kind, partner.code, Side.PARTNER, ROLES, occasion):
        _drop_notices(work, request)  # those before have not left: this one tells it all
    told = tell(work, settings, kind, partner.code, partner, values, template=ASKED, roles=ROLES, occasion=occasion)
    return bool(told)


@decided
def answer(
    register: Register,
    limits: DocumentSettings,
    number: int,
    on: date,
    document: Document,
    by: str,
    signatory: str | None = None,
) -> Recorded:
    """Records the document that a partner sent: its date, its signatory, its file. Recorded again, the newer one
    takes the place of the first; the journal keeps the digests of both.

    Raises:
        WrongUsage: a certificate of destruction (C5) without its signatory.
        Refused: there is no such request, it was withdrawn; the date is to come; the file is empty or too large; a
            hold on the partner's destruction keeps the document that is recorded (D7).
    """
    signatory = None if signatory is None else name_said(signatory)
    with register.work(by) as work:
        request = _request(work, number)
        if request.withdrawn_on is not None:
            raise Refused(Refusal.REQUEST_WITHDRAWN, number=number, on=request.withdrawn_on)
        if request.is_certificate and signatory is None:
            raise WrongUsage(Refusal.SIGNATORY_NEEDED, number=number)
        if on > work.clock.today():
            raise Refused(Refusal.DAY_TO_COME, on=on)
        if not 0 < len(document.content) <= limits.max_mib * 2**20:
            raise Refused(Refusal.DOCUMENT_SIZE, size=limits.max_mib)
        recorded = (request.answered_on, request.signatory, request.sha256)
        if recorded == (on, signatory, document.sha256):
            return Recorded(request, is_new=False)
        is_replaced = request.sha256 not in (None, document.sha256)
        if is_replaced and holds.kept_from_destruction(work.connection).keeps(request.partner):
            raise Refused(Refusal.REQUEST_ON_HOLD, number=number)
        requests.answer(work, request, on, document, signatory)
        _drop_notices(work, request)
        return Recorded(_request(work, number))


@decided
def withdraw(register: Register, settings: Settings, number: int, by: str, reason: str) -> Recorded:
    """Asks for a document no more, and tells the partner that was asked. The reason stays in the journal.

    Raises:
        Refused: there is no such request, it was answered, or withdrawn before.
    """
    with register.work(by) as work:
        request = _request(work, number)
        if request.withdrawn_on is not None:
            raise Refused(Refusal.REQUEST_WITHDRAWN, number=number, on=request.withdrawn_on)
        if request.answered_on is not None:
            raise Refused(Refusal.REQUEST_ANSWERED, number=number)
        return Recorded(request, is_told=ask_no_more(work, settings, request, reason))


def ask_no_more(work: Work, settings: Settings, request: AskedDocument, reason: str | None) -> bool:
    """Withdraws a request with its notices that have not left. Gives whether anybody can be told."""
    requests.withdraw(work, request, reason)
    _drop_notices(work, request)
    about = all_partners(work.connection)[request.partner]
    values = {"what": what_words(request), "asked_on": request.asked_on}
    return bool(
        tell(
            work,
            settings,
            WITHDRAWN,
            about.code,
            about,
            values,
            roles=ROLES,
            occasion=f"{request.occasions}withdrawn",
        )
    )


def known_requests(register: Register, partner: str | None = None) -> list[AskedDocument]:
    """All requests, or a partner's, oldest first."""
    with register.read() as connection:
        return requests.all_requests(connection, partner)


def document_of(register: Register, number: int) -> bytes:
    """The document that answered a request.

    Raises:
        Refused: there is no such request, or none that was answered.
    """
    with register.read() as connection:
        request = requests.by_id(connection, number)
        file = None if request is None else requests.file_of(connection, request)
    if request is None:
        raise Refused(Refusal.NO_SUCH_REQUEST, number=number)
    if file is None:
        raise Refused(Refusal.NOT_ANSWERED, number=number)
    return file


def _request(work: Work, number: int) -> AskedDocument:
    request = requests.by_id(work.connection, number)
    if request is None:
        raise Refused(Refusal.NO_SUCH_REQUEST, number=number)
    return request


def _drop_notices(work: Work, request: AskedDocument) -> None:
    for kind in (ASKED, REMINDED):
        notices.withdraw(work, kind, request.partner, occasions=request.occasions)
