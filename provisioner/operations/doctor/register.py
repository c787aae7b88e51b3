"""The register: reachable, of this version, its journal whole; and the work that it tells of.

Counts and partners' codes only.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path

from sqlalchemy import text

from provisioner.documents.addresses import load_mailbox_rules
from provisioner.domain.calendar import day_of
from provisioner.domain.dropped_file import is_passing
from provisioner.domain.gates import Limits, closures_distance, partners_distance
from provisioner.domain.hold import HoldKind
from provisioner.domain.records import Records
from provisioner.operations.doctor.lines import DoctorLine, Level, attention, judged, ok, wanting
from provisioner.operations.folders import Folders
from provisioner.operations.journal import verify_journal
from provisioner.operations.notice_delivery import waiting
from provisioner.register import Register, dropped_files, lock_holder
from provisioner.register.engine import REVISION, revision
from provisioner.register.marks import LAST_GOOD_SYNC, mark
from provisioner.register.partners import contacts_by_partner, contacts_of
from provisioner.settings import Settings

#: What ends a hold, where it is not the release of a plan.
_TO_GO_ON = {HoldKind.PAUSE: "`provisioner resume`", HoldKind.QUARANTINE: "`provisioner sync`"}

_STALE_SYNC_HOURS, _STALE_FILE_HOURS = 26, 1


def database_lines(register: Register, settings: Settings) -> Iterator[DoctorLine]:
    """The database itself.

    Raises:
        RegisterUnavailable: it cannot be read.
    """
    yield ok("database", f"The register can be read ({_engine_name(register)}).")
    at = revision(register.engine) or ""
    found = f"The register is at revision {at}, this version uses {REVISION}."
    if at > REVISION:
        yield wanting("revision", found, "Use the version of the software that made it, or a newer one.")
    elif at < REVISION:
        todo = "Back it up (`provisioner backup`); any other command brings it to this version."
        yield attention("revision", found, todo)
    else:
        yield ok("revision", f"{at}, as this version needs.")
    check = verify_journal(register)
    well = f"{check.entries} entries verify. Head: {check.head}"
    ill = f"The journal does not verify: entry {check.bad.entry} ({check.bad.problem})." if check.bad else ""
    yield judged("journal", not ill, well, ill, "Keep everything as it is and find out: docs/journal.md.")
    holder = lock_holder(register, settings)
    yield ok("lock", f"A run is under way: {holder}." if holder else "No run is under way.")


def is_current(register: Register) -> bool:
    """Whether this version of the software can read all of it."""
    return revision(register.engine) == REVISION


def _engine_name(register: Register) -> str:
    if register.engine.dialect.name == "sqlite":
        # Its corruption around a reset of the WAL, 3.7.0 to 3.51.2, needs a WAL: this register has none.
        return f"SQLite {sqlite3.sqlite_version}, rollback journal"
    with register.read() as connection:
        return f"PostgreSQL {connection.execute(text('SHOW server_version')).scalar()}"


def work_lines(register: Register, records: Records, settings: Settings, now: datetime) -> Iterator[DoctorLine]:
    """How near each limit is, what is held, what waits, who cannot be told."""
    yield from limit_lines(records, settings, now)
    yield from hold_lines(records, now)
    yield from waiting_lines(register, now)
    yield from folder_lines(settings, register, now)
    yield from declared_lines(records, settings)
    yield from contact_lines(register, records)


def limits_of(settings: Settings) -> Limits:
    """The limits that are set."""
    return Limits(settings.limits.closures, settings.limits.closures_percent)


def limit_lines(records: Records, settings: Settings, now: datetime) -> Iterator[DoctorLine]:
    """Today's distance to each limit: the ends that annexes brought within 24 hours, of what they may bring."""
    for code in sorted(records.partners):
        distance = closures_distance(records, code, now, limits_of(settings))
        is_well = distance.figure <= distance.allowed
        found = f"{code}: {distance.figure} closures of {distance.allowed} allowed within 24 hours."
        todo = "The next annexe that ends an access is held: `provisioner plan FILE`, then `held release`."
        yield judged("limit-closures", is_well, found, found, todo, level=Level.ATTENTION, partner=code)
    distance = partners_distance(records, now)
    found = f"Annexes of {distance.figure} partners ended accesses within 24 hours; those of {distance.allowed} may"
    yield ok("limit-partners", f"{found} in one run.")


