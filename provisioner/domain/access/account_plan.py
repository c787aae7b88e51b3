"""One account: its habilitations against its Keycloak user. The account is the unit of planning (A8)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from itertools import zip_longest

from provisioner.domain.access.account import (
    ENDED_ON,
    PARTNER,
    REQUESTED_ON,
    RemoteAccount,
    Snapshot,
    content,
    digest,
    wanted_account,
)
from provisioner.domain.access.change import Action, Change, Drift, DriftKind
from provisioner.domain.access.habilitation import End, Habilitation, State
from provisioner.domain.access.invitations import is_owed, last_expiry
from provisioner.domain.calendar import day_of
from provisioner.domain.convention import Partner
from provisioner.domain.hold import Hold
from provisioner.domain.records import Account, Records, Reopening

#: The kinds of change that show an opening of this run; any other is made even when the opening is held.
_OPENS = (Action.OPEN, Action.REOPEN)


class AccountPlan:
    """What one account needs. `remote` is its Keycloak user when there is one that is ours, `stranger` one that is
    not and has its address.

    Its habilitations fall into those closed already, those `closing` (their end is due), those `staying` open,
    those `opening` now, and those `waiting` for the last link sent to be dead: an unused link revives with
    the account. Only openings at the `partners` of this run are made.
    """

    def __init__(
        self,
        records: Records,
        snapshot: Snapshot,
        now: datetime,
        partners: Collection[str],
        account: Account,
        remote: RemoteAccount | None,
        habilitations: Sequence[Habilitation],
        stranger: RemoteAccount | None = None,
    ) -> None:
        self.records, self.snapshot, self.account, self.remote = records, snapshot, account, remote
        self.today = day_of(now)
        #: who has the address of our account that is gone
        self.stranger = stranger if remote is None and account.is_gone_from(snapshot) else None
        self.suspension = records.suspended.get(account.email)
        self.reopening = account.reopening if self.suspension is None else None
        self.closed = [h for h in habilitations if h.state is State.CLOSED]
        live = [self._with_convention(h) for h in habilitations if h.state is not State.CLOSED]
        self.closing = [h for h in live if h.is_ending_on(self.today)]
        going_on = [h for h in live if h not in self.closing]
        self.staying = [h for h in going_on if h.state is State.OPEN]
        self.planned = [h for h in going_on if h.state is State.PLANNED]
        #: through which what concerns the whole account is told: of a partner of this run
        self.first = next((h for h in self.staying if h.partner in partners), None)
        due = [h for h in self.planned if h.partner in partners and self._is_due(h)]
        self.link_expiry = self._last_link_expiry()
        must_wait = not self.staying and self.link_expiry is not None and self.link_expiry > now
        self.waiting = due if must_wait else []
        self.opening = [] if must_wait or self._is_disabled_by_hand() or self.suspension else due

    def judge(self) -> Iterator[Change | Drift]:
        """What is due for this account, and what another hand changed."""
        for habilitation in self.closing:
            assert habilitation.end is not None
            yield self._change(Action.CLOSE, habilitation, habilitation.end.rule, habilitation.end.due_on)
        if self.closed and not (self.closing or self.staying or self.opening):
            yield from self._judge_closed(self.closed[-1])
        if self.stranger is not None:
            yield from self._made_again(self.stranger)
        if self.first:
            yield from self._judge_open(self.first)
        if self._is_disabled_by_hand():
            yield from (Drift(DriftKind.SUSPENDED_BY_HAND, h.partner, h.email) for h in self.planned)
        if self.suspension and self._was_made_by_a_dead_run():
            yield self._cut(self.planned[0])
        for habilitation in self.opening:
            yield self._opening(habilitation, habilitation.requested_on, owes_link=self._is_new())
        yield from self._invite()

    def later(self) -> Iterator[Change]:
        """What an annexe, `partner end` or a link that is still alive puts off."""
        for habilitation in self.planned:
            if habilitation in self.waiting and self.link_expiry is not None:
                opening = self._opening(habilitation, day_of(self.link_expiry))
                yield replace(opening, waits_until=self.link_expiry)
            elif self.today < habilitation.requested_on <= self.records.partners[habilitation.partner].last_day:
                yield self._opening(habilitation, habilitation.requested_on)
        for habilitation in [*self.staying, *self.planned]:
            announced = _announced_end(self.records.partners[habilitation.partner])
            ends = [end for end in (habilitation.end, announced) if end is not None]
            if ends and (habilitation in self.staying or habilitation.requested_on <= ends[-1].on):
                end = min(ends, key=lambda end: end.due_on)
                yield self._change(Action.CLOSE, replace(habilitation, end=end), end.rule, end.due_on)

    def _with_convention(self, habilitation: Habilitation) -> Habilitation:
        """C3: every access ends with the convention."""
        return habilitation.ending_with_convention(self.records.partners[habilitation.partner].last_day, self.today)

    def _is_due(self, habilitation: Habilitation) -> bool:
        partner = self.records.partners[habilitation.partner]
        return habilitation.requested_on <= self.today and partner.is_active_on(self.today)

    def _last_link_expiry(self) -> datetime | None:
        ended = [*self.closed, *self.closing]
        return last_expiry(attempt for habilitation in ended for attempt in self.records.attempts_of(habilitation))

    def _is_disabled_by_hand(self) -> bool:
        """Whether an account bears our mark, disabled, though the register never opened nor closed one there:
        somebody disabled it, and only `person reopen` may enable it.
        """
        was_ours = bool(self.closed or self.closing or self.staying or self.reopening or self.suspension)
        is_disabled = self.remote is not None and not self.remote.enabled
        return is_disabled and (not was_ours or self._shows_planned())

    def _shows_planned(self) -> bool:
        """Whether a return that is still planned here stands in Keycloak already: it was made and ended there since
        this register was copied, and an older copy opens nobody. One that was closed here, and asked for again by its
        old date, is told by its end.
        """
        attributes = self.remote.attributes if self.remote is not None and not (self.closing or self.staying) else {}
        shown = set(zip_longest(*(attributes.get(name, ()) for name in (PARTNER, REQUESTED_ON, ENDED_ON))))
        shown -= {(h.partner, h.requested_on.isoformat(), h.end.on.isoformat()) for h in self.closed if h.end}
        planned = {(h.partner, h.requested_on.isoformat()) for h in self.planned}
        return any((partner, requested_on) in planned for partner, requested_on, _ in shown)

    def _judge_closed(self, last: Habilitation) -> Iterator[Change | Drift]:
        """An account of which every access is closed: enabled by another hand, or closed and not written whole, as
        Keycloak refused the rest.
        """
        assert last.end is not None
        if self.remote is None:
            return
        if self.remote.enabled:
            yield Drift(DriftKind.ENABLED_BY_HAND, last.partner, last.email)
            yield self._change(Action.CLOSE, last, last.end.rule, None, by_hand=True)
        elif self.account.is_owed_a_write:
            yield self._change(Action.UPDATE, last, last.end.rule, None)

    def _made_again(self, stranger: RemoteAccount) -> Iterator[Change | Drift]:
        """The account was deleted, and another hand made one with its address: open, and not ours (A8)."""
        opened = [h for h in [*self.staying, *self.closing] if h.opened_at is not None]
        last = self.closed[-1:] if stranger.enabled else []
        for code in {habilitation.partner: None for habilitation in opened or last}:
            yield Drift(DriftKind.ACCOUNT_MADE_AGAIN, code, self.account.email)
        if self.suspension is not None and self.first and stranger.enabled:
            yield self._cut(self.first)

    def _judge_open(self, first: Habilitation) -> Iterator[Change | Drift]:
        """An account that stays open: suspended or reopened by name, renamed, or brought to what it should be."""
        if self.remote is None:
            if self.reopening:
                yield self._change(Action.OPEN, first, "A1", None, owes_link=True)
            elif self.stranger is None:
                yield Drift(DriftKind.MISSING_ACCOUNT, first.partner, first.email)
            return
        if self.suspension is not None:
            yield from self._suspend(first, self.suspension, self.remote)
        elif self.reopening:
            yield self._change(Action.REOPEN, first, "A4", None, owes_link=self._reopens_with_link())
        elif not self.remote.enabled:
            yield Drift(DriftKind.SUSPENDED_BY_HAND, first.partner, first.email)
        yield from self._compare(first, self.remote)

    def _suspend(self, first: Habilitation, hold: Hold, remote: RemoteAccount) -> Iterator[Change | Drift]:
        """An account that another hand disabled before gets the whole recipe too: its sessions are still there."""
        was_cut = hold.effective_at is not None
        if was_cut and not remote.enabled:
            return
        if was_cut:
            yield Drift(DriftKind.ENABLED_BY_HAND, first.partner, first.email)
        yield self._cut(first, by_hand=was_cut)

    def _cut(self, habilitation: Habilitation, *, by_hand: bool = False) -> Change:
        """A suspension: the access goes on without an end."""
        return self._change(Action.CLOSE, replace(habilitation, end=None), "A4", None, by_hand=by_hand)

    def _reopens_with_link(self) -> bool:
        """Whether the decided reopening ends with a new password: asked for, or the account is another one than the
        register knows: created again by a run that died before it could say so.
        """
        is_another = self.remote is None or self.remote.id != self.account.keycloak_id
        return self.reopening is Reopening.NEW_PASSWORD or is_another

    def _compare(self, first: Habilitation, remote: RemoteAccount) -> Iterator[Change | Drift]:
        """Whether the account is what it should be; closings and openings write it anyway."""
        outside = any(not self._is_member(habilitation) for habilitation in self.staying)
        differs = outside or content(remote) != content(wanted_account(self.staying, enabled=True))
        is_new_to_us = first.adopted_on is not None and self.account.written is None
        by_hand = differs and not is_new_to_us and (outside or not self.account.wrote(digest(remote)))
        if not remote.is_marked and not is_new_to_us:
            yield Drift(DriftKind.UNMARKED, first.partner, first.email)
        elif by_hand:
            yield Drift(DriftKind.CHANGED_BY_HAND, first.partner, first.email)
        if self.account.renamed_from is not None:
            owes_link = remote.id not in self.snapshot.with_password
            yield self._change(Action.RENAME, first, "A7", None, owes_link=owes_link)
        elif differs and not self.closing and not self.reopening:
            yield self._change(Action.UPDATE, first, "A8" if is_new_to_us else "A1", None, by_hand=by_hand)

    def _invite(self) -> Iterator[Change]:
        """P2: a link to each new person, to one whose address or password is a new one, and to nobody else."""
        if self._is_new():
            yield from (self._change(Action.INVITE, h, "P2", h.requested_on) for h in self.opening[:1])
        elif self.first is None or self.suspension is not None:
            return
        elif self.reopening and self._reopens_with_link():
            yield self._change(Action.INVITE, self.first, "P2", None)
        elif self.remote is not None and (self.remote.enabled or self.reopening):
            yield from self._invite_again(self.first, self.remote)

    def _invite_again(self, first: Habilitation, remote: RemoteAccount) -> Iterator[Change]:
        """A link to a new address, or one that is still owed."""
        attempts = [attempt for habilitation in self.staying for attempt in self.records.attempts_of(habilitation)]
        owed = [habilitation for habilitation in self.staying if is_owed(habilitation, attempts)]
        if self.account.renamed_from is not None:
            if remote.id not in self.snapshot.with_password:
                yield self._change(Action.INVITE, first, "P2", None)
        elif owed:
            due_on = owed[0].requested_on if owed[0].owes_first_link else None
            yield self._change(Action.INVITE, owed[0], "P2", due_on)

    def _is_member(self, habilitation: Habilitation) -> bool:
        if habilitation.partner not in self.snapshot.groups:
            return True  # another partner's group, which this run does not read
        group = self.snapshot.groups[habilitation.partner]
        return group is not None and self.remote is not None and self.remote.id in group.members

    def _was_made_by_a_dead_run(self) -> bool:
        """Whether an account is open that the register still plans."""
        has_past = self.staying or self.closing or self.closed
        return bool(self.remote and self.remote.enabled and self.planned and not has_past)

    def _is_new(self) -> bool:
        """Whether an opening makes the account new: nothing is open there, or it was deleted by another hand."""
        return not self.staying or (self.remote is None and bool(self.opening))

    def _opening(self, habilitation: Habilitation, due_on: date, *, owes_link: bool = False) -> Change:
        is_return = bool(self.remote and (self.closed or self.closing or self.reopening) and not self.staying)
        action, rule = (Action.REOPEN, "A4") if is_return else (Action.OPEN, "A1")
        return self._change(action, habilitation, rule, due_on, owes_link=owes_link)

    def _change(
        self,
        action: Action,
        habilitation: Habilitation,
        rule: str,
        due_on: date | None,
        *,
        by_hand: bool = False,
        owes_link: bool = False,
    ) -> Change:
        staying = [*self.staying, *self._opening_with(habilitation)] if action in _OPENS else self.staying
        shown = staying or self.closing or [habilitation]
        ended = {h.partner for h in [*self.closed, *self.closing]} - {h.partner for h in staying}
        is_rename = action is Action.RENAME
        return Change(
            action=action,
            partner=habilitation.partner,
            rule=rule,
            email=self.account.renamed_from if is_rename else habilitation.email,
            new_email=habilitation.email if is_rename else None,
            habilitation=habilitation,
            due_on=due_on,
            wanted=wanted_account(shown, enabled=self._enabled_after(action)),
            keycloak_id=self.remote.id if self.remote else None,
            groups=tuple(h.partner for h in staying),
            leaves=tuple(sorted(ended)) if action is Action.REOPEN else (),
            by_hand=by_hand,
            owes_link=owes_link,
            present=self.remote,
        )

    def _opening_with(self, habilitation: Habilitation) -> list[Habilitation]:
        """What opens together: not what a pause or a containment of another partner holds back."""
        held = self.records.contained
        return [
            h
            for h in self.opening
            if h is habilitation or not (h.partner in held or self.records.is_paused(h.partner, self.today))
        ]

    def _enabled_after(self, action: Action) -> bool | None:
        """None leaves that as it is: an account that somebody disabled stays so."""
        if action is Action.CLOSE and (self.suspension or not self.staying):
            return False
        return True if action is Action.REOPEN or self.remote is None else None


def _announced_end(partner: Partner) -> End | None:
    """The end that `partner end` announced; the end of the CTG never stands in `later`."""
    if partner.ends_on is None:
        return None
    return End(on=partner.last_day, rule="C3", transmitted_on=None, recorded_on=partner.last_day)
