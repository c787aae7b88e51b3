"""Registers that older versions left, with data (`tests/data/registers`), put where a test wants them.

Each was made by that version's own operations; beside it stands what Keycloak had.

Those of 0.2 and 0.3: three partners, annexes of every status, a plan that a limit holds, a suspension, a pause, a
person in quarantine, links sent, used and bounced, notices that wait.

That of 0.1, by its commands on a real Keycloak: two partners; a plan that a limit held and that was let go, another
that it holds; persons who had their link, who is still owed it (the mail server was away), who is open at both
partners, who came back, who waits for their opening. The clock was moved to 2026-05-16 and later days, Keycloak's was
not: each link's `keycloak_time` is since that of its intention.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any

from sqlalchemy import MetaData, create_engine, insert, select

REGISTERS = Path(__file__).parents[1] / "data" / "registers"
FIRST = "0_1"
VERSIONS = ("0_2", "0_3")


def restore_file(version: str, file: Path) -> None:
    """That version's register as a SQLite file."""
    with closing(sqlite3.connect(file)) as database:
        database.executescript((REGISTERS / f"version_{version}.sql").read_text("utf-8"))


def restore_on_server(version: str, url: str, folder: Path) -> None:
    """The same on a PostgreSQL server: its tables and rows are copied from a file."""
    restore_file(version, folder / "copied.sqlite3")
    source, target = create_engine(f"sqlite:///{folder / 'copied.sqlite3'}"), create_engine(url)
    metadata = MetaData()
    metadata.reflect(source)
    for table in metadata.tables.values():
        for column in table.columns:  # as PostgreSQL writes them
            column.type, column.server_default = column.type.as_generic(), None
        for index in table.indexes:
            index.dialect_options["postgresql"]["where"] = index.dialect_options["sqlite"]["where"]
    metadata.create_all(target)
    with source.connect() as old, target.begin() as here:
        for table in metadata.sorted_tables:
            if rows := [dict(row) for row in old.execute(select(table)).mappings()]:
                here.execute(insert(table), rows)
    source.dispose()
    target.dispose()


def realm_of(version: str) -> dict[str, Any]:
    """What Keycloak had beside it."""
    state: dict[str, Any] = json.loads((REGISTERS / f"version_{version}.json").read_text("utf-8"))
    return state
