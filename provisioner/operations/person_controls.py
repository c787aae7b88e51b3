"""What the controls about persons judge: new records, every open access, sessions that outlive a closure (L1)."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import suppress
from datetime import datetime, timedelta

from sqlalchemy import Connection

from provisioner.domain.access.habilitation import Habilitation, State
from provisioner.domain.access.invitations import MOST_LINKS, leading, open_invitations
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
from provisioner.domain.records import Account, Records
from provisioner.keycloak.errors import NotFound
from provisioner.operations.context import Context
from provisioner.register import connections, controls
from provisioner.register import evidence as register
from provisioner.register.accesses import accesses_of, closed_or_cut_since, often_invited, unused_since
from provisioner.register.mapper import in_parts
from provisioner.register.marks import mark
from provisioner.settings import ControlSettings

#: The mark of the last write whose records were judged.
JUDGED = "connections.judged"

#: Over how long it is looked at whether most accounts show one address.
_LATELY = timedelta(days=7)


def judge_records(context: Context) -> Judgement:
    """What the new records show, of each account with what went before, and of accounts that are none of ours.

    The register is read by chunks: a first judging takes long, and SQLite lets nobody write during a read.
    """
    with context.register.read() as connection:
        after, last = int(mark(connection, JUDGED) or 0), register.last_number(connection)
        if last <= after:
            return Judgement()
        masked = _masked(connection)
    evidence = _evidence(context, after, is_masked=masked is not None)
    observations = [observation for account in evidence for find in OF_RECORDS for observation in find(account)]
    return Judgement(
        observations=(*observations, *([masked] if masked else [])),
        judged=frozenset({proxy_address.CONTROL.code}),
        marks={JUDGED: str(last)},
    )


def _masked(connection: Connection) -> Observation | None:
    read_until = connections.coverage(connection, Stream.CONNECTIONS).read_until
    if read_until is None:
        return None
    since = read_until - _LATELY
    return proxy_address.find(*register.most_shown_since(connection, since), since)


def _evidence(context: Context, after: int, *, is_masked: bool) -> Iterator[Evidence]:
    thresholds = thresholds_of(context.settings.controls)
    with context.register.read() as connection:
        suspensions, chunks = register.suspensions(connection), register.new_since(connection, after)
        of_others = register.new_of_others(connection, after)
    for chunk in chunks:
        with context.register.read() as connection:
            by_account, habilitations = register.records_around(connection, chunk), _by_account(connection, chunk)
            addresses = register.addresses_of(connection, chunk)
        for account, records in by_account.items():
            yield Evidence(
                account=account,
                habilitations=tuple(habilitations.get(account, ())),
                suspensions=suspensions.get(account, ()),
                records=tuple(records),
                addresses=addresses.get(account, frozenset()),
                is_masked=is_masked,
                after=after,
                thresholds=thresholds,
            )
    for user, records in of_others.items():
        yield Evidence(user=user, records=tuple(records), after=after)


def _by_account(connection: Connection, numbers: Collection[int]) -> dict[int | None, list[Habilitation]]:
    """The habilitations of each of these accounts, oldest first, by the account's number."""
    records = accesses_of(connection, numbers)
    by_email = records.by_account()
    return {account.id: by_email.get(email, []) for email, account in records.accounts.items()}


def judge_accesses(context: Context) -> Judgement:
    """How every open access is used: what is over is mended by it. Who logged in lately is not even read."""
    thresholds = thresholds_of(context.settings.controls)
    fewest_days = timedelta(days=min(thresholds.never_used_days, thresholds.unused_days))
    with context.register.read() as connection:
        suspects = unused_since(connection, context.clock.today() - fewest_days)
        suspects |= often_invited(connection, MOST_LINKS)
    observations = [seen for part in in_parts(suspects) for seen in observed(context, part)]
    return Judgement(observations=tuple(observations), judged=STATES_OF_ACCESSES)


def observed(context: Context, accounts: Collection[int]) -> Iterator[Observation]:
    """What the use of the open accesses of these accounts shows."""
    settings, now = context.settings, context.clock.now()
    with context.register.read() as connection:
        records = accesses_of(connection, accounts)
        coverage = connections.coverage(connection, Stream.CONNECTIONS)
        passwords = register.passwords_made(connection, accounts)
    invitations = {invitation.habilitation.id: invitation for invitation in leading(open_invitations(records))}
    for habilitation in records.habilitations:
        if records.state_of(habilitation) is not State.OPEN:
            continue
        account = records.accounts[habilitation.email]
        assert account.id is not None
        access = OpenAccess(
            account=account.id,
            habilitation=habilitation,
            usage=usage(coverage, habilitation, account.last_login_on, context.clock.today()),
            coverage=coverage,
            records_since=now - timedelta(days=settings.connections.keep_days),
            now=now,
            invitation=invitations.get(habilitation.id),
            password_made_at=passwords.get(account.id),
            thresholds=thresholds_of(settings.controls),
        )
        for find in OF_ACCESSES:
            yield from find(access)


def judge_sessions(context: Context, within: timedelta) -> Judgement:
    """Asks Keycloak whether an account that was cut lately, or that had a session then, still has one."""
    code, since = session_after_closure.CONTROL.code, context.clock.now() - within
    with context.register.read() as connection:
        had_session = {control.account for control in controls.unmended(connection, {code}) if control.account}
        suspects = had_session | closed_or_cut_since(connection, since)
    observations = []
    for part in in_parts(suspects):
        with context.register.read() as connection:
            records = accesses_of(connection, part)
        for account, habilitation, cut_at in _cut(records):
            if account.id is None or account.keycloak_id is None:
                continue
            if cut_at >= since or account.id in had_session:
                with suppress(NotFound):
                    if context.directory.has_session(account.keycloak_id):
                        observations.append(session_after_closure.observe(account.id, habilitation, cut_at))
    return Judgement(observations=tuple(observations), judged=frozenset({code}))


def _cut(records: Records) -> Iterator[tuple[Account, Habilitation, datetime]]:
    """The accounts that are closed or suspended now, with the access that was theirs last and the moment."""
    for email, habilitations in records.by_account().items():
        opened = [habilitation for habilitation in habilitations if habilitation.opened_at is not None]
        lasting = [habilitation for habilitation in opened if habilitation.closed_at is None]
        suspension = records.suspended.get(email)
        if lasting and suspension is not None and suspension.effective_at is not None:
            yield records.accounts[email], lasting[0], suspension.effective_at
        elif opened and not lasting:
            closed_at, _, last = max((h.closed_at, h.id or 0, h) for h in opened if h.closed_at is not None)
            yield records.accounts[email], last, closed_at


def thresholds_of(settings: ControlSettings) -> Thresholds:
    """What is taken for odd, as it is set."""
    return Thresholds(**settings.model_dump())
