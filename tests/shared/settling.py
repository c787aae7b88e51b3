"""What the register's short rows are by its plain data, and what a whole read is without the settled accounts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import date

from provisioner.domain.access.account import RemoteAccount, Snapshot
from provisioner.domain.access.habilitation import State
from provisioner.domain.access.invitations import is_owed
from provisioner.domain.access.settled import AccessRow, Settling, is_steady
from provisioner.domain.records import Records, Scope


def access_rows(records: Records) -> Iterator[AccessRow]:
    """As `register.habilitations.access_rows` reads them."""
    for email, account in records.accounts.items():
        is_unfinished = bool(account.is_owed_a_write or account.renamed_from or account.reopening)
        facts = (account.id or 0, account.keycloak_id, email, is_unfinished)
        for h in records.by_account().get(email, ()):
            names = (h.person.last_name, h.person.first_names, h.person.function)
            states = (h.opened_at is not None, h.closed_at is not None, h.end is not None)
            yield AccessRow(*facts, h.partner, *names, h.requested_on, *states)
        if email not in records.by_account():
            yield AccessRow(*facts, None, *(None,) * 4, False, False, False)  # type: ignore[arg-type]


def owed_a_link(records: Records) -> frozenset[int]:
    """As `register.habilitations.owed_a_link` reads them."""
    live = (h for h in records.habilitations if h.state is not State.CLOSED)
    return frozenset(records.accounts[h.email].id or 0 for h in live if is_owed(h, records.attempts_of(h)))


def settling(records: Records, today: date) -> Settling:
    steady = {code for code, partner in records.partners.items() if is_steady(partner, today)}
    held = {hold.email for hold in records.holds if hold.email is not None}
    return Settling(access_rows(records), steady, held, owed_a_link(records))


def is_settled(account: RemoteAccount, asked: Settling) -> bool:
    names = account.email, account.last_name, account.first_names
    return asked.settles(account.id, names, account.attributes, enabled=account.enabled)


def without_settled(records: Records, snapshot: Snapshot, today: date) -> tuple[Records, Snapshot]:
    """As `operations.look.look_at_unsettled` reads both."""
    asked = settling(records, today)
    for code, group in snapshot.groups.items():
        if group is not None:
            asked.see_members(code, group.members)
    kept = {id_: account for id_, account in snapshot.accounts.items() if not is_settled(account, asked)}
    emails = frozenset(account.email for account in kept.values())
    rest = records.part(Scope(emails=emails, keycloak_ids=frozenset(kept), accounts=asked.left(), is_of_office=True))
    back = {account.keycloak_id for account in rest.accounts.values()} & asked.settled
    return rest, replace(snapshot, accounts={**kept, **{id_: snapshot.accounts[id_] for id_ in back if id_}})
