"""The safety limits: each trips with its figures, holds its partner only, and is let go by name."""

from __future__ import annotations

import json
import sqlite3
import string
from pathlib import Path
from typing import Any

import pytest

from tests.shared.office import PARTNER, Office, annexe_csv, valid

ASKED, FIRST, LATER = "2026-06-10", "2026-06-16", "2026-09-02"
BY = ("--by", "Claire Martin", "--reason", "Départs confirmés par téléphone")


def people(count: int, start: str = "agent") -> list[str]:
    """That many names, unlike enough for none to pass for another."""
    letters = string.ascii_lowercase
    return [f"{start}{letters[n // 26]}{letters[n % 26] * 3}" for n in range(count)]


class Desk:
    """Annexes of a partner with so many persons."""

    def __init__(self, office: Office, home: Path) -> None:
        self.office, self.home = office, home

    def open(self, count: int, partner: str = PARTNER) -> list[str]:
        names = people(count)
        domain = f"{partner}.example"
        self.office.add_partner(partner, domain)
        file = annexe_csv(self.home / f"{partner}-1.csv", dict.fromkeys(names, ASKED), {}, FIRST, domain)
        self.office.apply(file, partner=partner, today=FIRST)
        return names

    def closing(
        self, names: list[str], closed: int, partner: str = PARTNER, on: str = LATER, ended_on: str = "2026-08-31"
    ) -> Path:
        """The next annexe: the first `closed` of them are in list 2."""
        kept = dict.fromkeys(names[closed:], ASKED)
        ended = dict.fromkeys(names[:closed], ended_on)
        return annexe_csv(self.home / f"{partner}-{on}-{closed}.csv", kept, ended, on, f"{partner}.example")

    def open_now(self, partner: str = PARTNER) -> int:
        shown = self.office.run("partner", "show", partner, "--format", "json").json
        return sum(1 for habilitation in shown["habilitations"] if habilitation["state"] == "open")

    def held(self) -> list[dict[str, Any]]:
        plans: list[dict[str, Any]] = valid(
            self.office.run("held", "list", "--format", "json", today=LATER).json, "held"
        )
        return plans


@pytest.fixture
def desk(office: Office, tmp_path: Path) -> Desk:
    return Desk(office, tmp_path)


@pytest.mark.rule("A10")
def test_42_closures_of_60_wait_name_everybody_and_go_with_their_own_plan_only(desk: Desk, office: Office) -> None:
    names = desk.open(60)
    annexe = desk.closing(names, 42)
    held = office.apply(annexe, today=LATER, status=1)
    (blocked,) = held["blocked_by"]
    assert (blocked["limit"], blocked["figure"], blocked["allowed"]) == ("closures", 42, 12)
    assert held["done"] == []
    assert desk.open_now() == 60
    (waiting,) = desk.held()
    assert (waiting["kind"], waiting["partner"], waiting["plan_id"]) == ("limit", PARTNER, blocked["plan_id"])
    assert len([change for change in waiting["changes"] if change["action"] == "close"]) == 42
    assert waiting["since"][-6] in "+-"
    assert office.apply(annexe, "--allow", "00000000", today=LATER, status=1)["done"] == []
    status = valid(office.run("status", "--format", "json").json, "status")
    assert (status["held"], status["open"]) == (1, 60)
    assert [annexe["status"] for annexe in status["waiting"]] == ["approved"]
    done = office.apply(annexe, *blocked["override"].split(), today=LATER)
    assert len(done["done"]) == 42
    assert desk.open_now() == 18
    assert desk.held() == []
    assert office.sync(today=LATER)["done"] == []


def test_a_held_plan_is_let_go_by_name_while_other_partners_go_on(desk: Desk, office: Office) -> None:
    names = desk.open(30)
    others = desk.open(3, "ville-bois")
    blocked = office.apply(desk.closing(names, 20), today=LATER, status=1)["blocked_by"][0]
    office.apply(desk.closing(others, 1, "ville-bois"), today=LATER, partner="ville-bois")
    again = office.sync(today=LATER, status=1)
    assert [plan["plan_id"] for plan in again["blocked_by"]] == [blocked["plan_id"]]
    assert (desk.open_now(), desk.open_now("ville-bois")) == (30, 2)
    unknown = office.run("held", "release", "00000000", *BY)
    assert (unknown.status, "held list" in unknown.err) == (1, True)
    assert office.run("held", "release", blocked["plan_id"], *BY).status == 0
    assert len(office.sync(today=LATER)["done"]) == 20
    assert desk.open_now() == 10
    assert desk.held() == []


def test_slices_within_one_day_add_up(desk: Desk, office: Office) -> None:
    names = desk.open(20)
    office.apply(desk.closing(names, 4), today=f"{LATER}T09:00")
    sliced = office.apply(desk.closing(names, 8), today=f"{LATER}T11:00", status=1)
    assert [(blocked["figure"], blocked["allowed"]) for blocked in sliced["blocked_by"]] == [(8, 5)]
    assert desk.open_now() == 16
    next_day = "2026-09-03"
    office.apply(desk.closing(names, 8, on=next_day), today=f"{next_day}T11:00")
    assert desk.open_now() == 12


