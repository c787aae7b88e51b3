"""Reads what happened in the realm from Keycloak's events, proves that nothing lacks, destroys what is old (L1, D1).

Nothing is written in Keycloak, and no run's lock is needed: each window of events is one unit of work with the mark
of how far the reading went. Killed between two, or done by two at once, nothing is lost and nothing stored twice.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from http import HTTPStatus
from typing import Any, Self

import structlog
from sqlalchemy import Connection

from provisioner.domain.calendar import start_of
from provisioner.domain.connections.control import Judgement
from provisioner.domain.connections.controls import CONTROLS, own_account, reading
from provisioner.domain.connections.held import CONSOLE_DAYS
from provisioner.domain.connections.record import (
    Comparison,
    ConnectionRecord,
    ConsoleRecord,
    EventStore,
    Hole,
    Stream,
)
from provisioner.domain.people import EmailAddress
from provisioner.domain.retention import KeptRecords
from provisioner.keycloak.errors import KeycloakRefused
from provisioner.keycloak.events import AdminEvent, UserEvent, Window
from provisioner.operations.context import Context
from provisioner.operations.controls import is_begun, keep
from provisioner.operations.errors import UnknownRealm
from provisioner.operations.notice_delivery import deliver_urgent
from provisioner.register import Work, connections, controls, holds, retention
from provisioner.register.marks import is_for_realm, rewrite_due
from provisioner.views.answers.connections import ComparedAnswer, PulledAnswer

log = structlog.get_logger()

#: The codes of the controls of a state.
_STATES = tuple(control.code for control in CONTROLS.values() if control.is_state)

#: Keycloak clears what has expired every 15 minutes: what expires meanwhile is not compared.
_EXPIRES_MEANWHILE = timedelta(minutes=15)

#: What Keycloak answers to an account that is disabled, gone or without rights, or whose secret is another one.
_NOT_KNOWN = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})

_EPOCH = datetime.fromtimestamp(0, UTC)

#: Is told how many events were read so far.
Told = Callable[[int], None]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Filter:
    """What of Keycloak's events is stored, and as whose: the register is asked about those whom some events name.

    `kept_since` are the moments before which records are too old. `own_user` is Keycloak's id of our own service
    account and `our_networks` where it logs in from, each minute: those logins are not stored.
    """

    kept_since: Mapping[Stream, datetime]
    own_user: str
    our_networks: Sequence[own_account.Network]

    @classmethod
    def of(cls, context: Context, now: datetime) -> Self:
        """As it is set. `now` is Keycloak's clock."""
        settings = context.settings.connections
        return cls(
            kept_since={
                Stream.CONNECTIONS: now - timedelta(days=settings.keep_days),
                Stream.CONSOLE: now - timedelta(days=CONSOLE_DAYS),
            },
            own_user=context.directory.own_user_id(),
            our_networks=settings.our_networks,
        )

    def of_stream(
        self, connection: Connection, stream: Stream, events: Sequence[Any]
    ) -> Sequence[ConnectionRecord | ConsoleRecord]:
        """The records to keep, of either list."""
        if stream is Stream.CONNECTIONS:
            return self.connections(connection, events)
        return self.console(connection, events)

    def connections(self, connection: Connection, events: Sequence[UserEvent]) -> list[ConnectionRecord]:
        """The records to keep. A typed user name finds an address that is known, and goes."""
        by_id, destroyed = _known_ids(connection, events)
        typed = {event.record.id: _address(event.typed) for event in events if event.record.user is None}
        by_email = connections.accounts_by_email(connection, {*typed.values()})
        forgotten = connections.forgotten(connection, {*by_id.values(), *by_email.values()})
        kept = []
        for record, _ in events:
            account = by_id.get(record.user) if record.user is not None else by_email.get(typed[record.id])
            if not self._is_kept(Stream.CONNECTIONS, record, destroyed) or account in forgotten:
                continue
            if not self._is_ours(record):
                kept.append(replace(record, account=account, user=None if account is not None else record.user))
        return kept

    def console(self, connection: Connection, events: Sequence[AdminEvent]) -> list[ConsoleRecord]:
        """The records to keep."""
        by_id, destroyed = _known_ids(connection, events)
        return [
            replace(record, account=account, user=None if account is not None else record.user)
            for record, _ in events
            for account in [by_id.get(record.user or "")]
            if self._is_kept(Stream.CONSOLE, record, destroyed)
        ]

    def _is_kept(self, stream: Stream, record: ConnectionRecord | ConsoleRecord, destroyed: Collection[str]) -> bool:
        return record.at >= self.kept_since[stream] and record.user not in destroyed

    def _is_ours(self, record: ConnectionRecord) -> bool:
        return own_account.is_own_login(record, self.own_user) and own_account.is_from(
            record.address, self.our_networks
        )


