"""A partner's group is read by its id and written by its path: moved in the console, it gets its place back."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.shared.console import Console
from tests.shared.office import DOMAIN, FIRST_DAY, PARTNER, SECOND_DAY, Office, annexe_csv, changes, valid
from tests.shared.proxy import Faults, FaultyProxy, empty_page

GROUP = f"/partenaires/{PARTNER}"
NGUYEN = f"nguyen@{DOMAIN}"
OTHER = "sivom-du-lac"


@pytest.fixture
def console(first: Path, office: Office) -> Console:
    """Leroy and Vasseur are open."""
    assert first.exists()
    office.sync(today=FIRST_DAY)
    return Console(office)


def _drift(answer: Any) -> list[tuple[str, str, str | None]]:
    return [(drifted["kind"], drifted["partner"], drifted["email"]) for drifted in answer["drift"]]


@pytest.mark.parametrize("how", [{"name": "renomme"}, {"under": "/ailleurs"}], ids=["renamed", "moved"])
@pytest.mark.usefixtures("watched")
def test_a_moved_group_is_told_and_put_back_before_anybody_is_put_into_it(
    office: Office, console: Console, second: Path, how: dict[str, str]
) -> None:
    console.add_group("ailleurs")
    id_ = console.move_group(GROUP, **how)
    planned = office.plan(today=SECOND_DAY)
    assert (_drift(planned), changes(planned)) == ([("group-moved", PARTNER, None)], [("group", None)])
    done = office.apply(second, today=SECOND_DAY)
    assert changes(done, "done")[0] == ("group", None)
    assert (("open", NGUYEN) in changes(done, "done"), done["failed"]) == (True, [])
    assert console.groups(NGUYEN) == console.groups(f"leroy@{DOMAIN}") == {GROUP}
    assert console.connection.get(f"{console.realm}/group-by-path{GROUP}")["id"] == id_
    again = office.sync(today=SECOND_DAY)
    assert (again["done"], again["drift"]) == ([], [])


def test_the_group_above_them_all_gets_its_name_back_and_no_second_one_is_made(
    office: Office, console: Console, tmp_path: Path
) -> None:
    office.add_partner(OTHER, "sivom.example")
    console.move_group("/partenaires", name="anciens-partenaires")
    asked = annexe_csv(tmp_path / "o.csv", {"petit": "2026-09-01"}, {}, "2026-09-01", "sivom.example")
    done = office.apply(asked, partner=OTHER, today=SECOND_DAY)
    assert changes(done, "done")[:2] == [("group", None), ("open", "petit@sivom.example")]
    assert console.groups("petit@sivom.example") == {f"/partenaires/{OTHER}"}
    assert console.group_paths() == {"/partenaires", GROUP, f"/partenaires/{OTHER}"}
    assert office.sync(today=SECOND_DAY)["drift"] == []


def test_where_another_group_took_the_place_openings_wait_and_closures_do_not(
    office: Office, console: Console, second: Path
) -> None:
    console.move_group(GROUP, name="renomme")
    console.add_group(PARTNER, under="/partenaires")
    done = office.apply(second, today=SECOND_DAY, status=1)
    assert changes(done, "done") == [("close", f"vasseur@{DOMAIN}")]
    assert [change for change in changes(done, "failed") if change[0] != "invite"] == [
        ("group", None),
        ("open", NGUYEN),
    ]
    (hold,) = valid(office.run("held", "list", "--format", "json", today=SECOND_DAY).json, "held")
    assert (hold["kind"], hold["partner"]) == ("quarantine", PARTNER)
    assert "dans la console, puis lancez provisioner sync" in hold["reason"]
    assert console.connection.get(f"{console.realm}/users", email=NGUYEN, exact="true") == []

    taken = console.connection.get(f"{console.realm}/group-by-path{GROUP}")["id"]
    console.delete(f"groups/{taken}")
    done = office.sync(today=SECOND_DAY)
    assert ("open", NGUYEN) in changes(done, "done")
    assert console.groups(NGUYEN) == {GROUP}
    assert office.run("held", "list", "--format", "json", today=SECOND_DAY).json == []


def test_a_list_of_members_that_comes_back_empty_is_not_taken_for_the_truth(
    office: Office, console: Console, proxy: FaultyProxy
) -> None:
    proxy.faults = Faults(r"/members\?", fault=empty_page)
    answer = office.run("sync", "--format", "json", today=SECOND_DAY, PROVISIONER_KEYCLOAK__URL=proxy.url)
    writes = [call for call in proxy.calls if call[0] != "GET" and "/protocol/" not in call[1]]
    assert proxy.faults.seen > 0
    assert (answer.status, answer.out, writes) == (3, "", [])
    assert "leaves out one who is in the group" in answer.err
    after = office.sync(today=SECOND_DAY)
    assert (after["done"], after["drift"]) == ([], [])


def test_who_was_really_taken_out_of_the_group_is_put_back(office: Office, console: Console) -> None:
    id_ = console.connection.get(f"{console.realm}/group-by-path{GROUP}")["id"]
    console.delete(f"users/{console.user(f'leroy@{DOMAIN}')['id']}/groups/{id_}")
    done = office.sync(today=SECOND_DAY)
    assert _drift(done) == [("changed-by-hand", PARTNER, f"leroy@{DOMAIN}")]
    assert console.groups(f"leroy@{DOMAIN}") == {GROUP}
