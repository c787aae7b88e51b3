"""What a report counts is the same in both databases."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from provisioner.clock import Clock
from provisioner.domain.connections.report import HourCount, Period, Total
from provisioner.operations.partners import Given, add_partner
from provisioner.register import open_register
from provisioner.register.connection_counts import counts, held_connections
from provisioner.register.habilitations import save_habilitations
from provisioner.settings import load_settings
from tests.register.conftest import NewDatabase
from tests.shared.connections import read
from tests.shared.examples import LYS, email, habilitation

OPENED = datetime(2026, 7, 1, 8, tzinfo=UTC)
HOUR = datetime(2026, 8, 31, 22, tzinfo=UTC)


@pytest.mark.rule("L1")
def test_logins_are_counted_by_hour_while_the_access_was_open(new_database: NewDatabase) -> None:
    settings = load_settings(environment={**new_database(), "PROVISIONER_KEYCLOAK__URL": "http://127.0.0.1:9"})
    register = open_register(settings, Clock().as_of(date(2027, 3, 1)))
    given = Given(name=LYS.name, domains=LYS.domains, signed_on=LYS.signed_on)
    add_partner(register, LYS.code, given, settings.documents, "test")
    access = habilitation("leroy", opened_at=OPENED, opened_number=1, closed_at=HOUR + timedelta(days=1))
    with register.work("test") as work:
        before = register.records()
        save_habilitations(work, before, before.with_habilitations([access]))
    read(
        register,
        OPENED,
        HOUR + timedelta(days=3),
        (email("leroy"), OPENED - timedelta(seconds=1), None, "192.0.2.1"),
        (email("leroy"), HOUR, None, "192.0.2.1"),
        (email("leroy"), HOUR + timedelta(minutes=59), None, "192.0.2.2"),
        (email("leroy"), HOUR + timedelta(minutes=60), None, "192.0.2.1"),
        (email("leroy"), HOUR + timedelta(minutes=60), "invalid_user_credentials", "192.0.2.3"),
        (email("leroy"), HOUR + timedelta(days=1), "user_disabled", "192.0.2.3"),
        ("administrator@caf.example", HOUR, None, "192.0.2.9"),
    )
    with register.read() as connection:
        counted = counts(connection, Period(date(2026, 7, 1), date(2026, 9, 30)), LYS.code)
        held = held_connections(connection, email("leroy"), None, 365)
        nobody = counts(connection, Period(date(2026, 7, 1), date(2026, 9, 30)), "sivom")
    register.close()
    assert sorted(counted.hours) == [HourCount(1, HOUR, 2), HourCount(1, HOUR + timedelta(hours=1), 1)]
    assert counted.totals == [Total(1, failures=1, addresses=2)]
    assert counted.foreign == 1
    assert (list(nobody.hours), list(nobody.totals)) == ([], [])
    assert len(held.records) == 6
