"""The two databases that a register may be in, each new and empty."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.shared.postgres import Postgres, start_postgres

_numbers = itertools.count(1)

#: Makes a database and gives its settings, as variables.
NewDatabase = Callable[[], dict[str, str]]


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    with start_postgres(log_file=tmp_path_factory.mktemp("postgres") / "log") as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def new_database(request: pytest.FixtureRequest, tmp_path: Path) -> NewDatabase:
    def make() -> dict[str, str]:
        number = next(_numbers)
        settings = {"PROVISIONER_DATA_DIR": str(tmp_path / f"data-{number}")}
        if request.param == "postgresql":
            server: Postgres = request.getfixturevalue("postgres")
            settings["PROVISIONER_DATABASE__URL"] = server.new_database(f"journal_{number}")
        return settings

    return make
