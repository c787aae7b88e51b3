"""One person, two partners (A8): one account serves both, or moves from one to the other as new."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.shared.console import Console
from tests.shared.office import DOMAIN, FIRST_DAY, PARTNER, Office, annexe_csv, changes

LEROY, VASSEUR = f"leroy@{DOMAIN}", f"vasseur@{DOMAIN}"
OTHER = "sivom"
TODAY = "2026-09-02"
WAIVED = ("--waive", "1=Mission commune aux deux")
ASKED = {"leroy": "2026-06-10", "vasseur": "2026-06-10"}


class Desk:
    """Annexes of two partners that share a domain, as neighbours do."""

    def __init__(self, office: Office, home: Path) -> None:
        self.office, self.home, self.console = office, home, Console(office)
        office.add_partner()
        office.add_partner(OTHER, DOMAIN)

    def annexe(
        self, partner: str, asked: dict[str, str], ended: dict[str, str] | None = None, on: str = "2026-09-01"
    ) -> Path:
        return annexe_csv(self.home / f"{partner}-{on}.csv", asked, ended or {}, on)

    def receive(
        self, partner: str, asked: dict[str, str], ended: dict[str, str] | None = None, *more: str, on: str = TODAY
    ) -> list[tuple[str, str | None]]:
        """An annexe transmitted and applied that day; what was done, and nothing is left to do."""
        did = self.office.apply(self.annexe(partner, asked, ended, on), *more, partner=partner, today=on)
        assert (did["failed"], did["blocked_by"]) == ([], [])
        self.nothing_is_left(on)
        return changes(did, "done")

    def nothing_is_left(self, today: str) -> None:
        plan = self.office.plan(today=today)
        assert (plan["changes"], plan["drift"]) == ([], [])

    def leroy(self) -> tuple[bool, set[str], dict[str, list[str]]]:
        """Enabled, in which groups, with which attributes (one value a partner)."""
        user = self.console.user(LEROY)
        ours = {name: value for name, value in user["attributes"].items() if name != "gere_par"}
        groups = {path.removeprefix("/partenaires/") for path in self.console.groups(LEROY)}
        return user["enabled"], groups, ours

    def of_leroy(self, partner: str) -> list[tuple[str, str | None, str | None]]:
        shown = self.office.run("partner", "show", partner, "--format", "json", today=TODAY).json["habilitations"]
        return [
            (habilitation["state"], habilitation["ended_on"], habilitation["closed_on"])
            for habilitation in shown
            if habilitation["email"] == LEROY
        ]

    def links(self) -> int:
        return sum(1 for mail in self.office.mails() if mail.to == LEROY)


@pytest.fixture
def desk(office: Office, tmp_path: Path) -> Desk:
    return Desk(office, tmp_path)


@pytest.fixture
def shared(desk: Desk) -> Desk:
    """Leroy has one account through both partners, and has a password."""
    desk.receive(PARTNER, ASKED, on=FIRST_DAY)
    desk.console.set_password(LEROY)
    assert desk.receive(OTHER, {"leroy": "2026-09-01"}, None, *WAIVED) == [("group", None), ("open", LEROY)]
    return desk


@pytest.mark.rule("A8")
def test_an_address_that_another_partner_holds_open_is_an_error_until_its_row_is_waived_by_name(desk: Desk) -> None:
    desk.receive(PARTNER, ASKED, on=FIRST_DAY)
    before = desk.leroy()
    file = desk.annexe(OTHER, {"leroy": "2026-09-01"})
    said = desk.office.apply(file, partner=OTHER, today=TODAY, status=1)
    errors = [(finding["code"], finding["row"]) for finding in said["findings"] if finding["severity"] == "error"]
    assert (errors, said["done"]) == ([("address-of-other-partner", 1)], [])
    assert desk.leroy() == before
    desk.office.apply(file, *WAIVED, partner=OTHER, today=TODAY)
    assert desk.leroy()[:2] == (True, {PARTNER, OTHER})


@pytest.mark.rule("A8")
def test_one_account_serves_both_with_one_value_a_partner_and_no_second_e_mail(shared: Desk) -> None:
    assert shared.leroy() == (
        True,
        {PARTNER, OTHER},
        {
            "partenaire": [PARTNER, OTHER],
            "fonction": ["agent", "agent"],
            "date_demande_habilitation": ["2026-06-10", "2026-09-01"],
        },
    )
    assert shared.links() == 1
    assert shared.console.log_in(LEROY) is not None
    assert shared.of_leroy(PARTNER) == shared.of_leroy(OTHER) == [("open", None, None)]


@pytest.mark.rule("A8")
def test_each_partners_next_annexe_brings_its_own_values_up_to_date_without_a_new_waiver(shared: Desk) -> None:
    assert shared.receive(OTHER, {"leroy": "2026-09-02"}, on="2026-09-03") == [("update", LEROY)]
    assert shared.leroy()[2]["date_demande_habilitation"] == ["2026-06-10", "2026-09-02"]
    assert shared.receive(PARTNER, {**ASKED, "leroy": "2026-06-11"}, on="2026-09-03") == [("update", LEROY)]
    assert shared.leroy()[2]["date_demande_habilitation"] == ["2026-06-11", "2026-09-02"]
    assert shared.links() == 1


@pytest.mark.rule("A8")
def test_values_put_in_another_order_by_the_console_are_the_same_values(shared: Desk) -> None:
    user = shared.console.user(LEROY)
    turned = {name: list(reversed(values)) for name, values in user["attributes"].items()}
    shared.console.save(LEROY, attributes=turned)
    shared.nothing_is_left(TODAY)


@pytest.mark.rule("A8")
@pytest.mark.rule("D1")
def test_closed_at_one_partner_it_stays_open_for_the_other_and_closes_with_the_last(shared: Desk) -> None:
    login = shared.console.log_in(LEROY)
    assert login is not None
    assert shared.receive(PARTNER, {"vasseur": "2026-06-10"}, {"leroy": "2026-08-31"}) == [("close", LEROY)]
    of_other = {"partenaire": [OTHER], "fonction": ["agent"], "date_demande_habilitation": ["2026-09-01"]}
    assert shared.leroy() == (True, {OTHER}, of_other)
    assert shared.console.is_logged_in(login)
    assert shared.of_leroy(PARTNER) == [("closed", "2026-08-31", TODAY)]
    assert shared.of_leroy(OTHER) == [("open", None, None)]

    assert shared.receive(OTHER, {}, {"leroy": "2026-09-10"}, on="2026-09-11") == [("close", LEROY)]
    assert shared.leroy() == (False, {OTHER}, {**of_other, "date_fin_habilitation": ["2026-09-10"]})
    assert not shared.console.is_logged_in(login)
    assert shared.of_leroy(PARTNER) == [("closed", "2026-08-31", TODAY)]
    assert shared.of_leroy(OTHER) == [("closed", "2026-09-10", "2026-09-11")]


@pytest.mark.rule("A8")
def test_ends_at_both_partners_on_one_day_close_the_account_once_with_both_ends(shared: Desk) -> None:
    shared.receive(PARTNER, {"vasseur": "2026-06-10"}, {"leroy": "2026-09-30"}, on="2026-09-10")
    shared.receive(OTHER, {}, {"leroy": "2026-09-30"}, on="2026-09-10")
    assert shared.leroy()[2]["date_fin_habilitation"] == ["2026-09-30", "2026-09-30"]
    did = shared.office.sync(today="2026-10-01")
    assert changes(did, "done") == [("close", LEROY), ("close", LEROY)]
    is_enabled, _, attributes = shared.leroy()
    assert is_enabled is False
    assert (attributes["partenaire"], attributes["date_fin_habilitation"]) == ([PARTNER, OTHER], ["2026-09-30"] * 2)
    shared.nothing_is_left("2026-10-01")


@pytest.mark.rule("A8")
def test_an_account_closed_at_another_partner_is_opened_again_as_new_in_the_new_partners_group(desk: Desk) -> None:
    desk.receive(PARTNER, ASKED, on=FIRST_DAY)
    desk.console.set_password(LEROY)
    id_ = desk.console.user(LEROY)["id"]
    desk.receive(PARTNER, {"vasseur": "2026-06-10"}, {"leroy": "2026-08-31"})

    done = desk.receive(OTHER, {"leroy": "2026-09-10"}, on="2026-09-10")
    assert done == [("group", None), ("reopen", LEROY), ("invite", LEROY)]
    assert desk.console.user(LEROY)["id"] == id_
    attributes = {"partenaire": [OTHER], "fonction": ["agent"], "date_demande_habilitation": ["2026-09-10"]}
    assert desk.leroy() == (True, {OTHER}, attributes)
    assert desk.console.log_in(LEROY) is None
    assert desk.links() == 2
    assert desk.of_leroy(PARTNER) == [("closed", "2026-08-31", TODAY)]
    assert desk.of_leroy(OTHER) == [("open", None, None)]


def _of_later(answer: Any) -> list[tuple[str, str, str]]:
    return [(change["action"], change["email"], change["due_on"]) for change in answer["later"]]


@pytest.mark.rule("A8")
@pytest.mark.rule("A4")
def test_a_return_waits_until_the_last_link_sent_is_dead_then_opens_as_new(desk: Desk) -> None:
    desk.office.environment["PROVISIONER_INVITATION__LIFESPAN_HOURS"] = "48"
    desk.receive(PARTNER, ASKED, on="2026-09-01")
    desk.receive(PARTNER, {"vasseur": "2026-06-10"}, {"leroy": "2026-09-01"})
    back = desk.annexe(PARTNER, {**ASKED, "leroy": "2026-09-02"}, {"leroy": "2026-09-01"}, on="2026-09-02")
    back = back.rename(back.with_name("retour.csv"))
    did = desk.office.apply(back, today=TODAY)
    assert (did["done"], _of_later(did)) == ([], [("reopen", LEROY, "2026-09-03")])
    assert desk.leroy()[0] is False

    did = desk.office.sync(today="2026-09-04")
    assert changes(did, "done") == [("reopen", LEROY), ("invite", LEROY)]
    assert desk.leroy()[:2] == (True, {PARTNER})
    assert desk.links() == 2
    desk.nothing_is_left("2026-09-04")


@pytest.mark.rule("A8")
@pytest.mark.rule("P2")
def test_openings_due_at_both_partners_on_one_day_make_one_account_and_send_one_link(desk: Desk) -> None:
    for partner in (PARTNER, OTHER):
        assert desk.receive(partner, {"leroy": "2026-09-10"}) == []
    did = desk.office.sync(today="2026-09-10")
    assert did["failed"] == []
    assert sorted(changes(did, "done"), key=str) == [
        ("group", None),
        ("group", None),
        ("invite", LEROY),
        ("open", LEROY),
        ("open", LEROY),
    ]
    assert desk.leroy()[:2] == (True, {PARTNER, OTHER})
    assert desk.leroy()[2]["partenaire"] == [PARTNER, OTHER]
    desk.nothing_is_left("2026-09-10")
    assert desk.office.sync(today="2026-09-11")["done"] == []
    assert desk.links() == 1
