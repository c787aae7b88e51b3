"""The yearly review (V1, V2): settled by an annexe or a signed list, reminded of until then, never closed by itself.

A reminder freezes the list that goes with it, proven against Keycloak. What the two tell differently is told to the
Caf and not to the partner, whose form is made from the register.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date

import structlog
from sqlalchemy import Connection

from provisioner.documents.form import write_form, write_letter
from provisioner.domain.access.account import Snapshot
from provisioner.domain.annexe.document import Document
from provisioner.domain.calendar import REMINDED_EVERY, day_of
from provisioner.domain.connections.record import Coverage, Stream
from provisioner.domain.connections.usage import usage
from provisioner.domain.convention import Contacts, Role, by_partner
from provisioner.domain.errors import Refusal, Refused
from provisioner.domain.notice import Side
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import CurrentAnnexe, Records, Scope
from provisioner.domain.review import (
    OwnAccess,
    Review,
    Standing,
    changes_since,
    last_settled,
    open_accesses,
    own_access,
    reminder_due,
    standing,
    standings,
    unaccounted,
    unproven,
)
from provisioner.keycloak.errors import KeycloakError
from provisioner.mail import Attachment
from provisioner.operations.context import Context, decided
from provisioner.operations.errors import UnknownRealm
from provisioner.operations.look import look_at
from provisioner.operations.notices import tell
from provisioner.operations.partners import no_such_partner
from provisioner.register import Register, Work, annexes, counts, notices, reviews, run_lock
from provisioner.register.connections import coverage
from provisioner.register.database import read_records
from provisioner.register.partners import contacts_by_partner, contacts_of
from provisioner.register.reviews import Confirmation
from provisioner.settings import Settings
from provisioner.views import notices as words
from provisioner.views.answers.reviews import ConfirmedAnswer, ReviewAnswer
from provisioner.views.reviews import REMARKS, UNPROVEN

log = structlog.get_logger()

#: How many reminders one pass owes at most: what is urgent waits for no long row of them. The next pass goes on.
AT_ONCE = 50

_REMINDER = "review-reminder"
_BOUNCED = "review-bounced"
_REMARKS = "review-remarks"
_DOCX = "application/vnd.openxmlformats-officedocument.wordprocessingml.document"

#: Whom a reminder goes to.
ROLES = (Role.HABILITATIONS, Role.SECURITE)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Known:
    """What the register says at one moment of what reviews need."""

    records: Records
    reviews: Sequence[Review]
    contacts: Mapping[str, Contacts]
    coverage: Coverage
    today: date

    @classmethod
    def read(cls, register: Register) -> _Known:
        with register.read() as connection:
            return cls.of(connection, register.clock.today())

    @classmethod
    def of(cls, connection: Connection, today: date, partners: Collection[str] | None = None) -> _Known:
        """Of these partners, or all."""
        return cls(
            records=read_records(connection, None if partners is None else Scope(frozenset(partners))),
            reviews=reviews.all_reviews(connection),
            contacts=contacts_by_partner(connection),
            coverage=coverage(connection, Stream.CONNECTIONS),
            today=today,
        )

    def of_partner(self, code: str) -> list[Review]:
        return [review for review in self.reviews if review.partner == code]

    def standing(self, code: str) -> Standing:
        return standing(self.records, code, self.of_partner(code), self.today)


# What settles a review


def settle(context: Context, records: Records, partners: Collection[str]) -> None:
    """Records what the annexes in force have settled: the count starts with the first one, and one with a newer date
    that names every open access is a review.
    """
    with context.register.read() as connection:
        of_partner = by_partner(reviews.reviews_of(connection, partners))
    newer: dict[str, CurrentAnnexe] = {}
    for code in partners:
        current, settled_on = records.current.get(code), last_settled(of_partner.get(code, ()))
        if current is None:
            continue
        if settled_on is None:
            with context.work() as work, work.because_of(current.decision):
                reviews.count_from(work, code, current)
        elif current.transmitted_on > settled_on:
            newer[code] = current
    if not newer:
        return
    part = context.register.records(Scope(frozenset(newer)))  # with whoever is settled
    for code, current in newer.items():
        if part.current.get(code) == current and not unaccounted(part, code, current.transmitted_on):
            _settle(context, part, code, of_partner.get(code, []))


def _settle(context: Context, records: Records, code: str, its_own: Sequence[Review]) -> None:
    current, today = records.current[code], context.clock.today()
    due_on = standing(records, code, its_own, today).due_on
    if due_on is None:
        return
    with context.work() as work, work.because_of(current.decision):
        annexe = annexes.by_digest(work.connection, code, current.sha256)
        review = reviews.under_way(work, code, due_on)
        if review.settled_on is not None:  # a signed list was recorded beside this run
            return
        changes = changes_since(review, records, annexe.submitted_at if annexe is not None else work.now)
        reviews.settle(work, code, due_on, current, changes)
        if changes.is_hasty:
            _remark(work, context.settings, records, code, is_hasty=True)
    log.info("review.settled", partner=code, annexe=None if annexe is None else annexe.id)


@decided
def confirm(
    register: Register, settings: Settings, code: str, on: date, document: Document, signatory: str | None, by: str
) -> ConfirmedAnswer:
    """A named person records a signed « liste inchangée ». The same file again is the same confirmation: only who
    signed it may be said anew.

    Raises:
        WrongUsage: no partner has that code.
        Refused: the date is to come, or no later than that of the last review; the file is recorded with another
            date; no review is due; the file is empty or too large. Nothing is recorded.
    """
    if not 0 < len(document.content) <= settings.documents.max_mib * 2**20:
        raise Refused(Refusal.DOCUMENT_SIZE, size=settings.documents.max_mib)
    with register.work(by) as work:
        known = _Known.of(work.connection, work.clock.today())
        its_standing = _standing_of(known, code)
        if on > known.today:
            raise Refused(Refusal.DAY_TO_COME, on=on)
        same = next((r for r in known.of_partner(code) if r.document_sha256 == document.sha256), None)
        if same is not None and same.settled_on is not None and same.settled_on != on:
            raise Refused(Refusal.REVIEW_DOCUMENT_KNOWN, partner=code, on=same.settled_on)
        if same is not None:
            if signatory not in (None, same.signatory):
                same = reviews.name_signatory(work, same, signatory, by)
            return _confirmed(known, same, is_new=False)
        settled_on = last_settled(known.of_partner(code))
        if settled_on is not None and on <= settled_on:
            raise Refused(Refusal.REVIEWED_SINCE, partner=code, on=settled_on)
        if its_standing.due_on is None:
            raise Refused(Refusal.NO_REVIEW_DUE, partner=code)
        review = reviews.under_way(work, code, its_standing.due_on)
        accesses, changes = open_accesses(known.records, code), changes_since(review, known.records, work.now)
        said = Confirmation(signed_on=on, document=document, signatory=signatory, by=by)
        review = reviews.confirm(work, review, said, accesses, changes)
        after = replace(known, reviews=reviews.all_reviews(work.connection))
        return _confirmed(after, review)


def _confirmed(known: _Known, review: Review, *, is_new: bool = True) -> ConfirmedAnswer:
    """What the answer tells of it. Who is destroyed by now is counted only by the review."""
    emails = {h.id: h.email for h in known.records.of_partner(review.partner)}
    return ConfirmedAnswer.of(
        review,
        next_due_on=known.standing(review.partner).due_on,
        opened=tuple(emails[number] for number in review.opened_since if number in emails),
        closed=tuple(emails[number] for number in review.closed_since if number in emails),
        own_access=own_access(known.records, review.partner, _addresses(known, review.partner)),
        is_new=is_new,
    )


def _standing_of(known: _Known, code: str) -> Standing:
    if code not in known.records.partners:
        raise no_such_partner(code, known.records.partners)
    return known.standing(code)


def _addresses(known: _Known, code: str) -> list[EmailAddress]:
    contacts = known.contacts.get(code)
    return [] if contacts is None else [contact.email for contact in contacts.people]


# What reminds of it


@dataclass(frozen=True, slots=True, kw_only=True)
class Reminded:
    """The partners to whom a reminder goes, and those that nobody can be reminded for (no contact)."""

    partners: tuple[str, ...] = ()
    without_contact: tuple[str, ...] = ()


def remind_due(context: Context, records: Records) -> None:
    """What a pass owes of reminders, a few at most: each planned day's once, whatever crashes. While Keycloak cannot
    be read nothing is frozen: the reminder waits for the next pass.
    """
    today = context.clock.today()
    with context.register.read() as connection:
        open_at = counts.open_by_partner(connection).keys()
        stand = standings(records, reviews.all_reviews(connection), today, open_at)
    codes = [its_standing.partner for its_standing in stand if reminder_due(its_standing, today)]
    if not codes:
        return
    with context.register.read() as connection:
        known = _Known.of(connection, today, codes)
    try:
        _remind(context, known, codes, at_most=AT_ONCE)
    except (KeycloakError, UnknownRealm) as error:
        log.warning("review.not_proven", error=type(error).__name__)


def remind_now(context: Context, code: str | None) -> Reminded:
    """On a person's word: every reminder that is due, or one more to that partner, whose review is not done.

    Raises:
        WrongUsage: no partner has that code.
        Refused: no review of the partner is due, or it is contained or paused.
        UnknownRealm: the realm is another one; nothing is sent.
    """
    with run_lock(context.register, context.settings, context.by):
        known = _Known.read(context.register)
        if code is not None:
            if _standing_of(known, code).due_on is None:
                raise Refused(Refusal.NO_REVIEW_DUE, partner=code)
            if not _may_be_reminded(known, code):
                raise Refused(Refusal.REVIEW_RESTS, partner=code)
        return _remind(context, known, known.records.partners if code is None else [code], is_due=code is None)


def _may_be_reminded(known: _Known, code: str) -> bool:
    """Nobody is asked while every access is cut, nor in a pause: it goes on afterwards."""
    return code not in known.records.contained and not known.records.is_paused(code, known.today)


def _remind(
    context: Context, known: _Known, codes: Collection[str], at_most: int | None = None, *, is_due: bool = True
) -> Reminded:
    """Reminds these partners, at most so many, of whom the whole is known; with `is_due` those alone for whom a
    reminder is due.
    """
    due: list[tuple[Standing, date | None]] = []
    for its_standing in standings(known.records, known.reviews, known.today):
        planned = reminder_due(its_standing, known.today)
        is_wanted = its_standing.partner in codes and (planned is not None or not is_due)
        if is_wanted and _may_be_reminded(known, its_standing.partner):
            due.append((its_standing, planned))
    without = tuple(s.partner for s, _ in due if s.partner not in known.contacts)
    due = [(s, planned) for s, planned in due if s.partner in known.contacts][:at_most]
    if not due:
        return Reminded(without_contact=without)
    records, snapshot = look_at(context, Scope(frozenset(s.partner for s, _ in due)))
    known = replace(known, records=records)
    reminded = []
    for its_standing, planned in due:
        if context.stop.is_set():
            break
        if _remind_partner(context, known, snapshot, its_standing, planned):
            reminded.append(its_standing.partner)
    return Reminded(partners=tuple(reminded), without_contact=without)


def _remind_partner(
    context: Context, known: _Known, snapshot: Snapshot, its_standing: Standing, planned: date | None
) -> bool:
    """The form is made first, while nobody waits for it; then the list is frozen and the reminder owed, together,
    unless a signed list was recorded meanwhile.
    """
    code, records = its_standing.partner, known.records
    assert its_standing.due_on is not None
    values, form = _form(known, its_standing)
    accesses, problems = open_accesses(records, code), unproven(records, snapshot, code)
    doubtful = [h.id for h in accesses if h.email in problems and h.id is not None]
    with context.work() as work:
        if reviews.under_way(work, code, its_standing.due_on).settled_on is not None:
            return False
        review = reviews.freeze(work, code, its_standing.due_on, planned, accesses, doubtful)
        notices.withdraw(work, _REMINDER, code)
        occasion = f"review {review.id} {planned}" if planned is not None else None
        about = records.partners[code]
        tell(work, context.settings, _REMINDER, code, about, values, form, roles=ROLES, occasion=occasion)
        lines = [(email, UNPROVEN[problem]) for email, problem in sorted(problems.items())]
        own = own_access(records, code, _addresses(known, code))
        if lines or own is OwnAccess.ALONE:
            _remark(work, context.settings, records, code, lines=lines, is_alone=own is OwnAccess.ALONE)
    log.info("review.reminded", review=review.id, partner=code, accesses=len(accesses), doubtful=len(doubtful))
    return True


def _form(known: _Known, its_standing: Standing) -> tuple[dict[str, object], Attachment]:
    """What a reminder says, and the form that goes with it: beside a name, only what D4 allows."""
    from provisioner.operations.forms import form_of

    code, records = its_standing.partner, known.records
    states = {
        h.email: usage(known.coverage, h, records.accounts[h.email].last_login_on, known.today).state
        for h in open_accesses(records, code)
    }
    remarks = {email: REMARKS[state] for email, state in states.items() if state in REMARKS}
    content = write_form(form_of(records, code, known.today, remarks), ".docx")
    values: dict[str, object] = {
        "due_on": its_standing.due_on,
        "days_late": its_standing.days_late,
        "last_on": its_standing.last_on,
        "count": len(states),
        "has_remarks": bool(remarks),
    }
    return values, Attachment(f"annexe-1-revue-{known.today.isoformat()}.docx", content, _DOCX)


def _remark(
    work: Work,
    settings: Settings,
    records: Records,
    code: str,
    *,
    lines: Sequence[tuple[str, str]] = (),
    is_alone: bool = False,
    is_hasty: bool = False,
) -> None:
    """Tells the Caf what it should look at; the partner is told nothing of it."""
    values = {"lines": lines, "is_alone": is_alone, "is_hasty": is_hasty}
    tell(work, settings, _REMARKS, None, records.partners[code], values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bounced:
    """A reminder that came back: `told` is the contact's role to whom it goes now, None where nobody is left; then
    the Caf is told.
    """

    told: Role | None
    is_new: bool = True


@decided
def bounced(register: Register, settings: Settings, code: str, role: Role, by: str) -> Bounced:
    """The last reminder to that contact came back: it goes to the partner's other contact, with the form.

    Raises:
        WrongUsage: no partner has that code.
        Refused: no reminder has gone for a review that is not done.
    """
    return _pass_on(register, settings, _Known.read(register), code, role, by)


def withdraw_moot(context: Context) -> None:
    """A reminder that has not left goes no more once its review is done, or none is to be done: the convention has
    ended, nobody has an access, the partner is contained.
    """
    with context.register.read() as connection:
        waiting = notices.owed_about(connection, notices.WITH_FORM, Side.PARTNER)
        known = _Known.of(connection, context.clock.today(), waiting) if waiting else None
    if known is None:
        return
    moot = [code for code in sorted(waiting) if known.standing(code).current is None]
    if moot := sorted({*moot, *waiting.intersection(known.records.contained)}):
        with context.work() as work:
            for code in moot:
                for kind in notices.WITH_FORM:
                    notices.withdraw(work, kind, code, side=Side.PARTNER)


def pass_on_refused(context: Context) -> None:
    """What the mail server refuses to take for a contact's address has come back as well."""
    since = context.clock.today() - REMINDED_EVERY
    with context.register.read() as connection:
        told = notices.told(connection, kind=_REMINDER, since=since)
    refused = [notice for notice in told if notice.refused_at and not (notice.sent_at or notice.withdrawn_at)]
    if not refused:
        return
    known = _Known.read(context.register)
    for notice in refused:
        code, role = notice.partner, notice.role
        assert code is not None
        assert role is not None
        review = known.standing(code).current
        if review is not None and review.frozen_at is not None and role not in review.bounced:
            _pass_on(context.register, context.settings, known, code, role, context.by)


