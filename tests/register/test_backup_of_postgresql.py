"""A register on PostgreSQL is dumped through the same encryption, and says so where `pg_dump` is not there; after
`pg_restore`, `restore` is told, and what was destroyed since is destroyed again.
"""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import psycopg
import pyrage
import pytest

from provisioner.clock import Clock
from provisioner.domain.access.change import Action
from provisioner.domain.annexe.document import Document
from provisioner.domain.errors import Refusal, WrongUsage
from provisioner.domain.journal_check import Problem
from provisioner.operations.attestations import request
from provisioner.operations.backup import back_up
from provisioner.operations.destruction_list import note_destroyed
from provisioner.operations.doctor.backup import backup_lines
from provisioner.operations.journal import journal_head, verify_journal
from provisioner.operations.restore import Asked, restore
from provisioner.register import RegisterUnavailable, attestations
from provisioner.register.backup import begin_after
from provisioner.register.encryption import decrypt
from provisioner.settings import BackupSettings, DatabaseSettings, load_settings
from provisioner.views.doctor import Found
from tests.fakes.memory_office import MemoryOffice, reading
from tests.register.conftest import NewDatabase
from tests.register.writers import append, opened
from tests.shared.examples import LYS, annexe, email
from tests.shared.postgres import Postgres

START, CLOSED, D1 = date(2026, 6, 16), date(2026, 9, 1), date(2027, 3, 2)
ALL = dict.fromkeys(("leroy", "vasseur"), date(2026, 6, 10))
ANNEXES = {
    b"all": annexe(ALL, on=START),
    b"departure": annexe({"leroy": ALL["leroy"]}, {"vasseur": date(2026, 8, 31)}, on=CLOSED),
}


def _programs(postgres: Postgres) -> str:
    with psycopg.connect(postgres.url) as connection:
        row = connection.execute("SELECT setting FROM pg_config WHERE name = 'BINDIR'").fetchone()
    assert row is not None
    return str(row[0])


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

    programs = _programs(postgres)
    monkeypatch.setenv("PATH", programs)
    made = back_up(settings, Clock(), tmp_path / "copy.age")
    clear = pyrage.decrypt((tmp_path / "copy.age").read_bytes(), [key])
    assert clear.startswith(b"PGDMP")
    command = [f"{programs}/pg_restore", "--no-owner", f"--dbname={new['PROVISIONER_DATABASE__URL']}"]
    subprocess.run(command, input=clear, check=True, capture_output=True)
    with opened(new) as register:
        assert verify_journal(register, made.check.head).bad is None


@pytest.fixture
def office(tmp_path: Path, postgres: Postgres) -> Iterator[MemoryOffice]:
    """On PostgreSQL, with a list of destructions; vasseur was closed on 1 September 2026."""
    with closing(MemoryOffice(tmp_path / "office", read=reading(ANNEXES), url=postgres.new_database())) as office:
        key = pyrage.x25519.Identity.generate()
        (tmp_path / "key").write_text(str(key))
        (tmp_path / "recipients").write_text(f"2026-09 {key.to_public()}\n")
        backup = BackupSettings(recipients_file=tmp_path / "recipients", list_file=tmp_path / "list.jsonl")
        office.settings = office.settings.model_copy(update={"backup": backup})
        office.reopen()
        office.add_partner(LYS.code, "agglo-lys.example")
        for day, content in ((START, b"all"), (CLOSED, b"departure")):
            office.on(day)
            office.apply(Document(name="1.csv", content=content), LYS.code)
        yield office


def _destroyed(office: MemoryOffice, day: date) -> list[tuple[str, str | None]]:
    office.on(day)
    result = office.sync()
    assert result.failed == []
    return [(change.rule, change.email) for change in result.done if change.action is Action.DESTROY]


def _doctor(office: MemoryOffice) -> list[str]:
    with office.context.register.read() as connection:
        return [line.found for line in backup_lines(office.settings, connection, D1)]


@pytest.mark.rule("D1")
@pytest.mark.rule("D3")
def test_after_pg_restore_what_was_destroyed_since_is_destroyed_again_once_restore_was_told(
    office: MemoryOffice, postgres: Postgres, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs = _programs(postgres)
    monkeypatch.setenv("PATH", programs)
    copy, clock = tmp_path / "copy.age", office.context.clock
    certificate, _ = request(office.context.register, LYS.code, email("vasseur"), "Claire Martin")
    copied = back_up(office.settings, clock, copy).check.head
    assert copied is not None
    assert [_destroyed(office, day) for day in (D1 - timedelta(days=1), D1)] == [[], [("D1", email("vasseur"))]]
    with office.context.work() as work:  # issued, its rest asked for and issued too: two numbers since the copy
        attestations.issue(work, certificate, certificate.habilitations, b"%PDF-1.7")
        rest = attestations.request(work, LYS.code, {2: 2}, D1, certificate.id)
        attestations.issue(work, rest, rest.habilitations, b"%PDF-1.7 rest")
    note_destroyed(office.context.register, office.settings)
    last_head, mails = journal_head(office.context.register), len(office.directory.mails)

    new = postgres.new_database()
    command = [f"{programs}/pg_restore", "--no-owner", "--single-transaction", f"--dbname={new}"]
    clear = decrypt(copy, tmp_path / "key")
    subprocess.run(command, input=clear, check=True, capture_output=True)
    office.settings = office.settings.model_copy(update={"database": DatabaseSettings(url=new)})
    office.reopen()
    listed = (tmp_path / "list.jsonl").read_text()
    assert _destroyed(office, D1) == [], "a run in the wrong order"
    assert (tmp_path / "list.jsonl").read_text() == listed, "hides nothing"
    assert Found.PUT_BACK_BY_HAND.of() in _doctor(office)

    asked = Asked(file=copy, after_pg_restore=True, by="Claire Martin")
    with pytest.raises(WrongUsage) as not_yet:
        restore(office.settings, clock, replace(asked, after_pg_restore=False))
    assert not_yet.value.code is Refusal.RESTORE_ON_POSTGRESQL
    done = restore(office.settings, clock, asked)
    assert ([destroyed.rule for destroyed in done.since.destroyed], done.left) == (["D1"], last_head)
    assert _destroyed(office, D1) == [("D1", email("vasseur"))]
    assert len(office.directory.mails) == mails
    assert verify_journal(office.context.register).bad is None
    bad = verify_journal(office.context.register, last_head).bad
    assert (bad and bad.problem) == Problem.LEFT_BEHIND
    assert Found.PUT_BACK_BY_HAND.of() not in _doctor(office)
    with office.context.work() as work:
        known = attestations.by_id(work.connection, certificate.id)
        assert known is not None
        assert (known.issued_on, known.document) == (D1, None), "issued once, though its file is lost"
        assert attestations.request(work, LYS.code, {2: 2}, D1).id == rest.id + 1
        assert [begin_after(work, {"habilitation": number}) for number in (40, 3)] == [40, 40], "none is given again"
