"""`realm accept`: the realm was made anew, a named person says so, and the register goes on with it."""

from __future__ import annotations

from provisioner.domain.access.plan import our_accounts
from provisioner.domain.errors import Refusal, Refused
from provisioner.domain.records import Records
from provisioner.operations.context import Context, decided
from provisioner.register import run_lock
from provisioner.register.connections import begin_anew
from provisioner.register.marks import accept_realm
from provisioner.views.answers.system import AcceptanceAnswer


@decided
def accept(context: Context, by: str, reason: str) -> AcceptanceAnswer:
    """Records the realm under the settings as this register's, unless it is already; changes nothing in Keycloak.

    What is missing there is told by the next `plan`; nothing is opened or closed for it.

    Raises:
        Refused: the register knows no realm yet; the first write records it.
        LockHeld, KeycloakError, RegisterUnavailable: a system failed; nothing is recorded.
    """
    with run_lock(context.register, context.settings, by):
        records = context.register.records()
        if records.realm_id is None:
            raise Refused(Refusal.NO_REALM_YET)
        acceptance = _compare(context, records, records.realm_id)
        if acceptance.accepted:
            with context.register.work(by) as work:
                accept_realm(work, acceptance.known, acceptance.found, by=by, reason=reason)
                begin_anew(work)
        return acceptance


def _compare(context: Context, records: Records, known: str) -> AcceptanceAnswer:
    snapshot = context.directory.snapshot({})
    ours = our_accounts(records, snapshot)
    emails = [account.email for account in records.accounts.values() if account.keycloak_id is not None]
    return AcceptanceAnswer.of(known, snapshot.realm_id, len(emails), sum(email in ours for email in emails))
