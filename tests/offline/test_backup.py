"""`backup`: a copy that is whole whatever goes on meanwhile, and never in place of another file."""

from __future__ import annotations

import os
import sqlite3
import stat
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.shared.desk import Desk
from tests.shared.mailbox import Mailbox
from tests.shared.office import Office, valid
from tests.shared.older_registers import VERSIONS, restore_file

LATER = "2026-09-02"


@pytest.fixture
def desk(mailbox: Mailbox, tmp_path: Path) -> Desk:
    desk = Desk(mailbox, tmp_path)
    desk.add_partner()
    return desk


def _backup(office: Office, output: Path, status: int = 0) -> Any:
    answer = office.run("backup", "--output", output, "--format", "json")
    assert answer.status == status, (answer.status, answer.err)
    return valid(answer.json, "backup") if status == 0 else answer


def test_the_copy_is_its_owners_alone_and_nothing_else_is_left_beside_it(desk: Desk, tmp_path: Path) -> None:
    folder = tmp_path / "backups"
    folder.mkdir()
    before = os.umask(0)
    try:
        made = _backup(desk, folder / "register.sqlite3")
    finally:
        os.umask(before)
    assert [file.name for file in folder.iterdir()] == ["register.sqlite3"]
    assert stat.S_IMODE((folder / "register.sqlite3").stat().st_mode) == 0o600
    head = desk.run("journal", "head").out.strip()
    assert head == f"{made['entry']}:{made['sha256']}"
    again = desk.run("backup", "--output", folder / "second.sqlite3")
    assert again.out.strip() == head


def test_no_file_is_ever_written_over(desk: Desk, tmp_path: Path) -> None:
    (tmp_path / "kept").write_text("precious")
    refused = _backup(desk, tmp_path / "kept", status=2)
    assert "exists already" in " ".join(refused.err.replace("│", " ").split())
    assert (tmp_path / "kept").read_text() == "precious"
    assert _backup(desk, tmp_path / "nowhere" / "copy", status=2).err
    assert not list(tmp_path.glob(".*.partial"))


def test_a_backup_makes_no_register_where_there_is_none(mailbox: Mailbox, tmp_path: Path) -> None:
    desk = Desk(mailbox, tmp_path)
    assert "pas de registre" in _backup(desk, tmp_path / "copy", status=3).err
    assert not desk.database.exists()
    assert not (tmp_path / "copy").exists()


@pytest.mark.parametrize("version", VERSIONS)
def test_before_an_upgrade_the_register_of_an_older_version_is_copied_as_it_is(
    mailbox: Mailbox, tmp_path: Path, version: str
) -> None:
    desk = Desk(mailbox, tmp_path / "data")
    desk.database.parent.mkdir(parents=True, exist_ok=True)
    restore_file(version, desk.database)
    made, dumps = _backup(desk, tmp_path / "copy"), [_dump(file) for file in (desk.database, tmp_path / "copy")]
    assert dumps[0] == dumps[1]
    assert sorted(file.name for file in tmp_path.glob("*copy*")) == ["copy"]
    head = f"{made['entry']}:{made['sha256']}"
    told = desk.run("journal", "verify", "--head", head)  # the upgrade
    assert (told.status, "l'ancien journal" in told.out) == ((1, True) if version == "0_2" else (0, False))  # (D8)


def _dump(file: Path) -> list[str]:
    with closing(sqlite3.connect(file)) as database:
        return list(database.iterdump())


def test_a_damaged_register_gives_no_copy_and_says_so(desk: Desk, tmp_path: Path) -> None:
    content = bytearray(desk.database.read_bytes())
    content[4096 * 3 : 4096 * 5] = b"\x00" * 4096 * 2
    desk.database.write_bytes(bytes(content))
    assert "endommagé" in _backup(desk, tmp_path / "copy", status=3).err
    assert not (tmp_path / "copy").exists()
    assert not list(tmp_path.glob(".*.partial"))


def test_a_journal_that_was_tampered_with_is_copied_as_it_is_and_told(desk: Desk, tmp_path: Path) -> None:
    connection = sqlite3.connect(desk.database)
    connection.execute("UPDATE journal_entry SET body = replace(body, 'partner.add', 'partner.set') WHERE entry = 1")
    connection.commit()
    connection.close()
    told = _backup(desk, tmp_path / "copy", status=1)
    assert "l'entrée 1" in told.err
    assert (tmp_path / "copy").exists()


def test_on_postgresql_it_names_the_command_to_use_without_the_password(desk: Desk, tmp_path: Path) -> None:
    url = "postgresql+psycopg://caf:tres-secret@db.caf.example:5433/registre"
    answer = desk.run("backup", "--output", tmp_path / "copy", PROVISIONER_DATABASE__URL=url)
    assert answer.status == 2
    expected = f"pg_dump --format=custom --file={tmp_path / 'copy'} --host=db.caf.example --port=5433 --username=caf"
    assert f"{expected} registre" in answer.err
    assert "tres-secret" not in answer.err + answer.out
