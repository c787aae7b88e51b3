"""`restore`: a copy put back all at once and written down, refused where it would bring back what nobody checked."""

from __future__ import annotations

import os
import sqlite3
import stat
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes.failing import Killed
from tests.offline.test_backups_expire import Vault
from tests.shared.data_directory import unlisted
from tests.shared.desk import Desk
from tests.shared.mailbox import Mailbox
from tests.shared.office import Answer, valid
from tests.shared.older_registers import VERSIONS, restore_file

TODAY, BY = "2026-09-02", ("--by", "Claire Martin")


class Machine:
    """A register of three partners, of which a copy holds two."""

    def __init__(self, mailbox: Mailbox, home: Path) -> None:
        self.desk = desk = Desk(mailbox, home)
        desk.environment["PROVISIONER_BACKUP__LIST_FILE"] = str(home / "list.jsonl")
        (home / "list.jsonl").touch()
        desk.add_partner("un", "un.example")
        self.vault, self.copy = Vault(desk, home / "vault"), home / "copy.age"
        desk.add_partner("deux", "deux.example")
        self.copied = valid(self.vault.back_up(self.copy).json, "backup")
        desk.add_partner("trois", "trois.example")
        self.head = desk.run("journal", "head").out.strip()

    def restore(self, *more: str | Path, status: int = 0, file: Path | None = None, identity: str = "2026-09") -> Any:
        key = ("--identity", self.vault.identity(identity)) if file is None else ()
        command = ("restore", file or self.copy, *key, *more, "--format", "json")
        answer = self.desk.run(*command, today=TODAY)
        assert answer.status == status, (answer.status, answer.err, answer.out)
        return valid(answer.json, "restore") if status == 0 else answer.err

    def partners(self) -> list[str]:
        return [partner["code"] for partner in self.desk.run("partner", "list", "--format", "json").json]

    def verify(self, *more: str) -> Answer:
        return self.desk.run("journal", "verify", *more, "--format", "json")


@pytest.fixture
def machine(mailbox: Mailbox, tmp_path: Path) -> Iterator[Machine]:
    machine = Machine(mailbox, tmp_path)
    yield machine
    assert unlisted(machine.desk.database.parent) == []


def test_a_copy_is_put_back_the_old_register_kept_aside_and_the_gap_written_down(
    machine: Machine, tmp_path: Path
) -> None:
    done = machine.restore()
    assert machine.partners() == ["deux", "un"]
    copied, last = machine.copied["entry"], int(machine.head.split(":")[0])
    assert done["copied"] == {"entry": copied, "sha256": machine.copied["sha256"]}
    assert (done["lost"], done["entry"]) == ({"first": copied + 1, "last": last}, copied + 1)
    assert f"{done['left']['entry']}:{done['left']['sha256']}" == machine.head
    aside = machine.desk.database.with_name(done["replaced"])
    assert stat.S_IMODE(aside.stat().st_mode) == stat.S_IMODE(machine.desk.database.stat().st_mode) == 0o600
    with sqlite3.connect(aside) as old:
        assert old.execute("SELECT count(*) FROM partner").fetchone() == (3,)
    assert machine.verify().status == 0
    told = machine.verify("--head", machine.head)
    assert (told.status, told.json["problem"]) == (1, "left-behind"), "a restore, and not an alteration"
    (entry,) = machine.desk.run("journal", "show", "--action", "register.restored", "--format", "json").json
    assert entry["by"] == "restore"
    assert (tmp_path / "list.jsonl").read_text().count("\n") == 2, "the list has the end of both chains"


