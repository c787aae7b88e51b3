"""The yearly reviews (V1): facts with their dates. They name habilitations by number, and nobody with an access."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, insert, select, update

from provisioner.domain.access.habilitation import Habilitation
from provisioner.domain.annexe.document import Document
from provisioner.domain.records import CurrentAnnexe
from provisioner.domain.review import Changes, Review, digest_of
from provisioner.register import holds
from provisioner.register import tables as t
from provisioner.register.mapper import Mapper, among
from provisioner.register.marks import rewrite_due
from provisioner.register.work import Work

_r = t.review.c
_REVIEW = Mapper(Review, t.review)


def all_reviews(connection: Connection, partner: str | None = None) -> list[Review]:
    """All of them, or a partner's, oldest first."""
    asked = select(*_REVIEW.columns).order_by(_r.id)
    rows = connection.execute(asked if partner is None else asked.where(_r.partner == partner))
    return list(map(_REVIEW.of, rows))


def reviews_of(connection: Connection, partners: Collection[str]) -> list[Review]:
    """Those of these partners, oldest first."""
    rows = among(connection, select(*_REVIEW.columns), _r.partner, partners)
    return sorted(map(_REVIEW.of, rows), key=lambda review: review.id)


def by_id(connection: Connection, number: int) -> Review:
    """The one with that number, which there is."""
    return _REVIEW.of(connection.execute(select(*_REVIEW.columns).where(_r.id == number)).one())


def document(connection: Connection, number: int) -> bytes | None:
    """The signed list, while it is kept."""
    content = connection.execute(select(_r.document).where(_r.id == number)).scalar_one_or_none()
    return content if content is None else bytes(content)


def count_from(work: Work, partner: str, annexe: CurrentAnnexe) -> None:
    """The partner's first annexe: the first review is counted from it."""
    settled: dict[str, Any] = {"settled_on": annexe.transmitted_on, "annexe_sha256": annexe.sha256}
    number = _new(work, partner, None, settled_at=work.now, **settled)
    _journal(work, "review.counted", partner, number, **settled)


def freeze(
    work: Work,
    partner: str,
    due_on: date,
    planned: date | None,
    accesses: Sequence[Habilitation],
    unproven: Collection[int],
) -> Review:
    """A reminder goes: the list that goes with it is the population. `planned` is the day for which it goes; None for
    one more, on a person's word.
    """
    number = under_way(work, partner, due_on).id
    salt = secrets.token_hex(16)
    frozen: dict[str, Any] = {
        "population": tuple(h.id for h in accesses if h.id is not None),
        "digest": digest_of(accesses, salt),
        "unproven": tuple(sorted(unproven)),
    }
    if planned is not None:
        frozen["reminded_for"] = planned
    _set(work, number, frozen_at=work.now, bounced=frozenset(), salt=salt, **frozen)
    _journal(work, "review.reminded", partner, number, due_on=due_on, bounced="", **frozen)
    return by_id(work.connection, number)


def bounced(work: Work, review: Review, role: str) -> None:
    """The last reminder to the contact with that role came back."""
    roles = review.bounced | {role}
    _set(work, review.id, bounced=roles)
    _journal(work, "review.bounced", review.partner, review.id, bounced=" ".join(sorted(roles)))


def settle(work: Work, partner: str, due_on: date, annexe: CurrentAnnexe, changes: Changes) -> Review:
    """This annexe has accounted for every open access. A signed list that was kept is replaced (A2)."""
    number = under_way(work, partner, due_on).id
    settled: dict[str, Any] = {
        "settled_on": annexe.transmitted_on,
        "annexe_sha256": annexe.sha256,
        **_since(changes),
    }
    _set(work, number, settled_at=work.now, is_hasty=changes.is_hasty, **settled)
    _journal(work, "review.settled", partner, number, due_on=due_on, **settled)
    _replace_documents(work, partner)
    return by_id(work.connection, number)


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """A signed « liste inchangée »: the date on it, the file, who signed it, and who records it at the Caf."""

    signed_on: date
    document: Document
    signatory: str | None
    by: str


