"""The e-mails with the link that a habilitation is owed: told by when one became due and what was sent since (P2)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from enum import StrEnum

from provisioner.domain.habilitation import Habilitation, State
from provisioner.domain.records import Invitation


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
