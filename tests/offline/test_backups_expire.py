"""Backups that expire: encrypted to the month's key, unreadable once its private half is destroyed."""

from __future__ import annotations

import os
import signal
import sqlite3
import stat
import subprocess
import sys
from pathlib import Path

import pyrage
import pytest

from provisioner.domain.backup import fingerprint
from tests.shared.desk import Desk
from tests.shared.mailbox import Mailbox
from tests.shared.office import PROVISIONER, Answer, valid

TODAY, BY = "2026-09-02", ("--by", "Claire Martin")


class Vault:
    """Where a named person keeps the private keys: elsewhere than the software's machine."""

    def __init__(self, desk: Desk, home: Path) -> None:
        self.desk, self.home = desk, home
        home.mkdir()
        self.keys = {month: pyrage.x25519.Identity.generate() for month in ("2026-08", "2026-09")}
        self.recipients = desk.home / "recipients.txt"
        lines = [f"{month} {key.to_public()}  # coffre" for month, key in self.keys.items()]
        self.recipients.write_text("\n".join(["# clés publiques des sauvegardes", "", *lines]))
        desk.environment["PROVISIONER_BACKUP__RECIPIENTS_FILE"] = str(self.recipients)

    def identity(self, month: str) -> Path:
        file = self.home / f"{month}.key"
        file.write_text(f"# created by age-keygen\n{self.keys[month]}\n")
        return file

    def fingerprint(self, month: str) -> str:
        return fingerprint(str(self.keys[month].to_public()))

    def back_up(self, output: Path, status: int = 0, today: str = TODAY) -> Answer:
        answer = self.desk.run("backup", "--output", output, "--format", "json", today=today)
        assert answer.status == status, (answer.status, answer.err)
        return answer

    def destroyed(self, month: str, on: str = TODAY, status: int = 0) -> Answer:
        key = ("--key", self.fingerprint(month), "--on", on)
        answer = self.desk.run("backup", "destroyed", *key, *BY, "--format", "json", today=TODAY)
        assert answer.status == status, (answer.status, answer.err)
        return answer


@pytest.fixture
def vault(mailbox: Mailbox, tmp_path: Path) -> Vault:
    desk = Desk(mailbox, tmp_path)
    desk.add_partner()
    return Vault(desk, tmp_path / "vault")


def test_a_copy_is_encrypted_to_the_key_of_its_month_and_cannot_be_read_without_it(
    vault: Vault, tmp_path: Path
) -> None:
    made = valid(vault.back_up(tmp_path / "copy.age").json, "backup")
    assert (made["keys"], made["readable_until"]) == ([vault.fingerprint("2026-09")], "2026-12-31")
    copy = tmp_path / "copy.age"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600
    assert b"SQLite" not in copy.read_bytes()
    clear = pyrage.decrypt(copy.read_bytes(), [vault.keys["2026-09"]])
    assert b"agglo-lys" in clear
    with pytest.raises(pyrage.DecryptError):
        pyrage.decrypt(copy.read_bytes(), [vault.keys["2026-08"]])
    head = vault.desk.run("journal", "head").out.strip()
    assert head == f"{made['entry']}:{made['sha256']}", "the entry of the key's first use is in the copy"
    vault.back_up(tmp_path / "second.age")
    assert vault.desk.run("journal", "head").out.strip() == head, "a second copy of the month changes nothing"
    assert vault.desk.run("journal", "verify").status == 0


def test_without_a_key_for_the_month_or_with_a_private_one_there_is_no_copy(vault: Vault, tmp_path: Path) -> None:
    assert "2026-10" in vault.back_up(tmp_path / "copy", status=1, today="2026-10-01").err
    secret = str(vault.keys["2026-09"])
    vault.recipients.write_text(f"2026-09 {secret}\n")
    told = vault.back_up(tmp_path / "copy", status=1).err
    assert "clé privée" in told
    assert secret not in told
    for line in ("2026-13 age1abc", "age1abc 2026-09", f"2026-09 {str(vault.keys['2026-09'].to_public())[:-1]}"):
        vault.recipients.write_text(f"{line}\n")
        vault.back_up(tmp_path / "copy", status=1)
    vault.recipients.unlink()
    assert "ne peut pas être lu" in vault.back_up(tmp_path / "copy", status=1).err
    assert not (tmp_path / "copy").exists()
    assert not list(tmp_path.glob(".*.partial"))


def test_without_the_setting_the_copy_is_in_clear_and_that_is_told(vault: Vault, tmp_path: Path) -> None:
    del vault.desk.environment["PROVISIONER_BACKUP__RECIPIENTS_FILE"]
    made = vault.back_up(tmp_path / "copy")
    assert "n'est pas chiffrée" in made.err
    assert (made.json["keys"], made.json["readable_until"]) == ([], None)
    assert (tmp_path / "copy").read_bytes().startswith(b"SQLite format 3")


