"""Certificates of destruction: requested, issued once (D3). They name habilitations by number, and no person."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime

from sqlalchemy import Connection, insert, select, update

from provisioner.domain.attestation import Attestation
from provisioner.domain.calendar import day_of
from provisioner.domain.journal import Entry, Head
from provisioner.register import tables as t
from provisioner.register.mapper import Mapper
from provisioner.register.work import Work

_a = t.attestation.c
_ATTESTATION = Mapper(Attestation, t.attestation)


def all_attestations(connection: Connection, partner: str | None = None) -> list[Attestation]:
    """All of them, or a partner's, oldest first."""
    asked = select(*_ATTESTATION.columns).order_by(_a.id)
    rows = connection.execute(asked if partner is None else asked.where(_a.partner == partner))
    return list(map(_ATTESTATION.of, rows))


def by_id(connection: Connection, number: int) -> Attestation | None:
    """The one with that number."""
    row = connection.execute(select(*_ATTESTATION.columns).where(_a.id == number)).first()
    return None if row is None else _ATTESTATION.of(row)


def rest_of(connection: Connection, attestation: Attestation) -> Attestation | None:
    """The one that is to cover what this one does not."""
    later = all_attestations(connection, attestation.partner)
    return next((other for other in later if other.follows == attestation.id), None)


def destroyed_accounts(connection: Connection, habilitations: Sequence[int]) -> Mapping[int, date]:
    """By habilitation, the last day on which the journal tells that the data of its account were destroyed (D1)."""
    entries = t.journal_entry.c
    told = select(entries.entry, entries.body, entries.previous, entries.sha256).where(
        entries.body.contains('"action":"destroyed"', autoescape=True)
    )
    days: dict[int, date] = {}
    wanted = set(habilitations)
    for row in connection.execute(told.order_by(entries.entry)):
        facts = Entry(*row).facts
        if facts.get("rule") == "D1" and facts.get("habilitation") in wanted:
            days[facts["habilitation"]] = day_of(datetime.fromisoformat(facts["at"]))
    return days


def request(work: Work, partner: str, habilitations: Sequence[int], on: date, follows: int | None = None) -> int:
    """A partner asks for a certificate; with `follows`, it is for the rest of another one. Gives its number."""
    said = {"requested_on": on, "habilitations": tuple(habilitations), "follows": follows}
    row = insert(t.attestation).values(partner=partner, **said).returning(_a.id)
    number = int(work.connection.execute(row).scalar_one())
    details = {**said, "attestation": number, "requested_on": on.isoformat(), "habilitations": list(habilitations)}
    entry = work.journal("attestation.requested", partner=partner, rule="D3", details=details)
    work.connection.execute(update(t.attestation).where(_a.id == number).values(decision=entry))
    return number


def issue(work: Work, attestation: Attestation, covered: Sequence[int], make: Callable[[Head], bytes]) -> Attestation:
    """The certificate is issued for these habilitations, and kept as it is sealed.

    `make` gives the sealed file; it is told the journal's entry that the file names. A second entry tells its digest.
    """
    today, said = work.clock.today(), {"attestation": attestation.id, "habilitations": list(covered)}
    work.journal("attestation.issued", partner=attestation.partner, rule="D3", details=said)
    document = make(work.head)
    sha256 = hashlib.sha256(document).hexdigest()
    sealed = {"attestation": attestation.id, "issued_on": today.isoformat(), "sha256": sha256}
    work.journal("attestation.sealed", partner=attestation.partner, rule="D3", details=sealed)
    row = {"habilitations": tuple(covered), "issued_on": today, "sha256": sha256, "document": document}
    work.connection.execute(update(t.attestation).where(_a.id == attestation.id).values(**row))
    issued = by_id(work.connection, attestation.id)
    assert issued is not None
    return issued
