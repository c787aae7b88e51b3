"""What tests share: one real Keycloak, one mail server a worker, a fresh realm for each test."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import hypothesis
import pytest
import structlog

from provisioner.settings import Settings
from tests.shared.administrator import Administrator
from tests.shared.economy import be_economical
from tests.shared.mailbox import Mailbox
from tests.shared.postgres import Postgres, start_postgres
from tests.shared.proxy import FaultyProxy
from tests.shared.realms import Realms, settings_of_realm
from tests.shared.server import KeycloakServer, one_keycloak

_numbers = itertools.count(1)

# An example that takes long on a busy machine is no fault of what is tested; one that never ends is CI's to stop. The
# same examples each time: no change is kept from landing by a draw of lots.
hypothesis.settings.register_profile(
    "steady", deadline=None, derandomize=True, suppress_health_check=[hypothesis.HealthCheck.too_slow]
)
hypothesis.settings.load_profile("steady")

be_economical()

#: `gw0`, `gw1` … with pytest-xdist, else nothing.
_WORKER = os.environ.get("PYTEST_XDIST_WORKER")


#: What takes a minute or more by itself: begun first, so that no worker is left alone with it.
_LONG = (
    "tests/soak/",
    "tests/operations/histories/",
    "tests/commands/test_many_mails.py",
    "tests/serve/test_taking_over.py",
)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The order of the run."""
    items.sort(key=lambda item: not item.nodeid.startswith(_LONG))


@pytest.fixture(autouse=True)
def _own_log() -> None:
    """A command run in this process sets the log's level: not for the tests that come after it."""
    structlog.reset_defaults()


@pytest.fixture(scope="session")
def keycloak(tmp_path_factory: pytest.TempPathFactory) -> Iterator[KeycloakServer]:
    """One Keycloak for the whole run, whatever the number of workers."""
    home = tmp_path_factory.getbasetemp()
    with one_keycloak(home.parent if _WORKER else home) as server:
        yield server


@pytest.fixture(scope="session")
def mailbox(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Mailbox]:
    """One mail server for all tests of this process, which tell their messages by address."""
    with Mailbox(tmp_path_factory.mktemp("mail")) as box:
        yield box


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """One PostgreSQL for all tests of this process: each makes its databases."""
    with start_postgres(log_file=tmp_path_factory.mktemp("postgres") / "log") as server:
        yield server


@pytest.fixture(scope="session")
def new_settings(keycloak: KeycloakServer, mailbox: Mailbox) -> Callable[..., Settings]:
    """Makes the settings for a realm that does not exist yet; `more` are variables without their prefix."""

    def make(data_dir: Path, **more: str) -> Settings:
        realm = f"essai-{_WORKER or 'seul'}-{next(_numbers)}"
        return settings_of_realm(keycloak, mailbox, realm, data_dir, **more)

    return make


@pytest.fixture(scope="session")
def admin(new_settings: Callable[..., Settings], tmp_path_factory: pytest.TempPathFactory) -> Iterator[Administrator]:
    """The administrator of that Keycloak, for all its realms: each login costs Keycloak a slow hash."""
    with closing(Administrator(new_settings(tmp_path_factory.mktemp("admin")).keycloak)) as admin:
        yield admin


@pytest.fixture(scope="session")
def realms(
    new_settings: Callable[..., Settings], admin: Administrator, tmp_path_factory: pytest.TempPathFactory
) -> Realms:
    """The realms of this process."""
    return Realms(new_settings, admin, tmp_path_factory.mktemp("realms"))


@pytest.fixture
def realm(realms: Realms, tmp_path: Path) -> Iterator[Settings]:
    """A realm as new, made from realm-config/, and the settings to use it."""
    with realms.lend(tmp_path / "data") as settings:
        yield settings


@pytest.fixture
def proxy(realm: Settings) -> Iterator[FaultyProxy]:
    """A proxy before Keycloak, without a fault yet."""
    proxy = FaultyProxy(realm.keycloak.url)
    yield proxy
    proxy.stop()


@pytest.fixture(scope="module")
def shared_realm(realms: Realms, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Settings]:
    """A realm for a whole module: for tests that do not disturb each other."""
    with realms.lend(tmp_path_factory.mktemp("data")) as settings:
        yield settings
