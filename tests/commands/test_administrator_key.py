"""The administrator of `realm apply` is a client of the master realm with a key: people's accounts can then have a
second factor, and no lasting password of an administrator stands in a file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import pytest

from provisioner.keycloak.credentials import next_key_file
from tests.shared.administrator import Administrator
from tests.shared.office import Office, valid

TODAY = "2026-09-02"
SECRET = "of-bootstrap-admin"


@pytest.fixture
def client_id(admin: Administrator, office: Office) -> Iterator[str]:
    """A client as `kc.sh bootstrap-admin service` leaves it (ApplianceBootstrap of Keycloak 26.7)."""
    name, path = f"provisioner-admin-{office.settings.keycloak.realm}", "admin/realms/master"
    attributes = {"client.use.lightweight.access.token.enabled": "true", "is_temporary_admin": "true"}
    flows = {"serviceAccountsEnabled": True, "standardFlowEnabled": False, "publicClient": False}
    admin.request("post", f"{path}/clients", {"clientId": name, "secret": SECRET, **flows, "attributes": attributes})
    (client,) = admin.get(f"{path}/clients", clientId=name)
    account = admin.get(f"{path}/clients/{client['id']}/service-account-user")
    role = admin.get(f"{path}/roles/admin")
    admin.request("post", f"{path}/users/{account['id']}/role-mappings/realm", [role])
    yield name
    admin.request("delete", f"{path}/clients/{client['id']}")


@pytest.fixture
def office_with_key(office: Office, client_id: str) -> Office:
    office.sends_notices()
    office.environment |= {
        "PROVISIONER_PLATFORM__URL": office.settings.platform.url,
        "PROVISIONER_KEYCLOAK__ADMIN_CLIENT_ID": client_id,
        "PROVISIONER_KEYCLOAK__ADMIN_KEY_FILE": str(office.home / "administrator.pem"),
    }
    return office


def key_of(admin: Administrator, client_id: str) -> dict[str, Any]:
    (client,) = admin.get("admin/realms/master/clients", clientId=client_id)
    assert isinstance(client, dict)
    return client


def test_the_first_apply_puts_the_key_in_place_of_the_secret_and_later_ones_need_the_key_alone(
    office_with_key: Office, admin: Administrator, client_id: str
) -> None:
    office = office_with_key
    first: Any = {"PROVISIONER_KEYCLOAK__ADMIN_CLIENT_SECRET": SECRET}
    made = valid(office.run("realm", "key", "--administrator", "--format", "json").json, "realm_key")
    assert (made["file"], made["next"]) == (str(office.home / "administrator.pem"), False)
    planned = office.run("realm", "apply", "--dry-run", **first)
    assert "clientAuthenticatorType" in planned.out, (planned.out, planned.err)
    assert key_of(admin, client_id)["clientAuthenticatorType"] == "client-secret", "nothing is changed by it"

    assert office.run("realm", "apply", **first).status == 0

    client = key_of(admin, client_id)
    assert client["clientAuthenticatorType"] == "client-jwt"
    assert made["kid"] in client["attributes"]["jwks.string"]
    assert client["attributes"]["client.use.lightweight.access.token.enabled"] == "true", "the rest is as it was"
    again = office.run("realm", "apply")
    assert (again.status, again.out) == (0, ""), "nothing is left to be put right"
    without = office.run("realm", "apply", PROVISIONER_KEYCLOAK__ADMIN_KEY_FILE="/nowhere", **first)
    assert without.status == 2, "a key that is set and cannot be read is never replaced by a secret"
    assert "realm key --administrator" in without.err


def test_a_key_that_keycloak_does_not_know_yet_leads_to_the_first_secret_in_doctor_too(
    office_with_key: Office,
) -> None:
    office = office_with_key
    office.run("realm", "key", "--administrator")
    office.add_partner()
    refused = office.run("realm", "apply", "--dry-run")
    assert (refused.status, "ADMIN_CLIENT_SECRET" in refused.err) == (3, True)
    lines = office.run("doctor", "--format", "json").json["lines"]
    # Not a port of this run that has these figures.
    told = {line["check"]: line["todo"] for line in lines if re.search(r"\b401\b", line["found"])}
    assert "administrator" in told
    for todo in told.values():
        assert "PROVISIONER_KEYCLOAK__ADMIN_KEY_FILE" in todo
        assert "le remet en ordre" not in todo


def test_its_key_is_replaced_without_a_moment_in_which_it_is_not_let_in(
    office_with_key: Office, admin: Administrator, client_id: str
) -> None:
    office, file = office_with_key, office_with_key.home / "administrator.pem"
    office.run("realm", "key", "--administrator")
    assert office.run("realm", "apply", PROVISIONER_KEYCLOAK__ADMIN_CLIENT_SECRET=SECRET).status == 0
    coming = valid(office.run("realm", "key", "--administrator", "--format", "json").json, "realm_key")
    assert (coming["file"], coming["next"]) == (str(next_key_file(file)), True)
    refused = office.run("realm", "key", "--administrator")
    assert (refused.status, str(next_key_file(file)) in refused.err) == (1, True), "nothing is overwritten"
    assert office.run("realm", "apply").status == 0
    next_key_file(file).replace(file)
    assert office.run("realm", "apply").status == 0
    keys = key_of(admin, client_id)["attributes"]["jwks.string"]
    assert (keys.count('"kid"'), coming["kid"] in keys) == (1, True)


@pytest.mark.parametrize("command", [("doctor",), ("realm", "check"), ("review", "caf")])
def test_whatever_needs_an_administrator_takes_the_key(
    office_with_key: Office, admin: Administrator, client_id: str, command: tuple[str, ...]
) -> None:
    office = office_with_key
    office.run("realm", "key", "--administrator")
    assert office.run("realm", "apply", PROVISIONER_KEYCLOAK__ADMIN_CLIENT_SECRET=SECRET).status == 0
    office.add_partner()
    answer = office.run(*command, "--format", "json")
    assert answer.status in (0, 1), (answer.out, answer.err)
    if command == ("doctor",):
        (version,) = (line for line in answer.json["lines"] if line["check"] == "version")
        assert version["verdict"] == "ok"
