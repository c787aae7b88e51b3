"""The annexes that the register keeps: the newest applied one of a partner, and those under way (A2)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, insert, select, update

from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.document import Document
from provisioner.domain.annexe.kept import KeptAnnexe, Status
from provisioner.domain.people import EmailAddress
from provisioner.register.database import Work
from provisioner.register.tables import annexe as t
from provisioner.register.tables import inserted_id

_NOT_READ = ("content", "source", "source_name", "rejected_by", "reason")
_FACTS = [column for column in t.c if column.name not in _NOT_READ]
_NOT_TOLD: dict[str, Any] = {"told_on": None, "reminded_on": None}
_NOT_APPROVED: dict[str, Any] = {
    "approved_at": None,
    "approved_number": None,
    "approved_by": None,
    "decision": None,
    "plan_id": None,
    "decisions": None,
}


class DecidedMeanwhile(Exception):
    """Somebody else submitted, approved, rejected or applied that annexe at the same moment."""

    def __init__(self) -> None:
        super().__init__("The annexe was decided upon meanwhile: nothing was recorded. See annexe show.")


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """A document with its last check, the scan that it was typed from if any, and when the Caf received it."""

    partner: str
    document: Document
    source: Document | None
    received_on: date
    sent_by: EmailAddress | None = None
    transmitted_on: date | None
    valid: bool
    check: Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Who approved which plan, with which decisions (A10). `check` is the check with its waivers, of the whole."""

    by: str
    plan_id: str
    decisions: Decisions
    check: Mapping[str, Any] | None = None


def kept(connection: Connection, partner: str | None = None) -> list[KeptAnnexe]:
    """The annexes, of a partner or all, oldest first."""
    asked = select(*_FACTS).order_by(t.c.id)
    rows = connection.execute(asked if partner is None else asked.where(t.c.partner == partner))
    return [_kept(row) for row in rows]


def by_id(connection: Connection, id_: int) -> KeptAnnexe | None:
    """The annexe with that number."""
    row = connection.execute(select(*_FACTS).where(t.c.id == id_)).first()
    return _kept(row) if row else None


def by_digest(connection: Connection, partner: str, sha256: str) -> KeptAnnexe | None:
    """The partner's annexe with this content: the same partner and digest is the same annexe."""
    row = connection.execute(select(*_FACTS).where(t.c.partner == partner, t.c.sha256 == sha256)).first()
    return _kept(row) if row else None


def document(connection: Connection, id_: int) -> Document:
    """The annexe's file."""
    row = connection.execute(select(t.c.file_name, t.c.content).where(t.c.id == id_)).one()
    return Document(name=row.file_name, content=row.content)


def submit(work: Work, one: Submission) -> int:
    """Keeps the document and its check; submitted again, it is the same annexe, to be decided anew, with its scan."""
    known = by_digest(work.connection, one.partner, one.document.sha256)
    values: dict[str, Any] = {
        "file_name": one.document.name,
        "content": one.document.content,
        "transmitted_on": one.transmitted_on,
        "received_on": one.received_on,
        "sent_by": one.sent_by,
        "submitted_at": work.now,
        "submitted_number": work.number,
        "sent_back_at": None,
        "sent_back_number": None,
        **_NOT_TOLD,
        "valid": one.valid,
        "check": json.dumps(one.check, ensure_ascii=False),
    }
    if (source := one.source) is not None:
        values |= {"source": source.content, "source_name": source.name, "source_sha256": source.sha256}
    if known is None:
        row = insert(t).values(partner=one.partner, sha256=one.document.sha256, **values)
        id_ = inserted_id(work.connection.execute(row))
    else:
        id_ = known.id
        if known.applied_at is None or known.is_pending:
            values |= _NOT_APPROVED
        work.connection.execute(update(t).where(t.c.id == id_).values(**values))
    details = {
        "annexe": id_,
        "annexe_sha256": one.document.sha256,
        "source_sha256": source.sha256 if source else known and known.source_sha256,
        "valid": one.valid,
        "received_on": one.received_on.isoformat(),
        **({"sent_by": one.sent_by} if one.sent_by else {}),
    }
    work.journal("annexe.submitted", partner=one.partner, annexe=id_, rule="A10", details=details)
    return id_


