"""The ledger of notices: who was told what, on which occasion, and how it stands."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from provisioner.domain.convention import Role


class Side(StrEnum):
    """Whose contact a notice goes to."""

    CAF = "caf"
    PARTNER = "partner"


class NoticeState(StrEnum):
    """How a notice stands."""

    OWED = "owed"
    SENT = "sent"
    REFUSED = "refused"  #: our mail server refused the recipient for good; it is tried again all the same
    WITHDRAWN = "withdrawn"  #: owed no more before it was known to be sent


@dataclass(frozen=True, slots=True, kw_only=True)
class ToldNotice:
    """One line of the ledger.

    `partner` is whom it is about, None for several. `side` and `role` are not known of what was owed before version
    0.4, `occasion` not where a kind is told as often as it happens. `recipient` goes 1 year after the sending.
    `refused_at` is the first time that our mail server refused the recipient for good.
    """

    id: int
    kind: str
    partner: str | None
    side: Side | None
    role: Role | None
    recipient: str | None
    occasion: str | None
    created_at: datetime
    sent_at: datetime | None
    refused_at: datetime | None
    withdrawn_at: datetime | None
    tries: int

    @property
    def state(self) -> NoticeState:
        """What became of it last: one that was refused and then sent is sent."""
        if self.sent_at is not None:
            return NoticeState.SENT
        if self.withdrawn_at is not None:
            return NoticeState.WITHDRAWN
        return NoticeState.OWED if self.refused_at is None else NoticeState.REFUSED
