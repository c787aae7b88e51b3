"""The servers of the sandbox start, are real, and never outlive whoever started them."""

from __future__ import annotations

import os
import shutil
import signal
import smtplib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from email.message import EmailMessage
from pathlib import Path

import psycopg
import pytest
from lxml import html

from provisioner.sandbox import distribution, keycloak
from provisioner.sandbox.demo import message_page, write_settings
from provisioner.sandbox.process import SandboxError, ServerProcess, wait_until
from tests.shared.mailbox import Mailbox
from tests.shared.pace import PATIENCE
from tests.shared.postgres import start_postgres

_PARENT = """
import sys, time
from pathlib import Path
from {module} import {start}
server = {start}(log_file=Path(sys.argv[1]))
print("ready", flush=True)
time.sleep(600)
"""


def _processes_of(marker: str) -> list[int]:
    """The processes whose log, so standard output, is this file."""
    pids = []
    for directory in Path("/proc").glob("[0-9]*"):
        try:
            if (
                str((directory / "fd" / "1").readlink()) == marker
                and "State:\tZ" not in (directory / "status").read_text()
            ):
                pids.append(int(directory.name))
        except OSError:
            continue
    return pids


def _becomes_true(condition: Callable[[], bool], seconds: float = PATIENCE) -> bool:
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.05)
    return True


@pytest.mark.parametrize(
    ("module", "start"),
    [("provisioner.sandbox.keycloak", "start_keycloak"), ("tests.shared.postgres", "start_postgres")],
)
def test_a_server_ends_when_its_parent_is_killed(tmp_path: Path, module: str, start: str) -> None:
    log = tmp_path / "log"
    # PostgreSQL runs as another user when we are root: pytest's own directory is closed to that user.
    data = Path(tempfile.mkdtemp())
    data.chmod(0o755)
    if start == "start_keycloak" and keycloak.docker_answers():
        pytest.skip("containers are ended by testcontainers' own watcher")
    parent = subprocess.Popen(
        [sys.executable, "-c", _PARENT.format(module=module, start=start), str(log)],
        stdout=subprocess.PIPE,
        text=True,
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == "ready\n"
    assert len(_processes_of(str(log))) >= 2

    os.kill(parent.pid, signal.SIGKILL)
    parent.communicate()

    assert _becomes_true(lambda: not _processes_of(str(log)))
    assert not list(data.iterdir())


def test_a_program_that_ends_at_its_start_shows_its_log(tmp_path: Path) -> None:
    process = ServerProcess(["sh", "-c", "echo the reason; exit 3"], tmp_path / "log")
    with pytest.raises(SandboxError, match=r"ended at its start(.|\n)*the reason"):
        wait_until(lambda: False, lambda: process.is_running, "It", process.log_file, 10)


def test_one_sentence_says_what_to_install_when_there_is_neither_docker_nor_java(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody")
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(SandboxError, match=r"No Docker engine answers\..*Java 17 or newer is needed"):
        keycloak.start_keycloak(log_file=tmp_path / "log")


def test_a_docker_client_without_an_engine_is_no_engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DOCKER_HOST", f"unix://{tmp_path}/nobody")
    assert not keycloak.docker_answers()


def test_a_missing_maven_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    real = shutil.which
    monkeypatch.setattr(shutil, "which", lambda name, **rest: None if name == "mvn" else real(name, **rest))
    assert "Maven" in (distribution.missing_tools() or "")


def test_postgresql_gives_new_databases(tmp_path: Path) -> None:
    with start_postgres(log_file=tmp_path / "log") as server:
        url = server.new_database()
        with psycopg.connect(url) as connection:
            assert connection.execute("SELECT current_database()").fetchone() == ("register_1",)
    assert not server.is_ready()


def test_each_mail_is_kept_as_a_file_and_can_be_awaited(tmp_path: Path) -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = "caf@example.org", "a@example.org", "Activation à faire"
    message.set_content("Ouvrez https://example.org/lien?x=1&y=2 pour commencer.")
    with Mailbox(tmp_path) as box:
        with smtplib.SMTP(box.host, box.port) as client:
            client.send_message(message)
        (mail,) = box.wait_for(1, "a@example.org")
        with pytest.raises(SandboxError, match="Activation à faire"):
            box.wait_for(2, seconds=0.01)
    assert mail.subject == "Activation à faire"
    assert mail.links == ("https://example.org/lien?x=1&y=2",)
    assert mail.file.suffix == ".eml"


def test_what_the_demo_leaves_up_can_be_tried_by_hand_with_one_file_of_settings(tmp_path: Path) -> None:
    settings_file = tmp_path / "demo.env"
    write_settings(
        settings_file, {"PROVISIONER_DATA_DIR": str(tmp_path / "Les données"), "PROVISIONER_SMTP__PORT": "1"}
    )
    assert settings_file.stat().st_mode & 0o777 == 0o600
    typed = '. "$0"; provisioner --version; printenv PROVISIONER_DATA_DIR'
    done = subprocess.run(["sh", "-c", typed, str(settings_file)], capture_output=True, text=True, check=True)
    assert done.stdout.splitlines()[-1] == str(tmp_path / "Les données")


def test_an_e_mail_of_the_demo_is_a_page_that_a_browser_opens() -> None:
    message = EmailMessage()
    message["From"], message["To"], message["Subject"] = (
        "ne-pas-repondre@caf.example",
        "a@b.example",
        "Accès <ouvert>",
    )
    message.set_content("Texte brut")
    assert "<pre>Texte brut" in message_page(message)
    message.add_alternative('<p>Votre accès : <a href="https://k.example/?a=1&amp;b=2">lien</a></p>', subtype="html")
    page = message_page(message)
    assert "<h1>Accès &lt;ouvert&gt;</h1>" in page
    (frame,) = html.document_fromstring(page).iter("iframe")
    inside = frame.get("srcdoc") or ""
    assert '<a href="https://k.example/?a=1&amp;b=2">lien</a>' in inside
    assert inside.startswith('<base target="_top">'), "Keycloak's pages stand in no frame"
