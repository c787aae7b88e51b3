"""Certificates of destruction (D3): whom a partner's request is about, and how each of them stands.

A request keeps the numbers of habilitations and nothing of the persons. It is answered by the destruction itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from typing import NamedTuple

from provisioner.domain.access.habilitation import Habilitation
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Records
from provisioner.domain.retention import (
    Destruction,
    Kind,
    account_due_on_closure,
    done_from,
    due,
    habilitation_due_on,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Attestation:
    """A partner's request, and the certificate that answered it.

    `habilitations` are those that were asked for, `accounts` theirs, one for each; once it is issued, those that it
    covers, and no account. `follows`: the certificate whose rest it covers. `document` is the sealed file, `sha256`
    its digest; there is none where it was issued after the copy that was put back.
    """

    id: int
    partner: str
    requested_on: date
    habilitations: tuple[int, ...]
    accounts: tuple[int, ...] = ()
    follows: int | None = None
    issued_on: date | None = None
    sha256: str | None = None
    document: bytes | None = None


class Certified(NamedTuple):
    """A certificate that was issued: its number, the day, the digest of the sealed file."""

    number: int
    issued_on: str
    sha256: str


class Standing(StrEnum):
    """How a habilitation of a request stands."""

    DESTROYED = "destroyed"  #: its account's data are
    DUE = "due"  #: they will be, on a day that is known
    KEPT = "kept"  #: they are not for now: a hold, another partner's access, or one that is planned
    RETURNED = "returned"  #: the person was given an access again since: it leaves the request


@dataclass(frozen=True, slots=True)
class Requested:
    """One habilitation of a request. `on` is the day on which it was destroyed, or from which it will be."""

    habilitation: int
    standing: Standing
    on: date | None = None


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


class Accounts:
    """The accounts of a register, for the question what became of a habilitation's.

    `destroyed`: by habilitation, the last day on which the data of its account were destroyed (D1), as the journal
    tells it: the habilitation itself may be gone since (D2).
    """

    def __init__(self, records: Records, destroyed: Mapping[int, date]) -> None:
        self._records, self._destroyed = records, destroyed
        self._by_id = {habilitation.id: habilitation for habilitation in records.habilitations}
        self._by_email = records.by_account()
        self._due: dict[int | None, Destruction] = {
            destruction.account: destruction for destruction in due(records) if destruction.kind is Kind.ACCOUNT
        }

    def standing(self, number: int) -> Requested:
        """How the habilitation with that number stands."""
        habilitation, on = self._by_id.get(number), self._destroyed.get(number)
        account = None if habilitation is None else self._records.accounts[habilitation.email]
        if account is not None and account.destroyed_on is not None:
            on = max(on or account.destroyed_on, account.destroyed_on)
        if on is not None:
            return Requested(number, Standing.DESTROYED, on)
        if habilitation is None or account is None:
            return Requested(number, Standing.KEPT)  # it is gone, and its account served another partner then
        if self.has_returned(habilitation):
            return Requested(number, Standing.RETURNED)
        destruction = self._due.get(account.id)
        if destruction is None or destruction.is_on_hold:
            return Requested(number, Standing.KEPT)
        return Requested(number, Standing.DUE, destruction.done_from)

    def progress(self, attestation: Attestation) -> Progress:
        """How far the request is."""
        if attestation.issued_on is not None:
            requested = [Requested(number, Standing.DESTROYED) for number in attestation.habilitations]
        else:
            requested = [self.standing(number) for number in attestation.habilitations]
        return Progress(attestation=attestation, requested=tuple(requested))

    def has_returned(self, habilitation: Habilitation) -> bool:
        """Whether the person was given an access after this one was closed, at whatever partner. One that is planned
        keeps the account (D1) and may be withdrawn: who was never let in again has not returned.
        """
        closed_at = habilitation.closed_at
        return closed_at is not None and any(
            other.id != habilitation.id and other.opened_at is not None and other.opened_at >= closed_at
            for other in self._by_email[habilitation.email]
        )

    def can_be_requested(self, habilitation: Habilitation, today: date) -> bool:
        """Whether a certificate can be asked for: closed for 6 months at most, and not destroyed yet."""
        closed_on = habilitation.closed_on
        is_destroyed = self._records.accounts[habilitation.email].destroyed_on is not None
        is_in_time = closed_on is not None and today <= account_due_on_closure(closed_on)
        return is_in_time and not is_destroyed and not self.has_returned(habilitation)

    def to_request(self, partner: str, email: EmailAddress | None, today: date) -> dict[int, int]:
        """The numbers of the partner's habilitations for which it can ask on that day, with those of their accounts;
        of one person, or of all.
        """
        accounts = self._records.accounts
        return {
            habilitation.id: account
            for habilitation in self._records.of_partner(partner)
            if habilitation.id is not None
            and (account := accounts[habilitation.email].id) is not None
            and email in (None, habilitation.email)
            and self.can_be_requested(habilitation, today)
        }

    def habilitations_go_on(self, numbers: Iterable[int]) -> tuple[date, ...]:
        """From which days on the data of those habilitations that are still there are destroyed (D2), in order."""
        remaining = [self._by_id[number] for number in numbers if number in self._by_id]
        days = (habilitation_due_on(habilitation, self._by_email[habilitation.email]) for habilitation in remaining)
        return tuple(sorted(done_from(day) for day in days if day is not None))
