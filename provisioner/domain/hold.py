"""Everything that says « not now »: one kind of fact, with its scope, its reason and its age."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from provisioner.domain.people import EmailAddress


class HoldKind(StrEnum):
    """Why something waits."""

    LIMIT = "limit"
    PAUSE = "pause"
    SUSPENSION = "suspension"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Something that waits until a named person lets it go.

    A limit holds one plan of a partner (its `reason` is `limit figure/allowed`), a pause all of a partner's (or, without a partner, everybody's), a
    suspension one account. `until` is a pause's last day. `effective_at` is when a suspension was first true in
    Keycloak: enabled after that, it was another hand. `changes` are what a limit holds, as they were told.
    """

    kind: HoldKind
    reason: str
    since: datetime
    partner: str | None = None
    email: EmailAddress | None = None
    plan_id: str | None = None
    until: date | None = None
    effective_at: datetime | None = None
    changes: tuple[Mapping[str, Any], ...] = ()

    @property
    def limit(self) -> str | None:
        """Which limit it is, None for what is none."""
        return self.reason.partition(" ")[0] if self.kind is HoldKind.LIMIT else None

    @property
    def figures(self) -> tuple[int, int] | None:
        """A limit's figure and what it allows, when it has any."""
        figure, _, most = self.reason.partition(" ")[2].partition("/")
        return (int(figure), int(most)) if self.limit and figure else None

    def pauses(self, partner: str, day: date) -> bool:
        """Whether nothing may be written for that partner on that day."""
        is_meant = self.kind is HoldKind.PAUSE and self.partner in (None, partner)
        return is_meant and (self.until is None or day <= self.until)
