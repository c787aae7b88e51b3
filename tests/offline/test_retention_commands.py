"""`retention due|hold|list|release`: what goes when, and what a named person keeps from it. No Keycloak."""

from __future__ import annotations

from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from provisioner.keycloak.directory import Directory
from provisioner.operations import notices
from provisioner.operations.context import Context
from provisioner.operations.doctor.register import kept_lines
from provisioner.operations.notice_delivery import deliver_now
from provisioner.register.habilitations import save_habilitations
from tests.shared.desk import TODAY, Desk
from tests.shared.examples import LYS, end, habilitation
from tests.shared.mailbox import Mailbox
from tests.shared.office import Answer, valid

WHY = ("--by", "Claire Martin", "--reason", "Contentieux")
PETIT, OFFICER = "petit@agglo-lys.example", "dpo@caf.example"


@pytest.fixture
def desk(mailbox: Mailbox, tmp_path: Path) -> Desk:
    """Alex Petit's access was closed on 31 August 2026."""
    desk = Desk(mailbox, tmp_path)
    desk.partner_with_contact(LYS.code)
    desk.annexe_3(protection_donnees=OFFICER)
    at = datetime(2026, 8, 31, 10, tzinfo=UTC)
    closed = habilitation("petit", opened_at=datetime(2026, 6, 10, tzinfo=UTC), closed_at=at, end=end(at.date()))
    with desk.register() as register, register.work("test") as work:
        before = register.records()
        save_habilitations(work, before, before.with_habilitations([closed]))
        work.journal("open", partner=LYS.code, habilitation=1, at=closed.opened_at)
        work.journal("close", partner=LYS.code, habilitation=1, at=at)
    return desk


def _due(desk: Desk, *more: str) -> list[Any]:
    answer = desk.run("retention", "due", *more, "--format", "json", today=TODAY)
    return list(valid(answer.json, "retention_due"))


def _hold(desk: Desk, *whose: str, on: str = "2026-12-01", status: int = 0) -> Answer:
    answer = desk.run("retention", "hold", *whose, *WHY, "--review-on", on, "--format", "json", today=TODAY)
    assert answer.status == status, answer.err
    return answer


@pytest.mark.rule("D1")
@pytest.mark.rule("D2")
@pytest.mark.rule("C4")
def test_what_is_due_is_told_with_its_day_and_its_rule(desk: Desk) -> None:
    told = [
        (line["kind"], line["habilitation"], line["rule"], line["due_on"], line["on_hold"]) for line in _due(desk)
    ]
    assert told == [
        ("account", 1, "D1", "2027-02-28", False),
        ("connections", 1, "D1", "2027-02-28", False),
        ("habilitation", 1, "D2", "2028-08-31", False),
        ("annexe", None, "C4", "2032-12-31", False),
        ("contacts", None, "C4", "2032-12-31", False),
    ]
    text = desk.run("retention", "due", today=TODAY).out
    assert PETIT in text
    assert "28 février 2027" in text
    lines = desk.run("retention", "due", "--format", "csv", today=TODAY).out.splitlines()
    assert (len(lines), lines[1]) == (6, f"account;{LYS.code};1;D1;2027-02-28;non")


@pytest.mark.rule("D7")
def test_a_hold_is_told_apart_until_it_is_released_by_name_and_the_journal_is_whole(desk: Desk) -> None:
    number = valid(_hold(desk, "--email", PETIT).json, "retention_hold")["hold"]
    assert {line["on_hold"] for line in _due(desk)} == {True}
    (line,) = valid(desk.run("retention", "list", "--format", "json", today=TODAY).json, "retention_list")
    assert (line["hold"], line["email"], line["review_on"], line["overdue"]) == (number, PETIT, "2026-12-01", False)
    assert (line["decided_by"], line["since"][:10]) == (WHY[1], TODAY)
    titles, row = desk.run("retention", "list", "--format", "csv", today=TODAY).out.splitlines()
    assert "N°;Qui;Depuis le;Décidée par;À revoir le;Pourquoi" in titles
    assert row == f"{number};{PETIT};2026-09-02;{WHY[1]};2026-12-01;{WHY[3]}"
    assert desk.run("retention", "release", str(2**63), *WHY, today=TODAY).status == 2
    assert desk.run("retention", "release", str(number), *WHY, today=TODAY).status == 0
    assert desk.run("retention", "release", str(number), *WHY, today=TODAY).status == 1
    assert {line["on_hold"] for line in _due(desk)} == {False}
    assert desk.run("journal", "verify", today=TODAY).status == 0


@pytest.mark.rule("D7")
def test_a_hold_on_everything_needs_a_day_within_30_days_and_none_a_day_that_is_past(desk: Desk) -> None:
    _hold(desk, "--all", on="2026-10-03", status=1)
    _hold(desk, "--partner", LYS.code, on="2026-09-01", status=1)
    _hold(desk, "--email", "nobody@agglo-lys.example", status=1)
    _hold(desk, "--all", "--partner", LYS.code, status=2)
    _hold(desk, status=2)
    _hold(desk, "--all", on="2026-10-02")
    assert {line["on_hold"] for line in _due(desk)} == {True}


@pytest.mark.rule("D7")
def test_a_hold_that_nobody_confirmed_stays_is_told_each_week_and_stands_in_doctor(desk: Desk) -> None:
    _hold(desk, "--partner", LYS.code, on="2026-09-30")
    told: dict[str, int] = {}
    for day in ("2026-09-30", "2026-10-01", "2026-10-02", "2026-10-08", "2026-10-15"):
        before = len(desk.received(OFFICER))
        with desk.register(day) as register:
            settings = desk.settings_on(day)
            nowhere = cast(Directory, None)
            context = Context(
                settings=settings, clock=register.clock, register=register, directory=nowhere, by="test"
            )
            notices.remind(context)
            deliver_now(register, settings, "test")
            levels = {line.level for line in kept_lines(register, date.fromisoformat(day))}
        told[day] = len(desk.received(OFFICER)) - before
        assert {level.value for level in levels} == {"ok" if day == "2026-09-30" else "wanting"}, day
    assert told == {"2026-09-30": 0, "2026-10-01": 1, "2026-10-02": 0, "2026-10-08": 1, "2026-10-15": 1}
    mail = desk.received(OFFICER)[-1]
    assert "retention release" in mail.text
    assert PETIT not in mail.text
    assert {line["on_hold"] for line in _due(desk)} == {True}


@pytest.mark.rule("D7")
def test_a_hold_taken_out_of_the_database_is_found_by_the_journal(desk: Desk) -> None:
    _hold(desk, "--partner", LYS.code)
    with desk.register() as register, register.work("test") as work:
        work.connection.exec_driver_sql("DELETE FROM journal_actor")  # as on D8's day
    (line,) = desk.run("retention", "list", "--format", "json", today=TODAY).json
    assert line["decided_by"] is None
    with desk.register() as register, register.work("test") as work:
        work.connection.exec_driver_sql("DELETE FROM hold")
    assert desk.run("journal", "verify", today=TODAY).status == 1
