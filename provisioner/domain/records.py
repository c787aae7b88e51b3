"""What the register knows, as plain data for the rules; and on whose decision a change is made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from functools import cached_property

from provisioner.domain.access.account import Snapshot
from provisioner.domain.access.change import Action, Change, Line
from provisioner.domain.access.habilitation import Habilitation, State
from provisioner.domain.calendar import start_of
from provisioner.domain.convention import Partner, by_partner
from provisioner.domain.hold import Hold, HoldKind
from provisioner.domain.people import EmailAddress
from provisioner.domain.retention import Forecast, KeptRecords


class Reopening(StrEnum):
    """How a named person decided to reopen an account: its password as it was, or a new one."""

    AS_IT_WAS = "as-it-was"
    NEW_PASSWORD = "new-password"  # noqa: S105 - not a password


@dataclass(frozen=True, slots=True)
class Account:
    """What the register knows of a Keycloak user.

    `written` is the digest of what we last wrote there, `intended` of what a run that died may have written.
    `renamed_from` is the address that Keycloak still has while a decided rename is not done, `reopening` a decision
    to reopen that is not done; decided again, it is another one, with another `reopening_number`.
    `reopening_decision` is the journal's entry of that decision. `password_seen_number` is the place, among the
    register's writes, of the one that found that it has a password: it says nothing of links that became due since.
    `last_login_on` is the day of the last login that was read; it stays beyond the connection records' own age limit,
    until D1's day. `destroyed_on` is the day on which all of this was destroyed (D1), None while there is anything.
    `id` is the register's number of it.
    """

    email: EmailAddress
    keycloak_id: str | None = None
    written: str | None = None
    intended: str | None = None
    renamed_from: EmailAddress | None = None
    reopening: Reopening | None = None
    reopening_number: int | None = None
    reopening_decision: int | None = None
    password_seen_number: int | None = None
    last_login_on: date | None = None
    destroyed_on: date | None = None
    id: int | None = field(default=None, compare=False)

    @property
    def addresses(self) -> tuple[EmailAddress, ...]:
        """Under which another hand may have made it again: its own, and the one before a rename that is not done."""
        return (self.email,) if self.renamed_from is None else (self.email, self.renamed_from)

    @property
    def is_owed_a_write(self) -> bool:
        """Whether what we last meant to write there was not written: Keycloak refused it, or the run died."""
        return self.intended is not None and self.intended != self.written

    def is_gone_from(self, snapshot: Snapshot) -> bool:
        """Whether another hand deleted it: it had an id in Keycloak, and no account of the realm has it."""
        return self.keycloak_id is not None and self.keycloak_id not in snapshot.accounts

    def wrote(self, digest: str) -> bool:
        """Whether what Keycloak holds may be our own writing; anything else is another hand's."""
        return self.written is None or digest in (self.written, self.intended)


@dataclass(frozen=True, slots=True)
class Attempt:
    """One attempt at the e-mail with the link (P2).

    `intended_number` is the place of its intention among the register's writes: it tells what came before it.
    `keycloak_time` is Keycloak's own clock when the intention was recorded: only that clock tells whether an
    interrupted sending left, and only if Keycloak kept its admin events then (`events_kept`). `tries` counts how
    often this attempt was begun. `bounced_at` is when somebody reported that it came back, `told_at` when the partner
    was told that it was the last one and not used. `uncertain_at` is when it was found that nobody can know whether
    it left: then only a person has it begun again.
    """

    habilitation: int
    attempt: int
    intended_number: int
    intended_at: datetime
    keycloak_time: datetime
    lifespan: timedelta
    sent_at: datetime | None = None
    failed_at: datetime | None = None
    tries: int = 1
    bounced_at: datetime | None = None
    told_at: datetime | None = None
    events_kept: bool = False
    uncertain_at: datetime | None = None

    @property
    def is_unsettled(self) -> bool:
        """Whether nobody knows yet if it left, and Keycloak is still to be asked."""
        return self.sent_at is None and self.failed_at is None and self.uncertain_at is None

    @property
    def is_uncertain(self) -> bool:
        """Whether nobody can know if it left."""
        return self.uncertain_at is not None