def _known_ids(
    connection: Connection, events: Sequence[UserEvent] | Sequence[AdminEvent]
) -> tuple[Mapping[str, int], frozenset[str]]:
    """Of Keycloak's ids in these events, the accounts that are ours, and which were destroyed: not one that was given
    an access again since, as Keycloak had it from a copy of its own.
    """
    users = {event.record.user for event in events if event.record.user is not None}
    by_id = connections.accounts_by_keycloak_id(connection, users)
    return by_id, connections.destroyed(connection, users).difference(by_id)


def _address(typed: str | None) -> EmailAddress:
    """As it is looked for; what cannot be an address (a NUL, half a character) no database is asked about."""
    name = (typed or "").strip().lower()
    return EmailAddress(name if name.isprintable() else "")


def pull(context: Context, told: Told = lambda _count: None, again_from: datetime | None = None) -> PulledAnswer:
    """Stores what happened since the last time; gives how much that is, and the span of which events are missing.

    What Keycloak holds from `again_from` on is read again.

    Raises:
        UnknownRealm: the realm is another one than the register's; nothing was read.
        KeycloakError, RegisterUnavailable: a system failed; what was stored stays, the next reading goes on.
    """
    try:
        realm_id = context.directory.realm_id()
    except KeycloakRefused as refusal:
        _tell_refused(context, refusal)
        raise
    with context.register.read() as connection:
        if not is_for_realm(connection, realm_id):
            raise UnknownRealm
    now, stores = context.directory.server_time(), context.directory.events.stores()
    pulling = _Pulling(context, now, _Filter.of(context, now), told, again_from or now)
    pulling.read(Stream.CONNECTIONS, stores[Stream.CONNECTIONS])
    pulling.read(Stream.CONSOLE, stores[Stream.CONSOLE])
    off = [stream for stream in Stream if not stores[stream].is_on]
    judged = frozenset({reading.OFF.code, own_account.REFUSED.code})
    keep(context, Judgement(judged=judged, observations=tuple(reading.switched_off(off, now))))
    return PulledAnswer.of(pulling.stored[Stream.CONNECTIONS], pulling.stored[Stream.CONSOLE], pulling.holes)


def _tell_refused(context: Context, refusal: KeycloakRefused) -> None:
    """Keycloak refuses our own account: nothing is seen any more, so the Caf's security contact is told at once."""
    if refusal.status not in _NOT_KNOWN or not is_begun(context.register):
        return
    judgement = Judgement(
        judged=frozenset({own_account.REFUSED.code}), observations=(own_account.refused(context.clock.now()),)
    )
    keep(context, judgement)
    deliver_urgent(context.register, context.settings, context.by, context.stop)


@dataclass(slots=True)
class _Pulling:
    """One reading of both lists."""

    context: Context
    now: datetime
    filter: _Filter
    told: Told
    again_from: datetime
    stored: dict[Stream, int] = field(default_factory=lambda: dict.fromkeys(Stream, 0))
    holes: list[Hole] = field(default_factory=list)
    _seen: int = 0

    def read(self, stream: Stream, store: EventStore) -> None:
        """Stores the new events of one list, window by window."""
        with self.context.register.read() as connection:
            coverage = connections.coverage(connection, stream)
        hole = coverage.next_hole(stream, self.now, store)
        since = min(coverage.next_since(self.now), self.again_from)
        for window in _windows(self.context, stream, since):
            if self.context.stop.is_set():
                return
            with self.context.work() as work:
                new = self._store(work, stream, window)
                holes = [hole] if hole else []
                if coverage.begun_at is not None:
                    holes += self._switched_off(window, new)
                new_holes = [gap for gap in holes if connections.add_hole(work, gap)]
                if window.until is None:
                    connections.attach(work)
                if store.is_on:
                    reached = self.now if window.until is None else min(window.until, self.now)
                    least = min(coverage.read_until or reached, self.now)
                    connections.set_read_until(work, stream, max(reached, least), self.now)
            self._count(stream, window, len(new), holes, new_holes)

    def _store(self, work: Work, stream: Stream, window: Window[Any]) -> Sequence[ConnectionRecord | ConsoleRecord]:
        if stream is Stream.CONNECTIONS:
            return connections.store(work, self.filter.connections(work.connection, window.events))
        return connections.store_console(work, self.filter.console(work.connection, window.events))

    def _switched_off(self, window: Window[Any], new: Sequence[ConnectionRecord | ConsoleRecord]) -> Iterator[Hole]:
        """The lists that somebody switched off since the last reading, though they may be on again."""
        ids = {record.id for record in new}
        for event in window.events:
            if isinstance(event, AdminEvent) and event.record.id in ids:
                at = event.record.at
                for stream in event.switched_off:
                    yield Hole(stream=stream, since=at, until=max(self.now, at))

    def _count(self, stream: Stream, window: Window[Any], new: int, holes: list[Hole], new_holes: list[Hole]) -> None:
        self.stored[stream] += new
        self._seen += len(window.events)
        self.told(self._seen)
        self.holes += [gap for gap in holes if gap not in self.holes]
        for gap in new_holes:
            hours = round((gap.until - gap.since).total_seconds() / 3600, 2)
            log.warning("connections.hole", stream=str(gap.stream), hours=hours)


