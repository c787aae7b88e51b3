"""What the controls about persons judge: new records, every open access, sessions that outlive a closure (L1)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import Connection

from provisioner.domain.access.habilitation import Habilitation, State
from provisioner.domain.access.invitations import leading, open_invitations
from provisioner.domain.connections.control import Judgement, Observation
from provisioner.domain.connections.controls import (
    OF_ACCESSES,
    OF_RECORDS,
    STATES_OF_ACCESSES,
    proxy_address,
    session_after_closure,
)
from provisioner.domain.connections.evidence import Evidence, OpenAccess, Thresholds
from provisioner.domain.connections.record import Stream
from provisioner.domain.connections.usage import usage
from provisioner.domain.records import Records
from provisioner.keycloak.errors import NotFound
from provisioner.operations.context import Context
from provisioner.register import connections, controls
from provisioner.register import evidence as register
from provisioner.register.database import read_records
from provisioner.register.habilitations import all_habilitations
from provisioner.register.marks import mark
from provisioner.settings import ControlSettings

#: The mark of the last write whose records were judged.
JUDGED = "connections.judged"

#: Over how long it is looked at whether most accounts show one address.
_LATELY = timedelta(days=7)


def judge_records(context: Context) -> Judgement:
    """What the new records show, of each account with what went before, and of accounts that are none of ours."""
    with context.register.read() as connection:
        after, last = int(mark(connection, JUDGED) or 0), register.last_number(connection)
        if last <= after:
            return Judgement()
        masked = _masked(connection)
        seen = [
            observation
            for evidence in _evidence(context, connection, after, is_masked=masked is not None)
            for find in OF_RECORDS
            for observation in find(evidence)
        ]
    return Judgement(
        seen=(*seen, *([masked] if masked else [])),
        judged=frozenset({proxy_address.CONTROL.code}),
        marks={JUDGED: str(last)},
    )


def _masked(connection: Connection) -> Observation | None:
    read_until = connections.coverage(connection, Stream.CONNECTIONS).read_until
    if read_until is None:
        return None
    since = read_until - _LATELY
    return proxy_address.find(register.addresses_since(connection, since), since)


def _evidence(context: Context, connection: Connection, after: int, *, is_masked: bool) -> Iterator[Evidence]:
    thresholds = thresholds_of(context.settings.controls)
    accounts, suspensions = register.known_accounts(connection), register.suspensions(connection)
    by_email: dict[str, list[Habilitation]] = {}
    for habilitation in all_habilitations(connection):
        by_email.setdefault(habilitation.email, []).append(habilitation)
    for records in register.new_of_accounts(connection, after):
        addresses = register.addresses_of(connection, records)
        for account, theirs in records.items():
            yield Evidence(
                account=account,
                habilitations=tuple(by_email.get(accounts[account].email, ())),
                suspensions=suspensions.get(account, ()),
                records=tuple(theirs),
                addresses=addresses.get(account, frozenset()),
                is_masked=is_masked,
                after=after,
                thresholds=thresholds,
            )
    for user, theirs in register.new_of_others(connection, after).items():
        yield Evidence(user=user, records=tuple(theirs), after=after)


def judge_accesses(context: Context) -> Judgement:
    """How every open access is used: what is over is mended by it."""
    settings, now = context.settings, context.clock.now()
    thresholds, records_since = thresholds_of(settings.controls), now - timedelta(days=settings.connections.keep_days)
    with context.register.read() as connection:
        records = read_records(connection)
        coverage = connections.coverage(connection, Stream.CONNECTIONS)
        accounts = {account.email: account for account in register.known_accounts(connection).values()}
        passwords = register.passwords_made(connection)
    invitations = {invitation.habilitation.id: invitation for invitation in leading(open_invitations(records))}
    seen = []
    for habilitation in records.habilitations:
        if records.state_of(habilitation) is not State.OPEN:
            continue
        account = accounts[habilitation.email]
        access = OpenAccess(
            account=account.id,
            habilitation=habilitation,
            usage=usage(coverage, habilitation, account.last_login_on, context.clock.today()),
            coverage=coverage,
            records_since=records_since,
            now=now,
            invitation=invitations.get(habilitation.id),
            password_made_at=passwords.get(account.id),
            thresholds=thresholds,
        )
        seen += [observation for find in OF_ACCESSES for observation in find(access)]
    return Judgement(seen=tuple(seen), judged=STATES_OF_ACCESSES)


def judge_sessions(context: Context, within: timedelta) -> Judgement:
    """Asks Keycloak whether an account that was cut lately, or that had a session then, still has one.

    Raises:
        KeycloakError: it does not answer.
    """
    code = session_after_closure.CONTROL.code
    with context.register.read() as connection:
        records = read_records(connection)
        accounts = register.known_accounts(connection)
        had = {control.account for control in controls.unmended(connection, {code})}
    cut = dict(_cut(records))
    since = context.clock.now() - within
    seen = []
    for account in accounts.values():
        habilitation, cut_at = cut.get(account.email, (None, None))
        if habilitation is None or cut_at is None or account.keycloak_id is None:
            continue
        if cut_at >= since or account.id in had:
            with suppress(NotFound):
                if context.directory.has_session(account.keycloak_id):
                    seen.append(session_after_closure.found(account.id, habilitation, cut_at))
    return Judgement(seen=tuple(seen), judged=frozenset({code}))


def _cut(records: Records) -> Iterator[tuple[str, tuple[Habilitation, datetime]]]:
    """The accounts that are closed or suspended now, with the access that was theirs last and the moment."""
    for email, habilitations in records.by_account().items():
        opened = [habilitation for habilitation in habilitations if habilitation.opened_at is not None]
        lasting = [habilitation for habilitation in opened if habilitation.closed_at is None]
        suspension = records.suspended.get(email)
        if lasting and suspension is not None and suspension.effective_at is not None:
            yield email, (lasting[0], suspension.effective_at)
        elif opened and not lasting:
            closed_at, _, last = max((h.closed_at, h.id or 0, h) for h in opened if h.closed_at is not None)
            yield email, (last, closed_at)


def thresholds_of(settings: ControlSettings) -> Thresholds:
    """What is taken for odd, as it is set."""
    return Thresholds(**settings.model_dump())
