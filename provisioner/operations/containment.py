"""Every access of a partner cut at once, and given back: by name, with a reason (L2; docs/incidents.md)."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import structlog
from sqlalchemy import Connection

from provisioner.domain.access.account import Snapshot
from provisioner.domain.access.change import Action, Change, suspension_of
from provisioner.domain.access.habilitation import State
from provisioner.domain.access.plan import make_plan, our_accounts, plan_in_unknown_realm
from provisioner.domain.annexe.decisions import same_name
from provisioner.domain.connections.incident import Incident
from provisioner.domain.errors import Refusal, Refused
from provisioner.domain.gates import WINDOW, Containing, also_of, containing
from provisioner.domain.hold import Hold
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Records, Reopening
from provisioner.keycloak.errors import KeycloakError
from provisioner.operations import persons
from provisioner.operations.context import Context, Ending, ProgressBar, RunResult, decided
from provisioner.operations.look import glance_at
from provisioner.operations.notice_delivery import deliver_now
from provisioner.operations.notices import remind, tell_contained, tell_released
from provisioner.operations.partners import no_such_partner
from provisioner.operations.pool import Failure
from provisioner.operations.run import Pass, sync
from provisioner.register import Work, holds
from provisioner.register.database import read_records
from provisioner.views.incidents import reason_of

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Contained:
    """What became of a containment: how many accounts were `cut` now and are `not_cut`, which are `also_of` other
    partners, and until when an access token that was given before may still pass.
    """

    partners: tuple[str, ...]
    result: RunResult
    cut: int
    not_cut: int
    also_of: Mapping[EmailAddress, tuple[str, ...]]
    tokens_until: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """What became of a release: the accounts that are to be open again, and those of the partner that stay suspended,
    by name or by another partner's containment, or since their account was gone or disabled in the console.
    """

    partner: str
    result: RunResult
    reopened: int
    still_suspended: tuple[EmailAddress, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class IncidentCut:
    """What was cut for an incident: how many accounts, and until when an access token may still pass where that is
    known.
    """

    results: tuple[RunResult, ...]
    cut: int
    not_cut: int
    tokens_until: datetime | None = None


def reach_of(context: Context, codes: Collection[str]) -> Containing:
    """What a containment of these partners would cut now, to be shown before it is confirmed.

    Raises:
        WrongUsage: one of the partners is not registered.
    """
    with context.register.read() as connection:
        return _reach(context, connection, codes)


@decided
def refuse_without_second(
    context: Context,
    codes: Collection[str],
    by: str,
    second: str | None,
    persons: Collection[EmailAddress] = (),
) -> None:
    """Verifies that as many accesses, of these partners or else of these persons, may be cut without a second name,
    or that there is one.

    Raises:
        WrongUsage: one of the partners is not registered.
        Refused: a second name is needed, or it is the first one.
    """
    with context.register.read() as connection:
        _verify_second(_reach(context, connection, codes, persons), by, second)


@decided
def contain(
    context: Context,
    codes: Collection[str],
    by: str,
    reason: str,
    second: str | None,
    bar: ProgressBar,
    incident: int | None = None,
) -> Contained:
    """Records that every access of these partners is cut (`record`), and cuts it (`cut`).

    Raises:
        WrongUsage, Refused, RegisterUnavailable: as `record`; nothing is recorded.
        KeycloakError: Keycloak does not answer; the decision is recorded, and the next `sync` goes on.
    """
    record(context, codes, by, reason, second, incident)
    return cut(context.acting(by), codes, bar)


@decided
def record(
    context: Context, codes: Collection[str], by: str, reason: str, second: str | None, incident: int | None = None
) -> None:
    """Records that every access of these partners is cut; `cut` makes it true, or the next `sync`.

    The Caf's contacts are told, the partners' by the incident's own notice. Of a partner that is contained already
    only what was opened since is added.

    Whose account was disabled in the console, or gone, before is suspended by the same decision but is not given back
    with the others: `person reopen` does that by name.

    Raises:
        WrongUsage: one of the partners is not registered.
        Refused: a second name is needed, or it is the first one; nothing is recorded.
        RegisterUnavailable: the register cannot be written.
    """
    context = context.acting(by)
    were_off = _off_now(context, codes)
    with context.work() as work:
        _verify_second(_reach(context, work.connection, codes), by, second)
        for code in codes:
            records = read_records(work.connection)
            emails = containing(records, [code], context.clock.now(), ()).emails
            containment = records.contained.get(code)
            if is_new := containment is None:
                containment = holds.contain(work, code, len(emails), by, reason, second, incident)
            with work.because_of(containment.decision):
                for email in sorted(emails):
                    holds.suspend(work, email, by, reason, None if email in were_off else containment.id)
            if is_new:
                others = {partner for partners in also_of(records, emails, [code]).values() for partner in partners}
                tell_contained(work, context.settings, records.partners[code], containment, by, sorted(others))
                log.warning("partner.contained", partner=code, accounts=len(emails))


@decided
def contain_for(
    context: Context, incident: Incident, codes: Collection[str], by: str, second: str | None, bar: ProgressBar
) -> IncidentCut:
    """Cuts for an incident every access of these partners; without one, that of each person whom it names. Said again
    it cuts what is left.

    Raises:
        WrongUsage, Refused, KeycloakError, RegisterUnavailable: as `contain`.
    """
    reason = reason_of(incident)
    if codes:
        done = contain(context, codes, by, reason, second, bar, incident.id)
        return IncidentCut(results=(done.result,), cut=done.cut, not_cut=done.not_cut, tokens_until=done.tokens_until)
    refuse_without_second(context, (), by, second, incident.emails)
    live = {h.email for h in context.register.records().habilitations if h.state is not State.CLOSED}
    emails = sorted(live.intersection(incident.emails))
    partners = {email: persons.suspend(context, email, by, reason, second) for email in emails}
    results = tuple(persons.cut(context.acting(by), partners[email], email, bar) for email in emails)
    failed = sum(bool(result.failed) or result.ending is Ending.UNKNOWN_REALM for result in results)
    cut = sum(any(change.is_suspension for change in result.done) for result in results)
    return IncidentCut(results=results, cut=cut, not_cut=failed)


def _reach(
    context: Context, connection: Connection, codes: Collection[str], persons: Collection[EmailAddress] = ()
) -> Containing:
    records, now = read_records(connection), context.clock.now()
    for code in codes:
        if code not in records.partners:
            raise no_such_partner(code)
    return containing(records, codes, now, holds.cut_since(connection, now - WINDOW), persons)


def _verify_second(reach: Containing, by: str, second: str | None) -> None:
    if second is not None and same_name(second, by):
        raise Refused(Refusal.SECOND_IS_FIRST)
    if second is None and reach.emails and reach.needs_second:
        raise Refused(Refusal.NEEDS_SECOND, partners=reach.partners, accounts=reach.accounts, open=reach.open)


def _off_now(context: Context, codes: Collection[str]) -> set[EmailAddress]:
    """Whose access another hand cut before; nobody's while Keycloak does not answer: it is recorded all the same."""
    records = context.register.records()
    emails = containing(records, codes, context.clock.now(), ()).emails
    try:
        seen = glance_at(context.directory, records, emails, context.settings.keycloak.threads)
    except KeycloakError:
        return set()
    is_ours = records.is_for_realm(seen.snapshot.realm_id)
    return _off(records, seen.snapshot, emails - seen.unread.keys()) if is_ours else set()


