"""The reading itself: events that are missing, and lists of events that are switched off (L1)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from provisioner.domain.connections.control import Control, Facts, Observation, Severity
from provisioner.domain.connections.record import Comparison, Stream

#: What Keycloak calls each list, and the setting of the realm that keeps it.
_LISTS = {Stream.CONNECTIONS: "events", Stream.CONSOLE: "admin-events"}
_SETTINGS = {Stream.CONNECTIONS: "eventsEnabled", Stream.CONSOLE: "adminEventsEnabled"}

#: Events are missing over a span that Keycloak should still hold: cleared there, or not stored here.
MISSING = Control(code="events-missing", rule="L1", severity=Severity.GRAVE, is_state=True)

#: The realm keeps no events: what happens now will never be known.
OFF = Control(code="events-off", rule="L1", severity=Severity.GRAVE, is_state=True)


def missing(comparisons: Iterable[Comparison]) -> list[Observation]:
    """One for each list that differs. New facts when more recent events are missing: the list was cleared again."""
    return [
        Observation(
            control=MISSING,
            key=f"{compared.stream} {max(moments).isoformat()}",
            since=min(moments),
            facts=Facts(since=min(moments), count=len(moments), path=_LISTS[compared.stream]),
        )
        for compared in comparisons
        if (moments := [*compared.lacking, *compared.gone])
    ]


def switched_off(streams: Sequence[Stream], now: datetime) -> list[Observation]:
    """One for each list that the realm does not keep."""
    return [
        Observation(
            control=OFF,
            key=stream,
            since=now,
            facts=Facts(setting=_SETTINGS[stream], present="false", wanted="true"),
        )
        for stream in streams
    ]
