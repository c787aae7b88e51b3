"""`closed-attempt`: somebody tried to get into an account that was closed or suspended then (L1).

One a person and day; an attempt that comes after the earlier ones were settled raises it anew. It is grave where the
login page says that the account is disabled: it does so only after the right password. Keycloak says the same of a
forgotten password, and of a name and a password that are sent without the page, whatever the password is: that alone
is no graver.
"""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.domain.connections.control import Control, Observation, Severity
from provisioner.domain.connections.evidence import DISABLED, Evidence, by_day
from provisioner.domain.connections.record import ConnectionRecord

CONTROL = Control(code="closed-attempt", rule="L1", severity=Severity.WARNING, is_act=True)

#: A login, a forgotten password, a mailed link.
_ATTEMPTS = frozenset(
    {"login", "reset_password", "send_reset_password", "execute_action_token", "execute_actions", "update_credential"}
)


def find(evidence: Evidence) -> Iterator[Observation]:
    """One for each day with an attempt."""
    for day, attempts in by_day(r for r in evidence.records if _is_attempt(r, evidence)).items():
        had_password = any(map(_was_right_password, attempts))
        severity, outcome = (Severity.GRAVE, DISABLED) if had_password else (None, None)
        yield from evidence.observe(CONTROL, day, attempts, severity=severity, on=day, outcome=outcome)


def _was_right_password(record: ConnectionRecord) -> bool:
    return record.kind == "login" and record.outcome == DISABLED and record.session is not None


def _is_attempt(record: ConnectionRecord, evidence: Evidence) -> bool:
    if record.kind not in _ATTEMPTS or record.is_login:  # who got in is `unnamed-login`'s
        return False
    return record.outcome == DISABLED or evidence.is_cut_at(record.at)
