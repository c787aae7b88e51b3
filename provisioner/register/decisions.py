"""What a named person decides about one account: a suspension, a reopening, an adoption; recorded before it acts."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from sqlalchemy import insert, select, update

from provisioner.domain.access.habilitation import Habilitation
from provisioner.domain.hold import Hold
from provisioner.domain.people import EmailAddress, Person
from provisioner.domain.records import Reopening
from provisioner.register import tables as t
from provisioner.register.database import Work


class SuspendedMeanwhile(Exception):
    """Somebody else suspended the account, or lifted its suspension, since it was looked at."""


def suspend(work: Work, email: EmailAddress, by: str, reason: str) -> bool:
    """The account is suspended from now on, until it is reopened by name; a reopening not done yet is dropped.

    False when it was suspended already: then nothing is recorded.
    """
    account = _account_id(work, email)
    if _suspension(work, account) is not None:
        return False
    now = work.now
    none = {"reopening": None, "reopening_number": None, "reopening_decision": None}
    work.connection.execute(update(t.account).where(t.account.c.id == account).values(**none))
    told = [
        work.journal(
            "suspension",
            partner=partner,
            habilitation=habilitation,
            rule="A4",
            details={"by": by, "reason": reason},
            by=by,
            at=now,
        )
        for partner, habilitation in _live(work, account)
    ]
    hold: dict[str, Any] = {"reason": reason, "covers": "[]", "since": now, "since_number": work.number}
    hold["decision"] = told[0] if told else None
    work.connection.execute(insert(t.hold).values(kind="suspension", account=account, **hold))
    return True


def reopen(
    work: Work, email: EmailAddress, by: str, reason: str, how: Reopening | None, suspension: Hold | None
) -> None:
    """The suspension that was seen, if any, is lifted. `how` the account is to be reopened: None if it has no access
    to reopen.

    Raises:
        SuspendedMeanwhile: it is suspended by another decision than the one that was seen; nothing is recorded.
    """
    account = _account_id(work, email)
    if _suspension(work, account) != (suspension.id if suspension is not None else None):
        raise SuspendedMeanwhile
    work.connection.execute(
        update(t.hold)
        .where(t.hold.c.account == account, t.hold.c.kind == "suspension", t.hold.c.released_at.is_(None))
        .values(released_at=work.now, released_by=by, release_reason=reason)
    )
    details = {"by": by, "reason": reason, "how": how}
    told = [
        work.journal("reopening", partner=partner, habilitation=habilitation, rule="A4", details=details, by=by)
        for partner, habilitation in _live(work, account) or _last(work, account)
    ]
    number, decision = (work.number, told[0] if told else None) if how else (None, None)
    decided = {"reopening": how, "reopening_number": number, "reopening_decision": decision}
    work.connection.execute(update(t.account).where(t.account.c.id == account).values(**decided))


def adopt(
    work: Work,
    partner: str,
    person: Person,
    keycloak_id: str,
    on: date,
    by: str,
    reason: str,
    access: Habilitation | None = None,
) -> None:
    """An account that existed before comes under the register: open, without a link.

    With `access` it takes the place of that access's account, which is gone.
    """
    known = select(t.account.c.id).where(t.account.c.email == person.email)
    account = work.connection.execute(known).scalar()
    if account is None:
        made = insert(t.account).values(email=person.email, keycloak_id=keycloak_id).returning(t.account.c.id)
        account = work.connection.execute(made).scalar_one()
    else:
        work.connection.execute(
            update(t.account)
            .where(t.account.c.id == account)
            .values(keycloak_id=keycloak_id, written=None, intended=None)
        )
    now = work.now
    habilitation = access.id if access is not None else _adopted(work, partner, account, person, on, now)
    details = {"by": by, "reason": reason, "email": person.email, "account": keycloak_id}
    decision = work.journal(
        "adoption", partner=partner, habilitation=habilitation, rule="A8", details=details, by=by, at=now
    )
    if access is None:
        decided = update(t.habilitation).where(t.habilitation.c.id == habilitation).values(decision=decision)
        work.connection.execute(decided)


def _adopted(work: Work, partner: str, account: int, person: Person, on: date, now: datetime) -> int:
    values: dict[str, Any] = {
        "partner": partner,
        "account": account,
        "last_name": person.last_name,
        "first_names": person.first_names,
        "function": person.function,
        "requested_on": on,
        "transmitted_on": on,
        "adopted_on": on,
        "opened_at": now,
        "opened_number": work.number,
        "waived": "",
    }
    row = insert(t.habilitation).values(**values).returning(t.habilitation.c.id)
    return int(work.connection.execute(row).scalar_one())


def _account_id(work: Work, email: EmailAddress) -> int:
    return int(work.connection.execute(select(t.account.c.id).where(t.account.c.email == email)).scalar_one())


def _suspension(work: Work, account: int) -> int | None:
    """The id of the account's suspension that nobody has lifted."""
    hold = t.hold.c
    lasts = (hold.account == account, hold.kind == "suspension", hold.released_at.is_(None))
    return work.connection.execute(select(hold.id).where(*lasts)).scalar()


def _live(work: Work, account: int) -> list[tuple[str, int]]:
    one = t.habilitation.c
    rows = work.connection.execute(
        select(one.partner, one.id).where(one.account == account, one.closed_at.is_(None)).order_by(one.id)
    )
    return [(row.partner, row.id) for row in rows]


def _last(work: Work, account: int) -> list[tuple[str, int]]:
    """The account's last access, closed by now: a suspension may outlive it."""
    one = t.habilitation.c
    rows = work.connection.execute(
        select(one.partner, one.id).where(one.account == account).order_by(one.id.desc()).limit(1)
    )
    return [(row.partner, row.id) for row in rows]
