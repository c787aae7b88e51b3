"""Destroys, each in one unit of work with its journal entry: an account's data, a habilitation's, a convention's.

An entry `destroyed` names the rule, the partner and the habilitation in the chain itself; `beside`, in the body too,
are the numbers of the other entries whose details went with it. Where each text of the register stands, whose it is
and what ends it: `personal_data.py`.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any, NamedTuple

from sqlalchemy import Connection, Row, Select, and_, delete, insert, or_, select, update

from provisioner.domain.annexe.document import Check, Document
from provisioner.domain.annexe.kept import KeptAnnexe
from provisioner.domain.annexe.leaving import Leaving, leave
from provisioner.domain.calendar import add_months, day_of, start_of
from provisioner.domain.hold import HoldKind
from provisioner.domain.journal import Entry
from provisioner.domain.people import EmailAddress, Identity
from provisioner.domain.retention import Destruction, Kind
from provisioner.register import annexes, connections, forgetting, holds, partners
from provisioner.register import tables as t
from provisioner.register.marks import rewrite_due
from provisioner.register.work import Work

#: What the register keeps for the account alone (D1).
_OF_ACCOUNT = (
    "keycloak_id",
    "written",
    "intended",
    "renamed_from",
    "reopening",
    "reopening_number",
    "reopening_decision",
    "last_login_on",
)

#: What has its own term: contacts are named as such, and an incident names persons by number.
_OF_OTHERS = ("partner.contacts", "caf.contacts", "incident.declared", "incident.updated", "incident.closed")
_CONTACT_ACTIONS = [f'"action":"{action}"' for action in _OF_OTHERS[:2]]
_INCIDENT_ACTIONS = [f'"action":"{action}"' for action in _OF_OTHERS[2:]]

#: Makes the list that takes an annexe's place: of the partner's name, what is left of the check, the digest of the
#: partner's own document, and the day.
Writer = Callable[[str, Check, str, date], Document]

_detail, _entry = t.journal_detail.c, t.journal_entry.c


def destroy_account(work: Work, account: int, habilitation: int, partner: str) -> None:
    """D1: what the register keeps for the account alone; its address stays with its habilitations, and so does a
    suspension by name, which outlives the account.

    The Keycloak account is gone already: no event of it is stored any more. `habilitation` is its last one.
    """
    today = work.clock.today()
    row = work.connection.execute(select(t.account.c.keycloak_id).where(t.account.c.id == account)).first()
    if row is None:
        return
    connections.forget(work, [account])
    work.connection.execute(delete(t.control).where(t.control.c.account == account))
    quarantine = (t.hold.c.account == account) & (t.hold.c.kind == HoldKind.QUARANTINE)
    work.connection.execute(delete(t.hold).where(quarantine))
    if row.keycloak_id is not None:
        gone = {"keycloak_id": row.keycloak_id, "destroyed_on": today}
        work.connection.execute(insert(t.destroyed_account).values(**gone))
    theirs = update(t.account).where(t.account.c.id == account)
    work.connection.execute(theirs.values(**dict.fromkeys(_OF_ACCOUNT), destroyed_on=today))
    _tell(work, "D1", partner, habilitation)


def kept_back(work: Work, due: Iterable[Destruction | None]) -> Iterator[Destruction]:
    """Those that may not go after all, as the register stands in this unit of work: a hold of since the plan touches
    them (D7), or what hangs on them is still there. A habilitation never goes before its account (D1), nor a
    convention before its last habilitation. An account that Keycloak has lost is recorded whatever happens.
    """
    kept = holds.kept_from_destruction(work.connection)
    habilitation, account = t.habilitation.c, t.account.c
    for destruction in due:
        if destruction is None or destruction.kind is Kind.ACCOUNT:
            continue
        of_partner = select(habilitation.account).where(habilitation.partner == destruction.partner)
        accounts = set(work.connection.execute(of_partner).scalars())
        if destruction.kind is Kind.CONVENTION:
            is_early = bool(accounts)
        else:
            remains = account.keycloak_id.is_not(None) & account.destroyed_on.is_(None)
            alive = select(habilitation.id).join(t.account, account.id == habilitation.account)
            open_too = alive.where(account.id == destruction.account, remains)
            is_early = len(work.connection.execute(open_too).all()) == 1
        if is_early or kept.touches({*accounts, destruction.account}, destruction.partners):
            yield destruction


def destroy_habilitations(work: Work, habilitations: Iterable[int], partner: str, write: Writer) -> None:
    """D2: each person's name, function, address and dates, and the account's row with its last habilitation.

    Other texts of the partner name the persons too: the annexe that is kept and what was decided beside it, a plan
    that a limit holds, a declared address, details of the journal. They leave them; the annexe once for all of them.
    `write` makes the list that takes its place.
    """
    of = t.habilitation.c
    theirs = (
        select(of.id, t.account.c.email).join(t.account, t.account.c.id == of.account).where(of.partner == partner)
    )
    emails = {row.id: row.email for row in work.connection.execute(theirs)}
    leaving = []
    for habilitation in habilitations:
        emails.pop(habilitation, None)
        leaving.append(_destroy_habilitation(work, habilitation, partner, frozenset(emails.values())))
    _leave_annexe(work, partner, [person for person in leaving if person is not None], write)


def _destroy_habilitation(
    work: Work, habilitation: int, partner: str, staying: Collection[EmailAddress]
) -> Leaving | None:
    work.write_journal()
    person = work.connection.execute(_person(habilitation)).first()
    if person is None:
        return None
    leaving = _leaving(work, person, staying)
    work.connection.execute(delete(t.invitation).where(t.invitation.c.habilitation == habilitation))
    work.connection.execute(delete(t.control).where(t.control.c.habilitation == habilitation))
    work.connection.execute(delete(t.journal_detail).where(_detail.habilitation == habilitation))
    work.connection.execute(delete(t.habilitation).where(t.habilitation.c.id == habilitation))
    naming = [] if leaving.stays else _entries_naming(work, partner, leaving)
    _destroy_details(work, naming)
    _tell(work, "D2", partner, habilitation, naming)
    _leave_holds(work, partner, leaving)
    _leave_declared(work, partner, leaving)
    _leave_account(work, person)
    return leaving


def destroy_convention(work: Work, partner: str) -> None:
    """C4: the partner's annexes, contacts and declared addresses, and what stands beside the journal's entries about
    it: the names of who decided go with it (D8). The chain of digests stays. Its persons went before (`kept_back`).
    """
    work.write_journal()
    for table in (t.annexe, t.contact, t.partner_address, t.hold, t.control, t.attestation):
        work.connection.execute(delete(table).where(table.c.partner == partner))
    work.connection.execute(delete(t.notice).where(t.notice.c.partner == partner, t.notice.c.sent_at.is_(None)))
    its_own = _entry.body.contains(f'"partner":"{partner}"', autoescape=True)
    entries = select(_entry.entry).where(its_own, ~or_(*map(_entry.body.contains, _INCIDENT_ACTIONS)))
    work.connection.execute(delete(t.journal_detail).where(_detail.entry.in_(entries)))
    work.connection.execute(delete(t.journal_actor).where(t.journal_actor.c.entry.in_(entries)))
    work.connection.execute(update(t.old_journal).where(t.old_journal.c.partner == partner).values(body=None))
    this_one = update(t.partner).where(t.partner.c.code == partner)
    work.connection.execute(this_one.values(end_reason=None, destroyed_on=work.clock.today()))
    _tell(work, "C4", partner)


class Aged(NamedTuple):
    """What has a term of its own and has passed it: the entries that name contacts replaced since, notices that could
    not be sent, incidents closed, the Caf's own acts that no convention needs any more (D8).
    """

    contacts: tuple[int, ...]
    notices: tuple[int, ...]
    incidents: tuple[int, ...]
    acts: tuple[int, ...]


def aged(connection: Connection, today: date, incidents_before: date) -> Aged:
    """What has passed its term: 1 year for contacts and notices, that day for incidents."""
    year_ago = add_months(today, -12)
    replaced_by: dict[str | None, bool] = {}  # by partner: whether what is newer is older than that
    contacts = []
    asked = select(_entry.entry, _entry.body, _detail.entry).outerjoin(
        t.journal_detail, _detail.entry == _entry.entry
    )
    asked = asked.where(or_(*map(_entry.body.contains, _CONTACT_ACTIONS))).order_by(_entry.entry.desc())
    for number, body, beside in connection.execute(asked):
        facts = Entry(number, body, "", "").facts
        partner, day = facts.get("partner"), day_of(datetime.fromisoformat(facts["at"]))
        if replaced_by.get(partner) and beside is not None:
            contacts.append(number)
        replaced_by[partner] = day < year_ago
    unsent = select(t.notice.c.id).where(t.notice.c.sent_at.is_(None), t.notice.c.created_at < start_of(year_ago))
    closed = select(t.incident.c.id).where(t.incident.c.closed_at < start_of(incidents_before))
    notices, incidents = (tuple(connection.execute(ids).scalars()) for ids in (unsent, closed))
    return Aged(tuple(contacts), notices, incidents, forgetting.own_acts(connection))


def destroy_aged(work: Work, aged: Aged) -> None:
    """Destroys what has passed its term."""
    if aged.contacts or aged.notices:
        _destroy_details(work, aged.contacts)
        work.connection.execute(delete(t.notice).where(t.notice.c.id.in_(aged.notices)))
        _tell(work, "N3", beside=aged.contacts)
    for incident in aged.incidents:
        _destroy_incident(work, incident)
    forgetting.forget(work, aged.acts)


def _destroy_incident(work: Work, incident: int) -> None:
    """With its partners, its persons by number, and what it kept from destruction until it was closed."""
    told = select(_entry.entry, _detail.data).join(t.journal_detail, _detail.entry == _entry.entry)
    entries = work.connection.execute(told.where(or_(*map(_entry.body.contains, _INCIDENT_ACTIONS)))).all()
    its_own = [number for number, data in entries if json.loads(data).get("incident") == incident]
    for table in (t.incident_partner, t.incident_account, t.hold):
        work.connection.execute(delete(table).where(table.c.incident == incident))
    work.connection.execute(delete(t.incident).where(t.incident.c.id == incident))
    _tell(work, "L2", incident=incident)
    forgetting.forget(work, its_own)


def _destroy_details(work: Work, entries: Collection[int]) -> int:
    return work.connection.execute(delete(t.journal_detail).where(_detail.entry.in_(entries))).rowcount


def _tell(
    work: Work,
    rule: str,
    partner: str | None = None,
    habilitation: int | None = None,
    beside: Collection[int] = (),
    **details: Any,
) -> None:
    about = {"partner": partner, "habilitation": habilitation, "rule": rule}
    work.journal("destroyed", **about, beside=beside, details=details)  # type: ignore[arg-type]
    rewrite_due(work)


def _person(habilitation: int) -> Select[Any]:
    of = t.habilitation.c
    columns = (of.id, of.partner, of.account, of.last_name, of.first_names, of.ended_on, t.account.c.email)
    return select(*columns).join(t.account, t.account.c.id == of.account).where(of.id == habilitation)


def _leaving(work: Work, person: Row[Any], staying: Collection[EmailAddress]) -> Leaving:
    """Who goes, by every address that the journal knows of them."""
    told = work.connection.execute(select(_detail.data).where(_detail.habilitation == person.id)).scalars()
    said = (json.loads(data).get(name) for data in told for name in ("email", "old", "new"))
    addresses = frozenset(EmailAddress(address) for address in (person.email, *said) if address)
    return Leaving(Identity(addresses, person.last_name, person.first_names), person.ended_on, staying)


def _entries_naming(work: Work, partner: str, leaving: Leaving) -> list[int]:
    """The entries of the partner, or of none, that are about no habilitation and whose details name the person."""
    identity, data = leaving.identity, _detail.data
    named = [data.icontains(address, autoescape=True) for address in sorted(identity.addresses)]
    named.append(and_(*(data.icontains(n, autoescape=True) for n in (identity.last_name, identity.first_names))))
    asked = select(_entry.entry, _entry.body, data).join(t.journal_detail, _detail.entry == _entry.entry)
    naming = []
    for number, body, details in work.connection.execute(asked.where(_detail.habilitation.is_(None), or_(*named))):
        facts = Entry(number, body, "", "").facts
        is_theirs = facts.get("partner") in (partner, None) and facts.get("action") not in _OF_OTHERS
        if is_theirs and leaving.names(details):
            naming.append(number)
    return naming


def _leave_annexe(work: Work, partner: str, persons: Sequence[Leaving], write: Writer) -> None:
    """The persons leave the check and the decisions of the partner's annexe in force. Where a row is theirs, the
    file, its scan and its e-mail go, and a list of what is left takes their place. An annexe under way stays as the
    partner sent it: it has its own term (A2).
    """
    for annexe in _in_force(work, partner):
        check, decisions, is_listed = leave(persons, annexe.check, annexe.decisions)
        if is_listed:
            name = work.connection.execute(select(t.partner.c.name).where(t.partner.c.code == partner)).scalar_one()
            original = annexe.original_sha256 or annexe.sha256
            list_ = write(name, check, original, work.clock.today())
            check = replace(check, file=list_.name, sha256=list_.sha256)
            _set(work, annexe, check=check, decisions=decisions, original_sha256=original, **_file(work, list_))
            details = {"annexe": annexe.id, "annexe_sha256": list_.sha256, "original_sha256": original}
            work.journal("annexe.replaced", partner=partner, annexe=annexe.id, rule="D2", details=details)
        elif (check, decisions) != (annexe.check, annexe.decisions):
            _set(work, annexe, check=check, decisions=decisions)


def _file(work: Work, list_: Document) -> dict[str, Any]:
    nothing = dict.fromkeys(("source", "source_name", "source_sha256", "sent_by"))
    file = {"file_name": list_.name, "content": list_.content, "sha256": list_.sha256}
    return {**nothing, **file, "replaced_on": work.clock.today()}


def _set(work: Work, annexe: KeptAnnexe, **values: Any) -> None:
    work.connection.execute(update(t.annexe).where(t.annexe.c.id == annexe.id).values(**values))


def _in_force(work: Work, partner: str) -> Iterator[KeptAnnexe]:
    return (a for a in annexes.kept(work.connection, partner) if a.applied_at is not None and not a.is_pending)


def _leave_holds(work: Work, partner: str, leaving: Leaving) -> None:
    """A plan that waits tells the changes of the others. What is over, of the partner or of everybody, and whose
    reason names the person, goes.
    """
    h = t.hold.c
    of_others = h.account.is_(None) & (h.partner.is_(None) | (h.partner == partner))
    over = select(h.id, h.reason, h.release_reason).where(of_others, h.released_at.is_not(None))
    for hold, reason, release_reason in work.connection.execute(over).all():
        if leaving.names(f"{reason}\n{release_reason or ''}"):
            work.connection.execute(delete(t.hold).where(h.id == hold))
    for row in work.connection.execute(select(h.id, h.changes).where(h.partner == partner, h.changes.is_not(None))):
        left = tuple(c for c in row.changes if not any(map(c.is_about, leaving.identity.addresses)))
        if not leaving.stays and left != row.changes:
            work.connection.execute(update(t.hold).where(h.id == row.id).values(changes=left))


def _leave_declared(work: Work, partner: str, leaving: Leaving) -> None:
    """An address that the partner declared for nobody else is declared no more (A7); its record is told anew."""
    declared = select(t.partner_address.c.email).where(t.partner_address.c.partner == partner)
    if leaving.stays or leaving.identity.addresses.isdisjoint(work.connection.execute(declared).scalars()):
        return
    record = partners.all_partners(work.connection)[partner]
    partners.set_record(work, replace(record, addresses=record.addresses - leaving.identity.addresses))


def _leave_account(work: Work, person: Row[Any]) -> None:
    """The account's row goes with its last habilitation. Where another one is left, the journal tells its address of
    that one, and the suspensions that are over go: it was told of this one by whom they were.
    """
    account = person.account
    of = t.habilitation.c
    others = select(of.id, of.partner).where(of.account == account).order_by(of.id)
    if other := work.connection.execute(others).first():
        over = (t.hold.c.account == account) & t.hold.c.released_at.is_not(None)
        work.connection.execute(delete(t.hold).where(over))
        details, about = {"email": person.email}, {"partner": other.partner, "habilitation": other.id}
        work.journal("habilitation.updated", rule="D2", details=details, **about)
        return
    for table in (t.connection_record, t.console_record, t.control, t.hold):
        work.connection.execute(delete(table).where(table.c.account == account))
    work.connection.execute(delete(t.account).where(t.account.c.id == account))
