"""Another realm under the settings, or one made anew: nothing is concluded from it; a named person may accept it."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from provisioner.keycloak.realm import apply_realm
from provisioner.settings import Settings
from tests.shared.approvals import journal_details
from tests.shared.console import Console
from tests.shared.mailbox import Mailbox
from tests.shared.office import DOMAIN, FIRST_DAY, PARTNER, SECOND_DAY, Answer, Office, annexe_csv, valid

LEROY = f"leroy@{DOMAIN}"
WHY = ("--by", "Claire Martin", "--reason", "Royaume refait après la panne")


@pytest.fixture
def moved(new_settings: Callable[..., Settings], mailbox: Mailbox, tmp_path: Path) -> Office:
    """An office with two open accesses, whose realm was deleted and made anew under its name."""
    settings = new_settings(tmp_path / "data")
    apply_realm(settings)
    office = Office(settings, mailbox, tmp_path)
    office.add_partner()
    first = annexe_csv(tmp_path / "1.csv", {"leroy": "2026-06-10", "vasseur": "2026-06-10"}, {}, "2026-06-15")
    office.apply(first, today=FIRST_DAY)
    office.sync(today=FIRST_DAY)
    console = Console(office)
    console.connection.request("delete", console.realm)
    apply_realm(settings)
    console.connection.close()
    return office


def _good_sync(office: Office) -> str:
    return str(office.run("status", "--format", "json", today=SECOND_DAY).json["last_good_sync"])


def _limits(answer: Any) -> list[tuple[str, str]]:
    return [(blocked["partner"], blocked["limit"]) for blocked in answer["blocked_by"]]


def _refused(answer: Answer) -> bool:
    return (
        answer.status == 1
        and "n'est pas celui" in answer.err + answer.out
        and "realm accept" in answer.err + answer.out
    )


def test_in_another_realm_nothing_is_concluded_nothing_done_and_a_named_person_goes_on(
    moved: Office, tmp_path: Path
) -> None:
    office, before = moved, _good_sync(moved)
    console = Console(office)
    held = [(PARTNER, "unknown-realm")]

    said = office.sync(today=SECOND_DAY, status=1)
    assert (_limits(said), said["done"], said["failed"], said["drift"]) == (held, [], [], [])
    assert _good_sync(office) == before
    (hold,) = valid(office.run("held", "list", "--format", "json", today=SECOND_DAY).json, "held")
    assert (hold["kind"], hold["partner"]) == ("limit", PARTNER)
    told = office.run("sync", today=SECOND_DAY)
    assert _refused(told)
    assert "person reopen" not in told.out

    # what plans or judges by Keycloak
    due = office.plan(today=SECOND_DAY)
    assert (_limits(due), due["changes"], due["drift"]) == (held, [], [])
    assert "conforme" not in office.run("plan", today=SECOND_DAY).out
    second = annexe_csv(tmp_path / "2.csv", {"leroy": "2026-06-10"}, {"vasseur": "2026-08-31"}, "2026-09-01")
    planned = office.plan(second, "--partner", PARTNER, today=SECOND_DAY)
    assert (_limits(planned), planned["changes"]) == (held, [])
    assert _limits(office.apply(second, today=SECOND_DAY, status=1)) == held
    assert _refused(office.run("annexe", "submit", second, "--partner", PARTNER, today=SECOND_DAY))
    assert [annexe["status"] for annexe in office.run("annexe", "list", "--format", "json").json] == ["applied"]

    # one person
    explained = valid(office.run("explain", LEROY, "--format", "json", today=SECOND_DAY).json, "explain")
    assert explained["state"] not in ("missing", "not-ours")
    assert any("n'est pas celui" in step["fact"] for step in explained["steps"])
    assert _refused(office.run("person", "show", LEROY, today=SECOND_DAY))
    assert _refused(office.run("person", "reopen", LEROY, *WHY, today=SECOND_DAY))
    assert _refused(office.run("partner", "adopt", PARTNER, "--email", LEROY, *WHY, today=SECOND_DAY))
    assert _refused(office.run("invitation", "repeat", LEROY, "--by", "Claire Martin", today=SECOND_DAY))
    assert _refused(office.run("invitation", "list", today=SECOND_DAY))
    assert _refused(office.run("connections", "pull", today=SECOND_DAY))
    assert _refused(office.run("connections", "verify", today=SECOND_DAY))
    suspended = office.run("person", "suspend", f"vasseur@{DOMAIN}", *WHY, today=SECOND_DAY)
    assert _refused(suspended)
    doctor = office.run("doctor", "--format", "json", today=SECOND_DAY)
    assert doctor.status == 1
    assert console.connection.get(f"{console.realm}/users") == []

    # the way on
    accepted = office.run("realm", "accept", *WHY, "--format", "json", today=SECOND_DAY)
    answer = valid(accepted.json, "realm_accept")
    realm_id = console.connection.get(console.realm)["id"]
    assert (accepted.status, answer["found"], answer["accounts"], answer["accounts_there"], answer["accepted"]) == (
        0, realm_id, 2, 0, True
    )  # fmt: skip
    (entry,) = journal_details(office, "realm.accepted")
    assert (entry["known"], entry["realm"], entry["by"]) == (answer["known"], realm_id, "Claire Martin")
    again = office.run("realm", "accept", *WHY, "--format", "json", today=SECOND_DAY)
    assert (again.status, again.json["accepted"]) == (0, False)
    after = office.sync(today=SECOND_DAY)
    assert [drifted["kind"] for drifted in after["drift"]] == ["missing-account", "missing-account"]
    assert office.run("person", "reopen", LEROY, *WHY, today=SECOND_DAY).status == 0
    assert console.user(LEROY)["enabled"] is True
    assert office.run("journal", "verify", today=SECOND_DAY).status == 0


def test_a_register_that_knows_no_realm_accepts_none(office: Office) -> None:
    office.add_partner()
    answer = office.run("realm", "accept", *WHY, today=FIRST_DAY)
    assert (answer.status, "aucun royaume" in answer.err) == (1, True)
