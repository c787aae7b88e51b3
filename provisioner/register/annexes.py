"""The annexes that the register keeps: only the newest applied one of a partner, and those under way (A2)."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date
from typing import Any

from sqlalchemy import Connection, delete, insert, select, update

from provisioner.register.database import Work
from provisioner.register.tables import annexe, inserted_id


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """Who approved which content and which plan, with which decisions (A10)."""

    by: str
    plan_id: str | None
    decisions: dict[str, Any]


def find(connection: Connection, partner: str, sha256: str) -> int | None:
    """The id of the partner's annexe with this content."""
    same = (annexe.c.partner == partner) & (annexe.c.sha256 == sha256)
    return connection.execute(select(annexe.c.id).where(same)).scalar()


def approve(
    work: Work,
    partner: str,
    sha256: str,
    file_name: str,
    content: bytes,
    transmitted_on: date,
    received_on: date,
    approval: Approval,
) -> int:
    """Keeps the document and records its approval; the same partner and digest is the same annexe."""
    approved = {
        "approved_at": work.now,
        "approved_by": approval.by,
        "plan_id": approval.plan_id,
        "decisions": json.dumps(approval.decisions, ensure_ascii=False, sort_keys=True),
    }
    id_ = find(work.connection, partner, sha256)
    if id_ is None:
        row = insert(annexe).values(
            partner=partner,
            sha256=sha256,
            file_name=file_name,
            content=content,
            transmitted_on=transmitted_on,
            received_on=received_on,
            submitted_at=work.now,
            **approved,
        )
        id_ = inserted_id(work.connection.execute(row))
    else:
        again = {"rejected_at": None, "rejected_by": None, "reason": None}
        work.connection.execute(update(annexe).where(annexe.c.id == id_).values(**approved, **again))
    work.journal("annexe.approved", partner=partner, rule="A10", details=_details(id_, sha256, approval))
    return id_


def applied(work: Work, id_: int, partner: str) -> None:
    """Its content is in the register: it becomes the current one and the others are destroyed (A2)."""
    work.connection.execute(update(annexe).where(annexe.c.id == id_).values(applied_at=work.now))
    gone = work.connection.execute(delete(annexe).where(annexe.c.partner == partner, annexe.c.id != id_)).rowcount
    work.journal("annexe.applied", partner=partner, rule="A10", details={"annexe": id_, "destroyed": gone})


def _details(id_: int, sha256: str, approval: Approval) -> dict[str, Any]:
    return {
        "annexe": id_,
        "annexe_sha256": sha256,
        "by": approval.by,
        "plan": approval.plan_id,
        "decisions": approval.decisions,
    }
