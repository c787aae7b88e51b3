"""Certificates of destruction (D3): requested while the data exist, answered by the destruction itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path

import structlog
from sqlalchemy import Connection

from provisioner.documents.attestation import UnfitKey, fingerprint, seal, write_attestation
from provisioner.domain.attestation import Accounts, Attestation, Requested, Standing
from provisioner.domain.backup import overdue, readable_until
from provisioner.domain.errors import Refusal, Refused
from provisioner.domain.journal import Head
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Records
from provisioner.domain.retention import account_due_on_closure
from provisioner.operations.backup import recipients_of
from provisioner.operations.context import Context, decided
from provisioner.operations.partners import no_such_partner
from provisioner.operations.restore import replaced_registers
from provisioner.register import DecidedMeanwhile, Register, Work, attestations, backup_keys
from provisioner.register.database import read_records
from provisioner.register.marks import clear_copy
from provisioner.settings import PREFIX, AttestationSettings, Settings
from provisioner.views.attestations import Certificate

log = structlog.get_logger()


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """A request with how each of its habilitations stands; of one that is issued, all are destroyed."""

    attestation: Attestation
    requested: tuple[Requested, ...]

    def of(self, standing: Standing) -> tuple[int, ...]:
        """The numbers of those that stand so."""
        return tuple(asked.habilitation for asked in self.requested if asked.standing is standing)

    @property
    def due_on(self) -> date | None:
        """From when on the last of those that are to be destroyed will be."""
        return max(
            (asked.on for asked in self.requested if asked.standing is Standing.DUE and asked.on), default=None
        )

    @property
    def destroyed_on(self) -> tuple[date, ...]:
        """The days on which they were destroyed, in order."""
        days = {asked.on for asked in self.requested if asked.standing is Standing.DESTROYED and asked.on}
        return tuple(sorted(days))


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
            raise no_such_partner(code)
        wanted = Accounts(records, {}).to_request(code, email, today)
        if not wanted:
            raise _why_not(records, code, email)
        waiting = [known for known in attestations.all_attestations(work.connection, code) if not known.issued_on]
        asked = {number for known in waiting for number in known.habilitations}
        new = [number for number in wanted if number not in asked]
        if not new:
            known = next(known for known in reversed(waiting) if wanted[-1] in known.habilitations)
            return known, False
        number = attestations.request(work, code, new, today)
        return _by_number(work, number), True


def _why_not(records: Records, code: str, email: EmailAddress | None) -> Refused:
    """Why nothing of it can be asked for, in the words of the convention."""
    theirs = [habilitation for habilitation in records.of_partner(code) if habilitation.email == email]
    if email is None:
        return Refused(Refusal.NOTHING_TO_ATTEST, partner=code)
    if not theirs:
        return Refused(Refusal.NO_SUCH_PERSON, email=email)
    last = max(theirs, key=lambda habilitation: habilitation.id or 0)
    if last.closed_on is None:
        return Refused(Refusal.ATTEST_TOO_EARLY, email=email)
    if records.accounts[email].destroyed_on is None and Accounts(records, {}).has_returned(last):
        return Refused(Refusal.ATTEST_RETURNED, email=email)
    until = account_due_on_closure(last.closed_on)
    return Refused(Refusal.ATTEST_TOO_LATE, email=email, closed_on=last.closed_on, on=until)


def all_progress(register: Register, partner: str | None = None) -> list[Progress]:
    """Every request, or a partner's, with how far it is, oldest first.

    Raises:
        RegisterUnavailable: they cannot be read.
    """
    with register.read() as connection:
        records = read_records(connection)
        known = attestations.all_attestations(connection, partner)
        numbers = [number for attestation in known for number in attestation.habilitations]
        accounts = Accounts(records, attestations.destroyed_accounts(connection, numbers))
    return [_progress(attestation, accounts) for attestation in known]


def _progress(attestation: Attestation, accounts: Accounts) -> Progress:
    if attestation.issued_on is not None:
        requested = [Requested(number, Standing.DESTROYED) for number in attestation.habilitations]
    else:
        requested = [accounts.standing(number) for number in attestation.habilitations]
    return Progress(attestation=attestation, requested=tuple(requested))


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
    certificate. Nothing is recorded unless the file is sealed.

    Raises:
        Refused: no request has that number, something of it is not destroyed, nothing of it is, Keycloak keeps its
            events for good, or there is no seal.
        DecidedMeanwhile: another command issued it at the same time.
        SystemFailed: Keycloak does not say how long it keeps its events, or the register cannot be written.
    """
    with context.register.read() as connection:
        known = attestations.by_id(connection, number)
        if known is None:
            raise Refused(Refusal.NO_SUCH_ATTESTATION, number=number)
        if known.issued_on is not None:
            rest = attestations.rest_of(connection, known)
            return Issued(
                attestation=known, kept=len(rest.habilitations) if rest else 0, rest=rest.id if rest else None
            )
        _accounts_of(connection, known, context.clock.today())
    key, certificate = _seal_of(context.settings.attestation)
    events_kept = _events_kept(context)  # before the unit of work: nobody waits for Keycloak's answer
    with context.work() as work:
        known = attestations.by_id(work.connection, number)
        if known is None or known.issued_on is not None:
            raise DecidedMeanwhile
        return _issue(work, context, known, events_kept, key, certificate)


