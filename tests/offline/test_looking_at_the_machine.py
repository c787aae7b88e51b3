"""What `backup`, `doctor` and `realm apply` find on this machine: no half copy, no way in, no setting."""

from __future__ import annotations

import errno
import os
import shutil
import sqlite3
import stat
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from typer.testing import CliRunner

from provisioner.cli.app import app
from provisioner.clock import Clock
from provisioner.documents.escapes import Tried
from provisioner.documents.walls import Walls
from provisioner.keycloak.credentials import ClientKey
from provisioner.operations.backup import back_up
from provisioner.operations.doctor import Level, examine, machine
from provisioner.operations.doctor.machine import data_directory_lines, effective, key_lines, mail_lines, reader_lines
from provisioner.register import RegisterUnavailable, open_register
from provisioner.register.backup import copy, whole_file
from provisioner.settings import (
    DatabaseSettings,
    KeycloakSettings,
    Settings,
    SettingsError,
    SmtpSettings,
    load_settings,
)
from tests.fakes.failing import Killed
from tests.shared.mailbox import Mailbox


@contextmanager
def copied(source: Path, output: Path, busy_seconds: float) -> Iterator[None]:
    """A copy that takes its name once the block ends well."""
    with whole_file(output) as partial:
        copy(source, partial, busy_seconds).close()
        yield


def _raising(error: BaseException) -> Callable[..., None]:
    def call(*_given: Any, **_named: Any) -> None:
        raise error

    return call


def test_doctor_tries_every_way_out_of_the_process_that_reads_documents(monkeypatch: pytest.MonkeyPatch) -> None:
    (line,) = reader_lines()
    assert (line.check, line.level) == ("document-reader", Level.OK)

    monkeypatch.setattr(machine, "try_ways_out", lambda: Tried(Walls(0, False), ("a file", "the network")))
    (line,) = reader_lines()
    assert line.level is Level.WANTING
    assert line.found.endswith("pourrait encore atteindre : « a file, the network ».")

    monkeypatch.setattr(machine, "try_ways_out", _raising(OSError("no")))
    assert [line.level for line in reader_lines()] == [Level.WANTING]


@pytest.fixture
def register(tmp_path: Path) -> Path:
    with closing(sqlite3.connect(tmp_path / "register")) as connection:
        connection.execute("CREATE TABLE one (id INTEGER)")
    return tmp_path / "register"


