"""What was destroyed since the copy that was put back, and the changes by which it is destroyed again."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, timedelta
from functools import cached_property
from typing import Any, Self

from provisioner.domain.access.account import PARTNER, RemoteAccount, Snapshot, wanted_account
from provisioner.domain.access.change import Action, Change, destroying
from provisioner.domain.access.habilitation import End, Habilitation
from provisioner.domain.destruction_list import ListedDestruction, ListLine
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Account, Records
from provisioner.domain.retention import Destruction, Kind, due, of_account, of_habilitation


@dataclass(frozen=True, slots=True)
class DestroyedSince:
    """What a register that was put back has still to destroy again.

    `last` is the last number of a habilitation that was given before it was put back: who has a later one was given
    an access since.
    """

    destroyed: tuple[ListedDestruction, ...] = ()
    keycloak_ids: frozenset[str] = frozenset()
    last: int | None = None

    @classmethod
    def of(cls, lines: Collection[ListLine], last: int) -> Self:
        """All that these lines say."""
        destroyed = dict.fromkeys(listed for line in lines for listed in line.destroyed)
        return cls(tuple(destroyed), frozenset(id_ for line in lines for id_ in line.keycloak_ids), last)

    def besides(self, told: Collection[ListedDestruction]) -> DestroyedSince:
        """Without what the copy's own journal tells: a line of the list may begin before the copy, and who returned
        after such a destruction is in the copy rightly. A partner's next convention is another one.
        """
        known = {(listed.rule, listed.habilitation) for listed in told if listed.habilitation is not None}
        destroyed = (listed for listed in self.destroyed if (listed.rule, listed.habilitation) not in known)
        return replace(self, destroyed=tuple(destroyed))

    def joined(self, other: DestroyedSince) -> DestroyedSince:
        """Both together."""
        last = max((since.last for since in (self, other) if since.last is not None), default=None)
        destroyed = tuple(dict.fromkeys((*self.destroyed, *other.destroyed)))
        return DestroyedSince(destroyed, self.keycloak_ids | other.keycloak_ids, last)

    @property
    def is_nothing(self) -> bool:
        """Whether nothing is to be destroyed again."""
        return not (self.destroyed or self.keycloak_ids)

    def written(self) -> str:
        """As the register keeps it; nothing where there is nothing."""
        if self.is_nothing:
            return ""
        facts: dict[str, Any] = {"destroyed": [asdict(listed) for listed in self.destroyed], "last": self.last}
        return json.dumps(facts | {"keycloak_ids": sorted(self.keycloak_ids)})

    @classmethod
    def read(cls, text: str | None) -> Self:
        """What the register kept."""
        facts = json.loads(text or "{}")
        destroyed = tuple(ListedDestruction(**listed) for listed in facts.get("destroyed", ()))
        return cls(destroyed, frozenset(facts.get("keycloak_ids", ())), facts.get("last"))

    def is_before(self, number: int | None) -> bool:
        """Whether the habilitation with that number was there before the register was put back."""
        return self.last is None or number is None or number <= self.last

    def of_rule(self, rule: str) -> Mapping[int, ListedDestruction]:
        """What was destroyed by that rule, by the number of the habilitation."""
        return {d.habilitation: d for d in self.destroyed if d.rule == rule and d.habilitation is not None}


class DestroyAgain:
    """What of it the register and Keycloak hold: which accesses are closed first, and what is destroyed then.

    No announcement and no limit stands before it: all of it was destroyed once. A paused partner's waits, closings
    included; a hold (D7) keeps from being destroyed only, and leaves nobody in.
    """

    def __init__(self, since: DestroyedSince, records: Records, snapshot: Snapshot, today: date) -> None:
        self.since, self.records, self.snapshot, self.today = since, records, snapshot, today
        self._by_account = records.by_account()
        self._listed_accounts = since.of_rule("D1")

    @cached_property
    def accounts(self) -> tuple[Destruction, ...]:
        """D1: the accounts that the register holds again. Who was given an access since has returned, and stays."""
        return tuple(
            of_account(self.records, habilitations, self._due_on)
            for email, habilitations in self._by_account.items()
            if self._is_destroyed(self.records.accounts[email], habilitations)
        )

    @cached_property
    def habilitations(self) -> tuple[Destruction, ...]:
        """D2: the habilitations that the register holds again."""
        numbers = self.since.of_rule("D2")
        return tuple(
            of_habilitation(self.records, habilitation, self._due_on, self._partners_of(habilitation.email))
            for habilitation in self.records.habilitations
            if habilitation.id in numbers
        )

    @cached_property
    def conventions(self) -> tuple[Destruction, ...]:
        """C4: the conventions whose last habilitation goes too, as long as their day has come in this register."""
        codes = {listed.partner for listed in self.since.destroyed if listed.rule == "C4"}
        going = {d.item.key for d in self.habilitations if self._may_go(d)}
        staying = tuple(h for h in self.records.habilitations if str(h.id) not in going)
        after = replace(self.records, habilitations=staying)
        return tuple(
            destruction
            for destruction in (due(after) if codes else ())
            if destruction.kind is Kind.CONVENTION and destruction.partner in codes
            if destruction.done_from <= self.today and not after.of_partner(destruction.partner)
        )

    @cached_property
    def unknown(self) -> tuple[RemoteAccount, ...]:
        """Accounts of ours that Keycloak holds again, as it was put back too, and that the copy never knew."""
        known = {account.keycloak_id for account in self.records.accounts.values()}
        ids = sorted(self.since.keycloak_ids.intersection(self.snapshot.accounts).difference(known))
        return tuple(account for id_ in ids if (account := self.snapshot.accounts[id_]).is_marked)

    def emails(self, unknown: Iterable[RemoteAccount]) -> frozenset[EmailAddress]:
        """Whose accounts are to be destroyed: nothing else is done for them before that."""
        accounts = [d.habilitation.email for d in self.accounts if d.habilitation is not None]
        return frozenset([*accounts, *(account.email for account in unknown)])

    @property
    def closed(self) -> Iterator[Habilitation]:
        """The accesses that the copy holds open or planned, though Keycloak has no such account: closed, with their
        ends.
        """
        for destruction in self.accounts:
            if destruction.keycloak_id not in self.snapshot.accounts and not self._is_paused(destruction):
                yield from map(self._ended, self._open_of(destruction))

    @property
    def changes(self) -> tuple[Change, ...]:
        """What is to be done, closings first."""
        everything = [*self.accounts, *self.habilitations, *self.conventions]
        unknown = (change for change in map(_destroying_unknown, self.unknown) if self._may_go(change.destroyed))
        return (*self._closings(), *unknown, *(destroying(d) for d in everything if self._may_go(d)))

    def remaining(self, unknown: Iterable[RemoteAccount]) -> DestroyedSince:
        """What is still to be destroyed again, as this register stands; `unknown` are those of the unknown accounts
        that Keycloak still has.
        """
        persons = {d.account for d in (*self.accounts, *self.habilitations)}
        numbers = {h.id for h in self.records.habilitations if self.records.accounts[h.email].id in persons}
        partners = {p for d in (*self.accounts, *self.habilitations, *self.conventions) for p in d.partners}
        destroyed = tuple(
            listed
            for listed in self.since.destroyed
            if (listed.partner in partners if listed.rule == "C4" else listed.habilitation in numbers)
        )
        ids = {*(d.keycloak_id for d in self.accounts), *(account.id for account in unknown)}
        return replace(self.since, destroyed=destroyed, keycloak_ids=self.since.keycloak_ids.intersection(ids))

    @property
    def _due_on(self) -> date:
        """It was due long ago: it is done from today on."""
        return self.today - timedelta(days=1)

    def _is_destroyed(self, account: Account, habilitations: Collection[Habilitation]) -> bool:
        is_listed = any(habilitation.id in self._listed_accounts for habilitation in habilitations)
        is_listed |= account.keycloak_id in self.since.keycloak_ids
        return is_listed and account.destroyed_on is None and all(self.since.is_before(h.id) for h in habilitations)

    def _partners_of(self, email: EmailAddress) -> tuple[str, ...]:
        """Through whom the account is held, while it is there."""
        if self.records.accounts[email].destroyed_on is not None:
            return ()
        return tuple(habilitation.partner for habilitation in self._by_account[email])

    def _is_paused(self, destruction: Destruction) -> bool:
        return any(self.records.is_paused(partner, self.today) for partner in destruction.partners)

    def _may_go(self, destruction: Destruction) -> bool:
        return not (destruction.is_on_hold or self._is_paused(destruction))

    def _open_of(self, destruction: Destruction) -> list[Habilitation]:
        assert destruction.habilitation is not None
        return [h for h in self._by_account[destruction.habilitation.email] if h.closed_at is None]

    def _closings(self) -> Iterator[Change]:
        """Of the accounts that Keycloak has: what the register holds open, and what Keycloak's own copy opened."""
        for destruction in self.accounts:
            remote = self.snapshot.accounts.get(destruction.keycloak_id or "")
            if remote is None or self._is_paused(destruction):
                continue
            closing = [self._ended(habilitation) for habilitation in self._open_of(destruction)]
            if remote.enabled and not closing and destruction.habilitation is not None:
                closing = [destruction.habilitation]
            for habilitation in closing:
                assert habilitation.end is not None
                yield Change(
                    action=Action.CLOSE,
                    partner=habilitation.partner,
                    rule=habilitation.end.rule,
                    email=habilitation.email,
                    habilitation=habilitation,
                    due_on=habilitation.end.due_on,
                    wanted=wanted_account(closing, enabled=False),
                    keycloak_id=remote.id,
                )

    def _ended(self, habilitation: Habilitation) -> Habilitation:
        """With the end that it had: the copy may be older than that."""
        if habilitation.end is not None:
            return habilitation
        listed = self._listed_accounts.get(habilitation.id or 0)  # with D2 its own dates are gone
        on, rule = (listed.ended_on, listed.end_rule) if listed is not None else (None, None)
        end = End(
            on=date.fromisoformat(on) if on else self.today,
            rule=rule or "A5",
            transmitted_on=None,
            recorded_on=self.today,
        )
        return replace(habilitation, end=end)


def _destroying_unknown(account: RemoteAccount) -> Change:
    """Its partner is the one that the account names itself."""
    partner = next(iter(account.attributes.get(PARTNER, ())), "")
    destruction = Destruction(
        kind=Kind.ACCOUNT, rule="D1", due_on=date.min, partner=partner, partners=(partner,), keycloak_id=account.id
    )
    return replace(destroying(destruction), email=account.email, due_on=None)