def _off(records: Records, snapshot: Snapshot, emails: Collection[EmailAddress]) -> set[EmailAddress]:
    """Whose open access has no account, or one that another hand disabled."""
    ours = our_accounts(records, snapshot)
    opened = {h.email for h in records.habilitations if h.state is State.OPEN and h.email in emails}
    return {email for email in opened if email not in ours or not ours[email].enabled}


def cut(context: Context, codes: Collection[str], bar: ProgressBar) -> Contained:
    """Makes every suspension of these partners true, those first who are logged in.

    It reads and writes these accounts alone, and waits for no run: one that is under way opens nobody of theirs. Run
    again, it cuts what is left. Whatever becomes of it, the notices leave.

    Raises:
        KeycloakError, RegisterUnavailable: a system failed; the next `sync` goes on.
    """
    run = Pass(context, codes).begin()
    try:
        return _cut(run, codes, bar)
    finally:
        at_once = context.settings.model_copy(update={"lock_wait_seconds": 0})
        run.result.notices = deliver_now(context.register, at_once, context.clock, context.by)


def _cut(run: Pass, codes: Collection[str], bar: ProgressBar) -> Contained:
    context = run.context
    live = {h.email for h in run.records.habilitations if h.partner in codes and h.closed_at is None}
    emails = live & run.records.suspended.keys()
    seen = glance_at(context.directory, run.records, emails, context.settings.keycloak.threads)
    run.snapshot = seen.snapshot
    theirs = tuple(h for h in run.records.habilitations if h.email in emails)
    run.partners = sorted({*codes, *(h.partner for h in theirs)})
    unread = {h.email: suspension_of(h) for h in theirs if h.email in seen.unread and h.closed_at is None}
    if run.records.is_for_realm(seen.snapshot.realm_id):
        alone = replace(run.records, habilitations=tuple(h for h in theirs if h.email not in seen.unread))
        due = make_plan(alone, seen.snapshot, context.clock.now(), run.partners, context.limits)
        due = due.only(lambda change: change.action is Action.CLOSE).with_own_holds()
        run.result.plan = replace(due, changes=_logged_in_first(context, due.changes))
        run.carry_out(bar)
        run.result.failed += (Failure(change, seen.unread[email]) for email, change in unread.items())
        run.quarantine_failures(())
    else:
        run.result.plan, run.result.ending = plan_in_unknown_realm(run.partners), Ending.UNKNOWN_REALM
        unread = {h.email: suspension_of(h) for h in theirs}
    remind(context)
    done = {change.email for change in run.result.done if change.is_suspension}
    to_cut = {change.email for change in run.plan.changes if change.is_suspension} | unread.keys()
    return Contained(
        partners=tuple(codes),
        result=run.result,
        cut=len(done),
        not_cut=len(to_cut - done),
        also_of=also_of(run.records, {e for e in emails if run.records.suspended[e].containment}, codes),
        tokens_until=context.clock.now() + timedelta(seconds=seen.snapshot.token_seconds),
    )


