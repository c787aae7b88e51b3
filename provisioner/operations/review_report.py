"""The Caf's view of its partners: how late they tell of departures (V3), the control report (V2)."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date

from provisioner.domain import retention
from provisioner.domain.connections.record import Stream
from provisioner.domain.review_report import ControlReport, DepartureLag, Known, control_report, departure_lags
from provisioner.register import Register, controls, reviews
from provisioner.register.connections import coverage
from provisioner.register.database import read_records
from provisioner.settings import Settings


def lags(register: Register, settings: Settings, partners: Collection[str], year: int | None) -> list[DepartureLag]:
    """The lags of these partners' departures, of all without any."""
    habilitations = register.records().habilitations
    allowed = settings.review.departure_days
    return departure_lags(habilitations, register.clock.today(), allowed, partners, year)


def report(register: Register, settings: Settings, as_of: date | None) -> ControlReport:
    """All partners in figures, as of that day, today without."""
    with register.read() as connection:
        records = read_records(connection)
        known = Known(
            records=records,
            reviews=reviews.all_reviews(connection),
            controls=controls.raised(connection),
            destructions=retention.due(records),
            coverage=coverage(connection, Stream.CONNECTIONS),
        )
    return control_report(known, as_of or register.clock.today(), settings.review.departure_days)
