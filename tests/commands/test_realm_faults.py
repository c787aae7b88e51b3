"""What is wrong with the realm as a whole is told once, as that: it is nobody's own failure."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from provisioner.keycloak.realm import apply_realm
from tests.shared.console import Console
from tests.shared.office import DOMAIN, FIRST_DAY, PARTNER, Office, annexe_csv, changes, valid

PEOPLE = {"leroy": "2026-06-10", "vasseur": "2026-06-10"}


@pytest.fixture
def console(office: Office) -> Console:
    office.add_partner()
    return Console(office)


@pytest.fixture
def asked(tmp_path: Path) -> Path:
    return annexe_csv(tmp_path / "1.csv", PEOPLE, {}, "2026-06-15")


def _switch(console: Console, action: str, *, on: bool) -> None:
    path = f"{console.realm}/authentication/required-actions/{action}"
    console.connection.request("put", path, {**console.connection.get(path), "enabled": on})


@pytest.mark.rule("P1")
def test_no_link_leaves_that_could_make_no_password(office: Office, console: Console, asked: Path) -> None:
    _switch(console, "UPDATE_PASSWORD", on=False)
    held = office.apply(asked, today=FIRST_DAY, status=1)
    (blocked,) = held["blocked_by"]
    assert (blocked["limit"], blocked["override"]) == ("password-policy", None)
    assert "« Update Password »" in blocked["reason"]
    assert changes(held, "done") == [("group", None)]
    assert office.mails() == []
    assert "action:UPDATE_PASSWORD" in {difference.setting for difference in apply_realm(office.settings)}
    assert [change for change in changes(office.sync(today=FIRST_DAY), "done") if change[0] == "invite"] == [
        ("invite", f"{name}@{DOMAIN}") for name in PEOPLE
    ]
    assert len(office.mails()) == len(PEOPLE)


@pytest.mark.rule("P2")
@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"smtpServer": {}}, "serveur de messagerie"),
        (
            {
                "passwordPolicy": "length(8) and maxLength(6) and upperCase(1) and lowerCase(1) and digits(1) and "
                "specialChars(1)"
            },
            "plus de caractères qu'elle n'en admet",
        ),
    ],
    ids=["no-mail-server", "impossible-policy"],
)
def test_what_makes_every_link_useless_holds_them_and_is_named(
    office: Office, console: Console, asked: Path, changed: dict[str, Any], reason: str
) -> None:
    console.connection.request("put", console.realm, {**console.connection.get(console.realm), **changed})
    (blocked,) = office.apply(asked, today=FIRST_DAY, status=1)["blocked_by"]
    assert (blocked["limit"], reason in blocked["reason"]) == ("password-policy", True)
    assert valid(office.run("held", "list", "--format", "json", today=FIRST_DAY).json, "held") == []
    assert office.mails() == []


@pytest.mark.rule("P2")
@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        ({"enabled": False}, "Le client « cooperation » est désactivé"),
        ({"redirectUris": ["https://ailleurs.example/*"]}, "n'admet pas l'adresse de la plateforme"),
        ({"clientId": "autre"}, "Le client « cooperation » n'existe pas"),
    ],
    ids=["disabled", "redirect", "missing"],
)
def test_a_client_that_refuses_every_link_is_one_failure_of_keycloak_and_sets_nobody_aside(
    office: Office, console: Console, asked: Path, changed: dict[str, Any], reason: str
) -> None:
    (client,) = console.connection.get(f"{console.realm}/clients", clientId="cooperation")
    console.connection.request("put", f"{console.realm}/clients/{client['id']}", {**client, **changed})
    answer = office.run(
        "apply", asked, "--partner", PARTNER, "--approved-by", "Claire Martin", "--yes", today=FIRST_DAY
    )
    (said,) = [line for line in answer.err.splitlines() if reason in line]
    assert (answer.status, office.settings.keycloak.url in said, "realm apply" in said) == (3, True, True)
    assert valid(office.run("held", "list", "--format", "json", today=FIRST_DAY).json, "held") == []
    assert _invitations(office) == [("owed", None)] * 2

    console.connection.request("put", f"{console.realm}/clients/{client['id']}", client)
    done = changes(office.sync(today=FIRST_DAY), "done")
    assert done == [("invite", f"{name}@{DOMAIN}") for name in PEOPLE]
    assert _invitations(office) == [("sent", FIRST_DAY)] * 2
    assert len(office.mails()) == len(PEOPLE)


def _invitations(office: Office) -> list[tuple[str, str | None]]:
    answer = office.run("invitation", "list", "--format", "json", today=FIRST_DAY)
    return [(invitation["state"], invitation["sent_on"]) for invitation in valid(answer.json, "invitations")]


def test_what_the_user_profile_asks_of_everybody_is_one_failure_of_keycloak(
    office: Office, console: Console, asked: Path
) -> None:
    console.require_attribute("telephone")
    office.apply(asked, today=FIRST_DAY, status=3)
    assert office.run("held", "list", "--format", "json", today=FIRST_DAY).json == []
    said = office.run("sync", today=FIRST_DAY)
    assert (said.status, "profil des utilisateurs" in said.err) == (3, True)
    console.forget_attribute("telephone")
    assert len(office.sync(today=FIRST_DAY)["done"]) == 2 * len(PEOPLE)
