"""The files of the drop folder: seen, taken, told, left; and their end (A2)."""

from __future__ import annotations

from sqlalchemy import Connection, delete, func, insert, select, update

from provisioner.domain.dropped_file import DroppedFile, Look, Refusal
from provisioner.register.database import Work
from provisioner.register.tables import annexe
from provisioner.register.tables import dropped_file as t


def known(connection: Connection) -> list[DroppedFile]:
    """Every file that is in the inbox or has a report, those that are taken first."""
    applied = (
        select(annexe.c.partner, func.max(annexe.c.applied_number).label("number"))
        .group_by(annexe.c.partner)
        .subquery()
    )
    events = ("submitted", "approved", "sent_back", "rejected", "applied", "list_2_applied")
    happened = [annexe.c[f"{event}_number"] for event in events]
    asked = (
        select(t, applied.c.number.label("replaced"), *happened)
        .outerjoin(annexe, annexe.c.id == t.c.annexe)
        .outerjoin(applied, applied.c.partner == t.c.partner)
        .order_by(t.c.taken_at.is_(None), t.c.id)
    )
    return [
        DroppedFile(
            id=row.id,
            key=row.key,
            look=Look(row.size, row.mtime_ns),
            seen_at=row.seen_at,
            looked_at=row.looked_at,
            partner=row.partner,
            taken_at=row.taken_at,
            taken_number=row.taken_number,
            annexe=row.annexe,
            refusal=Refusal(row.refusal) if row.refusal else None,
            report=row.report,
            told_number=row.told_number,
            happened_number=max((number for number in row[-len(happened) :] if number), default=None),
            replaced_number=row.replaced,
        )
        for row in connection.execute(asked)
    ]


def seen(work: Work, key: str, look: Look) -> None:
    """A file that was not there, or another one of that name, is looked at for the first time."""
    row = insert(t).values(key=key, seen_at=work.now, looked_at=work.now, size=look.size, mtime_ns=look.mtime_ns)
    work.connection.execute(row)


def changed(work: Work, one: DroppedFile, look: Look) -> None:
    """The file is still being written."""
    values = {"size": look.size, "mtime_ns": look.mtime_ns, "looked_at": work.now}
    work.connection.execute(update(t).where(t.c.id == one.id).values(**values))


def taken(
    work: Work, one: DroppedFile, partner: str | None, annexe_id: int | None, refusal: Refusal | None, report: str
) -> None:
    """What became of the file, and its report's name, before anything is written or moved."""
    values = {"partner": partner, "annexe": annexe_id, "refusal": refusal, "report": report}
    place = {"taken_at": work.now, "taken_number": work.number}
    work.connection.execute(update(t).where(t.c.id == one.id).values(**values, **place))
    if annexe_id is None:
        work.journal("drop.refused", partner=partner, details={"drop": one.id, "refusal": refusal})


def told(work: Work, one: DroppedFile, number: int) -> None:
    """The report tells what that write of the register recorded."""
    work.connection.execute(update(t).where(t.c.id == one.id).values(told_number=number))


def left(work: Work, one: DroppedFile) -> None:
    """The file is not in the inbox any more; if it was never taken, somebody took it back."""
    if one.taken_at is None:
        work.connection.execute(delete(t).where(t.c.id == one.id))
    else:
        work.connection.execute(update(t).where(t.c.id == one.id).values(key=None))


def destroyed(work: Work, one: DroppedFile) -> None:
    """Its report is destroyed, and the file too where it was set aside (A2)."""
    work.connection.execute(delete(t).where(t.c.id == one.id))
    work.journal("drop.destroyed", partner=one.partner, rule="A2", details={"drop": one.id})
