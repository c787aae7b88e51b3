"""A register that was dumped and restored still verifies, and its journal goes on."""

from __future__ import annotations

import sqlite3
import subprocess
from pathlib import Path

import psycopg

from provisioner.operations.journal import journal_head, verify_journal
from tests.register.conftest import NewDatabase
from tests.register.writers import append, is_whole, opened
from tests.shared.postgres import Postgres

#: Texts that a dump may spoil: quotes, backslashes, line ends, accents, an emoji, what looks like an escape.
BY = 'D\'Été "Zoé" \\x41 \\\\ %s é \N{GRINNING FACE}\n\tfin\r\nCOPY \\.'


def test_it_verifies_after_a_dump_and_a_restore_of_sqlite(new_sqlite: NewDatabase) -> None:
    old, new = new_sqlite(), new_sqlite()
    with opened(old) as register:
        append(register, 1, BY, entries=7)
        head = journal_head(register)
    restored = Path(new["PROVISIONER_DATA_DIR"])
    restored.mkdir()
    source = sqlite3.connect(Path(old["PROVISIONER_DATA_DIR"]) / "provisioner.sqlite3")
    target = sqlite3.connect(restored / "provisioner.sqlite3")
    target.executescript("\n".join(source.iterdump()))
    source.close()
    target.close()
    with opened(new) as register:
        assert verify_journal(register, head).bad is None
        append(register, 2, BY)
        is_whole(register, 8)


def test_it_verifies_after_a_dump_and_a_restore_of_postgresql(
    new_postgresql: NewDatabase, postgres: Postgres
) -> None:
    old, new = new_postgresql(), new_postgresql()
    with opened(old) as register:
        append(register, 1, BY, entries=7)
        head = journal_head(register)
    with psycopg.connect(postgres.url) as connection:
        row = connection.execute("SELECT setting FROM pg_config WHERE name = 'BINDIR'").fetchone()
    assert row is not None
    programs = Path(row[0])
    dump = subprocess.run(
        [programs / "pg_dump", "--no-owner", old["PROVISIONER_DATABASE__URL"]], capture_output=True, check=True
    )
    subprocess.run(
        [programs / "psql", "--quiet", "--no-psqlrc", "-v", "ON_ERROR_STOP=1", new["PROVISIONER_DATABASE__URL"]],
        input=dump.stdout,
        capture_output=True,
        check=True,
    )
    with opened(new) as register:
        assert verify_journal(register, head).bad is None
        append(register, 2, BY)
        is_whole(register, 8)
