"""What waits: plans beyond a limit, pauses, quarantines; kept, told, let go, ended (docs/safety.md).

A limit, a pause and a suspension wait for a named person. A quarantine, what fails for one person or one partner
alone, is tried again by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date
from typing import TYPE_CHECKING

import structlog

from provisioner.domain.access.change import Action, Change
from provisioner.domain.access.invitations import is_for_repeat
from provisioner.domain.access.plan import Plan
from provisioner.domain.errors import Refusal, Refused
from provisioner.domain.gates import Blocked, Limit
from provisioner.domain.hold import Cause, Hold, HoldKind
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Records
from provisioner.keycloak.errors import KeycloakError, MailFailed, OutcomeUnknown, RealmUnfit
from provisioner.mail import MailUnavailable, greet
from provisioner.operations.context import Context, decided
from provisioner.operations.notices import drop_held, tell_held
from provisioner.operations.pool import PATIENCE, AccessStillOpen, Defect, Failure, GivenUp
from provisioner.register import Register, Work
from provisioner.register import holds as rows
from provisioner.settings import Settings

if TYPE_CHECKING:
    from provisioner.operations.run import Pass

log = structlog.get_logger()

#: From which age on what is in quarantine is an error in the log.
LOUD_AFTER_DAYS = 7

#: Keycloak's answers that concern our service account, not what it asked for.
_OUR_RIGHTS = (401, 403)


def hold_or_drop(work: Work, settings: Settings, plan: Plan, partners: Collection[str | None]) -> None:
    """Keeps what a limit holds of this plan, and tells the Caf's contact of it; what was held of these partners
    before and is no more is dropped.
    """
    held: dict[str | None, Blocked] = {}
    for blocked in plan.blocked:
        if blocked.limit.is_kept:
            held.setdefault(blocked.partner, blocked)
    plans = plan.of_each_partner() if held else {}
    for code, blocked in held.items():  # without a partner: destructions, which are one plan of all
        changes = plan.destructions if code is None else plans.get(code, [])
        rows.hold_plan(work, blocked, closures_in(changes), changes)
    for code in partners:
        if code not in held:
            drop_held(work, code)
    tell_held(work, settings)


def closures_in(changes: Iterable[Change]) -> list[tuple[int, date]]:
    """The accesses that a partner's plan closes, now or, by its document, later, each with its last day."""
    closed = (change.habilitation for change in changes if change.action is Action.CLOSE)
    return [(h.id, h.end.on) for h in closed if h is not None and h.id is not None and h.end is not None]


@decided
def release(register: Register, plan_id: str, by: str, reason: str) -> str | None:
    """Lets a held plan go, by name; the next `sync` acts. Gives the partner's code, none where it is one of
    destructions.

    Raises:
        Refused: no such plan is held, or what holds it is not for a person to lift.
    """
    with register.work(by) as work:
        held = rows.held_partner(work.connection, plan_id)
        if held is None:
            raise Refused(Refusal.NO_SUCH_PLAN, plan_id=plan_id)
        partner, limit = held
        if not Limit(limit).can_be_released:
            raise Refused(Refusal.NOT_FOR_RELEASE, plan_id=plan_id, limit=limit)
        rows.release_plan(work, partner, plan_id, by, reason)
        drop_held(work, partner)
    return partner


@decided
def pause(register: Register, partner: str | None, reason: str, until: date | None, by: str) -> None:
    """From now on nothing is written in Keycloak, for that partner or for anybody, closures neither.

    Raises:
        Refused: the last day is past.
    """
    if until is not None and until < register.clock.today():
        raise Refused(Refusal.PAUSE_PAST, on=until)
    with register.work(by) as work:
        rows.pause(work, partner, reason, until, by)


@decided
def resume(register: Register, partner: str | None, by: str) -> None:
    """Ends a pause.

    Raises:
        Refused: there is none.
    """
    with register.work(by) as work:
        if not rows.resume(work, partner, by):
            if partner is None:
                raise Refused(Refusal.NOT_PAUSED)
            raise Refused(Refusal.PARTNER_NOT_PAUSED, partner=partner)


def tell_ages(context: Context, records: Records) -> None:
    """A hold has no end of its own: each run says in the log how old each is; of a quarantine louder after a week."""
    for hold in records.holds_on(context.clock.today()):
        days = (context.clock.now() - hold.since).days
        is_loud = hold.still_open or (hold.kind is HoldKind.QUARANTINE and days >= LOUD_AFTER_DAYS)
        tell = log.error if is_loud else log.warning
        theirs = records.by_account().get(hold.email, ()) if hold.email is not None else ()
        live = [h.id for h in theirs if h.closed_at is None]
        tell("hold.open", kind=hold.kind, partner=hold.partner, habilitations=live, days=days)


