"""One account: its habilitations against its Keycloak user. The account is the unit of planning (A8)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime

from provisioner.domain.change import Action, Change, Drift, DriftKind
from provisioner.domain.convention import Partner
from provisioner.domain.days import day_of
from provisioner.domain.habilitation import End, Habilitation, State
from provisioner.domain.records import Account, Records
from provisioner.domain.snapshot import RemoteAccount, Snapshot
from provisioner.domain.wanted import digest, wanted_account


class AccountPlan:
    """What one account needs. `remote` is its Keycloak user when there is one that is ours.

    Its habilitations fall into those closed already, those `closing` (their end is due), those `staying` open,
    those `opening` now, and those `waiting` for the last link sent to be dead: an unused link revives with
    the account.
    """

    def __init__(
        self,
        records: Records,
        snapshot: Snapshot,
        now: datetime,
        account: Account,
        remote: RemoteAccount | None,
        habilitations: Sequence[Habilitation],
    ) -> None:
        self.records, self.snapshot, self.account, self.remote = records, snapshot, account, remote
        self.today = day_of(now)
        self.closed = [one for one in habilitations if one.state is State.CLOSED]
        live = [self._with_convention(one) for one in habilitations if one.state is not State.CLOSED]
        self.closing = [one for one in live if one.is_ending_on(self.today)]
        self.staying = [one for one in live if one.state is State.OPEN and one not in self.closing]
        self.planned = [one for one in live if one.state is State.PLANNED and one not in self.closing]
        due = [one for one in self.planned if self._is_due(one)]
        self.link_expiry = self._last_link_expiry()
        must_wait = not self.staying and self.link_expiry is not None and self.link_expiry > now
        self.waiting = due if must_wait else []
        self.opening = [] if must_wait or self._is_leftover() else due

    def judge(self) -> Iterator[Change | Drift]:
        """What is due for this account, and what another hand changed."""
        for one in self.closing:
            assert one.end is not None
            yield self._change(Action.CLOSE, one, one.end.rule, one.end.due_on)
        yield from self._enabled_by_hand()
        yield from self._compare()
        if self._is_leftover():
            yield from (Drift(DriftKind.SUSPENDED_BY_HAND, one.partner, one.email) for one in self.planned)
        yield from (self._opening(one, one.requested_on) for one in self.opening)
        yield from self._invite()

    def later(self) -> Iterator[Change]:
        """What an annexe, `partner end` or a link that is still alive puts off."""
        for one in self.planned:
            if one in self.waiting and self.link_expiry is not None:
                yield self._opening(one, day_of(self.link_expiry))
            elif one.requested_on > self.today:
                yield self._opening(one, one.requested_on)
        for one in [*self.staying, *self.planned]:
            if end := one.end or _announced_end(self.records.partners[one.partner]):
                yield self._change(Action.CLOSE, replace(one, end=end), end.rule, end.due_on)

    def _with_convention(self, one: Habilitation) -> Habilitation:
        """C3: every access ends with the convention."""
        last_day = self.records.partners[one.partner].last_day
        if last_day >= self.today or (one.end is not None and one.end.on <= last_day):
            return one
        return replace(one, end=End(on=last_day, rule="C3", transmitted_on=None, recorded_on=self.today))

    def _is_due(self, one: Habilitation) -> bool:
        return one.requested_on <= self.today and self.records.partners[one.partner].is_active_on(self.today)

    def _last_link_expiry(self) -> datetime | None:
        ids = {one.id for one in [*self.closed, *self.closing]}
        ends = [one.intended_at + one.lifespan for one in self.records.invitations if one.habilitation in ids]
        return max(ends, default=None)

    def _is_leftover(self) -> bool:
        """Whether an account bears our mark, disabled, though the register never opened nor closed one there:
        somebody disabled it, and only `person reopen` may enable it.
        """
        return self.remote is not None and not (self.remote.enabled or self.closed or self.closing or self.staying)

    def _enabled_by_hand(self) -> Iterator[Change | Drift]:
        if self.remote and self.remote.enabled and self.closed and not (self.closing or self.staying or self.opening):
            last = self.closed[-1]
            assert last.end is not None
            yield Drift(DriftKind.ENABLED_BY_HAND, last.partner, last.email)
            yield self._change(Action.CLOSE, last, last.end.rule, None, by_hand=True)

    def _compare(self) -> Iterator[Change | Drift]:
        """Whether an account that stays open is what it should be; closings and openings write it anyway."""
        if not self.staying:
            return
        first = self.staying[0]
        if self.remote is None:
            yield Drift(DriftKind.MISSING_ACCOUNT, first.partner, first.email)
            return
        if not self.remote.enabled:
            yield Drift(DriftKind.SUSPENDED_BY_HAND, first.partner, first.email)
        found = digest(self.remote)
        outside = any(not self._is_member(one) for one in self.staying)
        differs = outside or found != digest(wanted_account(self.staying, enabled=True))
        by_hand = differs and (outside or not self.account.wrote(found))
        if not self.remote.is_marked:
            yield Drift(DriftKind.UNMARKED, first.partner, first.email)
        elif by_hand:
            yield Drift(DriftKind.CHANGED_BY_HAND, first.partner, first.email)
        if differs and not self.closing:
            yield self._change(Action.UPDATE, first, "A1", None, by_hand=by_hand)

    def _invite(self) -> Iterator[Change]:
        """P2: a link to each new person, and to nobody else."""
        if not self.staying:
            yield from (self._change(Action.INVITE, one, "P2", one.requested_on) for one in self.opening[:1])
        elif self.remote is not None and self.remote.enabled:
            sent = {one.habilitation for one in self.records.invitations if one.sent_at is not None}
            owed = [one for one in self.staying if one.id not in sent and self._was_new(one)]
            yield from (self._change(Action.INVITE, one, "P2", one.requested_on) for one in owed)

    def _was_new(self, one: Habilitation) -> bool:
        """Whether the account was not open already, through another partner, when this access was opened."""
        assert one.opened_at is not None
        return not any(
            other.opened_at is not None
            and (other.opened_at, other.id or 0) < (one.opened_at, one.id or 0)
            and (other.closed_at is None or other.closed_at > one.opened_at)
            for other in [*self.staying, *self.closing, *self.closed]
        )

    def _is_member(self, one: Habilitation) -> bool:
        if one.partner not in self.snapshot.groups:
            return True  # another partner's group, which this run does not read
        group = self.snapshot.groups[one.partner]
        return group is not None and self.remote is not None and self.remote.id in group.members

    def _opening(self, one: Habilitation, due_on: date) -> Change:
        is_return = bool(self.remote and (self.closed or self.closing) and not self.staying)
        return self._change(Action.REOPEN if is_return else Action.OPEN, one, "A4" if is_return else "A1", due_on)

    def _change(
        self, action: Action, one: Habilitation, rule: str, due_on: date | None, *, by_hand: bool = False
    ) -> Change:
        enabled: bool | None = None  # as it is: an account that somebody disabled stays so
        shown = self.staying if action is Action.CLOSE else [*self.staying, *self.opening]
        if action is Action.CLOSE and not self.staying:
            enabled = False
        elif action is Action.REOPEN or self.remote is None:
            enabled = True
        return Change(
            action=action,
            partner=one.partner,
            rule=rule,
            email=one.email,
            habilitation=one,
            due_on=due_on,
            wanted=wanted_account(shown or [one], enabled=enabled),
            keycloak_id=self.remote.id if self.remote else None,
            groups=tuple(other.partner for other in shown),
            by_hand=by_hand,
        )


def _announced_end(partner: Partner) -> End | None:
    """The end that `partner end` announced; the end of the CTG never stands in `later`."""
    if partner.ends_on is None:
        return None
    return End(on=partner.last_day, rule="C3", transmitted_on=None, recorded_on=partner.last_day)
