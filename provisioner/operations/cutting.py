"""Recorded suspensions made true at once: of one person, or of all of a partner (L2; docs/safety.md)."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from provisioner.domain.access.change import Action, Change, suspension_of
from provisioner.domain.access.plan import make_plan, plan_in_unknown_realm
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Scope
from provisioner.keycloak.errors import KeycloakError
from provisioner.operations.context import Context, Ending, ProgressBar, RunResult
from provisioner.operations.look import glance_at
from provisioner.operations.notice_delivery import deliver_now
from provisioner.operations.notices import remind, tell_still_open
from provisioner.operations.pool import Failure
from provisioner.operations.run import Pass


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """How many accounts were `cut` now and are `not_cut`, and until when an access token that was given before may
    still pass.
    """

    result: RunResult
    cut: int
    not_cut: int
    tokens_until: datetime


def cut_now(context: Context, partners: Collection[str], emails: Collection[EmailAddress], bar: ProgressBar) -> Cut:
    """Makes the suspensions of these accounts true, those first who are logged in. One that is not suspended stays.

    It reads and writes these accounts alone, and waits for no run: one that is under way opens nobody who was
    suspended meanwhile. Run again, it cuts what is left. Whatever becomes of it, the notices leave, with what is
    still open in them: the urgent ones now, the others with the run that is under way, if there is one.

    `partners` are those of whom it is told, with those through which the accounts are open.

    Raises:
        KeycloakError, RegisterUnavailable: a system failed; the next `sync` goes on.
    """
    run = Pass(context)
    run.scope = Scope(emails=frozenset(emails))  # a partner of thousands is not read for one person
    run.begin()
    try:
        return _cut(run, partners, run.records.suspended.keys() & emails, bar)
    finally:
        with context.work() as work:
            tell_still_open(work, context.settings, emails)
        at_once = context.settings.model_copy(update={"lock_wait_seconds": 0})
        run.result.notices = deliver_now(context.register, at_once, context.by)


def _cut(run: Pass, partners: Collection[str], emails: Collection[EmailAddress], bar: ProgressBar) -> Cut:
    context, records = run.context, run.records
    glance = glance_at(context.directory, records, emails, context.settings.keycloak.threads)
    run.snapshot = glance.snapshot
    theirs = tuple(h for h in records.habilitations if h.email in emails)
    live = [h for h in theirs if h.closed_at is None]
    run.partners = sorted({*partners, *(h.partner for h in live)})
    unread = {h.email: suspension_of(h) for h in live if h.email in glance.unread}
    if records.is_for_realm(glance.snapshot.realm_id):
        alone = replace(records, habilitations=tuple(h for h in theirs if h.email not in glance.unread))
        due = make_plan(alone, glance.snapshot, context.clock.now(), run.partners, context.limits)
        due = due.only(lambda change: change.action is Action.CLOSE).with_own_holds()
        run.result.plan = replace(due, changes=_logged_in_first(context, due.changes))
        run.carry_out(bar)
        run.result.failed += (Failure(change, glance.unread[email]) for email, change in unread.items())
        run.quarantine_failures(())
    else:
        run.result.plan, run.result.ending = plan_in_unknown_realm(run.partners), Ending.UNKNOWN_REALM
        unread = {h.email: suspension_of(h) for h in live}
    remind(context)
    done = {change.email for change in run.result.done if change.is_suspension}
    to_cut = {change.email for change in run.plan.changes if change.is_suspension} | unread.keys()
    return Cut(
        result=run.result,
        cut=len(done),
        not_cut=len(to_cut - done),
        tokens_until=context.clock.now() + timedelta(seconds=glance.snapshot.token_seconds),
    )


def _logged_in_first(context: Context, changes: Sequence[Change]) -> tuple[Change, ...]:
    """The same, those first whose person is logged in; of whom that cannot be known, they may be."""

    def is_out(change: Change) -> bool:
        try:
            return change.keycloak_id is None or not context.directory.has_session(change.keycloak_id)
        except KeycloakError:
            return False

    if len(changes) < 2:
        return tuple(changes)
    with ThreadPoolExecutor(context.settings.keycloak.threads) as pool:
        are_out = list(pool.map(is_out, changes))
    ordered = sorted(zip(are_out, changes, strict=True), key=lambda pair: pair[0])
    return tuple(change for _, change in ordered)
