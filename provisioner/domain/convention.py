"""The convention between the Caf and a partner, and on which days it allows an access (C rules)."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

#: End of the CTG 2026-2030 (C1, our reading), when a partner's record says nothing else.
DEFAULT_CTG_END = date(2030, 12, 31)


@dataclass(frozen=True, slots=True, kw_only=True)
class Partner:
    """An authority that signed, or will: its record and its convention's dates.

    `ends_on` is the last day when one side ended the convention early; `group_id` is Keycloak's id of its group.
    """

    code: str
    name: str
    domains: frozenset[str]
    signed_on: date | None = None
    ctg_end: date = DEFAULT_CTG_END
    ends_on: date | None = None
    group_id: str | None = None

    @property
    def last_day(self) -> date:
        """The convention's last day: tacitly renewed up to the end of the CTG unless ended earlier (C1)."""
        return self.ctg_end if self.ends_on is None else min(self.ctg_end, self.ends_on)

    def is_active_on(self, day: date) -> bool:
        """Whether an access may be open on that day (C2): signed by then, and not ended."""
        return self.signed_on is not None and self.signed_on <= day <= self.last_day
