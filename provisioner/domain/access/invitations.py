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
from provisioner.domain.records import Invitation, Records


def since_due(one: Habilitation, sent: Iterable[Invitation]) -> list[Invitation]:
    """The attempts, oldest first, that were begun since the habilitation's last link became due.

    A new address or a new password makes a link due again: what was sent before counts no more.
    """
    due = one.link_due_number
    if due is None:
        return []
    begun = [each for each in sent if each.intended_number >= due]
    return sorted(begun, key=lambda each: each.intended_number)


def is_owed(one: Habilitation, sent: Iterable[Invitation]) -> bool:
    """Whether a link is due and is known not to have left; `sent` are the account's attempts, through whichever
    partner.
    """
    begun = since_due(one, sent)
    return one.link_due_number is not None and not any(each.sent_at or each.is_uncertain for each in begun)


def attempt_for(one: Habilitation, sent: Sequence[Invitation]) -> tuple[int, Invitation | None]:
    """The number of the attempt that sends a link now, and its row when it was begun before and did not leave."""
    begun = since_due(one, sent)
    if begun and begun[-1].sent_at is None:
        return begun[-1].attempt, begun[-1]
    return max((each.attempt for each in sent), default=0) + 1, None


def last_expiry(sent: Iterable[Invitation]) -> datetime | None:
    """When the last of these links is dead for certain, whether it left or not."""
    return max(((one.sent_at or one.intended_at) + one.lifespan for one in sent), default=None)


#: Before any link.
_EVER = datetime.fromtimestamp(0, UTC)


def unknown_from(sent: Iterable[Invitation]) -> datetime:
    """From when on, by Keycloak's clock, a link of ours is one that these attempts do not tell of.

    `sent` are all of the account's. None follows one that left before that is dead, so what an older register, put
    back, has forgotten came after.
    """
    tries = [one.keycloak_time + (one.lifespan if one.failed_at is None else timedelta(0)) for one in sent]
    return max(tries, default=_EVER)


#: How many links are sent before the officers are told that the person does not answer.
MOST_LINKS = 3


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


def link_expiry(one: Invitation) -> datetime | None:
    """When a link that left is dead."""
    return one.sent_at + one.lifespan if one.sent_at is not None else None


def invitation_state(
    one: Habilitation, sent: Iterable[Invitation], now: datetime, *, has_password: bool
) -> InvitationState | None:
    """What became of the link that this habilitation was owed last; None when it was owed none.

    `sent` are the account's attempts, through whichever partner. A password that is there was made with the link:
    whoever is sent one has no password before.
    """
    begun = since_due(one, sent)
    expiries = [expiry for each in begun if (expiry := link_expiry(each)) is not None]
    if one.link_due_number is None or (not expiries and one.state is State.CLOSED):
        return None
    is_uncertain = bool(begun) and begun[-1].is_uncertain
    if has_password and (expiries or is_uncertain):
        return InvitationState.USED
    if is_uncertain or not expiries:
        return InvitationState.UNCERTAIN if is_uncertain else InvitationState.OWED
    if any(each.bounced_at for each in begun):
        return InvitationState.BOUNCED
    if max(expiries) > now:
        return InvitationState.SENT
    return InvitationState.GIVEN_UP if len(expiries) >= MOST_LINKS else InvitationState.EXPIRED


