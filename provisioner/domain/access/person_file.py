"""What is held on one person in the register, the kept annexes, the journal and Keycloak; and where they stand."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from functools import cached_property
from typing import Any

from provisioner.domain.access.account import NO_FAILURES, Failures, RemoteAccount
from provisioner.domain.access.habilitation import Habilitation, State
from provisioner.domain.access.invitations import InvitationState, invitation_of, last_expiry, password_was_seen
from provisioner.domain.annexe.kept import KeptAnnexe
from provisioner.domain.calendar import day_of
from provisioner.domain.connections.held import HeldConnections
from provisioner.domain.connections.incident import Incident
from provisioner.domain.connections.usage import Usage, usage
from provisioner.domain.convention import Role
from provisioner.domain.hold import Hold
from provisioner.domain.journal import JournalLine
from provisioner.domain.people import LIKE, EmailAddress
from provisioner.domain.records import Account, Attempt, Records


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


@dataclass(frozen=True, slots=True, kw_only=True)
class KeycloakUser:
    """A Keycloak user: the person's, or (`is_ours` false) one that only has their address and is not managed here.

    `groups` are partners' codes, or Keycloak's ids of other groups.
    """

    account: RemoteAccount
    is_ours: bool = True
    has_password: bool = False
    failures: Failures = NO_FAILURES
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Listed:
    """A row of a kept annexe that names the person; `errors` are the sentences that refuse the row."""

    annexe: KeptAnnexe
    list: int
    row: int
    on: date | None
    errors: tuple[str, ...] = ()


@dataclass(frozen=True, kw_only=True)
class PersonFile:
    """One person. `asked` is the address that was asked about, `email` the one that they have now.

    `current` are the newest applied annexes of the partners, `listed` the rows of all kept annexes that name the
    person, `suspensions` those by name, past ones too, as the register has them, `roles` those that they have as a
    contact, each with its partner (None: the Caf), `connections` what is held of their connections, `incidents` those
    that name the person. `known` are all addresses of the register, where the person has no access: the address may
    be mistyped. In a realm that is not the register's (`is_known_realm` false) nothing was looked for: where they
    stand is what the register alone says.
    """

    asked: EmailAddress
    email: EmailAddress
    now: datetime
    records: Records
    user: KeycloakUser | None = None
    current: Mapping[str, KeptAnnexe] = field(default_factory=dict)
    listed: tuple[Listed, ...] = ()
    journal: tuple[JournalLine, ...] = ()
    suspensions: tuple[Mapping[str, Any], ...] = ()
    roles: tuple[tuple[str | None, Role], ...] = ()
    connections: HeldConnections = field(default=HeldConnections())
    incidents: tuple[Incident, ...] = ()
    known: Collection[EmailAddress] = ()
    is_known_realm: bool = True

    @property
    def is_empty(self) -> bool:
        """Whether nobody of that address is known anywhere."""
        return not (self.accesses or self.user or self.listed or self.journal or self.roles)

    @property
    def today(self) -> date:
        """The day in Paris."""
        return day_of(self.now)

    @property
    def ours(self) -> KeycloakUser | None:
        """The person's Keycloak user."""
        return self.user if self.user is not None and self.user.is_ours else None

    @property
    def account(self) -> Account | None:
        """What the register knows of the Keycloak user."""
        return self.records.accounts.get(self.email)

    @cached_property
    def accesses(self) -> tuple[Habilitation, ...]:
        """The person's habilitations, oldest first."""
        return tuple(h for h in self.records.habilitations if h.email == self.email)

    @property
    def live(self) -> tuple[Habilitation, ...]:
        """Those that are not closed."""
        return tuple(h for h in self.accesses if h.state is not State.CLOSED)

    @property
    def open(self) -> tuple[Habilitation, ...]:
        """Those that are open in Keycloak, were it not for a suspension."""
        return tuple(h for h in self.accesses if h.state is State.OPEN)

    @property
    def holds(self) -> tuple[Hold, ...]:
        """What suspends the person, keeps them in quarantine, or holds a plan that would change them something."""
        return tuple(hold for hold in self.records.holds if self.email == hold.email or self._is_changed_by(hold))

    def _is_changed_by(self, hold: Hold) -> bool:
        return any(change.is_about(self.email) for change in hold.changes)

    @property
    def last_login_on(self) -> date | None:
        """The day of the last login that is known, be its record destroyed by now."""
        days = [day_of(record.at) for record in self.connections.records if record.is_login]
        if self.account is not None and self.account.last_login_on is not None:
            days.append(self.account.last_login_on)
        return max(days, default=None)

    def usage_of(self, access: Habilitation) -> Usage:
        """How that access has been used."""
        return usage(self.connections.coverage, access, self.last_login_on, self.today)

    def sent(self, access: Habilitation) -> list[Attempt]:
        """The attempts at that habilitation's link: through whichever partner, once it is closed its own only."""
        through = [access] if access.state is State.CLOSED else self.accesses
        return [attempt for habilitation in through for attempt in self.records.attempts_of(habilitation)]

    def link_state(self, access: Habilitation) -> InvitationState | None:
        """What became of that habilitation's link. The password that is there is the last one's: a return deletes
        the one before.
        """
        is_last = access.state is not State.CLOSED or access == self.accesses[-1]
        has_password = is_last and self.ours is not None and self.ours.has_password
        was_used = is_last and password_was_seen(self.records, self.email)
        invitation = invitation_of(access, self.sent(access), was_used=was_used)
        return invitation.state(self.now, has_password=has_password)

    def attempt_state(self, access: Habilitation, attempt: Attempt) -> InvitationState:
        """What became of one attempt: a newer one, or a newer password, takes the place of those before."""
        if attempt.sent_at is None:
            return InvitationState.UNCERTAIN if attempt.is_uncertain else InvitationState.OWED
        is_last = attempt == [sent for sent in self.records.attempts_of(access) if sent.sent_at is not None][-1]
        state = self.link_state(access) if is_last else None
        return state if state not in (None, InvitationState.OWED) else InvitationState.EXPIRED

    def waits_for_link_until(self, access: Habilitation) -> datetime | None:
        """Until when a planned access waits for an old link to be dead: it would revive with the account (A4)."""
        closed = [old for old in self.accesses if old.state is State.CLOSED]
        expiry = last_expiry(attempt for old in closed for attempt in self.sent(old))
        is_due = access.state is State.PLANNED and access.requested_on <= self.today and not self.open
        return expiry if is_due and expiry is not None and expiry > self.now else None

    @property
    def nearest(self) -> EmailAddress | None:
        """The known address that is nearly the same: a hint, never more."""
        from rapidfuzz import fuzz, process

        others = [address for address in self.known if address != self.email]
        best = process.extractOne(self.email, others, scorer=fuzz.ratio, score_cutoff=LIKE)
        return best[0] if best else None

    @property
    def state(self) -> PersonState:
        """Where the person stands; with several accesses, where their account does."""
        if not self.accesses:
            return PersonState.UNKNOWN if self.user is self.ours else PersonState.NOT_OURS
        if not self.live:
            return PersonState.CLOSED
        if self.email in self.records.suspended:
            return PersonState.SUSPENDED
        return self._open_state() if self.open else PersonState.PLANNED

    def _open_state(self) -> PersonState:
        if self.ours is None and self.is_known_realm:
            return PersonState.MISSING
        if self.ours is not None and not self.ours.account.enabled:
            is_lifted = self.account is not None and self.account.reopening is not None
            return PersonState.SUSPENDED if is_lifted else PersonState.SUSPENDED_BY_HAND
        if all(map(self._ends, self.open)):
            return PersonState.CLOSING
        links = set(map(self.link_state, self.open)) - {None}
        if self.ours is None or self.ours.has_password or not links:
            return PersonState.OPEN
        is_awaited = links & {InvitationState.OWED, InvitationState.SENT}
        return PersonState.INVITED if is_awaited else PersonState.SILENT

    def _ends(self, access: Habilitation) -> bool:
        """Whether an end is known: from an annexe, a decision, or the convention's that is announced or past."""
        partner = self.records.partners[access.partner]
        return access.end is not None or partner.ends_on is not None or partner.last_day < self.today
