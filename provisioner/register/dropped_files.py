"""The files of the drop folder: seen, taken, told, left; and their end (A2)."""

from __future__ import annotations

from dataclasses import replace

from sqlalchemy import Connection, delete, func, insert, null, select, update

from provisioner.domain.dropped_file import DroppedFile, Look, SetAside
from provisioner.register.mapper import Mapper
from provisioner.register.marks import rewrite_due
from provisioner.register.tables import annexe
from provisioner.register.tables import dropped_file as t
from provisioner.register.work import Work

_APPLIED = (
    select(annexe.c.partner, func.max(annexe.c.applied_number).label("number")).group_by(annexe.c.partner).subquery()
)
_EVENTS = ("submitted", "approved", "sent_back", "rejected", "applied", "list_2_applied")
_FILE = Mapper(
    DroppedFile,
    t,
    look=Mapper(Look, t),
    happened_number=null(),
    replaced_number=_APPLIED.c.number,
    applied_at=annexe.c.applied_at,
    replaced_on=annexe.c.replaced_on,
)


def known(connection: Connection) -> list[DroppedFile]:
    """Every file that is in the inbox or has a report, those that are taken first."""
    happened = [annexe.c[f"{event}_number"] for event in _EVENTS]
    asked = (
        select(*_FILE.columns, *happened)
        .select_from(t)
        .outerjoin(annexe, annexe.c.id == t.c.annexe)
        .outerjoin(_APPLIED, _APPLIED.c.partner == t.c.partner)
        .order_by(t.c.taken_at.is_(None), t.c.id)
    )
    width = len(_FILE.columns)
    return [
        replace(_FILE.of(row[:width]), happened_number=max(filter(None, row[width:]), default=None))
        for row in connection.execute(asked)
    ]


def seen(work: Work, key: str, look: Look) -> None:
    """A file that was not there, or another one of that name, is looked at for the first time."""
    row = insert(t).values(key=key, seen_at=work.now, looked_at=work.now, size=look.size, mtime_ns=look.mtime_ns)
    work.connection.execute(row)


def changed(work: Work, file: DroppedFile, look: Look) -> None:
    """The file is still being written."""
    values = {"size": look.size, "mtime_ns": look.mtime_ns, "looked_at": work.now}
    work.connection.execute(update(t).where(t.c.id == file.id).values(**values))


def taken(
    work: Work, file: DroppedFile, partner: str | None, annexe_id: int | None, refusal: SetAside | None, report: str
) -> None:
    """What became of the file, and its report's name, before anything is written or moved."""
    values = {"partner": partner, "annexe": annexe_id, "refusal": refusal, "report": report}
    place = {"taken_at": work.now, "taken_number": work.number}
    work.connection.execute(update(t).where(t.c.id == file.id).values(**values, **place))
    if annexe_id is None:
        work.journal("drop.refused", partner=partner, details={"drop": file.id, "refusal": refusal})


def told(work: Work, file: DroppedFile, number: int) -> None:
    """The report tells what that write of the register recorded."""
    work.connection.execute(update(t).where(t.c.id == file.id).values(told_number=number))


def left(work: Work, file: DroppedFile) -> None:
    """The file is not in the inbox any more; if it was never taken, somebody took it back."""
    if file.taken_at is None:
        work.connection.execute(delete(t).where(t.c.id == file.id))
    else:
        work.connection.execute(update(t).where(t.c.id == file.id).values(key=None))


def destroyed(work: Work, file: DroppedFile) -> None:
    """Its report is destroyed, and the file too where it was set aside (A2)."""
    work.connection.execute(delete(t).where(t.c.id == file.id))
    rewrite_due(work)
    work.journal("drop.destroyed", partner=file.partner, rule="A2", details={"drop": file.id})
