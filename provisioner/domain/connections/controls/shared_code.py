"""`shared-code`: several persons perhaps use one account (P6). It is asked of the person, never said as a fact.

Two live sessions begun within minutes from two networks, or many networks in a day on two days of seven. A network is
a /24 of IPv4 or a /48 of IPv6; one of each is one device. At most one a person and week.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from datetime import date, timedelta
from ipaddress import ip_address, ip_network
from itertools import pairwise

from provisioner.domain.calendar import day_of
from provisioner.domain.connections.control import Control, Observation, Severity
from provisioner.domain.connections.evidence import Evidence, by_day
from provisioner.domain.connections.record import ConnectionRecord

CONTROL = Control(code="shared-code", rule="P6", severity=Severity.WARNING)

#: How long a session that nobody ended may live: the realm's own limit.
_SESSION = timedelta(hours=10)
_WEEK = timedelta(days=7)
_PREFIXES = {4: 24, 6: 48}


def find(evidence: Evidence) -> Iterator[Observation]:
    """One for each week in which several places were seen. Not judged while addresses tell nothing."""
    if evidence.account is None or evidence.is_masked:
        return
    weeks: dict[tuple[int, int], set[ConnectionRecord]] = {}
    for records in (*_at_once(evidence), *_many_networks(evidence)):
        weeks.setdefault(day_of(records[-1].at).isocalendar()[:2], set()).update(records)
    for (year, week), of_week in weeks.items():
        logins = sorted(of_week, key=lambda record: (record.at, record.id))
        yield from evidence.observe(CONTROL, f"{year}-{week:02}", logins, on=day_of(logins[-1].at))


def _at_once(evidence: Evidence) -> Iterator[tuple[ConnectionRecord, ...]]:
    """Two logins of two sessions, the first one still alive, within the minutes that are set."""
    within = timedelta(minutes=evidence.thresholds.shared_minutes)
    ended = {record.session: record.at for record in evidence.records if record.kind == "logout"}
    logins = list(_first_logins(evidence.records))
    for place, later in enumerate(logins):
        for earlier in reversed(logins[:place]):
            if later.at - earlier.at > min(within, _SESSION):
                break
            is_alive = ended.get(earlier.session, later.at) >= later.at
            if is_alive and _networks((earlier, later)) > 1:
                yield earlier, later


def _first_logins(records: Iterable[ConnectionRecord]) -> Iterator[ConnectionRecord]:
    """The login that began each session: a second application joins it without a password."""
    known: set[str] = set()
    for record in records:
        if record.is_login and record.session is not None and record.session not in known:
            known.add(record.session)
            yield record


def _many_networks(evidence: Evidence) -> Iterator[tuple[ConnectionRecord, ...]]:
    """The logins of two days of seven, each from as many networks as are set."""
    days: list[tuple[date, list[ConnectionRecord]]] = [
        (day, logins)
        for day, logins in by_day(record for record in evidence.records if record.is_login).items()
        if _networks(logins) >= evidence.thresholds.shared_networks
    ]
    for (earlier, before), (later, after) in pairwise(days):
        if later - earlier < _WEEK:
            yield (*before, *after)


def _networks(records: Iterable[ConnectionRecord]) -> int:
    """How many networks of one family: one of the other beside it is the same device."""
    networks = {network for record in records if (network := network_of(record.address)) is not None}
    return max(Counter(version for version, _ in networks).values(), default=0)


def network_of(address: str | None) -> tuple[int, str] | None:
    """The network of an address with its family; None where Keycloak tells no address."""
    try:
        parsed = ip_address(address or "")
    except ValueError:
        return None
    parsed = getattr(parsed, "ipv4_mapped", None) or parsed
    return parsed.version, str(ip_network((parsed, _PREFIXES[parsed.version]), strict=False))
