"""The two databases that a register may be in, each new and empty."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.shared.postgres import Postgres

_numbers = itertools.count(1)

#: Makes a database and gives its settings, as variables.
NewDatabase = Callable[[], dict[str, str]]


@pytest.fixture
def new_sqlite(tmp_path: Path) -> NewDatabase:
    return lambda: {"PROVISIONER_DATA_DIR": str(tmp_path / f"data-{next(_numbers)}")}


@pytest.fixture
def new_postgresql(postgres: Postgres, new_sqlite: NewDatabase) -> NewDatabase:
    return lambda: {**new_sqlite(), "PROVISIONER_DATABASE__URL": postgres.new_database()}


@pytest.fixture(params=["sqlite", "postgresql"])
def new_database(request: pytest.FixtureRequest) -> NewDatabase:
    """Each of them."""
    new: NewDatabase = request.getfixturevalue(f"new_{request.param}")
    return new
