"""The documents that are asked of partners, and what was recorded of the answers: kept until C4 (art. 2.1, C5)."""

from __future__ import annotations

import hashlib
from datetime import date
from typing import Any

from sqlalchemy import Connection, insert, select, update

from provisioner.domain.annexe.document import Document
from provisioner.domain.convention_life import AskedDocument
from provisioner.register import tables as t
from provisioner.register.mapper import Mapper, as_json
from provisioner.register.marks import rewrite_due
from provisioner.register.work import Work

_r = t.asked_document.c
_REQUEST = Mapper(AskedDocument, t.asked_document)


def all_requests(connection: Connection, partner: str | None = None) -> list[AskedDocument]:
    """All of them, or a partner's, oldest first."""
    asked = select(*_REQUEST.columns).order_by(_r.id)
    rows = connection.execute(asked if partner is None else asked.where(_r.partner == partner))
    return list(map(_REQUEST.of, rows))


def by_id(connection: Connection, number: int) -> AskedDocument | None:
    """The one with that number."""
    row = connection.execute(select(*_REQUEST.columns).where(_r.id == number)).first()
    return None if row is None else _REQUEST.of(row)


def file_of(connection: Connection, request: AskedDocument) -> bytes | None:
    """The document that answered it."""
    file: bytes | None = connection.execute(select(_r.document).where(_r.id == request.id)).scalar_one()
    return file


def ask(work: Work, partner: str, what: str | None, due_on: date, convention_end: date | None = None) -> int:
    """A document is asked for from now on; with `convention_end` it is the certificate of that end (C5)."""
    said = {"what": what, "asked_on": work.clock.today(), "due_on": due_on, "convention_end": convention_end}
    row = insert(t.asked_document).values(partner=partner, **said).returning(_r.id)
    number = int(work.connection.execute(row).scalar_one())
    rule = None if convention_end is None else "C5"
    work.journal("request.asked", partner=partner, rule=rule, details={"request": number, **as_json(said)})
    return number


def answer(work: Work, request: AskedDocument, on: date, document: Document, signatory: str | None) -> str:
    """The document came, and takes the place of one that was recorded before; gives its digest."""
    sha256 = hashlib.sha256(document.content).hexdigest()
    said = {"answered_on": on, "signatory": signatory, "sha256": sha256, "file_name": document.name}
    _set(work, request, "request.answered", said, document=document.content)
    if request.sha256 not in (None, sha256):
        rewrite_due(work)
    return sha256


def withdraw(work: Work, request: AskedDocument, reason: str | None) -> None:
    """It is asked for no more."""
    details = {"reason": reason} if reason else {}
    _set(work, request, "request.withdrawn", {"withdrawn_on": work.clock.today()}, details)


def _set(
    work: Work,
    request: AskedDocument,
    action: str,
    said: dict[str, Any],
    details: dict[str, Any] | None = None,
    **beside: Any,
) -> None:
    work.connection.execute(update(t.asked_document).where(_r.id == request.id).values(**said, **beside))
    told = {"request": request.id, **as_json(said), **(details or {})}
    work.journal(action, partner=request.partner, rule="C5" if request.is_certificate else None, details=told)
