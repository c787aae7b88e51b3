"""A register on PostgreSQL is dumped through the same encryption, and says so where `pg_dump` is not there."""

from __future__ import annotations

import subprocess
from pathlib import Path

import psycopg
import pyrage
import pytest

from provisioner.clock import Clock
from provisioner.domain.errors import Refusal
from provisioner.operations.backup import back_up
from provisioner.operations.journal import verify_journal
from provisioner.register import RegisterUnavailable
from provisioner.settings import load_settings
from tests.register.conftest import NewDatabase
from tests.register.writers import append, opened
from tests.shared.postgres import Postgres


def test_what_pg_dump_writes_is_encrypted_as_it_comes_and_restores_to_the_same_journal(
    new_postgresql: NewDatabase, postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    old, new, key = new_postgresql(), new_postgresql(), pyrage.x25519.Identity.generate()
    (tmp_path / "recipients").write_text(f"{Clock().today():%Y-%m} {key.to_public()}\n")
    old["PROVISIONER_BACKUP__RECIPIENTS_FILE"] = str(tmp_path / "recipients")
    with opened(old) as register:
        append(register, 1, "Zoé", entries=7)
    settings = load_settings(environment=old)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(RegisterUnavailable) as missing:
        back_up(settings, Clock(), tmp_path / "copy.age")
    assert (missing.value.code, (tmp_path / "copy.age").exists()) == (Refusal.NO_PG_DUMP, False)

    with psycopg.connect(postgres.url) as connection:
        row = connection.execute("SELECT setting FROM pg_config WHERE name = 'BINDIR'").fetchone()
    assert row is not None
    monkeypatch.setenv("PATH", row[0])
    made = back_up(settings, Clock(), tmp_path / "copy.age")
    clear = pyrage.decrypt((tmp_path / "copy.age").read_bytes(), [key])
    assert clear.startswith(b"PGDMP")
    command = [f"{row[0]}/pg_restore", "--no-owner", f"--dbname={new['PROVISIONER_DATABASE__URL']}"]
    subprocess.run(command, input=clear, check=True, capture_output=True)
    with opened(new) as register:
        assert verify_journal(register, made.check.head).bad is None
