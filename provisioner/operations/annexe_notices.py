"""What the contacts are told of an annexe 1, in the unit of work of what happened to it (docs/contacts.md)."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import date

import structlog

from provisioner.domain.change import Action, Change
from provisioner.domain.convention import Partner
from provisioner.domain.habilitation import State
from provisioner.domain.kept_annexe import KeptAnnexe
from provisioner.domain.people import EmailAddress
from provisioner.domain.plan import Plan
from provisioner.mail import Attachment
from provisioner.operations.letters import addressees, owe
from provisioner.operations.preparing import Prepared
from provisioner.register import Work
from provisioner.settings import Settings
from provisioner.texts import annexe_notices
from provisioner.texts.annexe_notices import Effects
from provisioner.texts.report import Report, report_page

log = structlog.get_logger()

#: The kinds of notices, as the outbox, the journal and the log name them.
REFUSED_KIND = "annexe-refused"
REJECTED_KIND = "annexe-rejected"
APPLIED_KIND = "annexe-applied"

_OPENINGS = frozenset({Action.OPEN, Action.REOPEN})
_CLOSURES = frozenset({Action.CLOSE})
_UPDATES = frozenset({Action.UPDATE, Action.RENAME})


def tell_refused(work: Work, settings: Settings, partner: Partner, report: Report, received_on: date) -> None:
    """Owes the partner's habilitations contact the news that its annexe has errors, with the report on it (A8: which
    never tells who else has an account).
    """
    found = addressees(work, partner.code)
    if found.partner is None:
        log.info("notice.no_contact", kind=REFUSED_KIND, partner=partner.code)
        return
    notice = annexe_notices.refused(report, received_on, found.answer_to)
    owe(work, settings, REFUSED_KIND, partner.code, found.partner, notice, found.answer_to, (_file(report),))


def tell_rejected(work: Work, settings: Settings, partner: Partner, report: Report, received_on: date) -> None:
    """Owes the partner's habilitations contact the news that its annexe will not be applied, with the report on it.

    The reason is the Caf's own: it stands in the journal only.
    """
    found = addressees(work, partner.code)
    if found.partner is None:
        log.info("notice.no_contact", kind=REJECTED_KIND, partner=partner.code)
        return
    notice = annexe_notices.rejected(report, received_on, found.answer_to)
    owe(work, settings, REJECTED_KIND, partner.code, found.partner, notice, found.answer_to, (_file(report),))


def tell_applied(work: Work, settings: Settings, one: KeptAnnexe, prepared: Prepared, plan: Plan) -> None:
    """Owes the partner's habilitations contact, and the Caf's, what the annexe does, in figures.

    The same annexe entered again, as a script does every night, is told again only when it says anything new.

    Args:
        work: the unit of work in which its content enters the register.
        settings: for the Message-ID's domain.
        one: the annexe, as it was before.
        prepared: what it makes of the register.
        plan: what is to be done of it in Keycloak.
    """
    list_2_only = prepared.request.decisions.closures_only
    is_known = one.applied_at is not None or list_2_only
    if is_known and prepared.after.habilitations == prepared.before.habilitations:
        return
    partner, transmitted_on = prepared.after.partners[one.partner], prepared.check.annexe.transmitted_on
    assert transmitted_on is not None
    effects = _effects(prepared, plan)
    found = addressees(work, partner.code)
    if found.partner is not None:
        answer_to = found.answer_to
        notice = annexe_notices.applied(partner.name, transmitted_on, effects, answer_to, list_2_only=list_2_only)
        owe(work, settings, APPLIED_KIND, partner.code, found.partner, notice, answer_to)
    if found.caf is not None:
        is_told = found.partner is not None
        copy = annexe_notices.applied_copy(
            partner, transmitted_on, effects, list_2_only=list_2_only, partner_is_told=is_told
        )
        owe(work, settings, APPLIED_KIND, partner.code, found.caf, copy)
    if found.partner is None or found.caf is None:
        log.info("notice.no_contact", kind=APPLIED_KIND, partner=partner.code)


def _effects(prepared: Prepared, plan: Plan) -> Effects:
    """What the annexe does at its partner; what another hand changed, or somebody suspended, is none of its doing."""
    partner, after = prepared.request.partner, prepared.after
    due, free = _of_annexe(plan.changes, partner), _of_annexe(plan.free, partner)
    later = [one for one in plan.later if one.partner == partner]
    opened, closed = _persons(free, _OPENINGS), _persons(free, _CLOSURES)
    updated = _persons(free, _UPDATES) - opened - closed
    waiting = _persons(due, _OPENINGS) - opened
    stay = {one.email for one in after.of_partner(partner) if after.state_of(one) is State.OPEN}
    return Effects(
        opened=len(opened),
        closed=len(closed),
        updated=len(updated),
        kept=len(stay - opened - closed - updated - waiting),
        waiting=len(waiting),
        opened_later=len(_persons(later, _OPENINGS)),
        closed_later=len(_persons(later, _CLOSURES)),
    )


def _of_annexe(changes: Iterable[Change], partner: str) -> list[Change]:
    return [one for one in changes if one.partner == partner and not (one.by_hand or one.is_suspension)]


def _persons(changes: Iterable[Change], actions: Collection[Action]) -> set[EmailAddress]:
    """Whom these changes concern, each under the newest address."""
    named = (one.new_email or one.email for one in changes if one.action in actions)
    return {email for email in named if email is not None}


def _file(report: Report) -> Attachment:
    name = f"rapport-annexe-1-{report.checked_on.isoformat()}.html"
    return Attachment(name, report_page(report).encode(), "text/html")