@dataclass(frozen=True, slots=True)
class CurrentAnnexe:
    """The newest applied annexe of a partner (A2). `decision` is the journal's entry of its approval."""

    transmitted_on: date
    sha256: str
    decision: int | None = None


@dataclass(frozen=True, slots=True)
class Scope:
    """What of the register is asked for: these partners, the accounts with these addresses (or whose address was one
    of them until a rename that is not done), those with these ids in Keycloak, and those with these numbers. Of each
    such account, and of each that has or had an access through one of the partners, everything.

    `is_of_office`: and all that is about no account: every partner, hold, announcement.
    """

    partners: frozenset[str] = frozenset()
    emails: frozenset[EmailAddress] = frozenset()
    keycloak_ids: frozenset[str] = frozenset()
    accounts: frozenset[int] = frozenset()
    is_of_office: bool = False

    def has(self, account: Account) -> bool:
        """Whether the account is asked for by itself."""
        is_named = account.email in self.emails or account.renamed_from in self.emails
        return is_named or account.keycloak_id in self.keycloak_ids or account.id in self.accounts


@dataclass(frozen=True)
class Records:
    """The register at one moment, or the part of it that was asked for (`scope`).

    A part has all that plans about its partners need. What is destroyed is judged on all that these partners have.
    """

    partners: Mapping[str, Partner]
    accounts: Mapping[EmailAddress, Account] = field(default_factory=dict)
    habilitations: tuple[Habilitation, ...] = ()
    attempts: tuple[Attempt, ...] = ()
    current: Mapping[str, CurrentAnnexe] = field(default_factory=dict)
    #: the address of each partner's person responsible for habilitations, as its annexe 2 names it (N1)
    senders: Mapping[str, EmailAddress] = field(default_factory=dict)
    #: what nobody has let go yet
    holds: tuple[Hold, ...] = ()
    #: the ends, as (habilitation, last day), that a named person let go beyond a limit
    released: frozenset[tuple[int, date]] = frozenset()
    #: the plans, as (partner, id), that a named person let go beyond a limit
    let_go: frozenset[tuple[str | None, str]] = frozenset()
    #: the same of destructions, each by its partner and line
    destructions_let_go: frozenset[tuple[str, Line]] = frozenset()
    #: what a hold keeps from being destroyed (D7), and what runs said that they would destroy
    kept: KeptRecords = field(default_factory=KeptRecords)
    forecast: Forecast = field(default_factory=Forecast)
    realm_id: str | None = None
    #: the id of the group above the partners' groups, once it was seen
    root_id: str | None = None
    #: what this is a part for; None: it is the whole register
    scope: Scope | None = None
    #: how many partners the whole register has, where this is a part; how many accounts, where it is of the office
    partners_in_all: int | None = None
    accounts_in_all: int | None = None
    #: the number of the last unit of work that it knows of
    number: int | None = field(default=None, compare=False)

    @property
    def is_of_office(self) -> bool:
        """Whether it is a part that has everything that is about no account."""
        return self.scope is not None and self.scope.is_of_office

    @property
    def partner_count(self) -> int:
        """How many partners the whole register has."""
        return len(self.partners) if self.partners_in_all is None else self.partners_in_all

    @property
    def account_count(self) -> int:
        """How many accounts the whole register has."""
        return len(self.accounts) if self.accounts_in_all is None else self.accounts_in_all

    def part(self, scope: Scope) -> Records:
        """What the register has for that scope, as it would be read alone."""
        emails = {h.email for code in scope.partners for h in self.of_partner(code)}
        emails |= {account.email for account in self.accounts.values() if scope.has(account)}
        habilitations = tuple(h for h in self.habilitations if h.email in emails)
        codes = scope.partners | {h.partner for h in habilitations}
        ids = {h.id for h in habilitations}
        part = replace(
            self,
            accounts={email: account for email, account in self.accounts.items() if email in emails},
            habilitations=habilitations,
            attempts=tuple(attempt for attempt in self.attempts if attempt.habilitation in ids),
            scope=scope,
            partners_in_all=self.partner_count,
            accounts_in_all=self.account_count if scope.is_of_office else None,
        )
        if scope.is_of_office:
            return part
        return replace(
            part,
            partners={code: partner for code, partner in self.partners.items() if code in codes},
            current={code: annexe for code, annexe in self.current.items() if code in codes},
            senders={code: email for code, email in self.senders.items() if code in codes},
            holds=tuple(hold for hold in self.holds if hold.is_about(codes, emails)),
            released=frozenset(end for end in self.released if end[0] in ids),
            let_go=frozenset(plan for plan in self.let_go if plan[0] in codes),
            destructions_let_go=frozenset(),
            forecast=replace(self.forecast, items={}, done={}),
        )

    def with_part(self, part: Records) -> Records:
        """The same with that part of it as it is by now."""
        assert part.scope is not None
        before = self.part(part.scope)
        emails = before.accounts.keys() | part.accounts.keys()
        ids = {h.id for h in self.habilitations if h.email in emails}
        old_holds = {hold.id for hold in (*before.holds, *part.holds)}
        elsewhere = [h for h in self.habilitations if h.email not in emails]
        others = {email: account for email, account in self.accounts.items() if email not in emails}
        return replace(
            self,
            partners={**self.partners, **part.partners},
            accounts={**others, **part.accounts},
            habilitations=tuple(sorted([*elsewhere, *part.habilitations], key=lambda h: (h.id is None, h.id or 0))),
            attempts=(*(a for a in self.attempts if a.habilitation not in ids), *part.attempts),
            current={**self.current, **part.current},
            holds=(*(hold for hold in self.holds if hold.id not in old_holds), *part.holds),
            released=self.released | part.released,
            let_go=self.let_go | part.let_go,
            realm_id=part.realm_id,
            root_id=part.root_id,
        )

    def is_for_realm(self, realm_id: str) -> bool:
        """Whether the realm with that internal id is the register's: any is, before the first write there."""
        return self.realm_id in (None, realm_id)

    @cached_property
    def suspended(self) -> Mapping[EmailAddress, Hold]:
        """The accounts that a named person suspended."""
        return {h.email: h for h in self.holds if h.kind is HoldKind.SUSPENSION and h.email is not None}

    @cached_property
    def contained(self) -> Mapping[str, Hold]:
        """The partners of which every access is cut by a named person."""
        return {h.partner: h for h in self.holds if h.kind is HoldKind.CONTAINMENT and h.partner is not None}

    def cut_by(self, containment: Hold) -> frozenset[EmailAddress]:
        """The accounts that this containment suspends."""
        return frozenset(email for email, hold in self.suspended.items() if hold.containment == containment.id)

    def containment_of(self, hold: Hold) -> Hold | None:
        """The containment by which an account is suspended, None where it is suspended by itself."""
        return next((c for c in self.contained.values() if c.id == hold.containment), None)

    def is_paused(self, partner: str, day: date) -> bool:
        """Whether nothing is to be done for that partner, until further notice."""
        return any(hold.pauses(partner, day) for code in (None, partner) for hold in self.holds_of(code))

    @cached_property
    def _holds_of_partners(self) -> Mapping[str | None, list[Hold]]:
        by_code: dict[str | None, list[Hold]] = {}
        for hold in self.holds:
            if hold.email is None:
                by_code.setdefault(hold.partner, []).append(hold)
        return by_code

    def holds_of(self, code: str | None) -> Sequence[Hold]:
        """What nobody has let go yet of that partner as a whole, or of no partner in particular."""
        return self._holds_of_partners.get(code, ())

    def holds_on(self, day: date) -> tuple[Hold, ...]:
        """What waits on that day: all that nobody has let go, but pauses whose last day is past. The suspensions that
        a containment made go with it.
        """
        return tuple(hold for hold in self.holds if hold.waits_on(day))

    def state_of(self, habilitation: Habilitation) -> State:
        """The habilitation's state, a suspension by name included."""
        is_suspended = habilitation.state is State.OPEN and habilitation.email in self.suspended
        return State.SUSPENDED if is_suspended else habilitation.state

    def is_released(self, habilitation: Habilitation) -> bool:
        """Whether a named person let that very end go: another one, given to the same access later, was not seen."""
        return (
            habilitation.id is not None
            and habilitation.end is not None
            and (habilitation.id, habilitation.end.on) in self.released
        )

    @cached_property
    def _by_partner(self) -> Mapping[str, tuple[Habilitation, ...]]:
        return {code: tuple(habilitations) for code, habilitations in by_partner(self.habilitations).items()}

    def of_partner(self, code: str) -> tuple[Habilitation, ...]:
        """The partner's habilitations, oldest first."""
        return self._by_partner.get(code, ())

    @cached_property
    def _accounts_by_partner(self) -> Mapping[str, frozenset[int | None]]:
        of_partners = self._by_partner.items()
        return {code: frozenset(self.accounts[h.email].id for h in of_partner) for code, of_partner in of_partners}

    def accounts_of(self, code: str) -> frozenset[int | None]:
        """The register's numbers of the accounts that have, or had, an access through the partner."""
        return self._accounts_by_partner.get(code, frozenset())

    @cached_property
    def _by_account(self) -> Mapping[EmailAddress, list[Habilitation]]:
        by_email: dict[EmailAddress, list[Habilitation]] = {}
        for habilitation in self.habilitations:
            by_email.setdefault(habilitation.email, []).append(habilitation)
        return by_email

    def by_account(self) -> Mapping[EmailAddress, list[Habilitation]]:
        """The habilitations of each account, oldest first."""
        return self._by_account

    @cached_property
    def _attempts(self) -> Mapping[int, tuple[Attempt, ...]]:
        by_habilitation: dict[int, list[Attempt]] = {}
        for invitation in self.attempts:
            by_habilitation.setdefault(invitation.habilitation, []).append(invitation)
        return {id_: tuple(invitations) for id_, invitations in by_habilitation.items()}

    def attempts_of(self, habilitation: Habilitation) -> tuple[Attempt, ...]:
        """The habilitation's attempts at the e-mail with the link, oldest first."""
        return self._attempts.get(habilitation.id, ()) if habilitation.id is not None else ()

    def as_due_on(self, day: date) -> Records:
        """The register as it stands once each end that is due on that day is carried out.

        An annexe is judged by it: the answer is the same before `sync` has closed an access and after.
        """
        return replace(self, habilitations=tuple(self._closed_if_due(h, day) for h in self.habilitations))

    def _closed_if_due(self, habilitation: Habilitation, day: date) -> Habilitation:
        partner = self.partners.get(habilitation.partner)
        last_day = None if partner is None else partner.last_day
        ending = habilitation.ending_with_convention(last_day, day)
        if ending.state is State.CLOSED or ending.end is None or not ending.is_ending_on(day):
            return habilitation
        return replace(ending, closed_at=start_of(ending.end.due_on))

    def open_addresses(self, code: str) -> frozenset[EmailAddress]:
        """The addresses open at that partner."""
        return frozenset(h.email for h in self.of_partner(code) if h.state is State.OPEN)

    def with_habilitations(self, habilitations: Iterable[Habilitation]) -> Records:
        """The same with other habilitations, and an account for each address."""
        kept = tuple(habilitations)
        missing = {h.email: Account(h.email) for h in kept if h.email not in self.accounts}
        return replace(self, habilitations=kept, accounts={**self.accounts, **missing})


