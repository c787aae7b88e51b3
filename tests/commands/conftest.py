"""An office a test: a fresh realm and a fresh register, on the run's one server."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from provisioner.settings import Settings
from tests.shared.administrator import Administrator
from tests.shared.data_directory import unlisted
from tests.shared.mailbox import Mailbox
from tests.shared.office import FIRST_DAY, Office, annexe_csv


@pytest.fixture
def office(realm: Settings, mailbox: Mailbox, tmp_path: Path) -> Iterator[Office]:
    """Whatever a story did, the files in its data directory are of kinds of which it is known what ends them."""
    office = Office(realm, mailbox, tmp_path)
    yield office
    assert unlisted(office.home / "data") == []


@pytest.fixture
def watched(office: Office) -> Iterator[None]:
    """Nothing that our own runs do meanwhile is taken for the deed of a stolen secret (L1)."""
    office.controls()
    yield
    assert [control for control in office.controls() if control["code"].startswith("own-account")] == []


@pytest.fixture
def first(office: Office, tmp_path: Path) -> Path:
    """Leroy and Vasseur are open."""
    office.add_partner()
    file = annexe_csv(tmp_path / "1.csv", {"leroy": "2026-06-10", "vasseur": "2026-06-10"}, {}, "2026-06-15")
    office.apply(file, today=FIRST_DAY)
    return file


@pytest.fixture
def second(first: Path, tmp_path: Path) -> Path:
    """Vasseur leaves, Nguyen comes."""
    return annexe_csv(
        tmp_path / "2.csv", {"leroy": "2026-06-10", "nguyen": "2026-09-01"}, {"vasseur": "2026-08-31"}, "2026-09-01"
    )


def weaken_policy(settings: Settings) -> None:
    """What a hand in the console may do."""
    administrator = Administrator(settings.keycloak)
    administrator.request("put", f"admin/realms/{settings.keycloak.realm}", {"passwordPolicy": "length(8)"})
    administrator.close()
