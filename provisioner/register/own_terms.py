"""What has a term of its own, whatever becomes of a person or a convention.

Contacts and notices (N3), incidents (L2), reviews of the Caf (V4), the names of those who acted for the Caf (D8).

With a partner's convention (C4) go the names of its entries (`destruction.py`). The Caf's own acts are about no
partner and so concern every convention of their time: their names go with the last C4 of the partners that were
there. An incident's go with the incident, what a review of the Caf says with the review.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import ColumnElement, Connection, and_, delete, func, or_, select, update

from provisioner.domain.caf_review import outlived
from provisioner.domain.calendar import add_months, day_of, start_of
from provisioner.domain.journal import Entry
from provisioner.domain.retention import KeptRecords, is_destroyed
from provisioner.register import caf_reviews, notices
from provisioner.register import tables as t
from provisioner.register.mapper import in_parts
from provisioner.register.marks import rewrite_due
from provisioner.register.partners import all_partners
from provisioner.register.work import Work

_entry, _detail, _actor = t.journal_entry.c, t.journal_detail.c, t.journal_actor.c


def _is(*actions: str) -> ColumnElement[bool]:
    return or_(*(_entry.body.contains(f'"action":"{action}', autoescape=True) for action in actions))


#: The entries of an incident (L2) and of a review (V4) have their own term, and so have the details of annexe 3 (N3).
OF_INCIDENTS, _OF_CONTACTS = _is("incident."), _is("caf.contacts", "partner.contacts")
_NAMING_NOBODY = _is("backup.key-")  # which key is destroyed is the register's for good
_OF_OWN_TERM = or_(OF_INCIDENTS, _is("caf-review."))
_C4 = and_(_is('destroyed"'), _entry.body.contains('"rule":"C4"'))


class Aged(NamedTuple):
    """What has a term of its own and has passed it: the entries that name contacts replaced since, the recipients of
    notices, incidents closed, reviews of the Caf (V4), its own acts that no convention needs any more (D8).
    """

    contacts: tuple[int, ...]
    notices: tuple[int, ...]
    incidents: tuple[int, ...]
    reviews: tuple[int, ...]
    acts: tuple[int, ...]


def aged(connection: Connection, today: date, incidents_before: date, kept: KeptRecords) -> Aged:
    """What has passed its term, and no hold on destruction keeps (D7): 1 year for contacts and for who got a notice,
    that day for incidents. A notice that never left may name persons: it goes after 6 months, before their D2's day.
    """
    year_ago, half_a_year_ago = add_months(today, -12), add_months(today, -6)
    replaced_by: dict[str | None, bool] = {}  # by partner: whether what is newer is older than that
    contacts = []
    asked = select(_entry.entry, _entry.body).join(t.journal_detail, _detail.entry == _entry.entry)
    asked = asked.where(_detail.may_name.is_not(None), _OF_CONTACTS)
    for number, body in connection.execute(asked.order_by(_entry.entry.desc())):
        facts = Entry(number, body, "", "").facts
        partner, day = facts.get("partner"), day_of(datetime.fromisoformat(facts["at"]))
        if replaced_by.get(partner) and not kept.keeps(partner):
            contacts.append(number)
        replaced_by[partner] = day < year_ago
    n = t.notice.c
    never_left = n.sent_at.is_(None) & (n.created_at < start_of(half_a_year_ago))
    named = select(n.id, n.partner).where(n.recipient.is_not(None), (n.sent_at < start_of(year_ago)) | never_left)
    told = tuple(row.id for row in connection.execute(named) if not kept.keeps(row.partner))
    closed = select(t.incident.c.id).where(t.incident.c.closed_at < start_of(incidents_before))
    incidents = tuple(i for i in connection.execute(closed).scalars() if not _keeps_incident(connection, i, kept))
    reviews = () if kept.keeps(None) else outlived(caf_reviews.all_reviews(connection), today)
    return Aged(tuple(contacts), told, incidents, reviews, _own_acts(connection, kept))


def _keeps_incident(connection: Connection, incident: int, kept: KeptRecords) -> bool:
    """Whether a hold touches one of the incident's partners or persons; one that names none may concern them all."""
    partner, account = t.incident_partner.c, t.incident_account.c
    partners = list(connection.execute(select(partner.partner).where(partner.incident == incident)).scalars())
    accounts = set(connection.execute(select(account.account).where(account.incident == incident)).scalars())
    through = select(t.habilitation.c.partner).where(t.habilitation.c.account.in_(accounts))
    partners += connection.execute(through).scalars()
    return not kept.accounts.isdisjoint(accounts) or any(map(kept.keeps, partners or [None]))


