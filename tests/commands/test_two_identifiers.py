"""An account has two identifiers, its user name and its e-mail: an address taken as either is told in time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.shared.approvals import errors, submit
from tests.shared.console import Console
from tests.shared.office import DOMAIN, FIRST_DAY, PARTNER, SECOND_DAY, Office, annexe_csv, changes, valid

NGUYEN, ELSEWHERE = f"nguyen@{DOMAIN}", "administrateur@ailleurs.example"
WHY = ("--by", "Claire Martin", "--reason", "Départ annoncé par téléphone")


@pytest.fixture
def console(office: Office) -> Console:
    """An account that is not ours is named by the address that will be asked for; its e-mail is another."""
    office.add_partner()
    console = Console(office)
    console.add_named(NGUYEN, ELSEWHERE)
    return console


def _adopted(office: Office, *more: str, status: int = 0) -> list[tuple[str, str]]:
    adopt = ("partner", "adopt", PARTNER, "--email", NGUYEN, *WHY, *more, "--format", "json")
    answer = office.run(*adopt, today=FIRST_DAY)
    assert answer.status == status, (answer.err, answer.out)
    accounts: list[dict[str, Any]] = valid(answer.json, "adoption")
    return [(account["email"], account["match"]) for account in accounts]


@pytest.mark.rule("A8")
def test_a_user_name_that_is_the_address_is_told_before_approval(
    office: Office, console: Console, tmp_path: Path
) -> None:
    file = annexe_csv(tmp_path / "1.csv", {"leroy": "2026-06-10", "nguyen": "2026-06-10"}, {}, "2026-06-15")
    told = [("address-not-managed", 2)]
    submitted = submit(office, file, today=FIRST_DAY, status=1)
    assert (submitted["status"], submitted["plan_id"], errors(submitted["check"])) == ("refused", None, told)
    assert errors(office.plan(file, "--partner", PARTNER, today=FIRST_DAY, status=1)) == told
    refused = office.apply(file, today=FIRST_DAY, status=1)
    assert (errors(refused), refused["done"], office.mails()) == (told, [], [])
    assert valid(office.run("held", "list", "--format", "json", today=FIRST_DAY).json, "held") == []
    assert (console.user(ELSEWHERE)["enabled"], console.groups(ELSEWHERE)) == (True, set())


@pytest.mark.rule("A8")
def test_a_new_address_that_is_somebodys_user_name_is_refused_before_it_is_decided(
    office: Office, console: Console, tmp_path: Path
) -> None:
    office.apply(annexe_csv(tmp_path / "1.csv", {"leroy": "2026-06-10"}, {}, "2026-06-15"), today=FIRST_DAY)
    file = annexe_csv(tmp_path / "2.csv", {"nguyen": "2026-06-10"}, {}, "2026-09-01")
    rename = ("--rename", f"leroy@{DOMAIN}={NGUYEN}")
    assert errors(office.apply(file, *rename, today=SECOND_DAY, status=1)) == [("address-not-managed", 1)]
    assert console.user(f"leroy@{DOMAIN}")["username"] == f"leroy@{DOMAIN}"
    assert changes(office.sync(today=SECOND_DAY), "done") == []


@pytest.mark.rule("A8")
def test_an_account_known_by_one_identifier_only_is_not_adopted(office: Office, console: Console) -> None:
    assert _adopted(office, "--dry-run", status=1) == [(NGUYEN, "two-identifiers")]
    assert _adopted(office, status=1) == [(NGUYEN, "two-identifiers")]
    assert console.groups(ELSEWHERE) == set()


@pytest.mark.rule("A8")
def test_a_missing_account_whose_address_became_somebodys_user_name_is_not_recreated(
    office: Office, tmp_path: Path
) -> None:
    office.add_partner()
    console = Console(office)
    office.apply(annexe_csv(tmp_path / "1.csv", {"nguyen": "2026-06-10"}, {}, "2026-06-15"), today=FIRST_DAY)
    console.delete(f"users/{console.user(NGUYEN)['id']}")
    console.add_named(NGUYEN, ELSEWHERE)
    refused = office.run("person", "reopen", NGUYEN, *WHY, today=FIRST_DAY)
    assert (refused.status, "(A8)" in refused.err) == (1, True)
    assert office.sync(today=FIRST_DAY)["done"] == []
