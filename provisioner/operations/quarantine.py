"""What fails for one person or one partner alone is set aside: told, kept from the rest, tried again by itself."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TypeVar

import structlog

from provisioner.domain.access.change import Action, Change
from provisioner.domain.access.invitations import is_for_repeat
from provisioner.domain.access.plan import Plan
from provisioner.domain.hold import Hold, HoldKind
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Records
from provisioner.keycloak.errors import KeycloakError, MailFailed, OutcomeUnknown, RealmUnfit
from provisioner.logs import place_of
from provisioner.mail import MailUnavailable, greet
from provisioner.operations.context import Tools
from provisioner.operations.pool import PATIENCE, AccessStillOpen, Defect, Done, Failure, GivenUp
from provisioner.register import RegisterUnavailable, holds
from provisioner.views.change_json import change_as_json

log = structlog.get_logger()

Answer = TypeVar("Answer")

#: Keycloak's answers that concern our service account, not what it asked for.
_OUR_RIGHTS = (401, 403)

#: Why a partner is in quarantine whose annexe or plan this software cannot work out.
DEFECT = "defect"


def attempt(partner: str, broken: set[str], work: Callable[[], Answer]) -> Answer | None:
    """One partner's part of a run; None after a defect of ours, which is then this partner's alone.

    Raises:
        KeycloakError, RegisterUnavailable: a system failed, which is everybody's.
    """
    try:
        return work()
    except (KeycloakError, RegisterUnavailable):
        raise
    except Exception as error:  # whatever it is, the other partners' closures do not wait for it
        broken.add(partner)
        log.error("partner.set_aside", partner=partner, error=type(error).__name__, at=place_of(error))
        return None


def set_aside(
    tools: Tools,
    records: Records,
    plan: Plan,
    done: Done,
    partners: Collection[str],
    broken: Collection[str] = (),
    *,
    email: EmailAddress | None = None,
    are_repeats: bool = False,
) -> None:
    """After a run: the failures that are one person's or one partner's alone are kept as such; of the holds that were
    this run's to try, those in quarantine that failed no more end. It was about `partners`, or one person of theirs
    (`email`); `broken` are those that `attempt` left out; `are_repeats`: it was about second and third links, which
    no other run tries.
    """
    kept = {_key(failure.change): failure for failure in _own_failures(tools, done)}
    kept |= {_key(failure.change): failure for failure in done.failed if isinstance(failure.cause, AccessStillOpen)}
    done.set_aside += (failure for failure in done.failed if _hangs_on(failure, kept))
    unsettled = {_key(one.change) for one in done.failed} | {_key(one) for one in plan.waiting}  # as a pause has it
    judged = set(partners) - set(broken)
    ended = [
        one
        for one in records.holds
        if one.kind is HoldKind.QUARANTINE
        and email in (None, one.email)
        and _partners(records, one) <= judged
        and is_for_repeat(records, one, tools.clock.now()) is are_repeats
        and one not in plan.resting
        and _scope(one.partner, one.email) not in unsettled
    ]
    if not (kept or broken or ended):
        return
    with tools.register.work() as work:
        for key, failure in kept.items():
            change = failure.change
            waiting = [change_as_json(each) for each in plan.changes if _key(each) == key]
            still_open = failure.cause.why if isinstance(failure.cause, AccessStillOpen) else None
            reason = failure.cause.answer if isinstance(failure.cause, AccessStillOpen) else failure.error
            holds.set_aside(
                work, change.partner, change.habilitation, reason, waiting, tried=True, still_open=still_open
            )
        for code in sorted(broken):
            holds.set_aside(work, code, None, DEFECT, [], tried=False)
        for one in ended:
            holds.end_quarantine(work, one, _habilitation(records, one))


def _own_failures(tools: Tools, done: Done) -> list[Failure]:
    """Those that a system is not to blame for: it answers, and did the same for others or fails for few."""
    found: list[Failure] = []
    for answers, is_mail in ((_keycloak_answers, False), (_mail_server_answers, True)):
        failed = [
            one for one in done.failed if isinstance(one.cause, MailFailed) is is_mail and _may_be_own(one.cause)
        ]
        went_well = any((one.action is Action.INVITE) is is_mail for one in done.done)
        if failed and (went_well or len(failed) <= PATIENCE) and answers(tools, went_well):
            found += failed
    return found


def _may_be_own(cause: KeycloakError) -> bool:
    if isinstance(cause, Defect):
        return True
    if isinstance(cause, AccessStillOpen):
        return False  # kept whatever became of the others
    return not isinstance(cause, GivenUp | OutcomeUnknown | RealmUnfit) and cause.status not in _OUR_RIGHTS


def _keycloak_answers(tools: Tools, _went_well: bool) -> bool:
    try:
        tools.directory.ping()
    except KeycloakError:
        return False
    return True


def _mail_server_answers(tools: Tools, went_well: bool) -> bool:
    """The mail server that Keycloak uses is the one of our own notices (docs/settings.md); where none is set, whether
    it took others has to do.
    """
    if not tools.settings.smtp.is_set:
        return went_well
    try:
        greet(tools.settings.smtp)
    except MailUnavailable:
        return False
    return True


def _hangs_on(failure: Failure, kept: Collection[tuple[str | None, EmailAddress | None]]) -> bool:
    """Whether it is the person's who is set aside, or was not tried because of the partner that is."""
    is_untried = isinstance(failure.cause, GivenUp)
    return _key(failure.change) in kept or (is_untried and (failure.change.partner, None) in kept)


def _key(change: Change) -> tuple[str | None, EmailAddress | None]:
    return _scope(change.partner, change.habilitation.email if change.habilitation else None)


def _scope(partner: str | None, email: EmailAddress | None) -> tuple[str | None, EmailAddress | None]:
    """A person is one whatever the partner (A8)."""
    return (None, email) if email is not None else (partner, None)


def _partners(records: Records, one: Hold) -> set[str | None]:
    """Whose plans say whether it is settled: every partner's of the person."""
    return {each.partner for each in records.habilitations if each.email == one.email} or {one.partner}


def _habilitation(records: Records, one: Hold) -> int | None:
    mine = [each for each in records.habilitations if each.email == one.email and each.partner == one.partner]
    return mine[-1].id if mine else None
