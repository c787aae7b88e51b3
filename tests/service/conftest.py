"""An office a test: a fresh realm and a fresh register, on the run's one server."""

from __future__ import annotations

from pathlib import Path

import pytest

from provisioner.keycloak.connection import administrator_connection
from provisioner.sandbox.mail import Mailbox
from provisioner.settings import Settings
from tests.service.office import Office


@pytest.fixture
def office(realm: Settings, mailbox: Mailbox, tmp_path: Path) -> Office:
    return Office(realm, mailbox, tmp_path)


def weaken_policy(settings: Settings) -> None:
    """What a hand in the console may do."""
    administrator = administrator_connection(settings.keycloak)
    administrator.request("put", f"admin/realms/{settings.keycloak.realm}", {"passwordPolicy": "length(8)"})
    administrator.close()
