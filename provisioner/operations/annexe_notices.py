"""What the contacts are told of an annexe 1, in the unit of work of what happened to it (docs/contacts.md)."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import date

import structlog

from provisioner.domain.access.change import Action, Change
from provisioner.domain.access.habilitation import State
from provisioner.domain.access.plan import Plan
from provisioner.domain.annexe.kept import KeptAnnexe, Status
from provisioner.domain.convention import Partner
from provisioner.domain.people import EmailAddress
from provisioner.mail import Attachment
from provisioner.operations.context import Context
from provisioner.operations.letters import contact_of, tell_caf, tell_partner
from provisioner.operations.prepare import Prepared
from provisioner.register import Work, annexes
from provisioner.register.partners import all_partners
from provisioner.settings import Settings
from provisioner.views.annexe_notices import Effects, dates_of, figures_of, what_is_applied
from provisioner.views.report import Report, report_page

log = structlog.get_logger()

_APPLIED = "annexe-applied"
_WAITING = "annexe-waiting"
_OPENINGS = frozenset({Action.OPEN, Action.REOPEN})
_CLOSURES = frozenset({Action.CLOSE})
_UPDATES = frozenset({Action.UPDATE, Action.RENAME})


def tell_refused(work: Work, settings: Settings, partner: Partner, report: Report, received_on: date) -> None:
    """Owes the partner's habilitations contact the news that its annexe has errors, with the report on it (A8: which
    never tells who else has an account).
    """
    dates, will_call = dates_of(report.annexe.transmitted_on, received_on), report.leaves_something_to_the_caf
    values = {"dates": dates, "errors": report.error_count, "caf_will_call": will_call}
    _tell(work, settings, "annexe-refused", partner, values, _file(report))


def tell_rejected(work: Work, settings: Settings, partner: Partner, report: Report, received_on: date) -> None:
    """Owes the partner's habilitations contact the news that its annexe will not be applied, with the report on it.

    The reason is the Caf's own: it stands in the journal only.
    """
    dates = dates_of(report.annexe.transmitted_on, received_on)
    _tell(work, settings, "annexe-rejected", partner, {"dates": dates}, _file(report))


def tell_sent_back(work: Work, settings: Settings, was: KeptAnnexe, partner: Partner) -> None:
    """Owes the Caf's habilitations contact the news that an approval came to nothing: its plan is another one by now.

    Args:
        work: the unit of work in which the annexe was sent back.
        settings: for the Message-ID's domain.
        was: the annexe as it was before.
        partner: whose annexe it is.
    """
    now = annexes.by_id(work.connection, was.id)
    assert now is not None
    values = {
        "number": now.id,
        "dates": dates_of(now.transmitted_on, now.received_on),
        "list_2_only": not was.is_approved_whole,
        "has_errors": not now.valid,
        "kept_until": now.kept_until,
    }
    tell_caf(work, settings, "annexe-sent-back", partner, values)


def tell_waiting(
    work: Work,
    settings: Settings,
    one: KeptAnnexe,
    plan_id: str | None = None,
    list_2_plan_id: str | None = None,
) -> None:
    """Owes the Caf's habilitations contact the news that an annexe waits for a person: when it came in by the drop
    folder, where nobody looks on, and once more after some working days. Without a contact it stays to be told.

    Args:
        work: the unit of work that records that it was told.
        settings: for the Message-ID's domain.
        one: the annexe; it has errors, or needs a decision only.
        plan_id: what an approval would name, where that is known.
        list_2_plan_id: the same of its list 2 alone (A4), where the whole is refused.
    """
    if contact_of(work, None) is None:
        log.info("notice.no_contact", kind=_WAITING, partner=one.partner)
        return
    values = {
        "number": one.id,
        "dates": dates_of(one.transmitted_on, one.received_on),
        "is_reminder": one.told_on is not None,
        "has_errors": one.status is Status.REFUSED,
        "partner_is_told": contact_of(work, one.partner) is not None,
        "plan_id": plan_id,
        "list_2_plan_id": list_2_plan_id,
        "kept_until": one.kept_until,
    }
    tell_caf(work, settings, _WAITING, all_partners(work.connection)[one.partner], values)
    annexes.told(work, one)


def remind_of_waiting(tools: Context) -> None:
    """Owes a reminder of each annexe that has waited for a decision for some working days: once for each."""
    today = tools.clock.today()
    with tools.register.read() as connection:
        late = [annexe for annexe in annexes.kept(connection) if annexe.is_to_be_recalled_on(today)]
    if late:
        with tools.register.work() as work:
            for annexe in annexes.kept(work.connection):
                if annexe.is_to_be_recalled_on(today):
                    tell_waiting(work, tools.settings, annexe)


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
    partner, effects = prepared.after.partners[one.partner], _effects(prepared, plan)
    values = {
        "what": what_is_applied(list_2_only=list_2_only),
        "transmitted_on": prepared.check.annexe.transmitted_on,
        "figures": figures_of(effects, list_2_only=list_2_only),
        "opened": 0 if list_2_only else effects.opened,
        "list_2_only": list_2_only,
    }
    is_told = _tell(work, settings, _APPLIED, partner, values)
    tell_caf(work, settings, _APPLIED, partner, {**values, "partner_is_told": is_told}, "annexe-applied-copy")


def _tell(
    work: Work, settings: Settings, kind: str, partner: Partner, values: Mapping[str, object], *files: Attachment
) -> bool:
    """As `tell_partner`; that nobody can be told stands in the log."""
    is_told = tell_partner(work, settings, kind, partner, values, *files)
    if not is_told:
        log.info("notice.no_contact", kind=kind, partner=partner.code)
    return is_told


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
