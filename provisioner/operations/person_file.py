"""Gathers what is held on one person: the register, the kept annexes, the journal, Keycloak. Changes nothing."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import replace

from provisioner.domain.access.person_file import KeycloakUser, Listed, PersonFile
from provisioner.domain.annexe.document import Document, Severity
from provisioner.domain.annexe.kept import KeptAnnexe
from provisioner.domain.errors import Refusal, Refused
from provisioner.domain.journal import canonical
from provisioner.domain.people import EmailAddress, names
from provisioner.domain.records import Records, Scope
from provisioner.domain.retention import account_due_on
from provisioner.operations.context import Context
from provisioner.operations.errors import UnknownRealm
from provisioner.operations.look import is_known_realm
from provisioner.register import annexes, habilitations, holds, incidents, journal
from provisioner.register.connection_counts import held_connections
from provisioner.register.connections import accounts_by_email
from provisioner.register.database import read_records
from provisioner.register.journal import person_of
from provisioner.register.partners import all_partners, names_of_contacts, roles_of
from provisioner.views.answers import as_json
from provisioner.views.answers.checks import CheckAnswer
from provisioner.views.findings import message


def known_person_file(context: Context, email: EmailAddress) -> PersonFile:
    """Everything that is held on a person (D5).

    Raises:
        Refused: nothing is.
        UnknownRealm: the realm is another one: what Keycloak holds on the person cannot be told.
    """
    person = person_file_of(context, email)
    if not person.is_known_realm:
        raise UnknownRealm
    if person.is_empty:
        raise Refused(Refusal.NO_SUCH_PERSON, email=email)
    return person


def person_file_of(context: Context, asked: EmailAddress) -> PersonFile:
    """What is held on the person who has that address or had it; empty when there is none."""
    with context.register.read() as connection:
        addresses, about = person_of(connection, asked)
        email = addresses[0]
        records = read_records(connection, Scope(emails=frozenset({email})))
        known = () if records.habilitations else accounts_by_email(connection).keys()
        partners = all_partners(connection)
        suspensions = holds.suspensions_of(connection, email)
        roles = roles_of(connection, email)
        due_on = account_due_on([access for access in records.habilitations if access.email == email])
        connections = held_connections(connection, email, due_on, context.settings.connections.keep_days)
        naming_incidents = [known for known in incidents.all_incidents(connection) if email in known.emails]
        theirs = {code for code, partner in partners.items() if any(map(partner.declares, addresses))}
        kept = annexes.naming(connection, theirs | {h.partner for h in records.habilitations}, addresses)
        in_force = annexes.current(connection, {annexe.partner for annexe in kept})
        records = replace(records, partners=partners, holds=holds.kept(connection), current=in_force)
        may_name = [annexe for annexe in kept if _may_name(annexe, addresses, records)]
        naming = [(annexe, annexes.document(connection, annexe.id)) for annexe in may_name]
    person = PersonFile(
        asked=asked,
        email=email,
        now=context.clock.now(),
        records=records,
        current={annexe.partner: annexe for annexe in kept if _is_current(annexe, records)},
        listed=tuple(row for annexe, file in naming for row in _rows(context, annexe, file, addresses)),
        suspensions=suspensions,
        roles=roles,
        connections=connections,
        incidents=tuple(naming_incidents),
        known=known,
    )
    own = {access.id for access in person.accesses}
    told = (line if line.habilitation in own else replace(line, details={}) for line in journal.lines(about))
    person = replace(person, journal=tuple(told), is_known_realm=is_known_realm(records, context.directory))
    return replace(person, user=_in_keycloak(context, person)) if person.is_known_realm else person


def names_of_others(context: Context, email: EmailAddress) -> frozenset[str]:
    """The names of everybody but the person who has that address: a reason that somebody typed may name them."""
    with context.register.read() as connection:
        staff_and_contacts = journal.names_of_actors(connection) | names_of_contacts(connection, but=email)
        return staff_and_contacts | habilitations.other_names(connection, email)


def _is_current(annexe: KeptAnnexe, records: Records) -> bool:
    current = records.current.get(annexe.partner)
    return current is not None and current.sha256 == annexe.sha256


def _may_name(annexe: KeptAnnexe, addresses: Collection[EmailAddress], records: Records) -> bool:
    """Whether its check names the person, or may have left their row out for an error."""
    is_theirs = any(map(records.partners[annexe.partner].declares, addresses))
    return (is_theirs and not annexe.valid) or names(addresses, canonical(as_json(CheckAnswer.of(annexe.check))))


def _rows(
    context: Context, annexe: KeptAnnexe, file: Document, addresses: Collection[EmailAddress]
) -> Iterator[Listed]:
    """The annexe's rows that name the person; what refuses one says nothing once the annexe was applied."""
    is_over = annexe.applied_at is not None
    errors = [] if is_over else [f for f in annexe.check.findings if f.severity is Severity.ERROR]
    is_file = annexe.replaced_on is None  # else a list made from the register has taken its place
    limits = context.settings.documents
    read = context.read(file.content, file.name, limits) if is_file else annexe.check.annexe
    for row in read.rows:
        if row.email in addresses:
            said = tuple(message(error) for error in errors if (error.list, error.row) == (row.list, row.row))
            yield Listed(annexe=annexe, list=row.list, row=row.row, on=row.on, errors=said)


def _in_keycloak(context: Context, person: PersonFile) -> KeycloakUser | None:
    """The person's account by its id, else the one that has the address: ours if it bears our mark (A8)."""
    known = person.account.keycloak_id if person.account is not None else None
    by_id = context.directory.account(known) if known is not None else None
    account = by_id or context.directory.find(person.email)
    if account is None:
        return None
    codes = {partner.group_id: code for code, partner in person.records.partners.items()}
    return KeycloakUser(
        account=account,
        is_ours=by_id is not None or account.is_marked,
        has_password=context.directory.has_password(account.id),
        failures=context.directory.failures(account.id),
        groups=tuple(sorted(codes.get(group, group) for group in context.directory.groups_of(account.id))),
    )
