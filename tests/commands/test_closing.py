"""A closure that Keycloak makes hard: cut first, the rest as it can be; what stays open is told at once."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.shared.console import Console
from tests.shared.office import DOMAIN, FIRST_DAY, PARTNER, Office, annexe_csv, changes, valid

LEROY, VASSEUR = f"leroy@{DOMAIN}", f"vasseur@{DOMAIN}"
ASKED = {"leroy": "2026-06-10", "vasseur": "2026-06-10"}
TODAY = "2026-09-02"
BY = ("--by", "Claire Martin", "--reason", "Téléphone volé")


@pytest.fixture
def console(office: Office, first: Path) -> Console:
    """Leroy and Vasseur are open, with a password; the Caf has somebody for notices."""
    office.sends_notices()
    named = ("--habilitations", f"habilitations-{office.settings.keycloak.realm}@caf.example")
    rest = ("--securite", "securite@caf.example", "--technique", "technique@caf.example")
    assert office.run("caf", "contacts", "--on", "2026-01-15", *named, *rest, today=FIRST_DAY).status == 0
    console = Console(office)
    console.set_password(LEROY)
    return console


@pytest.fixture
def leaving(tmp_path: Path) -> Path:
    """Leroy leaves."""
    return annexe_csv(tmp_path / "2.csv", {"vasseur": "2026-06-10"}, {"leroy": "2026-08-31"}, "2026-09-01")


def held(office: Office, today: str = TODAY) -> list[dict[str, Any]]:
    holds: list[dict[str, Any]] = valid(office.run("held", "list", "--format", "json", today=today).json, "held")
    return holds


def notices(office: Office) -> list[str]:
    """The notices to the Caf's contact."""
    to = f"habilitations-{office.settings.keycloak.realm}@caf.example"
    return [mail.subject for mail in office.mails() if mail.to == to and "annexe 1" not in mail.subject]


def state(office: Office, email: str, partner: str = PARTNER) -> str:
    shown = office.run("partner", "show", partner, "--format", "json", today=TODAY).json
    return next(
        str(habilitation["state"]) for habilitation in shown["habilitations"] if habilitation["email"] == email
    )


@pytest.mark.rule("A3")
def test_an_address_given_to_another_account_does_not_keep_a_departure_open(
    office: Office, console: Console, leaving: Path
) -> None:
    console.allow_offline()
    login = console.log_in(LEROY, offline=True)
    assert login is not None
    console.save(LEROY, email=f"ancien@{DOMAIN}", username=f"ancien@{DOMAIN}")
    other = console.add(LEROY)
    assert changes(office.apply(leaving, today=TODAY), "done") == [("close", LEROY)]
    assert console.user(f"ancien@{DOMAIN}")["enabled"] is False
    assert not console.is_logged_in(login)
    assert state(office, LEROY) == "closed"
    again = office.sync(today=TODAY, status=1)
    assert [(failure["action"], failure["email"]) for failure in again["failed"]] == [("update", LEROY)]
    assert console.user(LEROY)["enabled"] is True, "the other account is nobody's of ours"
    console.delete(f"users/{other}")
    assert changes(office.sync(today=TODAY), "done") == [("update", LEROY)]
    closed = console.user(LEROY)
    assert (closed["enabled"], closed["attributes"]["date_fin_habilitation"]) == (False, ["2026-08-31"])
    assert office.sync(today=TODAY)["done"] == []
    assert held(office) == []


