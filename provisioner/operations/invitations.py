"""The links that were not used: who they are, the next one on its day, an address that came back, a silence told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import structlog

from provisioner.domain.access.change import Action, Change
from provisioner.domain.access.invitations import (
    InvitationState,
    Obstacle,
    Round,
    due_rounds,
    leading,
    obstacle,
    obstacle_there,
    rounds,
)
from provisioner.domain.access.plan import Plan
from provisioner.domain.errors import Refusal, Refused
from provisioner.domain.gates import gates_of_links
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Records
from provisioner.keycloak.errors import KeycloakError, NotFound
from provisioner.operations.context import Context, ProgressBar, RunResult, decided
from provisioner.operations.effects import Effects
from provisioner.operations.look import verify_realm, with_password
from provisioner.operations.notices import ask_for_address, tell_silence
from provisioner.operations.pool import Failure
from provisioner.operations.run import Pass
from provisioner.operations.sending import deliver
from provisioner.register import Register, invitations
from provisioner.settings import Settings

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Invited:
    """What became of the link of an open habilitation."""

    round: Round
    state: InvitationState


def invited(context: Context, partner: str | None = None) -> list[Invited]:
    """Every open habilitation that was or is owed a link, of a partner or of all, by partner and address.

    A password is known to Keycloak alone: one call for each habilitation whose link left, a few at once.

    Raises:
        UnknownRealm: the realm is another one: which links were used cannot be told.
        KeycloakError, RegisterUnavailable: a system failed.
    """
    records = context.register.records()
    verify_realm(records, context.directory)
    found = [each for each in rounds(records) if partner in (None, each.one.partner)]
    may_have_left = [each.one.email for each in found if each.left or each.is_uncertain]
    ids = {email: records.accounts[email].keycloak_id for email in may_have_left}
    known = with_password(context.directory, {one for one in ids.values() if one}, context.settings.keycloak.threads)
    made = []
    for each in sorted(found, key=lambda each: (each.one.partner, each.one.email)):
        state = each.state(context.clock.now(), has_password=ids.get(each.one.email) in known)
        assert state is not None
        made.append(Invited(each, state))
    return made


def repeat_due(context: Context, bar: ProgressBar, *, at_once: bool = True) -> RunResult:
    """Sends the second and third links that are due, and tells the partners who used none of three.

    Keycloak is asked nothing while no link is due. What stands against it (a pause, a weak policy) holds it. With
    `at_once`, for a person who waits, notices that failed lately are tried before their time.

    Raises:
        LockHeld: another run is under way.
        KeycloakError, RegisterUnavailable: a system failed; run again.
    """
    run = Pass(context, at_once=at_once)
    with run.alone():
        records, now = run.records, context.clock.now()
        due = due_rounds(records, now)
        untold = [each for each in leading(rounds(records)) if not each.was_told]
        silent = [each for each in untold if obstacle(records, each, now) is Obstacle.GIVEN_UP]
        if due or silent:
            run.partners = sorted({each.one.partner for each in [*due, *silent]})
            run.look()
            unused = _without_password(run, [*due, *silent])
            _send(run, [_invite(records, each) for each in due if each.one.email in unused], bar)
            run.set_aside(records.partners, are_repeats=True)
            run.result.without_contact = _tell_silences(run, [each for each in silent if each.one.email in unused])
        return _delivered(run)


def repeat_one(context: Context, email: EmailAddress, bar: ProgressBar) -> RunResult:
    """Sends that person another link at once, if fewer than three left and the last one has expired, or if nobody can
    know whether it left: this is the person's word that settles it.

    Raises:
        Refused: it may not be sent; the message says why.
        LockHeld, KeycloakError, RegisterUnavailable: a system failed; run again.
    """
    run = Pass(context)
    with run.alone():
        records = run.records
        mine = [each for each in rounds(records) if each.one.email == email]
        if not mine:
            raise _no_link(email, Obstacle.NO_LINK)
        each = (leading(mine) or mine)[0]
        against = obstacle(records, each, context.clock.now())
        _refuse(email, against if against is not Obstacle.UNCERTAIN else None)
        run.partners = [each.one.partner]
        run.look()
        id_ = records.accounts[email].keycloak_id
        _refuse(email, obstacle_there(each.one, run.snapshot.accounts.get(id_ or "")))
        if with_password(context.directory, [id_] if id_ else [], 1):
            raise _no_link(email, Obstacle.USED)
        _send(run, [_invite(records, each)], bar)
        return _delivered(run)


@decided
def bounced(register: Register, settings: Settings, email: EmailAddress, by: str) -> tuple[str, ...]:
    """Records that the e-mail with the link came back: no other is sent to that address. The partner's contact is
    owed a notice. Recorded again, nothing more happens.

    Returns:
        The code of the partner that has no contact to be told, if so.

    Raises:
        Refused: no e-mail with a link left for that address.
        RegisterUnavailable: the register cannot be written; nothing was kept.
    """
    records = register.records()
    mine = leading(each for each in rounds(records) if each.one.email == email)
    if not mine or not mine[0].left:
        raise _no_link(email, Obstacle.NO_LINK)
    one = mine[0].one
    with register.work() as work:
        is_new = invitations.bounced(work, one, mine[0].left[-1], by)
        is_told = not is_new or ask_for_address(work, records.partners[one.partner], one.person, settings)
    return () if is_told else (one.partner,)


def _invite(records: Records, each: Round) -> Change:
    one = each.one
    return Change(
        action=Action.INVITE,
        partner=one.partner,
        rule="P2",
        email=one.email,
        habilitation=one,
        keycloak_id=records.accounts[one.email].keycloak_id,
    )


def _refuse(email: EmailAddress, against: Obstacle | None) -> None:
    if against is not None:
        raise _no_link(email, against)


def _no_link(email: EmailAddress, why: Obstacle) -> Refused:
    return Refused(Refusal.NO_LINK, email=email, why=why)


def _without_password(run: Pass, asked: Sequence[Round]) -> Collection[EmailAddress]:
    """Those whose account is as it should be and who have made no password. Who could not be asked about failed."""
    accounts, directory = run.records.accounts, run.context.directory
    there = {
        each.one.email: _invite(run.records, each)
        for each in asked
        if obstacle_there(each.one, run.snapshot.accounts.get(accounts[each.one.email].keycloak_id or "")) is None
    }

    def password_of(change: Change) -> str | None:
        assert change.keycloak_id is not None
        return "used" if directory.has_password(change.keycloak_id) else None

    unused = []
    for finished in Effects(run.context, run.records, run.snapshot).each(there.values(), password_of):
        for change, answer in finished:
            if isinstance(answer, KeycloakError) and not isinstance(answer, NotFound):
                run.result.failed.append(Failure(change, answer))
            elif answer is None and change.email is not None:
                unused.append(change.email)
    return unused


def _send(run: Pass, changes: Sequence[Change], bar: ProgressBar) -> None:
    """Sends the links that nothing holds, as `sync` sends the first ones."""
    held = gates_of_links(run.records, run.snapshot, changes, run.context.clock.today())
    run.result.plan = Plan(tuple(changes), (), (), held)
    run.carry_out(bar)


def _tell_silences(run: Pass, silent: Sequence[Round]) -> tuple[str, ...]:
    """One notice for each partner, in the transaction that records that it was told: never twice. Gives the partners
    that have no contact.
    """
    without = []
    for code in sorted({each.one.partner for each in silent}):
        mine = [each for each in silent if each.one.partner == code]
        people = [each.one.person for each in sorted(mine, key=lambda each: each.one.email)]
        with run.context.register.work() as work:
            is_told = tell_silence(work, run.records.partners[code], people, run.context.settings)
            for each in mine if is_told else ():
                invitations.silence_told(work, each.one, each.left[-1])
        if not is_told:
            without.append(code)
        log.warning("invitation.silent", partner=code, told=is_told, habilitations=[each.one.id for each in mine])
    return tuple(without)


def _delivered(run: Pass) -> RunResult:
    context, run.result.plan = run.context, run.plan
    run.result.notices = deliver(context.register, context.settings, context.clock, context.stop, at_once=run.at_once)
    return run.result
