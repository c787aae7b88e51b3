"""Accounts and habilitations: what an annexe asked for, what a run did of it, what a named person adopted."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import BindParameter, Connection, bindparam, case, delete, exists, func, insert, or_, select, update

from provisioner.domain.access.habilitation import End, Habilitation
from provisioner.domain.access.settled import AccessRow
from provisioner.domain.people import EmailAddress, Person
from provisioner.domain.records import Account, Records, Scope
from provisioner.register import tables as t
from provisioner.register.mapper import Mapper, among, as_json
from provisioner.register.work import Work

_ACCOUNT = Mapper(Account, t.account)
_HABILITATION = Mapper(
    Habilitation,
    t.habilitation,
    person=Mapper(Person, t.habilitation, email=t.account.c.email),
    end=Mapper(End, t.habilitation, prefix="end_", on=t.habilitation.c.ended_on),
)

# Made once: each read of the register asks them.
_NUMBER, _ITS_ACCOUNT = select(t.account.c.id), select(t.habilitation.c.account)
_ACCOUNTS = select(*_ACCOUNT.columns)
_HABILITATIONS = (
    select(*_HABILITATION.columns)
    .select_from(t.habilitation.join(t.account, t.account.c.id == t.habilitation.c.account))
    .order_by(t.habilitation.c.id)
)

_NUMBER_AND_ADDRESS = select(t.account.c.email, t.account.c.id)
_NEW_ACCOUNT, _NEW_HABILITATION = insert(t.account), insert(t.habilitation)
_LAST_HABILITATION = select(func.coalesce(func.max(t.habilitation.c.id), 0))
_HABILITATIONS_AFTER = (
    select(t.habilitation.c.id).where(t.habilitation.c.id > bindparam("last")).order_by(t.habilitation.c.id)
)

#: The columns that name a decision: the journal's entry of a fact names it itself.
_DECISIONS = frozenset({"decision", "end_decision", "link_decision"})


def numbers_in(connection: Connection, scope: Scope) -> frozenset[int]:
    """The register's numbers of the accounts that belong to that scope."""
    a, h = t.account.c, t.habilitation.c
    numbers = {number for (number,) in among(connection, _ITS_ACCOUNT, h.partner, scope.partners)}
    numbers |= scope.accounts
    named = ((a.email, scope.emails), (a.renamed_from, scope.emails), (a.keycloak_id, scope.keycloak_ids))
    for column, values in named:
        numbers |= {number for (number,) in among(connection, _NUMBER, column, values)}
    return frozenset(numbers)


def scope_of(connection: Connection, email: EmailAddress) -> Scope:
    """The scope of one person, with the partners through which they have or had an access."""
    numbers = numbers_in(connection, Scope(emails=frozenset({email})))
    asked = select(t.habilitation.c.partner)
    partners = {code for (code,) in among(connection, asked, t.habilitation.c.account, numbers)}
    return Scope(frozenset(partners), frozenset({email}))


def accounts_of(connection: Connection, numbers: Collection[int] | None) -> dict[EmailAddress, Account]:
    """The accounts with these numbers, or every one that the register knows, by address."""
    rows = among(connection, _ACCOUNTS, t.account.c.id, numbers)
    return {account.email: account for account in map(_ACCOUNT.of, rows)}


def habilitations_of(connection: Connection, numbers: Collection[int] | None) -> tuple[Habilitation, ...]:
    """The habilitations of the accounts with these numbers, or every one, oldest first."""
    rows = map(_HABILITATION.of, among(connection, _HABILITATIONS, t.habilitation.c.account, numbers))
    return tuple(rows if numbers is None else sorted(rows, key=lambda habilitation: habilitation.id or 0))


def access_rows(connection: Connection) -> Iterator[AccessRow]:
    """Every habilitation with its account, and every account that has none, a thousand at once, in no order."""
    a, h = t.account.c, t.habilitation.c
    is_owed_a_write = a.intended.is_not(None) & a.intended.is_distinct_from(a.written)
    asked = (
        select(a.id, a.keycloak_id, a.email)
        .add_columns(is_owed_a_write | a.renamed_from.is_not(None) | a.reopening.is_not(None))
        .add_columns(h.partner, h.last_name, h.first_names, h.function, h.requested_on)
        .add_columns(h.opened_at.is_not(None), h.closed_at.is_not(None), h.ended_on.is_not(None))
        .select_from(t.account.outerjoin(t.habilitation, h.account == a.id))
    )
    return map(AccessRow._make, among(connection, asked, a.id, None))


