"""What is written in the register; each write tells the journal, in the same unit of work."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, delete, exists, insert, or_, select, update

from provisioner.domain.access.habilitation import Habilitation
from provisioner.domain.convention import Partner
from provisioner.domain.people import Person
from provisioner.domain.records import Records
from provisioner.register import tables as t
from provisioner.register.database import Work
from provisioner.register.reading import GROUP_ROOT, REALM_ID


def add_partner(work: Work, partner: Partner) -> None:
    """A new partner. A known code is an IntegrityError: look before."""
    values = _partner_values(partner)
    work.connection.execute(insert(t.partner).values(**values))
    declared = _set_declared(work.connection, partner)
    work.journal("partner.add", partner=partner.code, details=_plain(values | declared))


def set_partner(work: Work, partner: Partner) -> None:
    """A partner's record as it is from now on."""
    values = _partner_values(partner)
    work.connection.execute(update(t.partner).where(t.partner.c.code == partner.code).values(**values))
    for table in (t.partner_domain, t.partner_address):
        work.connection.execute(delete(table).where(table.c.partner == partner.code))
    declared = _set_declared(work.connection, partner)
    work.journal("partner.set", partner=partner.code, details=_plain(values | declared))


def set_end(work: Work, partner: Partner, action: str, *, by: str, reason: str | None) -> None:
    """The convention's early end as it is from now on, or none; `action` is what the journal calls it."""
    details = _plain({"ends_on": partner.ends_on, "last_day": partner.last_day, "reason": reason, "by": by})
    decision = work.journal(action, partner=partner.code, rule="C3", details=details, by=by)
    is_ended = partner.ends_on is not None
    end = {
        "ends_on": partner.ends_on,
        "end_reason": reason if is_ended else None,
        "end_decision": decision if is_ended else None,
    }
    work.connection.execute(update(t.partner).where(t.partner.c.code == partner.code).values(**end))


def _partner_values(partner: Partner) -> dict[str, Any]:
    names = ("code", "name", "signed_on", "ctg_end", "ends_on", "group_id")
    return {name: getattr(partner, name) for name in names}


def _set_declared(connection: Connection, partner: Partner) -> dict[str, list[str]]:
    """Writes the domains and addresses that the partner declared; gives them as the journal tells them."""
    declared = {"domains": sorted(partner.domains), "addresses": sorted(map(str, partner.addresses))}
    for table, column, values in (
        (t.partner_domain, "domain", declared["domains"]),
        (t.partner_address, "email", declared["addresses"]),
    ):
        if values:
            connection.execute(insert(table), [{"partner": partner.code, column: value} for value in values])
    return declared


def set_group(work: Work, code: str, group_id: str) -> None:
    """The partner's group in Keycloak."""
    work.connection.execute(update(t.partner).where(t.partner.c.code == code).values(group_id=group_id))
    work.journal("group", partner=code, rule="A1", details={"group": group_id})


def group_placed(work: Work, code: str, group_id: str) -> None:
    """The partner's group has its name and its place again, which another hand had changed."""
    work.journal("group.placed", partner=code, rule="A1", details={"group": group_id})


def set_realm(work: Work, realm_id: str) -> None:
    """The realm that this register is for, recorded before the first write there."""
    work.connection.execute(insert(t.mark).values(name=REALM_ID, value=realm_id))
    work.journal("realm.recorded", details={"realm": realm_id})


def accept_realm(work: Work, known: str, found: str, *, by: str, reason: str) -> None:
    """The realm that this register is for from now on: a named person says that the old one was made anew."""
    work.connection.execute(update(t.mark).where(t.mark.c.name == REALM_ID).values(value=found))
    work.connection.execute(delete(t.mark).where(t.mark.c.name == GROUP_ROOT))  # the old realm's
    work.journal("realm.accepted", details={"known": known, "realm": found, "by": by, "reason": reason}, by=by)


def set_mark(work: Work, name: str, value: str) -> None:
    """How far something went; no decision and no effect, so the journal does not tell it."""
    if work.connection.execute(update(t.mark).where(t.mark.c.name == name).values(value=value)).rowcount == 0:
        work.connection.execute(insert(t.mark).values(name=name, value=value))


def save_habilitations(work: Work, before: Records, after: Records) -> None:
    """What an approved annexe changed: habilitations asked for, withdrawn, brought up to date, ended.

    What is opened and ended follows from the decision that the unit of work names (`Work.because_of`).
    """
    known = {one.id: one for one in before.habilitations}
    _rename_accounts(work, known, after)
    kept = {one.id for one in after.habilitations}
    for gone in (one for id_, one in known.items() if id_ not in kept):
        _withdraw(work, gone)
    _insert_habilitations(work, [_ended_now(work, one) for one in after.habilitations if one.id is None])
    for one in after.habilitations:
        if one.id is not None and one != known[one.id]:
            _update_habilitation(work, known[one.id], _ended_now(work, one))


