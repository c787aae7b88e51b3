"""The agents' realm as code: made where the officer's page has an address, out of our service account's reach."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from provisioner.domain.realm_check import Part
from provisioner.domain.realm_plan import differences
from provisioner.keycloak.connection import administrator_connection, service_connection
from provisioner.keycloak.errors import KeycloakRefused
from provisioner.keycloak.realm import apply_agents_realm, apply_realm
from provisioner.keycloak.realm_config import load_agents_config
from provisioner.keycloak.realm_state import read_state
from provisioner.settings import Settings, SettingsError
from tests.shared.administrator import Administrator

WEB = {"WEB__URL": "https://gestion.caf.example/", "WEB__CLIENT_SECRET": "page-des-gestionnaires"}
YEAR_SECONDS = 365 * 86400


@pytest.fixture(scope="module")
def settings(new_settings: Callable[..., Settings], tmp_path_factory: pytest.TempPathFactory) -> Settings:
    settings = new_settings(tmp_path_factory.mktemp("agents"), **WEB)
    apply_realm(settings)
    apply_agents_realm(settings)
    return settings


@pytest.fixture(scope="module")
def path(settings: Settings) -> str:
    return f"admin/realms/{settings.keycloak.realm}-agents"


def _client(admin: Administrator, path: str, name: str) -> Any:
    (client,) = admin.get(f"{path}/clients", clientId=name)
    return client


def test_without_an_address_of_the_page_there_is_no_such_realm(realm: Settings) -> None:
    assert apply_agents_realm(realm) is None


def test_without_the_pages_secret_nothing_is_sent(new_settings: Callable[..., Settings], tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="WEB__CLIENT_SECRET"):
        apply_agents_realm(new_settings(tmp_path, WEB__URL="https://gestion.caf.example"))


def test_applying_it_again_changes_nothing(settings: Settings) -> None:
    assert apply_agents_realm(settings) == []


def test_events_and_what_administrators_do_are_kept_for_a_year(admin: Administrator, path: str) -> None:
    realm = admin.get(path)
    assert realm["eventsEnabled"]
    assert realm["adminEventsEnabled"]
    assert realm["eventsExpiration"] == YEAR_SECONDS
    assert realm["attributes"]["adminEventsExpiration"] == str(YEAR_SECONDS)


@pytest.mark.rule("P1")
def test_a_password_has_twelve_characters_and_is_not_what_everybody_takes(admin: Administrator, path: str) -> None:
    policy = admin.get(path)["passwordPolicy"].split(" and ")
    assert {"length(12)", "passwordBlacklist(cooperation.txt)"} <= set(policy)


def test_the_page_may_only_sign_agents_in_and_come_back_to_one_address(admin: Administrator, path: str) -> None:
    client = _client(admin, path, "provisioner-web")
    assert client["redirectUris"] == ["https://gestion.caf.example/connexion"]
    assert client["secret"] == WEB["WEB__CLIENT_SECRET"]
    other_ways = ("publicClient", "implicitFlowEnabled", "directAccessGrantsEnabled", "serviceAccountsEnabled")
    assert not any(client[way] for way in other_ways)
    assert client["attributes"]["pkce.code.challenge.method"] == "S256"
    assert client["optionalClientScopes"] == []
    told = admin.get(f"{path}/clients/{client['id']}/scope-mappings/realm")
    assert {role["name"] for role in told} == {"officer", "viewer", "security"}


def _weaken_steps(admin: Administrator, path: str) -> None:
    """The second factor is asked of whoever has one, and nobody is refused any more."""
    alias = admin.get(path)["browserFlow"]
    where = f"{path}/authentication/flows/{alias}/executions"
    refusal = next(row for row in admin.get(where) if row["displayName"].endswith("refus"))
    admin.request("put", where, {**refusal, "requirement": "DISABLED"})


def _bind_stock_flow(admin: Administrator, path: str) -> None:
    admin.request("put", path, {"browserFlow": "browser"})


def _drop_steps(admin: Administrator, path: str) -> None:
    alias = admin.get(path)["resetCredentialsFlow"]
    (step,) = admin.get(f"{path}/authentication/flows/{alias}/executions")
    admin.request("delete", f"{path}/authentication/executions/{step['id']}")


def _open_brokers(admin: Administrator, path: str) -> None:
    admin.request("put", path, {"firstBrokerLoginFlow": "first broker login"})


def _other_message(admin: Administrator, path: str) -> None:
    alias = admin.get(path)["browserFlow"]
    rows = admin.get(f"{path}/authentication/flows/{alias}/executions")
    id_ = next(row["authenticationConfig"] for row in rows if row.get("providerId") == "deny-access-authenticator")
    config = admin.get(f"{path}/authentication/config/{id_}")
    body = {**config, "config": {"denyErrorMessage": "autre"}}
    admin.request("put", f"{path}/authentication/config/{id_}", body)


def _open_action(admin: Administrator, path: str) -> None:
    action = admin.get(f"{path}/authentication/required-actions/delete_credential")
    admin.request("put", f"{path}/authentication/required-actions/delete_credential", {**action, "enabled": True})


def _forget_role(admin: Administrator, path: str) -> None:
    admin.request("delete", f"{path}/roles/viewer")


def _give_to_everybody(admin: Administrator, path: str) -> None:
    role = admin.get(path)["defaultRole"]["id"]
    body = [admin.get(f"{path}/roles/offline_access")]
    admin.request("post", f"{path}/roles-by-id/{role}/composites", body)


def _open_forgotten_password(admin: Administrator, path: str) -> None:
    admin.request("put", path, {"resetPasswordAllowed": True})


def _accept_old_codes(admin: Administrator, path: str) -> None:
    realm = admin.get(path)
    policy = {key: value for key, value in realm.items() if key.startswith("otpPolicy")}
    admin.request("put", path, {**policy, "otpPolicyLookAheadWindow": 100})


def _open_console(admin: Administrator, path: str) -> None:
    client = _client(admin, path, "account-console")
    admin.request("put", f"{path}/clients/{client['id']}", {**client, "enabled": True})


def _open_password_grant(admin: Administrator, path: str) -> None:
    client = _client(admin, path, "provisioner-web")
    body = {**client, "directAccessGrantsEnabled": True}
    admin.request("put", f"{path}/clients/{client['id']}", body)


def _open_another_way_in(admin: Administrator, path: str) -> None:
    """Keycloak's own flow at a client of Keycloak's own: whoever comes in there is signed in to the page too."""
    client = _client(admin, path, "broker")
    (stock,) = (flow["id"] for flow in admin.get(f"{path}/authentication/flows") if flow["alias"] == "browser")
    body = {**client, "authenticationFlowBindingOverrides": {"browser": stock}}
    admin.request("put", f"{path}/clients/{client['id']}", body)


@pytest.mark.rule("V4")
@pytest.mark.parametrize(
    ("break_by_hand", "told"),
    [
        (_weaken_steps, ("steps:browserFlow", "no-second-factor")),
        (_bind_stock_flow, ("steps:browserFlow", "no-second-factor")),
        (_other_message, ("steps:browserFlow", "no-second-factor")),
        (_drop_steps, ("steps:resetCredentialsFlow", "mailbox-alone")),
        (_open_brokers, ("steps:firstBrokerLoginFlow", "mailbox-alone")),
        (_open_action, ("action-closed:delete_credential", "no-second-factor")),
        (_forget_role, ("role:viewer", "other-roles")),
        (_give_to_everybody, ("default-taken:offline_access", "too-many-rights")),
        (_open_forgotten_password, ("resetPasswordAllowed", "mailbox-alone")),
        (_accept_old_codes, ("otpPolicyLookAheadWindow", "no-second-factor")),
        (_open_console, ("client:account-console/enabled", "other-door")),
        (_open_another_way_in, ("client:broker/authenticationFlowBindingOverrides", "other-login")),
        (_open_password_grant, ("client:provisioner-web/directAccessGrantsEnabled", "password-alone")),
    ],
    ids=lambda value: value.__name__.strip("_") if callable(value) else "",
)
def test_what_is_broken_by_hand_is_named_with_its_risk_and_put_right(
    settings: Settings,
    admin: Administrator,
    path: str,
    break_by_hand: Callable[[Administrator, str], None],
    told: tuple[str, str],
) -> None:
    break_by_hand(admin, path)

    changed = apply_agents_realm(settings) or []

    assert [(difference.setting, difference.risk) for difference in changed] == [told]
    assert apply_agents_realm(settings) == []
    assert admin.get(path)["otpPolicyPeriod"] == 30


@pytest.mark.rule("V4")
def test_an_identity_provider_that_makes_officers_is_told_and_stays(
    settings: Settings, admin: Administrator, path: str
) -> None:
    config = {"clientId": "x", "authorizationUrl": "https://a.example/", "tokenUrl": "https://a.example/"}
    where = f"{path}/identity-provider/instances"
    admin.request("post", where, {"alias": "portail", "providerId": "oidc", "config": config})
    try:
        assert _told(settings) == []
        mapper = {
            "name": "tous",
            "identityProviderAlias": "portail",
            "identityProviderMapper": "oidc-hardcoded-role-idp-mapper",
            "config": {"syncMode": "INHERIT", "role": "officer"},
        }
        admin.request("post", f"{where}/portail/mappers", mapper)
        assert _told(settings) == [("identity-provider:portail", True)]
        assert apply_agents_realm(settings) == []
    finally:
        admin.request("delete", f"{where}/portail")


def _told(settings: Settings) -> list[tuple[str, bool]]:
    config = load_agents_config(settings)
    assert config is not None
    with closing(administrator_connection(settings.keycloak)) as connection:
        state = read_state(connection, str(config.realm["realm"]), config)
    return [
        (difference.setting, difference.by_hand)
        for difference in differences(state, config)
        if difference.part is not Part.THEME
    ]


def test_a_flow_that_was_left_half_made_does_not_stay(settings: Settings, admin: Administrator, path: str) -> None:
    half = {"alias": "agents connexion 9", "providerId": "basic-flow", "topLevel": True, "description": ""}
    admin.request("post", f"{path}/authentication/flows", half)
    _bind_stock_flow(admin, path)

    apply_agents_realm(settings)

    names = [flow["alias"] for flow in admin.get(f"{path}/authentication/flows")]
    assert [name for name in names if name.startswith("agents connexion")] == [admin.get(path)["browserFlow"]]


@pytest.mark.rule("V4")
@pytest.mark.parametrize(
    "what",
    ["", "/users", "/users/count", "/groups", "/clients", "/roles", "/events", "/admin-events", "/users/profile"],
)
def test_our_service_account_sees_nothing_there(settings: Settings, path: str, what: str) -> None:
    connection = service_connection(settings.keycloak, read_only=False)
    with pytest.raises(KeycloakRefused) as refused:
        connection.raw_get(f"{path}{what}")
    connection.close()
    assert refused.value.status == 403


@pytest.mark.rule("V4")
def test_our_service_account_changes_nobody_there(settings: Settings, admin: Administrator, path: str) -> None:
    person = {"username": "a@caf.example", "email": "a@caf.example", "enabled": True}
    admin.request("post", f"{path}/users", person)
    (account,) = admin.get(f"{path}/users", email="a@caf.example")
    user = f"{path}/users/{account['id']}"
    connection = service_connection(settings.keycloak, read_only=False)
    password = '{"type":"password","value":"Abcdefgh-1234"}'
    calls: list[Callable[[], Any]] = [
        lambda: connection.raw_put(f"{user}/reset-password", data=password),
        lambda: connection.raw_put(f"{user}/execute-actions-email", data='["UPDATE_PASSWORD"]'),
        lambda: connection.raw_put(user, data='{"enabled":false}'),
        lambda: connection.raw_post(f"{user}/logout", data="{}"),
        lambda: connection.raw_delete(user),
        lambda: connection.raw_post(f"{path}/users", data='{"username":"b@caf.example"}'),
        lambda: connection.raw_put(path, data='{"resetPasswordAllowed":true}'),
    ]
    for call in calls:
        with pytest.raises(KeycloakRefused) as refused:
            call()
        assert refused.value.status == 403
    connection.close()
    admin.request("delete", user)
