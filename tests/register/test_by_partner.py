"""What concerns one partner, and what `status` counts, is found by indexes: nobody else is read for it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from sqlalchemy import insert

from provisioner.clock import Clock
from provisioner.domain.hold import HoldKind
from provisioner.domain.people import EmailAddress
from provisioner.domain.records import Scope
from provisioner.operations.journal import verify_journal
from provisioner.operations.service_status import service_status
from provisioner.register import Register, annexes, holds, notices, open_register
from provisioner.register import tables as t
from provisioner.settings import Settings
from tests.shared.questions import Question, asked

NOW = datetime(2026, 6, 16, 9, tzinfo=UTC)

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
    with asked(register.engine) as questions:
        register.records(Scope(frozenset({"lys"}), frozenset({EmailAddress("x@lys.example")}), frozenset({"id"})))
        with register.read() as connection:
            annexes.under_way(connection)
            annexes.under_way(connection, ["lys"])
            annexes.kept_of(connection, ["lys"])
            holds.suspensions(connection, [EmailAddress("x@lys.example")])
            holds.suspensions_since(connection, 1)
            notices.owed_count(connection)
    steps = plan_of(register, questions)
    assert {"ix_habilitation_partner", "ix_habilitation_account", "ix_hold_lasting"} <= {
        word for step in steps for word in step.split()
    }
    assert [step for step in steps if step.startswith("SCAN") and not any(name in step for name in SMALL)] == []


@pytest.mark.parametrize("email", ["leroy@lys.example", "nobody@lys.example"])
def test_of_many_suspensions_those_of_other_persons_are_not_read(register: Register, email: str) -> None:
    leroy, others, asked_about = 1, range(2, 30), EmailAddress(email)
    with register.engine.begin() as connection:
        connection.execute(insert(t.account), [{"id": id_, "email": f"p{id_}@lys.example"} for id_ in others])
        suspension = {"kind": HoldKind.SUSPENSION, "reason": "essai", "since": NOW, "since_number": 1}
        connection.execute(insert(t.hold), [{"account": id_, **suspension} for id_ in (leroy, *others)])
    with asked(register.engine) as questions:
        records = register.records(Scope(emails=frozenset({asked_about})))
        with register.read() as connection:
            suspensions = holds.suspensions(connection, [asked_about])
            holds.suspensions_since(connection, 1)
    assert records.suspended == suspensions
    assert set(suspensions) == {"leroy@lys.example"} & {email}
    assert max(len(rows) for rows in answers_to(register, questions, "FROM hold")) == len(suspensions)


def test_status_counts_accesses_by_indexes_and_reads_no_person(register: Register) -> None:
    with asked(register.engine) as questions:
        service_status(register)
    scans = [step for step in plan_of(register, questions) if step.startswith("SCAN habilitation")]
    assert scans
    assert [step for step in scans if "INDEX" not in step] == []
    assert [question for question, _ in questions if "last_name" in question] == []


def test_no_row_is_sought_among_all_others(register: Register) -> None:
    """PostgreSQL looks through a NOT IN of some hundred thousand rows anew for each row."""
    with asked(register.engine) as questions:
        service_status(register)
        verify_journal(register)
    assert any("NOT (EXISTS" in question for question, _ in questions)
    assert [question for question, _ in questions if re.search(r"NOT IN\s*\(\s*SELECT", question)] == []


def answers_to(register: Register, questions: list[Question], words: str) -> list[Sequence[object]]:
    """The rows that the database gives to each of the questions with these words."""
    with register.engine.connect() as connection:
        return [
            connection.exec_driver_sql(question, values).all() for question, values in questions if words in question
        ]


def plan_of(register: Register, questions: list[Question]) -> list[str]:
    """By which steps SQLite answers."""
    with register.engine.connect() as connection:
        return [
            step.detail
            for question, values in questions
            if "FROM" in question
            for step in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {question}", values)
        ]