def confirm(
    work: Work, review: Review, said: Confirmation, accesses: Sequence[Habilitation], changes: Changes
) -> Review:
    """A named person records a signed list; the one before is replaced (A2). Where no reminder had gone, the list of
    today is the population.
    """
    _replace_documents(work, review.partner)
    facts: dict[str, Any] = {
        "settled_on": said.signed_on,
        "document_sha256": said.document.sha256,
        "signatory": said.signatory,
        "population": review.population or tuple(h.id for h in accesses if h.id is not None),
        **_since(changes),
    }
    kept = {"document": said.document.content, "document_name": said.document.name, "confirmed_by": said.by}
    _set(work, review.id, settled_at=work.now, is_hasty=changes.is_hasty, **facts, **kept)
    told = {**facts, "due_on": review.due_on, "document": said.document.sha256}
    _journal(work, "review.confirmed", review.partner, review.id, by=said.by, **told)
    return by_id(work.connection, review.id)


def name_signatory(work: Work, review: Review, signatory: str, by: str) -> Review:
    """Who signed the list that is recorded already: left out at first, or another person than was said."""
    _set(work, review.id, signatory=signatory, confirmed_by=by)
    _journal(work, "review.confirmed", review.partner, review.id, signatory=signatory, by=by)
    return by_id(work.connection, review.id)


def _since(changes: Changes) -> dict[str, Any]:
    return {"opened_since": changes.opened, "closed_since": changes.closed}


def destroy_proofs(work: Work, partner: str, habilitations: Collection[int]) -> None:
    """D2: with the salt of a list in which one of them stood, nobody can try names against its digest any more. The
    journal never had it.
    """
    asked = select(_r.id, _r.population).where(_r.partner == partner, _r.salt.is_not(None))
    for row in work.connection.execute(asked).all():
        if not set(row.population).isdisjoint(habilitations):
            _set(work, row.id, salt=None)
            rewrite_due(work)


def destroy_documents(work: Work, partner: str, rule: str) -> None:
    """The signed list that is kept of the partner, if there is one: it is replaced (A2), or one of its persons is
    destroyed (D2; it names who left lately too). The digest stays.
    """
    asked = select(_r.id).where(_r.partner == partner, _r.document.is_not(None))
    for number in work.connection.execute(asked).scalars().all():
        _set(work, number, document=None, document_name=None)
        _journal(work, "review.document-destroyed", partner, number, rule=rule, document=None)
        rewrite_due(work)


def _replace_documents(work: Work, partner: str) -> None:
    """A2, unless a hold on destruction touches the partner (D7): then they go with the next answer."""
    if not holds.kept_from_destruction(work.connection).touches((), [partner]):
        destroy_documents(work, partner, "A2")


def under_way(work: Work, partner: str, due_on: date) -> Review:
    """The review that is due on that day; a new one where nothing is known of it yet."""
    asked = select(_r.id).where(_r.partner == partner, _r.due_on == due_on)
    number = work.connection.execute(asked).scalar_one_or_none()
    return by_id(work.connection, _new(work, partner, due_on) if number is None else int(number))


def _new(work: Work, partner: str, due_on: date | None, **values: Any) -> int:
    row = insert(t.review).values(partner=partner, due_on=due_on, **values).returning(_r.id)
    return int(work.connection.execute(row).scalar_one())


def _set(work: Work, number: int, **values: Any) -> None:
    work.connection.execute(update(t.review).where(_r.id == number).values(**values))


def _journal(
    work: Work, action: str, partner: str, number: int, *, rule: str = "V1", by: str | None = None, **said: Any
) -> None:
    details = {name: value.isoformat() if isinstance(value, date) else value for name, value in said.items()}
    work.journal(action, partner=partner, rule=rule, details={"review": number, **details}, by=by)
