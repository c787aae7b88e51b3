"""What our service account may do in its realm and what it may not: each call tried on a real Keycloak (L1, P6).

The table is the documentation; docs/realm.md says what follows from it. Whoever steals the secret or the key may do
the same. What changes something is told by Keycloak's admin events, and the control `own-account-write` finds each
one that no run of ours was about to make.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from typing import Any

import pytest

from provisioner.keycloak.connection import Connection, service_connection
from provisioner.keycloak.errors import KeycloakError
from tests.shared.console import Console
from tests.shared.login_form import LoginForm
from tests.shared.office import DOMAIN, Office

MARIE, ELSE = f"marie@{DOMAIN}", f"autre@{DOMAIN}"


@dataclass(frozen=True)
class Call:
    """One call of the Admin API under the realm, and what Keycloak answers our service account.

    In `path` and `body` `{marie}` is a person's account, `{group}` a partner's group and so on: see `things`. `told`:
    Keycloak has an admin event of it.
    """

    method: str
    path: str
    status: int
    told: bool = False
    body: Any = None
    query: Mapping[str, str] = field(default_factory=dict)


ACTIONS = ["VERIFY_EMAIL", "UPDATE_PASSWORD"]
PASSWORD = {"type": "password", "value": "Abcdef1!", "temporary": False}
NEW = {"email": ELSE, "firstName": "V", "lastName": "Oleur", "enabled": True}
VIEW_USERS, REALM_ADMIN = (
    [{"id": "{view-users}", "name": "view-users"}],
    [{"id": "{realm-admin}", "name": "realm-admin"}],
)

#: What the work needs (manage-users, view-events, view-realm), in the order in which it is used.
MAY_AND_DOES = (
    Call("GET", "", 200),
    Call("GET", "users/profile", 200),
    Call("GET", "users", 200, query={"max": "-1"}),
    Call("GET", "group-by-path/partenaires", 200),
    Call("POST", "groups/{partners}/children", 201, told=True, body={"name": "commune"}),
    Call("PUT", "groups/{group}", 204, told=True, body={"name": "agglo-lys"}),
    Call("POST", "users", 201, told=True, body=NEW),
    Call("PUT", "users/{marie}", 204, told=True, body={"firstName": "Marie"}),
    Call("PUT", "users/{marie}/groups/{group}", 204, told=True, body={}),
    Call("DELETE", "users/{marie}/groups/{group}", 204, told=True),
    Call("PUT", "users/{marie}/execute-actions-email", 204, told=True, body=ACTIONS),
    Call("GET", "users/{marie}/sessions", 200),
    Call("POST", "users/{marie}/logout", 204, told=True),
    Call("GET", "users/{marie}/consents", 200),
    Call("GET", "users/{marie}/credentials", 200),
    Call("DELETE", "users/{marie}/credentials/{credential}", 204, told=True),
    Call("DELETE", "attack-detection/brute-force/users/{marie}", 204, told=True),
    Call("GET", "events", 200, query={"max": "1"}),
    Call("GET", "admin-events", 200, query={"max": "1"}),
    Call("GET", "authentication/required-actions", 200),
    Call("GET", "localization/fr", 200),
    Call("DELETE", "users/{gone}", 204, told=True),
)

#: What the same roles give beside it, and this software never does: the sign of a stolen secret or key.
MAY_AND_NEVER_DOES = (
    Call("PUT", "users/{marie}/reset-password", 204, told=True, body=PASSWORD),
    Call("POST", "logout-all", 200, told=True, body={}),
    Call("DELETE", "attack-detection/brute-force/users", 204, told=True),
    Call("POST", "users/{marie}/federated-identity/broker", 204, told=True, body={"userId": "u", "userName": "u"}),
    Call("POST", "users/{us}/role-mappings/clients/{management}", 204, told=True, body=VIEW_USERS),
    Call("PUT", "users/{us}/groups/{powerful}", 204, told=True, body={}),  # CVE-2026-94000
    Call("DELETE", "users/{us}/groups/{powerful}", 204, told=True),
    Call("DELETE", "groups/{spare}", 204, told=True),
)

#: What it may not.
MAY_NOT = (
    Call("POST", "users/{marie}/impersonation", 403, body={}),
    Call("POST", "users/{us}/role-mappings/clients/{management}", 403, body=REALM_ADMIN),
    Call("POST", "groups/{group}/role-mappings/clients/{management}", 403, body=REALM_ADMIN),
    Call("PUT", "", 403, body={"passwordPolicy": "length(1)"}),
    Call("DELETE", "", 403),
    Call("POST", "push-revocation", 403, body={}),
    Call("PUT", "users/profile", 403, body={}),
    Call("PUT", "events/config", 403, body={"eventsEnabled": False}),
    Call("DELETE", "events", 403),
    Call("DELETE", "admin-events", 403),
    Call("GET", "clients", 403),
    Call("GET", "clients/{client}/client-secret", 403),
    Call("POST", "clients", 403, body={"clientId": "another"}),
    Call("PUT", "clients/{client}", 403, body={"enabled": False}),
    Call("POST", "clients/{client}/client-secret", 403, body={}),
    Call("POST", "client-scopes", 403, body={"name": "another", "protocol": "openid-connect"}),
    Call("POST", "roles", 403, body={"name": "another"}),
    Call("POST", "partialImport", 403, body={"users": []}),
    Call("POST", "components", 403, body={"name": "another", "providerId": "ldap"}),
    Call("POST", "identity-provider/instances", 403, body={"alias": "another", "providerId": "oidc"}),
    Call("PUT", "default-groups/{powerful}", 403, body={}),
    Call("PUT", "authentication/required-actions/UPDATE_PASSWORD", 403, body={"enabled": False}),
    Call("POST", "authentication/flows", 403, body={"alias": "another", "providerId": "basic-flow"}),
    Call("POST", "localization/fr", 403, body={"loginTitle": "x"}),
    Call("POST", "testSMTPConnection", 403, body={"host": "127.0.0.1", "port": "1", "from": "a@caf.example"}),
    Call("GET", "workflows", 403),
    Call("GET", "../master", 403),
    Call("GET", "../master/users", 403),
)


@pytest.fixture
def console(office: Office) -> Iterator[Console]:
    office.add_partner()
    console = Console(office)
    yield console
    console.connection.close()


@pytest.fixture
def thief(office: Office) -> Iterator[Connection]:
    """Somebody who has what our service account proves itself by."""
    with closing(service_connection(office.settings.keycloak, read_only=False)) as connection:
        yield connection


@pytest.fixture
def things(office: Office, console: Console, thief: Connection) -> dict[str, str]:
    """What the calls are about: throw-away accounts, groups and roles, by the name that they have in the table."""
    office.controls()  # what is there from here on is judged
    get, ask, realm = console.connection.get, console.connection.request, console.realm
    (management,) = get(f"{realm}/clients", clientId="realm-management")
    (client,) = get(f"{realm}/clients", clientId=office.settings.keycloak.client_id)
    roles = {role["name"]: role["id"] for role in get(f"{realm}/clients/{management['id']}/roles")}
    ask("post", f"{realm}/identity-provider/instances", {"alias": "broker", "providerId": "oidc", "enabled": False})
    groups = {}
    for name in ("agglo-lys", "powerful", "spare"):
        ask("post", f"{realm}/groups", {"name": name})
        groups[name] = get(f"{realm}/group-by-path/{name}")["id"]
    powerful = [{"id": roles["manage-realm"], "name": "manage-realm"}]
    ask("post", f"{realm}/groups/{groups['powerful']}/role-mappings/clients/{management['id']}", powerful)
    marie, gone = console.add(MARIE), console.add(f"gone@{DOMAIN}")
    ask("put", f"{realm}/users/{marie}/reset-password", PASSWORD)
    with closing(LoginForm(office.settings)) as form:
        assert not form.log_in(MARIE, "wrong"), "a failure that can be forgotten"
    return {
        "marie": marie,
        "gone": gone,
        "us": thief.own_user_id(),
        "partners": get(f"{realm}/group-by-path/partenaires")["id"],
        "group": groups["agglo-lys"],
        "powerful": groups["powerful"],
        "spare": groups["spare"],
        "management": management["id"],
        "client": client["id"],
        "credential": get(f"{realm}/users/{marie}/credentials")[0]["id"],
        "view-users": roles["view-users"],
        "realm-admin": roles["realm-admin"],
    }


def filled(text: str, things: Mapping[str, str]) -> str:
    for name, value in things.items():
        text = text.replace("{" + name + "}", value)
    return text


def answered(thief: Connection, realm: str, call: Call, things: Mapping[str, str]) -> int:
    """The status of Keycloak's answer."""
    path = f"{realm}/{filled(call.path, things)}".rstrip("/").replace(f"{realm}/../", "admin/realms/")
    body = None if call.body is None else filled(json.dumps(call.body), things)
    try:
        match call.method:
            case "GET":
                answer = thief.raw_get(path, **call.query)
            case "DELETE":
                answer = thief.raw_delete(path)
            case _:
                answer = getattr(thief, f"raw_{call.method.lower()}")(path, data=body)
    except KeycloakError as error:
        return error.status or 0
    return int(answer.status_code)


@pytest.mark.rule("L1")
@pytest.mark.rule("P6")
def test_our_account_may_do_what_the_table_says_and_everything_it_changes_is_told(
    office: Office, console: Console, thief: Connection, things: dict[str, str]
) -> None:
    def by_us() -> set[str]:
        events = console.connection.get(f"{console.realm}/admin-events", authUser=things["us"], max=-1)
        return {event["id"] for event in events if "error" not in event}

    expected, observed = {}, {}
    for call in (*MAY_AND_DOES, *MAY_AND_NEVER_DOES, *MAY_NOT):
        before = by_us()
        name = f"{call.method} {call.path} {call.status}"
        expected[name] = (call.status, call.told)
        observed[name] = (answered(thief, console.realm, call, things), bool(by_us() - before))
    assert observed == expected

    stolen = [control for control in office.controls() if control["code"] == "own-account-write"]
    assert {record for control in stolen for record in control["facts"]["records"]} == by_us()
