"""What the contacts are told of what waits, when it begins and as it ages (docs/contacts.md)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date

import structlog

from provisioner.domain.access.habilitation import State
from provisioner.domain.annexe.kept import Status
from provisioner.domain.calendar import day_of
from provisioner.domain.convention import Partner
from provisioner.domain.gates import Limit
from provisioner.domain.hold import Hold, HoldKind
from provisioner.domain.people import Person
from provisioner.operations.context import Context
from provisioner.operations.letters import contact_of, tell_caf, tell_partner
from provisioner.register import Work, annexes, holds, notices
from provisioner.register.partners import all_partners
from provisioner.register.records import read_records
from provisioner.settings import Settings
from provisioner.views.hold_notices import Standing, age_in_words, held_figures
from provisioner.views.holds import hold_reason

log = structlog.get_logger()

#: The kinds of notices, as the outbox, the journal and the log name them.
_HELD = "held"
_SUSPENSION_AGED = "suspension-aged"
_QUARANTINE = "quarantine"

#: An annexe that stands so is on the Caf's side.
_ANSWERS = frozenset({Status.CHECKED, Status.APPROVED, Status.APPLIED})


def tell_held(work: Work, settings: Settings) -> None:
    """Owes the Caf's habilitations contact each plan that a limit holds and that it has not been told of, or whose
    age calls for a reminder; one that was not sent yet is withdrawn: the newer one says it better.

    Where no contact is known it stays to be told, once there is one.
    """
    partners = all_partners(work.connection)
    is_realm_told = False
    for one in _to_be_told(holds.kept(work.connection), work, HoldKind.LIMIT):
        assert one.partner is not None
        if contact_of(work, None) is not None and holds.told(work, one):
            if one.limit == Limit.UNKNOWN_REALM and is_realm_told:
                continue  # one realm: one notice, not one for each partner
            is_realm_told |= one.limit == Limit.UNKNOWN_REALM
            notices.withdraw(work, _HELD, one.partner)
            days, since = _age(work, one)
            values = {
                "since": since,
                "age": age_in_words(days) if days else None,
                "reason": hold_reason(one),
                "plan_id": one.plan_id,
                "figures": held_figures(one),
                "releasable": one.limit != Limit.UNKNOWN_REALM,
            }
            tell_caf(work, settings, _HELD, partners[one.partner], values)


def _age(work: Work, one: Hold) -> tuple[int, date]:
    """How many days ago it began, and the day."""
    since = day_of(one.since)
    return (work.clock.today() - since).days, since


def drop_held(work: Work, partner: str) -> None:
    """No plan of that partner is held any more: a notice of one that was not sent yet is withdrawn with it."""
    holds.drop_plan(work, partner)
    notices.withdraw(work, _HELD, partner)


def remind(tools: Context) -> None:
    """Owes what the age of each hold calls for: plans that limits hold, suspensions, what is in quarantine.

    Each in one unit of work with the record that it was told, so once for each age whatever crashes.
    """
    if _due(tools):
        with tools.register.work() as work:
            tell_held(work, tools.settings)
            _tell_suspensions(work, tools.settings)
            _tell_quarantines(work, tools.settings)
        for one in _due(tools):
            log.warning("notice.no_contact", kind=one.kind, partner=one.partner)


def _due(tools: Context) -> list[Hold]:
    today = tools.clock.today()
    with tools.register.read() as connection:
        return [one for one in holds.kept(connection) if one.is_to_be_told_on(today)]


def _to_be_told(found: Iterable[Hold], work: Work, kind: HoldKind) -> list[Hold]:
    today = work.clock.today()
    return [one for one in found if one.kind is kind and one.is_to_be_told_on(today)]


def _tell_suspensions(work: Work, settings: Settings) -> None:
    """Reminds the Caf of each access suspended for long, and asks its partners again for an annexe 1; of one that
    ended meanwhile there is nothing to tell.
    """
    records = read_records(work.connection)
    for one in _to_be_told(records.holds, work, HoldKind.SUSPENSION):
        mine = [each for each in records.habilitations if each.email == one.email]
        live = {each.partner: each.person for each in mine if each.state is not State.CLOSED}
        if live:
            _tell_suspension(work, settings, one, {records.partners[code]: live[code] for code in live})
        else:
            holds.told(work, one)


def _tell_quarantines(work: Work, settings: Settings) -> None:
    """Tells the Caf of what still fails after a day, a week, each month, and of an access that is still open at once:
    one notice a partner, with what it was told of before, as the last notice may not have left yet.
    """
    partners, found = all_partners(work.connection), holds.kept(work.connection)
    due = _to_be_told(found, work, HoldKind.QUARANTINE)
    for code in sorted({one.partner for one in due if one.partner is not None}):
        is_caf_known = contact_of(work, None) is not None
        told = [one.id for one in due if one.partner == code and is_caf_known and holds.told(work, one)]
        if told:
            notices.withdraw(work, _QUARANTINE, code)
            mine = [one for one in found if (one.kind, one.partner) == (HoldKind.QUARANTINE, code)]
            failing = [one for one in mine if one.told_at or one.id in told]
            tell_caf(
                work,
                settings,
                _QUARANTINE,
                partners[code],
                {
                    "still_open": _lines(one for one in failing if one.still_open),
                    "lines": _lines(one for one in failing if not one.still_open),
                },
            )


def _lines(failing: Iterable[Hold]) -> list[tuple[str | None, date, str]]:
    return [(one.email, day_of(one.since), hold_reason(one)) for one in failing]


def _tell_suspension(work: Work, settings: Settings, hold: Hold, live: Mapping[Partner, Person]) -> None:
    """`live` are the partners through which the person has an access, and how each names the person."""
    somebody_is_known = any(contact_of(work, code) is not None for code in (None, *(one.code for one in live)))
    if somebody_is_known and holds.told(work, hold):
        days, since = _age(work, hold)
        age = {"since": since, "age": age_in_words(days)}
        standing = [
            (one.name, one.code, _ask_again(work, settings, hold, one, {"person": person, **age}).value)
            for one, person in live.items()
        ]
        (partner, person), *others = live.items()
        alarm = hold.has_alarm_on(work.clock.today())
        values = {"person": person, **age, "partners": standing, "alarm": alarm}
        tell_caf(work, settings, _SUSPENSION_AGED, None if others else partner, values)


def _ask_again(
    work: Work, settings: Settings, hold: Hold, partner: Partner, values: Mapping[str, object]
) -> Standing:
    """Asks the partner again for its annexe 1, if none has come since; gives where it stands."""
    if _has_answered(work, partner.code, hold):
        return Standing.ANSWERED
    is_asked = tell_partner(work, settings, _SUSPENSION_AGED, partner, values, template="suspension-reminder")
    if not is_asked:
        log.info("notice.no_contact", kind=_SUSPENSION_AGED, partner=partner.code)
    return Standing.ASKED if is_asked else Standing.NO_CONTACT


def _has_answered(work: Work, partner: str, hold: Hold) -> bool:
    """Whether an annexe came since the suspension that was not turned down."""
    kept = annexes.kept(work.connection, partner)
    return any(one.submitted_number > hold.since_number and one.status in _ANSWERS for one in kept)
