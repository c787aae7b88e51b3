"""What concerns one partner is found by indexes: no table that grows with the office is read through for it."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from sqlalchemy import event, insert

from provisioner.clock import Clock
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Scope
from provisioner.register import Register, annexes, holds, notices, open_register
from provisioner.register import tables as t
from provisioner.settings import Settings

#: What an office has few of: its partners' codes, and what waits at this moment, by indexes that hold nothing else.
SMALL = ("partner USING COVERING INDEX", "ix_annexe_under_way", "ix_notice_owed", "CONSTANT ROW", "(subquery")


@pytest.fixture
def register(tmp_path: Path) -> Iterator[Register]:
    register = open_register(Settings(data_dir=tmp_path), Clock())
    day = date(2026, 6, 16)
    person = {"last_name": "Leroy", "first_names": "Alexandre", "function": "agent"}
    with register.engine.begin() as connection:
        connection.execute(insert(t.partner).values(code="lys", name="Lys", ctg_end=day))
        connection.execute(insert(t.account).values(id=1, email="leroy@lys.example"))
        connection.execute(
            insert(t.habilitation).values(partner="lys", account=1, requested_on=day, transmitted_on=day, **person)
        )
    yield register
    register.close()


def test_what_concerns_one_partner_is_read_without_a_scan(register: Register) -> None:
    questions: list[tuple[str, tuple[object, ...]]] = []

    def ask(_connection: object, _cursor: object, question: str, values: tuple[object, ...], *_: object) -> None:
        questions.append((question, values))

    event.listen(register.engine, "before_cursor_execute", ask)
    register.records(Scope(frozenset({"lys"}), frozenset({EmailAddress("x@lys.example")}), frozenset({"id"})))
    with register.read() as connection:
        annexes.under_way(connection)
        annexes.under_way(connection, ["lys"])
        annexes.kept_of(connection, ["lys"])
        holds.suspensions(connection)
        notices.owed_count(connection)
    event.remove(register.engine, "before_cursor_execute", ask)
    with register.engine.connect() as connection:
        steps = [
            step.detail
            for question, values in questions
            if "FROM" in question
            for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {question}", values)
        ]
    assert {"ix_habilitation_partner", "ix_habilitation_account", "ix_hold_lasting"} <= {
        word for step in steps for word in step.split()
    }
    assert [step for step in steps if step.startswith("SCAN") and not any(name in step for name in SMALL)] == []
