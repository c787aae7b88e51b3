"""The links that were not used: who they are, the next one on its day, an address that came back, a silence told."""

from __future__ import annotations

from collections.abc import Collection, Sequence

import structlog

from provisioner.domain.access.change import Action, Change
from provisioner.domain.access.invitations import (
    Invitation,
    InvitationState,
    Obstacle,
    due_again,
    leading,
    open_invitations,
    unused,
)
from provisioner.domain.access.plan import Plan
from provisioner.domain.errors import Refusal, Refused
from provisioner.domain.gates import gates_of_links
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Records, Scope
from provisioner.keycloak.errors import KeycloakError, NotFound
from provisioner.operations.context import Context, ProgressBar, RunResult, decided
from provisioner.operations.effects import Effects
from provisioner.operations.errors import UnknownRealm
from provisioner.operations.look import is_known_realm, with_password
from provisioner.operations.notices import ask_for_address, tell_silence
from provisioner.operations.pool import Failure
from provisioner.operations.run import Pass
from provisioner.register import Register, invitations
from provisioner.register.counts import accounts_with_unused_link
from provisioner.settings import Settings

log = structlog.get_logger()


def invited(context: Context, partner: str | None = None) -> list[tuple[Invitation, InvitationState]]:
    """Every open habilitation that was or is owed a link, of a partner or of all, by partner and address, and what
    became of that link.

    Keycloak is asked about each habilitation whose link left and whose password was not seen yet, a few at once.

    Raises:
        UnknownRealm: the realm is another one: which links were used cannot be told.
    """
    records = context.register.records(None if partner is None else Scope(frozenset({partner})))
    if not is_known_realm(records, context.directory):
        raise UnknownRealm
    asked = [i for i in open_invitations(records) if partner in (None, i.habilitation.partner)]
    asked.sort(key=lambda invitation: (invitation.habilitation.partner, invitation.habilitation.email))
    accounts = [_account(records, i) for i in asked if (i.sent or i.is_uncertain) and not i.was_used]
    used = with_password(context.directory, [id_ for id_ in accounts if id_], context.settings.keycloak.threads)
    now, told = context.clock.now(), []
    for invitation in asked:
        state = invitation.state(now, has_password=_account(records, invitation) in used)
        assert state is not None
        told.append((invitation, state))
    return told


def repeat_due(context: Context, bar: ProgressBar, *, at_once: bool = True) -> RunResult:
    """Sends the second and third links that are due, and tells the partners who used none of three.

    Keycloak is asked nothing while no link is due, and about nobody again who is known to have used theirs. What
    stands against it (a pause, a weak policy) holds it. With `at_once`, for a person who waits, notices that failed
    lately are tried before their time.
    """
    with context.register.read() as connection:  # what becomes due meanwhile is repeated in 3 days
        scope = Scope(accounts=accounts_with_unused_link(connection))
    run = Pass(context, scope=scope, at_once=at_once)
    with run.alone():
        records, now = run.records, context.clock.now()
        due = due_again(records, now)
        silent = [
            invitation for invitation in unused(records) if invitation.obstacle(records, now) is Obstacle.GIVEN_UP
        ]
        if due or silent:
            run.partners = sorted({invitation.habilitation.partner for invitation in [*due, *silent]})
            run.scope = Scope(frozenset(run.partners))
            run.look()
            without_password = _without_password(run, [*due, *silent])
            _send(run, [i for i in due if i.habilitation.email in without_password], bar)
            run.quarantine_failures(records.partners, are_repeats=True)
            run.result.without_contact = _tell_silences(
                run, [i for i in silent if i.habilitation.email in without_password]
            )
        run.deliver()
        return run.result


def repeat_one(context: Context, email: EmailAddress, bar: ProgressBar) -> RunResult:
    """Sends that person another link at once, if fewer than three left and the last one has expired, or if nobody can
    know whether it left: this is the person's word that settles it.

    Raises:
        Refused: it may not be sent; the message says why.
    """
    run = Pass(context, emails=[email])
    with run.alone():
        theirs = list(open_invitations(run.records, email))
        if not theirs:
            raise _no_link(email, Obstacle.NO_LINK)
        invitation = (leading(theirs) or theirs)[0]
        against = invitation.obstacle(run.records, context.clock.now())
        _refuse(email, against if against is not Obstacle.UNCERTAIN else None)
        run.partners = [invitation.habilitation.partner]
        run.scope = Scope(frozenset(run.partners), frozenset({email}))
        run.look()
        id_ = _account(run.records, invitation)
        _refuse(email, invitation.obstacle_there(run.snapshot.accounts.get(id_ or "")))
        if with_password(context.directory, [id_] if id_ else [], 1):
            raise _no_link(email, Obstacle.USED)
        _send(run, [invitation], bar)
        run.deliver()
        return run.result


