"""The register: reachable, of this version, its journal whole; and the work that it tells of.

Counts and partners' codes only.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from pathlib import Path

from sqlalchemy import text

from provisioner.documents.addresses import load_mailbox_rules
from provisioner.domain.calendar import day_of
from provisioner.domain.connections.record import Stream
from provisioner.domain.convention import Role
from provisioner.domain.dropped_file import is_passing
from provisioner.domain.gates import closures_distance, destructions_distance, partners_distance
from provisioner.domain.hold import HoldKind
from provisioner.domain.records import Records
from provisioner.domain.retention import due
from provisioner.operations import caf_review
from provisioner.operations.context import limits_of
from provisioner.operations.doctor.lines import DoctorLine, Level, attention, judged, ok, wanting
from provisioner.operations.folders import Folders
from provisioner.operations.incidents import known_incidents
from provisioner.operations.journal import verify_journal
from provisioner.operations.reviews import all_standings
from provisioner.register import Register, connections, dropped_files, holds, lock_holder, notices
from provisioner.register.engine import REVISION, revision
from provisioner.register.marks import LAST_GOOD_SYNC, mark
from provisioner.register.partners import contacts_by_partner, contacts_of
from provisioner.register.requests import all_requests
from provisioner.settings import Settings
from provisioner.views import hints
from provisioner.views.dates import french_date
from provisioner.views.doctor import Found, Todo
from provisioner.views.holds import KINDS
from provisioner.views.incidents import delay_words
from provisioner.views.sentences import counted

_STALE_SYNC_HOURS, _STALE_FILE_HOURS = 26, 1


def database_lines(register: Register, settings: Settings) -> Iterator[DoctorLine]:
    """The database itself."""
    yield ok("database", Found.DATABASE.of(engine=_engine_name(register)))
    at = revision(register.engine) or ""
    found = Found.OTHER_REVISION.of(found=at, ours=REVISION)
    if at > REVISION:
        yield wanting("revision", found, Todo.NEWER_VERSION)
    elif at < REVISION:
        yield attention("revision", found, Todo.BACK_UP)
    else:
        yield ok("revision", Found.REVISION.of(found=at))
    check = verify_journal(register)
    well = Found.JOURNAL.of(count=check.entries, head=check.head)
    ill = Found.JOURNAL_WANTING.of(entry=check.bad.entry, problem=check.bad.problem) if check.bad else ""
    yield judged("journal", not ill, well, ill, Todo.KEEP_JOURNAL)
    holder = lock_holder(register, settings)
    yield ok("lock", Found.LOCKED.of(holder=holder) if holder else Found.NOT_LOCKED)


def is_current(register: Register) -> bool:
    """Whether this version of the software can read all of it."""
    return revision(register.engine) == REVISION


def _engine_name(register: Register) -> str:
    if register.engine.dialect.name == "sqlite":
        # Its corruption around a reset of the WAL, 3.7.0 to 3.51.2, needs a WAL: this register has none.
        return f"SQLite {sqlite3.sqlite_version}"
    with register.read() as connection:
        return f"PostgreSQL {connection.execute(text('SHOW server_version')).scalar()}"


def work_lines(register: Register, records: Records, settings: Settings, now: datetime) -> Iterator[DoctorLine]:
    """How near each limit is, what is held, what waits, who cannot be told."""
    yield from limit_lines(records, settings, now)
    yield from hold_lines(records, now)
    yield from kept_lines(register, day_of(now))
    yield from waiting_lines(register, now)
    yield from folder_lines(settings, register, now)
    yield from declared_lines(records, settings)
    yield from contact_lines(register, records)
    yield from convention_lines(records, day_of(now))
    yield from incident_lines(register, now)
    yield from caf_review_lines(register, day_of(now))
    yield from review_lines(register)
    yield from request_lines(register, day_of(now))
    yield from reading_lines(register, settings)


def caf_review_lines(register: Register, today: date) -> Iterator[DoctorLine]:
    """Whether the Caf's own review is due, and how many of its lines nobody has signed (V4)."""
    due_on, draft = caf_review.state(register)
    if due_on is None:
        return
    found = Found.CAF_REVIEW.of(on=french_date(due_on))
    late = Found.CAF_REVIEW_LATE.of(
        on=french_date(due_on), days=(today - due_on).days, unsigned=len(draft.unsigned) if draft else "toutes"
    )
    yield judged("caf-review", today <= due_on, found, late, Todo.REVIEW_CAF, level=Level.ATTENTION)


def reading_lines(register: Register, settings: Settings) -> Iterator[DoctorLine]:
    """How old the last reading of Keycloak's events is (L1), by clocks that nobody moved."""
    with register.read() as connection:
        read_until = [connections.coverage(connection, stream).read_until for stream in Stream]
    moments = [at for at in read_until if at is not None]
    if len(moments) < len(read_until):
        yield attention("connections", Found.EVENTS_NEVER_READ, Todo.READ_EVENTS)
        return
    age = register.clock.real_now() - min(moments)
    late = max(timedelta(minutes=15), 10 * timedelta(seconds=settings.connections.pull_seconds))
    minutes = round(age.total_seconds() / 60)
    found, todo = Found.EVENTS_READ.of(minutes=max(minutes, 0)), Todo.READ_EVENTS
    yield judged("connections", age <= late, found, found, todo, level=Level.ATTENTION)


