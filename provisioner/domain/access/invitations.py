"""The e-mails with the link: which are owed, since when, how often, and when the link is sent again (P2)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from enum import StrEnum

from provisioner.domain.access.account import RemoteAccount
from provisioner.domain.access.change import Action
from provisioner.domain.access.habilitation import Habilitation, State
from provisioner.domain.calendar import day_of
from provisioner.domain.hold import Hold
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Attempt, Records

#: How many links are sent before the officers are told that the person does not answer.
MOST_LINKS = 3

#: After so many links that left, how many days after the first the next one is due.
REPEAT_DAYS = {1: timedelta(days=3), 2: timedelta(days=10)}

#: Before any link.
_EVER = datetime.fromtimestamp(0, UTC)


def since_due(habilitation: Habilitation, attempts: Iterable[Attempt]) -> list[Attempt]:
    """The attempts, oldest first, that were begun since the habilitation's last link became due.

    A new address or a new password makes a link due again: what was sent before counts no more.
    """
    due = habilitation.link_due_number
    if due is None:
        return []
    return sorted((a for a in attempts if a.intended_number >= due), key=lambda attempt: attempt.intended_number)


def is_owed(habilitation: Habilitation, attempts: Iterable[Attempt]) -> bool:
    """Whether a link is due and is known not to have left; the attempts are all of the account's."""
    counted = since_due(habilitation, attempts)
    return habilitation.link_due_number is not None and not any(a.sent_at or a.is_uncertain for a in counted)


def attempt_for(habilitation: Habilitation, attempts: Sequence[Attempt]) -> tuple[int, Attempt | None]:
    """The number of the attempt that sends a link now, and the attempt if it was begun before and did not leave."""
    counted = since_due(habilitation, attempts)
    if counted and counted[-1].sent_at is None:
        return counted[-1].attempt, counted[-1]
    return max((attempt.attempt for attempt in attempts), default=0) + 1, None


def last_expiry(attempts: Iterable[Attempt]) -> datetime | None:
    """When the last of these links is dead for certain, whether it left or not."""
    return max(((a.sent_at or a.intended_at) + a.lifespan for a in attempts), default=None)


def forgotten_links_begin(attempts: Iterable[Attempt]) -> datetime:
    """The earliest moment, by Keycloak's clock, at which a link can have been sent that the register does not know.

    A new link is sent only after the last one has expired. After the restore of an old backup, a link that Keycloak
    sent later than every expiry in the register was therefore sent in the time that the backup has lost.

    `attempts` are all of one account; with none, any link is a forgotten one.
    """
    expiries = [a.keycloak_time + (a.lifespan if a.failed_at is None else timedelta(0)) for a in attempts]
    return max(expiries, default=_EVER)


class InvitationState(StrEnum):
    """What became of the e-mail with the link. `bounced` is what somebody reported; `uncertain`: an answer was lost
    and Keycloak's events cannot tell.
    """

    OWED = "owed"
    SENT = "sent"
    UNCERTAIN = "uncertain"
    EXPIRED = "expired"
    USED = "used"
    BOUNCED = "bounced"
    GIVEN_UP = "given-up"


class Obstacle(StrEnum):
    """Why no further link may be sent to somebody."""

    NOT_OPEN = "not-open"
    SUSPENDED = "suspended"
    UNDER_WAY = "under-way"
    NO_LINK = "no-link"
    OWED = "owed"
    UNCERTAIN = "uncertain"
    BOUNCED = "bounced"
    GIVEN_UP = "given-up"
    STILL_WORKS = "still-works"
    MISSING = "missing"
    DISABLED = "disabled"
    OTHER_ADDRESS = "other-address"
    USED = "used"


