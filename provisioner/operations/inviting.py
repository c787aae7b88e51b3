"""The e-mails with the link: a pass of its own over what is owed, each sent once (P2; docs/invitations.md)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

import structlog

from provisioner.domain.access.change import Action, Change
from provisioner.domain.access.habilitation import Habilitation, State
from provisioner.domain.access.invitations import attempt_for, unknown_from
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Invitation, Records
from provisioner.keycloak.errors import KeycloakError, OutcomeUnknown
from provisioner.operations.context import RunResult
from provisioner.operations.effects import Effects
from provisioner.operations.pool import Failure, GivenUp, NotBegun, Progress
from provisioner.register import Work, habilitations, invitations

log = structlog.get_logger()

#: What may be found of a link that the register does not know of, where it is not when it was sent.
_NEEDLESS, _UNKNOWABLE = "needless", "unknowable"


class Uncertain(GivenUp):
    """An answer was lost, and Keycloak's events cannot tell whether the e-mail left."""


class Inviting:
    """Sends the links that a plan owes. `records` are those of after the openings.

    An intention that has no outcome (a crash, a lost answer) is judged by Keycloak's own events, once it is
    old enough for no sending to be still under way, before anything is sent again. Where these events cannot tell
    (turned off, cleared, expired), nothing is sent again: it is told, and a person decides.
    """

    def __init__(self, effects: Effects, records: Records) -> None:
        self.effects = effects
        self.register = effects.register
        self.directory = effects.directory
        self.settle_seconds = effects.settings.invitation.settle_seconds
        self.lifespan = timedelta(hours=effects.settings.invitation.lifespan_hours)
        self.redirect_uri = effects.settings.platform.url
        self.accounts = {email: account.keycloak_id for email, account in records.accounts.items()}
        open_now = [one for one in records.habilitations if one.state is State.OPEN]
        self.there = effects.snapshot.accounts
        self.known = {
            email: [each for one in mine for each in records.invitations_of(one)]
            for email, mine in records.by_account().items()
        }
        self.open = {(one.partner, one.email): one for one in open_now}
        #: the accounts that this run found already made: by a run that died, or before this register was put back
        self.found: set[EmailAddress] = set()
        self.attempts = {
            one.id: attempt_for(one, records.invitations_of(one)) for one in open_now if one.id is not None
        }

    def carry_out(self, owed: Iterable[Change], outcome: RunResult, settled: Progress) -> None:
        """Sends each link that is owed to an access that is open, once its account is what the link needs."""
        waits_for = [each.change for each in outcome.failed if each.change.owes_link]
        not_ready = {(one.partner, one.wanted.email) for one in waits_for if one.wanted is not None}
        ready = []
        for change in owed:
            if self._of(change) is None or (change.partner, change.email) in not_ready:
                outcome.failed.append(
                    Failure(change, GivenUp("the account could not be made ready: no link was sent"))
                )
                settled()
            else:
                ready.append(change)
        new = sorted((change for change in ready if self._doubt(change) is None), key=self._tries)
        self._send(self._not_left_before(new, outcome, settled), outcome, settled)
        self._judge([change for change in ready if self._doubt(change) is not None], outcome, settled)

    def _not_left_before(self, changes: Sequence[Change], outcome: RunResult, settled: Progress) -> list[Change]:
        """Settles what left though the register does not know, as an older one that was put back; gives the others.

        An account that this run made, or gave a new password or address, cannot have been sent that link before.
        """
        done = [(one, one.wanted.email) for one in outcome.done if one.wanted is not None]
        fresh = {email for one, email in done if self._is_renewed(one)}
        self.found = {email for one, email in done if one.action is Action.OPEN and one.keycloak_id in self.there}
        asked = [one for one in changes if one.email not in fresh and self._account(one) in self.there]
        left: set[tuple[str, str | None]] = set()
        for finished in self.effects.each(asked, self._recall):
            if unknowable := [change for change, result in finished if result == _UNKNOWABLE]:
                self._record_intentions(unknowable, events_kept=False)
            with self.register.work() as work:
                for change, result in finished:
                    if result is None:
                        continue
                    left.add((change.partner, change.email))
                    if isinstance(result, KeycloakError):
                        outcome.failed.append(Failure(change, result))
                    elif result == _UNKNOWABLE:
                        self._give_up(work, change, outcome)
                    else:
                        self._settle_recalled(work, change, result)
                        outcome.done.append(change)
                    settled()
        return [one for one in changes if (one.partner, one.email) not in left]

    def _is_renewed(self, change: Change) -> bool:
        """Whether it leaves the account without a password or with an address that it had not."""
        if change.action is Action.RENAME and change.wanted is not None:
            before = self.there.get(change.keycloak_id or "")
            return before is None or before.email != change.wanted.email
        return change.action is Action.REOPEN

    def _recall(self, change: Change) -> str | None:
        """When Keycloak sent that account a link of ours that the register does not know of; None if it did not.

        Of an account that the register knows no link of: `_NEEDLESS` when its person has made a password,
        `_UNKNOWABLE` when this run found it already made and Keycloak's events do not reach back to its making.
        """
        assert change.email is not None
        id_, known = self._account(change), self.known[change.email]
        sent_at = self.directory.invitation_sent_since(id_, unknown_from(known))
        if sent_at is not None:
            return sent_at.isoformat()
        if known:
            return None
        if self.directory.has_password(id_):
            return _NEEDLESS
        made_at = self.there[id_].created_at or unknown_from(known)
        is_known = change.email not in self.found or self.directory.events_tell_since(made_at)
        return None if is_known else _UNKNOWABLE

    def _settle_recalled(self, work: Work, change: Change, sent_at: str) -> None:
        one = self._of(change)
        assert one is not None
        number, begun = self._attempt(change)
        if sent_at == _NEEDLESS:
            habilitations.link_needless(work, one)
            return
        at = datetime.fromisoformat(sent_at)
        if begun is None:
            invitations.intend_invitation(work, one, number, at, self.lifespan, events_kept=True, again=False)
        invitations.settle_invitation(work, one, number, at + work.clock.moved_by)

    def _of(self, change: Change) -> Habilitation | None:
        """The open habilitation that the change is about, with its id in the register."""
        assert change.email is not None
        return self.open.get((change.partner, change.email))

    def _attempt(self, change: Change) -> tuple[int, Invitation | None]:
        one = self._of(change)
        assert one is not None
        assert one.id is not None
        return self.attempts[one.id]

    def _tries(self, change: Change) -> int:
        """How often it failed: an address that takes no e-mail does not stand before the others."""
        begun = self._attempt(change)[1]
        return begun.tries if begun is not None else 0

    def _doubt(self, change: Change) -> Invitation | None:
        begun = self._attempt(change)[1]
        return begun if begun is not None and begun.is_unsettled else None

    def _send(self, changes: Sequence[Change], outcome: RunResult, settled: Progress) -> None:
        for finished in self.effects.each(changes, self._mail, self._intend):
            with self.register.work() as work:
                for change, result in finished:
                    self._settle(work, change, result, outcome)
            for _ in finished:
                settled()

    def _settle(self, work: Work, change: Change, result: str | KeycloakError | None, outcome: RunResult) -> None:
        one = self._of(change)
        assert one is not None
        if not isinstance(result, KeycloakError):
            invitations.settle_invitation(work, one, self._attempt(change)[0], work.now)
            outcome.done.append(change)
            return
        left_for_later = isinstance(result, OutcomeUnknown | GivenUp) and not isinstance(result, NotBegun)
        if not left_for_later:
            invitations.settle_invitation(work, one, self._attempt(change)[0], None)
        outcome.failed.append(Failure(change, result))

    def _intend(self, changes: Sequence[Change]) -> None:
        self._record_intentions(changes, events_kept=self.directory.keeps_events())

    def _record_intentions(self, changes: Sequence[Change], *, events_kept: bool) -> None:
        at = self.directory.server_time()  # before the register is held: it may be a call
        with self.register.work() as work:
            for change in changes:
                one = self._of(change)
                assert one is not None
                number, begun = self._attempt(change)
                invitations.intend_invitation(
                    work, one, number, at, self.lifespan, events_kept=events_kept, again=begun is not None
                )

    def _give_up(self, work: Work, change: Change, outcome: RunResult) -> None:
        """Nobody can know whether it left: told, and sent again on a person's word only."""
        one = self._of(change)
        assert one is not None
        invitations.invitation_uncertain(work, one, self._attempt(change)[0])
        log.warning("invitation.uncertain", habilitation=one.id)
        failure = Failure(change, Uncertain("nobody can know whether this e-mail left: see invitation list"))
        outcome.failed.append(failure)
        outcome.set_aside.append(failure)

    def _mail(self, change: Change) -> None:
        lifespan = round(self.lifespan.total_seconds())
        self.directory.send_invitation(self._account(change), lifespan, self.redirect_uri)

    def _account(self, change: Change) -> str:
        id_ = self.accounts[change.email] if change.email else None
        assert id_ is not None
        return id_

    def _judge(self, changes: Sequence[Change], outcome: RunResult, settled: Progress) -> None:
        """Settles the interrupted sendings that did leave, and sends the others."""
        never_left = []
        for change in changes:
            doubt = self._doubt(change)
            assert doubt is not None
            age = (self.directory.server_time() - doubt.keycloak_time).total_seconds()
            if self.effects.stop.wait(max(0.0, self.settle_seconds - age)):
                outcome.failed.append(Failure(change, GivenUp("the run was asked to stop")))
                continue
            try:
                sent_at = self.directory.invitation_sent_since(self._account(change), doubt.keycloak_time)
                is_known = sent_at is not None or self._would_be_told(doubt)
            except KeycloakError as error:
                outcome.failed.append(Failure(change, error))
                continue
            if not is_known:
                with self.register.work() as work:
                    self._give_up(work, change, outcome)
                settled()
                continue
            if sent_at is None:
                never_left.append(change)
                continue
            one = self._of(change)
            assert one is not None
            with self.register.work() as work:
                invitations.settle_invitation(work, one, doubt.attempt, sent_at + work.clock.moved_by)
            outcome.done.append(change)
            settled()
        self._send(never_left, outcome, settled)

    def _would_be_told(self, doubt: Invitation) -> bool:
        """Whether Keycloak's events would tell of this sending, had it left."""
        return doubt.events_kept and self.directory.events_tell_since(doubt.keycloak_time)
