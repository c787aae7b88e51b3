"""The e-mails about what waits for a decision: a plan beyond a limit, an access suspended for long."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum

from provisioner.domain.change import Action, Limit
from provisioner.domain.convention import Partner
from provisioner.domain.days import day_of
from provisioner.domain.hold import Hold
from provisioner.domain.people import EmailAddress, Person
from provisioner.texts.dates import french_date
from provisioner.texts.holds import hold_reason
from provisioner.texts.letters import Notice, write_notice

_FIGURES = {
    Action.CLOSE: "Clôtures",
    Action.UPDATE: "Mises à jour",
    Action.RENAME: "Changements d'adresse",
    Action.OPEN: "Ouvertures",
    Action.REOPEN: "Réouvertures",
    Action.INVITE: "Courriels d'activation",
}


class Standing(Enum):
    """Where a partner stands with the annexe 1 that a suspension asks for."""

    ASKED = "une annexe 1 lui est de nouveau demandée ce jour."
    ANSWERED = "une annexe 1 a été reçue depuis la suspension."
    NO_CONTACT = "aucun contact n'est enregistré (annexe 2), rien ne lui a été demandé par courriel."


@dataclass(frozen=True, slots=True)
class Asked:
    """A partner through which a suspended person has the access, and where it stands."""

    partner: Partner
    standing: Standing


def held(partner: Partner, hold: Hold, today: date) -> Notice:
    """Tells the Caf that a limit holds a partner's plan: its figures and how to go on, no names.

    Args:
        partner: whose plan it is.
        hold: what holds it.
        today: the day; a hold of an earlier day is told as a reminder.
    """
    days = (today - day_of(hold.since)).days
    planned = Counter(change["action"] for change in hold.changes)
    what = f"Coopération : modifications en suspens ({partner.code})"
    return write_notice(
        "held",
        f"{what}, rappel, {_age(days)}" if days else what,
        partner=partner.name,
        code=partner.code,
        since=french_date(day_of(hold.since)),
        age=_age(days) if days else None,
        reason=hold_reason(hold),
        plan_id=hold.plan_id,
        figures=[(words, planned[action]) for action, words in _FIGURES.items() if planned[action]],
        releasable=hold.limit != Limit.UNKNOWN_REALM,
        answer_to=None,
    )


def quarantine(partner: Partner, found: Sequence[Hold]) -> Notice:
    """Tells the Caf what still fails at a partner though everything else is done.

    Args:
        partner: whose it is.
        found: what is in quarantine there; persons are named by their address, because somebody has to look.
    """
    return write_notice(
        "quarantine",
        f"Coopération : modifications qui échouent ({partner.code})",
        partner=partner.name,
        code=partner.code,
        lines=[(one.email, french_date(day_of(one.since)), hold_reason(one)) for one in found],
        answer_to=None,
    )


def suspension_aged(person: Person, since: date, today: date, asked: Sequence[Asked], *, alarm: bool) -> Notice:
    """Reminds the Caf of an access that is still suspended.

    Args:
        person: whose access it is; named, because somebody has to decide.
        since: the day of the suspension.
        today: the day.
        asked: the partners, with where each stands.
        alarm: whether it has lasted for the convention's 6 months.
    """
    return write_notice(
        "suspension-aged",
        f"Coopération : accès suspendu depuis {_age((today - since).days)}{', décision attendue' if alarm else ''}",
        person=person,
        since=french_date(since),
        age=_age((today - since).days),
        partners=[(one.partner.name, one.partner.code, one.standing.value) for one in asked],
        alarm=alarm,
        answer_to=None,
    )


def suspension_reminder(
    partner: str, person: Person, since: date, today: date, answer_to: EmailAddress | None
) -> Notice:
    """Asks a partner again for the annexe 1 that a suspension calls for.

    Args:
        partner: the partner's name.
        person: whose access it is; named, because the contact has to write that name down.
        since: the day of the suspension.
        today: the day.
        answer_to: where the annexe 1 goes, if known.
    """
    return write_notice(
        "suspension-reminder",
        "Coopération : rappel, accès suspendu, annexe 1 à envoyer",
        partner=partner,
        person=person,
        since=french_date(since),
        age=_age((today - since).days),
        answer_to=answer_to,
    )


def _age(days: int) -> str:
    return f"{days} jour{'s' if days > 1 else ''}"