@pytest.mark.parametrize("step", ["link", "replace"])
def test_a_backup_that_is_killed_leaves_no_file_that_looks_like_one(
    register: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    if step == "replace":
        monkeypatch.setattr(os, "link", _raising(OSError(errno.EPERM, "No hard links here")))
    monkeypatch.setattr(os, step, _raising(Killed()))
    with pytest.raises(Killed), copied(register, tmp_path / "copy", 1):
        pass
    assert not (tmp_path / "copy").exists()


def test_a_file_that_somebody_made_meanwhile_is_left_as_it_is(register: Path, tmp_path: Path) -> None:
    with pytest.raises(FileExistsError), copied(register, tmp_path / "copy", 1):
        (tmp_path / "copy").write_text("precious")
    assert (tmp_path / "copy").read_text() == "precious"
    assert not list(tmp_path.glob(".*.partial"))


def test_a_disk_without_hard_links_takes_a_backup_too(
    register: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "link", _raising(OSError(errno.EPERM, "Operation not permitted")))
    with copied(register, tmp_path / "copy", 1):
        pass
    assert (tmp_path / "copy").read_bytes() == register.read_bytes()


def test_a_data_directory_that_this_user_may_not_enter_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As for who types a command without `sudo -u provisioner`; root may enter everywhere."""
    closed = tmp_path / "closed"
    settings = Settings(data_dir=closed / "data", keycloak=KeycloakSettings(url="http://127.0.0.1:9"))
    real = os.stat

    def status(path: Any, *more: Any, **named: Any) -> os.stat_result:
        if not isinstance(path, int) and Path(os.fsdecode(path)).is_relative_to(closed):
            raise PermissionError(errno.EACCES, "Permission denied")
        return real(path, *more, **named)

    monkeypatch.setattr(os, "stat", status)
    lines = {line.check: line for line in examine(settings, Clock()).lines}
    assert "Permission denied" in lines["database"].found
    with pytest.raises(RegisterUnavailable, match="Permission denied"):
        back_up(settings, Clock(), tmp_path / "copy")


def test_what_proves_who_we_are_is_looked_at(tmp_path: Path) -> None:
    file = tmp_path / "key.pem"

    def lines(**keycloak: Any) -> list[tuple[str, str]]:
        return [(line.level.value, line.found) for line in key_lines(KeycloakSettings(**keycloak))]

    assert lines() == [("wanting", "Ni la clé ni le secret du compte de service ne sont réglés.")]
    ((level, sentence),) = lines(client_key_file=file)
    assert (level, "PROVISIONER_KEYCLOAK__CLIENT_KEY_FILE" in sentence) == ("wanting", True)
    file.write_bytes(ClientKey.new().pem())
    file.chmod(0o640)
    assert lines(client_key_file=file) == []
    ((level, sentence),) = lines(client_key_file=file, client_secret="x")
    assert (level, "ne sert plus" in sentence) == ("attention", True)
    file.chmod(0o644)
    told = lines(client_secret="x", admin_key_file=file)
    assert told == [("attention", f"La clé privée {file} peut être lue par tout utilisateur de cette machine.")]


@pytest.mark.parametrize("missing", ["SMTP__HOST", "KEYCLOAK__CLIENT_SECRET", "KEYCLOAK__ADMIN_USERNAME"])
def test_a_setting_that_the_realm_needs_is_wrong_usage_and_not_to_be_tried_again(
    tmp_path: Path, missing: str
) -> None:
    given = {
        "SMTP__HOST": "smtp.caf.example",
        "SMTP__FROM": "ne-pas-repondre@caf.example",
        "KEYCLOAK__CLIENT_SECRET": "x",
        "KEYCLOAK__ADMIN_USERNAME": "admin",
        "KEYCLOAK__ADMIN_PASSWORD": "x",
        "KEYCLOAK__URL": "http://127.0.0.1:9",
        "DATA_DIR": str(tmp_path),
    }
    variables = {f"PROVISIONER_{name}": value for name, value in given.items() if name != missing}
    done = CliRunner().invoke(app, ["realm", "apply"], env=variables)
    assert (done.exit_code, missing in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        (
            "postgresql+psycopg://us:geheim@db/r?sslmode=require",
            "postgresql+psycopg://us:********@db/r?sslmode=require",
        ),
        ("postgresql+psycopg://us:ge@heim@db/r", "postgresql+psycopg://us:********@db/r"),
        (
            "postgresql+psycopg:///r?user=us&password=geheim&host=db",
            "postgresql+psycopg:///r?user=us&password=********&host=db",
        ),
        ("postgresql+psycopg://db:5432/r", "postgresql+psycopg://db:5432/r"),
    ],
)
def test_no_password_is_shown_wherever_it_stands_in_the_registers_address(url: str, shown: str) -> None:
    settings = effective(Settings(database=DatabaseSettings(url=url)))
    assert settings["PROVISIONER_DATABASE__URL"] == shown
    names = ("KEYCLOAK__TIMEOUT_SECONDS", "APPROVAL__AUTOMATIC")
    assert [settings[f"PROVISIONER_{name}"] for name in names] == ["45", "false"]


def test_a_register_that_does_not_answer_is_told_without_any_password_of_its_address() -> None:
    url = "postgresql+psycopg://us:geheim@127.0.0.1:9/r?password=geheim"
    done = CliRunner().invoke(app, ["status"], env={"PROVISIONER_DATABASE__URL": url})
    assert done.exit_code == 3
    assert done.stderr.startswith(
        "Le registre (postgresql+psycopg://us:***@127.0.0.1:9/r) ne peut pas être utilisé : "
    )
    assert "geheim" not in done.output + done.stderr


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("DATABASE__URL", "registre"),
        ("DATABASE__URL", "mysql://us:geheim@db/r"),
        ("KEYCLOAK__URL", "sso.caf.example"),
        ("PLATFORM__URL", "ctg.caf.example"),
    ],
)
def test_an_address_that_cannot_be_one_is_told_at_once_by_its_setting(name: str, value: str) -> None:
    with pytest.raises(SettingsError, match=f"^PROVISIONER_{name}: ") as told:
        load_settings(environment={f"PROVISIONER_{name}": value})
    assert "geheim" not in str(told.value)


@pytest.mark.parametrize(("host", "seen"), [("127.0.0.1", []), ("0.0.0.0", ["wanting"])])  # the same server
def test_mail_without_tls_to_another_machine_is_wanting(tmp_path: Path, host: str, seen: list[str]) -> None:
    with Mailbox(tmp_path) as mailbox:
        smtp = {"host": host, "port": mailbox.port, "from": "caf@caf.example", "tls": "off"}
        lines = list(mail_lines(Settings(smtp=SmtpSettings.model_validate(smtp))))
    assert [line.level for line in lines] == ["ok", *seen]
    assert "(TLS : off)" in lines[0].found


def test_a_new_register_is_its_owners_alone_whatever_the_umask(tmp_path: Path) -> None:
    before = os.umask(0)
    try:
        open_register(Settings(data_dir=tmp_path), Clock()).close()
    finally:
        os.umask(before)
    assert stat.S_IMODE((tmp_path / "provisioner.sqlite3").stat().st_mode) == 0o600


@pytest.mark.parametrize(("free", "level"), [(10, "wanting"), (150, "attention"), (5000, "ok")])
def test_a_disk_without_room_is_wanting(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, free: int, level: str
) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: SimpleNamespace(free=free << 20))
    lines = data_directory_lines(Settings(data_dir=tmp_path, keycloak=KeycloakSettings(url="http://127.0.0.1:9")))
    assert [line.level for line in lines if line.check == "disk"] == [level]
