"""The links that were not used: who they are, the next one on its day, an address that came back, a silence told."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

import structlog

from provisioner.domain.access.account import Snapshot
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
from provisioner.domain.gates import held_whatever_is_let_go
from provisioner.domain.people import EmailAddress, Person
from provisioner.domain.records import Records
from provisioner.keycloak.errors import KeycloakError, NotFound
from provisioner.operations.context import Outcome, ProgressBar, Tools
from provisioner.operations.decide import decided
from provisioner.operations.effects import Effects
from provisioner.operations.errors import LinkRefused
from provisioner.operations.links import Mailing
from provisioner.operations.looking import look, verify_realm, with_password
from provisioner.operations.notices import ask_for_address, tell_silence
from provisioner.operations.pool import Done, Failure
from provisioner.operations.quarantine import set_aside
from provisioner.operations.sending import deliver
from provisioner.register import Register, invitations, run_lock
from provisioner.settings import Settings

log = structlog.get_logger()


@dataclass(frozen=True, slots=True)
class Invited:
    """What became of the link of an open habilitation."""

    round: Round
    state: InvitationState


@dataclass(frozen=True, slots=True)
class Repeated:
    """How a pass over unused links went, and the partners that have no contact to be told of a silence."""

    outcome: Outcome
    without_contact: tuple[str, ...] = ()


def invited(tools: Tools, partner: str | None = None) -> list[Invited]:
    """Every open habilitation that was or is owed a link, of a partner or of all, by partner and address.

    A password is known to Keycloak alone: one call for each habilitation whose link left, a few at once.

    Raises:
        UnknownRealm: the realm is another one: which links were used cannot be told.
        KeycloakError, RegisterUnavailable: a system failed.
    """
    records = tools.register.records()
    verify_realm(records, tools.directory)
    found = [each for each in rounds(records) if partner in (None, each.one.partner)]
    may_have_left = [each.one.email for each in found if each.left or each.is_uncertain]
    ids = {email: records.accounts[email].keycloak_id for email in may_have_left}
    known = with_password(tools.directory, {one for one in ids.values() if one}, tools.settings.keycloak.threads)
    made = []
    for each in sorted(found, key=lambda each: (each.one.partner, each.one.email)):
        state = each.state(tools.clock.now(), has_password=ids.get(each.one.email) in known)
        assert state is not None
        made.append(Invited(each, state))
    return made


def repeat_due(tools: Tools, bar: ProgressBar, *, at_once: bool = True) -> Repeated:
    """Sends the second and third links that are due, and tells the partners who used none of three.

    Keycloak is asked nothing while no link is due. What stands against it (a pause, a weak policy) holds it. With
    `at_once`, for a person who waits, notices that failed lately are tried before their time.

    Raises:
        LockHeld: another run is under way.
        KeycloakError, RegisterUnavailable: a system failed; run again.
    """
    with run_lock(tools.register, tools.settings):
        records, now = tools.register.records(), tools.clock.now()
        due, known = due_rounds(records, now), leading(rounds(records))
        untold = [each for each in known if not each.was_told]
        silent = [each for each in untold if obstacle(records, each, now) is Obstacle.GIVEN_UP]
        if not (due or silent):
            return Repeated(_answer(tools, Plan((), (), (), ()), Done(), at_once))
        partners = sorted({each.one.partner for each in [*due, *silent]})
        snapshot = look(records, tools.directory, partners)
        done = Done()
        unused = _without_password(tools, records, snapshot, [*due, *silent], done)
        changes = [_invite(records, each) for each in due if each.one.email in unused]
        plan = _send(tools, records, snapshot, changes, done, bar)
        set_aside(tools, records, plan, done, tuple(records.partners), are_repeats=True)
        without = _tell_silences(tools, records, [each for each in silent if each.one.email in unused])
        return Repeated(_answer(tools, plan, done, at_once), without)


def repeat_one(tools: Tools, email: EmailAddress, bar: ProgressBar) -> Repeated:
    """Sends that person another link at once, if fewer than three left and the last one has expired, or if nobody can
    know whether it left: this is the person's word that settles it.

    Raises:
        LinkRefused: it may not be sent; the message says why.
        LockHeld, KeycloakError, RegisterUnavailable: a system failed; run again.
    """
    with run_lock(tools.register, tools.settings):
        records = tools.register.records()
        mine = [each for each in rounds(records) if each.one.email == email]
        if not mine:
            raise LinkRefused(email, Obstacle.NO_LINK)
        each = (leading(mine) or mine)[0]
        against = obstacle(records, each, tools.clock.now())
        _refuse(email, against if against is not Obstacle.UNCERTAIN else None)
        snapshot = look(records, tools.directory, [each.one.partner])
        id_ = records.accounts[email].keycloak_id
        _refuse(email, obstacle_there(each.one, snapshot.accounts.get(id_ or "")))
        if with_password(tools.directory, [id_] if id_ else [], 1):
            raise LinkRefused(email, Obstacle.USED)
        done = Done()
        plan = _send(tools, records, snapshot, [_invite(records, each)], done, bar)
        return Repeated(_answer(tools, plan, done, at_once=True))


@decided
def bounced(register: Register, settings: Settings, email: EmailAddress, by: str) -> tuple[str, ...]:
    """Records that the e-mail with the link came back: no other is sent to that address. The partner's contact is
    owed a notice. Recorded again, nothing more happens.

    Returns:
        The code of the partner that has no contact to be told, if so.

    Raises:
        LinkRefused: no e-mail with a link left for that address.
        RegisterUnavailable: the register cannot be written; nothing was kept.
    """
    records = register.records()
    mine = leading(each for each in rounds(records) if each.one.email == email)
    if not mine or not mine[0].left:
        raise LinkRefused(email, Obstacle.NO_LINK)
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
        raise LinkRefused(email, against)


def _without_password(
    tools: Tools, records: Records, snapshot: Snapshot, asked: Sequence[Round], done: Done
) -> Collection[EmailAddress]:
    """Those whose account is as it should be and who have made no password. Who could not be asked about failed."""
    there = {
        each.one.email: _invite(records, each)
        for each in asked
        if obstacle_there(each.one, snapshot.accounts.get(records.accounts[each.one.email].keycloak_id or "")) is None
    }
    unused = []
    for finished in _effects(tools, records, snapshot).each(there.values(), lambda one: _password(tools, one)):
        for change, result in finished:
            if isinstance(result, KeycloakError) and not isinstance(result, NotFound):
                done.failed.append(Failure(change, result))
            elif result is None and change.email is not None:
                unused.append(change.email)
    return unused


def _password(tools: Tools, change: Change) -> str | None:
    assert change.keycloak_id is not None
    return "used" if tools.directory.has_password(change.keycloak_id) else None


def _effects(tools: Tools, records: Records, snapshot: Snapshot) -> Effects:
    return Effects(tools.register, tools.directory, records, snapshot, tools.settings.keycloak.threads, tools.stop)


def _send(
    tools: Tools, records: Records, snapshot: Snapshot, changes: Sequence[Change], done: Done, bar: ProgressBar
) -> Plan:
    """Sends the links that nothing holds, as `sync` sends the first ones; gives what was meant to be sent."""
    today = tools.clock.today()
    plan = Plan(tuple(changes), (), (), held_whatever_is_let_go(records, snapshot, changes, today))
    if plan.free:
        effects = _effects(tools, records, snapshot)
        effects.begin(plan.free)
        mailing = Mailing(effects, records, tools.settings.invitation, tools.settings.platform.url)
        with bar(len(plan.free)) as settled:
            mailing.carry_out(plan.free, done, settled)
    return plan


def _tell_silences(tools: Tools, records: Records, silent: Sequence[Round]) -> tuple[str, ...]:
    """One notice for each partner, in the transaction that records that it was told: never twice. Gives the partners
    that have no contact.
    """
    without = []
    for code in sorted({each.one.partner for each in silent}):
        mine = [each for each in silent if each.one.partner == code]
        with tools.register.work() as work:
            if tell_silence(work, records.partners[code], _people(mine), tools.settings):
                for each in mine:
                    invitations.silence_told(work, each.one, each.left[-1])
            else:
                without.append(code)
        told = code not in without
        log.warning("invitation.silent", partner=code, told=told, habilitations=[each.one.id for each in mine])
    return tuple(without)


def _people(mine: Sequence[Round]) -> list[Person]:
    return [each.one.person for each in sorted(mine, key=lambda each: each.one.email)]


def _answer(tools: Tools, plan: Plan, done: Done, at_once: bool) -> Outcome:
    notices = deliver(tools.register, tools.settings, tools.clock, tools.stop, at_once=at_once)
    return Outcome(as_of=tools.clock.today(), plan=plan, outcome=done, notices=notices)
