"""How far something went, and which realm this register is for."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Connection, bindparam, delete, insert, select, update

from provisioner.register.tables import mark as t
from provisioner.register.work import Work

#: The mark that holds the realm's internal id, recorded at the first write.
REALM_ID = "realm_id"

#: The mark that holds the id of the group above the partners' groups, recorded when it was seen at its place.
GROUP_ROOT = "group_root"

#: The marks of the head up to which the journal was last found whole, and of what is wrong with it, empty if nothing.
JOURNAL_VERIFIED, JOURNAL_WANTING = "journal.verified", "journal.wanting"

#: The mark that holds the moment of the last `sync` of everything in which nothing failed.
LAST_GOOD_SYNC = "last_good_sync"


#: The mark of the last unit of work, by its number, that destroyed something since the register's file was written
#: anew; empty if none did.
REWRITE_DUE = "rewrite_due"

#: The mark of what a register that was put back has still to destroy again, as JSON; empty if nothing.
DESTROY_AGAIN = "destroy_again"

#: The mark of the last day on which a copy in clear was made, or may have been; none where there never was one.
CLEAR_COPY = "clear_copy"


_VALUE = select(t.c.value).where(t.c.name == bindparam("asked"))
_VALUES = select(t.c.name, t.c.value).where(t.c.name.in_(bindparam("asked", expanding=True)))


def mark(connection: Connection, name: str) -> str | None:
    """How far something went, None when it never began."""
    return connection.execute(_VALUE, {"asked": name}).scalar()


def marks(connection: Connection, *names: str) -> dict[str, str]:
    """How far each of these went that has begun."""
    return {row.name: row.value for row in connection.execute(_VALUES, {"asked": names})}


def set_mark(work: Work, name: str, value: str) -> None:
    """How far something went; no decision and no effect, so the journal does not tell it."""
    if work.connection.execute(update(t).where(t.c.name == name).values(value=value)).rowcount == 0:
        work.connection.execute(insert(t).values(name=name, value=value))


def note_clear_copy(work: Work, on: date) -> None:
    """A copy in clear was made on that day, or may have been: none of before it is known to expire."""
    if (mark(work.connection, CLEAR_COPY) or "") < on.isoformat():
        set_mark(work, CLEAR_COPY, on.isoformat())


def clear_copy(connection: Connection) -> date | None:
    """The last day on which a copy in clear was made, or may have been."""
    day = mark(connection, CLEAR_COPY)
    return None if day is None else date.fromisoformat(day)


def rewrite_due(work: Work) -> None:
    """Something was destroyed: SQLite's file is to be written anew (`Register.rewrite`)."""
    if not work.leaves_bytes:
        work.leaves_bytes = True
        set_mark(work, REWRITE_DUE, str(work.number))


def rewritten(work: Work, due: str) -> None:
    """The file was written anew after what was destroyed up to there; what somebody destroyed since is still due."""
    work.connection.execute(update(t).where(t.c.name == REWRITE_DUE, t.c.value == due).values(value=""))


def is_for_realm(connection: Connection, realm_id: str) -> bool:
    """Whether the realm with that internal id is the register's; see `Records.is_for_realm`."""
    return mark(connection, REALM_ID) in (None, realm_id)


def set_realm(work: Work, realm_id: str) -> None:
    """The realm that this register is for, recorded before the first write there."""
    work.connection.execute(insert(t).values(name=REALM_ID, value=realm_id))
    work.journal("realm.recorded", details={"realm": realm_id})


def accept_realm(work: Work, known: str, present: str, *, by: str, reason: str) -> None:
    """The realm that this register is for from now on: a named person says that the old one was made anew."""
    work.connection.execute(update(t).where(t.c.name == REALM_ID).values(value=present))
    work.connection.execute(delete(t).where(t.c.name == GROUP_ROOT))  # the old realm's
    work.journal("realm.accepted", details={"known": known, "realm": present, "by": by, "reason": reason}, by=by)