def verify(
    context: Context, since: date | None = None, until: date | None = None, told: Told = lambda _count: None
) -> ComparedAnswer:
    """Compares the stored events with Keycloak's, id by id, over what Keycloak still holds of these days.

    What differs is read and compared once more: an event may have come meanwhile, or no reading have seen it (a clock
    of Keycloak's that was put back while nothing read). What lacks then is raised as a control.

    Raises:
        UnknownRealm, KeycloakError, RegisterUnavailable: as for `pull`.
    """
    begin = _EPOCH if since is None else start_of(since)
    pull(context, told)
    end = None if until is None else start_of(until + timedelta(days=1))
    compared = _compare(context, begin, end)
    if any(lists.differs for lists in compared.values()):
        lacking = [at for lists in compared.values() for at in lists.lacking]
        pull(context, told, min(lacking, default=None))
        compared = _compare(context, begin, end)
    is_whole = since is None and until is None  # a part of the span mends nothing
    judged = frozenset({reading.MISSING.code} if is_whole else ())
    keep(context, Judgement(judged=judged, observations=tuple(reading.missing(compared.values()))))
    for lists in compared.values():
        if lists.differs:
            counts = {"lacking": len(lists.lacking), "gone": len(lists.gone)}
            log.warning("connections.differ", stream=str(lists.stream), **counts)
    stores = context.directory.events.stores()
    is_off = not all(store.is_on for store in stores.values())
    return ComparedAnswer.of(compared[Stream.CONNECTIONS], compared[Stream.CONSOLE], switched_off=is_off)


def _compare(context: Context, begin: datetime, end: datetime | None) -> Mapping[Stream, Comparison]:
    now, stores = context.directory.server_time(), context.directory.events.stores()
    filter_, compared = _Filter.of(context, now), {}
    for stream in Stream:
        with context.register.read() as connection:
            coverage = connections.coverage(connection, stream)
        held = stores[stream].held_since(now) + _EXPIRES_MEANWHILE
        first = max(begin, held, filter_.kept_since[stream])
        read_until = coverage.read_until or first
        last = max(first, min(end or read_until, read_until))
        compared[stream] = comparison = Comparison(stream, first, last)
        for window in _windows(context, stream, first, end):
            with context.register.read() as connection:
                ours = connections.ids_between(connection, stream, window.since, window.until)
                wanted = filter_.of_stream(connection, stream, window.events)
            theirs = {event.record.id: event.record.at for event in window.events}
            # What is newer than the last reading is to come.
            awaited = {record.id for record in wanted if record.at <= read_until}
            comparison.add(ours, theirs, awaited, coverage.begun_at or now)
    return compared


def purge(context: Context) -> Mapping[str, int]:
    """Destroys the records that are too old with the facts that controls drew from them (D1; an account's go with it,
    on its own day). What a hold on destruction keeps stays (D7). A clock that has just jumped destroys nothing: a run
    of an earlier day has to have been there (`Forecast`).

    Gives how many went: records of connections and of the console, facts.
    """
    now = context.clock.now()
    before = now - timedelta(days=context.settings.connections.keep_days)
    with context.work() as work:
        kept = _kept(work.connection)
        if kept.all or not retention.forecast(work.connection).is_settled_on(context.clock.today()):
            return {}
        counts = {
            "connections": connections.purge(work, before, kept.accounts),
            "console": connections.purge_console(work, now - timedelta(days=CONSOLE_DAYS), kept),
            "facts": controls.destroy(work, before=before, states=_STATES, kept=kept),
        }
        if any(counts.values()):
            work.journal("connections.purged", rule="D1", details=counts)
            rewrite_due(work)
    if any(counts.values()):
        log.info("connections.purged", **counts)
    return counts


def _kept(connection: Connection) -> KeptRecords:
    """What a hold on destruction keeps, the accounts of a partner among it."""
    held = holds.kept_from_destruction(connection)
    return held._replace(accounts=held.accounts | connections.accounts_of(connection, held.partners))


def _windows(
    context: Context, stream: Stream, since: datetime, until: datetime | None = None
) -> Iterator[Window[UserEvent]] | Iterator[Window[AdminEvent]]:
    events = context.directory.events
    return events.of_users(since, until) if stream is Stream.CONNECTIONS else events.of_administrators(since, until)
