"""What `doctor` says of the realm of Keycloak's administrators; on a server of its own, whose master is changed."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace

import pytest
from pydantic import SecretStr

from provisioner.keycloak.inspection import AdministratorView, MasterFacts
from provisioner.operations.doctor.lines import Level
from provisioner.operations.doctor.master import master_lines
from provisioner.sandbox.keycloak import Keycloak, start_keycloak
from provisioner.settings import KeycloakSettings, load_settings
from tests.shared.administrator import Administrator
from tests.shared.proxy import Answer, Call, Faults, FaultyProxy

POLICY = "length(12) and upperCase(1) and lowerCase(1) and digits(1) and specialChars(1)"
TOTP = {
    "type": "otp",
    "secretData": '{"value":"invented-secret-of-20"}',
    "credentialData": '{"subType":"totp","digits":6,"counter":0,"period":30,"algorithm":"HmacSHA1"}',
}
PASSWORD = {"type": "password", "value": "Coquelicot-17"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Keycloak]:
    with start_keycloak(log_file=tmp_path_factory.mktemp("master") / "keycloak.log") as keycloak:
        yield keycloak


@pytest.fixture
def settings(server: Keycloak) -> KeycloakSettings:
    named = {"URL": server.url, "ADMIN_USERNAME": server.admin_username, "ADMIN_PASSWORD": server.admin_password}
    variables = {f"PROVISIONER_KEYCLOAK__{name}": value for name, value in named.items()}
    return load_settings(environment=variables).keycloak


@pytest.fixture
def master_admin(settings: KeycloakSettings) -> Iterator[Administrator]:
    administrator = Administrator(settings)
    yield administrator
    administrator.close()


def seen(settings: KeycloakSettings) -> MasterFacts:
    with AdministratorView(settings) as view:
        return view.master()


def add_administrator(master_admin: Administrator, name: str, **more: object) -> str:
    made = master_admin.request("post", "admin/realms/master/users", {"username": name, "enabled": True, **more})
    id_ = str(made.headers["Location"].rsplit("/", 1)[1])
    role = master_admin.get("admin/realms/master/roles/admin")
    master_admin.request("post", f"admin/realms/master/users/{id_}/role-mappings/realm", [role])
    return id_


def told(facts: MasterFacts) -> dict[str, Level]:
    return {line.check.removeprefix("master-"): line.level for line in master_lines(facts)}


@pytest.mark.rule("P1")
def test_what_is_weak_in_the_realm_of_the_administrators_is_told_until_somebody_puts_it_right(
    settings: KeycloakSettings, master_admin: Administrator
) -> None:
    assert set(told(seen(settings)).values()) == {Level.ATTENTION}, "as Keycloak makes it"

    strong = {"bruteForceProtected": True, "passwordPolicy": POLICY, "eventsEnabled": True}
    master_admin.request("put", "admin/realms/master", strong)
    lines = {line.check: line for line in master_lines(seen(settings))}
    assert lines["master-events"].found == "Royaume master : ne sont pas gardés : leurs actes."
    master_admin.request("put", "admin/realms/master", {"adminEventsEnabled": True})

    add_administrator(master_admin, "camille", credentials=[PASSWORD, TOTP])
    add_administrator(master_admin, "hugo", credentials=[PASSWORD])
    add_administrator(master_admin, "nadia", credentials=[PASSWORD], enabled=False)
    facts = seen(settings)
    assert (facts.administrators, facts.without_second_factor, facts.temporary) == (3, 2, 1)
    levels = told(facts)
    assert levels == dict.fromkeys(("brute-force", "password-policy", "events"), Level.OK) | dict.fromkeys(
        ("second-factor", "temporary"), Level.ATTENTION
    )
    assert set(told(replace(facts, without_second_factor=0, temporary=0)).values()) == {Level.OK}
    assert not any(name in line.found for line in master_lines(facts) for name in ("camille", "hugo", "admin "))


@pytest.fixture
def proxy(server: Keycloak) -> Iterator[FaultyProxy]:
    proxy = FaultyProxy(server.url)
    yield proxy
    proxy.stop()


def a_realm(master_admin: Administrator) -> tuple[str, str]:
    """A realm of somebody else's: where it is deleted, and the call for the roles over it that master has."""
    master_admin.request("post", "admin/realms", {"realm": "voisin", "enabled": True})
    (client,) = master_admin.get("admin/realms/master/clients", clientId="voisin-realm")
    return "admin/realms/voisin", f"/realms/master/clients/{client['id']}/roles"


def an_administrator(master_admin: Administrator) -> tuple[str, str]:
    """An administrator: where he is deleted, and the call for him."""
    id_ = add_administrator(master_admin, "sophie", credentials=[PASSWORD])
    return f"admin/realms/master/users/{id_}", f"/realms/master/users/{id_}$"


@pytest.mark.parametrize("made", [a_realm, an_administrator])
def test_what_somebody_deletes_while_doctor_looks_is_no_fault(
    settings: KeycloakSettings,
    master_admin: Administrator,
    proxy: FaultyProxy,
    made: Callable[[Administrator], tuple[str, str]],
) -> None:
    path, call_for_it = made(master_admin)
    before = seen(settings)

    def deleted_before(call: Call) -> Answer:
        master_admin.request("delete", path)
        return call.forward()

    proxy.faults = Faults(call_for_it, ("GET",), deleted_before, only=lambda number: number == 1)
    facts = seen(settings.model_copy(update={"url": proxy.url}))
    assert [status for _, asked, status in proxy.calls if re.search(call_for_it, asked)] == [404]
    assert facts.administrators == before.administrators - (made is an_administrator)


def test_who_was_made_to_begin_with_is_told_until_it_goes_or_has_a_lasting_use(
    settings: KeycloakSettings, master_admin: Administrator
) -> None:
    assert seen(settings).temporary == 1
    client = {"clientId": "mise-en-place", "secret": "geheim", "serviceAccountsEnabled": True}
    made = master_admin.request(
        "post", "admin/realms/master/clients", client | {"attributes": {"is_temporary_admin": "true"}}
    )
    assert seen(settings).temporary == 2
    path = "admin/realms/master/clients/" + made.headers["Location"].rsplit("/", 1)[1]
    master_admin.request("put", path, {**master_admin.get(path), "clientAuthenticatorType": "client-jwt"})
    assert seen(settings).temporary == 1
    add_administrator(master_admin, "claire", credentials=[PASSWORD])
    lasting = settings.model_copy(
        update={"admin_username": "claire", "admin_password": SecretStr(str(PASSWORD["value"]))}
    )
    (first,) = master_admin.get("admin/realms/master/users", username=settings.admin_username, exact="true")
    master_admin.request("delete", f"admin/realms/master/users/{first['id']}")
    assert seen(lasting).temporary == 0
