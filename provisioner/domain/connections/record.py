"""What is kept of Keycloak's events, and over which span they were read without a hole (L1, D1)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum

_EPOCH = datetime.fromtimestamp(0, UTC)

#: How much of what was read is read again: longer than Keycloak's longest transaction, which is 5 minutes.
OVERLAP = timedelta(minutes=10)


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
    `session` is that of a login, be it one that failed at the login page; a name and a password sent without the page
    have none. `address` is the network address that it came from, `number` the place of its record among the
    register's writes.
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
    register's number of the account that it was done to, where it is one of ours; `user` is then None, else
    Keycloak's id of the user that it was done to, if it was one.
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
    user: str | None = None
    number: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Hole:
    """A span of which events are missing: Keycloak's store had expired, was cleared or was switched off."""

    stream: Stream
    since: datetime
    until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class EventStore:
    """How Keycloak keeps one list of events: whether it does now, and for how long; `keeps` None is for ever."""

    is_on: bool
    keeps: timedelta | None = None

    def held_since(self, now: datetime) -> datetime:
        """From which moment on no event has expired."""
        return _EPOCH if self.keeps is None else now - self.keeps


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

    def next_since(self, now: datetime) -> datetime:
        """From which moment the next reading reads, by Keycloak's clock, which may have stepped back.

        Keycloak shows an event once the request that made it has ended, with the time at which that began: the last
        minutes are read again.
        """
        return _EPOCH if self.read_until is None else min(self.read_until, now) - OVERLAP

    def next_hole(self, stream: Stream, now: datetime, store: EventStore) -> Hole | None:
        """The span of which the reading now will miss events, if there is one.

        While the events are switched off `read_until` stands still and the hole from there on grows; the first
        reading with events again ends it. Before the first reading nothing can be missed.
        """
        if self.read_until is None or self.begun_at is None:
            return None
        if not store.is_on:  # Keycloak's clock is read in whole seconds: a list just switched off is told too
            return Hole(stream=stream, since=self.read_until, until=max(now, self.read_until))
        was_off = any(hole.since == self.read_until for hole in self.holes)
        until = now if was_off else store.held_since(now)
        if until <= max(self.read_until, self.begun_at):
            return None
        return Hole(stream=stream, since=self.read_until, until=until)


def holes_of(stream: Stream, holes: Iterable[Hole]) -> tuple[Hole, ...]:
    """Those of one stream."""
    return tuple(hole for hole in holes if hole.stream is stream)


@dataclass(slots=True)
class Comparison:
    """The ids of one list of events, ours against Keycloak's, over a span that Keycloak still holds.

    `same` are in both. `lacking` Keycloak has and we have not; `gone` is what we have and Keycloak has no more: it
    was cleared before its time. `left_out` Keycloak has and is never stored, was destroyed here already, or is newer
    than the last reading.
    """

    stream: Stream
    since: datetime
    until: datetime
    same: int = 0
    left_out: int = 0
    lacking: list[datetime] = field(default_factory=list)
    gone: list[datetime] = field(default_factory=list)

    @property
    def differs(self) -> bool:
        """Whether an event is missing on one side."""
        return bool(self.lacking or self.gone)

    def add(
        self,
        ours: Mapping[str, datetime],
        theirs: Mapping[str, datetime],
        wanted: Collection[str],
        begun_at: datetime,
    ) -> None:
        """Counts a window: `wanted` are those of theirs that have to be here. Before the first reading began, nobody
        knows what Keycloak held.
        """
        self.same += len(ours.keys() & theirs.keys())
        self.lacking += [at for id_, at in theirs.items() if id_ in wanted and id_ not in ours]
        self.left_out += sum(id_ not in wanted and id_ not in ours for id_ in theirs)
        self.gone += [at for id_, at in ours.items() if id_ not in theirs and at >= begun_at]
