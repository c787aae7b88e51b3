"""The annexes that the register keeps: the newest applied one of a partner, and those under way (A2)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from sqlalchemy import ColumnElement, Connection, Text, delete, insert, or_, select, type_coerce, update

from provisioner.domain.annexe.decisions import Decisions
from provisioner.domain.annexe.document import Check, Document
from provisioner.domain.annexe.kept import KeptAnnexe, Status
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import CurrentAnnexe
from provisioner.register.errors import DecidedMeanwhile
from provisioner.register.mapper import Mapper, among
from provisioner.register.marks import rewrite_due
from provisioner.register.tables import UNDER_WAY, habilitation
from provisioner.register.tables import annexe as t
from provisioner.register.work import Work

_ANNEXE = Mapper(KeptAnnexe, t)
_FACTS = _ANNEXE.columns
_CURRENT = Mapper(CurrentAnnexe, t)
_APPLIED = select(t.c.partner, *_CURRENT.columns).where(t.c.applied_number.is_not(None)).order_by(t.c.applied_number)
_NOT_TOLD: dict[str, Any] = {"told_on": None, "reminded_on": None}
_NOT_APPROVED: dict[str, Any] = {
    "approved_at": None,
    "approved_number": None,
    "approved_by": None,
    "decision": None,
    "plan_id": None,
    "decisions": None,
}


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
    check: Check


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Who approved which plan, with which decisions (A10). `check` is the check with its waivers, of the whole."""

    by: str
    plan_id: str
    decisions: Decisions
    check: Check | None = None


def kept(connection: Connection, partner: str | None = None) -> list[KeptAnnexe]:
    """The annexes, of a partner or all, oldest first."""
    asked = select(*_FACTS).order_by(t.c.id)
    rows = connection.execute(asked if partner is None else asked.where(t.c.partner == partner))
    return [_ANNEXE.of(row) for row in rows]


def kept_of(connection: Connection, partners: Collection[str]) -> list[KeptAnnexe]:
    """The annexes of these partners, oldest first."""
    rows = among(connection, select(*_FACTS), t.c.partner, partners)
    return sorted(map(_ANNEXE.of, rows), key=lambda annexe: annexe.id)


def naming(
    connection: Connection, partners: Collection[str], addresses: Collection[EmailAddress]
) -> list[KeptAnnexe]:
    """The annexes of these partners, and of others those whose check has one of these addresses, oldest first."""
    told = (type_coerce(t.c.check, Text).icontains(address, autoescape=True) for address in addresses)
    rows = connection.execute(select(*_FACTS).where(or_(t.c.partner.in_(partners), *told)).order_by(t.c.id))
    return [_ANNEXE.of(row) for row in rows]


def under_way(connection: Connection, partners: Collection[str] | None = None) -> list[KeptAnnexe]:
    """Those to which anything happened since they were applied, or that never were: of these partners, or all."""
    rows = among(connection, select(*_FACTS).where(UNDER_WAY), t.c.partner, partners)
    return sorted(map(_ANNEXE.of, rows), key=lambda annexe: annexe.id)


def by_id(connection: Connection, id_: int) -> KeptAnnexe | None:
    """The annexe with that number."""
    row = connection.execute(select(*_FACTS).where(t.c.id == id_)).first()
    return _ANNEXE.of(row) if row else None


def by_digest(connection: Connection, partner: str, sha256: str) -> KeptAnnexe | None:
    """The partner's annexe with this content: the same partner and digest is the same annexe."""
    row = connection.execute(select(*_FACTS).where(t.c.partner == partner, t.c.sha256 == sha256)).first()
    return _ANNEXE.of(row) if row else None


def current(connection: Connection, partners: Collection[str] | None = None) -> dict[str, CurrentAnnexe]:
    """The newest applied annexe of each partner, or of these."""
    rows = among(connection, _APPLIED, t.c.partner, partners)
    return {row.partner: _CURRENT.of(row[1:]) for row in rows}


def document(connection: Connection, id_: int) -> Document:
    """The annexe's file."""
    row = connection.execute(select(t.c.file_name, t.c.content).where(t.c.id == id_)).one()
    return Document(name=row.file_name, content=row.content)