@pytest.mark.rule("A6")
@pytest.mark.parametrize("how", [(), ("--closures-only",)], ids=["whole", "closures-only"])
def test_ends_of_today_or_later_wait_like_those_of_yesterday_when_an_annexe_brings_them(
    desk: Desk, office: Office, how: tuple[str, ...]
) -> None:
    names = desk.open(30)
    annexe = desk.closing(names, 30, ended_on=LATER)
    planned = office.plan(annexe, "--partner", PARTNER, *how, today=LATER)
    (blocked,) = office.apply(annexe, *how, today=LATER, status=1)["blocked_by"]
    assert (blocked["limit"], blocked["figure"], blocked["allowed"]) == ("closures", 30, 6)
    assert planned["plans"] == [{"partner": PARTNER, "plan_id": blocked["plan_id"]}]
    (waiting,) = desk.held()
    assert len([change for change in waiting["changes"] if change["action"] == "close"]) == 30
    assert office.sync(today=LATER, status=1)["done"] == []
    if how:  # let go by `apply`; the other by name
        office.apply(annexe, *how, *blocked["override"].split(), today=LATER)
    else:
        assert office.run("held", "release", desk.held()[0]["plan_id"], *BY, today=LATER).status == 0
        office.sync(today=LATER)
    assert desk.open_now() == 30
    assert len([change for change in office.sync(today="2026-09-03")["done"] if change["action"] == "close"]) == 30
    assert desk.held() == []


@pytest.mark.rule("A5")
def test_absent_persons_closed_count_with_the_ends_to_come(desk: Desk, office: Office) -> None:
    names = desk.open(10)
    annexe = desk.closing(names[:7], 4, ended_on="2026-12-31")
    (blocked,) = office.apply(annexe, "--close-absent", "all", today=LATER, status=1)["blocked_by"]
    assert (blocked["limit"], blocked["figure"]) == ("closures", 7)


def test_a_partner_of_four_persons_may_close_them_all(desk: Desk, office: Office) -> None:
    names = desk.open(4)
    office.apply(desk.closing(names, 4), today=LATER)
    assert desk.open_now() == 0


def test_ends_at_six_partners_in_one_run_wait_each_for_its_own_release(desk: Desk, office: Office) -> None:
    partners = [f"ville-{letter}" for letter in "abcdef"]
    for number, code in enumerate(partners):
        names = desk.open(2, code)
        ended_on = "2026-08-31" if number % 2 else LATER
        _approve(office, desk.closing(names, 1, code, ended_on=ended_on), code)
    held = office.sync(today=LATER, status=1)
    assert {(plan["partner"], plan["limit"], plan["figure"], plan["allowed"]) for plan in held["blocked_by"]} == {
        (code, "partners", 6, 5) for code in partners
    }
    assert held["done"] == []
    assert office.run("held", "release", held["blocked_by"][0]["plan_id"], *BY).status == 0
    after = office.sync(today=LATER, status=1)
    assert {change["partner"] for change in after["done"]} == {held["blocked_by"][0]["partner"]}
    assert len(after["blocked_by"]) == 5
    assert [plan["figure"] for plan in after["blocked_by"]] == [6] * 5
    assert office.sync(today=LATER, status=1)["done"] == []
    for blocked in after["blocked_by"]:
        assert office.run("held", "release", blocked["plan_id"], *BY).status == 0
    office.sync(today=LATER)
    office.sync(today="2026-09-03")
    assert [desk.open_now(code) for code in partners] == [1] * 6


def _approve(office: Office, file: Path, partner: str) -> None:
    options = ("--partner", partner, "--format", "json")
    submitted = office.run("annexe", "submit", file, *options, today=LATER).json
    approval = ("--plan", submitted["plan_id"], "--by", "Claire Martin")
    assert office.run("annexe", "approve", str(submitted["annexe"]), *approval, today=LATER).status == 0


def test_nothing_is_written_while_paused_closures_neither(desk: Desk, office: Office) -> None:
    names = desk.open(4)
    bad = office.run("pause", "--partner", PARTNER, *BY, "--until", "2026-09-01", today=LATER)
    assert bad.status == 1
    paused = ("pause", "--partner", PARTNER, *BY, "--until", "2026-09-03")
    assert office.run(*paused, today=LATER).status == 0
    held = office.apply(desk.closing(names, 1), today=LATER, status=1)
    assert [(blocked["limit"], blocked["figure"], blocked["override"]) for blocked in held["blocked_by"]] == [
        ("pause", None, None)
    ]
    assert desk.open_now() == 4
    assert [hold["kind"] for hold in desk.held()] == ["pause"]
    assert office.sync(today="2026-09-03", status=1)["done"] == []
    assert len(office.sync(today="2026-09-04")["done"]) == 1, "a pause ends with its last day"


def test_a_pause_of_everything_ends_with_resume(desk: Desk, office: Office) -> None:
    names = desk.open(3)
    assert office.run("resume", "--by", "Claire Martin").status == 1
    assert office.run("pause", *BY).status == 0
    office.apply(desk.closing(names, 1), today=LATER, status=1)
    assert office.run("resume", "--by", "Claire Martin").status == 0
    assert len(office.sync(today=LATER)["done"]) == 1


def test_a_realm_of_the_same_name_that_is_another_one_is_not_touched(desk: Desk, office: Office) -> None:
    names = desk.open(3)
    _pretend_another_realm(office)
    held = office.apply(desk.closing(names, 1), today=LATER, status=1)
    assert [(blocked["limit"], blocked["override"]) for blocked in held["blocked_by"]] == [("unknown-realm", None)]
    assert desk.held() == []
    office.sync(today=LATER, status=1)
    (waiting,) = desk.held()
    refused = office.run("held", "release", waiting["plan_id"], *BY)
    assert (refused.status, "unknown-realm" in refused.err) == (1, True)
    assert desk.open_now() == 3


def _pretend_another_realm(office: Office) -> None:
    """The register began with a realm that is not this one."""
    with sqlite3.connect(office.home / "data" / "provisioner.sqlite3") as database:
        database.execute("UPDATE mark SET value = ? WHERE name = 'realm_id'", (json.dumps("another"),))
