"""What becomes of an annexe that is not simply applied: rejected, replaced, held by a limit, destroyed (A2)."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.shared.approvals import (
    BY,
    approve,
    database,
    elsewhere,
    journal_details,
    reject,
    run_sync,
    show,
    standing,
    submit,
)
from tests.shared.office import DOMAIN, FIRST_DAY, PARTNER, SECOND_DAY, Office, annexe_csv, changes

JUNE = "2026-06-10"


def _at(name: str) -> str:
    return f"{name}@{DOMAIN}"


def test_a_rejected_annexe_is_not_applied_and_may_be_submitted_again(office: Office, second: Path) -> None:
    annexe = submit(office, second, today=SECOND_DAY)["annexe"]
    approve(office, annexe, today=SECOND_DAY)
    assert reject(office, annexe, today=SECOND_DAY).status == 0
    assert show(office, annexe, today=SECOND_DAY)["status"] == "rejected"
    assert run_sync(office, today=SECOND_DAY)[0]["done"] == []
    approve(office, annexe, today=SECOND_DAY, status=1)
    assert reject(office, annexe, today=SECOND_DAY).status == 1
    (told,) = journal_details(office, "annexe.rejected")
    assert (told["by"], told["reason"]) == (BY, "Envoyée par erreur")
    assert submit(office, second, today=SECOND_DAY)["annexe"] == annexe
    approve(office, annexe, today=SECOND_DAY)
    assert ("close", _at("vasseur")) in changes(run_sync(office, today=SECOND_DAY)[0], "done")


@pytest.mark.rule("A2")
def test_what_was_never_applied_is_destroyed_30_days_after_its_outcome(
    office: Office, first: Path, tmp_path: Path
) -> None:
    everybody = {"leroy": JUNE, "vasseur": JUNE}
    rejected = annexe_csv(tmp_path / "2.csv", {**everybody, "rejetova": "2026-09-01"}, {}, "2026-09-01")
    refused = elsewhere(
        annexe_csv(tmp_path / "3.csv", {**everybody, "refusova": "2026-09-01"}, {}, "2026-09-01"),
        "refusova",
        "ailleurs.example",
    )
    undecided = annexe_csv(tmp_path / "4.csv", {**everybody, "indecisova": "2026-09-01"}, {}, "2026-09-01")
    numbers = [
        submit(office, rejected, today="2026-09-01")["annexe"],
        submit(office, refused, "--received-on", "2026-08-01", today=SECOND_DAY, status=1)["annexe"],
        submit(office, undecided, "--received-on", SECOND_DAY, today="2026-09-20")["annexe"],
    ]
    reject(office, numbers[0], today=SECOND_DAY)
    office.sync(today="2026-10-02")
    assert set(numbers) < standing(office, today="2026-10-02").keys()
    office.sync(today="2026-10-03")
    assert list(standing(office, today="2026-10-03").values()) == ["applied"]
    left = database(office).read_bytes()
    assert not any(name in left for name in (b"rejetova", b"refusova", b"indecisova"))


@pytest.mark.rule("A2")
def test_a_newer_annexe_under_way_survives_the_application_of_an_older_one(office: Office, second: Path) -> None:
    older = submit(office, second, today=SECOND_DAY)["annexe"]
    newer = annexe_csv(second.with_name("3.csv"), {"leroy": JUNE}, {"vasseur": "2026-08-31"}, SECOND_DAY)
    pending = submit(office, newer, today=SECOND_DAY)["annexe"]
    approve(office, older, today=SECOND_DAY)
    office.sync(today=SECOND_DAY)
    assert standing(office, today=SECOND_DAY) == {older: "applied", pending: "checked"}


@pytest.mark.rule("A2")
def test_an_older_annexe_approved_too_goes_with_the_application_of_the_newer_one(
    office: Office, second: Path
) -> None:
    older = submit(office, second, today=SECOND_DAY)["annexe"]
    file = annexe_csv(second.with_name("3.csv"), {"leroy": JUNE}, {"vasseur": "2026-08-31"}, SECOND_DAY)
    newer = submit(office, file, today=SECOND_DAY)["annexe"]
    approve(office, newer, today=SECOND_DAY)
    approve(office, older, today=SECOND_DAY)
    said = office.run("sync", "--dry-run", "--format", "json", today=SECOND_DAY)
    done, _ = run_sync(office, today=SECOND_DAY)
    assert changes(done, "done") == changes(said.json) == [("close", _at("vasseur"))]
    assert standing(office, today=SECOND_DAY) == {newer: "applied"}


@pytest.fixture
def mass_closure(office: Office, tmp_path: Path) -> Path:
    """42 of 60 accesses to close, and another partner with something of its own to do."""
    office.add_partner()
    office.add_partner("sivom", "sivom.example")
    sixty = {f"agent{number:02}": JUNE for number in range(60)}
    office.environment["PROVISIONER_INVITATION__LIFESPAN_HOURS"] = "1"
    office.apply(annexe_csv(tmp_path / "1.csv", sixty, {}, "2026-06-15"), today=FIRST_DAY)
    stay = dict(list(sixty.items())[:18])
    gone = dict.fromkeys(list(sixty)[18:], "2026-08-31")
    return annexe_csv(tmp_path / "2.csv", stay, gone, "2026-09-01")


@pytest.mark.rule("A3")
def test_a_limit_holds_an_approved_annexe_until_its_plan_is_let_go(
    office: Office, mass_closure: Path, tmp_path: Path
) -> None:
    submitted = submit(office, mass_closure, today=SECOND_DAY)
    approve(office, submitted["annexe"], today=SECOND_DAY)
    other = annexe_csv(tmp_path / "s.csv", {"martin": JUNE}, {}, "2026-06-15", "sivom.example")
    approve(office, submit(office, other, partner="sivom", today=SECOND_DAY)["annexe"], today=SECOND_DAY)

    for _ in range(2):
        answer, _ = run_sync(office, today=SECOND_DAY, status=1)
        assert [(blocked["partner"], blocked["figure"], blocked["allowed"]) for blocked in answer["blocked_by"]] == [
            (PARTNER, 42, 12)
        ]
        assert {change["partner"] for change in answer["done"]} <= {"sivom"}
        assert show(office, submitted["annexe"], today=SECOND_DAY)["status"] == "approved"
    assert len(standing(office, today=SECOND_DAY, partner="sivom")) == 1
    assert "martin@sivom.example" in [mail.to for mail in office.mails()]

    let_go = ("--allow", submitted["plan_id"])
    differs = office.apply(mass_closure, *let_go, "--keep-absent", "all", today=SECOND_DAY, status=1)
    assert differs["done"] == []
    assert len(_closed(office.apply(mass_closure, *let_go, today=SECOND_DAY))) == 42
    assert show(office, submitted["annexe"], today=SECOND_DAY)["status"] == "applied"
    assert office.plan(today=SECOND_DAY)["changes"] == []


def _closed(answer: Any) -> list[str]:
    return [change["email"] for change in answer["done"] if change["action"] == "close"]


@pytest.mark.rule("A3")
def test_a_held_annexe_goes_on_by_an_approval_that_allows_it_or_is_dropped_by_a_rejection(
    office: Office, mass_closure: Path
) -> None:
    submitted = submit(office, mass_closure, today=SECOND_DAY)
    held = office.apply(mass_closure, today=SECOND_DAY, status=1)
    assert (held["done"], len(held["blocked_by"])) == ([], 1)
    shown = show(office, submitted["annexe"], today=SECOND_DAY)
    assert (shown["status"], shown["approved_by"]) == ("approved", BY)
    assert reject(office, submitted["annexe"], today=SECOND_DAY).status == 0
    assert run_sync(office, today=SECOND_DAY)[0]["blocked_by"] == []
    assert json.loads(office.run("held", "list", "--format", "json", today=SECOND_DAY).out) == []

    submit(office, mass_closure, today=SECOND_DAY)
    approve(office, submitted["annexe"], "--allow", submitted["plan_id"], plan=submitted["plan_id"], today=SECOND_DAY)
    assert len(_closed(run_sync(office, today=SECOND_DAY)[0])) == 42


@pytest.mark.rule("A9")
def test_the_annexe_in_force_submitted_again_is_checked_anew_and_stays_in_force(office: Office, first: Path) -> None:
    again = submit(office, first, today=SECOND_DAY)
    assert (again["annexe"], again["status"]) == (1, "checked")
    assert show(office, 1, today=SECOND_DAY)["decisions"] is None
    office.sync(today="2026-12-02")
    assert standing(office, today="2026-12-02") == {1: "checked"}
    approve(office, 1, today="2026-12-02")
    assert run_sync(office, today="2026-12-02")[0]["done"] == []
    assert standing(office, today="2026-12-02") == {1: "applied"}