def received(work: Work, one: KeptAnnexe, received_on: date, sent_by: EmailAddress | None) -> None:
    """What is known by now of how it reached the Caf."""
    values = {"received_on": received_on, "sent_by": sent_by}
    if (one.received_on, one.sent_by) == (received_on, sent_by):
        return
    work.connection.execute(update(t).where(t.c.id == one.id).values(**values))
    details = {"annexe": one.id, "received_on": received_on.isoformat(), "sent_by": sent_by}
    work.journal("annexe.received", partner=one.partner, annexe=one.id, rule="A11", details=details)


def approve(work: Work, one: KeptAnnexe, approval: Approval) -> int:
    """Records the approval of exactly what was seen. That of list 2 alone changes nothing else (A4): it leaves an
    approval of the whole annexe in its place. Gives the journal's entry, which is the decision.

    Raises:
        DecidedMeanwhile: it is not as it was seen any more; nothing is recorded.
    """
    closures_only, decisions = approval.decisions.closures_only, approval.decisions
    if one.status is Status.APPLIED and one.decisions is not None:  # the addresses that it brought stay told (A9)
        decisions = replace(decisions, rename={**one.decisions.rename, **decisions.rename})
    details = {
        "annexe": one.id,
        "annexe_sha256": one.sha256,
        "source_sha256": one.source_sha256,
        "by": approval.by,
        "plan": approval.plan_id,
        "decisions": approval.decisions.as_plain(),
    }
    what, now = "annexe.closures_approved" if closures_only else "annexe.approved", work.now
    decision = work.journal(
        what, partner=one.partner, annexe=one.id, rule="A10", details=details, by=approval.by, at=now
    )
    approved: dict[str, Any] = {
        "approved_at": now,
        "approved_number": work.number,
        "decision": decision,
        "approved_by": approval.by,
        "plan_id": approval.plan_id,
        "decisions": json.dumps(decisions.as_plain(), ensure_ascii=False, sort_keys=True),
    }
    if approval.check is not None and not closures_only:
        approved |= {"valid": True, "check": json.dumps(approval.check, ensure_ascii=False)}
    if not closures_only:
        not_rejected = {"rejected_at": None, "rejected_number": None, "rejected_by": None, "reason": None}
        _guarded(work, one, {**approved, **not_rejected})
    elif one.status not in (Status.APPROVED, Status.APPLIED):
        _guarded(work, one, approved)
    return decision


def reject(work: Work, one: KeptAnnexe, by: str, reason: str) -> None:
    """Records that it will not be applied, and why.

    Raises:
        DecidedMeanwhile: it is not as it was seen any more.
    """
    rejected = {"rejected_at": work.now, "rejected_number": work.number, "rejected_by": by, "reason": reason}
    _guarded(work, one, {**_NOT_APPROVED, **rejected})
    details = {"annexe": one.id, "annexe_sha256": one.sha256, "by": by, "reason": reason}
    work.journal("annexe.rejected", partner=one.partner, annexe=one.id, rule="A10", details=details, by=by)


def send_back(work: Work, one: KeptAnnexe, *, valid: bool, check: Mapping[str, Any]) -> None:
    """The plan is not the approved one any more: the annexe waits for a fresh look, as it was if only its list 2
    was approved.

    Raises:
        DecidedMeanwhile: it is not as it was seen any more.
    """
    sent_back = {"sent_back_at": work.now, "sent_back_number": work.number}
    anew = {**_NOT_TOLD, **sent_back, "valid": valid, "check": json.dumps(check, ensure_ascii=False)}
    _guarded(work, one, {**_NOT_APPROVED, **(anew if one.is_approved_whole else {})})
    details = {"annexe": one.id, "annexe_sha256": one.sha256}
    work.journal(
        "annexe.sent_back", partner=one.partner, annexe=one.id, rule="A10", details=details, cause=one.decision
    )


