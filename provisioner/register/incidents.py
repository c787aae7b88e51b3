"""Incidents: declared, completed and closed by a named person (L2). They name persons by their accounts' numbers."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Connection, insert, select, update

from provisioner.domain.connections.incident import Incident, Origin
from provisioner.domain.people import EmailAddress
from provisioner.register import holds
from provisioner.register import tables as t
from provisioner.register.work import Work

_i = t.incident.c


@dataclass(frozen=True, slots=True, kw_only=True)
class Named:
    """Whom an incident concerns: the partners that are told of it, and persons by their addresses.

    `kept` are those of the partners all of whose records are kept from destruction: with a person alone, it is that
    person's records.
    """

    partners: frozenset[str] = frozenset()
    emails: frozenset[EmailAddress] = frozenset()
    kept: frozenset[str] = frozenset()


def all_incidents(connection: Connection) -> list[Incident]:
    """All of them, oldest first."""
    partner, account = t.incident_partner.c, t.incident_account.c
    partners: defaultdict[int, list[str]] = defaultdict(list)
    emails: defaultdict[int, list[EmailAddress]] = defaultdict(list)
    for row in connection.execute(select(partner.incident, partner.partner).order_by(partner.partner)):
        partners[row.incident].append(row.partner)
    named = select(account.incident, t.account.c.email).join(t.account, t.account.c.id == account.account)
    for row in connection.execute(named.order_by(t.account.c.email)):
        emails[row.incident].append(row.email)
    return [
        Incident(**row, partners=tuple(partners[row["id"]]), emails=tuple(emails[row["id"]]))
        for row in connection.execute(select(t.incident).order_by(_i.id)).mappings()
    ]


def by_id(connection: Connection, number: int) -> Incident | None:
    """The one with that number."""
    return next((incident for incident in all_incidents(connection) if incident.id == number), None)


def declare(work: Work, origin: Origin, aware_since: datetime, what: str, named: Named, by: str) -> Incident:
    """A named person tells of an incident; the records that may have to prove something are kept (D7)."""
    said = {"origin": origin, "aware_since": aware_since, "what": what}
    row = insert(t.incident).values(**said, declared_at=work.now, declared_by=by).returning(_i.id)
    number = int(work.connection.execute(row).scalar_one())
    accounts = _name(work, number, named)
    holds.keep_for_incident(work, number, what, named.kept, accounts)
    entry = _journal(
        work, "incident.declared", number, by, {**said, "aware_since": aware_since.astimezone(UTC).isoformat()}
    )
    _set(work, number, decision=entry)
    return _read(work, number)


def complete(work: Work, incident: Incident, items: Mapping[str, str], named: Named, by: str) -> Incident:
    """A named person records what is known by now: items of GDPR 33 and 34, and whom else it concerns."""
    _set(work, incident.id, **items)
    accounts = _name(work, incident.id, named)
    if incident.is_open and (named.kept or accounts):
        holds.keep_for_incident(work, incident.id, incident.what, named.kept, accounts)
    _journal(work, "incident.updated", incident.id, by, items)
    return _read(work, incident.id)


def close(work: Work, incident: Incident, by: str, text: str) -> Incident:
    """A named person closes it; what it kept is destroyed when its day has come."""
    _set(work, incident.id, closed_at=work.now, closed_by=by, closing_text=text)
    holds.end_keeping(work, incident.id, by, text)
    _journal(work, "incident.closed", incident.id, by, {"text": text})
    return _read(work, incident.id)


def told(work: Work, incident: Incident) -> None:
    """Records that the Caf's contacts are told of it now."""
    _set(work, incident.id, told_at=work.now)


def _name(work: Work, number: int, named: Named) -> list[int]:
    """Names these partners and persons in it; gives the accounts' numbers."""
    for code in sorted(named.partners):
        work.connection.execute(insert(t.incident_partner).values(incident=number, partner=code))
    asked = select(t.account.c.id).where(t.account.c.email.in_(named.emails)).order_by(t.account.c.id)
    accounts = list(work.connection.execute(asked).scalars())
    for account in accounts:
        work.connection.execute(insert(t.incident_account).values(incident=number, account=account))
    return accounts


def scopes(connection: Connection) -> dict[int, dict[str, Any]]:
    """Whom each incident concerns, as its entries in the journal say it: persons by number, and what is kept."""
    partner, account = t.incident_partner.c, t.incident_account.c
    kept = holds.kept_for_incidents(connection)
    scopes_of: dict[int, dict[str, Any]] = {
        number: {"partners": [], "accounts": [], "kept": kept.get(number, [])}
        for number in connection.execute(select(_i.id)).scalars()
    }
    for row in connection.execute(select(partner.incident, partner.partner).order_by(partner.partner)):
        scopes_of[row.incident]["partners"].append(row.partner)
    for row in connection.execute(select(account.incident, account.account).order_by(account.account)):
        scopes_of[row.incident]["accounts"].append(row.account)
    return scopes_of


def _journal(work: Work, action: str, number: int, by: str, said: Mapping[str, Any]) -> int:
    """Appends the entry, with whom it concerns and what is kept from then on; it is the decision of what is kept."""
    scope = scopes(work.connection)[number]
    partner = scope["partners"][0] if len(scope["partners"]) == 1 else None
    entry = work.journal(action, partner=partner, rule="L2", details={"incident": number, **said, **scope}, by=by)
    holds.kept_by_decision(work, number, entry)
    return entry


def _set(work: Work, number: int, **values: Any) -> None:
    if values:
        work.connection.execute(update(t.incident).where(_i.id == number).values(**values))


def _read(work: Work, number: int) -> Incident:
    incident = by_id(work.connection, number)
    assert incident is not None
    return incident
