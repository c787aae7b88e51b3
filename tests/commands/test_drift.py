"""What another hand changed in the console is told, and put right or left as the contract says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from provisioner.domain.people import EmailAddress
from tests.shared.console import Console
from tests.shared.office import DOMAIN, FIRST_DAY, PARTNER, Office, annexe_csv

LEROY, VASSEUR = EmailAddress(f"leroy@{DOMAIN}"), EmailAddress(f"vasseur@{DOMAIN}")


@pytest.fixture
def console(office: Office, tmp_path: Path) -> Console:
    office.add_partner()
    both = annexe_csv(tmp_path / "a.csv", {"leroy": "2026-06-10", "vasseur": "2026-06-10"}, {}, "2026-06-15")
    office.apply(both, today=FIRST_DAY)
    return Console(office)


def _kinds(answer: Any) -> list[tuple[str, str]]:
    return [(drifted["kind"], drifted["email"]) for drifted in answer["drift"]]


@pytest.mark.parametrize(
    "changed",
    [
        {"firstName": "Autre"},
        {"attributes": {"gere_par": ["provisioner"], "partenaire": ["autre"]}},
        {"email": "ailleurs@autre.example"},
    ],
    ids=["name", "attributes", "address"],
)
def test_what_was_changed_by_hand_is_put_right(office: Office, console: Console, changed: dict[str, Any]) -> None:
    console.save(LEROY, **changed)
    assert _kinds(office.sync(today=FIRST_DAY)) == [("changed-by-hand", LEROY)]
    again = office.sync(today=FIRST_DAY)
    assert (again["done"], again["drift"]) == ([], [])
    assert console.user(LEROY)["firstName"] == "Camille"


def test_an_account_taken_out_of_its_group_is_put_back(office: Office, console: Console) -> None:
    directory = office.directory()
    group = directory.snapshot({PARTNER: None}).groups[PARTNER]
    assert group is not None
    console.delete(f"users/{console.user(LEROY)['id']}/groups/{group.id}")
    assert _kinds(office.sync(today=FIRST_DAY)) == [("changed-by-hand", LEROY)]
    assert directory.snapshot({PARTNER: None}).groups[PARTNER] == group
    directory.close()


def test_a_group_deleted_by_hand_is_made_again_with_its_members(office: Office, console: Console) -> None:
    directory = office.directory()
    group = directory.snapshot({PARTNER: None}).groups[PARTNER]
    assert group is not None
    console.delete(f"groups/{group.id}")
    done = office.sync(today=FIRST_DAY)["done"]
    assert [change["action"] for change in done] == ["group", "update", "update"]
    made = directory.snapshot({PARTNER: None}).groups[PARTNER]
    assert made is not None
    assert (made.id != group.id, made.members) == (True, group.members)
    directory.close()


def test_an_account_suspended_by_hand_stays_so_and_a_deleted_one_is_told(office: Office, console: Console) -> None:
    console.save(LEROY, enabled=False)
    console.delete(f"users/{console.user(VASSEUR)['id']}")
    said = office.sync(today=FIRST_DAY)
    assert _kinds(said) == [("suspended-by-hand", LEROY), ("missing-account", VASSEUR)]
    assert said["done"] == []
    assert console.user(LEROY)["enabled"] is False


def test_an_account_enabled_by_hand_after_its_end_is_closed_again(
    office: Office, console: Console, tmp_path: Path
) -> None:
    leaving = annexe_csv(tmp_path / "b.csv", {"leroy": "2026-06-10"}, {"vasseur": "2026-08-31"}, "2026-09-01")
    office.apply(leaving, today="2026-09-02")
    console.save(VASSEUR, enabled=True)
    said = office.sync(today="2026-09-02")
    assert _kinds(said) == [("enabled-by-hand", VASSEUR)]
    assert [(change["action"], change["due_on"]) for change in said["done"]] == [("close", None)]
    assert console.user(VASSEUR)["enabled"] is False


def test_a_lost_mark_is_put_back(office: Office, console: Console) -> None:
    user = console.user(LEROY)
    console.save(LEROY, attributes={name: value for name, value in user["attributes"].items() if name != "gere_par"})
    assert _kinds(office.sync(today=FIRST_DAY)) == [("unmarked", LEROY)]
    assert console.user(LEROY)["attributes"]["gere_par"] == ["provisioner"]


def test_a_stranger_in_the_group_is_told_and_left_alone(office: Office, console: Console) -> None:
    console.connection.request(
        "post",
        f"{console.realm}/users",
        {"email": "inconnu@autre.example", "enabled": True, "groups": [f"/partenaires/{PARTNER}"]},
    )
    before = console.user("inconnu@autre.example")
    assert _kinds(office.sync(today=FIRST_DAY)) == [("unknown-in-group", "inconnu@autre.example")]
    assert console.user("inconnu@autre.example") == before
