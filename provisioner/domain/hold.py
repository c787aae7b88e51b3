"""Everything that says « not now »: one kind of fact, with its scope, its reason and its age."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from provisioner.domain.people import EmailAddress


class HoldKind(StrEnum):
    """Why something waits."""

    LIMIT = "limit"
    SUSPENSION = "suspension"


@dataclass(frozen=True, slots=True, kw_only=True)
class Hold:
    """Something that waits until a named person lets it go.

    A limit holds one plan of a partner, a suspension one account. `effective_at` is when a suspension was first
    true in Keycloak: enabled after that, it was another hand.
    """

    kind: HoldKind
    reason: str
    since: datetime
    partner: str | None = None
    email: EmailAddress | None = None
    plan_id: str | None = None
    effective_at: datetime | None = None
