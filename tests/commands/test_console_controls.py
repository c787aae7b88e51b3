"""What a hand at the console or a stolen secret does in the real Keycloak: read, told by its kind, once (L1)."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from provisioner.clock import Clock
from provisioner.keycloak.connection import Connection, service_connection
from provisioner.register import open_register, run_lock
from tests.commands.conftest import weaken_policy
from tests.shared.console import Console
from tests.shared.desk import CAF
from tests.shared.office import DOMAIN, FIRST_DAY, PARTNER, SECOND_DAY, Office, annexe_csv

LEROY, VASSEUR = f"leroy@{DOMAIN}", f"vasseur@{DOMAIN}"
SECURITY = "nadia.lefevre@caf.example"


@pytest.fixture
def console(office: Office, first: Path) -> Console:
    """Leroy and Vasseur are open, and everything up to now was read."""
    assert first.exists()
    told(office)
    return Console(office)


def told(office: Office) -> set[tuple[str, str]]:
    """The code and severity of what stands after one more reading."""
    return {(control["code"], control["severity"]) for control in office.controls() if not _is_about_use(control)}


def stands(office: Office, code: str) -> bool:
    """Whether a control of that code stands, without another reading."""
    return code in {c["code"] for c in office.run("controls", "list", "--format", "json").json}


def _is_about_use(control: dict[str, Any]) -> bool:
    return control["code"] in {"never-used", "unused", "link-unused"}


def numbers(office: Office) -> list[int]:
    return [control["control"] for control in office.run("controls", "list", "--all", "--format", "json").json]


@pytest.mark.rule("L1")
def test_each_act_of_an_administrator_is_told_by_its_kind_with_who_did_it_and_once(
    office: Office, console: Console, tmp_path: Path
) -> None:
    ask, get, realm = console.connection.request, console.connection.get, console.realm
    ended = annexe_csv(tmp_path / "2.csv", {"leroy": "2026-06-10"}, {"vasseur": "2026-08-31"}, "2026-09-01")
    office.apply(ended, today=SECOND_DAY)
    assert told(office) == set(), "what our own runs do is not told"
    leroy, group = console.user(LEROY)["id"], get(f"{realm}/group-by-path/partenaires/{PARTNER}")["id"]
    admin_client = get(f"{realm}/clients", clientId="realm-management")[0]["id"]
    role = get(f"{realm}/clients/{admin_client}/roles/manage-realm")
    default = get(realm)["defaultRole"]["id"]

    console.set_password(LEROY)
    ask("post", f"{realm}/users/{leroy}/impersonation", {})
    console.save(VASSEUR, enabled=True)
    console.save(LEROY, lastName="Autre")
    stranger = console.add(f"inconnu@{DOMAIN}")
    ask("put", f"{realm}/users/{stranger}/groups/{group}", {})
    console.add_group("nouveau", "/partenaires")
    ask("post", f"{realm}/users/{stranger}/role-mappings/clients/{admin_client}", [role])
    ask("post", f"{realm}/groups/{group}/role-mappings/clients/{admin_client}", [role])
    ask("post", f"{realm}/roles-by-id/{default}/composites", [role])
    ask("post", f"{realm}/clients", {"clientId": "nouveau"})
    client = get(f"{realm}/clients", clientId="nouveau")[0]
    ask("put", f"{realm}/clients/{client['id']}", {**client, "redirectUris": ["https://ailleurs.example/*"]})
    provider = {"authorizationUrl": "https://x.example/a", "tokenUrl": "https://x.example/t", "clientId": "a"}
    ask(
        "post",
        f"{realm}/identity-provider/instances",
        {"alias": "x", "providerId": "oidc", "config": {**provider, "clientSecret": "b"}},
    )
    ask("post", f"{realm}/authentication/flows/browser/copy", {"newName": "copie"})
    ask("put", f"{realm}/events/config", {**get(f"{realm}/events/config"), "eventsExpiration": 86400})
    weaken_policy(office.settings)

    seen = told(office)
    assert seen == {
        ("console-password", "grave"),
        ("console-impersonation", "grave"),
        ("console-account-enabled", "grave"),
        ("console-account-changed", "warning"),
        ("console-account-made", "grave"),
        ("console-group-changed", "warning"),
        ("console-role-given", "grave"),
        ("console-client-changed", "grave"),
        ("console-login-changed", "grave"),
        ("console-events-changed", "grave"),
        ("console-realm-changed", "warning"),
        ("realm-weakened", "grave"),
        ("realm-weakened", "warning"),
    }
    listed = office.run("controls", "list", "--format", "json").json
    actors = {control["facts"].get("actor") for control in listed if control["code"] == "console-role-given"}
    administrator = get("admin/realms/master/users", username=office.settings.keycloak.admin_username)[0]["id"]
    assert actors == {f"{get('admin/realms/master')['id']}/{administrator}"}
    assert f"administrateur inconnu ({actors.pop()})" in office.run("controls", "list").out
    before = numbers(office)
    assert (told(office), numbers(office)) == (seen, before), "the same facts are not raised again"

    put_right = {"passwordPolicy": "length(9) and upperCase(1) and lowerCase(1) and digits(1) and specialChars(1)"}
    ask("put", realm, {**put_right, "passwordPolicy": put_right["passwordPolicy"] + " and notUsername and notEmail"})
    office.environment |= office.administrator
    assert ("realm-weakened", "grave") not in told(office), "what was put right is mended"
    listed = office.run("controls", "list", "--format", "json").json
    (change,) = [control for control in listed if control["code"] == "console-realm-changed"]
    assert change["facts"]["actor_name"] == office.settings.keycloak.admin_username, (
        "by name where the account is at hand"
    )


@pytest.fixture
def thief(office: Office) -> Iterator[Connection]:
    """Somebody who has the secret of our service account."""
    with closing(service_connection(office.settings.keycloak, read_only=False)) as connection:
        yield connection


@pytest.mark.rule("L1")
def test_a_stolen_secret_is_told_to_the_cafs_security_contact_alone_beside_a_long_run(
    office: Office, console: Console, thief: Connection
) -> None:
    office.sends_notices()
    roles = [part for role, who in CAF.items() for part in (f"--{role}", who)]
    assert office.run("caf", "contacts", "--on", "2026-01-15", *roles, today=FIRST_DAY).status == 0
    get, realm = console.connection.get, console.realm
    ours, leroy = thief.own_user_id(), console.user(LEROY)["id"]
    admin_client = get(f"{realm}/clients", clientId="realm-management")[0]["id"]
    role = get(f"{realm}/clients/{admin_client}/roles/view-users")
    console.add_group("ailleurs")
    office.environment["PROVISIONER_CONNECTIONS__OUR_ADDRESSES"] = "127.0.0.0/8, ::1"
    assert told(office) == {("console-group-changed", "warning")}, "we logged in from an address that is ours"
    office.environment["PROVISIONER_CONNECTIONS__OUR_ADDRESSES"] = "192.0.2.0/28"
    assert ("own-account-login", "grave") in told(office)
    office.environment.pop("PROVISIONER_CONNECTIONS__OUR_ADDRESSES")
    mails = len(office.mails())

    thief.raw_post(f"{realm}/users/{ours}/role-mappings/clients/{admin_client}", json.dumps([role]))
    password = {"type": "password", "value": "Abcdef1!", "temporary": False}
    thief.raw_put(f"{realm}/users/{leroy}/reset-password", json.dumps(password))
    made = {"username": f"voleur@{DOMAIN}", "email": f"voleur@{DOMAIN}", "firstName": "V", "lastName": "Oleur"}
    thief.raw_post(f"{realm}/users", json.dumps({**made, "enabled": True}))
    elsewhere = get(f"{realm}/group-by-path/ailleurs")["id"]
    thief.raw_put(f"{realm}/users/{leroy}/groups/{elsewhere}", "{}")
    thief.raw_post(f"{realm}/logout-all", "{}")

    with (
        closing(open_register(office.settings, Clock())) as register,
        run_lock(register, office.settings, "a run of half an hour"),
    ):
        assert ("own-account-write", "grave") in told(office)
    stolen = [c for c in office.run("controls", "list", "--format", "json").json if c["code"] == "own-account-write"]
    assert sorted(control["facts"]["operation"] for control in stolen) == [
        "action realm",
        "action user",
        "create client_role_mapping",
        "create group_membership",
        "create user",
    ]
    assert {control["facts"]["actor_name"] for control in stolen} == {"service-account-provisioner"}
    (mail,) = office.mails()[mails:]
    assert mail.to == SECURITY
    assert "secret" in mail.text
    assert DOMAIN not in mail.text
    told(office)
    assert len(office.mails()) == mails + 1, "the same facts are told once"

    # the thief makes us blind: told too, and over once an administrator has put it right
    thief.raw_put(f"{realm}/users/{ours}", json.dumps({"enabled": False}))
    for _ in range(2):
        assert office.run("connections", "pull").status == 3
    assert stands(office, "own-account-refused")
    assert [mail.to for mail in office.mails()[mails + 1 :]] == [SECURITY]
    console.connection.request("put", f"{realm}/users/{ours}", {"enabled": True})
    assert office.run("connections", "pull").status == 0
    assert not stands(office, "own-account-refused")