def test_without_its_key_or_its_list_or_damaged_a_copy_is_refused_and_nothing_changes(
    machine: Machine, tmp_path: Path
) -> None:
    bad = machine.copy.read_bytes()
    for name, content in {"cut": bad[:-40], "changed": bad[:900] + b"\0" + bad[901:], "odt": b"PK\x03\x04"}.items():
        (tmp_path / name).write_bytes(content)
    before = machine.desk.database.read_bytes()
    assert "Aucune clé" in machine.restore(identity="2026-08", status=1)
    assert "--identity" in machine.restore(file=machine.copy, status=1)
    identity = ("--identity", machine.vault.identity("2026-09"))
    assert "endommagée" in machine.restore(*identity, file=tmp_path / "cut", status=1)
    assert "endommagée" in machine.restore(*identity, file=tmp_path / "changed", status=1)
    assert "pas une copie" in machine.restore(file=tmp_path / "odt", status=1)
    (tmp_path / "list.jsonl").write_text("not a line\n")
    assert "ligne 1" in machine.restore(status=1)
    (tmp_path / "list.jsonl").unlink()
    assert "--without-list" in machine.restore(status=1)
    machine.restore("--without-list", status=2)
    assert machine.desk.database.read_bytes() == before
    done = machine.restore("--without-list", *BY)
    assert (done["to_destroy"], machine.partners()) == (None, ["deux", "un"])
    (entry,) = machine.desk.run("journal", "show", "--action", "register.restored", "--format", "json").json
    assert entry["by"] == "Claire Martin"


def test_a_rehearsal_changes_nothing_but_leaves_a_dated_record(machine: Machine) -> None:
    done = machine.restore("--rehearse", *BY)
    assert (machine.partners(), done["replaced"]) == (["deux", "trois", "un"], None)
    (entry,) = machine.desk.run("journal", "show", "--action", "backup.rehearsed", "--format", "json").json
    assert (entry["entry"], entry["by"]) == (done["recorded"], "Claire Martin")
    assert machine.verify("--head", machine.head).status == 0
    assert [file.name for file in machine.desk.database.parent.glob("*remplace*")] == []


def test_a_copy_of_another_realm_or_with_a_forged_journal_is_refused(machine: Machine, tmp_path: Path) -> None:
    del machine.desk.environment["PROVISIONER_BACKUP__RECIPIENTS_FILE"]
    for name, forged in {
        "journal": "UPDATE journal_entry SET body = replace(body, 'partner.add', 'partner.set') WHERE entry = 1",
        "realm": "INSERT INTO mark (name, value) VALUES ('realm_id', 'another')",
    }.items():
        machine.vault.back_up(tmp_path / name)
        with sqlite3.connect(tmp_path / name) as copy:
            copy.execute(forged)
    with sqlite3.connect(machine.desk.database) as register:
        register.execute("INSERT INTO mark (name, value) VALUES ('realm_id', 'ours')")
    assert "entrée 1" in machine.restore(file=tmp_path / "journal", status=1)
    assert "autre royaume" in machine.restore(file=tmp_path / "realm", status=1)
    assert machine.partners() == ["deux", "trois", "un"]


