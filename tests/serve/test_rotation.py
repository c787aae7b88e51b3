"""A key or a secret is replaced while the service runs: no job of it fails."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from provisioner.keycloak.connection import service_connection
from provisioner.keycloak.credentials import next_key_file
from provisioner.keycloak.errors import KeycloakRefused
from provisioner.settings import load_settings
from tests.serve.serving import Serving, until
from tests.shared.office import Office

TODAY = "2026-09-02"
SECRET = "PROVISIONER_KEYCLOAK__CLIENT_SECRET"

#: Each reading of the events asks for a token of its own.
OFTEN = {"PROVISIONER_CONNECTIONS__PULL_SECONDS": "0.3"}


@pytest.fixture
def office(office: Office) -> Office:
    """One that may put its realm in order, and has its secret in a file."""
    settings = office.settings
    office.sends_notices()
    folder = office.home / "secrets"
    folder.mkdir()
    (folder / SECRET).write_text(office.environment.pop(SECRET), "utf-8")
    office.environment |= {
        "PROVISIONER_SECRETS_DIR": str(folder),
        "PROVISIONER_PLATFORM__URL": settings.platform.url,
        **office.administrator,
    }
    return office


def done(office: Office, *command: str) -> None:
    answer = office.run(*command, today=TODAY)
    assert answer.status == 0, (answer.out, answer.err)


def more_runs(serving: Serving) -> None:
    """The jobs went to Keycloak some times more."""
    series = "provisioner_keycloak_calls_total"
    before = until(lambda: serving.metric(series), "calls")
    until(lambda: (serving.metric(series) or 0) > before + 20, "more runs")


def is_let_in(office: Office, **other: str) -> bool:
    connection = service_connection(
        load_settings(environment={**office.environment, **other}).keycloak, read_only=True
    )
    try:
        connection.get_token()
    except KeycloakRefused:
        return False
    else:
        return True
    finally:
        connection.close()


def rotate_key(office: Office, file: Path, serving: Serving) -> None:
    done(office, "realm", "key")
    done(office, "realm", "apply")
    more_runs(serving)
    next_key_file(file).replace(file)
    more_runs(serving)
    done(office, "realm", "apply")
    more_runs(serving)


def test_a_key_is_replaced_under_the_running_service_and_the_old_one_then_opens_nothing(office: Office) -> None:
    file = office.home / "key.pem"
    office.environment["PROVISIONER_KEYCLOAK__CLIENT_KEY_FILE"] = str(file)
    done(office, "realm", "key")
    assert file.stat().st_mode & 0o777 == 0o600
    done(office, "realm", "apply")
    old = office.home / "old.pem"
    old.write_bytes(file.read_bytes())

    with Serving(office, OFTEN, today=TODAY) as serving:
        serving.until_ready()
        rotate_key(office, file, serving)
        assert serving.end()[0] == 0
    assert serving.events("job.failed") == []
    assert is_let_in(office)
    assert not is_let_in(office, PROVISIONER_KEYCLOAK__CLIENT_KEY_FILE=str(old))
    assert not is_let_in(office, PROVISIONER_KEYCLOAK__CLIENT_KEY_FILE=""), "nor does the secret of before"


def test_a_secret_is_replaced_under_the_running_service(office: Office) -> None:
    file = Path(office.environment["PROVISIONER_SECRETS_DIR"], SECRET)
    old = file.read_text("utf-8")
    with Serving(office, OFTEN, today=TODAY) as serving:
        serving.until_ready()
        file.with_name("new").write_text(secrets.token_hex(32), "utf-8")
        file.with_name("new").replace(file)
        assert not is_let_in(office), "Keycloak does not know it yet"
        more_runs(serving)
        done(office, "realm", "apply")
        assert is_let_in(office)
        more_runs(serving)
        assert serving.end()[0] == 0
    assert serving.events("job.failed") == []
    assert not is_let_in(office, PROVISIONER_KEYCLOAK__CLIENT_SECRET=old)


def test_a_key_that_was_never_there_is_told_and_the_service_goes_on_once_it_is(office: Office) -> None:
    file = office.home / "key.pem"
    office.environment["PROVISIONER_KEYCLOAK__CLIENT_KEY_FILE"] = str(file)
    with Serving(office, OFTEN, today=TODAY) as serving:
        until(lambda: serving.events("job.failed"), "a failure that is told")
        done(office, "realm", "key")
        done(office, "realm", "apply")
        serving.until_ready()
        assert serving.end()[0] == 0