def _accounts_of(connection: Connection, known: Attestation, today: date) -> tuple[Records, Accounts, Progress]:
    """How the request stands.

    Raises:
        Refused: something of it is to be destroyed still, or nothing of it is destroyed.
    """
    records = read_records(connection)
    accounts = Accounts(records, attestations.destroyed_accounts(connection, known.habilitations))
    progress = _progress(known, accounts)
    if due := progress.of(Standing.DUE):
        on, all_ = max(progress.due_on or today, today), len(known.habilitations)
        raise Refused(Refusal.NOT_DESTROYED_YET, number=known.id, on=on, count=len(due), all=all_)
    if not progress.of(Standing.DESTROYED):
        kept, returned = len(progress.of(Standing.KEPT)), len(progress.of(Standing.RETURNED))
        raise Refused(Refusal.NONE_DESTROYED, number=known.id, kept=kept, returned=returned)
    return records, accounts, progress


def _issue(
    work: Work, context: Context, known: Attestation, events_kept: timedelta, key: bytes, certificate: bytes
) -> Issued:
    records, accounts, progress = _accounts_of(work.connection, known, work.clock.today())
    covered, kept = progress.of(Standing.DESTROYED), progress.of(Standing.KEPT)
    returned = len(progress.of(Standing.RETURNED))
    facts = Certificate(
        attestation=known,
        partner=records.partners[known.partner],
        count=len(covered),
        kept=len(kept),
        returned=returned,
        destroyed_on=progress.destroyed_on,
        events_until=progress.destroyed_on[-1] + events_kept,
        habilitations_until=accounts.habilitations_go_on(covered),
        backups_until=_readable_until(work, context.settings, progress.destroyed_on[-1]),
        clear_until=clear_copy(work.connection),
        is_replaced_kept=bool(replaced_registers(context.settings)),
        is_sqlite=context.register.engine.dialect.name == "sqlite",
        other_backups_days=context.settings.attestation.other_backups_days,
        archives_reference=context.settings.attestation.archives_reference,
        fingerprint=fingerprint(certificate),
        on=work.clock.today(),
    )

    def sealed(head: Head) -> bytes:
        try:
            return seal(write_attestation(facts.on, facts.values(head)), key, certificate)
        except UnfitKey as error:
            raise Refused(Refusal.SEAL_UNFIT, cause=str(error)) from None

    issued = attestations.issue(work, known, covered, sealed)
    rest = attestations.request(work, known.partner, kept, known.requested_on, known.id) if kept else None
    log.info("attestation.issued", attestation=known.id, partner=known.partner, count=len(covered))
    return Issued(attestation=issued, kept=len(kept), returned=returned, rest=rest)


def _readable_until(work: Work, settings: Settings, destroyed_on: date) -> date | None:
    """The last day on which an encrypted backup of before the destruction can be read; None where they are not
    encrypted, all of before it may be in clear, or a month's key should be destroyed and is not said to be.
    """
    known, months = backup_keys.keys(work.connection), settings.backup.keep_months
    clear_until = clear_copy(work.connection)
    if clear_until is not None and clear_until >= destroyed_on:
        return None
    try:
        recipients = recipients_of(settings)
    except Refused:  # `doctor` says why
        return None
    if recipients is None or overdue(recipients, known, months, work.clock.today()):
        return None
    return readable_until(known.values(), destroyed_on, months)


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


def _by_number(work: Work, number: int) -> Attestation:
    known = attestations.by_id(work.connection, number)
    assert known is not None
    return known
