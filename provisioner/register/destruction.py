"""Destroys, each in one unit of work with its journal entry: an account's data, a habilitation's, a convention's.

An entry `destroyed` names the rule, the partner and the habilitation in the chain itself; `beside`, in the body too,
are the numbers of the other entries whose details went with it. Where each text of the register stands, whose it is
and what ends it: `personal_data.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from sqlalchemy import delete, select, update

from provisioner.domain.annexe.document import Check, Document
from provisioner.domain.annexe.kept import KeptAnnexe
from provisioner.domain.annexe.leaving import Leaving, leave
from provisioner.domain.hold import HoldKind
from provisioner.domain.journal import Entry, read, texts
from provisioner.domain.notice import Side
from provisioner.domain.people import EmailAddress, Identity, fold
from provisioner.domain.retention import Destruction, Kind
from provisioner.register import (
    annexes,
    attestations,
    connections,
    holds,
    notices,
    partners,
    reviews,
)
from provisioner.register import tables as t
from provisioner.register.journal import ANYBODY
from provisioner.register.mapper import in_parts
from provisioner.register.marks import rewrite_due
from provisioner.register.own_terms import OF_INCIDENTS, destroy_details, tell
from provisioner.register.work import Work

#: What of the row of an account stays until the habilitation's data go too (D2); all else is the account's (D1).
_STAYS = frozenset({"id", "email", "destroyed_on"})

#: What has its own term: contacts are named as such, and an incident names persons by number.
#: The signatory of a confirmed list, or of a document that was asked for, is the partner's as a contact is.
_NAMING_OTHERS = (
    *("partner.contacts", "caf.contacts", "incident.declared", "incident.updated", "incident.closed"),
    *("review.confirmed", "request.asked", "request.answered", "request.withdrawn"),
)

#: Makes the list that takes an annexe's place: of the partner's name, what is left of the check, the digest of the
#: partner's own document, and the day.
Writer = Callable[[str, Check, str, date], Document]

_detail, _entry = t.journal_detail.c, t.journal_entry.c


def destroy_accounts(work: Work, accounts: Collection[int]) -> None:
    """D1: what the register keeps for these accounts alone; their addresses stay with their habilitations, and so
    does a suspension by name, which outlives the account.

    The Keycloak accounts are gone already: no event of them is stored any more. An entry tells it of each
    habilitation: each partner may have asked for a certificate (D3).
    """
    today, account = work.clock.today(), t.account.c
    asked = select(account.id, account.keycloak_id).where(account.id.in_(accounts)).order_by(account.id)
    ids: dict[int, str | None] = {row.id: row.keycloak_id for row in work.connection.execute(asked)}
    connections.forget(work, ids)
    work.connection.execute(delete(t.control).where(t.control.c.account.in_(ids)))
    quarantine = t.hold.c.account.in_(ids) & (t.hold.c.kind == HoldKind.QUARANTINE)
    work.connection.execute(delete(t.hold).where(quarantine))
    told: dict[str, int] = {}
    for number, habilitations in _through(work, ids).items():
        for habilitation, partner in sorted(habilitations.items()):
            entry = tell(work, "D1", partner, habilitation)
        if (keycloak_id := ids[number]) is not None:
            told[keycloak_id] = entry
    connections.note_destroyed(work, told)
    emptied = {column.name: None for column in account if column.name not in _STAYS}
    work.connection.execute(update(t.account).where(account.id.in_(ids)).values(**emptied, destroyed_on=today))


def _through(work: Work, accounts: Collection[int]) -> dict[int, dict[int, str]]:
    """By account, the partner of each habilitation that it served, by number: those that are there, and those that
    went earlier (D2, a clock of their own) and are in a request for a certificate.
    """
    of, through = t.habilitation.c, attestations.requested_of(work.connection, accounts)
    for row in work.connection.execute(select(of.id, of.partner, of.account).where(of.account.in_(accounts))):
        through.setdefault(row.account, {})[row.id] = row.partner
    return through


def destroy_unknown_account(work: Work, keycloak_id: str, partner: str | None) -> None:
    """D1 for an account that the register does not know, as it was put back from a copy that is older: its id stays,
    and nothing else was there. The Keycloak account is gone already.
    """
    connections.note_destroyed(work, {keycloak_id: tell(work, "D1", partner)})


def kept_back(work: Work, due: Iterable[Destruction | None]) -> Iterator[Destruction]:
    """Those that may not go after all, as the register stands in this unit of work: a hold of since the plan touches
    them (D7), or what goes first is still there. A habilitation never goes before its account, unless that serves an
    access that is not closed (D1, D2); a convention never before its last habilitation. An account that Keycloak has
    lost is recorded whatever happens.
    """
    waiting = [d for d in due if d is not None and d.kind is not Kind.ACCOUNT]
    kept = holds.kept_from_destruction(work.connection)
    of, account = t.habilitation.c, t.account.c
    remains = (account.keycloak_id.is_not(None) & account.destroyed_on.is_(None)).label("remains")
    asked = select(of.partner, of.account, of.closed_at, remains).join(t.account, account.id == of.account)
    concerned = of.account.in_({d.account for d in waiting}) | of.partner.in_({d.partner for d in waiting})
    rows = work.connection.execute(asked.where(concerned)).all()
    of_partner: dict[str, set[int]] = {}
    for row in rows:
        of_partner.setdefault(row.partner, set()).add(row.account)
    serving = {row.account for row in rows if row.closed_at is None}
    due_first = {row.account for row in rows if row.remains} - serving
    for destruction in waiting:
        accounts = of_partner.get(destruction.partner, set())
        is_early = bool(accounts) if destruction.kind is Kind.CONVENTION else destruction.account in due_first
        if is_early or kept.touches({*accounts, destruction.account}, destruction.partners):
            yield destruction


def destroy_habilitations(work: Work, habilitations: Collection[int], partner: str, write: Writer) -> None:
    """D2: each person's name, function, address and dates, and the account's row with its last habilitation.

    Other texts of the partner name the persons too: the annexe that is kept and what was decided beside it, a plan
    that a limit holds, a declared address, details of the journal. They leave them, once for all of the persons.
    `write` makes the list that takes the annexe's place.
    """
    work.write_journal()
    persons = _persons(work, habilitations, partner)
    if not persons:
        return
    for table, column in (
        (t.invitation, t.invitation.c.habilitation),
        (t.control, t.control.c.habilitation),
        (t.journal_detail, _detail.habilitation),
        (t.habilitation, t.habilitation.c.id),
    ):
        work.connection.execute(delete(table).where(column.in_(persons)))
    reviews.destroy_documents(work, partner, "D2")
    reviews.destroy_proofs(work, partner, persons)
    for kind in notices.WITH_FORM:  # one that has not left names them too; the next one does not
        notices.withdraw(work, kind, partner, side=Side.PARTNER)
    may_name, all_naming = _may_name(work, partner), set[int]()
    for habilitation, (_, leaving) in persons.items():
        naming = [entry for entry, said in may_name.items() if any(map(leaving.names, said))]
        for entry in naming:
            del may_name[entry]
        all_naming.update(naming)
        tell(work, "D2", partner, habilitation, naming)
    destroy_details(work, all_naming)
    leavings = [leaving for _, leaving in persons.values()]
    _leave_holds(work, partner, leavings)
    _leave_declared(work, partner, leavings)
    _leave_accounts(work, dict(account for account, _ in persons.values()))
    leave_annexe(work, partner, leavings, write)


def leave_annexe(work: Work, partner: str, persons: Sequence[Leaving], write: Writer) -> None:
    """The persons leave the check and the decisions of the partner's annexe in force. Where a row is theirs, the
    file, its scan and its e-mail go, and a list of what is left takes their place. An annexe under way stays as the
    partner sent it: it has its own term (A2).
    """
    for annexe in filter(lambda annexe: annexe.is_in_force, annexes.kept(work.connection, partner)):
        check, decisions, is_listed = leave(persons, annexe.check, annexe.decisions)
        if is_listed:
            name = work.connection.execute(select(t.partner.c.name).where(t.partner.c.code == partner)).scalar_one()
            original = annexe.original_sha256 or annexe.sha256
            list_ = write(name, check, original, work.clock.today())
            check = replace(check, file=list_.name, sha256=list_.sha256)
            _set(work, annexe, check=check, decisions=decisions, original_sha256=original, **_file(work, list_))
            details = {"annexe": annexe.id, "annexe_sha256": list_.sha256, "original_sha256": original}
            work.journal("annexe.replaced", partner=partner, annexe=annexe.id, rule="D2", details=details)
            rewrite_due(work)
        elif (check, decisions) != (annexe.check, annexe.decisions):
            _set(work, annexe, check=check, decisions=decisions)


def destroy_convention(work: Work, partner: str) -> None:
    """C4: the partner's annexes, reviews, contacts and declared addresses, the documents that it was asked for (C5),
    and what stands beside the journal's entries about it: the names of who decided go with it (D8). The chain of
    digests stays. Its persons went before (`kept_back`).
    """
    work.write_journal()
    its_own_tables = (t.annexe, t.contact, t.partner_address, t.hold, t.control, t.attestation)
    for table in (*its_own_tables, t.asked_document, t.review):
        work.connection.execute(delete(table).where(table.c.partner == partner))
    notices.forget(work, t.notice.c.partner == partner)
    actor = t.journal_actor.c
    its_own = (
        select(actor.entry)
        .where(actor.partner == partner)
        .union(select(_detail.entry).where(_detail.may_name == partner))
    )
    entries = work.connection.execute(select(_entry.entry).where(_entry.entry.in_(its_own), ~OF_INCIDENTS)).scalars()
    for part in in_parts(entries):
        for table in (t.journal_detail, t.journal_actor):
            work.connection.execute(delete(table).where(table.c.entry.in_(part)))
    work.connection.execute(update(t.old_journal).where(t.old_journal.c.partner == partner).values(body=None))
    this_one = update(t.partner).where(t.partner.c.code == partner)
    work.connection.execute(this_one.values(end_reason=None, destroyed_on=work.clock.today()))
    tell(work, "C4", partner)


def _persons(
    work: Work, habilitations: Collection[int], partner: str
) -> dict[int, tuple[tuple[int, EmailAddress], Leaving]]:
    """Who goes, by habilitation: the account with its address, and every address and name that the journal knows of
    them.
    """
    of, account = t.habilitation.c, t.account.c
    columns = (of.id, of.account, of.last_name, of.first_names, of.ended_on, account.email)
    asked = select(*columns).join(t.account, account.id == of.account).where(of.partner == partner).order_by(of.id)
    rows = work.connection.execute(asked).all()
    staying = frozenset(row.email for row in rows if row.id not in habilitations)
    addresses: dict[int, set[EmailAddress]] = {row.id: {row.email} for row in rows if row.id in habilitations}
    former: dict[int, set[tuple[str, str]]] = {habilitation: set() for habilitation in addresses}
    told = select(_detail.habilitation, _detail.data).where(_detail.habilitation.in_(addresses))
    for habilitation, data in work.connection.execute(told):
        said = read(data)
        addresses[habilitation].update(said[name] for name in ("email", "old", "new") if said.get(name))
        if said.get("last_name") and said.get("first_names"):
            former[habilitation].add((said["last_name"], said["first_names"]))
    return {
        row.id: (
            (row.account, row.email),
            Leaving(
                Identity(frozenset(addresses[row.id]), row.last_name, row.first_names, frozenset(former[row.id])),
                row.ended_on,
                staying,
            ),
        )
        for row in rows
        if row.id in addresses
    }


def _may_name(work: Work, partner: str) -> dict[int, tuple[str, ...]]:
    """What may name a person of the partner: by entry about no habilitation, the texts beside it, folded. They are
    judged here: SQL knows no accents, and SQLite no capitals but those without.
    """
    asked = select(_entry.entry, _entry.body, _detail.data).join(t.journal_detail, _detail.entry == _entry.entry)
    rows = work.connection.execute(asked.where(_detail.may_name.in_([partner, ANYBODY])))
    return {
        number: tuple(map(fold, texts(data)))
        for number, body, data in rows
        if Entry(number, body, "", "").facts.get("action") not in _NAMING_OTHERS
    }


def _file(work: Work, list_: Document) -> dict[str, Any]:
    nothing = dict.fromkeys(("source", "source_name", "source_sha256", "sent_by"))
    file = {"file_name": list_.name, "content": list_.content, "sha256": list_.sha256}
    return {**nothing, **file, "replaced_on": work.clock.today()}


def _set(work: Work, annexe: KeptAnnexe, **values: Any) -> None:
    work.connection.execute(update(t.annexe).where(t.annexe.c.id == annexe.id).values(**values))


def _leave_holds(work: Work, partner: str, leavings: Sequence[Leaving]) -> None:
    """A plan that waits tells the changes of the others. What is over, of the partner or of everybody, and whose
    reason names one of the persons, goes.
    """
    h = t.hold.c
    of_others = h.account.is_(None) & (h.partner.is_(None) | (h.partner == partner))
    over = select(h.id, h.reason, h.release_reason).where(of_others, h.released_at.is_not(None))
    for hold, reason, release_reason in work.connection.execute(over).all():
        said = f"{reason}\n{release_reason or ''}"
        if any(leaving.names(said) for leaving in leavings):
            work.connection.execute(delete(t.hold).where(h.id == hold))
    leaving_addresses = _addresses(leavings)
    waiting = select(h.id, h.changes).where(h.partner.is_(None) | (h.partner == partner), h.changes.is_not(None))
    for row in work.connection.execute(waiting).all():
        remaining = tuple(change for change in row.changes if not any(map(change.is_about, leaving_addresses)))
        if remaining != row.changes:
            work.connection.execute(update(t.hold).where(h.id == row.id).values(changes=remaining))


def _leave_declared(work: Work, partner: str, leavings: Sequence[Leaving]) -> None:
    """An address that the partner declared for nobody else is declared no more (A7); its record is told anew."""
    declared = select(t.partner_address.c.email).where(t.partner_address.c.partner == partner)
    leaving_addresses = _addresses(leavings)
    if leaving_addresses.isdisjoint(work.connection.execute(declared).scalars()):
        return
    record = partners.all_partners(work.connection)[partner]
    partners.set_record(work, replace(record, addresses=record.addresses - leaving_addresses))


def _addresses(leavings: Iterable[Leaving]) -> frozenset[EmailAddress]:
    """Of those who have nothing more at the partner."""
    return frozenset(address for leaving in leavings if not leaving.stays for address in leaving.identity.addresses)


def _leave_accounts(work: Work, emails: Mapping[int, EmailAddress]) -> None:
    """An account's row goes with its last habilitation. Where another one is left, the journal tells its address of
    that one, and the suspensions that are over go: it was told of this one by whom they were.
    """
    of = t.habilitation.c
    asked = select(of.id, of.partner, of.account).where(of.account.in_(emails)).order_by(of.id.desc())
    others = {row.account: row for row in work.connection.execute(asked)}
    over = t.hold.c.account.in_(others) & t.hold.c.released_at.is_not(None)
    work.connection.execute(delete(t.hold).where(over))
    for account, other in sorted(others.items()):
        details, about = {"email": emails[account]}, {"partner": other.partner, "habilitation": other.id}
        work.journal("habilitation.updated", rule="D2", details=details, **about)
    last = emails.keys() - others.keys()
    for table in (t.connection_record, t.console_record, t.control, t.hold):
        work.connection.execute(delete(table).where(table.c.account.in_(last)))
    work.connection.execute(delete(t.account).where(t.account.c.id.in_(last)))
