"""The yearly review of a partner's accesses (V1, V2): when it is due, what reminds of it, what settles it.

A review is settled by an annexe with a newer date that names every open access, or by a signed « liste inchangée ».
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum

from provisioner.domain.access.account import Snapshot
from provisioner.domain.access.habilitation import Habilitation, State
from provisioner.domain.calendar import REMINDED_EVERY, add_months, reminder_day
from provisioner.domain.convention import Partner, by_partner
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Records

#: V1: how long after the last review the next one is due, in months.
MONTHS = 12

#: An answer that changes nothing and comes that soon after the form was sent was hardly looked at.
HASTY = timedelta(minutes=15)


@dataclass(frozen=True, slots=True, kw_only=True)
class Review:
    """One review of a partner, by its facts.

    `due_on` is None for the first annexe, which reviews nothing: the first review is counted from it. `reminded_for`
    is the planned day of the last reminder, `frozen_at` when a reminder went last, with the `population` of that
    moment: the numbers of the open habilitations, and the `digest` of their data, made with `salt`; this goes with
    the first of the persons who is destroyed, and the digest proves nothing any more (D2). `unproven` are
    those of them that Keycloak did not hold open, `bounced` the roles of the contacts to whom it came back.

    `settled_on` is the date of what settled it: of the annexe whose digest is `annexe_sha256`, or of the signed list
    whose digest is `document_sha256`. `settled_at` is when that was recorded, `opened_since` and `closed_since` the
    accesses that had changed by then since the last reminder, `is_hasty` whether the list came back unchanged within
    minutes.
    """

    id: int
    partner: str
    due_on: date | None = None
    reminded_for: date | None = None
    frozen_at: datetime | None = None
    population: tuple[int, ...] = ()
    salt: str | None = None
    digest: str | None = None
    unproven: tuple[int, ...] = ()
    bounced: frozenset[str] = frozenset()
    settled_on: date | None = None
    settled_at: datetime | None = None
    annexe_sha256: str | None = None
    document_sha256: str | None = None
    signatory: str | None = None
    confirmed_by: str | None = None
    opened_since: tuple[int, ...] = ()
    closed_since: tuple[int, ...] = ()
    is_hasty: bool | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """How a partner stands with its reviews on a day.

    `last_on` is the date of the last review, `due_on` that of the next one: None where none is due, because nobody
    has an access or the convention ends before. `days_late` counts from that day; 0 too while the partner is
    contained. `current` is the review that is under way, where a reminder has gone.
    """

    partner: str
    last_on: date | None
    due_on: date | None
    days_late: int = 0
    current: Review | None = None

    @property
    def is_late(self) -> bool:
        """Whether it should have been done."""
        return self.days_late > 0


def standings(
    records: Records, reviews: Iterable[Review], today: date, open_at: Collection[str] | None = None
) -> list[Standing]:
    """How each partner stands whose convention is in force on that day, by its code. `open_at` are the partners that
    have an open access, where the records do not tell.
    """
    of_partner = by_partner(reviews)
    active = sorted(code for code, partner in records.partners.items() if partner.is_active_on(today))
    has_open = {code: None if open_at is None else code in open_at for code in active}
    return [standing(records, code, of_partner.get(code, ()), today, has_open[code]) for code in active]


def last_settled(reviews: Iterable[Review]) -> date | None:
    """The date of what settled a partner's reviews last, its first annexe too; None when nothing has."""
    return max((review.settled_on for review in reviews if review.settled_on), default=None)


def standing(
    records: Records, code: str, reviews: Sequence[Review], today: date, has_open: bool | None = None
) -> Standing:
    """How the partner stands on that day; `reviews` are its own. `has_open`: whether it has an open access, where the
    records do not tell.
    """
    partner = records.partners[code]
    last_on = last_settled(review for review in reviews if review.due_on)
    has_open = bool(open_accesses(records, code)) if has_open is None else has_open
    due_on = due_day(partner, last_settled(reviews), today) if has_open else None
    if due_on is None:
        return Standing(partner=code, last_on=last_on, due_on=None)
    current = next((r for r in reviews if r.due_on == due_on and r.settled_on is None), None)
    days_late = 0 if code in records.contained else max((today - due_on).days, 0)
    return Standing(partner=code, last_on=last_on, due_on=due_on, days_late=days_late, current=current)


def due_day(partner: Partner, settled_on: date | None, today: date) -> date | None:
    """The day on which the next review of a partner with open accesses is due, None where none is: the convention is
    not in force on that day, or ends before. `settled_on` is the date of what settled its reviews last.

    The first review is due 12 months after the first annexe, else after the signature; so is the first one of a
    convention that was signed again later.
    """
    if partner.signed_on is None or not partner.is_active_on(today):
        return None
    due_on = add_months(settled_on or partner.signed_on, MONTHS)
    if due_on <= partner.signed_on:
        due_on = add_months(partner.signed_on, MONTHS)
    return due_on if due_on <= partner.last_day else None