@pytest.mark.rule("A3")
@pytest.mark.parametrize("how", ["annexe", "suspend", "partner-end"])
def test_an_account_that_keycloak_will_not_disable_is_logged_out_loses_its_password_and_is_told_at_once(
    office: Office, console: Console, leaving: Path, how: str
) -> None:
    login = console.log_in(LEROY)
    assert login is not None
    console.require_attribute("matricule")
    if how == "suspend":
        answer = office.run("person", "suspend", LEROY, *BY, "--format", "json", today=TODAY)
        assert (answer.status, [failure["action"] for failure in answer.json["failed"]]) == (1, ["close"])
    elif how == "annexe":
        failed = office.apply(leaving, today=TODAY, status=1)["failed"]
        assert [(failure["action"], failure["email"]) for failure in failed] == [("close", LEROY)]
    else:
        ended = ("partner", "end", PARTNER, "--on", "2026-09-01", *BY)
        assert office.run(*ended, today="2026-09-01").status == 0
        assert {failure["email"] for failure in office.sync(today=TODAY, status=1)["failed"]} == {LEROY, VASSEUR}
    assert not console.is_logged_in(login)
    assert console.log_in(LEROY) is None
    assert state(office, LEROY) == ("suspended" if how == "suspend" else "open")
    reasons = [hold["reason"] for hold in held(office) if hold["kind"] == "quarantine"]
    assert all(reason.startswith("Accès encore ouvert") and "mot de passe" in reason for reason in reasons)
    assert len(reasons) == (2 if how == "partner-end" else 1)
    assert notices(office) == [f"Coopération : accès encore ouverts ({PARTNER})"]

    console.set_password(LEROY)
    assert office.sync(today=TODAY, status=1)["done"] == []
    assert not office.directory().has_password(console.user(LEROY)["id"])
    assert len(notices(office)) == 1
    console.forget_attribute("matricule")
    assert ("close", LEROY) in changes(office.sync(today=TODAY), "done")
    assert console.user(LEROY)["enabled"] is False
    assert [hold["kind"] for hold in held(office)] == (["suspension"] if how == "suspend" else [])


@pytest.mark.rule("A3")
def test_what_the_register_knows_better_is_written_where_disabling_alone_is_refused(
    office: Office, console: Console, leaving: Path
) -> None:
    """The profile asks for an attribute of ours that a hand took off the account."""
    path = f"{console.realm}/users/profile"
    profile = console.connection.get(path)
    console.save(LEROY, attributes={})
    for attribute in profile["attributes"]:
        if attribute["name"] == "partenaire":
            attribute["required"] = {"roles": ["admin"]}
    console.connection.request("put", path, profile)
    assert changes(office.apply(leaving, today=TODAY), "done") == [("close", LEROY)]
    assert console.user(LEROY)["enabled"] is False


@pytest.mark.rule("A3")
def test_an_adopted_account_whose_name_keycloak_refuses_is_cut(office: Office, console: Console) -> None:
    martin = f"martin@{DOMAIN}"
    console.connection.request(
        "post",
        f"{console.realm}/partialImport",
        {
            "ifResourceExists": "FAIL",
            "users": [
                {
                    "username": martin,
                    "email": martin,
                    "enabled": True,
                    "firstName": "Anne (stage)",
                    "lastName": "Martin",
                }
            ],
        },
    )
    console.set_password(martin)
    adopted = office.run("partner", "adopt", PARTNER, "--email", martin, *BY, "--format", "json", today=TODAY)
    assert adopted.status != 0, "its name is refused when it is marked"
    login = console.log_in(martin)
    answer = office.run("person", "suspend", martin, *BY, "--format", "json", today=TODAY)
    assert login is None or not console.is_logged_in(login)
    assert console.log_in(martin) is None
    assert (answer.status, console.user(martin)["enabled"]) == (1, True), "Keycloak would not even disable it"
    assert [hold["reason"][:19] for hold in held(office) if hold["kind"] == "quarantine"] == ["Accès encore ouvert"]


@pytest.mark.rule("A8")
def test_leaving_one_partner_of_two_is_not_held_up_by_a_name_or_an_address(
    office: Office, console: Console, leaving: Path, tmp_path: Path
) -> None:
    office.add_partner("sivom", "sivom.example")
    also = annexe_csv(tmp_path / "s.csv", {"leroy": "2026-09-01"}, {}, "2026-09-01")
    office.apply(also, "--waive", "1=Mission commune", today=TODAY, partner="sivom")
    console.save(LEROY, email=f"ancien@{DOMAIN}", username=f"ancien@{DOMAIN}")
    console.add(LEROY)
    done = office.apply(leaving, today=TODAY)
    assert ("close", LEROY) in changes(done, "done")
    account = console.user(f"ancien@{DOMAIN}")
    assert (account["enabled"], account["attributes"]["partenaire"]) == (True, ["sivom"])
    assert console.groups(f"ancien@{DOMAIN}") == {"/partenaires/sivom"}