def _ended_now(work: Work, one: Habilitation) -> Habilitation:
    """The same, its end recorded at this moment when it is a new one."""
    if one.end is None or one.end.recorded_at is not None:
        return one
    return replace(one, end=replace(one.end, recorded_at=work.now))


def _withdraw(work: Work, one: Habilitation) -> None:
    """A request that nothing came of: what is known of the person goes with the annexe that made it (A2)."""
    work.connection.execute(delete(t.habilitation).where(t.habilitation.c.id == one.id))
    work.connection.execute(delete(t.journal_detail).where(t.journal_detail.c.habilitation == one.id))
    account = t.account.c
    uses = [select(table.c.id).where(table.c.account == account.id) for table in (t.habilitation, t.hold)]
    was_begun = or_(account.keycloak_id.is_not(None), account.intended.is_not(None))
    is_used = or_(was_begun, *(exists(each) for each in uses))
    work.connection.execute(delete(t.account).where(account.email == one.email, ~is_used))
    work.journal("habilitation.withdrawn", partner=one.partner, habilitation=one.id, rule="A2")


def _rename_accounts(work: Work, known: Mapping[int | None, Habilitation], after: Records) -> None:
    """A new address, which Keycloak still has to get."""
    renamed = {}
    for one in after.habilitations:
        if one.id is not None and one.email != known[one.id].email:
            renamed[known[one.id].email] = one
    for old, one in renamed.items():
        account = after.accounts[one.email]
        values = {"email": one.email, "renamed_from": account.renamed_from}
        work.connection.execute(update(t.account).where(t.account.c.email == old).values(**values))
        details = {"old": old, "new": one.email}
        work.journal("account.renamed", partner=one.partner, habilitation=one.id, rule="A7", details=details)


def _insert_habilitations(work: Work, new: Sequence[Habilitation]) -> None:
    if not new:
        return
    known = work.connection.execute(select(t.account.c.email, t.account.c.id))
    accounts: dict[str, int] = {row.email: row.id for row in known}
    if unknown := [{"email": one.email} for one in new if one.email not in accounts]:
        made = insert(t.account).returning(t.account.c.email, t.account.c.id)
        accounts |= {row.email: row.id for row in work.connection.execute(made, unknown)}
    decided = [_decided(None, one, work.cause) | {"account": accounts[one.email]} for one in new]
    rows = [_habilitation_values(one) | also for one, also in zip(new, decided, strict=True)]
    asked = insert(t.habilitation).returning(t.habilitation.c.id, sort_by_parameter_order=True)
    for one, id_ in zip(new, work.connection.execute(asked, rows).scalars().all(), strict=True):
        details = _plain(_habilitation_values(one) | {"email": one.email})
        work.journal("habilitation.asked", partner=one.partner, habilitation=id_, rule="A1", details=details)


def _update_habilitation(work: Work, old: Habilitation, new: Habilitation) -> None:
    before, after = _habilitation_values(old), _habilitation_values(new)
    changed = {name: value for name, value in after.items() if value != before[name]}
    if not changed:
        return
    work.connection.execute(
        update(t.habilitation)
        .where(t.habilitation.c.id == new.id)
        .values(**changed, **_decided(old, new, work.cause))
    )
    if changed.keys() <= {"transmitted_on"}:
        return  # named again without a change: the annexe's own entry tells
    ended = "ended_on" in changed
    work.journal(
        "habilitation.ended" if ended and new.end else "habilitation.updated",
        partner=new.partner,
        habilitation=new.id,
        rule=new.end.rule if ended and new.end else "A1",
        details=_plain(changed),
    )


def _decided(old: Habilitation | None, new: Habilitation, decision: int | None) -> dict[str, Any]:
    """What follows from that decision: an opening still to come, which a newer annexe asks for again (A2), and an end
    that is another one than before.
    """
    decided: dict[str, Any] = {}
    if new.opened_at is None:
        decided["decision"] = decision
    if old is None or old.end != new.end:
        decided["end_decision"] = decision if new.end is not None else None
    return decided


def _habilitation_values(one: Habilitation) -> dict[str, Any]:
    person: Person = one.person
    return {
        "partner": one.partner,
        "last_name": person.last_name,
        "first_names": person.first_names,
        "function": person.function,
        "requested_on": one.requested_on,
        "transmitted_on": one.transmitted_on,
        "adopted_on": one.adopted_on,
        "opened_at": one.opened_at,
        "opened_number": one.opened_number,
        "link_due_at": one.link_due_at,
        "link_due_number": one.link_due_number,
        "ended_on": one.end.on if one.end else None,
        "end_rule": one.end.rule if one.end else None,
        "end_transmitted_on": one.end.transmitted_on if one.end else None,
        "end_recorded_on": one.end.recorded_on if one.end else None,
        "end_recorded_at": one.end.recorded_at if one.end else None,
        "closed_at": one.closed_at,
        "waived": " ".join(sorted(one.waived)),
    }


def _plain(values: dict[str, Any]) -> dict[str, Any]:
    """The values as JSON can hold them."""
    return {
        name: value.isoformat() if isinstance(value, date | datetime) else value for name, value in values.items()
    }