def planned_reminder(due_on: date, today: date) -> date | None:
    """The newest day on which a reminder was planned by that day: 30 days before, the day itself, every 30 days
    after. None when none was.
    """
    planned = reminder_day(due_on, today)
    return planned if planned >= due_on - REMINDED_EVERY else None


def reminder_due(standing: Standing, today: date) -> date | None:
    """For which planned day a reminder is to go now, None for none. Days without a run are made up by one."""
    if standing.due_on is None:
        return None
    planned = planned_reminder(standing.due_on, today)
    reminded_for = standing.current.reminded_for if standing.current else None
    return planned if planned is not None and (reminded_for is None or reminded_for < planned) else None


def next_reminder(standing: Standing, today: date) -> date | None:
    """The day on which the next reminder goes, today for one that is due."""
    if standing.due_on is None or reminder_due(standing, today):
        return None if standing.due_on is None else today
    planned = planned_reminder(standing.due_on, today)
    return standing.due_on - REMINDED_EVERY if planned is None else planned + REMINDED_EVERY


def open_accesses(records: Records, code: str) -> tuple[Habilitation, ...]:
    """The partner's open accesses, suspended ones too: whom a review is about."""
    return tuple(h for h in records.of_partner(code) if h.state is State.OPEN)


def digest_of(habilitations: Iterable[Habilitation], salt: str) -> str:
    """What proves later which data a list had, and cannot be read back: SHA-256 with a salt."""
    lines = [
        [h.id, h.person.last_name, h.person.first_names, h.person.function, h.email, h.requested_on.isoformat()]
        for h in sorted(habilitations, key=lambda h: h.id or 0)
    ]
    return hashlib.sha256(f"{salt}\n{json.dumps(lines, ensure_ascii=False)}".encode()).hexdigest()


class Unproven(StrEnum):
    """In which way Keycloak does not bear out what the register says of an access."""

    NO_ACCOUNT = "no-account"
    DISABLED = "disabled"
    OUTSIDE_GROUP = "outside-group"
    NOT_IN_LIST = "not-in-list"  #: an enabled account of the group that is no open access of the partner


def unproven(records: Records, snapshot: Snapshot, code: str) -> Mapping[EmailAddress, Unproven]:
    """The accounts of the partner that Keycloak and the register tell differently; who is suspended is disabled."""
    group = snapshot.groups.get(code)
    members = group.members if group is not None else frozenset()
    problems: dict[EmailAddress, Unproven] = {}
    listed = set()
    for habilitation in open_accesses(records, code):
        account = snapshot.accounts.get(records.accounts[habilitation.email].keycloak_id or "")
        if account is None:
            problems[habilitation.email] = Unproven.NO_ACCOUNT
            continue
        listed.add(account.id)
        if not account.enabled and records.state_of(habilitation) is State.OPEN:
            problems[habilitation.email] = Unproven.DISABLED
        elif account.id not in members:
            problems[habilitation.email] = Unproven.OUTSIDE_GROUP
    for id_ in members - listed:
        account = snapshot.accounts.get(id_)
        if account is not None and account.enabled:
            problems[account.email] = Unproven.NOT_IN_LIST
    return problems


def unaccounted(records: Records, code: str, transmitted_on: date) -> tuple[Habilitation, ...]:
    """The open accesses that the annexe of that date names in neither list: kept by a decision of the Caf (A5), they
    are not reviewed by the partner. One whose end is known is.
    """
    return tuple(h for h in open_accesses(records, code) if h.end is None and h.transmitted_on < transmitted_on)


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What has changed since the form of a reminder was made: accesses opened and closed since, by number, and
    whether nothing at all has, no person's data either.
    """

    opened: tuple[int, ...] = ()
    closed: tuple[int, ...] = ()
    is_same: bool = False
    is_hasty: bool = False


def changes_since(review: Review, records: Records, answered_at: datetime) -> Changes:
    """What had changed since the review's last reminder when the answer came; nothing where none has gone.

    It is hasty when nothing changed and it came within minutes.
    """
    if review.frozen_at is None:
        return Changes()
    accesses = open_accesses(records, review.partner)
    numbers = {h.id for h in accesses if h.id is not None}
    opened, closed = numbers.difference(review.population), set(review.population) - numbers
    is_same = not (opened or closed or review.salt is None)
    is_same = is_same and digest_of(accesses, review.salt or "") == review.digest
    is_hasty = is_same and timedelta() <= answered_at - review.frozen_at <= HASTY
    return Changes(opened=tuple(sorted(opened)), closed=tuple(sorted(closed)), is_same=is_same, is_hasty=is_hasty)


class OwnAccess(StrEnum):
    """That a contact of the partner answers for a list in which the contact's own access stands."""

    LISTED = "listed"
    ALONE = "alone"  #: it is the only access: nobody else reviews it


def own_access(records: Records, code: str, contacts: Iterable[EmailAddress]) -> OwnAccess | None:
    """Whether an access of the partner is that of one of its contacts."""
    emails = {h.email for h in open_accesses(records, code)}
    if emails.isdisjoint(contacts):
        return None
    return OwnAccess.ALONE if len(emails) == 1 else OwnAccess.LISTED
