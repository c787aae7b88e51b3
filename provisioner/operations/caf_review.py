"""V4: the Caf reviews once a year who may act in its name: read in Keycloak, declared, signed line by line."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import date

import structlog
from sqlalchemy import Connection

from provisioner.domain import caf_review
from provisioner.domain.annexe.decisions import name_said, reason_said
from provisioner.domain.caf_review import FRESH_DAYS, Access, CafReview, Kind
from provisioner.domain.convention import Role
from provisioner.domain.errors import Refusal, Refused
from provisioner.domain.notice import Side
from provisioner.domain.records import Records
from provisioner.operations.context import decided
from provisioner.operations.notices import tell
from provisioner.register import Register, Work, caf_reviews, notices
from provisioner.register.partners import first_signed_on
from provisioner.settings import Settings
from provisioner.views.answers.caf_review import CafReviewAnswer
from provisioner.views.caf_review import declared_words

log = structlog.get_logger()

_LATE = "caf-review-late"
_ROLES = (Role.SECURITE,)


def draw_up(register: Register, settings: Settings) -> CafReviewAnswer:
    """Reads who may act today and keeps it as the draft of this year's review. What is as before stays signed.

    Raises:
        SettingsError: they name no administrator of the master realm.
        KeycloakError, RegisterUnavailable: a system failed; the draft is as it was.
    """
    from provisioner.keycloak.administrators import who_may_act
    from provisioner.keycloak.connection import administrator_connection

    connection = administrator_connection(settings.keycloak)
    try:
        accesses, users = who_may_act(connection, settings.keycloak.realm)
    finally:
        connection.close()
    accesses += _unasked(register.records(), settings.keycloak.realm, accesses, users)
    return record(register, accesses)


def record(register: Register, accesses: Collection[Access]) -> CafReviewAnswer:
    """Keeps what was read in the review under way, or in a new one."""
    with register.work("review caf") as work:
        caf_reviews.read(work, _draft(work), accesses)
        return _answer(work)


def kept(register: Register, number: int | None = None) -> CafReviewAnswer:
    """The review with that number, or the newest, as it is kept: nothing is read of Keycloak, none is begun.

    Raises:
        Refused: none is kept, or not that one.
    """
    with register.read() as connection:
        reviews, due = caf_reviews.all_reviews(connection), _due(connection)
    review = next((r for r in reversed(reviews) if number in (None, r.id)), None)
    if review is None:
        raise Refused(Refusal.NO_SUCH_CAF_REVIEW)
    return CafReviewAnswer.of(review, caf_review.last_signed(reviews, review), due, register.clock.today())


@decided
def declare(register: Register, kind: Kind, names: Collection[str], by: str) -> CafReviewAnswer:
    """A named person declares who has that; nobody where there is no name. It replaces what was declared before.

    Raises:
        WrongUsage: a name is blank.
    """
    names = [name_said(name) for name in names]
    with register.work(by) as work:
        caf_reviews.declare(work, _draft(work), kind, names, by)
        return _answer(work)


@decided
def sign(
    register: Register, by: str, lines: Collection[int] = (), wrong: Mapping[int, str] | None = None
) -> CafReviewAnswer:
    """A named person confirms these lines, or every unsigned one, but those that are `wrong` and to be removed.

    The review is done with the last line, once everything is declared; nothing is changed in Keycloak.

    Raises:
        WrongUsage: a reason is blank.
        Refused: no review is under way, Keycloak was not read for it, it has no such line, or none to be signed.
    """
    reasons = {number: reason_said(reason) for number, reason in (wrong or {}).items()}
    with register.work(by) as work:
        draft = caf_review.draft_of(caf_reviews.all_reviews(work.connection), work.clock.today())
        if draft is None:
            raise Refused(Refusal.NO_CAF_REVIEW, days=FRESH_DAYS)
        if draft.read_at is None:
            raise Refused(Refusal.CAF_REVIEW_UNREAD)
        for number in sorted({*lines, *reasons} - {line.id for line in draft.lines}):
            raise Refused(Refusal.NO_SUCH_LINE, number=number)
        confirmed = set(lines or (line.id for line in draft.unsigned)) - reasons.keys()
        if not (confirmed or reasons or draft.is_whole):
            raise Refused(Refusal.NOTHING_TO_SIGN, what=declared_words(draft.undeclared))
        if caf_reviews.sign(work, draft, confirmed, reasons, by):
            notices.withdraw(work, _LATE, None)
        return _answer(work)


def remind(register: Register, settings: Settings, by: str) -> None:
    """Tells the Caf's contact for security that the review is due: on the day, and every 30 days while it is late."""
    with register.read() as connection:
        if (occasion := _occasion(connection, register.clock.today())) is None:
            return
        if notices.is_told(connection, _LATE, None, Side.CAF, _ROLES, occasion):
            return
    with register.work(by) as work:
        due, today = _due(work.connection), work.clock.today()
        draft = caf_review.draft_of(caf_reviews.all_reviews(work.connection), today)
        if _occasion(work.connection, today) == occasion:
            values = {
                "due_on": due,
                "days": caf_review.days_late(due, today),
                "draft": draft is not None,
                "unsigned": len(draft.unsigned) if draft else 0,
                "undeclared": declared_words(draft.undeclared) if draft else "",
            }
            tell(work, settings, _LATE, None, None, values, roles=_ROLES, occasion=occasion, replaces=f"{due} ")


def state(register: Register) -> tuple[date | None, CafReview | None]:
    """When the next review is due, None while no convention is signed, and the one that is under way."""
    with register.read() as connection:
        reviews = caf_reviews.all_reviews(connection)
        return _due(connection), caf_review.draft_of(reviews, register.clock.today())


def _occasion(connection: Connection, today: date) -> str | None:
    """What names the reminder that is owed, if one is."""
    due = _due(connection)
    day = caf_review.reminder_on(due, today)
    return f"{due} {day}" if day is not None else None


def _draft(work: Work) -> CafReview:
    """The review under way; one that is too old to be signed is destroyed, and another begun."""
    reviews = caf_reviews.all_reviews(work.connection)
    draft = caf_review.draft_of(reviews, work.clock.today())
    if draft is None:
        if old := [review.id for review in reviews if review.is_stale_on(work.clock.today())]:
            caf_reviews.destroy(work, old)
        draft = caf_reviews.begin(work)
    return draft


def _due(connection: Connection) -> date | None:
    return caf_review.due_on(caf_reviews.all_reviews(connection), first_signed_on(connection))


def _answer(work: Work) -> CafReviewAnswer:
    """The newest review, beside the last one that was signed before it."""
    reviews = caf_reviews.all_reviews(work.connection)
    last = caf_review.last_signed(reviews, reviews[-1])
    return CafReviewAnswer.of(reviews[-1], last, _due(work.connection), work.clock.today())


def _unasked(records: Records, realm: str, accesses: Sequence[Access], users: Mapping[str, str]) -> list[Access]:
    """The accounts of the realm that no annexe asked for and that are told for nothing else."""
    known = {account.keycloak_id for account in records.accounts.values()}
    new = {email for email, account in records.accounts.items() if account.keycloak_id is None}
    told = {access.subject for access in accesses if access.realm == realm}
    return [
        Access(kind=Kind.UNASKED, realm=realm, subject=id_, name=name)
        for id_, name in users.items()
        if id_ not in known and name.lower() not in new and id_ not in told
    ]