def quarantine_failures(run: Pass, judged: Collection[str], *, are_repeats: bool = False) -> None:
    """After a pass: the failures that are one person's or one partner's alone are kept as quarantines, and those that
    were this pass's to try and failed no more end.

    `judged` are the partners whose whole plan was worked out. `are_repeats`: the pass was about second and third
    links, which no other pass tries.
    """
    result, plan, records = run.result, run.plan, run.records
    own = {_whose(failure.change): failure for failure in _own_failures(run)}
    own |= {
        _whose(failure.change): failure for failure in result.failed if isinstance(failure.cause, AccessStillOpen)
    }
    result.quarantined += (failure for failure in result.failed if _hangs_on(failure, own))
    unsettled = {_whose(failure.change) for failure in result.failed}
    unsettled |= {_whose(change) for change in plan.held}  # as by a pause
    sound = set(judged) - run.broken
    ended = [
        hold
        for hold in records.holds
        if hold.kind is HoldKind.QUARANTINE
        and run.email in (None, hold.email)
        and (hold.email is None or hold.email in records.accounts)  # else nobody judged it
        and _partners(records, hold) <= sound
        and is_for_repeat(records, hold, run.context.clock.now()) is are_repeats
        and hold not in plan.quarantines
        and _scope(hold.partner, hold.email) not in unsettled
    ]
    if not (own or run.broken or ended):
        return
    with run.context.work() as work:
        for whose, failure in own.items():
            change = failure.change
            waiting = [planned for planned in plan.changes if _whose(planned) == whose]
            still_open, reason = None, failure.error
            if isinstance(failure.cause, AccessStillOpen):
                still_open, reason = failure.cause.why, failure.cause.answer
            rows.quarantine(
                work, change.partner, change.habilitation, reason, waiting, tried=True, still_open=still_open
            )
        for code in sorted(run.broken.intersection(records.partners)):
            rows.quarantine(work, code, None, Cause.DEFECT, [], tried=False)
        for hold in ended:
            rows.end_quarantine(work, hold, _habilitation(records, hold))


def _own_failures(run: Pass) -> list[Failure]:
    """Those that a system is not to blame for: it answers, and did the same for others or fails for few."""
    own: list[Failure] = []
    for answers, is_mail in ((_keycloak_answers, False), (mail_server_answers, True)):
        failed = [
            failure
            for failure in run.result.failed
            if isinstance(failure.cause, MailFailed) is is_mail and _may_be_own(failure.cause)
            if not failure.change.is_of_unknown_account
        ]
        went_well = any((change.action is Action.INVITE) is is_mail for change in run.result.done)
        if failed and (went_well or len(failed) <= PATIENCE) and answers(run.context, went_well):
            own += failed
    return own


def _may_be_own(cause: KeycloakError) -> bool:
    if isinstance(cause, Defect):
        return True
    if isinstance(cause, AccessStillOpen):
        return False  # kept whatever became of the others
    return not isinstance(cause, GivenUp | OutcomeUnknown | RealmUnfit) and cause.status not in _OUR_RIGHTS


def _keycloak_answers(context: Context, _went_well: bool) -> bool:
    try:
        context.directory.ping()
    except KeycloakError:
        return False
    return True


def mail_server_answers(context: Context, went_well: bool) -> bool:
    """The mail server that Keycloak uses is the one of our own notices (docs/settings.md); where none is set, whether
    it took others has to do.
    """
    if not context.settings.smtp.is_set:
        return went_well
    try:
        greet(context.settings.smtp)
    except MailUnavailable:
        return False
    return True


def _hangs_on(failure: Failure, own: Collection[tuple[str | None, EmailAddress | None]]) -> bool:
    """Whether it is the person's who is set aside, or was not tried because of the partner that is."""
    is_untried = isinstance(failure.cause, GivenUp)
    return _whose(failure.change) in own or (is_untried and (failure.change.partner, None) in own)


def _whose(change: Change) -> tuple[str | None, EmailAddress | None]:
    return _scope(change.partner, change.habilitation.email if change.habilitation else None)


def _scope(partner: str | None, email: EmailAddress | None) -> tuple[str | None, EmailAddress | None]:
    """A person is one whatever the partner (A8)."""
    return (None, email) if email is not None else (partner, None)


def _partners(records: Records, hold: Hold) -> set[str | None]:
    """Whose plans say whether it is settled: every partner's of the person."""
    theirs = records.by_account().get(hold.email, ()) if hold.email is not None else ()
    return {h.partner for h in theirs} or {hold.partner}


def _habilitation(records: Records, hold: Hold) -> int | None:
    theirs = [h.id for h in records.of_partner(hold.partner or "") if h.email == hold.email]
    return theirs[-1] if theirs else None
