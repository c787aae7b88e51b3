"""The register as plain data for the rules."""

from __future__ import annotations

import json
from datetime import date, timedelta
from typing import Any

from sqlalchemy import Connection, Row, select

from provisioner.domain.access.habilitation import End, Habilitation
from provisioner.domain.convention import Partner, Role
from provisioner.domain.hold import Hold, HoldKind, StillOpen
from provisioner.domain.people import EmailAddress, Person
from provisioner.domain.records import Account, CurrentAnnexe, Invitation, Records, Reopening
from provisioner.register import tables as t

#: The mark that holds the realm's internal id, recorded at the first write.
REALM_ID = "realm_id"

#: The mark that holds the id of the group above the partners' groups, recorded when it was seen at its place.
GROUP_ROOT = "group_root"

#: The marks of the head up to which the journal was last found whole, and of what is wrong with it, empty if nothing.
JOURNAL_VERIFIED, JOURNAL_WANTING = "journal.verified", "journal.wanting"

#: The mark that holds the moment of the last `sync` of everything in which nothing failed.
LAST_GOOD_SYNC = "last_good_sync"


def records(connection: Connection) -> Records:
    """Everything that the rules may ask of the register."""
    return Records(
        partners=partners(connection),
        accounts={EmailAddress(row.email): _account(row) for row in connection.execute(select(t.account))},
        habilitations=_habilitations(connection),
        invitations=_invitations(connection),
        current=_current(connection),
        senders=_senders(connection),
        holds=holds(connection),
        released=_released(connection),
        let_go=_let_go(connection),
        realm_id=mark(connection, REALM_ID),
        root_id=mark(connection, GROUP_ROOT),
    )


def suspensions(connection: Connection) -> dict[EmailAddress, Hold]:
    """The accounts that a named person suspended, at this moment."""
    return {hold.email: hold for hold in holds(connection, HoldKind.SUSPENSION) if hold.email}


def mark(connection: Connection, name: str) -> str | None:
    """How far something went, None when it never began."""
    return connection.execute(select(t.mark.c.value).where(t.mark.c.name == name)).scalar()


def partners(connection: Connection) -> dict[str, Partner]:
    """Every partner, by code."""
    domains: dict[str, set[str]] = {}
    for row in connection.execute(select(t.partner_domain)):
        domains.setdefault(row.partner, set()).add(row.domain)
    addresses: dict[str, set[EmailAddress]] = {}
    for row in connection.execute(select(t.partner_address)):
        addresses.setdefault(row.partner, set()).add(EmailAddress(row.email))
    return {
        row.code: Partner(
            code=row.code,
            name=row.name,
            domains=frozenset(domains.get(row.code, ())),
            addresses=frozenset(addresses.get(row.code, ())),
            signed_on=row.signed_on,
            ctg_end=row.ctg_end,
            ends_on=row.ends_on,
            end_decision=row.end_decision,
            group_id=row.group_id,
        )
        for row in connection.execute(select(t.partner).order_by(t.partner.c.code))
    }


def _account(row: Row[Any]) -> Account:
    return Account(
        email=EmailAddress(row.email),
        keycloak_id=row.keycloak_id,
        written=row.written,
        intended=row.intended,
        renamed_from=EmailAddress(row.renamed_from) if row.renamed_from else None,
        reopening=Reopening(row.reopening) if row.reopening else None,
        reopening_number=row.reopening_number,
        reopening_decision=row.reopening_decision,
    )


def _habilitations(connection: Connection) -> tuple[Habilitation, ...]:
    joined = t.habilitation.join(t.account, t.account.c.id == t.habilitation.c.account)
    rows = connection.execute(
        select(t.habilitation, t.account.c.email).select_from(joined).order_by(t.habilitation.c.id)
    )
    return tuple(_habilitation(row) for row in rows)


