"""A change to make in Keycloak, and a drift to tell: what a plan is made of."""

from __future__ import annotations

import hashlib
import json
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from provisioner.domain.access.account import RemoteAccount, WantedAccount
from provisioner.domain.access.habilitation import Habilitation
from provisioner.domain.people import EmailAddress
from provisioner.domain.retention import Destruction


class Action(StrEnum):
    """The kinds of change, in the order in which they are made."""

    GROUP = "group"
    CLOSE = "close"
    UPDATE = "update"
    RENAME = "rename"
    OPEN = "open"
    REOPEN = "reopen"
    INVITE = "invite"
    DESTROY = "destroy"


_PLACES = {action: place for place, action in enumerate(Action)}

#: What a plan's id is made of: of one change the action, address, rule, date, and new address if any.
Line = tuple[str, str, str, str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One change: whose, by which rule, due since when, and the state that it leaves.

    `due_on` is the rule's date and never today; None for what has no date of its own. `wanted` is the whole
    account afterwards, `keycloak_id` its id there if it exists, `groups` the partners whose groups it is in
    while it is open: a closure that leaves some only leaves its own partner's, and one that returns elsewhere leaves
    those of `leaves` (A8). `new_email` is a rename's, whose `email` is the old one. `by_hand`: it puts right
    what another hand did. `owes_link`: once it is done the person is owed the e-mail with the link.
    `destruction` is what is destroyed, of a change that destroys and is about to be made.
    `present` is the account as it was read, `waits_until` when the last link of an account that returns is dead.
    `said` is its reason where nothing else is known of it: version 0.3 or older kept it with a hold.
    """

    action: Action
    partner: str
    rule: str
    email: EmailAddress | None = None
    habilitation: Habilitation | None = None
    due_on: date | None = None
    wanted: WantedAccount | None = None
    keycloak_id: str | None = None
    groups: tuple[str, ...] = ()
    leaves: tuple[str, ...] = ()
    new_email: EmailAddress | None = None
    by_hand: bool = False
    owes_link: bool = False
    said: str | None = None
    destruction: Destruction | None = None
    present: RemoteAccount | None = field(default=None, compare=False, repr=False)
    waits_until: datetime | None = None

    @property
    def subject(self) -> Habilitation:
        """The habilitation that it is about: every change but a group's has one."""
        assert self.habilitation is not None
        return self.habilitation

    @property
    def target(self) -> WantedAccount:
        """The whole account afterwards, of a change that writes one."""
        assert self.wanted is not None
        return self.wanted

    @property
    def destroyed(self) -> Destruction:
        """What is destroyed, of a change that destroys."""
        assert self.destruction is not None
        return self.destruction

    @property
    def is_of_unknown_account(self) -> bool:
        """Whether it destroys an account that the register does not know: nobody of the register waits for it."""
        return self.destruction is not None and self.destruction.is_of_unknown_account

    @property
    def is_suspension(self) -> bool:
        """Whether it only cuts the access for now: the habilitation goes on without an end."""
        return self.action is Action.CLOSE and self.habilitation is not None and self.habilitation.end is None

    @property
    def is_opening(self) -> bool:
        """Whether it opens an access, or opens it again."""
        return self.action in (Action.OPEN, Action.REOPEN)

    @property
    def needs_link(self) -> bool:
        """Whether it is useless unless a link leads to a password as P1 asks."""
        return self.is_opening or self.action is Action.INVITE

    @property
    def settles_rename(self) -> bool:
        """Whether a rename that was decided is done, or has no object any more, once this is."""
        return self.action is Action.RENAME or self._begins_or_ends_account

    @property
    def settles_reopening(self) -> bool:
        """The same of a reopening."""
        return self.action is Action.REOPEN or self._begins_or_ends_account

    @property
    def _begins_or_ends_account(self) -> bool:
        ends = self.action is Action.CLOSE and not (self.groups or self.is_suspension)
        return ends or (self.action is Action.OPEN and self.keycloak_id is None)

    @property
    def line(self) -> Line:
        """What a plan's id is made of."""
        due_on = self.due_on.isoformat() if self.due_on else ""
        return (self.action.value, self.email or "", self.rule, due_on, self.new_email or "")

    def is_about(self, email: EmailAddress) -> bool:
        """Whether it is that person's, under the old address or the new one."""
        return email in (self.email, self.new_email)

    @property
    def order(self) -> tuple[int, str, str]:
        """Sorts changes into the order in which they are made."""
        return (_PLACES[self.action], self.partner, self.email or "")


def in_turns(changes: Iterable[Change]) -> list[list[Change]]:
    """The changes in turns of which none has an account twice: the writes of one account stay in order (A8)."""
    turns: list[list[Change]] = []
    seen: Counter[str] = Counter()
    for change in changes:
        account = change.wanted.email if change.wanted else change.email or change.partner
        if seen[account] == len(turns):
            turns.append([])
        turns[seen[account]].append(change)
        seen[account] += 1
    return turns


def suspension_of(habilitation: Habilitation) -> Change:
    """The change that cuts this access for now, as it is told."""
    cut = replace(habilitation, end=None)
    return Change(action=Action.CLOSE, partner=cut.partner, rule="A4", email=cut.email, habilitation=cut)


def destroying(destruction: Destruction) -> Change:
    """The change that destroys this."""
    habilitation = destruction.habilitation
    return Change(
        action=Action.DESTROY,
        partner=destruction.partner,
        rule=destruction.rule,
        email=habilitation.email if habilitation is not None else None,
        habilitation=habilitation,
        due_on=destruction.done_from,
        keycloak_id=destruction.keycloak_id,
        destruction=destruction,
    )


class DriftKind(StrEnum):
    """What was found changed in Keycloak by another hand."""

    SUSPENDED_BY_HAND = "suspended-by-hand"
    ENABLED_BY_HAND = "enabled-by-hand"
    CHANGED_BY_HAND = "changed-by-hand"
    UNKNOWN_IN_GROUP = "unknown-in-group"
    MISSING_ACCOUNT = "missing-account"
    UNMARKED = "unmarked"
    GROUP_MOVED = "group-moved"
    ACCOUNT_MADE_AGAIN = "account-made-again"


@dataclass(frozen=True, slots=True)
class Drift:
    """One difference between Keycloak and what the register wants; no `email` where it is a partner's group's."""

    kind: DriftKind
    partner: str
    email: EmailAddress | None


def plan_id(partner: str, changes: Iterable[Change]) -> str:
    """The id of one partner's plan (contract): 8 hex digits of the SHA-256 of [partner, changes] as compact JSON.

    `changes` are those due and, for a document, those that it brings for later: each is its action, address,
    rule, date, and new address if any. They are sorted, so their order does not matter.
    """
    lines = sorted(change.line for change in changes)
    text = json.dumps([partner, lines], ensure_ascii=False, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:8]
