"""`never-used`, `unused`, `link-unused`: accesses that nobody uses, as far as everything was read (D4, P2).

Each is judged over a span that was read without a hole only, from the latest of the opening, the adoption and the
first reading: what is not known before a day is not held against anybody.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from provisioner.domain.access.invitations import InvitationState
from provisioner.domain.calendar import start_of
from provisioner.domain.connections.control import Control, Facts, Observation, Severity
from provisioner.domain.connections.evidence import OpenAccess

NEVER_USED = Control(code="never-used", rule="D4", severity=Severity.INFO, is_state=True)
UNUSED = Control(code="unused", rule="D4", severity=Severity.WARNING, is_state=True)
LINK_UNUSED = Control(code="link-unused", rule="P2", severity=Severity.INFO, is_state=True)


def find(access: OpenAccess) -> Iterator[Observation]:
    """What an open access's use shows today."""
    usage, thresholds = access.usage, access.thresholds
    control, days = (
        (NEVER_USED, thresholds.never_used_days) if usage.is_never_used else (UNUSED, thresholds.unused_days)
    )
    if usage.unused_since is not None and usage.unused_days >= days:
        is_known = usage.is_never_used or usage.unused_since == usage.last_on
        facts = Facts(on=usage.last_on, known_since=None if is_known else usage.known_since)
        yield access.observe(control, start_of(usage.unused_since + timedelta(days=days)), facts)
    yield from _link_unused(access)


def _link_unused(access: OpenAccess) -> Iterator[Observation]:
    """Every link that may be sent was, the last one is dead, and no password was made with any of them."""
    invitation, coverage = access.invitation, access.coverage
    if invitation is None or not invitation.sent or coverage.read_until is None:
        return
    first, expiry, whole_since = invitation.sent[0].sent_at, invitation.expires_at, coverage.whole_since()
    assert first is not None
    assert expiry is not None
    is_known = whole_since is not None and max(whole_since, access.records_since) <= first
    if not is_known or coverage.read_until < expiry:
        return
    used = access.password_made_at is not None and access.password_made_at >= first
    used = used or (access.usage.last_on is not None and start_of(access.usage.last_on) + _DAY > first)
    if invitation.state(access.now, has_password=used) is InvitationState.GIVEN_UP:
        yield access.observe(LINK_UNUSED, expiry, Facts(on=invitation.sent_on, count=len(invitation.sent)))


_DAY = timedelta(days=1)
