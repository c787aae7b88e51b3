"""The work itself: how near each limit is, what is held, what waits; counts and partners' codes only."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import datetime

from provisioner.clock import Clock
from provisioner.documents.mailboxes import load_mailbox_rules
from provisioner.domain.access.account import Snapshot
from provisioner.domain.access.habilitation import State
from provisioner.domain.access.plan import Plan, make_plan, unknown_of_ours
from provisioner.domain.calendar import day_of
from provisioner.domain.gates import Limits, closures_distance, partners_distance
from provisioner.domain.hold import HoldKind
from provisioner.domain.records import Records
from provisioner.keycloak.directory import Directory
from provisioner.operations.doctor.lines import Line, attention, ok, wanting
from provisioner.operations.looking import look
from provisioner.operations.sending import waiting
from provisioner.register import Register
from provisioner.register.marks import LAST_GOOD_SYNC, mark
from provisioner.register.partners import contacts_by_partner, contacts_of
from provisioner.settings import Settings

#: What ends a hold, where it is not the release of a plan.
_TO_GO_ON = {HoldKind.PAUSE: "`provisioner resume`", HoldKind.QUARANTINE: "`provisioner sync`"}

_STALE_HOURS = 26


def due(records: Records, settings: Settings, clock: Clock) -> tuple[Snapshot, Plan]:
    """Keycloak as it is, proven whole, and what the next `sync` would do, approved annexes apart.

    Raises:
        KeycloakError: it refuses, does not answer, or the read is not whole.
    """
    directory = Directory(settings.keycloak, read_only=True)
    try:
        snapshot = look(records, directory, sorted(records.partners))
    finally:
        directory.close()
    plan = make_plan(records, snapshot, clock.now(), sorted(records.partners), limits_of(settings))
    return snapshot, plan


def limits_of(settings: Settings) -> Limits:
    """The limits that are set."""
    return Limits(settings.limits.closures, settings.limits.closures_percent)


def account_lines(records: Records, snapshot: Snapshot, plan: Plan) -> Iterator[Line]:
    """What Keycloak has beside what the register says."""
    is_open = sum(one.state is State.OPEN for one in records.habilitations)
    counts = f"{len(snapshot.accounts)} accounts read; {is_open} accesses open; {len(plan.changes)} changes due."
    yield ok("accounts", counts)
    for kind, count in sorted(Counter(one.kind for one in plan.drift).items()):
        todo = "Who: `provisioner plan`. What becomes of it: docs/safety.md."
        yield attention("drift", f"{kind}: {count}.", todo)
    if count := len(unknown_of_ours(records, snapshot)):
        yield attention(
            "forgotten-accounts",
            f"Accounts that bear our mark and that the register does not know: {count}.",
            "Was an older register put back? Then apply again what came since: docs/backup.md.",
        )


def limit_lines(records: Records, settings: Settings, now: datetime) -> Iterator[Line]:
    """Today's distance to each limit: the ends that annexes brought within 24 hours, of what they may bring."""
    for code in sorted(records.partners):
        at = closures_distance(records, code, now, limits_of(settings))
        found = f"{code}: {at.figure} closures of {at.allowed} allowed within 24 hours."
        if at.figure > at.allowed:
            todo = "The next annexe that ends an access is held: `provisioner plan FILE`, then `held release`."
            yield attention("limit-closures", found, todo, partner=code)
        else:
            yield ok("limit-closures", found, partner=code)
    at = partners_distance(records, now)
    found = f"Annexes of {at.figure} partners ended accesses within 24 hours; those of {at.allowed} may in one run."
    yield ok("limit-partners", found)


def hold_lines(records: Records, now: datetime) -> Iterator[Line]:
    """What waits for a named person, and since when."""
    held = [one for one in records.holds_on(day_of(now)) if one.kind is not HoldKind.SUSPENSION]
    for one in held:
        whose = one.partner or "every partner"
        found = f"{one.kind} of {whose} for {(now - one.since).days} days."
        todo = _TO_GO_ON.get(one.kind, f"`held release {one.plan_id}`")
        yield attention("held", found, f"Look: `provisioner held list`; then {todo}.", partner=one.partner)
    if not held:
        yield ok("held", "No plan is held, nothing is paused.")
    yield ok("suspended", f"{len(records.suspended)} persons are suspended by name.")


def waiting_lines(register: Register, now: datetime) -> Iterator[Line]:
    """The last good sync, and notices that have not left."""
    with register.read() as connection:
        good = mark(connection, LAST_GOOD_SYNC)
    last = datetime.fromisoformat(good) if good else None
    todo = "`provisioner sync`, or see that `provisioner serve` runs."
    if last is None:
        yield attention("last-sync", "No sync of everything has ended well yet.", todo)
    else:
        hours = (now - last).total_seconds() / 3600
        found = f"The last sync in which nothing failed was {max(0.0, hours):.0f} hours ago."
        yield attention("last-sync", found, todo) if hours > _STALE_HOURS else ok("last-sync", found)
    if count := waiting(register).waiting:
        todo = "`provisioner sync` tries them again at once; their last error is in the log."
        yield attention("outbox", f"{count} notices have not left.", todo)
    else:
        yield ok("outbox", "No notice waits.")


def contact_lines(register: Register, records: Records) -> Iterator[Line]:
    """Whom notices would go to."""
    with register.read() as connection:
        known, caf = contacts_by_partner(connection), contacts_of(connection, None)
    without = [code for code in sorted(records.partners) if code not in known]
    for code in without:
        todo = f"`provisioner partner contacts {code} …` with its annexe 2."
        yield attention("contacts", f"{code} has no contact: nobody there is told anything.", todo, partner=code)
    if caf is None:
        todo = "`provisioner caf contacts …` with annexe 3."
        yield attention("contacts", "The Caf has no contact: nobody is told of a held plan.", todo)
    if not without and caf is not None:
        yield ok("contacts", "Every partner and the Caf have theirs.")


def declared_lines(records: Records, settings: Settings) -> Iterator[Line]:
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
                partner=code,
            )