@pytest.mark.parametrize("step", ["fsync", "link", "memory"])
def test_killed_at_any_step_the_register_is_the_old_one_or_the_new_one(
    machine: Machine, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    def killed(*_given: Any, **_named: Any) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        if step == "memory":
            patched.setattr(sqlite3, "connect", _ConnectThat(killed))
        else:
            patched.setattr(os, step, killed)
        with pytest.raises(Killed):
            machine.restore()
    assert machine.partners() == ["deux", "trois", "un"]
    machine.restore()
    assert machine.partners() == ["deux", "un"]
    assert machine.verify().status == 0


class _ConnectThat:
    """`sqlite3.connect`, whose last connection, to the register, is never had."""

    def __init__(self, killed: Any) -> None:
        self.killed, self.connect = killed, sqlite3.connect

    def __call__(self, target: Any, **named: Any) -> sqlite3.Connection:
        if str(target).endswith("/provisioner.sqlite3"):
            self.killed()
        connection: sqlite3.Connection = self.connect(target, **named)
        return connection


def test_a_damaged_register_is_moved_away_with_its_rollback_journal(machine: Machine) -> None:
    database = machine.desk.database
    database.write_bytes(b"\0" * 4096)
    journal = database.with_name(f"{database.name}-journal")
    journal.write_bytes(b"\0" * 512)
    done = machine.restore()
    assert not journal.exists()
    assert database.with_name(done["replaced"]).read_bytes() == b"\0" * 4096
    assert machine.partners() == ["deux", "un"]
    assert machine.verify().status == 0


def test_what_a_killed_restore_left_of_the_register_is_told(machine: Machine) -> None:
    database = machine.desk.database
    database.with_name(".provisioner-x1.partial").write_bytes(b"SQLite")
    answer = machine.desk.run("doctor", "--format", "json", today=TODAY)
    assert ".provisioner-x1.partial" in answer.out


@pytest.mark.parametrize("folder", ["data", "."], ids=["by-the-next-restore", "by-the-next-backup-there"])
def test_what_a_killed_copy_left_goes_a_day_later(
    machine: Machine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, folder: str
) -> None:
    killed, other = (tmp_path / folder / name for name in (".provisioner-x1.partial", ".other.partial"))
    for file in (killed, other):
        file.write_bytes(b"SQLite")

    def again(name: str) -> None:
        if folder == "data":
            machine.restore()
        else:
            machine.vault.back_up(tmp_path / name)

    again("within-the-day.age")
    assert killed.exists(), "it may still be written"
    real = time.time()
    monkeypatch.setattr("provisioner.register.backup.time.time", lambda: real + 90_000)
    again("later.age")
    assert (killed.exists(), other.exists()) == (False, True)
    other.unlink()


def test_copies_in_clear_of_before_and_since_are_known_after_it(machine: Machine, tmp_path: Path) -> None:
    def clear_copy() -> list[tuple[str]]:
        with sqlite3.connect(machine.desk.database) as register:
            return register.execute("SELECT value FROM mark WHERE name = 'clear_copy'").fetchall()

    machine.restore()
    assert clear_copy() == []
    del machine.desk.environment["PROVISIONER_BACKUP__RECIPIENTS_FILE"]
    machine.vault.back_up(tmp_path / "clear")
    machine.restore()
    assert clear_copy() == [(TODAY,)], "one was made since the copy that was put back"


def test_a_register_that_was_put_back_by_hand_adds_nothing_to_the_list_and_is_told(
    machine: Machine, tmp_path: Path
) -> None:
    machine.restore()
    aside = machine.desk.database.read_bytes()
    machine.desk.add_partner("quatre", "quatre.example")
    machine.restore("--rehearse")  # which completes the list
    machine.desk.database.write_bytes(aside)
    assert "à la main" in machine.desk.run("doctor", today=TODAY).out
    listed = (tmp_path / "list.jsonl").read_text()
    machine.restore("--rehearse")
    assert (tmp_path / "list.jsonl").read_text() == listed
    machine.restore()
    assert "à la main" not in machine.desk.run("doctor", today=TODAY).out


def test_on_a_new_machine_a_copy_makes_the_register(machine: Machine) -> None:
    machine.desk.database.unlink()
    done = machine.restore()
    assert (done["replaced"], done["lost"], machine.partners()) == (None, None, ["deux", "un"])


@pytest.mark.parametrize("version", VERSIONS)
def test_a_copy_of_an_older_version_is_put_back_and_brought_to_this_one(
    mailbox: Mailbox, tmp_path: Path, version: str
) -> None:
    desk = Desk(mailbox, tmp_path)
    restore_file(version, tmp_path / "copy")
    done = desk.run("restore", tmp_path / "copy", "--without-list", *BY, "--format", "json")
    assert done.status == 0, done.err
    assert desk.run("journal", "verify").status == 0


def test_on_postgresql_it_names_the_command(machine: Machine) -> None:
    url = "postgresql://caf:tres-secret@db.caf.example/registre"
    answer = machine.desk.run("restore", machine.copy, PROVISIONER_DATABASE__URL=url)
    assert (answer.status, "pg_restore" in answer.err, "tres-secret" in answer.err) == (2, True, False)
    assert "--by" in machine.restore("--after-pg-restore", status=2)
    assert "PostgreSQL" in machine.restore("--after-pg-restore", *BY, status=2), "the register here is a file"