def _logged_in_first(context: Context, changes: Sequence[Change]) -> tuple[Change, ...]:
    """The same, those first whose person is logged in; of whom that cannot be known, they may be."""

    def is_out(change: Change) -> bool:
        try:
            return change.keycloak_id is None or not context.directory.has_session(change.keycloak_id)
        except KeycloakError:
            return False

    with ThreadPoolExecutor(context.settings.keycloak.threads) as pool:
        are_out = list(pool.map(is_out, changes))
    ordered = sorted(zip(are_out, changes, strict=True), key=lambda pair: pair[0])
    return tuple(change for _, change in ordered)


@decided
def release(
    context: Context, code: str, by: str, reason: str, *, new_password: bool = False
) -> frozenset[EmailAddress]:
    """Records that a partner's containment is over; `carry_out` makes it true, or the next `sync`.

    What it cut, and what may be open that day, is to be open again as it was, or with a new password. Ends that fell
    meanwhile have closed theirs. Whose account was deleted in the console meanwhile stays suspended, until `person
    reopen`.

    Returns:
        Those who are to be open again.

    Raises:
        WrongUsage: no such partner is registered.
        Refused: it is not contained, or no link could lead to a password as P1 asks; nothing is recorded.
        KeycloakError, RegisterUnavailable: a system failed; nothing is recorded.
    """
    context = context.acting(by)
    records = context.register.records()
    if code not in records.partners:
        raise no_such_partner(code)
    if (containment := records.contained.get(code)) is None:
        raise Refused(Refusal.NOT_CONTAINED, partner=code)
    emails = records.cut_by(containment)
    snapshot = glance_at(context.directory, records, emails, context.settings.keycloak.threads).known()
    if not records.is_for_realm(snapshot.realm_id):
        raise Refused(Refusal.UNKNOWN_REALM)
    if snapshot.link_fault is not None:
        raise Refused(Refusal.LINKS_USELESS, why=snapshot.link_fault)
    gone = _off(records, snapshot, emails) - our_accounts(records, snapshot).keys()
    how = Reopening.NEW_PASSWORD if new_password else Reopening.AS_IT_WAS
    with context.work() as work:
        decision = holds.end_containment(work, containment, by, reason)
        if decision is None:
            raise Refused(Refusal.NOT_CONTAINED, partner=code)
        records = read_records(work.connection)
        with work.because_of(decision):
            reopened = _give_back(work, records, containment, by, reason, how, gone)
        tell_released(work, context.settings, records.partners[code], containment, by, len(reopened))
    log.warning("partner.released", partner=code, accounts=len(reopened))
    return frozenset(reopened)


def carry_out(context: Context, code: str, reopened: Collection[EmailAddress], bar: ProgressBar) -> Released:
    """Does all that is due for the partner, and for the others of whose accesses some were given back with it.

    Raises:
        LockHeld, KeycloakError, RegisterUnavailable: a system failed; the next `sync` goes on.
    """
    live = [h for h in context.register.records().habilitations if h.closed_at is None]
    partners = {h.partner for h in live if h.email in reopened} | {code}
    result = sync(context, sorted(partners), bar)
    suspended = context.register.records().suspended
    still = sorted({h.email for h in live if h.partner == code} & suspended.keys())
    return Released(partner=code, result=result, reopened=len(reopened), still_suspended=tuple(still))


def _give_back(
    work: Work,
    records: Records,
    containment: Hold,
    by: str,
    reason: str,
    how: Reopening,
    gone: Collection[EmailAddress],
) -> set[EmailAddress]:
    """Lifts each suspension that the containment made; gives those whose access may be open that day. One that is of
    another contained partner too stays suspended by that one, one whose account is gone by its own decision.
    """
    today, reopened = work.clock.today(), set()
    for email in sorted(records.cut_by(containment)):
        live = [h for h in records.habilitations if h.email == email and h.closed_at is None]
        partners = [records.partners[h.partner] for h in live if not h.is_ending_on(today)]
        others = [records.contained[h.partner] for h in live if h.partner in records.contained]
        others = [other for other in others if other.id != containment.id]
        if others:
            holds.hand_over(work, email, others[0])
        elif email in gone:
            holds.suspend(work, email, by, reason)
        else:
            lasts = any(partner.is_active_on(today) for partner in partners)
            holds.reopen(work, email, by, reason, how if lasts else None, records.suspended[email])
            if lasts:
                reopened.add(email)
    return reopened
