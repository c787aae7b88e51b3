"""Certificates of destruction (D3): requested while the data exist, answered by the destruction itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import structlog
from sqlalchemy import Connection

from provisioner.documents.attestation import UnfitKey, fingerprint, seal, write_attestation
from provisioner.domain.attestation import Accounts, Attestation, Progress, Standing
from provisioner.domain.backup import destroyed_by, month_of, overdue
from provisioner.domain.errors import Refusal, Refused
from provisioner.domain.journal import Head
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Records
from provisioner.domain.retention import account_due_on_closure
from provisioner.operations.backup import recipients_of
from provisioner.operations.context import Context, decided
from provisioner.operations.destruction_list import note_destroyed
from provisioner.operations.partners import no_such_partner
from provisioner.operations.restore import replaced_registers
from provisioner.register import DecidedMeanwhile, Register, Work, attestations, backup_keys, journal
from provisioner.register.database import read_records
from provisioner.register.marks import clear_copy
from provisioner.settings import PREFIX, AttestationSettings, Settings
from provisioner.views.attestations import Certificate

log = structlog.get_logger()


@decided
def request(register: Register, code: str, email: EmailAddress | None, by: str) -> tuple[Attestation, bool]:
    """Records a partner's request, for one person or for all that it can ask for; and whether it is a new one.

    Whoever is in a request that is not issued yet is in no other: where all are, that request is the answer.

    Raises:
        WrongUsage: no partner has that code.
        Refused: it is too early or too late, or there is nothing to attest. Nothing is recorded.
    """
    with register.work(by) as work:
        records, today = read_records(work.connection), work.clock.today()
        if code not in records.partners:
            raise no_such_partner(code, records.partners)
        wanted = Accounts(records, {}).to_request(code, email, today)
        if not wanted:
            raise _why_not(records, code, email, today)
        waiting = [a for a in attestations.all_attestations(work.connection, code) if a.issued_on is None]
        asked = {number: attestation for attestation in waiting for number in attestation.habilitations}
        new = {number: account for number, account in wanted.items() if number not in asked}
        if not new:
            return asked[max(wanted)], False
        return attestations.request(work, code, new, today), True


def _why_not(records: Records, code: str, email: EmailAddress | None, today: date) -> Refused:
    """Why nothing of it can be asked for, in the words of the convention."""
    if email is None:
        return Refused(Refusal.NOTHING_TO_ATTEST, partner=code)
    habilitations = [habilitation for habilitation in records.of_partner(code) if habilitation.email == email]
    if not habilitations:
        return Refused(Refusal.NO_SUCH_PERSON, email=email)
    last = max(habilitations, key=lambda habilitation: habilitation.id or 0)
    if last.closed_on is None:
        return Refused(Refusal.ATTEST_TOO_EARLY, email=email)
    destroyed_on, until = records.accounts[email].destroyed_on, account_due_on_closure(last.closed_on)
    if destroyed_on is not None and today <= until:
        return Refused(Refusal.ATTEST_DESTROYED, email=email, on=destroyed_on)
    if destroyed_on is None and Accounts(records, {}).has_returned(last):
        return Refused(Refusal.ATTEST_RETURNED, email=email)
    return Refused(Refusal.ATTEST_TOO_LATE, email=email, closed_on=last.closed_on, on=until)


def all_progress(register: Register, partner: str | None = None) -> list[Progress]:
    """Every request, or a partner's, with how far it is, oldest first."""
    with register.read() as connection:
        records = read_records(connection)
        requests = attestations.all_attestations(connection, partner)
        waiting = [attestation for attestation in requests if attestation.issued_on is None]
        accounts = Accounts(records, attestations.destroyed_accounts(connection, waiting))
    return [accounts.progress(attestation) for attestation in requests]


@dataclass(frozen=True, slots=True, kw_only=True)
class Issued:
    """A certificate, how many of the request it does not cover and why, and the one that is to cover the rest."""

    attestation: Attestation
    kept: int = 0
    returned: int = 0
    rest: int | None = None


