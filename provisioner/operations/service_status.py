"""How the service stands: what `status` and the metrics tell. The database counts, so that a scrape reads nobody."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import Connection

from provisioner.domain.access.habilitation import State
from provisioner.domain.access.invitations import leading, open_invitations
from provisioner.domain.annexe.kept import KeptAnnexe, Status
from provisioner.domain.connections.control import ControlState, Severity
from provisioner.domain.hold import Hold, HoldKind
from provisioner.domain.records import Records, Scope
from provisioner.domain.review import due_day
from provisioner.register import Register, annexes, controls, counts, holds
from provisioner.register.accesses import accesses_of
from provisioner.register.database import read_records
from provisioner.register.incidents import all_incidents
from provisioner.register.marks import JOURNAL_WANTING, LAST_GOOD_SYNC, mark
from provisioner.register.partners import all_partners, count_of_partners

#: A review of which it is sure that the next one is not late yet: 12 months are no shorter.
_YEAR = timedelta(days=365)


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceStatus:
    """How things are. `accounts` is how many there are in each state. `waiting` are the annexes that somebody has to
    decide upon or that the next `sync` applies. `controls` is how many findings of the connection controls nobody has
    looked at, `controls_grave` those that are grave. `incidents_open` is how many incidents nobody has closed,
    `late_reviews` how many partners are late with their yearly review. `journal` is what its last verification found
    wanting.
    """

    last_good_sync: datetime | None
    partners: int
    open: int
    accounts: Mapping[State, int]
    waiting: tuple[KeptAnnexe, ...]
    holds: tuple[Hold, ...]
    invitations_owed: int
    invitations_uncertain: int
    controls: int
    controls_grave: int
    incidents_open: int
    late_reviews: int
    journal: str | None = None

    @property
    def quarantines(self) -> tuple[Hold, ...]:
        """Those of the holds that are tried again by themselves."""
        return tuple(hold for hold in self.holds if hold.kind is HoldKind.QUARANTINE)


def service_status(register: Register) -> ServiceStatus:
    """What the register alone can say."""
    today = register.clock.today()
    with register.read() as connection:
        last = mark(connection, LAST_GOOD_SYNC)
        raised = {key: count for key, count in controls.counts(connection).items() if key[2] is ControlState.RAISED}
        return ServiceStatus(
            last_good_sync=datetime.fromisoformat(last) if last else None,
            partners=count_of_partners(connection),
            open=counts.open_accesses(connection),
            accounts=counts.accounts_by_state(connection),
            waiting=tuple(annexe for annexe in annexes.under_way(connection) if _waits(annexe)),
            holds=tuple(hold for hold in holds.kept(connection) if hold.waits_on(today)),
            invitations_owed=counts.links_owed(connection),
            invitations_uncertain=_uncertain(connection),
            controls=sum(raised.values()),
            controls_grave=sum(count for (_, severity, _), count in raised.items() if severity is Severity.GRAVE),
            incidents_open=sum(incident.is_open for incident in all_incidents(connection)),
            late_reviews=_late_reviews(connection, today),
            journal=mark(connection, JOURNAL_WANTING) or None,
        )


def held_records(register: Register) -> Records:
    """What waits, and of the register those persons and partners alone that it is about."""
    with register.read() as connection:
        kept = holds.kept(connection)
        partners = frozenset(hold.partner for hold in kept if hold.partner is not None)
        emails = frozenset(hold.email for hold in kept if hold.email is not None)
        return read_records(connection, Scope(partners, emails))


def _waits(annexe: KeptAnnexe) -> bool:
    return annexe.is_pending or annexe.status in (Status.CHECKED, Status.APPROVED)


def _uncertain(connection: Connection) -> int:
    """The accounts of which nobody can know whether the last link left: few are so, and each is judged."""
    records = accesses_of(connection, counts.accounts_with_uncertain(connection))
    return sum(invitation.is_uncertain for invitation in leading(open_invitations(records)))


def _late_reviews(connection: Connection, today: date) -> int:
    """The partners whose review should have been done, of those that were not reviewed for a year."""
    reviewed = counts.reviewed_before(connection, today - _YEAR)
    partners = all_partners(connection, reviewed)
    due = (due_day(partners[code], settled_on, today) for code, settled_on in reviewed.items())
    return sum(day is not None and day < today for day in due)
