"""`person unlock`: Keycloak's lock after failed logins lifted by name, told before and after."""

from __future__ import annotations

import time
from contextlib import closing
from pathlib import Path

import pytest

from tests.shared.console import Console
from tests.shared.login_form import LoginForm
from tests.shared.office import DOMAIN, FIRST_DAY, Office, annexe_csv, valid
from tests.shared.pace import PATIENCE

LEROY, VASSEUR = f"leroy@{DOMAIN}", f"vasseur@{DOMAIN}"
BY = ("--by", "Claire Martin", "--reason", "Mot de passe mal recopié")


@pytest.fixture
def console(office: Office, tmp_path: Path) -> Console:
    """Two persons are open, one has a password."""
    office.add_partner()
    asked = dict.fromkeys(("leroy", "vasseur"), "2026-06-10")
    office.apply(annexe_csv(tmp_path / "a.csv", asked, {}, "2026-06-15"), today=FIRST_DAY)
    console = Console(office)
    console.set_password(LEROY)
    return console


def fail(office: Office, console: Console, times: int) -> None:
    """Types a wrong password so many times, each counted before the next."""
    path = f"{console.realm}/attack-detection/brute-force/users/{console.user(LEROY)['id']}"
    with closing(LoginForm(office.settings)) as form:
        for number in range(1, times + 1):
            assert not form.log_in(LEROY, "Faux-0000")
            until = time.monotonic() + PATIENCE
            while console.connection.get(path)["numFailures"] < number:
                assert time.monotonic() < until, "Keycloak counts the failure"
                time.sleep(0.05)


@pytest.mark.rule("P1")
@pytest.mark.rule("L1")
def test_who_failed_five_times_is_locked_told_and_lets_in_at_once_by_name(office: Office, console: Console) -> None:
    console.connection.request("put", console.realm, {"quickLoginCheckMilliSeconds": 1})
    fail(office, console, 4)
    assert console.log_in(LEROY) is not None, "four failures lock nobody, and a login forgets them"
    fail(office, console, 5)
    assert console.log_in(LEROY) is None
    shown = valid(office.run("person", "show", LEROY, "--format", "json").json, "person_show")
    assert shown["account"]["locked_until"] is not None
    assert "Connexion bloquée jusqu'au" in office.run("explain", LEROY).out

    answer = office.run("person", "unlock", LEROY, *BY, "--format", "json")
    assert answer.status == 0, answer.err
    unlocked = valid(answer.json, "unlocked")
    assert (unlocked["failures"], unlocked["locked_until"]) == (5, shown["account"]["locked_until"])
    assert console.log_in(LEROY) is not None
    assert "Connexion bloquée" not in office.run("explain", LEROY).out
    journal = office.run("journal", "show", "--email", LEROY, "--format", "json").json
    assert [entry["by"] for entry in journal if entry["action"] == "account.unlocked"] == ["Claire Martin"]

    again = office.run("person", "unlock", LEROY, *BY)
    assert (again.status, "n'est pas bloqué" in again.out) == (0, True)
    after = office.run("journal", "show", "--email", LEROY, "--format", "json").json
    assert len(after) == len(journal), "nothing is recorded for nothing"
    assert console.log_in(LEROY) is not None

    assert office.run("connections", "pull").status == 0
    raised = office.run("controls", "list", "--format", "json").json
    assert [control["code"] for control in raised if control["code"].startswith("own-account")] == []


def test_what_a_lock_does_not_keep_closed_is_said(office: Office, console: Console) -> None:
    unknown = office.run("person", "unlock", f"nul@{DOMAIN}", *BY)
    assert (unknown.status, "n'a pas d'accès ouvert" in unknown.err) == (1, True)
    assert office.run("person", "suspend", LEROY, *BY).status == 0
    suspended = office.run("person", "unlock", LEROY, *BY)
    assert (suspended.status, "person reopen" in suspended.err) == (1, True)
    console.delete(f"users/{console.user(VASSEUR)['id']}")
    gone = office.run("person", "unlock", VASSEUR, *BY)
    assert (gone.status, "n'est plus dans Keycloak" in gone.err) == (1, True)