def _pass_on(register: Register, settings: Settings, known: _Known, code: str, role: Role, by: str) -> Bounced:
    its_standing = _standing_of(known, code)
    review = its_standing.current
    if review is None or review.frozen_at is None:
        raise Refused(Refusal.NO_REMINDER, partner=code)
    values, form = _form(known, its_standing)
    with register.work(by) as work:
        review = reviews.by_id(work.connection, review.id)
        other = _other_contact(work, code, role, review)
        if role in review.bounced:
            return Bounced(told=other, is_new=False)
        reviews.bounced(work, review, role)
        partner = known.records.partners[code]
        if other is None:
            tell(work, settings, _BOUNCED, None, partner, {**values, "role": role})
        else:
            tell(work, settings, _BOUNCED, code, partner, {**values, "role": role}, form, roles=(other,))
        return Bounced(told=other)


def _other_contact(work: Work, code: str, role: Role, review: Review) -> Role | None:
    """The partner's contact who is somebody else and to whom it has not come back."""
    contacts = contacts_of(work.connection, code)
    if contacts is None:
        return None
    others = (other for other in ROLES if other is not role and other not in review.bounced)
    return next((other for other in others if contacts.of(other).email != contacts.of(role).email), None)


# What is told of the reviews (V2)


def all_standings(register: Register, partner: str | None = None, as_of: date | None = None) -> list[Standing]:
    """How each partner with a convention in force stands, or that one."""
    known = _Known.read(register)
    known = known if as_of is None else replace(known, today=as_of)
    return [s for s in standings(known.records, known.reviews, known.today) if partner in (None, s.partner)]


