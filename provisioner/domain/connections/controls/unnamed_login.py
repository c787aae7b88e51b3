"""`unnamed-login`: somebody got in whom no current annexe names (L1).

Of an account of ours without an open access, one a day. Of an account that is none of ours (an administrator's, say),
one a year: once a named person has explained who it is, it is asked again in the next year, like V4's review.
"""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.domain.calendar import day_of
from provisioner.domain.connections.control import Control, Observation, Severity
from provisioner.domain.connections.evidence import Evidence, by_day
from provisioner.domain.connections.record import ConnectionRecord

CONTROL = Control(code="unnamed-login", rule="L1", severity=Severity.GRAVE)

#: Somebody logs in, or an application renews a login.
_ENTRIES = frozenset({"login", "refresh_token"})


def find(evidence: Evidence) -> Iterator[Observation]:
    """One for each day, or each year, with a login."""
    entries = [record for record in evidence.records if record.kind in _ENTRIES and record.outcome is None]
    if evidence.account is None:
        for year in sorted({day_of(record.at).year for record in entries}):
            first = next(record for record in entries if day_of(record.at).year == year)
            yield from evidence.observe(CONTROL, year, [first], on=day_of(first.at), client=first.client)
        return
    for day, unnamed in by_day(record for record in entries if _is_unnamed(record, evidence)).items():
        yield from evidence.observe(CONTROL, day, unnamed, on=day, client=unnamed[0].client)


def _is_unnamed(record: ConnectionRecord, evidence: Evidence) -> bool:
    return evidence.open_at(record.at) is None or evidence.is_suspended_at(record.at)
