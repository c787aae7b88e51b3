"""The erasure of a person's data before their day, on a named decision (GDPR 17), by what destroys them on it too."""

from __future__ import annotations

from dataclasses import replace

from provisioner.domain.access.change import destroying
from provisioner.domain.erasure import Erasure, erasure_of
from provisioner.domain.errors import Refusal, Refused
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Scope
from provisioner.domain.retention import Destruction
from provisioner.operations.context import Context, ProgressBar, RunResult, decided
from provisioner.operations.journal_watch import watch_journal
from provisioner.operations.run import Pass
from provisioner.register.database import read_records
from provisioner.register.habilitations import scope_of
from provisioner.register.journal import about
from provisioner.register.partners import roles_of


def what_goes(context: Context, email: EmailAddress) -> Erasure:
    """What `erase` would do now, and what stays; changes nothing.

    Raises:
        Refused: nobody has that address, or their data may not go now.
    """
    with context.register.read() as connection:
        records, roles = read_records(connection, scope_of(connection, email)), roles_of(connection, email)
    return erasure_of(records, email, roles, context.clock.today())


@decided
def erase(context: Context, email: EmailAddress, by: str, reason: str, bar: ProgressBar) -> tuple[Erasure, RunResult]:
    """Erases what no rule obliges to keep: the Keycloak account, its connections, what the register keeps for it.

    The decision is recorded first; an account that another hand enabled after its end is closed before it goes.
    Killed anywhere, the same command goes on; said again, nothing is left to do.

    Raises:
        Refused: nobody has that address, or their data may not go now; nothing is erased.
        UnknownRealm: the realm is another one; nothing is recorded.
    """
    with Pass(context, emails=[email]).alone() as run:
        erasure = what_goes(context, email)
        account = erasure.account
        if account is None:
            return erasure, run.result
        run.partners = sorted(account.partners)
        run.scope = Scope(frozenset(account.partners), frozenset({email}))
        run.look()
        _record(context, account, by, reason)
        run.make_plan()
        run.result.plan = replace(run.plan, changes=(*run.plan.changes, destroying(account))).of_destructions
        run.carry_out(bar)
        run.result.journal = watch_journal(context)
        if not (run.result.done or run.result.failed or run.broken):  # a hold was recorded meanwhile (D7)
            what_goes(context, email)
            raise Refused(Refusal.ERASE_ON_HOLD, email=email)  # and released again
        return erasure, run.result


def _record(context: Context, account: Destruction, by: str, reason: str) -> None:
    """The decision, once: a command that goes on where another was killed records nothing new."""
    number = account.habilitation.id if account.habilitation is not None else None
    assert number is not None
    with context.register.work(by) as work:
        said = [row for row in about(work.connection, {number}, ()) if row.entry.facts.get("action") == "erasure"]
        if not any((row.decided_by, row.details.get("reason")) == (by, reason) for row in said):
            details = {"reason": reason}
            work.journal("erasure", partner=account.partner, habilitation=number, rule="D5", details=details, by=by)