@decided
def bounced(register: Register, settings: Settings, email: EmailAddress, by: str) -> tuple[str, ...]:
    """Records that the e-mail with the link came back: no other is sent to that address. The partner's contact is
    owed a notice. Recorded again, nothing more happens.

    Returns:
        The code of the partner that has no contact to be told, if so.

    Raises:
        Refused: no e-mail with a link left for that address.
    """
    records = register.records(Scope(emails=frozenset({email})))
    theirs = leading(open_invitations(records, email))
    if not theirs or not theirs[0].sent:
        raise _no_link(email, Obstacle.NO_LINK)
    habilitation = theirs[0].habilitation
    with register.work(by) as work:
        is_new = invitations.bounced(work, habilitation, theirs[0].sent[-1], by)
        partner = records.partners[habilitation.partner]
        is_told = not is_new or ask_for_address(work, partner, habilitation.person, settings)
    return () if is_told else (partner.code,)


def _account(records: Records, invitation: Invitation) -> str | None:
    return records.accounts[invitation.habilitation.email].keycloak_id


def _change(records: Records, invitation: Invitation) -> Change:
    habilitation = invitation.habilitation
    return Change(
        action=Action.INVITE,
        partner=habilitation.partner,
        rule="P2",
        email=habilitation.email,
        habilitation=habilitation,
        keycloak_id=_account(records, invitation),
    )


def _refuse(email: EmailAddress, against: Obstacle | None) -> None:
    if against is not None:
        raise _no_link(email, against)


def _no_link(email: EmailAddress, why: Obstacle) -> Refused:
    return Refused(Refusal.NO_LINK, email=email, why=why)


def _without_password(run: Pass, asked: Sequence[Invitation]) -> Collection[EmailAddress]:
    """Those whose account is as it should be and who have made no password. Who has made one is recorded, who could
    not be asked about failed.
    """
    accounts, directory = run.snapshot.accounts, run.context.directory

    def password_of(change: Change) -> str | None:
        assert change.keycloak_id is not None
        return "used" if directory.has_password(change.keycloak_id) else None

    sound = [i for i in asked if i.obstacle_there(accounts.get(_account(run.records, i) or "")) is None]
    changes = [_change(run.records, invitation) for invitation in sound]
    without_password: list[EmailAddress] = []
    effects = Effects(run.context, run.records, run.snapshot)
    for finished in effects.each(changes, password_of):
        used: list[Change] = []
        for change, answer in finished:
            assert change.email is not None
            if answer is None:
                without_password.append(change.email)
            elif not isinstance(answer, KeycloakError):
                used.append(change)
            elif not isinstance(answer, NotFound):
                run.result.failed.append(Failure(change, answer))
        if used:
            with run.context.work() as work:
                effects.learn_suspended(work.connection)  # a suspension, which waits for no run, may take it away
                for change in used:
                    if not effects.is_overtaken(change):
                        invitations.used(work, change.subject)
    return without_password


def _send(run: Pass, due: Sequence[Invitation], bar: ProgressBar) -> None:
    """Sends the links that nothing holds, as `sync` sends the first ones."""
    changes = tuple(_change(run.records, invitation) for invitation in due)
    blocked = gates_of_links(run.records, run.snapshot, changes, run.context.clock.today())
    run.result.plan = Plan(changes, (), (), blocked)
    run.carry_out(bar)


def _tell_silences(run: Pass, silent: Sequence[Invitation]) -> tuple[str, ...]:
    """One notice for each partner, in the transaction that records that it was told: never twice. Gives the partners
    that have no contact.
    """
    without = []
    for code in sorted({invitation.habilitation.partner for invitation in silent}):
        theirs = [invitation for invitation in silent if invitation.habilitation.partner == code]
        theirs.sort(key=lambda invitation: invitation.habilitation.email)
        people = [invitation.habilitation.person for invitation in theirs]
        with run.context.work() as work:
            is_told = tell_silence(work, run.records.partners[code], people, run.context.settings)
            for invitation in theirs if is_told else ():
                invitations.silence_told(work, invitation.habilitation, invitation.sent[-1])
        if not is_told:
            without.append(code)
        ids = [invitation.habilitation.id for invitation in theirs]
        log.warning("invitation.silent", partner=code, told=is_told, habilitations=ids)
    return tuple(without)
