"""What is destroyed when (D1, D2, C4), and what a named person keeps from it (D7)."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import structlog

from provisioner.domain.errors import Refusal, Refused
from provisioner.domain.hold import Hold, HoldKind
from provisioner.domain.people import EmailAddress
from provisioner.operations.context import Context, ProgressBar, RunResult, decided
from provisioner.operations.errors import UnknownRealm
from provisioner.operations.holds import hold_or_drop
from provisioner.operations.run import Pass
from provisioner.register import Register, holds
from provisioner.register.journal import decisions

log = structlog.get_logger()

#: How far ahead the look may be that a hold on everything needs, in days.
ALL_REVIEWED_WITHIN_DAYS = 30


def destroy_due(context: Context, bar: ProgressBar) -> RunResult:
    """Destroys what is due and was announced by a run of an earlier day, and announces what the next days' runs will.

    The same as a `sync` does last: what else waits stays as it is. An account that another hand enabled after its end
    is closed first, and told.
    """
    with Pass(context).alone() as run:
        run.destroys = True
        try:
            run.look()
        except UnknownRealm:
            log.error("realm.unknown")
            return run.result
        run.make_plan()
        run.result.plan = run.plan.of_destructions
        limits = tuple(limit for limit in run.plan.blocked if limit.partner is None)  # a partner's own are for `sync`
        with context.work() as work:
            hold_or_drop(work, context.settings, replace(run.plan, blocked=limits), [None])
        run.announce()
        run.carry_out(bar)
        run.quarantine_failures(judged=())
        run.conclude()
        return run.result


@decided
def keep(
    register: Register, partner: str | None, email: EmailAddress | None, by: str, reason: str, review_on: date
) -> int:
    """From now on nothing of that partner, that person, or without either of anybody, is destroyed; gives the number
    of the hold. It stays until a named person releases it.

    Raises:
        Refused: nobody has that address; the day is past, or for everybody too far ahead.
    """
    today = register.clock.today()
    if review_on < today:
        raise Refused(Refusal.REVIEW_PAST, on=review_on)
    latest = today + timedelta(days=ALL_REVIEWED_WITHIN_DAYS)
    if partner is None and email is None and review_on > latest:
        raise Refused(Refusal.REVIEW_FAR, on=review_on, days=ALL_REVIEWED_WITHIN_DAYS, latest=latest)
    with register.work(by) as work:
        return holds.keep(work, partner, email, by, reason, review_on)


@decided
def release(register: Register, number: int, by: str, reason: str) -> None:
    """Releases that hold: what it kept is destroyed when its day has come.

    Raises:
        Refused: there is no such hold, or it is an incident's.
    """
    with register.work(by) as work:
        if not holds.release_keeping(work, number, by, reason):
            raise Refused(Refusal.NO_SUCH_KEEPING, number=number)


def kept(register: Register) -> list[tuple[Hold, str | None]]:
    """Every hold on destruction that lasts, oldest first, with who decided it, as long as that name stands (D8)."""
    with register.read() as connection:
        lasting = holds.kept(connection, HoldKind.RETENTION)
        rows = decisions(connection, [hold.decision for hold in lasting if hold.decision is not None])
    names = {entry: row.decided_by for entry, row in rows.items()}
    return [(hold, names.get(hold.decision or 0)) for hold in lasting]
