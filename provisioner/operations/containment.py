"""Every access of a partner cut at once, and given back: by name, with a reason (L2; docs/incidents.md)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import structlog
from sqlalchemy import Connection

from provisioner.domain.access.account import Snapshot
from provisioner.domain.access.habilitation import State
from provisioner.domain.access.plan import our_accounts
from provisioner.domain.annexe.decisions import same_name
from provisioner.domain.connections.incident import Incident
from provisioner.domain.errors import Refusal, Refused
from provisioner.domain.gates import WINDOW, Containing, also_of, containing
from provisioner.domain.hold import Hold
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Records, Reopening, Scope
from provisioner.keycloak.errors import KeycloakError
from provisioner.operations import persons
from provisioner.operations.context import Context, ProgressBar, RunResult, decided
from provisioner.operations.cutting import Cut, cut_now
from provisioner.operations.look import glance_at
from provisioner.operations.notices import tell_contained, tell_released
from provisioner.operations.partners import no_such_partner
from provisioner.operations.run import sync
from provisioner.register import Work, counts, holds
from provisioner.register.database import read_records
from provisioner.register.partners import all_partners
from provisioner.views.incidents import reason_of

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Contained(Cut):
    """What became of a containment, and which of the accounts are of other partners too."""

    also_of: Mapping[EmailAddress, tuple[str, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Released:
    """What became of a release: the accounts that are to be open again, and those of the partner that stay suspended,
    by name or by another partner's containment, or since their account was gone or disabled in the console.
    """

    partner: str
    result: RunResult
    reopened: int
    still_suspended: tuple[EmailAddress, ...]


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
    """
    context = context.acting(by)
    were_off = _off_now(context, codes)
    with context.work() as work:
        _verify_second(_reach(context, work.connection, codes), by, second)
        for code in codes:
            records = read_records(work.connection, Scope(frozenset({code})))
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
) -> Cut:
    """Cuts for an incident every access of these partners; without one, that of each person whom it names. Said again
    it cuts what is left.

    Raises:
        WrongUsage, Refused, KeycloakError, RegisterUnavailable: as `contain`.
    """
    reason = reason_of(incident)
    if codes:
        return contain(context, codes, by, reason, second, bar, incident.id)
    refuse_without_second(context, (), by, second, incident.emails)
    records = context.register.records(Scope(emails=frozenset(incident.emails)))
    emails = {h.email for h in records.habilitations if h.state is not State.CLOSED}.intersection(incident.emails)
    for email in sorted(emails):
        persons.suspend(context, email, by, reason, second)
    return cut_now(context.acting(by), (), emails, bar)


def _reach(
    context: Context, connection: Connection, codes: Collection[str], persons: Collection[EmailAddress] = ()
) -> Containing:
    records, now = read_records(connection, Scope(frozenset(codes), frozenset(persons))), context.clock.now()
    for code in codes:
        if code not in records.partners:
            raise no_such_partner(code, all_partners(connection))
    lately = holds.cut_since(connection, now - WINDOW)
    return containing(records, codes, now, lately, persons, open_in_all=counts.open_accounts(connection))


def _verify_second(reach: Containing, by: str, second: str | None) -> None:
    if second is not None and same_name(second, by):
        raise Refused(Refusal.SECOND_IS_FIRST)
    if second is None and reach.emails and reach.needs_second:
        raise Refused(Refusal.NEEDS_SECOND, partners=reach.partners, accounts=reach.accounts, open=reach.open)


def _off_now(context: Context, codes: Collection[str]) -> set[EmailAddress]:
    """Whose access another hand cut before; nobody's while Keycloak does not answer: it is recorded all the same."""
    records = context.register.records(Scope(frozenset(codes)))
    emails = containing(records, codes, context.clock.now(), ()).emails
    try:
        glance = glance_at(context.directory, records, emails, context.settings.keycloak.threads)
    except KeycloakError:
        return set()
    is_ours = records.is_for_realm(glance.snapshot.realm_id)
    return _off(records, glance.snapshot, emails - glance.unread.keys()) if is_ours else set()


def _off(records: Records, snapshot: Snapshot, emails: Collection[EmailAddress]) -> set[EmailAddress]:
    """Whose open access has no account, or one that another hand disabled."""
    ours = our_accounts(records, snapshot)
    opened = {h.email for h in records.habilitations if h.state is State.OPEN and h.email in emails}
    return {email for email in opened if email not in ours or not ours[email].enabled}


def cut(context: Context, codes: Collection[str], bar: ProgressBar) -> Contained:
    """Makes every suspension of these partners true (`cut_now`)."""
    records = context.register.records(Scope(frozenset(codes)))
    emails = {h.email for h in records.habilitations if h.partner in codes and h.closed_at is None}
    contained = {email for email in emails & records.suspended.keys() if records.suspended[email].containment}
    done = cut_now(context, codes, emails, bar)
    return Contained(
        result=done.result,
        cut=done.cut,
        not_cut=done.not_cut,
        tokens_until=done.tokens_until,
        also_of=also_of(records, contained, codes),
    )


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
    scope = Scope(frozenset({code}))
    with context.register.read() as connection:
        records = read_records(connection, scope)
        if code not in records.partners:
            raise no_such_partner(code, all_partners(connection))
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
        records = read_records(work.connection, scope)
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
    scope = Scope(frozenset({code}))
    live = [h for h in context.register.records(scope).habilitations if h.closed_at is None]
    partners = {h.partner for h in live if h.email in reopened} | {code}
    result = sync(context, sorted(partners), bar)
    suspended = context.register.records(scope).suspended
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