@pytest.mark.rule("A8")
def test_a_partner_that_keycloak_will_not_take_off_an_account_is_told_as_still_open(
    office: Office, console: Console, leaving: Path, tmp_path: Path
) -> None:
    office.add_partner("sivom", "sivom.example")
    also = annexe_csv(tmp_path / "s.csv", {"leroy": "2026-09-01"}, {}, "2026-09-01")
    office.apply(also, "--waive", "1=Mission commune", today=TODAY, partner="sivom")
    console.require_attribute("matricule")
    assert changes(office.apply(leaving, today=TODAY, status=1), "failed") == [("close", LEROY)]
    assert console.groups(LEROY) == {"/partenaires/sivom"}
    assert console.log_in(LEROY) is not None, "the other partner's access goes on"
    assert held(office)[0]["reason"].startswith("Accès encore ouvert")
    console.forget_attribute("matricule")
    assert changes(office.sync(today=TODAY), "done") == [("close", LEROY)]
    assert console.user(LEROY)["attributes"]["partenaire"] == ["sivom"]
    assert held(office) == []


@pytest.mark.rule("A3")
def test_an_account_that_another_hand_made_again_is_told_until_it_is_gone(
    office: Office, console: Console, leaving: Path
) -> None:
    console.delete(f"users/{console.user(LEROY)['id']}")
    again = console.add(LEROY)
    console.set_password(LEROY)
    assert console.log_in(LEROY) is not None
    done = office.apply(leaving, today=TODAY, status=1)
    assert ("account-made-again", "warning", 2) in [
        (finding["code"], finding["severity"], finding["list"]) for finding in done["findings"]
    ]
    assert changes(done, "failed") == [("close", LEROY)]
    assert ("account-made-again", LEROY) in [(drifted["kind"], drifted["email"]) for drifted in done["drift"]]
    assert state(office, LEROY) == "open"
    assert "recréé à la main" in held(office)[0]["reason"]
    assert len(notices(office)) == 1
    said = office.sync(today="2026-09-03", status=1)
    assert [(drifted["kind"], drifted["email"]) for drifted in said["drift"]] == [("account-made-again", LEROY)]
    console.delete(f"users/{again}")
    said = office.sync(today="2026-09-03")
    assert (changes(said, "done"), said["drift"]) == ([("close", LEROY)], [])
    assert held(office) == []


@pytest.mark.rule("A8")
def test_an_account_that_another_hand_made_again_is_taken_back_by_name(
    office: Office, console: Console, leaving: Path
) -> None:
    console.delete(f"users/{console.user(LEROY)['id']}")
    console.add(LEROY)
    console.set_password(LEROY)
    suspended = office.run("person", "suspend", LEROY, *BY, today=TODAY)
    assert (suspended.status, "partner adopt" in suspended.out) == (1, True)
    adopted = office.run("partner", "adopt", PARTNER, "--email", LEROY, *BY, "--format", "json", today=TODAY)
    assert adopted.status == 0, adopted.err + adopted.out
    assert console.user(LEROY)["enabled"] is False
    assert office.sync(today=TODAY)["drift"] == []
    assert changes(office.apply(leaving, today=TODAY), "done") == [("close", LEROY)]
    assert [hold["kind"] for hold in held(office)] == ["suspension"]


@pytest.mark.rule("A3")
def test_an_account_made_again_after_the_closure_is_told_while_it_is_open(
    office: Office, console: Console, leaving: Path
) -> None:
    office.apply(leaving, today=TODAY)
    console.delete(f"users/{console.user(LEROY)['id']}")
    assert office.sync(today=TODAY)["drift"] == []
    console.add(LEROY)
    assert [drifted["kind"] for drifted in office.sync(today=TODAY)["drift"]] == ["account-made-again"]
    console.save(LEROY, enabled=False)
    assert office.sync(today=TODAY)["drift"] == []
