"""What is kept of Keycloak's events, and over which span they were read without a hole (L1, D1)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum


class Stream(StrEnum):
    """One of the two lists of events that Keycloak keeps."""

    CONNECTIONS = "connections"  #: what persons did: Keycloak's user events
    CONSOLE = "console"  #: what administrators and service accounts did: Keycloak's admin events


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectionRecord:
    """One user event. Nothing that a person typed is in it.

    `id` is Keycloak's own: the same event read again is the same record. `at` is Keycloak's clock. `kind` is
    Keycloak's type in lower case without `_error` (`login`, `logout`, `update_credential` …), `outcome` None where it
    went well, else Keycloak's code of the failure (`invalid_user_credentials`). `account` is the register's number of
    the account, None for anybody else; `user` is then Keycloak's id, None where Keycloak knows nobody either.
    `address` is the network address that it came from, `number` the place of its record among the register's writes.
    """

    id: str
    at: datetime
    kind: str
    outcome: str | None = None
    account: int | None = None
    user: str | None = None
    address: str | None = None
    client: str | None = None
    session: str | None = None
    number: int = 0

    @property
    def is_login(self) -> bool:
        """Whether somebody got in by it."""
        return self.kind == "login" and self.outcome is None


@dataclass(frozen=True, slots=True, kw_only=True)
class ConsoleRecord:
    """One admin event, without what was written by it.

    `operation` is `create`, `update`, `delete` or `action`; `resource` is Keycloak's resource type in lower case
    (`user`, `realm_role_mapping`, `client` …), `path` what was changed (`users/{id}/reset-password`), empty for the
    realm itself. `actor_realm`, `actor` and `actor_client` are Keycloak's ids of who did it. `account` is the
    register's number of the account that it was done to, where it is one of ours.
    """

    id: str
    at: datetime
    operation: str
    resource: str
    path: str = ""
    actor_realm: str | None = None
    actor: str | None = None
    actor_client: str | None = None
    address: str | None = None
    error: str | None = None
    account: int | None = None
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """A span of which events are missing: Keycloak's store had expired, was cleared or was switched off."""

    stream: Stream
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Coverage:
    """Over which span one stream was read: from `begun_at` on, up to `read_until`, less the `holes`.

    Both are None before the first reading.
    """

    begun_at: datetime | None = None
    read_until: datetime | None = None
    holes: tuple[Hole, ...] = field(default=())

    def whole_since(self) -> datetime | None:
        """Since when every event up to `read_until` was read; None before the first reading.

        What is judged over a time (never used, unused) is judged from this moment on only.
        """
        return max([*([self.begun_at] if self.begun_at else []), *(hole.until for hole in self.holes)], default=None)


def holes_of(stream: Stream, holes: Iterable[Hole]) -> tuple[Hole, ...]:
    """Those of one stream."""
    return tuple(hole for hole in holes if hole.stream is stream)