def shown(register: Register, code: str) -> ReviewAnswer:
    """The partner's reviews.

    Raises:
        WrongUsage: no partner has that code.
    """
    known = _Known.read(register)
    its_standing, its_own = _standing_of(known, code), known.of_partner(code)
    records, review = known.records, its_standing.current
    emails = {h.id: h.email for h in records.of_partner(code)}

    def addresses(numbers: Sequence[int]) -> tuple[EmailAddress, ...]:
        return tuple(emails[number] for number in numbers if number in emails)

    since = changes_since(review, records, register.clock.now()) if review is not None else None
    current = records.current.get(code)
    settled_on = last_settled(its_own)
    is_newer = current is not None and settled_on is not None and current.transmitted_on > settled_on
    absent = unaccounted(records, code, current.transmitted_on) if is_newer and current is not None else ()
    return ReviewAnswer.of(
        its_standing,
        its_own,
        known.today,
        accesses=len(open_accesses(records, code)),
        opened=addresses(since.opened if since else ()),
        closed=addresses(since.closed if since else ()),
        doubtful=addresses(review.unproven if review else ()),
        absent=tuple(h.email for h in absent),
        own_access=own_access(records, code, _addresses(known, code)),
    )


def draft(register: Register, code: str, kind: str) -> bytes:
    """The draft of a letter on a review that is late, as a .docx. Nothing is sent and nothing recorded.

    Raises:
        WrongUsage: no partner has that code.
        Refused: no review of the partner is late.
    """
    known = _Known.read(register)
    its_standing = _standing_of(known, code)
    if not its_standing.is_late:
        raise Refused(Refusal.REVIEW_NOT_LATE, partner=code)
    partner, review = known.records.partners[code], its_standing.current
    values = {
        "partner": partner.name,
        "reference": partner.reference,
        "signed_on": partner.signed_on,
        "last_on": its_standing.last_on,
        "due_on": its_standing.due_on,
        "days_late": its_standing.days_late,
        "reminded_on": day_of(review.frozen_at) if review and review.frozen_at else None,
        "count": len(open_accesses(known.records, code)),
        "today": known.today,
    }
    return write_letter(words.write_letter(kind, values))
