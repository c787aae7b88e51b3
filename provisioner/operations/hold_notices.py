"""What the contacts are told of what waits, when it begins and as it ages (docs/contacts.md)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

import structlog

from provisioner.domain.convention import Partner
from provisioner.domain.days import day_of
from provisioner.domain.habilitation import State
from provisioner.domain.hold import Hold, HoldKind
from provisioner.domain.kept_annexe import Status
from provisioner.domain.people import Person
from provisioner.operations.letters import addressees, owe
from provisioner.operations.tools import Tools
from provisioner.register import Work, annexes, holds, outbox, reading
from provisioner.settings import Settings
from provisioner.texts import hold_notices
from provisioner.texts.hold_notices import Asked, Standing

log = structlog.get_logger()

#: The kinds of notices, as the outbox, the journal and the log name them.
HELD_KIND = "held"
SUSPENSION_AGED_KIND = "suspension-aged"
QUARANTINE_KIND = "quarantine"

#: An annexe that stands so is on the Caf's side.
_ANSWERS = frozenset({Status.CHECKED, Status.APPROVED, Status.APPLIED})


def tell_held(work: Work, settings: Settings) -> None:
    """Owes the Caf's habilitations contact each plan that a limit holds and that it has not been told of, or whose
    age calls for a reminder; one that was not sent yet is withdrawn: the newer one says it better.

    Where no contact is known it stays to be told, once there is one.
    """
    partners = reading.partners(work.connection)
    for one in _to_be_told(reading.holds(work.connection), work, HoldKind.LIMIT):
        assert one.partner is not None
        caf = addressees(work, one.partner).caf
        if caf is not None and holds.told(work, one):
            outbox.withdraw(work, HELD_KIND, one.partner)
            notice = hold_notices.held(partners[one.partner], one, work.clock.today())
            owe(work, settings, HELD_KIND, one.partner, caf, notice)


def forget_held(work: Work, partner: str) -> None:
    """Nothing of that partner is held any more: a notice of it that was not sent yet is withdrawn."""
    outbox.withdraw(work, HELD_KIND, partner)


def remind(tools: Tools) -> None:
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


def _due(tools: Tools) -> list[Hold]:
    today = tools.clock.today()
    with tools.register.read() as connection:
        return [one for one in reading.holds(connection) if one.is_to_be_told_on(today)]


def _to_be_told(found: Iterable[Hold], work: Work, kind: HoldKind) -> list[Hold]:
    today = work.clock.today()
    return [one for one in found if one.kind is kind and one.is_to_be_told_on(today)]


def _tell_suspensions(work: Work, settings: Settings) -> None:
    """Reminds the Caf of each access suspended for long, and asks its partners again for an annexe 1; of one that
    ended meanwhile there is nothing to tell.
    """
    records = reading.records(work.connection)
    for one in _to_be_told(records.holds, work, HoldKind.SUSPENSION):
        mine = [each for each in records.habilitations if each.email == one.email]
        live = {each.partner: each.person for each in mine if each.state is not State.CLOSED}
        if live:
            _tell_suspension(work, settings, one, {records.partners[code]: live[code] for code in live})
        else:
            holds.told(work, one)


def _tell_quarantines(work: Work, settings: Settings) -> None:
    """Tells the Caf of what still fails after a day, a week, each month: one notice a partner."""
    partners = reading.partners(work.connection)
    due = _to_be_told(reading.holds(work.connection), work, HoldKind.QUARANTINE)
    for code in sorted({one.partner for one in due if one.partner is not None}):
        mine = [one for one in due if one.partner == code]
        caf = addressees(work, code).caf
        told = [one for one in mine if caf is not None and holds.told(work, one)]
        if caf is not None and told:
            outbox.withdraw(work, QUARANTINE_KIND, code)
            owe(work, settings, QUARANTINE_KIND, code, caf, hold_notices.quarantine(partners[code], told))


def _tell_suspension(work: Work, settings: Settings, hold: Hold, live: Mapping[Partner, Person]) -> None:
    """`live` are the partners through which the person has an access, and how each names the person."""
    found = {one.code: addressees(work, one.code) for one in live}
    caf = next(iter(found.values())).caf
    somebody_is_known = caf is not None or any(one.partner is not None for one in found.values())
    if somebody_is_known and holds.told(work, hold):
        asked = list(_ask_again(work, settings, hold, live))
        if caf is not None:
            today, person = work.clock.today(), next(iter(live.values()))
            notice = hold_notices.suspension_aged(
                person, day_of(hold.since), today, asked, alarm=hold.has_alarm_on(today)
            )
            about = asked[0].partner.code if len(asked) == 1 else None
            owe(work, settings, SUSPENSION_AGED_KIND, about, caf, notice)


def _ask_again(work: Work, settings: Settings, hold: Hold, live: Mapping[Partner, Person]) -> Iterator[Asked]:
    """Asks each partner whose annexe 1 has not come since; gives where each stands."""
    today, since = work.clock.today(), day_of(hold.since)
    for partner, person in live.items():
        found = addressees(work, partner.code)
        if _has_answered(work, partner.code, hold):
            yield Asked(partner, Standing.ANSWERED)
        elif found.partner is None:
            log.info("notice.no_contact", kind=SUSPENSION_AGED_KIND, partner=partner.code)
            yield Asked(partner, Standing.NO_CONTACT)
        else:
            answer_to = found.answer_to
            notice = hold_notices.suspension_reminder(partner.name, person, since, today, answer_to)
            owe(work, settings, SUSPENSION_AGED_KIND, partner.code, found.partner, notice, answer_to)
            yield Asked(partner, Standing.ASKED)


def _has_answered(work: Work, partner: str, hold: Hold) -> bool:
    """Whether an annexe came since the suspension that was not turned down."""
    kept = annexes.kept(work.connection, partner)
    return any(one.submitted_at > hold.since and one.status in _ANSWERS for one in kept)
