"""Offices that the service runs for: a fresh realm each, reached directly or through a proxy."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner.sandbox.mail import Mailbox
from provisioner.settings import Settings
from tests.faults.proxy import FaultyProxy
from tests.service.office import Office


@pytest.fixture
def office(realm: Settings, mailbox: Mailbox, tmp_path: Path) -> Office:
    return Office(realm, mailbox, tmp_path)


@pytest.fixture
def proxy(realm: Settings) -> Iterator[FaultyProxy]:
    proxy = FaultyProxy(realm.keycloak.url)
    yield proxy
    proxy.stop()
