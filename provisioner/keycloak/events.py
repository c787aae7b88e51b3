"""Keycloak's two lists of events, read whole and oldest first; of what people typed or wrote nothing is kept (L1).

An event's `representation` holds names and addresses: it goes with the answer. A typed user name may be a password:
it is given beside the record for as long as it takes to compare it with the addresses that are known.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Generic, NamedTuple, TypeVar

from keycloak import KeycloakAdmin

from provisioner.domain.connections.record import ConnectionRecord, ConsoleRecord, EventStore, Stream
from provisioner.keycloak.accounts import Json
from provisioner.keycloak.connection import read
from provisioner.keycloak.errors import ReadIncomplete
from provisioner.keycloak.snapshot import realm_of

#: How many events are asked for in one call.
ROWS = 2000

_EPOCH = datetime.fromtimestamp(0, UTC)
_USER = re.compile(r"(?:^|/)users/([0-9a-f-]{36})(?:/|$)")
_EVENTS_CONFIG = "events/config"
_SWITCHES = {Stream.CONNECTIONS: "eventsEnabled", Stream.CONSOLE: "adminEventsEnabled"}


class UserEvent(NamedTuple):
    """A user event, and the user name that was typed: to be compared with what is known, never to be kept."""

    record: ConnectionRecord
    typed: str | None = None


class AdminEvent(NamedTuple):
    """An admin event, and the lists of events that it switched off, where Keycloak tells."""

    record: ConsoleRecord
    switched_off: frozenset[Stream] = frozenset()


Event = TypeVar("Event")


@dataclass(frozen=True, slots=True)
class Window(Generic[Event]):
    """Every event from `since` up to `until`, both included; None: up to the newest."""

    since: datetime
    until: datetime | None
    events: list[Event]


class Events:
    """The events of one realm. Every method raises a `KeycloakError` as `Directory` does."""

    def __init__(self, admin: KeycloakAdmin) -> None:
        self._admin = admin

    def stores(self) -> Mapping[Stream, EventStore]:
        """Whether the realm keeps each list now, and for how long."""
        return stores_of(realm_of(self._admin))

    def of_users(self, since: datetime = _EPOCH, until: datetime | None = None) -> Iterator[Window[UserEvent]]:
        """What persons and clients did from that moment on, oldest first."""
        for window in self._windows("events", since, until):
            yield Window(window.since, window.until, list(map(_user_event, window.events)))

    def of_administrators(
        self, since: datetime = _EPOCH, until: datetime | None = None
    ) -> Iterator[Window[AdminEvent]]:
        """What was done through the Admin API from that moment on, by whomever, oldest first."""
        for window in self._windows("admin-events", since, until):
            yield Window(window.since, window.until, list(map(_admin_event, window.events)))

    def _windows(self, kind: str, since: datetime, until: datetime | None) -> Iterator[Window[Json]]:
        """Windows of time, each whole, none more than `ROWS` events unless one millisecond has more.

        Keycloak orders by time alone, and thousands of events may share a millisecond: pages by offset lose some. The
        first `ROWS` events in the order of time are whole up to the millisecond before that of the last.
        """
        begin, to = _milliseconds(since), {} if until is None else {"dateTo": _milliseconds(until)}
        while True:
            events = self._read(kind, dateFrom=begin, max=ROWS, **to)
            if len(events) < ROWS:
                yield Window(_moment(begin), until, events)
                return
            last: int = events[-1]["time"]
            if events[0]["time"] == last:
                events, end = self._read(kind, dateFrom=last, dateTo=last, max=-1), last
            else:
                events, end = [event for event in events if event["time"] < last], last - 1
            yield Window(_moment(begin), _moment(end), events)
            begin = end + 1

    def _read(self, kind: str, **asked: int) -> list[Json]:
        events = read(self._admin, kind, direction="asc", **asked)
        if not isinstance(events, list):
            raise ReadIncomplete("Keycloak did not answer with a list of events.")
        if events and events[0]["time"] > events[-1]["time"]:
            raise ReadIncomplete("Keycloak did not give the events in the order that was asked for.")
        return events


def stores_of(realm: Json) -> Mapping[Stream, EventStore]:
    """Whether this realm keeps each list, and for how long."""
    of_console = (realm.get("attributes") or {}).get("adminEventsExpiration")
    expirations = {Stream.CONNECTIONS: realm.get("eventsExpiration"), Stream.CONSOLE: of_console}
    seconds = {stream: int(given or 0) for stream, given in expirations.items()}
    return {
        stream: EventStore(
            is_on=realm.get(switch) is True,
            keeps=timedelta(seconds=seconds[stream]) if seconds[stream] > 0 else None,
        )
        for stream, switch in _SWITCHES.items()
    }


def _user_event(event: Json) -> UserEvent:
    kind, failed = str(event["type"]).lower(), event.get("error")
    details = event.get("details") or {}
    record = ConnectionRecord(
        id=str(event["id"]),
        at=_moment(event["time"]),
        kind=_short(kind.removesuffix("_error"), 64) or "",
        outcome=_short(failed or ("error" if kind.endswith("_error") else None), 64),
        user=_short(event.get("userId"), 64),
        address=_short(event.get("ipAddress"), 64),
        client=_short(event.get("clientId"), 255),
        session=_short(event.get("sessionId") or details.get("code_id"), 64),
    )
    return UserEvent(record, details.get("username"))


def _admin_event(event: Json) -> AdminEvent:
    who, path = event.get("authDetails") or {}, event.get("resourcePath") or ""
    user = _USER.search(path)
    record = ConsoleRecord(
        id=str(event["id"]),
        at=_moment(event["time"]),
        operation=str(event["operationType"]).lower(),
        resource=_short(str(event.get("resourceType") or "").lower(), 64) or "",
        path=_short(path, 1000) or "",
        actor_realm=_short(who.get("realmId"), 64),
        actor=_short(who.get("userId"), 64),
        actor_client=_short(who.get("clientId"), 64),
        address=_short(who.get("ipAddress"), 64),
        error=_short(event.get("error"), 255),
        user=user.group(1) if user else None,
    )
    return AdminEvent(record, _switched_off(event, record))


def _switched_off(event: Json, record: ConsoleRecord) -> frozenset[Stream]:
    """Where Keycloak keeps no details, a write of what it keeps may have been that. A list of kinds without logins
    is one of persons' events that is off.
    """
    if (record.operation, record.resource) != ("update", "realm"):
        return frozenset()
    try:
        written = json.loads(event.get("representation") or "")
    except ValueError:
        return frozenset(Stream) if record.path == _EVENTS_CONFIG else frozenset()
    if not isinstance(written, dict):
        return frozenset()
    kinds = written.get("enabledEventTypes")
    off = {stream for stream, switch in _SWITCHES.items() if written.get(switch) is False}
    return frozenset(off | ({Stream.CONNECTIONS} if kinds and "LOGIN" not in kinds else set()))


def _short(text: str | None, most: int) -> str | None:
    """A text as any database takes it: whoever calls Keycloak chooses some of them, and none may stop the reading."""
    return None if text is None else str(text).replace("\0", "").encode("utf-8", "replace").decode()[:most]


def _milliseconds(at: datetime) -> int:
    return (at - _EPOCH) // timedelta(milliseconds=1)


def _moment(milliseconds: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=milliseconds)