def limit_lines(records: Records, settings: Settings, now: datetime) -> Iterator[DoctorLine]:
    """Today's distance to each limit: the ends that annexes brought within 24 hours, of what they may bring."""
    for code in sorted(records.partners):
        distance = closures_distance(records, code, now, limits_of(settings))
        is_well = distance.figure <= distance.allowed
        found = Found.CLOSURES.of(partner=code, figure=distance.figure, allowed=distance.allowed)
        yield judged("limit-closures", is_well, found, found, Todo.RELEASE, level=Level.ATTENTION, partner=code)
    distance = partners_distance(records, now)
    yield ok("limit-partners", Found.PARTNERS.of(figure=distance.figure, allowed=distance.allowed))
    yield from destruction_lines(records, settings, day_of(now))


def destruction_lines(records: Records, settings: Settings, today: date) -> Iterator[DoctorLine]:
    """How many destructions the day has, of how many it may have, and whether they were announced (D1, D2, C4)."""
    due_now = [d for d in due(records) if d.done_from <= today and not d.is_on_hold]
    distance = destructions_distance(records, due_now, today, limits_of(settings))
    found = Found.DESTRUCTIONS.of(figure=distance.figure, allowed=distance.allowed)
    is_well = distance.figure <= distance.allowed
    yield judged("limit-destructions", is_well, found, found, Todo.RELEASE, level=Level.ATTENTION)
    if count := sum(not records.forecast.announced(destruction, today) for destruction in due_now):
        yield attention("destructions", Found.UNANNOUNCED.of(count=count), Todo.SYNC_DESTROYS)


def kept_lines(register: Register, today: date) -> Iterator[DoctorLine]:
    """What a hold keeps from destruction, and whether somebody was to look at it again (D7)."""
    with register.read() as connection:
        kept = holds.kept(connection, HoldKind.RETENTION)
    overdue = [hold for hold in kept if hold.is_over_on(today)]
    for hold in overdue:
        found = Found.KEPT_OVERDUE.of(number=hold.id, on=french_date(hold.until or today))
        yield wanting("retention-hold", found, Todo.LOOK_AT_KEPT.of(number=hold.id))
    if not overdue:
        yield ok("retention-hold", Found.KEPT.of(count=len(kept)))


def hold_lines(records: Records, now: datetime) -> Iterator[DoctorLine]:
    """What waits for a named person, and since when."""
    holds = [hold for hold in records.holds_on(day_of(now)) if hold.kind is not HoldKind.SUSPENSION]
    for hold in holds:
        nobodys = "destructions" if hold.plan_id else "tous les partenaires"
        whose, days = hold.partner or nobodys, (now - hold.since).days
        found = Found.HELD.of(kind=KINDS[hold.kind].capitalize(), whose=whose, days=days)
        command = hints.to_go_on(hold)
        yield attention("held", found, Todo.LOOK_AT_HELD.of(command=command), hold.partner)
    if not holds:
        yield ok("held", Found.NOTHING_HELD)
    yield ok("suspended", Found.SUSPENDED.of(count=len(records.suspended)))


def waiting_lines(register: Register, now: datetime) -> Iterator[DoctorLine]:
    """The last good sync, and notices that have not left."""
    with register.read() as connection:
        last_good = mark(connection, LAST_GOOD_SYNC)
    found, hours = str(Found.NO_SYNC), float("inf")
    if last_good is not None:
        hours = (now - datetime.fromisoformat(last_good)).total_seconds() / 3600
        found = Found.LAST_SYNC.of(hours=f"{max(0.0, hours):.0f}")
    yield judged("last-sync", hours <= _STALE_SYNC_HOURS, found, found, Todo.SYNC_OR_SERVE, level=Level.ATTENTION)
    with register.read() as connection:
        oldest, count = notices.oldest(connection), notices.owed_count(connection)
    if oldest is None:
        yield ok("outbox", Found.NO_NOTICE_WAITS)
        return
    since, error = oldest
    found = Found.NOTICES_FAIL if error else Found.NOTICES_WAIT
    told = found.of(count=count, since=day_of(since), cause=(error or "").rstrip("."))
    yield attention("outbox", told, Todo.SYNC_SENDS)