def issue(context: Context, number: int) -> Issued:
    """The certificate with that number: issued now, or the very same file where it was before.

    Who returned leaves the request. What is kept for now goes into a request of its own, answered by a second
    certificate. The file is made and sealed first, while nobody waits for the register; then it is recorded, if what
    it says is still so. Killed before that, nothing was issued.

    Raises:
        Refused: no request has that number, something of it is not destroyed, nothing of it is, Keycloak keeps its
            events for good, there is no seal, or its file was lost with the register that a backup replaced.
        DecidedMeanwhile: another command issued it at the same time, or something else changed what it says.
        SystemFailed: Keycloak does not say how long it keeps its events, or the register cannot be written.
    """
    today = context.clock.today()
    with context.register.read() as connection:
        attestation = attestations.by_id(connection, number)
        if attestation is None:
            raise Refused(Refusal.NO_SUCH_ATTESTATION, number=number)
        if attestation.issued_on is not None:
            return _issued_before(connection, attestation, attestation.issued_on)
        _accounts_of(connection, attestation, today)
    key, certificate = _seal_of(context.settings.attestation)
    events_kept = _events_kept(context)

    def facts_of(connection: Connection) -> tuple[Certificate, Progress]:
        return _facts(connection, context, attestation, events_kept, fingerprint(certificate), today)

    with context.register.read() as connection:
        facts, progress = facts_of(connection)
        head = journal.head(connection)
    document = _sealed(facts, head, key, certificate)
    with context.work() as work:
        is_same = attestations.by_id(work.connection, number) == attestation
        if not is_same or facts_of(work.connection) != (facts, progress):
            raise DecidedMeanwhile
        issued = _record(work, attestation, progress, document)
    note_destroyed(context.register, context.settings)
    return issued


def _issued_before(connection: Connection, attestation: Attestation, on: date) -> Issued:
    if attestation.document is None:
        sha256 = attestation.sha256 or ""
        raise Refused(Refusal.CERTIFICATE_LOST, number=attestation.id, on=on, sha256=sha256)
    rest = attestations.rest_of(connection, attestation)
    if rest is None:
        return Issued(attestation=attestation)
    return Issued(attestation=attestation, kept=len(rest.habilitations), rest=rest.id)


def _record(work: Work, attestation: Attestation, progress: Progress, document: bytes) -> Issued:
    covered, kept = progress.of(Standing.DESTROYED), progress.of(Standing.KEPT)
    issued = attestations.issue(work, attestation, covered, document)
    accounts = dict(zip(attestation.habilitations, attestation.accounts, strict=True))
    rest = None
    if kept:
        waiting = {number: accounts[number] for number in kept}
        rest = attestations.request(work, attestation.partner, waiting, attestation.requested_on, attestation.id).id
    log.info("attestation.issued", attestation=attestation.id, partner=attestation.partner, count=len(covered))
    return Issued(attestation=issued, kept=len(kept), returned=len(progress.of(Standing.RETURNED)), rest=rest)


def _accounts_of(connection: Connection, attestation: Attestation, today: date) -> tuple[Records, Accounts, Progress]:
    """How the request stands.

    Raises:
        Refused: something of it is to be destroyed still, or nothing of it is destroyed.
    """
    records = read_records(connection)
    accounts = Accounts(records, attestations.destroyed_accounts(connection, [attestation]))
    progress = accounts.progress(attestation)
    if due := progress.of(Standing.DUE):
        on, all_ = max(progress.due_on or today, today), len(attestation.habilitations)
        raise Refused(Refusal.NOT_DESTROYED_YET, number=attestation.id, on=on, count=len(due), all=all_)
    if not progress.of(Standing.DESTROYED):
        kept, returned = len(progress.of(Standing.KEPT)), len(progress.of(Standing.RETURNED))
        raise Refused(Refusal.NONE_DESTROYED, number=attestation.id, kept=kept, returned=returned)
    return records, accounts, progress


