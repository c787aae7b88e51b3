"""What a stolen or guessed password is worth: tries are few, no token comes without the login page; and a realm of
version 0.2 is brought to it with people logged in.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import requests

from provisioner.domain.realm_model import Difference
from provisioner.domain.realm_plan import differences
from provisioner.keycloak.connection import administrator_connection
from provisioner.keycloak.errors import KeycloakRefused
from provisioner.keycloak.realm import apply_realm
from provisioner.keycloak.realm_config import load_realm_config
from provisioner.keycloak.realm_state import read_state
from provisioner.settings import Settings
from tests.shared.administrator import Administrator
from tests.shared.login_form import LoginForm
from tests.shared.pace import PATIENCE

EMAIL, PASSWORD, WRONG = "marie.dupont@agglo-lys.example", "Abcdef1!", "Faux-0000"
OLD_FILES = Path(__file__).parents[1] / "data" / "realm-0.2"


def path_of(settings: Settings) -> str:
    return f"admin/realms/{settings.keycloak.realm}"


def add_person(admin: Administrator, settings: Settings) -> str:
    """A person with a password; the account's id."""
    credentials = [{"type": "password", "value": PASSWORD, "temporary": False}]
    person = {"email": EMAIL, "enabled": True, "firstName": "Marie", "lastName": "Dupont", "credentials": credentials}
    answer = admin.request("post", f"{path_of(settings)}/users", person)
    return answer.headers["Location"].rpartition("/")[2]


def ask(settings: Settings, endpoint: str, **form: str) -> dict[str, Any]:
    """What an endpoint of the realm answers to somebody without a browser."""
    url = f"{settings.keycloak.url}/realms/{settings.keycloak.realm}/protocol/openid-connect/{endpoint}"
    answer: dict[str, Any] = requests.post(url, data=form, timeout=PATIENCE).json()
    return answer


@pytest.mark.rule("P6")
def test_a_phished_password_gets_no_token_outside_the_login_page_at_any_client(
    realm: Settings, admin: Administrator
) -> None:
    add_person(admin, realm)
    with closing(LoginForm(realm)) as form, closing(LoginForm(realm, scope="openid offline_access")) as for_good:
        tokens = form.tokens(EMAIL, PASSWORD)
        assert tokens is not None, "the login page lets the person in"
        assert for_good.tokens(EMAIL, PASSWORD) is None, "and gives no session without an end"
    secret = realm.keycloak.client_secret
    assert secret is not None
    clients = [client["clientId"] for client in admin.get(f"{path_of(realm)}/clients")]
    assert {"admin-cli", "account", "account-console", "security-admin-console", "cooperation"} < set(clients)
    exchange = "urn:ietf:params:oauth:grant-type:token-exchange"
    for client in clients:
        who = {"client_id": client, "client_secret": secret.get_secret_value()}
        who = who if client == realm.keycloak.client_id else {"client_id": client}
        person = {"username": EMAIL, "password": PASSWORD}
        answers = [
            ask(realm, "token", grant_type="password", scope=scope, **who, **person)
            for scope in ("openid", "openid offline_access")
        ]
        answers += [
            ask(realm, "auth/device", scope="openid", **who),
            ask(realm, "ext/ciba/auth", scope="openid", login_hint=EMAIL, **who),
            ask(realm, "token", grant_type=exchange, subject_token=tokens["access_token"], **who),
        ]
        given = [answer for answer in answers if "error" not in answer]
        assert given == [], client


