"""What the register, the annexes it keeps, the journal and Keycloak hold on one person; and where they stand."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

from rapidfuzz import fuzz, process

from provisioner.domain.contacts import Role
from provisioner.domain.days import day_of
from provisioner.domain.habilitation import Habilitation, State
from provisioner.domain.hold import Hold
from provisioner.domain.kept_annexe import KeptAnnexe
from provisioner.domain.likeness import LIKE
from provisioner.domain.links import InvitationState, invitation_state
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Account, Invitation, Records
from provisioner.domain.snapshot import RemoteAccount


class PersonState(StrEnum):
    """Where a person stands, in a word (docs/explain.md)."""

    UNKNOWN = "unknown"
    NOT_OURS = "not-ours"
    PLANNED = "planned"
    INVITED = "invited"
    SILENT = "silent"
    OPEN = "open"
    SUSPENDED = "suspended"
    SUSPENDED_BY_HAND = "suspended-by-hand"
    CLOSING = "closing"
    CLOSED = "closed"
    MISSING = "missing"


class Match(StrEnum):
    """By what a Keycloak user was found to be the person's, or that it is not ours at all."""

    ID = "id"
    MARK = "mark"
    ADDRESS_ONLY = "address-only"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """The Keycloak user behind an address. `groups` are partners' codes, or Keycloak's ids of other groups."""

    account: RemoteAccount
    match: Match
    has_password: bool = False
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A row of a kept annexe that names the person; `errors` are the sentences that refuse the row."""

    annexe: KeptAnnexe
    list: int
    row: int
    on: date | None
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalLine:
    """An entry of the journal about the person; `details` are empty once destroyed, or when they name others."""

    entry: int
    at: datetime
    by: str
    os_user: str
    host: str
    action: str
    sha256: str
    partner: str | None = None
    habilitation: int | None = None
    rule: str | None = None
    details: Mapping[str, Any] = field(default_factory=dict)

    @property
    def decided_by(self) -> str:
        """The person who decided, else who or what ran."""
        return str(self.details.get("by") or self.by)


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspension:
    """A suspension by name, and how it ended if it did."""

    reason: str
    since: datetime
    effective_at: datetime | None = None
    released_at: datetime | None = None
    released_by: str | None = None
    release_reason: str | None = None


@dataclass(frozen=True, kw_only=True)
class Dossier:
    """One person. `asked` is the address that was asked about, `email` the one that they have now.

    `current` are the newest applied annexes of the partners, `listed` the rows of all kept annexes that name the
    person. `other` is a Keycloak user with the same address that is not the person's.
    """

    asked: EmailAddress
    email: EmailAddress
    now: datetime
    records: Records
    found: Found | None = None
    other: Found | None = None
    current: Mapping[str, KeptAnnexe] = field(default_factory=dict)
    listed: tuple[Listed, ...] = ()
    journal: tuple[JournalLine, ...] = ()
    suspensions: tuple[Suspension, ...] = ()
    roles: tuple[tuple[str | None, Role], ...] = ()

    @property
    def is_empty(self) -> bool:
        """Whether nobody of that address is known anywhere."""
        return not (self.accesses or self.found or self.other or self.listed or self.journal or self.roles)

    @property
    def today(self) -> date:
        """The day in Paris."""
        return day_of(self.now)

    @cached_property
    def account(self) -> Account | None:
        """What the register knows of the Keycloak user."""
        return self.records.accounts.get(self.email)

    @cached_property
    def accesses(self) -> tuple[Habilitation, ...]:
        """The person's habilitations, oldest first."""
        return tuple(one for one in self.records.habilitations if one.email == self.email)

    @property
    def live(self) -> tuple[Habilitation, ...]:
        """Those that are not closed."""
        return tuple(one for one in self.accesses if one.state is not State.CLOSED)

    @property
    def open(self) -> tuple[Habilitation, ...]:
        """Those that are open in Keycloak, were it not for a suspension."""
        return tuple(one for one in self.accesses if one.state is State.OPEN)

    @property
    def suspension(self) -> Hold | None:
        """What suspends the account by name now."""
        return self.records.suspended.get(self.email)

    @property
    def sent(self) -> list[Invitation]:
        """Every attempt at a link, through whichever partner."""
        return [each for one in self.accesses for each in self.records.invitations_of(one)]

    def has_password(self, one: Habilitation) -> bool:
        """Whether the password that is there now was made for this habilitation: a return deletes the one before."""
        is_last = one.state is not State.CLOSED or one == self.accesses[-1]
        return is_last and self.found is not None and self.found.has_password

    def link_state(self, one: Habilitation) -> InvitationState | None:
        """What became of the link of that habilitation."""
        sent = self.records.invitations_of(one) if one.state is State.CLOSED else self.sent
        return invitation_state(one, sent, self.now, has_password=self.has_password(one))

    def attempt_state(self, one: Habilitation, attempt: Invitation) -> InvitationState:
        """What became of one attempt: a newer one, or a newer password, takes the place of those before."""
        sent = [each for each in self.records.invitations_of(one) if each.sent_at is not None]
        if attempt.sent_at is None:
            return InvitationState.OWED
        state = self.link_state(one) if attempt == sent[-1] else None
        is_about_it = state not in (None, InvitationState.OWED)
        return state if state is not None and is_about_it else InvitationState.EXPIRED

    def ends(self, one: Habilitation) -> bool:
        """Whether an end is known: from an annexe, a decision, or the convention's that is announced or past."""
        partner = self.records.partners[one.partner]
        return one.end is not None or partner.ends_on is not None or partner.last_day < self.today

    @property
    def nearest(self) -> EmailAddress | None:
        """The known address that is nearly the same: a hint, never more."""
        known = [one for one in self.records.accounts if one != self.email]
        best = process.extractOne(self.email, known, scorer=fuzz.ratio, score_cutoff=LIKE)
        return best[0] if best else None

    @property
    def state(self) -> PersonState:
        """Where the person stands."""
        if not self.accesses:
            is_foreign = self.other is not None
            return PersonState.NOT_OURS if is_foreign else PersonState.UNKNOWN
        if not self.live:
            return PersonState.CLOSED
        if self.suspension is not None:
            return PersonState.SUSPENDED
        return self._open_state() if self.open else PersonState.PLANNED

    def _open_state(self) -> PersonState:
        if self.found is None:
            return PersonState.MISSING
        if not self.found.account.enabled:
            is_lifted = self.account is not None and self.account.reopening is not None
            return PersonState.SUSPENDED if is_lifted else PersonState.SUSPENDED_BY_HAND
        if all(self.ends(one) for one in self.open):
            return PersonState.CLOSING
        links = {self.link_state(one) for one in self.open} - {None}
        if self.found.has_password or not links:
            return PersonState.OPEN
        is_awaited = links & {InvitationState.OWED, InvitationState.SENT}
        return PersonState.INVITED if is_awaited else PersonState.SILENT