def owed_a_link(connection: Connection) -> frozenset[int]:
    """The accounts with an access that is not closed, for which a link is due that is not known to have left (P2)."""
    h, i = t.habilitation.c, t.invitation.c
    may_have_left = i.sent_at.is_not(None) | i.uncertain_at.is_not(None)
    has_left = exists().where(i.habilitation == h.id, i.intended_number >= h.link_due_number, may_have_left)
    is_due = (h.link_due_number.is_not(None), h.closed_at.is_(None))
    return frozenset(connection.execute(select(h.account).where(*is_due, ~has_left)).scalars())


def other_names(connection: Connection, email: EmailAddress) -> frozenset[str]:
    """The names of everybody but the person of that account."""
    h, a = t.habilitation.c, t.account.c
    asked = select(h.first_names, h.last_name).join(t.account, a.id == h.account).where(a.email != email).distinct()
    return frozenset(map(" ".join, connection.execute(asked)))


def save_habilitations(work: Work, before: Records, after: Records, received_on: date | None = None) -> None:
    """What an approved annexe, received on that day, changed: habilitations asked for, withdrawn, brought up to date,
    ended.

    What is opened and ended follows from the decision that the unit of work names (`Work.because_of`).
    """
    by_id = {habilitation.id: habilitation for habilitation in before.habilitations}
    _rename_accounts(work, by_id, after)
    kept = {habilitation.id for habilitation in after.habilitations}
    for id_, habilitation in by_id.items():
        if id_ not in kept:
            _withdraw(work, habilitation)
    _ask(work, [_decided(work, None, new, received_on) for new in after.habilitations if new.id is None])
    for new in after.habilitations:
        if new.id is not None and new != by_id[new.id]:
            _bring_up_to_date(work, by_id[new.id], _decided(work, by_id[new.id], new, received_on))


def _decided(work: Work, old: Habilitation | None, new: Habilitation, received_on: date | None) -> Habilitation:
    """The same with what follows from the decision of this unit of work: an opening still to come, which a newer
    annexe asks for again (A2), and an end that is another one than before, recorded at this moment.
    """
    if new.opened_at is None:
        new = replace(new, decision=work.cause)
    if new.end is None or (old is not None and old.end == new.end):
        return new
    end = replace(new.end, decision=work.cause, recorded_at=new.end.recorded_at or work.now)
    return replace(new, end=replace(end, received_on=received_on or end.received_on))


def _withdraw(work: Work, habilitation: Habilitation) -> None:
    """A request that nothing came of: what is known of the person goes with the annexe that made it (A2)."""
    work.connection.execute(delete(t.habilitation).where(t.habilitation.c.id == habilitation.id))
    work.connection.execute(delete(t.journal_detail).where(t.journal_detail.c.habilitation == habilitation.id))
    account = t.account.c
    uses = [select(table.c.id).where(table.c.account == account.id) for table in (t.habilitation, t.hold)]
    was_begun = or_(account.keycloak_id.is_not(None), account.intended.is_not(None))
    is_used = or_(was_begun, *(exists(use) for use in uses))
    work.connection.execute(delete(t.account).where(account.email == habilitation.email, ~is_used))
    work.journal("habilitation.withdrawn", partner=habilitation.partner, habilitation=habilitation.id, rule="A2")


def _rename_accounts(work: Work, by_id: Mapping[int | None, Habilitation], after: Records) -> None:
    """A new address, which Keycloak still has to get."""
    renamed: dict[EmailAddress, list[Habilitation]] = {}
    for habilitation in after.habilitations:
        if habilitation.id is not None and habilitation.email != by_id[habilitation.id].email:
            renamed.setdefault(by_id[habilitation.id].email, []).append(habilitation)
    for old, its_own in renamed.items():
        new = its_own[-1].email
        values = {"email": new, "renamed_from": after.accounts[new].renamed_from}
        work.connection.execute(update(t.account).where(t.account.c.email == old).values(**values))
        for access in its_own:  # so that each partner's entries tell it
            details = {"old": old, "new": new}
            work.journal(
                "account.renamed", partner=access.partner, habilitation=access.id, rule="A7", details=details
            )


def _ask(work: Work, new: Sequence[Habilitation]) -> None:
    if not new:
        return
    emails = {habilitation.email for habilitation in new}
    accounts = _numbers_of(work, emails)
    if unknown := [{"email": habilitation.email} for habilitation in new if habilitation.email not in accounts]:
        work.connection.execute(_NEW_ACCOUNT, unknown)
        accounts = _numbers_of(work, emails)
    facts = [_HABILITATION.row(habilitation) for habilitation in new]
    rows = [row | {"account": accounts[habilitation.email]} for row, habilitation in zip(facts, new, strict=True)]
    # Numbers are asked for after, since one statement of so many rows takes longer to be read than to be done. Nobody
    # else writes meanwhile (`Register.work`), so they follow the last one in the order of the rows. Where a sequence
    # is behind, as after rows put in by hand, this fails and nothing is kept.
    last = work.connection.execute(_LAST_HABILITATION).scalar_one()
    work.connection.execute(_NEW_HABILITATION, rows)
    numbers = work.connection.execute(_HABILITATIONS_AFTER, {"last": last}).scalars().all()
    for habilitation, row, id_ in zip(new, facts, numbers, strict=True):
        details = as_json(_told(row) | {"email": habilitation.email})
        work.journal("habilitation.asked", partner=habilitation.partner, habilitation=id_, rule="A1", details=details)