@pytest.mark.rule("P1")
def test_each_failure_locks_longer_as_the_days_tries_are_counted_by(realm: Settings, admin: Administrator) -> None:
    """The formula of `tests/unit/test_password.py`, on a real realm with small figures."""
    small = {"failureFactor": 3, "waitIncrementSeconds": 2, "maxFailureWaitSeconds": 5}
    admin.request("put", path_of(realm), {**small, "quickLoginCheckMilliSeconds": 1})
    id_ = add_person(admin, realm)
    with closing(LoginForm(realm)) as form:
        locks = []
        for number in range(1, 7):
            assert not form.log_in(EMAIL, WRONG)
            status = _when(admin, realm, id_, lambda status: status["numFailures"], number)
            locks.append(max(0, status["failedLoginNotBefore"] - status["lastFailure"] // 1000))
            _when(admin, realm, id_, lambda status: status["disabled"], False)
        assert locks == [0, 0, 2, 4, 5, 5]

        admin.request("put", path_of(realm), {"waitIncrementSeconds": 3600, "maxFailureWaitSeconds": 3600})
        assert not form.log_in(EMAIL, WRONG)
        _when(admin, realm, id_, lambda status: status["numFailures"], 7)
        assert not form.log_in(EMAIL, WRONG)
        assert not form.log_in(EMAIL, PASSWORD), "while it is locked, nothing is looked at"
        _when(admin, realm, id_, lambda status: status["numFailures"], 7)


def _when(
    admin: Administrator, settings: Settings, id_: str, what: Callable[[dict[str, Any]], object], is_so: object
) -> dict[str, Any]:
    """Waits until Keycloak says that of the account's failures: it counts beside the answer."""
    until = time.monotonic() + PATIENCE
    while what(status := admin.get(f"{path_of(settings)}/attack-detection/brute-force/users/{id_}")) != is_so:
        assert time.monotonic() < until, status
        time.sleep(0.1)
    return dict(status)


@pytest.mark.rule("P1")
def test_a_usual_password_is_refused_where_the_server_has_the_list_and_another_server_keeps_its_policy(
    new_settings: Callable[..., Settings], tmp_path: Path
) -> None:
    settings = new_settings(tmp_path, REALM__PASSWORD_BLACKLIST="absente.txt")
    apply_realm(settings)
    same = _same_realm(settings)
    with closing(Administrator(settings.keycloak)) as admin:
        path, id_ = path_of(settings), add_person(admin, settings)

        def is_taken(password: str) -> bool:
            body = {"type": "password", "value": password, "temporary": False}
            try:
                admin.request("put", f"{path}/users/{id_}/reset-password", body)
            except KeycloakRefused as error:
                if "invalidPasswordBlacklistedMessage" not in str(error):
                    raise
                return False
            return True

        without = admin.get(path)["passwordPolicy"]
        assert "passwordBlacklist" not in without
        assert "blacklist:absente.txt" in {difference.setting for difference in told(settings)}
        assert is_taken("Azerty1!")

        listed = new_settings(tmp_path, **same)
        assert [difference.setting for difference in apply_realm(listed)] == ["blacklist:cooperation.txt"]
        assert admin.get(path)["passwordPolicy"] == f"{without} and passwordBlacklist(cooperation.txt)"
        assert [is_taken(password) for password in ("Bonjour1!", "COOP2026!a", "Coop2026!")] == [False, True, False]
        assert apply_realm(listed) == []
        admin.request("put", path, {"passwordPolicy": "length(6) and passwordBlacklist(cooperation.txt)"})
        assert [difference.setting for difference in apply_realm(listed)] == ["passwordPolicy"]
        assert "passwordBlacklist" in admin.get(path)["passwordPolicy"], "what is mended beside it does not lose it"

        none = new_settings(tmp_path, **same, REALM__PASSWORD_BLACKLIST="none")
        assert [d.setting for d in told(none) if d.is_stricter] == ["passwordPolicy"]
        apply_realm(none)
        assert admin.get(path)["passwordPolicy"] == without


def _same_realm(settings: Settings) -> dict[str, str]:
    assert settings.keycloak.client_secret is not None
    secret = settings.keycloak.client_secret.get_secret_value()
    return {"KEYCLOAK__REALM": settings.keycloak.realm, "KEYCLOAK__CLIENT_SECRET": secret}


def told(settings: Settings) -> list[Difference]:
    """What `realm apply --dry-run` shows."""
    config = load_realm_config(settings)
    with closing(administrator_connection(settings.keycloak)) as connection:
        return differences(read_state(connection, settings.keycloak.realm, config), config)


@pytest.mark.rule("A3")
@pytest.mark.parametrize("offline", [False, True], ids=["offline-goes", "offline-stays"])
def test_a_realm_of_version_0_2_is_brought_along_with_people_logged_in(
    new_settings: Callable[..., Settings], tmp_path: Path, offline: bool
) -> None:
    old = new_settings(tmp_path, REALM_CONFIG=str(OLD_FILES), REALM__PASSWORD_BLACKLIST="none")
    new = new_settings(tmp_path, **_same_realm(old), PLATFORM__OFFLINE=str(offline).lower())
    apply_realm(old)
    with (
        closing(Administrator(old.keycloak)) as admin,
        closing(LoginForm(old)) as form,
        closing(LoginForm(old, scope="openid offline_access")) as for_good,
    ):
        add_person(admin, old)
        session, lasting = form.tokens(EMAIL, PASSWORD), for_good.tokens(EMAIL, PASSWORD)
        assert session is not None
        assert lasting is not None
        direct = {"client_id": "admin-cli", "scope": "openid offline_access", "grant_type": "password"}
        phished = ask(old, "token", username=EMAIL, password=PASSWORD, **direct)["refresh_token"]

        stopping = {difference.setting: difference.present for difference in told(new) if difference.stops_logins}
        assert stopping.get("client:cooperation/offlineAccess") == (None if offline else "true (1 session)")
        assert stopping["client:admin-cli/offlineAccess"] == "true (1 session)"
        assert stopping["client:admin-cli/directAccessGrantsEnabled"] == "true"
        assert for_good.renew(lasting["refresh_token"]), "it was only told"

        apply_realm(new)

        assert form.renew(session["refresh_token"]), "who is logged in stays so"
        assert (for_good.renew(lasting["refresh_token"]) is not None) is offline
        again = {"client_id": "admin-cli", "grant_type": "refresh_token", "refresh_token": phished}
        assert ask(new, "token", **again)["error"] == "invalid_grant"
        assert form.tokens(EMAIL, PASSWORD), "and everybody logs in"
        assert (for_good.tokens(EMAIL, PASSWORD) is not None) is offline
    assert apply_realm(new) == []