#: After so many links that left, how many days after the first the next one is due.
REPEAT_DAYS = {1: timedelta(days=3), 2: timedelta(days=10)}


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
class Round:
    """A habilitation with every attempt at a link that its account was owed last, through whichever partner."""

    one: Habilitation
    begun: tuple[Invitation, ...]

    @property
    def left(self) -> list[Invitation]:
        """The attempts that left, oldest first."""
        return [each for each in self.begun if each.sent_at is not None]

    @property
    def is_uncertain(self) -> bool:
        """Whether nobody can know if the last one left: another one goes on a person's word only."""
        return bool(self.begun) and self.begun[-1].is_uncertain

    @property
    def has_bounced(self) -> bool:
        """Whether somebody reported that one came back."""
        return any(each.bounced_at for each in self.begun)

    @property
    def was_told(self) -> bool:
        """Whether the partner was told that the person does not answer."""
        return any(each.told_at for each in self.begun)

    @property
    def sent_on(self) -> date | None:
        """The day on which the last one left."""
        return max((day_of(each.sent_at) for each in self.left if each.sent_at), default=None)

    @property
    def next_on(self) -> date | None:
        """The day from which another one is due; None before the first and after the last."""
        left = self.left
        if not left or len(left) not in REPEAT_DAYS:
            return None
        assert left[0].sent_at is not None
        return day_of(left[0].sent_at) + REPEAT_DAYS[len(left)]

    def is_due(self, now: datetime) -> bool:
        """Whether the day of the next one has come."""
        return self.next_on is not None and self.next_on <= day_of(now)

    def state(self, now: datetime, *, has_password: bool) -> InvitationState | None:
        """What became of the link."""
        return invitation_state(self.one, self.begun, now, has_password=has_password)


def rounds(records: Records) -> Iterator[Round]:
    """One for each open habilitation that was or is owed a link."""
    for habilitations in records.by_account().values():
        is_open = [one for one in habilitations if one.state is State.OPEN]
        sent = [each for one in is_open for each in records.invitations_of(one)]
        for one in is_open:
            if one.link_due_number is not None:
                yield Round(one, tuple(since_due(one, sent)))


def leading(found: Iterable[Round]) -> list[Round]:
    """One for each account: the one through which its last link went, so that nobody is sent two."""
    chosen: dict[str, Round] = {}
    for each in found:
        if each.begun and each.begun[-1].habilitation == each.one.id:
            chosen[each.one.email] = each
    return list(chosen.values())


def due_rounds(records: Records, now: datetime) -> list[Round]:
    """Those whose second or third link is due, as far as the register knows."""
    found = leading(rounds(records))
    return [each for each in found if each.is_due(now) and obstacle(records, each, now) is None]


def is_for_repeat(records: Records, quarantine: Hold, now: datetime) -> bool:
    """Whether what is in quarantine is a second or third link, which is not `sync`'s to try."""
    is_link = {one["action"] for one in quarantine.changes} == {Action.INVITE}
    return is_link and any(each.one.email == quarantine.email for each in due_rounds(records, now))


def obstacle(records: Records, each: Round, now: datetime) -> Obstacle | None:
    """Why no further link may be sent, as far as the register knows; the day on which it is due is another matter."""
    return _of_access(records, each.one, day_of(now)) or _of_links(each, now)


def _of_access(records: Records, one: Habilitation, today: date) -> Obstacle | None:
    account = records.accounts[one.email]
    if one.is_ending_on(today) or not records.partners[one.partner].is_active_on(today):
        return Obstacle.NOT_OPEN
    if one.email in records.suspended:
        return Obstacle.SUSPENDED
    is_settled = account.renamed_from is None and account.reopening is None and account.keycloak_id is not None
    return None if is_settled else Obstacle.UNDER_WAY


def _of_links(each: Round, now: datetime) -> Obstacle | None:
    if each.is_uncertain:
        return Obstacle.UNCERTAIN
    if not each.left:
        return Obstacle.OWED
    if each.has_bounced:
        return Obstacle.BOUNCED
    if _is_alive(each.left, now):
        return Obstacle.STILL_WORKS
    return Obstacle.GIVEN_UP if len(each.left) >= MOST_LINKS else None


def obstacle_there(one: Habilitation, remote: RemoteAccount | None) -> Obstacle | None:
    """Why none may be sent to the account as it is in Keycloak, its password apart."""
    if remote is None:
        return Obstacle.MISSING
    if not remote.enabled:
        return Obstacle.DISABLED
    return None if remote.email == one.email else Obstacle.OTHER_ADDRESS


def _is_alive(left: Iterable[Invitation], now: datetime) -> bool:
    return any(expiry > now for each in left if (expiry := link_expiry(each)) is not None)