def submit(work: Work, submission: Submission) -> int:
    """Keeps the document and its check; submitted again, it is the same annexe, to be decided anew, with its scan."""
    before = by_digest(work.connection, submission.partner, submission.document.sha256)
    values: dict[str, Any] = {
        "file_name": submission.document.name,
        "content": submission.document.content,
        "transmitted_on": submission.transmitted_on,
        "received_on": submission.received_on,
        "sent_by": submission.sent_by,
        "submitted_at": work.now,
        "submitted_number": work.number,
        "sent_back_at": None,
        "sent_back_number": None,
        **_NOT_TOLD,
        "valid": submission.valid,
        "check": submission.check,
    }
    if (source := submission.source) is not None:
        values |= {"source": source.content, "source_name": source.name, "source_sha256": source.sha256}
    if before is None:
        row = insert(t).values(partner=submission.partner, sha256=submission.document.sha256, **values)
        id_ = int(work.connection.execute(row.returning(t.c.id)).scalar_one())
    else:
        id_ = before.id
        if before.applied_at is None or before.is_pending:
            values |= _NOT_APPROVED
        work.connection.execute(update(t).where(t.c.id == id_).values(**values))
    details = {
        "annexe": id_,
        "annexe_sha256": submission.document.sha256,
        "source_sha256": source.sha256 if source else before and before.source_sha256,
        "valid": submission.valid,
        "received_on": submission.received_on.isoformat(),
        **({"sent_by": submission.sent_by} if submission.sent_by else {}),
    }
    work.journal("annexe.submitted", partner=submission.partner, annexe=id_, rule="A10", details=details)
    return id_


def received(work: Work, annexe: KeptAnnexe, received_on: date, sent_by: EmailAddress | None) -> None:
    """What is known by now of how it reached the Caf."""
    values = {"received_on": received_on, "sent_by": sent_by}
    if (annexe.received_on, annexe.sent_by) == (received_on, sent_by):
        return
    work.connection.execute(update(t).where(t.c.id == annexe.id).values(**values))
    details = {"annexe": annexe.id, "received_on": received_on.isoformat(), "sent_by": sent_by}
    _tell(work, annexe, "annexe.received", "A11", details=details)
    if received_on != annexe.received_on and annexe.transmitted_on is not None:
        _correct_ends(work, annexe, received_on)


def _correct_ends(work: Work, annexe: KeptAnnexe, received_on: date) -> None:
    """The ends that it brought were told on that day (V3)."""
    h = habilitation.c
    brought = (h.partner == annexe.partner) & (h.end_transmitted_on == annexe.transmitted_on)
    ended = update(habilitation).where(brought, h.end_received_on == annexe.received_on)
    for id_ in work.connection.execute(ended.values(end_received_on=received_on).returning(h.id)).scalars().all():
        details = {"end_received_on": received_on.isoformat()}
        work.journal("habilitation.updated", partner=annexe.partner, habilitation=id_, rule="V3", details=details)


def approve(work: Work, annexe: KeptAnnexe, approval: Approval) -> int:
    """Records the approval of exactly what was seen. That of list 2 alone changes nothing else (A4): it leaves an
    approval of the whole annexe in its place. Gives the journal's entry, which is the decision.

    Raises:
        DecidedMeanwhile: it is not as it was seen any more; nothing is recorded.
    """
    closures_only, decisions = approval.decisions.closures_only, approval.decisions
    if annexe.status is Status.APPLIED and annexe.decisions is not None:  # A9: the addresses it brought stay told
        decisions = replace(decisions, rename={**annexe.decisions.rename, **decisions.rename})
    details = {
        "annexe": annexe.id,
        "annexe_sha256": annexe.sha256,
        "source_sha256": annexe.source_sha256,
        "by": approval.by,
        "plan": approval.plan_id,
        "decisions": approval.decisions.as_plain(),
    }
    what, now = "annexe.closures_approved" if closures_only else "annexe.approved", work.now
    decision = _tell(work, annexe, what, "A10", details=details, by=approval.by, at=now)
    approved: dict[str, Any] = {
        "approved_at": now,
        "approved_number": work.number,
        "decision": decision,
        "approved_by": approval.by,
        "plan_id": approval.plan_id,
        "decisions": decisions,
    }
    if approval.check is not None and not closures_only:
        approved |= {"valid": True, "check": approval.check}
    if not closures_only:
        not_rejected = {"rejected_at": None, "rejected_number": None, "rejected_by": None, "reason": None}
        _guarded(work, annexe, {**approved, **not_rejected})
    elif annexe.status not in (Status.APPROVED, Status.APPLIED):
        _guarded(work, annexe, approved)
    return decision


