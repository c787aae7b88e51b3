"""Offices that the service runs for: a fresh realm each, reached directly or through a proxy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner.clock import Clock
from provisioner.register import Register, open_register
from provisioner.settings import Settings, load_settings
from tests.shared.mailbox import Mailbox
from tests.shared.office import Office


@pytest.fixture
def office(realm: Settings, mailbox: Mailbox, tmp_path: Path) -> Office:
    return Office(realm, mailbox, tmp_path)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    given = {"DATA_DIR": str(tmp_path), "DATABASE__BUSY_SECONDS": "0.1", "KEYCLOAK__URL": "http://127.0.0.1:9"}
    return load_settings(environment={f"PROVISIONER_{name}": value for name, value in given.items()})


@pytest.fixture
def register(settings: Settings) -> Iterator[Register]:
    opened = open_register(settings, Clock())
    yield opened
    opened.close()
