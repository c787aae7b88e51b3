"""`many-failures`: an account's password was often wrong in a day, or Keycloak locked the account for a while (L1).

`locked-from-elsewhere`: it was locked by failures that came only from addresses from which the person never got in.
"""

from __future__ import annotations

from collections.abc import Iterator

from provisioner.domain.connections.control import Control, Observation, Severity
from provisioner.domain.connections.evidence import Evidence, by_day
from provisioner.domain.connections.record import ConnectionRecord

MANY = Control(code="many-failures", rule="L1", severity=Severity.WARNING)
LOCKED = Control(code="locked-from-elsewhere", rule="L1", severity=Severity.GRAVE)

#: Keycloak tells a lock-out as an event of its own, or by its answer to the next login.
_LOCKED_KIND, _LOCKED_OUTCOME = "user_disabled_by_temporary_lockout", "user_temporarily_disabled"


def find(evidence: Evidence) -> Iterator[Observation]:
    """One for each day with a lock-out, or with too many failures, while the account was open.

    What befalls an account that is cut is `closed-attempt`'s.
    """
    if evidence.account is None:
        return
    for day, records in by_day(evidence.records).items():
        failures = [record for record in records if _is_failure(record) and not evidence.is_cut_at(record.at)]
        is_locked = any(_is_lock(record) for record in records)
        if not failures or (not is_locked and len(failures) < evidence.thresholds.failures):
            continue
        outcome = _LOCKED_OUTCOME if is_locked else None
        addresses = {record.address for record in failures if record.address}
        is_elsewhere = bool(evidence.addresses and addresses) and not addresses & evidence.addresses
        control = LOCKED if is_locked and is_elsewhere else MANY
        yield from evidence.observe(control, day, failures, on=day, outcome=outcome)


def _is_failure(record: ConnectionRecord) -> bool:
    return record.kind == "login" and record.outcome is not None


def _is_lock(record: ConnectionRecord) -> bool:
    return record.kind == _LOCKED_KIND or record.outcome == _LOCKED_OUTCOME