@dataclass(frozen=True, slots=True)
class Invitation:
    """A habilitation with every attempt at the link that its account was owed last, through whichever partner.

    `was_used`: `password_was_seen`.
    """

    habilitation: Habilitation
    attempts: tuple[Attempt, ...]
    was_used: bool

    @property
    def sent(self) -> list[Attempt]:
        """The attempts that left, oldest first."""
        return [attempt for attempt in self.attempts if attempt.sent_at is not None]

    @property
    def is_uncertain(self) -> bool:
        """Whether nobody can know if the last one left: another one goes on a person's word only."""
        return bool(self.attempts) and self.attempts[-1].is_uncertain

    @property
    def has_bounced(self) -> bool:
        """Whether somebody reported that one came back."""
        return any(attempt.bounced_at for attempt in self.attempts)

    @property
    def was_told(self) -> bool:
        """Whether the partner was told that the person does not answer."""
        return any(attempt.told_at for attempt in self.attempts)

    @property
    def expires_at(self) -> datetime | None:
        """When the last link that left is dead; None before the first."""
        return max((a.sent_at + a.lifespan for a in self.attempts if a.sent_at is not None), default=None)

    @property
    def sent_on(self) -> date | None:
        """The day on which the last one left."""
        return max((day_of(a.sent_at) for a in self.attempts if a.sent_at is not None), default=None)

    @property
    def next_on(self) -> date | None:
        """The day from which another one is due; None before the first and after the last."""
        sent = self.sent
        if len(sent) not in REPEAT_DAYS:
            return None
        assert sent[0].sent_at is not None
        return day_of(sent[0].sent_at) + REPEAT_DAYS[len(sent)]

    def is_due(self, now: datetime) -> bool:
        """Whether the day of the next one has come."""
        return self.next_on is not None and self.next_on <= day_of(now)

    def state(self, now: datetime, *, has_password: bool) -> InvitationState | None:
        """What became of the link that the habilitation was owed last; None when it was owed none.

        A password that is there was made with the link: whoever is sent one has no password before. Once that is
        known, it was used, whatever becomes of the password.
        """
        is_used, expiry = has_password or self.was_used, self.expires_at
        if self.habilitation.link_due_number is None or (expiry is None and self.habilitation.state is State.CLOSED):
            return None
        if expiry is None or self.is_uncertain:
            if self.is_uncertain:
                return InvitationState.USED if is_used else InvitationState.UNCERTAIN
            return InvitationState.OWED
        return InvitationState.USED if is_used else self._unused(expiry, now)

    def _unused(self, expiry: datetime, now: datetime) -> InvitationState:
        if self.has_bounced:
            return InvitationState.BOUNCED
        if expiry > now:
            return InvitationState.SENT
        return InvitationState.GIVEN_UP if len(self.sent) >= MOST_LINKS else InvitationState.EXPIRED

    def obstacle(self, records: Records, now: datetime) -> Obstacle | None:
        """Why no further link may be sent, as far as the register knows; its day is another matter."""
        return _of_access(records, self.habilitation, day_of(now)) or self._of_links(now)

    def _of_links(self, now: datetime) -> Obstacle | None:
        if self.is_uncertain:
            return Obstacle.UNCERTAIN
        if self.expires_at is None:
            return Obstacle.OWED
        if self.has_bounced:
            return Obstacle.BOUNCED
        if self.expires_at > now:
            return Obstacle.STILL_WORKS
        return Obstacle.GIVEN_UP if len(self.sent) >= MOST_LINKS else None

    def obstacle_there(self, remote: RemoteAccount | None) -> Obstacle | None:
        """Why none may be sent to the account as it is in Keycloak, its password apart."""
        if remote is None:
            return Obstacle.MISSING
        if not remote.enabled:
            return Obstacle.DISABLED
        return None if remote.email == self.habilitation.email else Obstacle.OTHER_ADDRESS


def _of_access(records: Records, habilitation: Habilitation, today: date) -> Obstacle | None:
    account = records.accounts[habilitation.email]
    if habilitation.is_ending_on(today) or not records.partners[habilitation.partner].is_active_on(today):
        return Obstacle.NOT_OPEN
    if habilitation.email in records.suspended:
        return Obstacle.SUSPENDED
    is_settled = account.renamed_from is None and account.reopening is None and account.keycloak_id is not None
    return None if is_settled else Obstacle.UNDER_WAY


def invitation_of(habilitation: Habilitation, attempts: Iterable[Attempt], *, was_used: bool) -> Invitation:
    """The habilitation's last invitation; the attempts are all of the account's, through whichever partner."""
    return Invitation(habilitation, tuple(since_due(habilitation, attempts)), was_used)


def password_was_seen(records: Records, email: EmailAddress) -> bool:
    """Whether the account was seen to have a password since the last link became due or was begun, through whichever
    access, be it closed by now: what begins another round takes the password away (`counts.accounts_with_unused_link`
    asks the same).
    """
    account, habilitations = records.accounts[email], records.by_account().get(email, ())
    seen = account.password_seen_number
    if seen is None or account.reopening is not None:
        return False
    begun = [attempt.intended_number for h in habilitations for attempt in records.attempts_of(h)]
    return all(number is None or number <= seen for number in (*(h.link_due_number for h in habilitations), *begun))


def open_invitations(records: Records, email: EmailAddress | None = None) -> Iterator[Invitation]:
    """One for each open habilitation that was or is owed a link, of that person or of all."""
    by_account = records.by_account()
    for address, habilitations in by_account.items() if email is None else [(email, by_account.get(email, []))]:
        open_now = [habilitation for habilitation in habilitations if habilitation.state is State.OPEN]
        was_used = bool(open_now) and password_was_seen(records, address)
        attempts = [attempt for habilitation in open_now for attempt in records.attempts_of(habilitation)]
        for habilitation in open_now:
            if habilitation.link_due_number is not None:
                yield invitation_of(habilitation, attempts, was_used=was_used)


def leading(invitations: Iterable[Invitation]) -> list[Invitation]:
    """One for each account: the one through which its last link went, so that nobody is sent two."""
    chosen = {
        invitation.habilitation.email: invitation
        for invitation in invitations
        if invitation.attempts and invitation.attempts[-1].habilitation == invitation.habilitation.id
    }
    return list(chosen.values())


def unused(records: Records, email: EmailAddress | None = None) -> list[Invitation]:
    """Those that are not known to be used and of which the partner was not told, of that person or of all."""
    invitations = leading(open_invitations(records, email))
    return [invitation for invitation in invitations if not (invitation.was_used or invitation.was_told)]


def due_again(records: Records, now: datetime, email: EmailAddress | None = None) -> list[Invitation]:
    """Those whose second or third link is due, as far as the register knows, of that person or of all."""
    return [
        invitation
        for invitation in unused(records, email)
        if invitation.is_due(now) and invitation.obstacle(records, now) is None
    ]


def is_for_repeat(records: Records, quarantine: Hold, now: datetime) -> bool:
    """Whether what is in quarantine is a second or third link, which is not `sync`'s to try."""
    is_link = {change.action for change in quarantine.changes} == {Action.INVITE}
    return is_link and quarantine.email is not None and bool(due_again(records, now, quarantine.email))
