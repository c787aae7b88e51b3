"""Everything that says « not now »: one kind of fact, with its scope, its reason and its age."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from provisioner.domain.access.change import Action, Change
from provisioner.domain.calendar import day_of
from provisioner.domain.people import EmailAddress
from provisioner.domain.retention import suspension_alarm_on

#: The ages, in days, at which people are reminded of a hold; after the last, each time that many days more pass.
REMINDERS = (1, 7, 30)

#: How many days apart people are reminded of a containment, and of a hold on destruction that nobody confirmed.
WEEKLY_REMINDER = 7

#: How long what is in quarantine rests before it is tried again: after its first failure, and at most.
SHORTEST_REST, LONGEST_REST = timedelta(minutes=1), timedelta(hours=6)


class HoldKind(StrEnum):
    """Why something waits."""

    LIMIT = "limit"
    PAUSE = "pause"
    QUARANTINE = "quarantine"
    SUSPENSION = "suspension"
    CONTAINMENT = "containment"
    RETENTION = "retention"  #: a destruction waits (D7), and no change of an access


class StillOpen(StrEnum):
    """Why an access that was to be closed, or cut, is still open: no try has closed it."""

    ACCOUNT = "account"  #: Keycloak refuses to disable the account
    PARTNER = "partner"  #: the account serves another partner too, and Keycloak refuses to take this one off it
    MADE_AGAIN = "made-again"  #: the account is gone, and another hand made one with its address


class Cause(StrEnum):
    """Why a change was not made, where it is not Keycloak that refuses it; what Keycloak says stands in its words."""

    DEFECT = "defect"
    STOPPED = "stopped"
    SUPERSEDED = "superseded"
    OVERTAKEN = "overtaken"
    SILENT = "silent"
    NO_MAIL = "no-mail"
    GROUP_MISSING = "group-missing"
    GROUP_PLACE_TAKEN = "group-place-taken"
    ACCOUNT_MISSING = "account-missing"
    MADE_AGAIN = "made-again"
    NOT_MANAGED = "not-managed"
    NEW_ADDRESS_TAKEN = "new-address-taken"
    NOT_READY = "not-ready"
    UNCERTAIN = "uncertain"
    ENABLED = "enabled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Something that waits: until a named person lets it go or, in quarantine, until a later try succeeds.

    A limit holds one plan of a partner; its `reason` is the limit's code, with its `figure` and what is `allowed`
    where it has any. A pause holds all of a partner's (or, without a partner, everybody's), a suspension one account,
    a quarantine one account or all of a partner's. A containment holds back all openings of a partner, and its
    `figure` is how many accounts it cut: each has a suspension whose `containment` is its id. `second` is who
    confirmed it beside the one who decided, `incident` the incident to which it belongs. `until` is a pause's last
    day. `since_number` is the place of its record among the register's writes. `effective_at` is when a suspension
    was first true in Keycloak: enabled after that, it was another hand. `changes` are what a limit or a quarantine
    holds, without what they would write. `tried_at` is when what is in quarantine was last tried, a suspension first.
    `told_at` is when the contacts were last told of it. `decision` is the journal's entry of a suspension or a pause.
    `still_open` is why an access in quarantine is open that should be closed.
    """

    kind: HoldKind
    reason: str
    figure: int | None = None
    allowed: int | None = None
    since: datetime
    since_number: int = 0
    partner: str | None = None
    email: EmailAddress | None = None
    plan_id: str | None = None
    until: date | None = None
    effective_at: datetime | None = None
    changes: tuple[Change, ...] = ()
    id: int | None = None
    told_at: datetime | None = None
    tried_at: datetime | None = None
    decision: int | None = None
    still_open: StillOpen | None = None
    second: str | None = None
    containment: int | None = None
    incident: int | None = None

    @property
    def limit(self) -> str | None:
        """Which limit it is, None for what is none."""
        return self.reason if self.kind is HoldKind.LIMIT else None

    def is_about(self, partners: Collection[str], emails: Collection[EmailAddress]) -> bool:
        """Whether it is about one of these partners as a whole, one of these persons, or everybody."""
        if self.email is not None:
            return self.email in emails
        return self.partner is None or self.partner in partners

    def pauses(self, partner: str, day: date) -> bool:
        """Whether nothing may be written for that partner on that day."""
        is_meant = self.kind is HoldKind.PAUSE and self.partner in (None, partner)
        return is_meant and not self.is_over_on(day)

    def is_over_on(self, day: date) -> bool:
        """Whether it is a pause whose last day is past, or a hold on destruction that was to be looked at again."""
        return self.until is not None and self.until < day

    def waits_on(self, day: date) -> bool:
        """Whether somebody has to let it go, by itself: a suspension that a containment made goes with it."""
        return not self.is_over_on(day) and self.containment is None

    def holds(self, change: Change) -> bool:
        """Whether what is in quarantine keeps that change waiting: never a closure, which is tried in each run."""
        if self.kind is not HoldKind.QUARANTINE or change.action is Action.CLOSE:
            return False
        if self.email is None:
            return self.partner == change.partner
        return self.email == (change.habilitation.email if change.habilitation else None)

    def rests(self, now: datetime) -> bool:
        """Whether what is in quarantine is not to be tried again yet: it is each time its age has doubled. A try that
        is still to come was one by a clock that was wrong.
        """
        if self.kind is not HoldKind.QUARANTINE or self.tried_at is None:
            return False
        return (
            self.tried_at <= now < self.tried_at + min(max(self.tried_at - self.since, SHORTEST_REST), LONGEST_REST)
        )

    def is_to_be_told_on(self, day: date) -> bool:
        """Whether the contacts are to be told of it on that day.

        A limit, and an access that is still open, at once; then anything but a pause at each age of `REMINDERS` (a
        suspension's partner was asked on its first day); a suspension also when it has lasted 6 months. A containment
        is told each week, and the suspensions that it made are told with it; a hold on destruction each week once the
        day has passed on which somebody was to look at it again (D7). Days on which nothing ran are made up
        for by one reminder.
        """
        if self.kind is HoldKind.RETENTION:
            return self.is_over_on(day) and (
                self.told_at is None or (day - day_of(self.told_at)).days >= WEEKLY_REMINDER
            )
        if self.kind is HoldKind.PAUSE or self.containment is not None:
            return False
        if self.told_at is None and (self.kind is HoldKind.LIMIT or self.still_open):
            return True
        since = day_of(self.since)
        told_on = day_of(self.told_at) if self.told_at is not None else since
        age = (day - since).days
        is_weekly = self.kind is HoldKind.CONTAINMENT
        due_on = since + timedelta(days=age - age % WEEKLY_REMINDER if is_weekly else _last_reminder(age))
        return told_on < due_on or (self.has_alarm_on(day) and told_on < suspension_alarm_on(since))

    def has_alarm_on(self, day: date) -> bool:
        """Whether it is a suspension that has lasted for 6 months (convention, D)."""
        is_own = self.kind is HoldKind.SUSPENSION and self.containment is None
        return is_own and suspension_alarm_on(day_of(self.since)) <= day


def _last_reminder(age: int) -> int:
    """The newest age of a reminder at that age, both in days; 0 before the first."""
    if age >= REMINDERS[-1]:
        return age - age % REMINDERS[-1]
    return max((reminder for reminder in REMINDERS if reminder <= age), default=0)
