"""How an access has been used, as far as the records tell: never, on which day last, not known before a day (D4)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from provisioner.domain.access.habilitation import Habilitation
from provisioner.domain.calendar import add_months, day_of, start_of
from provisioner.domain.connections.record import Coverage

#: D4: after how many months without a login a partner may be told the name.
UNUSED_MONTHS = 6


class UsageState(StrEnum):
    """How an access has been used, in a word."""

    USED = "used"
    UNUSED = "unused"  #: surely not for 6 months
    NEVER_USED = "never-used"
    UNKNOWN = "unknown"  #: no login is known, and not everything was read


@dataclass(frozen=True, slots=True, kw_only=True)
class Usage:
    """How one access stands.

    `last_on` is the day of the last login, None where none is known. `known_since` is the day from which every login
    is known, None before the first reading; `is_whole` says that nothing of this access lies before it: without a
    login it was then never used. `read_on` is the last day that was read.
    """

    last_on: date | None = None
    known_since: date | None = None
    read_on: date | None = None
    is_whole: bool = False

    @property
    def state(self) -> UsageState:
        """The same in a word."""
        if self.is_never_used:
            return UsageState.NEVER_USED
        if self.is_unused_for_months:
            return UsageState.UNUSED
        return UsageState.UNKNOWN if self.last_on is None else UsageState.USED

    @property
    def is_never_used(self) -> bool:
        """Whether nobody ever logged in by it, and that is known."""
        return self.is_whole and self.last_on is None

    @property
    def unused_since(self) -> date | None:
        """The day after which surely nobody logged in; None before the first reading."""
        if self.known_since is None:
            return None
        return self.known_since if self.last_on is None else max(self.known_since, self.last_on)

    @property
    def unused_days(self) -> int:
        """For how many days surely nobody has logged in."""
        if self.unused_since is None or self.read_on is None:
            return 0
        return max((self.read_on - self.unused_since).days, 0)

    @property
    def is_unused_for_months(self) -> bool:
        """Whether surely nobody has logged in for 6 months (D4)."""
        if self.unused_since is None or self.read_on is None:
            return False
        return add_months(self.unused_since, UNUSED_MONTHS) <= self.read_on


def usage(coverage: Coverage, habilitation: Habilitation, last_login_on: date | None, today: date) -> Usage:
    """How an open access has been used.

    It is judged from the latest of its opening, its adoption and the moment since which Keycloak's events were read
    without a hole: a login before that moment may be missing. `coverage` is that of the connections, `last_login_on`
    the day of the account's last login. A login before the opening was another access's, unless the account was
    adopted: then it was the person's own.
    """
    whole_since, opened_at, adopted_on = coverage.whole_since(), habilitation.opened_at, habilitation.adopted_on
    is_of_this = opened_at is not None and (adopted_on is not None or (last_login_on or today) >= day_of(opened_at))
    last_on = last_login_on if is_of_this else None
    if whole_since is None or coverage.read_until is None or opened_at is None:
        return Usage(last_on=last_on)
    begun_at = opened_at if adopted_on is None else max(opened_at, start_of(adopted_on))
    return Usage(
        last_on=last_on,
        known_since=day_of(max(begun_at, whole_since)),
        read_on=min(today, day_of(coverage.read_until)),
        is_whole=adopted_on is None and opened_at >= whole_since,
    )