def test_of_two_keys_of_a_month_the_other_one_still_opens_its_copies_and_is_named(
    vault: Vault, tmp_path: Path
) -> None:
    other = str(pyrage.x25519.Identity.generate().to_public())
    vault.recipients.write_text(f"{vault.recipients.read_text()}\n2026-09 {other}\n")
    vault.back_up(tmp_path / "copy")
    last = ("--on", TODAY, *BY)
    first = vault.desk.run("backup", "destroyed", "--key", vault.fingerprint("2026-09"), *last, today=TODAY)
    assert f"restent lisibles avec une autre clé : {fingerprint(other)}" in first.out
    assert "sont illisibles" in vault.desk.run("backup", "destroyed", "--key", other, *last, today=TODAY).out


def test_the_destruction_of_a_months_key_is_recorded_once_by_name(vault: Vault, tmp_path: Path) -> None:
    vault.back_up(tmp_path / "copy")
    too_early = vault.destroyed("2026-09", on="2026-09-01", status=1).err
    assert "chiffrée pour la clé" in too_early
    assert "le 2 septembre 2026, après le 1er septembre 2026" in too_early
    said = valid(vault.destroyed("2026-09").json, "backup_key_destroyed")
    assert said == {"key": vault.fingerprint("2026-09"), "month": "2026-09", "destroyed_on": TODAY}
    assert "déjà enregistrée" in vault.destroyed("2026-09", status=1).err
    assert "encore utilisable" in vault.back_up(tmp_path / "unreadable", status=1).err
    assert not (tmp_path / "unreadable").exists()
    vault.destroyed("2026-08"), "never used, and in the file"
    assert "à venir" in vault.destroyed("2026-08", on="2026-09-03", status=1).err
    unknown = vault.desk.run("backup", "destroyed", "--key", "0" * 16, "--on", TODAY, *BY, today=TODAY)
    assert (unknown.status, "Aucune sauvegarde" in unknown.err) == (1, True)
    shown = vault.desk.run("journal", "show", "--action", "backup.key-destroyed", "--format", "json").json
    assert [entry["by"] for entry in shown] == ["Claire Martin"] * 2
    assert vault.desk.run("journal", "verify").status == 0
    with sqlite3.connect(vault.desk.database) as register:
        register.execute("UPDATE backup_key SET destroyed_on = NULL WHERE month = '2026-08'")
    verified = vault.desk.run("journal", "verify", "--format", "json")
    assert (verified.status, verified.json["where"]["table"]) == (1, "backup_key")


def test_killed_while_it_encrypts_nothing_in_clear_is_left(vault: Vault, tmp_path: Path) -> None:
    """From the moment at which a file of it is there: what is left is the beginning of an encrypted one."""
    folder = tmp_path / "backups"
    folder.mkdir()
    environment = {**vault.desk.environment, "PROVISIONER_TODAY": TODAY}
    command = [sys.executable, *PROVISIONER, "backup", "--output", str(folder / "copy.age")]
    process = subprocess.Popen(command, env=environment, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    while process.poll() is None and not list(folder.iterdir()):
        pass
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    (copy,) = folder.iterdir()
    assert copy.read_bytes()[:3] in (b"age", b"")
    assert vault.back_up(folder / "again.age").status == 0


def _doctor(vault: Vault, today: str = TODAY) -> list[tuple[str, str]]:
    """The level and the sentence of each line about backups; Keycloak is away."""
    answer = vault.desk.run("doctor", "--format", "json", today=today)
    lines = valid(answer.json, "doctor")["lines"]
    return [(line["verdict"], line["found"]) for line in lines if line["check"] == "backup"]


def test_doctor_is_wanting_when_a_private_key_lies_here_or_a_destruction_is_overdue(
    vault: Vault, tmp_path: Path
) -> None:
    vault.desk.environment["PROVISIONER_BACKUP__LIST_FILE"] = str(tmp_path / "list.jsonl")
    vault.back_up(tmp_path / "copy")
    assert [level for level, _ in _doctor(vault)] == ["ok"]
    key = vault.desk.home / "data" / "refused" / "clé.txt"
    key.parent.mkdir()
    for private in (str(vault.keys["2026-09"]), str(vault.keys["2026-09"]).lower()):
        key.write_text(private)
        ((level, sentence),) = _doctor(vault)
        assert (level, str(key) in sentence, private in sentence) == ("wanting", True, False)
    key.unlink()
    assert [level for level, _ in _doctor(vault, "2026-11-30")] == ["wanting"], "no key for November"
    vault.recipients.write_text(
        f"{vault.recipients.read_text()}\n2026-12 {pyrage.x25519.Identity.generate().to_public()}"
    )
    ((level, sentence),) = _doctor(vault, "2026-12-31")
    assert (level, vault.fingerprint("2026-08") in sentence) == ("wanting", True)
    vault.destroyed("2026-08")
    assert [level for level, _ in _doctor(vault, "2026-12-31")] == ["ok"]


def test_doctor_asks_for_attention_where_copies_are_in_clear_or_no_list_is_kept(vault: Vault) -> None:
    assert [level for level, _ in _doctor(vault)] == ["attention"], "no list"
    vault.desk.environment["PROVISIONER_BACKUP__LIST_FILE"] = str(vault.desk.home / "data" / "list.jsonl")
    assert [level for level, _ in _doctor(vault)] == ["wanting"], "it would be lost with the register"
    del vault.desk.environment["PROVISIONER_BACKUP__RECIPIENTS_FILE"]
    assert sorted(level for level, _ in _doctor(vault)) == ["attention", "wanting"]
