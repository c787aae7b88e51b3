"""The realm as code: what it holds, and that applying it brings any realm to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from provisioner.clock import Clock
from provisioner.domain.access.account import WantedAccount
from provisioner.domain.people import EmailAddress
from provisioner.domain.realm_check import Part
from provisioner.keycloak.credentials import ClientKey, key_set
from provisioner.keycloak.directory import Directory
from provisioner.keycloak.errors import KeycloakRefused
from provisioner.keycloak.realm import apply_realm
from provisioner.operations.realms import check_realm
from provisioner.settings import Settings, SettingsError
from tests.shared.administrator import Administrator

ROLES = {"manage-users", "view-events", "view-realm"}


@pytest.fixture
def path(shared_realm: Settings) -> str:
    return f"admin/realms/{shared_realm.keycloak.realm}"


def client(admin: Administrator, path: str, client_id: str) -> dict[str, Any]:
    (only,) = admin.get(f"{path}/clients", clientId=client_id)
    assert isinstance(only, dict)
    return only


def service_roles(admin: Administrator, path: str) -> dict[str, set[str]]:
    account = admin.get(f"{path}/clients/{client(admin, path, 'provisioner')['id']}/service-account-user")
    mappings = admin.get(f"{path}/users/{account['id']}/role-mappings")
    held = {
        name: {role["name"] for role in mapping["mappings"]}
        for name, mapping in mappings.get("clientMappings", {}).items()
    }
    return held | ({"realm": mappings["realmMappings"]} if "realmMappings" in mappings else {})


def test_applying_it_again_changes_nothing(shared_realm: Settings) -> None:
    assert apply_realm(shared_realm) == []


def test_a_realm_weakened_by_hand_is_brought_back(realm: Settings, admin: Administrator) -> None:
    path = f"admin/realms/{realm.keycloak.realm}"
    weak = {"passwordPolicy": "length(4)", "bruteForceProtected": False, "failureFactor": 30, "eventsEnabled": False}
    admin.request("put", path, {**weak, "attributes": {"foreign": "kept"}})
    platform = client(admin, path, "cooperation")
    admin.request("put", f"{path}/clients/{platform['id']}", {**platform, "redirectUris": ["*"]})
    claim = next(mapper for mapper in platform["protocolMappers"] if mapper["name"] == "fonction")
    admin.request("delete", f"{path}/clients/{platform['id']}/protocol-mappers/models/{claim['id']}")
    profile = admin.get(f"{path}/users/profile")
    profile["attributes"] = [part for part in profile["attributes"] if part["name"] != "gere_par"]
    profile["attributes"].append({"name": "telephone", "permissions": {"view": ["admin"], "edit": ["admin"]}})
    admin.request("put", f"{path}/users/profile", profile)

    changed = apply_realm(realm)

    assert {difference.setting for difference in changed if difference.part is not Part.BLACKLIST} == {
        "passwordPolicy",
        "bruteForceProtected",
        "failureFactor",
        "eventsEnabled",
        "attributes.adminEventsExpiration",
        "attributes.actionTokenGeneratedByUserLifespan.reset-credentials",
        "client:cooperation/redirectUris",
        "claim:cooperation/fonction",
        "profile:gere_par",
    }
    assert apply_realm(realm) == []
    assert admin.get(path)["attributes"]["foreign"] == "kept"
    assert "telephone" in {part["name"] for part in admin.get(f"{path}/users/profile")["attributes"]}


def test_the_service_account_has_exactly_three_roles(realm: Settings, admin: Administrator) -> None:
    path = f"admin/realms/{realm.keycloak.realm}"
    assert service_roles(admin, path) == {"realm-management": ROLES}
    management = client(admin, path, "realm-management")["id"]
    account = admin.get(f"{path}/clients/{client(admin, path, 'provisioner')['id']}/service-account-user")
    too_much = admin.get(f"{path}/clients/{management}/roles/realm-admin")
    admin.request("post", f"{path}/users/{account['id']}/role-mappings/clients/{management}", [too_much])

    assert [difference.setting for difference in apply_realm(realm)] == ["role-taken:realm-management/realm-admin"]

    assert service_roles(admin, path) == {"realm-management": ROLES}


@pytest.mark.parametrize("name", ["SMTP__HOST", "SMTP__FROM", "KEYCLOAK__CLIENT_SECRET"])
def test_a_setting_that_is_missing_is_named_before_anything_is_sent(
    new_settings: Callable[..., Settings], tmp_path: Path, name: str
) -> None:
    # Nobody listens there: a call would fail otherwise.
    settings = new_settings(tmp_path, **{name: "", "KEYCLOAK__URL": "http://127.0.0.1:9"})
    with pytest.raises(SettingsError, match=f"^PROVISIONER_{name}: key-missing$"):
        apply_realm(settings)


def test_no_administrator_in_the_settings_is_said(new_settings: Callable[..., Settings], tmp_path: Path) -> None:
    with pytest.raises(SettingsError, match="ADMIN_USERNAME"):
        apply_realm(new_settings(tmp_path, KEYCLOAK__ADMIN_USERNAME=""))


def test_a_key_that_another_hand_put_beside_ours_is_told_as_grave_and_taken_out(
    realm: Settings, admin: Administrator, tmp_path: Path
) -> None:
    ours, foreign = ClientKey.new(), ClientKey.new()
    file = tmp_path / "key.pem"
    file.write_bytes(ours.pem())
    keycloak = realm.keycloak.model_copy(update={"client_key_file": file})
    settings = realm.model_copy(update={"keycloak": keycloak})
    apply_realm(settings)
    assert apply_realm(settings) == []
    path = f"admin/realms/{keycloak.realm}"
    service = client(admin, path, keycloak.client_id)
    attributes = {**service["attributes"], "jwks.string": key_set([ours, foreign])}
    admin.request("put", f"{path}/clients/{service['id']}", {**service, "attributes": attributes})

    differences = check_realm(settings, Clock()).realms[0].differences
    (told,) = (difference for difference in differences if difference.client)
    assert (told.setting, told.grave) == (f"client:{keycloak.client_id}/attributes.jwks.string", True)

    (changed,) = apply_realm(settings)
    assert changed.name == "attributes.jwks.string"
    assert foreign.id not in client(admin, path, keycloak.client_id)["attributes"]["jwks.string"]


@pytest.mark.rule("P1")
@pytest.mark.parametrize(
    ("password", "accepted"),
    [
        ("Abcdef1!", True),
        ("Abcdef1 ", True),
        ("Abcde1!", False),
        ("abcdefgh", False),
        ("abcdef1!", False),
        ("ABCDEF1!", False),
        ("Abcdefg!", False),
        ("Abcdefg1", False),
    ],
)
def test_a_password_has_8_characters_of_4_kinds(
    admin: Administrator, path: str, directory: Directory, password: str, accepted: bool
) -> None:
    id_ = a_person(directory, f"{password.encode().hex()}@agglo-lys.example")
    body = {"type": "password", "value": password, "temporary": False}
    if accepted:
        admin.request("put", f"{path}/users/{id_}/reset-password", body)
    else:
        with pytest.raises(KeycloakRefused, match="invalidPassword"):
            admin.request("put", f"{path}/users/{id_}/reset-password", body)
    assert directory.has_password(id_) is accepted


@pytest.mark.rule("P5")
def test_a_lost_password_is_renewed_with_a_link_that_lasts_half_an_hour(admin: Administrator, path: str) -> None:
    settings = admin.get(path)
    assert settings["resetPasswordAllowed"]
    assert settings["attributes"]["actionTokenGeneratedByUserLifespan.reset-credentials"] == "1800"


@pytest.mark.rule("P6")
def test_one_access_is_one_address(admin: Administrator, path: str) -> None:
    settings = admin.get(path)
    assert settings["registrationEmailAsUsername"]
    assert not settings["duplicateEmailsAllowed"]
    assert not settings["editUsernameAllowed"]
    assert not settings["registrationAllowed"]


def test_the_tokens_of_the_platform_carry_the_partner_and_the_function(
    admin: Administrator, path: str, directory: Directory
) -> None:
    id_ = a_person(directory, "jetons@agglo-lys.example")
    examples = f"{path}/clients/{client(admin, path, 'cooperation')['id']}/evaluate-scopes/generate-example-"
    for kind in ("access-token", "id-token", "userinfo"):
        token = admin.get(f"{examples}{kind}", userId=id_, scope="openid")
        assert token["partenaire"] == ["agglo-lys"], kind
        assert token["fonction"] == ["Directrice"], kind


def test_the_platform_client_is_public_and_asks_for_pkce(
    admin: Administrator, path: str, shared_realm: Settings
) -> None:
    platform = client(admin, path, "cooperation")
    assert platform["publicClient"]
    assert platform["redirectUris"] == [f"{shared_realm.platform.url}*"]
    assert platform["webOrigins"] == ["https://ctg.caf.fr"]
    assert platform["attributes"]["pkce.code.challenge.method"] == "S256"
    assert not platform["directAccessGrantsEnabled"]


@pytest.fixture
def directory(shared_realm: Settings) -> Iterator[Directory]:
    directory = Directory(shared_realm.keycloak)
    yield directory
    directory.close()


def a_person(directory: Directory, email: str) -> str:
    attributes = {"partenaire": ("agglo-lys",), "fonction": ("Directrice",), "gere_par": ("provisioner",)}
    return directory.open_account(WantedAccount(EmailAddress(email), "Nom", "Prénom", attributes, True), [])
