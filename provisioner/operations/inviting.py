"""The e-mails with the link: sent in a pass of their own over what is owed, each once (P2; docs/invitations.md)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum, auto

import structlog

from provisioner.domain.access.change import Action, Change
from provisioner.domain.access.habilitation import Habilitation, State
from provisioner.domain.access.invitations import attempt_for, forgotten_links_begin
from provisioner.domain.hold import Cause
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Attempt, Records
from provisioner.keycloak.errors import KeycloakError, OutcomeUnknown
from provisioner.operations.context import RunResult
from provisioner.operations.effects import Effects
from provisioner.operations.pool import Failure, GivenUp, NotBegun, Progress
from provisioner.register import Work, habilitations, invitations

log = structlog.get_logger()


class _Recalled(Enum):
    """What Keycloak tells of an account whose link the register does not know, where it names no moment."""

    NOT_SENT = auto()  #: none left: it is to be sent
    NEEDLESS = auto()  #: its person has made a password
    UNKNOWABLE = auto()  #: this run took it over, and Keycloak's events do not reach back to its making


@dataclass(frozen=True, slots=True)
class _Link:
    """A link to send: to whom, the number of its attempt, and that attempt where it was begun before."""

    habilitation: Habilitation
    account: str
    attempt: int
    earlier: Attempt | None

    @property
    def doubt(self) -> Attempt | None:
        """The attempt of which nobody knows yet whether it left."""
        return self.earlier if self.earlier is not None and self.earlier.is_unsettled else None

    @property
    def tries(self) -> int:
        """How often it failed: an address that takes no e-mail does not stand before the others."""
        return self.earlier.tries if self.earlier is not None else 0


class Inviting:
    """Sends the links that a plan owes. `records` are those of after the openings.

    An intention that has no outcome (a crash, a lost answer) is judged by Keycloak's own events, once it is old
    enough for no sending to be still under way, before anything is sent again. Where these events cannot tell (turned
    off, cleared, expired), nothing is sent again: it is told, and a person decides.
    """

    def __init__(self, effects: Effects, records: Records, result: RunResult, settled: Progress) -> None:
        self.effects, self.result, self.settled = effects, result, settled
        self.context, self.directory = effects.context, effects.directory
        settings = effects.context.settings
        self.settle_seconds = settings.invitation.settle_seconds
        self.lifespan = timedelta(hours=settings.invitation.lifespan_hours)
        self.redirect_uri = settings.platform.url
        self.accounts_before = effects.snapshot.accounts
        self.attempts = {
            email: [attempt for habilitation in theirs for attempt in records.attempts_of(habilitation)]
            for email, theirs in records.by_account().items()
        }
        open_now = [h for h in records.habilitations if h.state is State.OPEN]
        self.links: dict[tuple[str, str | None], _Link] = {
            (habilitation.partner, habilitation.email): _link(records, habilitation) for habilitation in open_now
        }
        #: the accounts that this run took over: made by a run that died, or before this register was put back
        self.taken_over: set[EmailAddress] = set()

    def carry_out(self, owed: Iterable[Change]) -> None:
        """Sends each link that is owed to an access that is open, once its account is what the link needs."""
        failed = [failure.change for failure in self.result.failed if failure.change.owes_link]
        not_ready = {(change.partner, change.wanted.email) for change in failed if change.wanted is not None}
        new: list[Change] = []
        interrupted: list[Change] = []
        for change in owed:
            if _key(change) not in self.links or _key(change) in not_ready:
                self._failed(change, GivenUp(Cause.NOT_READY))
                self.settled()
            else:
                (new if self._link(change).doubt is None else interrupted).append(change)
        new.sort(key=lambda change: self._link(change).tries)
        self._send(self._not_sent_before(new))
        self._send(self._not_sent(interrupted))

    def _link(self, change: Change) -> _Link:
        return self.links[_key(change)]

    def _failed(self, change: Change, cause: KeycloakError) -> None:
        self.result.failed.append(Failure(change, cause))

    def _not_sent_before(self, changes: Sequence[Change]) -> list[Change]:
        """Settles what left though the register does not know, as an older one that was put back; gives the others.

        An account that this run made, or gave a new password or address, cannot have been sent that link before.
        """
        made = [(change, change.wanted.email) for change in self.result.done if change.wanted is not None]
        renewed = {email for change, email in made if self._renews(change)}
        self.taken_over = {
            email
            for change, email in made
            if change.action is Action.OPEN and change.keycloak_id in self.accounts_before
        }
        asked = [
            change
            for change in changes
            if change.email not in renewed and self._link(change).account in self.accounts_before
        ]
        settled: set[tuple[str, str | None]] = set()
        for finished in self.effects.each(asked, self._recall):
            if unknowable := [change for change, told in finished if told is _Recalled.UNKNOWABLE]:
                self._record_intentions(unknowable, events_kept=False)
            with self.context.work() as work:
                for change, told in finished:
                    if told is _Recalled.NOT_SENT:
                        continue
                    settled.add(_key(change))
                    if isinstance(told, KeycloakError):
                        self._failed(change, told)
                    elif told is _Recalled.UNKNOWABLE:
                        self._give_up(work, change)
                    else:
                        self._record_recalled(work, self._link(change), told)
                        self.result.done.append(change)
                    self.settled()
        return [change for change in changes if _key(change) not in settled]

    def _renews(self, change: Change) -> bool:
        """Whether it leaves the account without a password or with an address that it had not."""
        if change.action is Action.RENAME and change.wanted is not None:
            before = self.accounts_before.get(change.keycloak_id or "")
            return before is None or before.email != change.wanted.email
        return change.action is Action.REOPEN

    def _recall(self, change: Change) -> datetime | _Recalled:
        """When Keycloak sent that account a link of ours that the register does not know, or else what it tells."""
        assert change.email is not None
        id_, attempts = self._link(change).account, self.attempts[change.email]
        sent_at = self.directory.invitation_sent_since(id_, forgotten_links_begin(attempts))
        if sent_at is not None:
            return sent_at
        if attempts:
            return _Recalled.NOT_SENT
        if self.directory.has_password(id_):
            return _Recalled.NEEDLESS
        made_at = self.accounts_before[id_].created_at or forgotten_links_begin(attempts)
        can_tell = change.email not in self.taken_over or self.directory.events_tell_since(made_at)
        return _Recalled.NOT_SENT if can_tell else _Recalled.UNKNOWABLE

    def _record_recalled(self, work: Work, link: _Link, told: datetime | _Recalled) -> None:
        if isinstance(told, _Recalled):
            habilitations.link_needless(work, link.habilitation)
            return
        if link.earlier is None:
            invitations.intend_invitation(
                work, link.habilitation, link.attempt, told, self.lifespan, events_kept=True, again=False
            )
        invitations.settle_invitation(work, link.habilitation, link.attempt, told + work.clock.moved_by)

    def _send(self, changes: Sequence[Change]) -> None:
        for finished in self.effects.each(changes, self._send_one, self._intend):
            with self.context.work() as work:
                for change, answer in finished:
                    self._settle(work, change, answer)
            for _ in finished:
                self.settled()

    def _send_one(self, change: Change) -> None:
        lifespan = round(self.lifespan.total_seconds())
        self.directory.send_invitation(self._link(change).account, lifespan, self.redirect_uri)

    def _intend(self, changes: Sequence[Change]) -> None:
        self._record_intentions(changes, events_kept=self.directory.keeps_events())

    def _record_intentions(self, changes: Sequence[Change], *, events_kept: bool) -> None:
        at = self.directory.server_time()  # before the register is held: it may be a call
        with self.context.work() as work:
            for link in map(self._link, changes):
                again = link.earlier is not None
                invitations.intend_invitation(
                    work, link.habilitation, link.attempt, at, self.lifespan, events_kept=events_kept, again=again
                )

    def _settle(self, work: Work, change: Change, answer: str | KeycloakError | None) -> None:
        link = self._link(change)
        if not isinstance(answer, KeycloakError):
            invitations.settle_invitation(work, link.habilitation, link.attempt, work.now)
            self.result.done.append(change)
            return
        is_for_later = isinstance(answer, OutcomeUnknown | GivenUp) and not isinstance(answer, NotBegun)
        if not is_for_later:
            invitations.settle_invitation(work, link.habilitation, link.attempt, None)
        self._failed(change, answer)

    def _not_sent(self, interrupted: Sequence[Change]) -> list[Change]:
        """Settles the interrupted sendings that did leave, and those of which nobody can know; gives the others."""
        not_sent = []
        for change in interrupted:
            link = self._link(change)
            doubt = link.doubt
            assert doubt is not None
            age = (self.directory.server_time() - doubt.keycloak_time).total_seconds()
            if self.effects.stop.wait(max(0.0, self.settle_seconds - age)):
                self._failed(change, GivenUp(Cause.STOPPED))
                continue
            try:
                sent_at = self.directory.invitation_sent_since(link.account, doubt.keycloak_time)
                is_not_sent = (
                    sent_at is None and doubt.events_kept and self.directory.events_tell_since(doubt.keycloak_time)
                )
            except KeycloakError as error:
                self._failed(change, error)
                continue
            if is_not_sent:
                not_sent.append(change)
                continue
            with self.context.work() as work:
                if sent_at is None:
                    self._give_up(work, change)
                else:
                    at = sent_at + work.clock.moved_by
                    invitations.settle_invitation(work, link.habilitation, doubt.attempt, at)
                    self.result.done.append(change)
            self.settled()
        return not_sent

    def _give_up(self, work: Work, change: Change) -> None:
        """Nobody can know whether it left: told, and sent again on a person's word only."""
        link = self._link(change)
        invitations.invitation_uncertain(work, link.habilitation, link.attempt)
        log.warning("invitation.uncertain", habilitation=link.habilitation.id)
        self._failed(change, GivenUp(Cause.UNCERTAIN))
        self.result.quarantined.append(self.result.failed[-1])


def _key(change: Change) -> tuple[str, str | None]:
    return change.partner, change.email


def _link(records: Records, habilitation: Habilitation) -> _Link:
    attempt, earlier = attempt_for(habilitation, records.attempts_of(habilitation))
    return _Link(habilitation, records.accounts[habilitation.email].keycloak_id or "", attempt, earlier)
