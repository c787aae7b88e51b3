"""D8: the names of those who acted go once nothing of what they decided may have to be proven.

With a partner's convention (C4) go the names of its entries (`destruction.py`). Here go those of the Caf's own acts,
which are about no partner and so concern every convention of their time: with the last C4 of the partners that were
there. An incident's go with the incident.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, and_, delete, func, or_, select, update

from provisioner.domain.journal import Entry
from provisioner.domain.retention import is_destroyed
from provisioner.register import tables as t
from provisioner.register.marks import rewrite_due
from provisioner.register.partners import all_partners
from provisioner.register.work import Work

#: How many entries one statement names.
_AT_ONCE = 1000

_entry, _detail, _actor = t.journal_entry.c, t.journal_detail.c, t.journal_actor.c


def _is(*actions: str) -> ColumnElement[bool]:
    return or_(*(_entry.body.contains(f'"action":"{action}', autoescape=True) for action in actions))


#: An incident's entries have their own term (L2), and so have the details of annexe 3 (N3).
_OF_INCIDENT, _OF_CONTACTS = _is("incident."), _is("caf.contacts", "partner.contacts")
_C4 = and_(_is('destroyed"'), _entry.body.contains('"rule":"C4"'))


def own_acts(connection: Connection) -> tuple[int, ...]:
    """The Caf's own acts that no convention needs any more: made before the last destruction of a convention (C4),
    and before everything that is kept of a partner whose convention is not destroyed.
    """
    last = connection.execute(select(func.max(_entry.entry)).where(_C4)).scalar()
    if last is None:
        return ()
    left = [p.code for p in all_partners(connection).values() if p.signed_on is not None and not is_destroyed(p)]
    first_left = connection.execute(select(func.min(_actor.entry)).where(_actor.partner.in_(left))).scalar()
    until = min(last, first_left or last)
    is_own = or_(_actor.partner.is_(None), _actor.partner.not_in(left))
    has_own_term = and_(_OF_INCIDENT, _detail.entry.is_not(None))
    asked = (
        select(_actor.entry)
        .join(t.journal_entry, _entry.entry == _actor.entry)
        .outerjoin(t.journal_detail, _detail.entry == _actor.entry)
        .where(_actor.entry <= until, is_own, ~has_own_term)
    )
    return tuple(connection.execute(asked.order_by(_actor.entry)).scalars())


def forget(work: Work, entries: Collection[int]) -> None:
    """Destroys what stands beside these entries, the names of who acted, and what a hold on everybody tells of who
    released it.
    """
    if not entries:
        return
    for part in _parts(sorted(entries)):
        of_contacts = select(_entry.entry).where(_entry.entry.in_(part), _OF_CONTACTS)
        details = delete(t.journal_detail).where(_detail.entry.in_(part), _detail.entry.not_in(of_contacts))
        work.connection.execute(details)
        work.connection.execute(delete(t.journal_actor).where(_actor.entry.in_(part)))
        old = t.old_journal.c
        was = [entry - 1 for entry in part]  # the chain that was written again has one entry more
        work.connection.execute(update(t.old_journal).where(old.entry.in_(was)).values(body=None))
    _forget_holds(work, max(entries))
    work.journal("destroyed", rule="D8", beside=entries)
    rewrite_due(work)


def _forget_holds(work: Work, last: int) -> None:
    """A pause, or destructions, of everybody that was released by one of these acts."""
    body = work.connection.execute(select(_entry.body).where(_entry.entry == last)).scalar_one()
    h, at = t.hold.c, datetime.fromisoformat(Entry(last, body, "", "").facts["at"])
    everybodys = h.partner.is_(None) & h.account.is_(None) & h.incident.is_(None)
    work.connection.execute(delete(t.hold).where(everybodys, h.released_at <= at))


def _parts(entries: list[int]) -> Iterator[list[int]]:
    return (entries[at : at + _AT_ONCE] for at in range(0, len(entries), _AT_ONCE))