def told(work: Work, one: KeptAnnexe) -> None:
    """The Caf is told from now on that it waits for a decision: for the first time, or once more."""
    columns = {"told_on": one.told_on or work.clock.today(), "reminded_on": one.told_on and work.clock.today()}
    work.connection.execute(update(t).where(t.c.id == one.id).values(**columns))


def closures_applied(work: Work, one: KeptAnnexe, by: str) -> None:
    """List 2 is in the register; the annexe keeps the status that it had, and the approval of the whole if any. Who
    approved list 2 stays told.

    Raises:
        DecidedMeanwhile: it is not as it was seen any more.
    """
    trace = {"list_2_applied_at": work.now, "list_2_applied_number": work.number, "list_2_approved_by": by}
    _guarded(work, one, trace if one.is_approved_whole else {**_NOT_APPROVED, **trace})
    work.journal("annexe.closures_applied", partner=one.partner, annexe=one.id, rule="A4", details={"annexe": one.id})


def applied(work: Work, one: KeptAnnexe) -> None:
    """Its content is in the register: it becomes the current one and those before it are destroyed (A2).

    Raises:
        DecidedMeanwhile: it is not as it was seen any more.
    """
    _guarded(work, one, {"applied_at": work.now, "applied_number": work.number})
    gone = [each.id for each in kept(work.connection, one.partner) if each.is_superseded_by(one)]
    work.connection.execute(delete(t).where(t.c.id.in_(gone)))
    details = {"annexe": one.id, "destroyed": gone}
    work.journal("annexe.applied", partner=one.partner, annexe=one.id, rule="A10", details=details)


def destroy(work: Work, one: KeptAnnexe) -> None:
    """One that was never applied and whose time is over: the file, its text and its check (A2). One that was decided
    upon meanwhile stays.
    """
    if work.connection.execute(delete(t).where(t.c.id == one.id, *_as_seen(one))).rowcount != 1:
        return
    work.journal("annexe.destroyed", partner=one.partner, annexe=one.id, rule="A2", details={"annexe": one.id})


def _guarded(work: Work, one: KeptAnnexe, values: Mapping[str, Any]) -> None:
    """Writes only if nothing happened to it since it was seen: of two at once, one wins."""
    if work.connection.execute(update(t).where(t.c.id == one.id, *_as_seen(one)).values(**values)).rowcount != 1:
        raise DecidedMeanwhile


def _as_seen(one: KeptAnnexe) -> list[ColumnElement[bool]]:
    """That nothing happened to it since it was seen."""
    return [
        t.c[name].is_not_distinct_from(getattr(one, name))
        for name in ("submitted_number", "sent_back_number", "approved_number", "rejected_number", "applied_number")
    ]


def _kept(row: Row[Any]) -> KeptAnnexe:
    return KeptAnnexe(
        id=row.id,
        partner=row.partner,
        file_name=row.file_name,
        sha256=row.sha256,
        transmitted_on=row.transmitted_on,
        received_on=row.received_on,
        sent_by=row.sent_by and EmailAddress(row.sent_by),
        submitted_at=row.submitted_at,
        submitted_number=row.submitted_number,
        sent_back_at=row.sent_back_at,
        sent_back_number=row.sent_back_number,
        valid=row.valid,
        check=json.loads(row.check),
        source_sha256=row.source_sha256,
        approved_at=row.approved_at,
        approved_number=row.approved_number,
        approved_by=row.approved_by,
        decision=row.decision,
        plan_id=row.plan_id,
        decisions=Decisions.from_plain(json.loads(row.decisions)) if row.decisions else None,
        applied_at=row.applied_at,
        applied_number=row.applied_number,
        rejected_at=row.rejected_at,
        rejected_number=row.rejected_number,
        list_2_applied_at=row.list_2_applied_at,
        list_2_approved_by=row.list_2_approved_by,
        told_on=row.told_on,
        reminded_on=row.reminded_on,
    )