def cause_of(change: Change, records: Records) -> int | None:
    """The decision that this change follows from; None where nobody decided (the end of the CTG), or the register is
    older than what it records now.

    An access opens and closes on the decisions that are recorded with it. What only brings its account up to date
    follows from the annexe in force: it says what the account should be (A1).
    """
    habilitation = change.habilitation
    if habilitation is None:
        return None
    account = records.accounts.get(habilitation.email)
    if change.is_suspension:
        hold = records.suspended.get(habilitation.email)
        return hold.decision if hold is not None else None
    if account is not None and account.reopening is not None and change.is_opening and change.settles_reopening:
        return account.reopening_decision
    if change.action is Action.CLOSE:
        return _cause_of_end(habilitation, records.partners[habilitation.partner])
    if change.is_opening:
        return habilitation.decision
    current = records.current.get(change.partner)
    is_named_by_it = current is not None and current.transmitted_on == habilitation.transmitted_on
    return current.decision if current is not None and is_named_by_it else habilitation.decision


def _cause_of_end(habilitation: Habilitation, partner: Partner) -> int | None:
    """Nobody decided that the CTG ends; an earlier end of the convention was decided by somebody (C3)."""
    if habilitation.end is None:
        return None
    if habilitation.end.rule == "C3":
        return partner.end_decision if partner.ends_on == habilitation.end.on else None
    return habilitation.end.decision