def reject(work: Work, annexe: KeptAnnexe, by: str, reason: str) -> None:
    """Records that it will not be applied, and why.

    Raises:
        DecidedMeanwhile: it is not as it was seen any more.
    """
    rejected = {"rejected_at": work.now, "rejected_number": work.number, "rejected_by": by, "reason": reason}
    _guarded(work, annexe, {**_NOT_APPROVED, **rejected})
    details = {"annexe": annexe.id, "annexe_sha256": annexe.sha256, "by": by, "reason": reason}
    _tell(work, annexe, "annexe.rejected", "A10", details=details, by=by)


def send_back(work: Work, annexe: KeptAnnexe, *, valid: bool, check: Check) -> None:
    """The plan is not the approved one any more: the annexe waits for a fresh look, as it was if only its list 2
    was approved.

    Raises:
        DecidedMeanwhile: it is not as it was seen any more.
    """
    sent_back = {"sent_back_at": work.now, "sent_back_number": work.number}
    anew = {**_NOT_TOLD, **sent_back, "valid": valid, "check": check}
    _guarded(work, annexe, {**_NOT_APPROVED, **(anew if annexe.is_approved_whole else {})})
    details = {"annexe": annexe.id, "annexe_sha256": annexe.sha256}
    _tell(
        work,
        annexe,
        "annexe.sent_back",
        "A10",
        details=details,
        cause=annexe.decision,
    )


def told(work: Work, annexe: KeptAnnexe) -> None:
    """The Caf is told from now on that it waits for a decision: for the first time, or once more."""
    columns = {"told_on": annexe.told_on or work.clock.today(), "reminded_on": annexe.told_on and work.clock.today()}
    work.connection.execute(update(t).where(t.c.id == annexe.id).values(**columns))


def closures_applied(work: Work, annexe: KeptAnnexe, by: str) -> None:
    """List 2 is in the register; the annexe keeps the status that it had, and the approval of the whole if any. Who
    approved list 2 stays told.

    Raises:
        DecidedMeanwhile: it is not as it was seen any more.
    """
    trace = {"list_2_applied_at": work.now, "list_2_applied_number": work.number, "list_2_approved_by": by}
    _guarded(work, annexe, trace if annexe.is_approved_whole else {**_NOT_APPROVED, **trace})
    _tell(work, annexe, "annexe.closures_applied", "A4", details={"annexe": annexe.id})


def applied(work: Work, annexe: KeptAnnexe) -> None:
    """Its content is in the register: it becomes the current one and those before it are destroyed (A2).

    Raises:
        DecidedMeanwhile: it is not as it was seen any more.
    """
    _guarded(work, annexe, {"applied_at": work.now, "applied_number": work.number})
    gone = [older.id for older in kept(work.connection, annexe.partner) if older.is_superseded_by(annexe)]
    if gone:
        work.connection.execute(delete(t).where(t.c.id.in_(gone)))
        rewrite_due(work)
    details = {"annexe": annexe.id, "destroyed": gone}
    _tell(work, annexe, "annexe.applied", "A10", details=details)


def destroy(work: Work, annexe: KeptAnnexe) -> None:
    """One that was never applied and whose time is over: the file, its text and its check (A2). One that was decided
    upon meanwhile stays.
    """
    if work.connection.execute(delete(t).where(t.c.id == annexe.id, *_as_seen(annexe))).rowcount != 1:
        return
    rewrite_due(work)
    _tell(work, annexe, "annexe.destroyed", "A2", details={"annexe": annexe.id})


def _tell(work: Work, annexe: KeptAnnexe, action: str, rule: str, **more: Any) -> int:
    return work.journal(action, partner=annexe.partner, annexe=annexe.id, rule=rule, **more)


def _guarded(work: Work, annexe: KeptAnnexe, values: Mapping[str, Any]) -> None:
    """Writes only if nothing happened to it since it was seen: of two at once, one wins."""
    if (
        work.connection.execute(update(t).where(t.c.id == annexe.id, *_as_seen(annexe)).values(**values)).rowcount
        != 1
    ):
        raise DecidedMeanwhile


def _as_seen(annexe: KeptAnnexe) -> list[ColumnElement[bool]]:
    """That nothing happened to it since it was seen."""
    return [
        t.c[name].is_not_distinct_from(getattr(annexe, name))
        for name in ("submitted_number", "sent_back_number", "approved_number", "rejected_number", "applied_number")
    ]
