"""Gathers what is held on one person: the register, the kept annexes, the journal, Keycloak. Changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection

from provisioner.domain.change import Change
from provisioner.domain.dossier import Dossier, Found, Listed, Match
from provisioner.domain.explanation import changes_of, explain
from provisioner.domain.kept_annexe import KeptAnnexe, Status
from provisioner.domain.people import EmailAddress, domain_of
from provisioner.domain.plan import Plan
from provisioner.domain.records import Records
from provisioner.domain.snapshot import RemoteAccount
from provisioner.domain.steps import Step
from provisioner.operations.errors import Refused
from provisioner.operations.ports import DirectoryPort
from provisioner.operations.syncing import plan_due
from provisioner.operations.tools import Tools
from provisioner.register import annexes, history, reading


class NoSuchPerson(Refused):
    """Neither the register nor Keycloak knows the address."""

    def __init__(self, email: EmailAddress) -> None:
        super().__init__(
            f"Nothing is held on {email}. Addresses that are nearly the same: provisioner explain {email}."
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One person: what is held on them, the steps, and what `sync` would do now or on a known day."""

    person: Dossier
    steps: tuple[Step, ...]
    would: tuple[Change, ...]


def explain_person(tools: Tools, email: EmailAddress) -> Explanation:
    """Why one person is where they are, and what the next `sync` of everything would do for them.

    Raises:
        KeycloakError, RegisterUnavailable: a system failed.
    """
    person = dossier_of(tools, email)
    plan = plan_due(tools, []).plan or Plan((), (), (), ())
    would = changes_of(person.email, (*plan.changes, *plan.later))
    return Explanation(person=person, steps=explain(person, plan), would=tuple(would))


def known_dossier(tools: Tools, email: EmailAddress) -> Dossier:
    """Everything that is held on a person (D5).

    Raises:
        NoSuchPerson: nothing is.
        KeycloakError, RegisterUnavailable: a system failed.
    """
    person = dossier_of(tools, email)
    if person.is_empty:
        raise NoSuchPerson(email)
    return person


def dossier_of(tools: Tools, asked: EmailAddress) -> Dossier:
    """What is held on the person who has that address or had it; empty when there is none.

    Raises:
        KeycloakError, RegisterUnavailable: a system failed.
    """
    with tools.register.read() as connection:
        records = reading.records(connection)
        email = _address_now(connection, records, asked)
        ids = {one.id for one in records.habilitations if one.email == email and one.id is not None}
        journal = history.journal_about(connection, ids, {asked, email})
        addresses = {asked, email, *history.old_addresses(journal)}
        if addresses != {asked, email}:
            journal = history.journal_about(connection, ids, addresses)
        kept = annexes.kept(connection)
        listed = tuple(_listed(tools, connection, records, kept, addresses))
        suspensions = history.suspensions_of(connection, email)
        roles = history.roles_of(connection, email)
    found, other = _in_keycloak(tools.directory, records, email)
    return Dossier(
        asked=asked,
        email=email,
        now=tools.clock.now(),
        records=records,
        found=found,
        other=other,
        current=_in_force(records, kept),
        listed=listed,
        journal=journal,
        suspensions=suspensions,
        roles=roles,
    )


def _address_now(connection: Connection, records: Records, asked: EmailAddress) -> EmailAddress:
    """The person's address: a decided rename counts at once, and the old one still leads to them."""
    if asked in records.accounts:
        return asked
    waiting = (one.email for one in records.accounts.values() if one.renamed_from == asked)
    return next(waiting, None) or history.address_after(connection, asked) or asked


def _in_force(records: Records, kept: Collection[KeptAnnexe]) -> dict[str, KeptAnnexe]:
    """The newest applied annexe of each partner."""
    current = {(code, one.sha256) for code, one in records.current.items()}
    return {one.partner: one for one in kept if (one.partner, one.sha256) in current}


def _listed(
    tools: Tools,
    connection: Connection,
    records: Records,
    kept: Collection[KeptAnnexe],
    addresses: Collection[EmailAddress],
) -> Iterator[Listed]:
    """The rows that name the person, by the check that is kept; a refused annexe of their domain is read again, since
    its check leaves out the rows that have an error.
    """
    domains = {domain_of(one) for one in addresses}
    for annexe in kept:
        rows = dict(_checked_rows(annexe, addresses))
        if annexe.status is Status.REFUSED and domains & records.partners[annexe.partner].domains:
            document = annexes.document(connection, annexe.id)
            read = tools.read(document.content, document.name, tools.settings.documents).rows
            rows |= {(one.list, one.row): one.on for one in read if one.email in addresses}
        for (number, row), on in sorted(rows.items()):
            errors = tuple(_errors(annexe, number, row))
            is_waived = annexe.applied_at is not None
            yield Listed(annexe=annexe, list=number, row=row, on=on, errors=() if is_waived else errors)


def _checked_rows(
    annexe: KeptAnnexe, addresses: Collection[EmailAddress]
) -> Iterator[tuple[tuple[int, int], date | None]]:
    for one in annexe.check["findings"]:
        if one["list"] and one["row"] and str(one["value"]).strip().lower() in addresses:
            yield (one["list"], one["row"]), None
    for number, key, column in ((1, "open", "requested_on"), (2, "closed", "ended_on")):
        for row in annexe.check[key]:
            if row["email"] in addresses:
                yield (number, row["row"]), date.fromisoformat(row[column]) if row[column] else None


def _errors(annexe: KeptAnnexe, number: int, row: int) -> Iterator[str]:
    for one in annexe.check["findings"]:
        if (one["list"], one["row"], one["severity"]) == (number, row, "error"):
            yield one["message"]


def _in_keycloak(
    directory: DirectoryPort, records: Records, email: EmailAddress
) -> tuple[Found | None, Found | None]:
    """The person's account, by its id or else by our mark at the address; and another one that has the address."""
    known = records.accounts.get(email)
    by_id = directory.account(known.keycloak_id) if known is not None and known.keycloak_id is not None else None
    by_address = directory.find(email)
    if by_address is not None and by_id is not None and by_address.id == by_id.id:
        by_address = None
    ours = by_id or (by_address if by_address is not None and by_address.is_marked else None)
    match = Match.ID if by_id is not None else Match.MARK
    other = by_address if by_address is not ours else None
    codes = {partner.group_id: code for code, partner in records.partners.items()}

    def found(account: RemoteAccount, how: Match) -> Found:
        groups = tuple(sorted(codes.get(one, one) for one in directory.groups_of(account.id)))
        return Found(account=account, match=how, has_password=directory.has_password(account.id), groups=groups)

    return (
        found(ours, match) if ours is not None else None,
        found(other, Match.ADDRESS_ONLY) if other is not None else None,
    )