def folder_lines(settings: Settings, register: Register, now: datetime) -> Iterator[DoctorLine]:
    """Whether each drop folder can be used, and since when the oldest file waits."""
    root = Folders(settings.data_dir)
    if not os.access(root.inbox, os.F_OK):
        yield ok("inbox", Found.NO_INBOX)
        return
    folders = [folder for folder in (root.inbox, root.outbox, root.refused) if folder.is_dir()]
    for top in filter(_can_be_used, tuple(folders)):
        folders += [folder for folder in top.iterdir() if folder.is_dir() and not is_passing(folder.name)]
    closed = sorted(str(folder.relative_to(root.root)) for folder in folders if not _can_be_used(folder))
    if closed:
        yield wanting("inbox", Found.INBOX_CLOSED.of(folders=", ".join(closed)), Todo.OPEN_INBOX)
        return
    with register.read() as connection:
        seen_at = [file.seen_at for file in dropped_files.known(connection) if file.key]
    hours = (now - min(seen_at, default=now)).total_seconds() / 3600
    found = Found.INBOX.of(count=len(seen_at), hours=f"{max(0.0, hours):.0f}")
    yield judged("inbox", hours <= _STALE_FILE_HOURS, found, found, Todo.SERVE_RUNS, level=Level.ATTENTION)


def _can_be_used(folder: Path) -> bool:
    return os.access(folder, os.R_OK | os.W_OK | os.X_OK)


def declared_lines(records: Records, settings: Settings) -> Iterator[DoctorLine]:
    """A7: consumer domains that a register made before 0.3 may hold, as if they were a partner's own."""
    mailboxes = load_mailbox_rules(settings.documents)
    for code, partner in records.partners.items():
        consumer = sorted(filter(mailboxes.is_consumer_domain, partner.domains))
        if consumer:
            own = [f"--domain {domain}" for domain in sorted(partner.domains.difference(consumer))] or ["--no-domain"]
            command = f'provisioner partner set {code} {" ".join(own)} --address ADRESSE --by "NOM"'
            yield wanting(
                "declared-domains",
                Found.CONSUMER_DOMAIN.of(partner=code, domains=", ".join(consumer)),
                Todo.DECLARE_ADDRESSES.of(command=command),
                code,
            )


def contact_lines(register: Register, records: Records) -> Iterator[DoctorLine]:
    """Whom notices would go to."""
    with register.read() as connection:
        by_partner, caf = contacts_by_partner(connection), contacts_of(connection, None)
    without = [code for code in sorted(records.partners) if code not in by_partner]
    for code in without:
        todo = Todo.RECORD_CONTACTS.of(partner=code)
        yield attention("contacts", Found.NO_CONTACT.of(partner=code), todo, code)
    if caf is None:
        yield attention("contacts", Found.NO_CAF_CONTACT, Todo.RECORD_CAF_CONTACTS)
    elif not without:
        yield ok("contacts", Found.CONTACTS)
    if caf is not None and not any(contact.role is Role.PROTECTION_DONNEES for contact in caf.people):
        yield attention("contacts", Found.NO_PROTECTION_OFFICER, Todo.RECORD_PROTECTION_OFFICER)


def convention_lines(records: Records, today: date) -> Iterator[DoctorLine]:
    """C1: the conventions in force of which nobody has read in the paper when notice is to be given."""
    unread = [code for code, p in sorted(records.partners.items()) if p.notice_days is None and p.is_active_on(today)]
    found = Found.NO_NOTICE_DAYS.of(partners=", ".join(unread))
    todo = Todo.READ_NOTICE_DAYS
    yield judged("notice-days", not unread, Found.NOTICE_DAYS, found, todo, level=Level.ATTENTION)


def review_lines(register: Register) -> Iterator[DoctorLine]:
    """Who is late with the yearly review (V1, V2)."""
    late = [standing for standing in all_standings(register) if standing.is_late]
    for standing in late:
        partner = standing.partner
        found = Found.REVIEW_LATE.of(partner=partner, days=counted(standing.days_late, "jour"))
        yield attention("review", found, Todo.LOOK_AT_REVIEW.of(partner=partner), partner)
    if not late:
        yield ok("review", Found.NO_REVIEW_LATE)


def request_lines(register: Register, today: date) -> Iterator[DoctorLine]:
    """The documents that were asked of a partner and that are late (art. 2.1, C5)."""
    with register.read() as connection:
        late = [request for request in all_requests(connection) if request.days_late(today)]
    for request in late:
        days = counted(request.days_late(today), "jour")
        found = Found.DOCUMENT_LATE.of(number=request.id, partner=request.partner, days=days)
        yield attention("request", found, Todo.LOOK_AT_REQUEST.of(number=request.id), request.partner)
    if not late:
        yield ok("request", Found.NO_DOCUMENT_LATE)


def incident_lines(register: Register, now: datetime) -> Iterator[DoctorLine]:
    """The incidents that are open, and what is kept for one and is to be looked at again (D7)."""
    known = known_incidents(register, only_open=True)
    for incident in known:
        todo = Todo.LOOK_AT_INCIDENT.of(number=incident.id)
        yield attention("incident", Found.INCIDENT.of(number=incident.id, delay=delay_words(incident, now)), todo)
    if not known:
        yield ok("incident", Found.NO_INCIDENT)
    with register.read() as connection:
        kept = holds.kept(connection, HoldKind.RETENTION)
    today = day_of(now)
    for number in sorted({hold.incident for hold in kept if hold.incident and hold.until and hold.until <= today}):
        yield attention("incident", Found.KEPT_FOR_LONG.of(number=number), Todo.LOOK_AT_INCIDENT.of(number=number))
