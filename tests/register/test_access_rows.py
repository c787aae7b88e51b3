"""The short rows and the owed links that tell whose account is settled, as either database reads them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import update

from provisioner.register import tables as t
from provisioner.register.habilitations import access_rows, owed_a_link
from tests.fakes.memory_office import MemoryOffice
from tests.operations.test_decided_beside_a_run import LYS, NAMES, annexe
from tests.register.conftest import NewDatabase
from tests.shared import settling

NOW = datetime(2026, 6, 20, tzinfo=UTC)


@pytest.fixture
def office(tmp_path: Path, new_database: NewDatabase) -> Iterator[MemoryOffice]:
    made = MemoryOffice(tmp_path, url=new_database().get("PROVISIONER_DATABASE__URL"))
    made.add_partner(LYS, "agglo-lys.example")
    made.on(date(2026, 6, 16))
    made.apply(annexe(NAMES[:2]), LYS)
    yield made
    made.close()


@pytest.mark.parametrize(
    ("table", "values"),
    [
        (t.account, {}),
        (t.account, {"intended": "another"}),
        (t.account, {"intended": "another", "written": None}),
        (t.account, {"renamed_from": "old@agglo-lys.example"}),
        (t.account, {"reopening": "as-it-was"}),
        (t.account, {"keycloak_id": None}),
        (t.habilitation, {"ended_on": date(2026, 7, 1), "end_rule": "A3", "end_recorded_on": date(2026, 6, 20)}),
        (t.habilitation, {"opened_at": None, "opened_number": None}),
        (t.invitation, {"sent_at": None}),
        (t.invitation, {"sent_at": None, "uncertain_at": NOW}),
        (t.invitation, {"sent_at": None, "failed_at": NOW}),
        (t.habilitation, {"link_due_number": 10_000}),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_what_the_database_tells_of_an_account_is_what_the_rules_see(
    office: MemoryOffice, table: Any, values: dict[str, Any]
) -> None:
    register = office.context.register
    with register.engine.begin() as connection:
        if values:
            connection.execute(update(table).where(table.c.id == 1).values(**values))
    whole = register.records()
    with register.read() as connection:
        rows = list(access_rows(connection))
        assert sorted(map(repr, rows)) == sorted(map(repr, settling.access_rows(whole)))
        assert owed_a_link(connection) == settling.owed_a_link(whole)