def _numbers_of(work: Work, emails: Collection[EmailAddress]) -> dict[str, int]:
    known = among(work.connection, _NUMBER_AND_ADDRESS, t.account.c.email, emails)
    return {row.email: row.id for row in known}


def _bring_up_to_date(work: Work, old: Habilitation, new: Habilitation) -> None:
    was = _HABILITATION.row(old)
    values = {name: value for name, value in _HABILITATION.row(new).items() if value != was[name]}
    changed = _told(values)
    if not changed:
        return
    work.connection.execute(update(t.habilitation).where(t.habilitation.c.id == new.id).values(**values))
    if changed.keys() <= {"transmitted_on"}:
        return  # named again without a change: the annexe's own entry tells
    ended = "ended_on" in changed
    work.journal(
        "habilitation.ended" if ended and new.end else "habilitation.updated",
        partner=new.partner,
        habilitation=new.id,
        rule=new.end.rule if ended and new.end else "A1",
        details=as_json(changed),
    )


def _told(values: Mapping[str, Any]) -> dict[str, Any]:
    """What the journal tells of them."""
    return {name: value for name, value in values.items() if name not in _DECISIONS}


def save_adoption(
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
    of_person = select(t.account.c.id).where(t.account.c.email == person.email)
    account = work.connection.execute(of_person).scalar()
    if account is None:
        made = insert(t.account).values(email=person.email, keycloak_id=keycloak_id).returning(t.account.c.id)
        account = work.connection.execute(made).scalar_one()
    else:
        of_the_one_before = ("written", "intended", "password_seen_number", "destroyed_on")
        theirs = {"keycloak_id": keycloak_id, **dict.fromkeys(of_the_one_before)}
        work.connection.execute(update(t.account).where(t.account.c.id == account).values(**theirs))
    now, habilitation = work.now, access.id if access is not None else None
    if habilitation is None:
        adopted = Habilitation(
            partner=partner,
            person=person,
            requested_on=on,
            transmitted_on=on,
            adopted_on=on,
            opened_at=now,
            opened_number=work.number,
        )
        row = insert(t.habilitation).values(**_HABILITATION.row(adopted), account=account)
        habilitation = work.connection.execute(row.returning(t.habilitation.c.id)).scalar_one()
    details = {"by": by, "reason": reason, "email": person.email, "account": keycloak_id}
    decision = work.journal(
        "adoption", partner=partner, habilitation=habilitation, rule="A8", details=details, by=by, at=now
    )
    if access is None:
        this_one = update(t.habilitation).where(t.habilitation.c.id == habilitation)
        work.connection.execute(this_one.values(decision=decision))


# What a run did. Many rows are written with one statement (`Work.put`), each with its journal entry; `cause` is the
# journal's entry of the decision.

_account = update(t.account).where(t.account.c.email == bindparam("of"))
_its_id: BindParameter[str] = bindparam("their_id")
#: What was seen of another Keycloak user says nothing of this one.
_SEEN_OF_IT = case((t.account.c.keycloak_id == _its_id, t.account.c.password_seen_number), else_=None)
_KNOWN = _account.values(keycloak_id=_its_id, destroyed_on=None, password_seen_number=_SEEN_OF_IT)
_WRITTEN = _KNOWN.values(written=bindparam("digest"))
_RENAME_SETTLED = _account.where(t.account.c.renamed_from == bindparam("seen")).values(renamed_from=None)
_REOPENING_SETTLED = _account.where(t.account.c.reopening_number == bindparam("seen")).values(
    reopening=None, reopening_number=None, reopening_decision=None
)
_PASSWORD = _account.values(password_seen_number=bindparam("number"))
_INTENDED = _account.values(intended=bindparam("digest"), destroyed_on=None)

_habilitation = update(t.habilitation).where(t.habilitation.c.id == bindparam("of"))
_OPENED = _habilitation.where(t.habilitation.c.opened_at.is_(None)).values(
    opened_at=bindparam("at"), opened_number=bindparam("number")
)
_LINK_NOT_DUE = _habilitation.where(t.habilitation.c.link_due_number == bindparam("seen")).values(
    link_due_at=None, link_due_number=None
)
_LINK_DUE = _habilitation.values(
    link_due_at=bindparam("at"), link_due_number=bindparam("number"), link_decision=bindparam("decided")
)
_CLOSED = _habilitation.where(t.habilitation.c.closed_at.is_(None)).values(
    closed_at=bindparam("at"),
    ended_on=bindparam("last_day"),
    end_rule=bindparam("rule"),
    end_transmitted_on=bindparam("said_on"),
    end_recorded_on=bindparam("noted_on"),
    end_decision=bindparam("decided"),
)


def account_intended(work: Work, email: EmailAddress, digest: str) -> None:
    """What is about to be written to the account: should we die, it is not taken for another hand's."""
    work.put(_INTENDED, of=email, digest=digest)


def account_written(work: Work, email: EmailAddress, keycloak_id: str, digest: str) -> None:
    """Which Keycloak user the account is, and what was last written there."""
    work.put(_WRITTEN, of=email, their_id=keycloak_id, digest=digest)


def account_known(work: Work, email: EmailAddress, keycloak_id: str) -> None:
    """Which Keycloak user the account is; what was meant to be written there was not."""
    work.put(_KNOWN, of=email, their_id=keycloak_id)


def password_seen(work: Work, email: EmailAddress) -> None:
    """The account has a password."""
    work.put(_PASSWORD, of=email, number=work.number)


def password_forgotten(work: Work, email: EmailAddress) -> None:
    """The account may have none any more, without a new link: Keycloak is to be asked again."""
    work.put(_PASSWORD, of=email, number=None)


def forget_passwords_seen(work: Work) -> None:
    """An older register is put back: which passwords were taken away since is not known."""
    work.connection.execute(update(t.account).values(password_seen_number=None))


def rename_settled(work: Work, seen: Account) -> None:
    """The rename that was seen is not to be done any more; one that was decided meanwhile is."""
    if seen.renamed_from is not None:
        work.put(_RENAME_SETTLED, of=seen.email, seen=seen.renamed_from)


def reopening_settled(work: Work, seen: Account) -> None:
    """The reopening that was seen is not to be done any more; one that was decided meanwhile is."""
    if seen.reopening is not None:
        work.put(_REOPENING_SETTLED, of=seen.email, seen=seen.reopening_number)


def updated(work: Work, habilitation: Habilitation, rule: str, cause: int | None = None) -> None:
    """The account is what the register wants."""
    work.journal("update", partner=habilitation.partner, habilitation=habilitation.id, rule=rule, cause=cause)


def renamed(work: Work, habilitation: Habilitation, rule: str, cause: int | None = None) -> None:
    """The account has its new address."""
    work.journal("rename", partner=habilitation.partner, habilitation=habilitation.id, rule=rule, cause=cause)


def opened(work: Work, habilitation: Habilitation, action: str, rule: str, cause: int | None = None) -> None:
    """The access is open in Keycloak. The first time is the one that counts."""
    now, id_ = work.now, habilitation.id
    work.put(_OPENED, of=id_, at=now, number=work.number)
    work.journal(action, partner=habilitation.partner, habilitation=id_, rule=rule, cause=cause, at=now)


def link_due(work: Work, habilitation: Habilitation, cause: int | None = None) -> None:
    """The person is owed the e-mail with the link, from now on (P2)."""
    work.put(_LINK_DUE, of=habilitation.id, at=work.now, number=work.number, decided=cause)


def link_needless(work: Work, habilitation: Habilitation) -> None:
    """The person has made a password before the register knew of the access: no link is owed."""
    work.put(_LINK_NOT_DUE, of=habilitation.id, seen=habilitation.link_due_number)
    cause = habilitation.link_decision or habilitation.decision
    partner, id_ = habilitation.partner, habilitation.id
    work.journal("invite.needless", partner=partner, habilitation=id_, rule="P2", cause=cause)


def closed(work: Work, habilitation: Habilitation, rule: str, cause: int | None = None) -> None:
    """The access is closed in Keycloak. The first time is the one that counts (D1)."""
    assert habilitation.end is not None
    now, id_, end = work.now, habilitation.id, habilitation.end
    dates = {"last_day": end.on, "said_on": end.transmitted_on, "noted_on": end.recorded_on}
    work.put(_CLOSED, of=id_, at=now, rule=end.rule, decided=cause, **dates)
    details = {"ended_on": end.on.isoformat(), "end_rule": end.rule}
    partner = habilitation.partner
    work.journal("close", partner=partner, habilitation=id_, rule=rule, details=details, cause=cause, at=now)
