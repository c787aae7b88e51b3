"""Certificates of destruction: requested, issued once (D3). They name habilitations by number, and no person."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, insert, literal, select, update

from provisioner.domain.attestation import Attestation, Certified
from provisioner.domain.calendar import day_of
from provisioner.domain.journal import Entry, read
from provisioner.register import tables as t
from provisioner.register.errors import DecidedMeanwhile
from provisioner.register.mapper import Mapper
from provisioner.register.work import Work

_a, _entry = t.attestation.c, t.journal_entry.c
_ATTESTATION = Mapper(Attestation, t.attestation)
_WITHOUT_FILE = Mapper(Attestation, t.attestation, document=literal(None))


def all_attestations(connection: Connection, partner: str | None = None) -> list[Attestation]:
    """All of them, or a partner's, oldest first, without their files."""
    asked = select(*_WITHOUT_FILE.columns).order_by(_a.id)
    rows = connection.execute(asked if partner is None else asked.where(_a.partner == partner))
    return list(map(_WITHOUT_FILE.of, rows))


def by_id(connection: Connection, number: int) -> Attestation | None:
    """The one with that number."""
    row = connection.execute(select(*_ATTESTATION.columns).where(_a.id == number)).first()
    return None if row is None else _ATTESTATION.of(row)


def rest_of(connection: Connection, attestation: Attestation) -> Attestation | None:
    """The one that is to cover what this one does not."""
    later = all_attestations(connection, attestation.partner)
    return next((other for other in later if other.follows == attestation.id), None)


def requested_of(connection: Connection, accounts: Collection[int]) -> dict[int, dict[int, str]]:
    """By account, the habilitations for which a certificate is waited for, each with its partner."""
    asked = select(_a.partner, _a.habilitations, _a.accounts).where(_a.issued_on.is_(None))
    through: dict[int, dict[int, str]] = {}
    for row in connection.execute(asked):
        for number, account in zip(row.habilitations, row.accounts, strict=True):
            if account in accounts:
                through.setdefault(account, {})[number] = row.partner
    return through


def destroyed_accounts(connection: Connection, requests: Sequence[Attestation]) -> Mapping[int, date]:
    """By habilitation of these requests, the last day on which the journal tells that the data of its account were
    destroyed (D1).
    """
    actor = t.journal_actor.c
    told = select(_entry.entry, _entry.body).join(t.journal_actor, actor.entry == _entry.entry)
    is_told = _entry.body.contains('"action":"destroyed"', autoescape=True)
    partners = {request.partner for request in requests}
    wanted = {number for request in requests for number in request.habilitations}
    days: dict[int, date] = {}
    for entry, body in connection.execute(told.where(actor.partner.in_(partners), is_told).order_by(_entry.entry)):
        facts = Entry(entry, body, "", "").facts
        if facts.get("rule") == "D1" and facts.get("habilitation") in wanted:
            days[facts["habilitation"]] = day_of(datetime.fromisoformat(facts["at"]))
    return days


def request(
    work: Work, partner: str, accounts: Mapping[int, int], on: date, follows: int | None = None
) -> Attestation:
    """A partner asks for a certificate; with `follows`, it is for the rest of another one.

    `accounts` are those of the habilitations that it is about, by their numbers.
    """
    numbers: dict[str, Any] = {"habilitations": tuple(accounts), "accounts": tuple(accounts.values())}
    row = insert(t.attestation).values(partner=partner, requested_on=on, follows=follows, **numbers).returning(_a.id)
    number = int(work.connection.execute(row).scalar_one())
    details = {"attestation": number, "requested_on": on.isoformat(), "follows": follows}
    details |= {name: list(values) for name, values in numbers.items()}
    entry = work.journal("attestation.requested", partner=partner, rule="D3", details=details)
    work.connection.execute(update(t.attestation).where(_a.id == number).values(decision=entry))
    return Attestation(id=number, partner=partner, requested_on=on, follows=follows, **numbers)


def issue(work: Work, attestation: Attestation, covered: Sequence[int], document: bytes) -> Attestation:
    """The certificate is issued for these habilitations, and kept as it is sealed.

    Raises:
        DecidedMeanwhile: it was issued already.
    """
    sha256 = hashlib.sha256(document).hexdigest()
    _issued(work, attestation, Certified(attestation.id, work.clock.today().isoformat(), sha256), covered, document)
    issued = by_id(work.connection, attestation.id)
    assert issued is not None
    return issued


def issued_before(work: Work, attestation: Attestation, certified: Certified) -> None:
    """A copy that was put back knows only the request: what was issued since is not issued again, as another file."""
    _issued(work, attestation, certified, attestation.habilitations, None)


def _issued(
    work: Work, attestation: Attestation, certified: Certified, covered: Sequence[int], document: bytes | None
) -> None:
    row = {
        "habilitations": tuple(covered),
        "accounts": (),
        "issued_on": date.fromisoformat(certified.issued_on),
        "sha256": certified.sha256,
        "document": document,
    }
    unissued = (_a.id == attestation.id) & _a.issued_on.is_(None)
    if work.connection.execute(update(t.attestation).where(unissued).values(**row)).rowcount == 0:
        raise DecidedMeanwhile
    said = {
        "attestation": attestation.id,
        "habilitations": list(covered),
        "accounts": [],
        "issued_on": certified.issued_on,
        "sha256": certified.sha256,
        "document": None if document is None else certified.sha256,
    }
    work.journal("attestation.issued", partner=attestation.partner, rule="D3", details=said)


def certified_since(connection: Connection, entry: int) -> tuple[Certified, ...]:
    """The certificates that were issued after that entry of the journal."""
    told = select(t.journal_detail.c.data).join(t.journal_entry, _entry.entry == t.journal_detail.c.entry)
    is_told = _entry.body.contains('"action":"attestation.issued"', autoescape=True)
    said = map(read, connection.execute(told.where(_entry.entry > entry, is_told).order_by(_entry.entry)).scalars())
    return tuple(Certified(facts["attestation"], facts["issued_on"], facts["sha256"]) for facts in said)
