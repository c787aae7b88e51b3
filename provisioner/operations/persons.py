"""One person's access cut at once without an annexe, and given back: by name, with a reason (V3; docs/persons.md)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from provisioner.domain.access.account import NO_FAILURES, Failures
from provisioner.domain.access.habilitation import Habilitation, State
from provisioner.domain.access.invitations import is_owed
from provisioner.domain.access.plan import our_accounts
from provisioner.domain.connections.controls.own_account import UNLOCK
from provisioner.domain.errors import Refusal, Refused
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Account, Records, Reopening, Scope
from provisioner.operations.context import Context, ProgressBar, RunResult, decided
from provisioner.operations.cutting import cut_now
from provisioner.operations.errors import UnknownRealm
from provisioner.operations.look import is_known_realm, look_at
from provisioner.operations.notices import ask_for_annexe
from provisioner.operations.run import sync
from provisioner.register import holds


@decided
def suspend(context: Context, email: EmailAddress, by: str, reason: str, second: str | None = None) -> list[str]:
    """Records that the person's access is cut at all their partners; `cut` makes it true, or the next `sync`.

    The partners' contacts, where there are any, are asked for the annexe 1. Suspended already, nothing is added.

    Returns:
        The codes of the partners.

    Raises:
        Refused: nobody of that address has an access or is about to; nothing is recorded.
    """
    records = context.register.records(Scope(emails=frozenset({email})))
    live = [h for h in records.habilitations if h.email == email and h.state is not State.CLOSED]
    if not live:
        raise Refused(Refusal.NOTHING_TO_SUSPEND, email=email)
    suspension = records.suspended.get(email)
    if suspension is None or suspension.containment is not None:
        with context.register.work(by) as work:
            if holds.suspend(work, email, by, reason, second=second):
                suspension = holds.suspensions(work.connection, [email])[email]
                for habilitation in live:
                    partner = records.partners[habilitation.partner]
                    ask_for_annexe(work, partner, habilitation.person, suspension, context.settings)
    return _partners(live)


@decided
def reopen(context: Context, email: EmailAddress, by: str, reason: str, *, new_password: bool) -> list[str]:
    """Records that the access is given back: a suspension lifted as it was, or with a new password; a missing
    account created again. `carry_out` makes it true, or the next `sync`.

    Of a closed access only the suspension is lifted, if there is one.

    Returns:
        The codes of the partners.

    Raises:
        Refused: there is nothing to reopen, or it may not be open now; nothing is recorded.
        KeycloakError, RegisterUnavailable: a system failed; nothing is recorded.
    """
    records = context.register.records(Scope(emails=frozenset({email})))
    theirs = [h for h in records.habilitations if h.email == email]
    lasting = _lasting(context, records, theirs)
    if not lasting and email not in records.suspended:
        raise Refused(Refusal.NOTHING_TO_REOPEN, email=email)
    how = (Reopening.NEW_PASSWORD if new_password else Reopening.AS_IT_WAS) if lasting else None
    if how is None or _is_to_do(context, lasting, how):
        with context.register.work(by) as work:
            holds.reopen(work, email, by, reason, how, records.suspended.get(email))
    return _partners(lasting or theirs)


@decided
def unlock(context: Context, email: EmailAddress, by: str, reason: str) -> Failures:
    """Lets the person log in again at once, after failed logins; what was lifted. Without any nothing is recorded.

    It is recorded first: by that the controls tell it from what a stolen secret does. Killed between the two, the
    account stays locked, and the same command does it.

    Raises:
        Refused: nobody of that address has an open access, or it is suspended, or its account is gone.
        UnknownRealm: the realm is another one than the register's.
    """
    records, directory = context.register.records(Scope(emails=frozenset({email}))), context.directory
    opened = [h for h in records.habilitations if h.email == email and h.state is State.OPEN]
    if not opened:
        raise Refused(Refusal.NOTHING_TO_UNLOCK, email=email)
    if email in records.suspended:
        raise Refused(Refusal.UNLOCK_SUSPENDED, email=email)
    if not is_known_realm(records, directory):
        raise UnknownRealm
    account = our_accounts(records, directory.glance(records.accounts[email].keycloak_id, email)).get(email)
    if account is None:
        raise Refused(Refusal.UNLOCK_MISSING, email=email)
    if not account.enabled:
        raise Refused(Refusal.UNLOCK_SUSPENDED, email=email)
    failures = directory.failures(account.id)
    if failures == NO_FAILURES:
        return failures
    at = directory.server_time().isoformat()  # before the register is held: it may be a call
    with context.register.work(by) as work:
        said = {"by": by, "reason": reason, "failures": failures.count}
        for habilitation in opened:
            code, number = habilitation.partner, habilitation.id
            work.journal("account.unlocked", partner=code, habilitation=number, rule="P1", details=said, by=by)
        work.journal("run.begun", details={"changes": [[UNLOCK, opened[0].id]], "keycloak_at": at})
    directory.forget_failures(account.id)
    return failures


def carry_out(context: Context, partners: Sequence[str], email: EmailAddress, bar: ProgressBar) -> RunResult:
    """Makes true what is due for this person, a recorded decision first of all; told of nobody else's holds.

    Raises:
        LockHeld, KeycloakError, RegisterUnavailable: a system failed; the next `sync` goes on.
    """
    result = sync(context, partners, bar, email)
    result.plan = result.plan.with_own_holds() if result.plan else None
    return result


def cut(context: Context, partners: Sequence[str], email: EmailAddress, bar: ProgressBar) -> RunResult:
    """Makes a recorded suspension true now (`cut_now`)."""
    return cut_now(context, partners, [email], bar).result


def _lasting(context: Context, records: Records, theirs: Iterable[Habilitation]) -> list[Habilitation]:
    """Those that are not closed, nor to be closed today.

    Raises:
        Refused: none of their conventions is active (C2).
    """
    today = context.clock.today()
    live = [h for h in theirs if h.state is not State.CLOSED and not h.is_ending_on(today)]
    active = [h for h in live if records.partners[h.partner].is_active_on(today)]
    if live and not active:
        codes = ", ".join(_partners(live))
        raise Refused(Refusal.NOT_ACTIVE, partner=codes)
    return active


def _is_to_do(context: Context, lasting: Sequence[Habilitation], how: Reopening) -> bool:
    """Whether there is a decision to record, and not one under way or an account that is open as it was.

    Raises:
        Refused: no link could lead to a password as P1 asks, or the address belongs to another account (A8).
    """
    email = lasting[0].email
    records, snapshot = look_at(context, Scope(frozenset(_partners(lasting)), frozenset({email})))
    if snapshot.link_fault is not None:
        raise Refused(Refusal.LINKS_USELESS, why=snapshot.link_fault)
    remote = our_accounts(records, snapshot).get(email)
    was_closed = any(h.email == email and h.closed_at for h in records.habilitations)
    is_made = (remote is not None and not was_closed) or any(h.state is State.OPEN for h in lasting)
    if not (is_made or email in records.suspended):
        raise Refused(Refusal.NOT_OPENED_YET, email=email)
    if remote is None and snapshot.holders(email):
        raise Refused(Refusal.ADDRESS_TAKEN, email=email)
    if email in records.suspended:
        return True
    if how is Reopening.AS_IT_WAS:
        is_as_it_was = remote is not None and remote.enabled
        return not is_as_it_was and records.accounts[email].reopening is None
    return not _is_under_way(records, records.accounts[email], lasting)


def _is_under_way(records: Records, account: Account, lasting: Sequence[Habilitation]) -> bool:
    """Whether a new password was decided and its link has not left: said again, it is the same decision."""
    if account.reopening is Reopening.NEW_PASSWORD:
        return True
    attempts = [attempt for habilitation in lasting for attempt in records.attempts_of(habilitation)]
    return any(is_owed(habilitation, attempts) and not habilitation.owes_first_link for habilitation in lasting)


def _partners(habilitations: Iterable[Habilitation]) -> list[str]:
    return sorted({habilitation.partner for habilitation in habilitations})