def _habilitation(row: Row[Any]) -> Habilitation:
    end = None
    if row.ended_on is not None:
        end = End(
            on=row.ended_on,
            rule=row.end_rule,
            transmitted_on=row.end_transmitted_on,
            recorded_on=row.end_recorded_on,
            decision=row.end_decision,
            recorded_at=row.end_recorded_at,
        )
    return Habilitation(
        id=row.id,
        partner=row.partner,
        person=Person(row.last_name, row.first_names, row.function, EmailAddress(row.email)),
        requested_on=row.requested_on,
        transmitted_on=row.transmitted_on,
        adopted_on=row.adopted_on,
        opened_at=row.opened_at,
        opened_number=row.opened_number,
        link_due_at=row.link_due_at,
        link_due_number=row.link_due_number,
        end=end,
        closed_at=row.closed_at,
        waived=frozenset(row.waived.split()),
        decision=row.decision,
        link_decision=row.link_decision,
    )


def _invitations(connection: Connection) -> tuple[Invitation, ...]:
    return tuple(
        Invitation(
            habilitation=row.habilitation,
            attempt=row.attempt,
            intended_number=row.intended_number,
            intended_at=row.intended_at,
            keycloak_time=row.keycloak_time,
            lifespan=timedelta(seconds=row.lifespan_seconds),
            sent_at=row.sent_at,
            failed_at=row.failed_at,
            tries=row.tries,
            bounced_at=row.bounced_at,
            told_at=row.told_at,
            events_kept=row.events_kept,
            uncertain_at=row.uncertain_at,
        )
        for row in connection.execute(select(t.invitation).order_by(t.invitation.c.id))
    )


def _senders(connection: Connection) -> dict[str, EmailAddress]:
    """Who is to send each partner's annexe 1 (A11)."""
    named = t.contact.c.partner.is_not(None) & (t.contact.c.role == Role.HABILITATIONS.value)
    return {row.partner: EmailAddress(row.email) for row in connection.execute(select(t.contact).where(named))}


def _current(connection: Connection) -> dict[str, CurrentAnnexe]:
    rows = connection.execute(
        select(t.annexe.c.partner, t.annexe.c.transmitted_on, t.annexe.c.sha256, t.annexe.c.decision)
        .where(t.annexe.c.applied_number.is_not(None))
        .order_by(t.annexe.c.applied_number)
    )
    return {row.partner: CurrentAnnexe(row.transmitted_on, row.sha256, row.decision) for row in rows}


def holds(connection: Connection, kind: HoldKind | None = None) -> tuple[Hold, ...]:
    """What nobody has let go yet, of that kind or of any, oldest first."""
    joined = t.hold.outerjoin(t.account, t.account.c.id == t.hold.c.account)
    rows = connection.execute(
        select(t.hold, t.account.c.email)
        .select_from(joined)
        .where(t.hold.c.released_at.is_(None), *([t.hold.c.kind == kind] if kind else []))
        .order_by(t.hold.c.id)
    )
    return tuple(
        Hold(
            kind=HoldKind(row.kind),
            reason=row.reason,
            since=row.since,
            since_number=row.since_number,
            partner=row.partner,
            email=EmailAddress(row.email) if row.email else None,
            plan_id=row.plan_id,
            until=row.until,
            changes=tuple(json.loads(row.changes or "[]")),
            effective_at=row.effective_at,
            id=row.id,
            told_at=row.told_at,
            tried_at=row.tried_at,
            decision=row.decision,
            still_open=StillOpen(row.still_open) if row.still_open else None,
        )
        for row in rows
    )


def _let_go(connection: Connection) -> frozenset[tuple[str, str]]:
    let_go = (t.hold.c.kind == "limit") & t.hold.c.released_at.is_not(None)
    return frozenset((row.partner, row.plan_id) for row in connection.execute(select(t.hold).where(let_go)))


def _released(connection: Connection) -> frozenset[tuple[int, date]]:
    """Before version 0.3 a release said which accesses, and not which ends: that is no release of another end."""
    rows = connection.execute(select(t.hold.c.covers).where(t.hold.c.released_at.is_not(None)))
    covered = (each for row in rows for each in json.loads(row.covers) if isinstance(each, list))
    return frozenset((id_, date.fromisoformat(last_day)) for id_, last_day in covered)
