"""`connections report`: what the records tell, for the Caf by person and for a partner as counts (D4)."""

from __future__ import annotations

from provisioner.clock import Clock
from provisioner.domain.connections.record import Stream
from provisioner.domain.connections.report import ConnectionReport, Period, report_of
from provisioner.operations.context import decided
from provisioner.operations.partners import partner_of
from provisioner.register import Register
from provisioner.register.connection_counts import counts, suspensions
from provisioner.register.connections import coverage
from provisioner.register.database import read_records
from provisioner.settings import Settings
from provisioner.views.answers.connection_reports import CafConnectionsAnswer, PartnerConnectionsAnswer


def report_for_partner(
    register: Register, settings: Settings, clock: Clock, period: Period, partner: str
) -> PartnerConnectionsAnswer:
    """Counts, with names only for accesses never used or unused for 6 months.

    Raises:
        WrongUsage: there is no such partner.
    """
    return PartnerConnectionsAnswer.of(_report(register, settings, clock, period, partner))


@decided
def report_for_caf(
    register: Register, settings: Settings, clock: Clock, period: Period, partner: str | None, by: str, reason: str
) -> CafConnectionsAnswer:
    """By person, over all partners where none is named. Who asked for it and why is recorded before it is given.

    Raises:
        WrongUsage: there is no such partner; a name or reason says nothing.
    """
    report = _report(register, settings, clock, period, partner)
    days = {"from": period.first.isoformat(), "to": period.last.isoformat()}
    with register.work(by) as work:
        work.journal("connections.report", partner=partner, rule="L1", details={"by": by, "reason": reason, **days})
    return CafConnectionsAnswer.of(report)


def _report(
    register: Register, settings: Settings, clock: Clock, period: Period, code: str | None
) -> ConnectionReport:
    """All of it is read at one moment, and then worked out: a write waits for no more than the reading."""
    partner = None if code is None else partner_of(register, code)
    with register.read() as connection:
        records, counted = read_records(connection), counts(connection, period, code)
        read, suspended = coverage(connection, Stream.CONNECTIONS), suspensions(connection)
    return report_of(
        records,
        period,
        partner,
        counts=counted,
        coverage=read,
        suspensions=suspended,
        keep_days=settings.connections.keep_days,
        now=clock.now(),
    )
