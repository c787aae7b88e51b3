"""Incidents (L2): recorded first, told to both sides at once, reminded of until a named person closes them.

Nothing here needs Keycloak: an incident can be declared while it is down. What is cut is `containment`'s.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime

import structlog

from provisioner.domain.access.habilitation import State
from provisioner.domain.annexe.decisions import reason_said
from provisioner.domain.calendar import day_of
from provisioner.domain.connections.incident import Incident, Origin, without_names
from provisioner.domain.convention import Role
from provisioner.domain.errors import Refusal, Refused
from provisioner.domain.hold import Hold, HoldKind
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Records
from provisioner.operations.context import decided
from provisioner.operations.notices import contact_of, tell
from provisioner.operations.partners import no_such_partner
from provisioner.register import Register, Work, holds, incidents, notices
from provisioner.register.database import read_records
from provisioner.register.incidents import Named
from provisioner.register.partners import has_protection_officer
from provisioner.settings import Settings
from provisioner.views.dates import french_moment
from provisioner.views.incidents import delay_words, lacking_words

log = structlog.get_logger()

#: The Caf's contacts who are told, and a partner's.
_CAF_ROLES = (Role.SECURITE, Role.PROTECTION_DONNEES)
_PARTNER_ROLES = (Role.SECURITE,)

_DECLARED = "incident"
_REMINDER = "incident-reminder"
_CLOSED = "incident-closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Declaration:
    """What is told of an incident. `what` goes to the partners concerned, without the names that stand in it."""

    origin: Origin
    aware_since: datetime
    what: str
    partners: frozenset[str] = frozenset()
    emails: frozenset[EmailAddress] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """An incident as it stands now, and how the telling went.

    `is_new`: it was not declared before in the same words. `unknown` are those that have no contact (None: the Caf).
    `has_names`: names were taken out of what the partners are told.
    """

    incident: Incident
    is_new: bool = True
    unknown: tuple[str | None, ...] = ()
    has_names: bool = False


@decided
def declare(register: Register, settings: Settings, declaration: Declaration, by: str) -> Recorded:
    """Records an incident, has the records that it concerns kept (D7), and owes the notices of it.

    The partners concerned are those that are named; with a person alone, those through which the person has an
    access. The same declaration again, while it is open, is the same incident.

    Raises:
        WrongUsage: no partner has that code.
        Refused: the moment is to come, or nothing is known of a person. Nothing is recorded.
    """
    what = reason_said(declaration.what)
    with register.work(by) as work:
        if declaration.aware_since > work.now:
            raise Refused(Refusal.AWARE_LATER)
        records = read_records(work.connection)
        named = _named(records, declaration.partners, declaration.emails)
        told = (declaration.origin, declaration.aware_since, what, named.partners, named.emails)
        for known in incidents.all_incidents(work.connection):
            as_told = (
                known.origin,
                known.aware_since,
                known.what,
                frozenset(known.partners),
                frozenset(known.emails),
            )
            if known.is_open and as_told == told:
                return Recorded(incident=known, is_new=False)
        incident = incidents.declare(work, declaration.origin, declaration.aware_since, what, named, by)
        recorded = _tell_partners(work, settings, incident, _DECLARED, incident.partners, what)
        return _tell_caf(work, settings, recorded, _DECLARED, what)


@decided
def complete(
    register: Register,
    settings: Settings,
    number: int,
    items: Mapping[str, str],
    by: str,
    partners: Iterable[str] = (),
    emails: Iterable[EmailAddress] = (),
) -> Recorded:
    """Records what is known by now of an incident: items of GDPR 33 and 34, and whom else it concerns, who is told.

    One that is closed is completed too: what was found out later belongs to it.

    Raises:
        WrongUsage: an item is blank, or no partner has that code.
        Refused: no incident has that number, a day is to come, or nothing is known of a person. Nothing is recorded.
    """
    said = {item: reason_said(text) for item, text in items.items()}
    with register.work(by) as work:
        incident = _incident(work, number)
        for item in ("cnil_notified", "persons_told"):
            if (day := _day(said.get(item))) is not None and day > work.clock.today():
                raise Refused(Refusal.DAY_TO_COME, on=day)
        records = read_records(work.connection)
        wanted = _named(records, frozenset(partners), frozenset(emails))
        new = Named(
            partners=wanted.partners.difference(incident.partners),
            emails=wanted.emails.difference(incident.emails),
            kept=wanted.kept.difference(incident.partners),
        )
        incident = incidents.complete(work, incident, said, new, by)
        return _tell_partners(work, settings, incident, _DECLARED, new.partners, incident.what)


@decided
def close(register: Register, settings: Settings, number: int, by: str, text: str) -> Recorded:
    """Closes an incident: both sides are told, nobody is reminded any more, and what it kept is kept no longer.

    Raises:
        WrongUsage: the text is blank.
        Refused: no incident has that number, or it is closed. Nothing is recorded.
    """
    text = reason_said(text)
    with register.work(by) as work:
        incident = _incident(work, number)
        if incident.closed_at is not None:
            by, on = incident.closed_by or "", day_of(incident.closed_at)
            raise Refused(Refusal.INCIDENT_CLOSED, number=number, by=by, on=on)
        incident = incidents.close(work, incident, by, text)
        recorded = _tell_partners(work, settings, incident, _CLOSED, incident.partners, text)
        return _tell_caf(work, settings, recorded, _CLOSED, text)


def known_incidents(register: Register, *, only_open: bool = False) -> list[Incident]:
    """All incidents, or those that nobody has closed, oldest first."""
    with register.read() as connection:
        known = incidents.all_incidents(connection)
    return [incident for incident in known if incident.is_open or not only_open]


def known_incident(register: Register, number: int) -> tuple[Incident, tuple[Hold, ...]]:
    """The incident with that number, and the holds that it made: what is cut for it, what is not destroyed.

    Raises:
        Refused: there is none.
    """
    with register.read() as connection:
        incident = incidents.by_id(connection, number)
        kept = (*holds.kept(connection), *holds.kept(connection, HoldKind.RETENTION))
    if incident is None:
        raise Refused(Refusal.NO_SUCH_INCIDENT, number=number)
    return incident, tuple(hold for hold in kept if hold.incident == number)


def remind(register: Register, settings: Settings, by: str) -> None:
    """Reminds the Caf of the open incidents: each day until it is known what became of the notification to the CNIL,
    then each week. One notice tells of all; one that was not sent yet is withdrawn.
    """
    today, now = register.clock.today(), register.clock.now()
    with register.read() as connection:
        if not any(incident.is_to_be_told_on(today) for incident in incidents.all_incidents(connection)):
            return
    with register.work(by) as work:
        due = [incident for incident in incidents.all_incidents(work.connection) if incident.is_to_be_told_on(today)]
        if due and contact_of(work, None) is None:
            log.warning("notice.no_contact", kind=_REMINDER, partner=None)
        elif due:
            notices.withdraw(work, _REMINDER, None)
            lines = [
                (
                    incident.id,
                    french_moment(incident.aware_since),
                    delay_words(incident, now),
                    lacking_words(incident),
                )
                for incident in due
            ]
            tell(work, settings, _REMINDER, None, None, {"incidents": lines}, roles=_CAF_ROLES)
            for incident in due:
                incidents.told(work, incident)


def _incident(work: Work, number: int) -> Incident:
    incident = incidents.by_id(work.connection, number)
    if incident is None:
        raise Refused(Refusal.NO_SUCH_INCIDENT, number=number)
    return incident


def _named(records: Records, partners: frozenset[str], emails: frozenset[EmailAddress]) -> Named:
    """Whom it concerns; a person named without a partner concerns the partners of their access, or of the last one.

    Raises:
        WrongUsage: no partner has that code.
        Refused: nothing is known of a person.
    """
    for code in sorted(partners - records.partners.keys()):
        raise no_such_partner(code, records.partners)
    for email in sorted(emails - records.accounts.keys()):
        raise Refused(Refusal.NO_SUCH_PERSON, email=email)
    concerned = partners or frozenset(code for email in emails for code in _partners_of(records, email))
    return Named(partners=concerned, emails=emails, kept=partners)


def _partners_of(records: Records, email: EmailAddress) -> set[str]:
    theirs = [habilitation for habilitation in records.habilitations if habilitation.email == email]
    live = [habilitation for habilitation in theirs if habilitation.state is not State.CLOSED]
    return {habilitation.partner for habilitation in live or theirs[-1:]}


def _day(text: str | None) -> date | None:
    """The day that an item is, None for a reason."""
    try:
        return date.fromisoformat(text or "")
    except ValueError:
        return None


def _values(incident: Incident, text: str) -> dict[str, object]:
    aware = french_moment(incident.aware_since)
    return {"number": incident.id, "text": text, "origin": incident.origin, "aware": aware}


def _tell_partners(
    work: Work, settings: Settings, incident: Incident, kind: str, codes: Iterable[str], text: str
) -> Recorded:
    """One notice a partner, which names neither a person nor another partner."""
    records = read_records(work.connection)
    people, unknown, has_names = _people(records), [], False
    for code in sorted(codes):
        partner, others = records.partners[code], [p for p in records.partners.values() if p.code != code]
        shown = without_names(text, people, [name for other in others for name in (other.code, other.name)])
        has_names |= shown != text
        if not tell(work, settings, kind, code, partner, _values(incident, shown), roles=_PARTNER_ROLES):
            unknown.append(code)
    return Recorded(incident=incident, unknown=tuple(unknown), has_names=has_names)


def _tell_caf(work: Work, settings: Settings, recorded: Recorded, kind: str, text: str) -> Recorded:
    """The Caf's notice names the partners concerned and what is still to be done, and no person."""
    records, incident = read_records(work.connection), recorded.incident
    partners = [(records.partners[code].name, code, code in recorded.unknown) for code in incident.partners]
    values = {
        **_values(incident, without_names(text, _people(records))),
        "partners": partners,
        "delay": delay_words(incident, work.now),
        "lacking": lacking_words(incident),
        "has_officer": has_protection_officer(work.connection),
    }
    if not tell(work, settings, kind, None, None, values, roles=_CAF_ROLES):
        return replace(recorded, unknown=(*recorded.unknown, None))
    incidents.told(work, incident)
    return recorded


def _people(records: Records) -> list[str]:
    return [access.person.name for access in records.habilitations]
