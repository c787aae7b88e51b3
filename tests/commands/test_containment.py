"""`partner suspend` and `partner reopen` on the real server: a partner of 200 persons, some of whom are logged in."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from time import monotonic
from typing import Any

import pytest

from tests.shared.console import Console
from tests.shared.office import DOMAIN, FIRST_DAY, PARTNER, Office, annexe_csv, valid
from tests.shared.pace import slowness

PERSONS = [f"agent{number}" for number in range(200)]
SHARED, SUSPENDED = f"{PERSONS[3]}@{DOMAIN}", f"{PERSONS[4]}@{DOMAIN}"
LOGGED_IN = [f"{name}@{DOMAIN}" for name in PERSONS[:3]]
TODAY = "2026-09-02"
BY = ("--by", "Claire Martin", "--reason", "Poste compromis")


def contain(office: Office, *more: str) -> Any:
    return office.run("partner", "suspend", PARTNER, *BY, *more, "--format", "json", today=TODAY)


def users(console: Console) -> dict[str, dict[str, Any]]:
    """Every account of the realm; what a logout leaves behind is none of the person's."""
    accounts = console.connection.get(f"{console.realm}/users", max=-1, briefRepresentation="false")
    return {user["email"]: {**user, "notBefore": 0} for user in accounts if "email" in user}


def shown(office: Office, *command: str, definition: str) -> Any:
    return valid(office.run(*command, "--format", "json", today=TODAY).json, definition)


@pytest.fixture
def console(office: Office, tmp_path: Path) -> Console:
    """200 persons are open at the partner, of whom one at the SIVOM too, one is suspended and three are logged in."""
    office.add_partner()
    office.add_partner("sivom", "sivom.example")
    asked = dict.fromkeys(PERSONS, "2026-06-10")
    office.apply(annexe_csv(tmp_path / "a.csv", asked, {}, "2026-06-15"), today=FIRST_DAY)
    shared = annexe_csv(tmp_path / "b.csv", {PERSONS[3]: "2026-06-10"}, {}, "2026-06-15")
    office.apply(shared, "--waive", "1=Mission commune", today=FIRST_DAY, partner="sivom")
    assert office.run("person", "suspend", SUSPENDED, *BY, today=TODAY).status == 0
    console = Console(office)
    for email in LOGGED_IN:
        console.set_password(email)
    return console


@pytest.mark.rule("L2")
def test_a_partner_of_200_persons_is_cut_in_a_minute_and_given_back_as_it_was(
    office: Office, console: Console
) -> None:
    contacts = ("--habilitations", "Paul Roy <roy@caf.example>", "--securite", "Anne Blin <blin@caf.example>")
    assert office.run("caf", "contacts", "--on", TODAY, *contacts, today=TODAY).status == 0
    office.sends_notices()
    office.sync(today=TODAY)
    console.allow_offline()
    # Not twice by one person in a row: Keycloak takes a login that comes before the last one is over for a guesser's.
    logins = [console.log_in(email, offline=offline) for offline in (True, False) for email in LOGGED_IN]
    assert None not in logins
    before, mails = users(console), len(office.mails())

    refused = contain(office)
    assert (refused.status, "deuxième personne" in refused.err) == (1, True)
    assert shown(office, "held", "list", definition="held")[0]["kind"] == "suspension"

    begun = monotonic()
    answer = contain(office, "--second", "Jean Blin")
    assert monotonic() - begun < 60 * slowness()
    assert answer.status == 0, (answer.err, answer.out)
    did = valid(answer.json, "partner_suspend")
    assert (did["partner"], did["cut"], did["not_cut"]) == (PARTNER, 199, 0)
    assert did["also_of"] == [{"email": SHARED, "partners": ["sivom"]}]
    assert f"Sert aussi sivom, et y est donc coupé : {SHARED}." in answer.err
    assert datetime.fromisoformat(did["tokens_until"]).date().isoformat() == TODAY

    assert not any(user["enabled"] for user in users(console).values())
    assert not any(token is not None and console.is_logged_in(token) for token in logins)
    assert not any(
        console.connection.get(f"{console.realm}/users/{before[email]['id']}/sessions") for email in before
    )
    told = office.mails()[mails:]
    assert sorted(mail.to for mail in told) == ["blin@caf.example", "roy@caf.example"]
    assert all("agent" not in mail.text and "Jean Blin" in mail.text for mail in told)

    held = shown(office, "held", "list", definition="held")
    assert sorted((hold["kind"], len(hold["changes"])) for hold in held) == [("containment", 200), ("suspension", 1)]
    assert shown(office, "status", definition="status")["contained"] == [PARTNER]
    assert shown(office, "partner", "show", PARTNER, definition="partner")["contained_since"].startswith(TODAY)
    steps = shown(office, "explain", LOGGED_IN[0], definition="explain")["steps"]
    assert any("partner reopen" in step["fact"] for step in steps)
    assert office.run("person", "reopen", LOGGED_IN[0], *BY, today=TODAY).status == 1
    assert office.sync(today=TODAY)["done"] == []
    assert office.run("journal", "verify", today=TODAY).status == 0

    again = office.run("partner", "reopen", PARTNER, *BY, "--format", "json", today=TODAY)
    assert again.status == 0, (again.err, again.out)
    given = valid(again.json, "partner_reopen")
    assert (given["reopened"], given["still_suspended"]) == (199, [SUSPENDED])
    assert users(console) == before
    assert not any(token is not None and console.is_logged_in(token) for token in logins)
    assert console.log_in(LOGGED_IN[0]) is not None
    told = office.mails()[mails + 2 :]
    assert sorted(mail.to for mail in told) == ["blin@caf.example", "roy@caf.example"]
    assert office.run("journal", "verify", today=TODAY).status == 0
