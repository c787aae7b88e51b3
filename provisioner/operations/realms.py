"""`realm accept`: the realm was made anew, a named person says so, and the register goes on with it."""

from __future__ import annotations

from dataclasses import dataclass

from provisioner.domain.access.plan import our_accounts
from provisioner.domain.errors import Refusal, Refused
from provisioner.domain.records import Records
from provisioner.operations.context import Context, decided
from provisioner.register import run_lock
from provisioner.register.marks import accept_realm


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The realm that the register began with and the one under the settings, by Keycloak's internal ids.

    `accounts` counts the accounts that the register knows, `there` those of them that this realm has: by their id, or
    by their address and our mark.
    """

    known: str
    found: str
    accounts: int
    there: int

    @property
    def is_another(self) -> bool:
        """Whether there is something to accept."""
        return self.known != self.found


@decided
def accept(context: Context, by: str, reason: str) -> Acceptance:
    """Records the realm under the settings as this register's, unless it is already; changes nothing in Keycloak.

    What is missing there is told by the next `plan`; nothing is opened or closed for it.

    Raises:
        Refused: the register knows no realm yet; the first write records it.
        LockHeld, KeycloakError, RegisterUnavailable: a system failed; nothing is recorded.
    """
    with run_lock(context.register, context.settings):
        records = context.register.records()
        if records.realm_id is None:
            raise Refused(Refusal.NO_REALM_YET)
        acceptance = _compare(context, records, records.realm_id)
        if acceptance.is_another:
            with context.register.work() as work:
                accept_realm(work, acceptance.known, acceptance.found, by=by, reason=reason)
        return acceptance


def _compare(context: Context, records: Records, known: str) -> Acceptance:
    snapshot = context.directory.snapshot({})
    ours = our_accounts(records, snapshot)
    accounts = [one.email for one in records.accounts.values() if one.keycloak_id is not None]
    return Acceptance(known, snapshot.realm_id, len(accounts), sum(email in ours for email in accounts))
