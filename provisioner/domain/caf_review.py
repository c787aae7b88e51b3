"""V4: once a year the Caf reviews who may act in its name. What a review holds, when it is due, what changed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

from provisioner.domain.calendar import add_months, day_of, reminder_day

#: A review is signed within so many days of its first reading: what was read or declared earlier proves nothing.
FRESH_DAYS = 30

_MONTHS = 12

#: How many signed reviews are kept, and for how long each at least, in months, as after the end of a convention (C4).
KEPT_REVIEWS, KEPT_MONTHS = 2, 24


class Kind(StrEnum):
    """Who or what a line is about: what is read of Keycloak, then what a person declares."""

    ADMINISTRATOR = "administrator"
    EVERYBODY = "everybody"  #: a role or a group that every new account gets, and that administers
    GROUP = "group"
    SERVICE_ACCOUNT = "service-account"
    AGENT = "agent"  #: an account of the realm of officers and viewers
    UNASKED = "unasked"
    MACHINE_SHELL = "machine-shell"
    MACHINE_SUDO = "machine-sudo"
    DATABASE = "database"
    SECRETS = "secrets"
    BACKUP_KEYS = "backup-keys"


#: What no program can read.
DECLARED = (Kind.MACHINE_SHELL, Kind.MACHINE_SUDO, Kind.DATABASE, Kind.SECRETS, Kind.BACKUP_KEYS)


@dataclass(frozen=True, slots=True, order=True)
class Grant:
    """A role that somebody has, `client/role` for a client's, and how it came.

    `gives` are the roles of administration that it is made of, where it is not one itself. `group` is the path of the
    group that gives it, `member_of` that of the subgroup in which the account is, where that is another.
    """

    role: str
    gives: tuple[str, ...] = ()
    group: str | None = None
    member_of: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Somebody or something that may act, as it was read or declared.

    `subject` is Keycloak's id: an account that was made again under the same name is another one. What is declared
    has neither realm nor id; its `name` is None for nobody.
    """

    kind: Kind
    name: str | None
    realm: str = ""
    subject: str = ""
    enabled: bool = True
    grants: tuple[Grant, ...] = ()

    @property
    def key(self) -> tuple[Kind, str, str]:
        """Whom a line is about, whatever it may do."""
        return self.kind, self.realm, self.subject or self.name or ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """An access in a review. `signed_by` confirmed it, or said by `wrong` why it is to be removed."""

    id: int
    access: Access
    signed_at: datetime | None = None
    signed_by: str | None = None
    wrong: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CafReview:
    """A review: a draft until every line is signed (`completed_at`). `read_at` is the last reading of Keycloak."""

    id: int
    begun_at: datetime
    read_at: datetime | None = None
    completed_at: datetime | None = None
    lines: tuple[Line, ...] = ()

    @property
    def unsigned(self) -> tuple[Line, ...]:
        """The lines that nobody has signed."""
        return tuple(line for line in self.lines if line.signed_at is None)

    @property
    def undeclared(self) -> tuple[Kind, ...]:
        """What a person has still to declare."""
        declared = {line.access.kind for line in self.lines}
        return tuple(kind for kind in DECLARED if kind not in declared)

    @property
    def is_whole(self) -> bool:
        """Whether nothing lacks: Keycloak was read, everything is declared, every line is signed."""
        return self.read_at is not None and not self.undeclared and not self.unsigned

    @property
    def sign_by(self) -> date:
        """The last day on which the draft can be signed."""
        return day_of(self.begun_at) + timedelta(days=FRESH_DAYS)

    def is_stale_on(self, today: date) -> bool:
        """Whether it is a draft too old to be signed: it is begun anew."""
        return self.completed_at is None and today > self.sign_by


class Change(StrEnum):
    """How a line stands beside the last signed review."""

    NEW = "new"
    CHANGED = "changed"
    SAME = "same"


@dataclass(frozen=True, slots=True)
class Comparison:
    """A review beside the last signed one. `removals` are the lines that were to be removed and are still there, by
    their number in this review, with the reason given then; `gone` are the accesses that are there no more.
    """

    changes: dict[int, Change] = field(default_factory=dict)
    removals: dict[int, str] = field(default_factory=dict)
    gone: tuple[Access, ...] = ()


def compare(review: CafReview, last: CafReview | None) -> Comparison:
    """What is new, changed, still there and gone since the last signed review; nothing without one.

    What is to be declared and is not yet is not gone.
    """
    if last is None:
        return Comparison()
    before = {line.access.key: line for line in last.lines}
    changes, removals = {}, {}
    for line in review.lines:
        known = before.pop(line.access.key, None)
        if known is None:
            changes[line.id] = Change.NEW
        else:
            changes[line.id] = Change.SAME if known.access == line.access else Change.CHANGED
            if known.wrong is not None:
                removals[line.id] = known.wrong
    unknown = review.undeclared if review.read_at else tuple(Kind)
    gone = (line.access for line in before.values() if line.access.kind not in unknown)
    return Comparison(changes, removals, tuple(gone))


def last_signed(reviews: Sequence[CafReview], before: CafReview | None = None) -> CafReview | None:
    """The last review that is signed whole, of those before that one. They come in the order of their numbers."""
    signed = [r for r in reviews if r.completed_at is not None and (before is None or r.id < before.id)]
    return signed[-1] if signed else None


def draft_of(reviews: Sequence[CafReview], today: date) -> CafReview | None:
    """The review that is under way, unless it is too old to be signed."""
    last = reviews[-1] if reviews else None
    return last if last and last.completed_at is None and not last.is_stale_on(today) else None


def due_on(reviews: Sequence[CafReview], first_signed_on: date | None) -> date | None:
    """When the next review is due: 12 months after the last one was signed, or after the first convention was; None
    while none is signed.
    """
    last = last_signed(reviews)
    if last is not None and last.completed_at is not None:
        return add_months(day_of(last.completed_at), _MONTHS)
    return None if first_signed_on is None else add_months(first_signed_on, _MONTHS)


def days_late(due: date | None, today: date) -> int:
    """For how many days the lines have been late."""
    return max((today - due).days, 0) if due is not None else 0


def reminder_on(due: date | None, today: date) -> date | None:
    """The day whose reminder is owed: that on which it is due, or one of those that follow every 30 days."""
    return None if due is None or today < due else reminder_day(due, today)


def outlived(reviews: Sequence[CafReview], today: date) -> tuple[int, ...]:
    """The reviews to be destroyed: those signed 2 years ago before the last two, and a draft too old to be signed."""
    signed = [(review.id, day_of(review.completed_at)) for review in reviews if review.completed_at is not None]
    old = [id_ for id_, signed_on in signed[:-KEPT_REVIEWS] if add_months(signed_on, KEPT_MONTHS) < today]
    return (*old, *(review.id for review in reviews if review.is_stale_on(today)))