def hold_lines(records: Records, now: datetime) -> Iterator[DoctorLine]:
    """What waits for a named person, and since when."""
    holds = [hold for hold in records.holds_on(day_of(now)) if hold.kind is not HoldKind.SUSPENSION]
    for hold in holds:
        found = f"{hold.kind} of {hold.partner or 'every partner'} for {(now - hold.since).days} days."
        todo = _TO_GO_ON.get(hold.kind, f"`held release {hold.plan_id}`")
        yield attention("held", found, f"Look: `provisioner held list`; then {todo}.", hold.partner)
    if not holds:
        yield ok("held", "No plan is held, nothing is paused.")
    yield ok("suspended", f"{len(records.suspended)} persons are suspended by name.")


def waiting_lines(register: Register, now: datetime) -> Iterator[DoctorLine]:
    """The last good sync, and notices that have not left."""
    with register.read() as connection:
        last_good = mark(connection, LAST_GOOD_SYNC)
    found, hours = "No sync of everything has ended well yet.", float("inf")
    if last_good is not None:
        hours = (now - datetime.fromisoformat(last_good)).total_seconds() / 3600
        found = f"The last sync in which nothing failed was {max(0.0, hours):.0f} hours ago."
    todo = "`provisioner sync`, or see that `provisioner serve` runs."
    yield judged("last-sync", hours <= _STALE_SYNC_HOURS, found, found, todo, level=Level.ATTENTION)
    count, todo = waiting(register).waiting, "`provisioner sync` tries them again; their last error is in the log."
    ill = f"{count} notices have not left."
    yield judged("outbox", count == 0, "No notice waits.", ill, todo, level=Level.ATTENTION)


def folder_lines(settings: Settings, register: Register, now: datetime) -> Iterator[DoctorLine]:
    """Whether each drop folder can be used, and since when the oldest file waits."""
    root = Folders(settings.data_dir)
    if not os.access(root.inbox, os.F_OK):
        yield ok("inbox", "There is no drop folder yet; `provisioner serve` makes it.")
        return
    folders = [folder for folder in (root.inbox, root.outbox, root.refused) if folder.is_dir()]
    for top in filter(_can_be_used, tuple(folders)):
        folders += [folder for folder in top.iterdir() if folder.is_dir() and not is_passing(folder.name)]
    closed = sorted(str(folder.relative_to(root.root)) for folder in folders if not _can_be_used(folder))
    if closed:
        found = f"Not to be used by this user: {', '.join(closed)}."
        yield wanting("inbox", found, "Let it read and write there: docs/service.md.")
        return
    with register.read() as connection:
        seen_at = [file.seen_at for file in dropped_files.known(connection) if file.key]
    hours = (now - min(seen_at, default=now)).total_seconds() / 3600
    found = f"{len(seen_at)} files wait in the drop folder, the oldest for {max(0.0, hours):.0f} hours."
    todo = "Is `provisioner serve` running? `/health/ready` says which jobs fail."
    yield judged("inbox", hours <= _STALE_FILE_HOURS, found, found, todo, level=Level.ATTENTION)


def _can_be_used(folder: Path) -> bool:
    return os.access(folder, os.R_OK | os.W_OK | os.X_OK)


def declared_lines(records: Records, settings: Settings) -> Iterator[DoctorLine]:
    """A7: consumer domains that a register made before 0.3 may hold, as if they were a partner's own."""
    mailboxes = load_mailbox_rules(settings.documents)
    for code, partner in records.partners.items():
        consumer = sorted(filter(mailboxes.is_consumer_domain, partner.domains))
        if consumer:
            own = [f"--domain {domain}" for domain in sorted(partner.domains.difference(consumer))] or ["--no-domain"]
            command = f"provisioner partner set {code} {' '.join(own)} --address EMAIL… --by NAME"
            yield wanting(
                "declared-domains",
                f"{code} declares {', '.join(consumer)}, where anybody can have an address. "
                "The accesses open there stay, no new one is admitted.",
                f"Declare each person's exact address instead: `{command}`.",
                code,
            )


def contact_lines(register: Register, records: Records) -> Iterator[DoctorLine]:
    """Whom notices would go to."""
    with register.read() as connection:
        by_partner, caf = contacts_by_partner(connection), contacts_of(connection, None)
    without = [code for code in sorted(records.partners) if code not in by_partner]
    for code in without:
        todo = f"`provisioner partner contacts {code} …` with its annexe 2."
        yield attention("contacts", f"{code} has no contact: nobody there is told anything.", todo, code)
    if caf is None:
        todo = "`provisioner caf contacts …` with annexe 3."
        yield attention("contacts", "The Caf has no contact: nobody is told of a held plan.", todo)
    elif not without:
        yield ok("contacts", "Every partner and the Caf have theirs.")