def _facts(
    connection: Connection,
    context: Context,
    attestation: Attestation,
    events_kept: timedelta,
    fingerprint: str,
    today: date,
) -> tuple[Certificate, Progress]:
    records, accounts, progress = _accounts_of(connection, attestation, today)
    covered = progress.of(Standing.DESTROYED)
    facts = Certificate(
        attestation=attestation,
        caf=context.settings.caf.name.strip(),
        partner=records.partners[attestation.partner],
        count=len(covered),
        kept=len(progress.of(Standing.KEPT)),
        returned=len(progress.of(Standing.RETURNED)),
        destroyed_on=progress.destroyed_on,
        events_until=progress.destroyed_on[-1] + events_kept,
        habilitations_until=accounts.habilitations_go_on(covered),
        backups_until=_readable_until(connection, context.settings, progress.destroyed_on[-1], today),
        clear_until=clear_copy(connection),
        is_replaced_kept=bool(replaced_registers(context.settings)),
        is_sqlite=context.register.engine.dialect.name == "sqlite",
        other_backups_days=context.settings.attestation.other_backups_days,
        archives_reference=context.settings.attestation.archives_reference,
        fingerprint=fingerprint,
        on=today,
    )
    return facts, progress


def _sealed(facts: Certificate, head: Head, key: bytes, certificate: bytes) -> bytes:
    """The sealed file; it names the end of the journal that tells the destructions."""
    try:
        return seal(write_attestation(facts.on, facts.values(head)), key, certificate)
    except UnfitKey as error:
        raise Refused(Refusal.SEAL_UNFIT, cause=str(error)) from None


def _readable_until(connection: Connection, settings: Settings, destroyed_on: date, today: date) -> date | None:
    """The last day on which an encrypted backup of before the destruction can be read; None where they are not
    encrypted, all of before it may be in clear, or a month's key should be destroyed and is not said to be.
    """
    known, months = backup_keys.keys(connection), settings.backup.keep_months
    clear_until = clear_copy(connection)
    if clear_until is not None and clear_until >= destroyed_on:
        return None
    try:
        recipients = recipients_of(settings)
    except Refused:  # `doctor` says why
        return None
    if recipients is None or overdue(recipients, known, months, today):
        return None
    return destroyed_by(month_of(destroyed_on), months)


def _events_kept(context: Context) -> timedelta:
    """How long Keycloak keeps its own events of an account after its end, with a day for its own purge."""
    stores = context.directory.events.stores().values()
    spans = [store.keeps for store in stores if store.keeps is not None]
    if len(spans) < len(stores):
        raise Refused(Refusal.EVENTS_KEPT_FOREVER)
    return max(spans) + timedelta(days=1)


def _seal_of(settings: AttestationSettings) -> tuple[bytes, bytes]:
    """The key and the certificate.

    Raises:
        Refused: they are not set, or cannot be read.
    """
    unset = [name for name in ("key_file", "certificate_file") if getattr(settings, name) is None]
    if settings.key_file is None or settings.certificate_file is None:
        names = ", ".join(f"{PREFIX}ATTESTATION__{name.upper()}" for name in unset)
        raise Refused(Refusal.NO_SEAL_SET, settings=names)
    try:
        key, certificate = settings.key_file.read_bytes(), settings.certificate_file.read_bytes()
        fingerprint(certificate)
    except OSError as error:
        raise Refused(Refusal.SEAL_UNFIT, cause=f"{error.filename}: {error.strerror}") from None
    except UnfitKey as error:
        raise Refused(Refusal.SEAL_UNFIT, cause=str(error)) from None
    return key, certificate


def seal_files(settings: AttestationSettings) -> tuple[Path, Path]:
    """Where the key and the certificate are to be, for new ones.

    Raises:
        Refused: it is not set, or one of them is there already.
    """
    if settings.key_file is None or settings.certificate_file is None:
        names = ", ".join(f"{PREFIX}ATTESTATION__{name}" for name in ("KEY_FILE", "CERTIFICATE_FILE"))
        raise Refused(Refusal.NO_SEAL_SET, settings=names)
    for file in (settings.key_file, settings.certificate_file):
        if file.exists():
            raise Refused(Refusal.SEAL_EXISTS, file=str(file))
    return settings.key_file, settings.certificate_file