def destroy_aged(work: Work, aged: Aged) -> None:
    """Destroys what has passed its term, each with its journal entry."""
    if aged.contacts or aged.notices:
        destroy_details(work, aged.contacts)
        notices.forget(work, t.notice.c.id.in_(aged.notices))
        tell(work, "N3", beside=aged.contacts)
    for incident in aged.incidents:
        _destroy_incident(work, incident)
    if aged.reviews:
        caf_reviews.destroy(work, aged.reviews)
    _forget(work, aged.acts)


def _destroy_incident(work: Work, incident: int) -> None:
    """With its partners, its persons by number, and what it kept from destruction until it was closed."""
    told = select(_entry.entry, _detail.data).join(t.journal_detail, _detail.entry == _entry.entry)
    told = told.where(_detail.may_name.is_not(None), OF_INCIDENTS)
    entries = work.connection.execute(told).all()
    its_own = [number for number, data in entries if json.loads(data).get("incident") == incident]
    for table in (t.incident_partner, t.incident_account, t.hold):
        work.connection.execute(delete(table).where(table.c.incident == incident))
    work.connection.execute(delete(t.incident).where(t.incident.c.id == incident))
    tell(work, "L2", incident=incident)
    _forget(work, its_own)


def _own_acts(connection: Connection, kept: KeptRecords) -> tuple[int, ...]:
    """The Caf's own acts that no convention needs any more: made before the last destruction of a convention (C4),
    and before everything that is kept of a partner whose convention is not destroyed, signed or not, or about which a
    hold keeps something (D7).
    """
    partners = all_partners(connection).values()
    ended = [partner.code for partner in partners if partner.destroyed_on is not None]
    ends = select(func.max(_actor.entry)).join(t.journal_entry, _entry.entry == _actor.entry)
    last = connection.execute(ends.where(_actor.partner.in_(ended), _C4)).scalar()
    if last is None:  # or who acted then is forgotten too, with all that was before
        return ()
    remaining = [p.code for p in partners if not is_destroyed(p) or kept.keeps(p.code)]
    first = connection.execute(select(func.min(_actor.entry)).where(_actor.partner.in_(remaining))).scalar()
    until = min(last, first or last)
    is_own = or_(_actor.partner.is_(None), _actor.partner.not_in(remaining))
    has_own_term = and_(_OF_OWN_TERM, _detail.entry.is_not(None))
    asked = (
        select(_actor.entry)
        .join(t.journal_entry, _entry.entry == _actor.entry)
        .outerjoin(t.journal_detail, _detail.entry == _actor.entry)
        .where(_actor.entry <= until, is_own, ~has_own_term)
    )
    return tuple(connection.execute(asked.order_by(_actor.entry)).scalars())


def _forget(work: Work, entries: Collection[int]) -> None:
    """Destroys what stands beside these entries, the names of who acted, and what a hold on everybody tells of who
    released it.
    """
    if not entries:
        return
    for part in in_parts(entries):
        kept = select(_entry.entry).where(_entry.entry.in_(part), or_(_OF_CONTACTS, _NAMING_NOBODY))
        details = delete(t.journal_detail).where(_detail.entry.in_(part), _detail.entry.not_in(kept))
        work.connection.execute(details)
        work.connection.execute(delete(t.journal_actor).where(_actor.entry.in_(part)))
        old = t.old_journal.c
        was = [entry - 1 for entry in part]  # the chain that was written again has one entry more
        work.connection.execute(update(t.old_journal).where(old.entry.in_(was)).values(body=None))
    _forget_holds(work, max(entries))
    tell(work, "D8", beside=entries)


def _forget_holds(work: Work, last: int) -> None:
    """A pause, or destructions, of everybody that was released by one of these acts."""
    body = work.connection.execute(select(_entry.body).where(_entry.entry == last)).scalar_one()
    h, at = t.hold.c, datetime.fromisoformat(Entry(last, body, "", "").facts["at"])
    everybodys = h.partner.is_(None) & h.account.is_(None) & h.incident.is_(None)
    work.connection.execute(delete(t.hold).where(everybodys, h.released_at <= at))


def destroy_details(work: Work, entries: Collection[int]) -> None:
    """What stands beside these entries; the entry that tells it has them in `beside`."""
    for part in in_parts(entries):
        work.connection.execute(delete(t.journal_detail).where(_detail.entry.in_(part)))


def tell(
    work: Work,
    rule: str,
    partner: str | None = None,
    habilitation: int | None = None,
    beside: Collection[int] = (),
    **details: Any,
) -> int:
    """The journal's entry `destroyed`; SQLite's file is to be written anew."""
    rewrite_due(work)
    return work.journal(
        "destroyed", partner=partner, habilitation=habilitation, rule=rule, beside=beside, details=details
    )
